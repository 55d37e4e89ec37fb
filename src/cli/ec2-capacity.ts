/**
 * Capacity on EC2: the ec2 provider over an endpoint, for one named cluster, with the controllers of its NodeClasses.
 */
import { err, ok, type Result } from "../api/result.ts";
import type { ClusterIdentity } from "../ec2/cluster-identity.ts";
import type { Ec2Endpoint } from "../ec2/aws-client.ts";
import { ec2Calls } from "../ec2/ec2-calls.ts";
import { ec2Provider } from "../ec2/ec2-provider.ts";
import { eksCalls } from "../ec2/eks-calls.ts";
import { iamCalls } from "../ec2/iam-calls.ts";
import { instanceProfileGarbage } from "../ec2/instance-profile-garbage.ts";
import { instanceProfiles } from "../ec2/instance-profiles.ts";
import { nodeClassCalls } from "../ec2/node-class-calls.ts";
import { nodeClassController } from "../ec2/node-class-controller.ts";
import { nodeClassDesk } from "../ec2/node-class-desk.ts";
import { toEach } from "../ec2/recorded-call.ts";
import { refusedCallLogger } from "../ec2/refused-call.ts";
import { ssmCalls } from "../ec2/ssm-calls.ts";
import { launchTemplateGarbage } from "../ec2/launch-template-garbage.ts";
import { templateStore } from "../ec2/launch-templates.ts";
import { unavailableOfferings } from "../ec2/unavailable-offerings.ts";
import { callRecord } from "./call-record.ts";
import { ec2Metrics } from "./ec2-metrics.ts";
import { ec2Market, type Ec2Market } from "./ec2-market.ts";
import { ec2Voice } from "./ec2-voice.ts";
import { readRateCard } from "./price-files.ts";
import type { Capacity, CapacitySources } from "./process-parts.ts";
import type { ServeOptions } from "./surroundings.ts";

export interface Ec2CapacityRequest extends Pick<
  ServeOptions,
  | "clusterName"
  | "clusterEndpoint"
  | "clusterCa"
  | "serviceCidr"
  | "ec2Endpoint"
  | "region"
  | "isolatedVpc"
  | "recordCalls"
  | "rateCard"
  | "disableDryRun"
  | "interruptionQueue"
> {
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Returns the capacity, or which option is missing: instances are found again by the cluster's name in their tags. */
export function ec2Capacity(request: Ec2CapacityRequest): Result<(sources: CapacitySources) => Capacity, string> {
  const { clusterName, ec2Endpoint, recordCalls } = request;
  const region = request.region ?? request.env["AWS_REGION"] ?? request.env["AWS_DEFAULT_REGION"];
  if (clusterName === undefined) return err("--provider ec2 needs --cluster-name: instances are found again by it");
  if (region === undefined) return err("--provider ec2 needs --region, or AWS_REGION in the environment");
  const rateCard = readRateCard(request.rateCard);
  if (!rateCard.ok) return err(rateCard.error.join("\n"));
  const cluster = {
    name: clusterName,
    ...(request.clusterEndpoint === undefined ? {} : { endpoint: request.clusterEndpoint }),
    ...(request.clusterCa === undefined ? {} : { certificateAuthority: request.clusterCa }),
    ...(request.serviceCidr === undefined ? {} : { serviceCIDR: request.serviceCidr }),
  };
  return ok((sources) => {
    const endpoint = {
      region,
      ...(ec2Endpoint === undefined ? {} : { endpoint: ec2Endpoint }),
      ...loggerOf(sources, recordCalls),
      ...(sources.mayChange === undefined ? {} : { mayChange: sources.mayChange }),
    };
    const market = ec2Market({ endpoint, isolated: request.isolatedVpc === true, rateCard: rateCard.value, ...sources });
    const { interruptionQueue, disableDryRun: isDryRunOff = false } = request;
    return capacityOf(sources, { endpoint, cluster, market, interruptionQueue, isDryRunOff });
  });
}

/** Whoever wants to hear of calls: refusals are always told, and all of them where they are recorded. */
function loggerOf({ onRefused, log }: CapacitySources, recordCalls: string | undefined): Pick<Ec2Endpoint, "logger"> {
  const loggers = [
    ...(onRefused === undefined ? [] : [refusedCallLogger(onRefused)]),
    ...(recordCalls === undefined ? [] : [callRecord(recordCalls, log)]),
  ];
  return loggers.length === 0 ? {} : { logger: toEach(loggers) };
}

interface Ec2Settings {
  readonly interruptionQueue: string | undefined;
  readonly endpoint: Ec2Endpoint;
  readonly cluster: ClusterIdentity;
  readonly market: Ec2Market;
  readonly isDryRunOff: boolean;
}

function capacityOf(
  { client, snapshot, clock, names, registry }: CapacitySources,
  { endpoint, cluster, market, interruptionQueue, isDryRunOff }: Ec2Settings,
): Capacity {
  const [ec2, marks] = [ec2Calls(endpoint), unavailableOfferings(clock)];
  const metrics = registry === undefined ? undefined : ec2Metrics(registry, { market, clock });
  const unavailable = metrics?.marked(marks) ?? marks;
  const calls = nodeClassCalls(endpoint);
  const own = { ec2: market.quotas.listening(ec2), calls, ssm: ssmCalls(endpoint), eks: eksCalls(endpoint) };
  const nodeClasses = nodeClassDesk({ ...own, client, snapshot, clock, cluster });
  const profiles = instanceProfiles({ iam: iamCalls(endpoint), clock, clusterName: cluster.name, region: endpoint.region });
  const templates = templateStore({ ec2, clock, names, cluster });
  return {
    provider: ec2Provider({ client, snapshot, clock, names, ec2, nodeClasses, cluster, unavailable, templates, ...market }),
    entries: [
      nodeClassController({ client, snapshot, clock, desk: nodeClasses, profiles, calls, clusterName: cluster.name, isDryRunOff }),
      instanceProfileGarbage({ snapshot, profiles }),
      launchTemplateGarbage({ templates, snapshot, names }),
    ],
    ...ec2Voice({ endpoint, ec2, interruptionQueue, unavailable, heard: metrics?.heard, sources: { clock, snapshot } }),
  };
}
