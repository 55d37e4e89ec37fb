/**
 * Capacity on EC2: the services of one endpoint, for one named cluster.
 */
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2Endpoint } from "../ec2/aws-client.ts";
import { ec2Calls } from "../ec2/ec2-calls.ts";
import { eksCalls } from "../ec2/eks-calls.ts";
import { iamCalls } from "../ec2/iam-calls.ts";
import { nodeClassCalls } from "../ec2/node-class-calls.ts";
import { toEach } from "../ec2/recorded-call.ts";
import { refusedCallLogger } from "../ec2/refused-call.ts";
import { sqsCalls } from "../ec2/sqs-calls.ts";
import { ssmCalls } from "../ec2/ssm-calls.ts";
import { callRecord } from "./call-record.ts";
import { ec2Composition, type Ec2Services } from "./ec2-composition.ts";
import { ec2Market } from "./ec2-market.ts";
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
    const services = servicesOf(endpoint, request.interruptionQueue);
    return ec2Composition(sources, { services, region, cluster, market, isDryRunOff: request.disableDryRun ?? false });
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

/** The services at one endpoint; a queue that is named is one of them. */
function servicesOf(endpoint: Ec2Endpoint, queueName: string | undefined): Ec2Services {
  return {
    ec2: ec2Calls(endpoint),
    classes: nodeClassCalls(endpoint),
    ssm: ssmCalls(endpoint),
    eks: eksCalls(endpoint),
    iam: iamCalls(endpoint),
    ...(queueName === undefined ? {} : { sqs: sqsCalls({ ...endpoint, queueName }) }),
  };
}
