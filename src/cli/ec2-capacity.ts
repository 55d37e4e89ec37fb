/**
 * Capacity on EC2: the ec2 provider over an endpoint, for one named cluster.
 */
import { err, ok, type Result } from "../api/result.ts";
import { ec2Calls } from "../ec2/ec2-calls.ts";
import { ec2Provider } from "../ec2/ec2-provider.ts";
import { unavailableOfferings } from "../ec2/unavailable-offerings.ts";
import { callRecord } from "./call-record.ts";
import { ec2Market } from "./ec2-market.ts";
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
  return ok(({ client, snapshot, clock, names, log }) => {
    const endpoint = {
      region,
      ...(ec2Endpoint === undefined ? {} : { endpoint: ec2Endpoint }),
      ...(recordCalls === undefined ? {} : { logger: callRecord(recordCalls, log) }),
    };
    const market = ec2Market({ endpoint, isolated: request.isolatedVpc === true, rateCard: rateCard.value, clock, log });
    const [ec2, unavailable] = [ec2Calls(endpoint), unavailableOfferings(clock)];
    const { interruptionQueue } = request;
    return {
      provider: ec2Provider({ client, snapshot, clock, names, ec2, cluster, unavailable, ...market }),
      entries: [],
      ...ec2Voice({ endpoint, ec2, interruptionQueue, unavailable, sources: { clock, snapshot } }),
    };
  });
}
