/**
 * The capacity of EC2, composed of its services: the provider with the controllers that come with it, over ports.
 *
 * Reads the calls of each service, whoever answers them, and what a process gives. Returns a Capacity. `ec2Capacity` fills the ports from an
 * endpoint, the runs with faults from an EC2 in memory: both run this composition, so what holds of one holds of the other.
 */
import type { Ec2InstanceFacts } from "../catalog/ec2-facts.ts";
import type { ClusterIdentity } from "../ec2/cluster-identity.ts";
import type { Ec2Calls, Ec2StatusCalls } from "../ec2/ec2-calls.ts";
import { ec2Provider } from "../ec2/ec2-provider.ts";
import type { EksCalls } from "../ec2/eks-calls.ts";
import type { IamCalls } from "../ec2/iam-calls.ts";
import { instanceProfileGarbage } from "../ec2/instance-profile-garbage.ts";
import { instanceProfiles } from "../ec2/instance-profiles.ts";
import { instanceTagging } from "../ec2/instance-tagging.ts";
import { launchRecordGarbage } from "../ec2/launch-record-garbage.ts";
import { launchTemplateGarbage } from "../ec2/launch-template-garbage.ts";
import { templateStore } from "../ec2/launch-templates.ts";
import type { NodeClassCalls } from "../ec2/node-class-calls.ts";
import { nodeClassController } from "../ec2/node-class-controller.ts";
import { nodeClassDesk } from "../ec2/node-class-desk.ts";
import type { SqsCalls } from "../ec2/sqs-calls.ts";
import type { SsmCalls } from "../ec2/ssm-calls.ts";
import { unavailableOfferings } from "../ec2/unavailable-offerings.ts";
import type { Ec2Market } from "./ec2-market.ts";
import { ec2Metrics } from "./ec2-metrics.ts";
import { ec2Voice } from "./ec2-voice.ts";
import type { Capacity, CapacitySources } from "./process-parts.ts";

/** What is asked of AWS, service by service. */
export interface Ec2Services {
  readonly ec2: Ec2Calls & Ec2StatusCalls;
  readonly classes: NodeClassCalls;
  readonly ssm: SsmCalls;
  readonly eks: EksCalls;
  readonly iam: IamCalls;
  /** Absent: no queue is named, and nothing is heard of an instance before it is gone. */
  readonly sqs?: SqsCalls;
}

export interface Ec2Settings {
  readonly services: Ec2Services;
  readonly region: string;
  readonly cluster: ClusterIdentity;
  /** Live prices and quotas; absent: the dated table, and no quota is known. */
  readonly market?: Ec2Market;
  /** Default: every type of the recording. */
  readonly facts?: readonly Ec2InstanceFacts[];
  /** Whether no NodeClass is tried by dry runs. */
  readonly isDryRunOff: boolean;
}

/** Composes the capacity; AWS is first called when something is asked of it. */
export function ec2Composition(
  { client, snapshot, clock, names, registry }: Pick<CapacitySources, "client" | "snapshot" | "clock" | "names" | "registry">,
  { services, region, cluster, market, facts, isDryRunOff }: Ec2Settings,
): Capacity {
  const { ec2, classes: calls, ssm, eks, iam, sqs } = services;
  const marks = unavailableOfferings(clock);
  const metrics = registry === undefined || market === undefined ? undefined : ec2Metrics(registry, { market, clock });
  const unavailable = metrics?.marked(marks) ?? marks;
  const heard = market?.quotas.listening(ec2) ?? ec2;
  const nodeClasses = nodeClassDesk({ ec2: heard, calls, ssm, eks, client, snapshot, clock, cluster });
  const profiles = instanceProfiles({ iam, clock, clusterName: cluster.name, region });
  const templates = templateStore({ ec2, clock, names, cluster });
  const shared = { client, snapshot, clock, names, ec2, nodeClasses, cluster, unavailable, templates };
  return {
    provider: ec2Provider({ ...shared, ...market, ...(facts === undefined ? {} : { facts }) }),
    entries: [
      nodeClassController({ client, snapshot, clock, desk: nodeClasses, profiles, calls, clusterName: cluster.name, isDryRunOff }),
      instanceProfileGarbage({ snapshot, profiles }),
      launchTemplateGarbage({ templates, snapshot, names }),
      instanceTagging({ client, snapshot, ec2, clusterName: cluster.name }),
      launchRecordGarbage({ client, snapshot, names }),
    ],
    ...ec2Voice({ ec2, calls, sqs: sqs === undefined ? undefined : (metrics?.heard(sqs) ?? sqs), unavailable, clock, snapshot }),
  };
}
