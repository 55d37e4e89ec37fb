/**
 * The cloud of a run, as our process meets it: its calls, service by service, and the capacity that is composed of them.
 *
 * Reads calls, simulated or real. Returns the same with faults in them, and the capacity as `serve` composes it (src/cli/ec2-capacity.ts),
 * whose own composition starts from an endpoint.
 */
import type { Ec2InstanceFacts } from "../../src/catalog/ec2-facts.ts";
import type { Capacity, CapacitySources } from "../../src/cli/process-parts.ts";
import type { Ec2Calls, Ec2StatusCalls } from "../../src/ec2/ec2-calls.ts";
import { ec2Provider } from "../../src/ec2/ec2-provider.ts";
import type { EksCalls } from "../../src/ec2/eks-calls.ts";
import type { IamCalls } from "../../src/ec2/iam-calls.ts";
import { instanceProfileGarbage } from "../../src/ec2/instance-profile-garbage.ts";
import { instanceProfiles } from "../../src/ec2/instance-profiles.ts";
import { instanceStatus } from "../../src/ec2/interruption/instance-status.ts";
import { rememberInterrupted } from "../../src/ec2/interruption/interrupted-offerings.ts";
import { noticeQueue } from "../../src/ec2/interruption/notice-queue.ts";
import { launchTemplateGarbage } from "../../src/ec2/launch-template-garbage.ts";
import { templateStore } from "../../src/ec2/launch-templates.ts";
import type { NodeClassCalls } from "../../src/ec2/node-class-calls.ts";
import { nodeClassController } from "../../src/ec2/node-class-controller.ts";
import { nodeClassDesk } from "../../src/ec2/node-class-desk.ts";
import type { SqsCalls } from "../../src/ec2/sqs-calls.ts";
import type { SsmCalls } from "../../src/ec2/ssm-calls.ts";
import { unavailableOfferings } from "../../src/ec2/unavailable-offerings.ts";
import { faultyCalls, type FaultyDoors } from "./faulty-doors.ts";

export interface CloudCalls {
  readonly ec2: Ec2Calls & Ec2StatusCalls;
  readonly classes: NodeClassCalls;
  readonly ssm: SsmCalls;
  readonly eks: EksCalls;
  readonly iam: IamCalls;
  /** Absent: no queue is named, and nothing is heard of an instance before it is gone. */
  readonly sqs?: SqsCalls;
}

/** The cluster's name in the tags of its instances. */
export const clusterName = "faults";

/** Returns the calls with faults in them; to wait for a message is no act. */
export function faultyCloud({ ec2, classes, ssm, eks, iam, sqs }: CloudCalls, doors: FaultyDoors): CloudCalls {
  return {
    ec2: faultyCalls(ec2, { ...doors, service: "ec2" }),
    classes: faultyCalls(classes, { ...doors, service: "ec2" }),
    ssm: faultyCalls(ssm, { ...doors, service: "ssm" }),
    eks: faultyCalls(eks, { ...doors, service: "eks" }),
    iam: faultyCalls(iam, { ...doors, service: "iam" }),
    ...(sqs === undefined ? {} : { sqs: faultyCalls(sqs, { ...doors, service: "sqs", free: ["receive"] }) }),
  };
}

/** Composes the capacity. */
export function cloudCapacity(
  { client, snapshot, clock, names }: Pick<CapacitySources, "client" | "snapshot" | "clock" | "names">,
  { calls, region, facts }: { readonly calls: CloudCalls; readonly region: string; readonly facts: readonly Ec2InstanceFacts[] },
): Capacity {
  const { ec2, classes, ssm, eks, iam, sqs } = calls;
  const cluster = { name: clusterName };
  const unavailable = unavailableOfferings(clock);
  const nodeClasses = nodeClassDesk({ ec2, calls: classes, ssm, eks, client, snapshot, clock, cluster });
  const profiles = instanceProfiles({ iam, clock, clusterName, region });
  const templates = templateStore({ ec2, clock, names, cluster });
  const remember = rememberInterrupted({
    snapshot,
    mark: (offering) => {
      unavailable.mark(offering, "interrupted");
    },
  });
  return {
    provider: ec2Provider({ client, snapshot, clock, names, ec2, nodeClasses, cluster, unavailable, templates, facts }),
    entries: [
      nodeClassController({ client, snapshot, clock, desk: nodeClasses, profiles, calls: classes, clusterName }),
      instanceProfileGarbage({ snapshot, profiles }),
      launchTemplateGarbage({ templates, snapshot, names }),
    ],
    health: instanceStatus({ ec2, clock }),
    ...(sqs === undefined ? {} : { notices: noticeQueue({ sqs, clock, remember }) }),
  };
}
