/**
 * The status of an EC2NodeClass: what was found, and its conditions in Karpenter's words.
 *
 * Reads the class, the findings of its selectors, its instance profile and the outcome of its checks. Returns the whole status to
 * apply. Where nobody answered, what stood before stands: a throttled minute takes no class out of service.
 */
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import type { Instant } from "../api/ports.ts";
import { transitionTime } from "../kube/condition.ts";
import { timeText } from "../kube/time-text.ts";
import type { ConditionWords } from "./condition-words.ts";
import type { InstanceProfileFinding } from "./node-class-checks.ts";
import type { Finding, NodeClassFindings } from "./node-class-findings.ts";
import type { NodeImage } from "./node-class-images.ts";
import type { NodeReservation } from "./node-class-reservations.ts";

export type NodeClassStatus = NonNullable<EC2NodeClass["status"]>;
export type NodeClassCondition = NonNullable<NodeClassStatus["conditions"]>[number];

export type NodeClassConditionType =
  | "AMIsReady"
  | "CapacityReservationsReady"
  | "InstanceProfileReady"
  | "PlacementGroupReady"
  | "SecurityGroupsReady"
  | "SubnetsReady"
  | "ValidationSucceeded";

export interface NodeClassStatusInput {
  readonly nodeClass: EC2NodeClass;
  readonly findings: NodeClassFindings;
  readonly profile: InstanceProfileFinding;
  readonly validation: ConditionWords;
  readonly now: Instant;
}

/** Returns the status; its lists are whole, so that what another has written before goes. */
export function nodeClassStatus({ nodeClass, findings, profile, validation, now }: NodeClassStatusInput): NodeClassStatus {
  const { status: before = {} } = nodeClass;
  const words = conditionWords({ nodeClass, findings, profile });
  const conditions = Object.entries({ ...words, ValidationSucceeded: validation }).map(([type, said]) =>
    conditionOf(nodeClass, { type, ...said }, now),
  );
  return {
    subnets: listOf(findings.subnets, before.subnets, ({ id, zone, zoneID }) => ({ id, zone, zoneID })),
    securityGroups: listOf(findings.securityGroups, before.securityGroups, ({ id, name }) => ({ id, name })),
    amis: listOf(findings.images, before.amis, imageStatus),
    capacityReservations: listOf(findings.reservations, before.capacityReservations, reservationStatus),
    instanceProfile: profile.kind === "found" ? profile.value : (before.instanceProfile ?? ""),
    conditions: [...conditions, conditionOf(nodeClass, { type: "Ready", ...rootWords(conditions) }, now)].sort((a, b) =>
      a.type < b.type ? -1 : 1,
    ),
  };
}

/** Returns what each finding makes its condition say. */
export function conditionWords(
  of: Pick<NodeClassStatusInput, "nodeClass" | "findings" | "profile">,
): Readonly<Record<Exclude<NodeClassConditionType, "ValidationSucceeded">, ConditionWords>> {
  const { nodeClass, findings, profile } = of;
  const words = (type: NodeClassConditionType, finding: Finding<unknown>) => wordsOf(nodeClass, { type, finding });
  return {
    AMIsReady: words("AMIsReady", findings.images),
    CapacityReservationsReady: words("CapacityReservationsReady", findings.reservations),
    InstanceProfileReady: words("InstanceProfileReady", profile),
    PlacementGroupReady: words("PlacementGroupReady", findings.placementGroup),
    SecurityGroupsReady: words("SecurityGroupsReady", findings.securityGroups),
    SubnetsReady: words("SubnetsReady", findings.subnets),
  };
}

function wordsOf(
  nodeClass: EC2NodeClass,
  of: { readonly type: NodeClassConditionType; readonly finding: Finding<unknown> },
): ConditionWords {
  const { type, finding } = of;
  switch (finding.kind) {
    case "found":
      return { status: "True", reason: type, message: "" };
    case "nothing":
      return { status: "False", reason: finding.reason, message: finding.message };
    case "failed": {
      const before = nodeClass.status?.conditions?.find((condition) => condition.type === type);
      const isOfThisSpec = before?.observedGeneration === (nodeClass.metadata.generation ?? 0);
      if (before === undefined || !isOfThisSpec) return { status: "Unknown", reason: "AwaitingReconciliation", message: finding.message };
      return { status: before.status, reason: before.reason, message: before.message };
    }
  }
}

function listOf<T, Entry>(
  finding: Finding<readonly T[]>,
  before: readonly Entry[] | undefined,
  toEntry: (item: T) => Entry,
): readonly Entry[] {
  if (finding.kind === "failed") return before ?? [];
  return finding.kind === "found" ? finding.value.map(toEntry) : [];
}

type ImageStatus = NonNullable<NodeClassStatus["amis"]>[number];
type ReservationStatus = NonNullable<NodeClassStatus["capacityReservations"]>[number];

/** Returns an image as the status of a class tells it. */
export function imageStatus({ id, name, deprecated, requirements }: NodeImage): ImageStatus {
  const said = requirements.map(({ key, operator, values }) => ({
    key,
    operator,
    ...(values === undefined ? {} : { values: [...values] }),
  }));
  return { id, name, ...(deprecated ? { deprecated } : {}), requirements: said };
}

/** Returns a reservation as the status tells it. */
export function reservationStatus(reservation: NodeReservation): ReservationStatus {
  const { id, instanceType, zone, ownerID, instanceMatchCriteria, isInterruptible, kind, isExpiring, endsAt } = reservation;
  return {
    id,
    instanceType,
    availabilityZone: zone,
    ownerID,
    instanceMatchCriteria,
    interruptible: isInterruptible,
    reservationType: kind,
    state: isExpiring ? "expiring" : "active",
    ...(endsAt === undefined ? {} : { endTime: timeText(endsAt) }),
  };
}

/** Ready is False as soon as one is, and Unknown while one is. */
function rootWords(conditions: readonly NodeClassCondition[]): ConditionWords {
  const open = conditions.filter(({ status }) => status !== "True").sort((a, b) => (a.type < b.type ? -1 : 1));
  if (open.length === 0) return { status: "True", reason: "Ready", message: "" };
  const status = open.some((condition) => condition.status === "False") ? "False" : "Unknown";
  return { status, reason: "UnhealthyDependents", message: open.map(({ type, status: own }) => `${type}=${own}`).join(", ") };
}

function conditionOf(nodeClass: EC2NodeClass, words: ConditionWords & { readonly type: string }, now: Instant): NodeClassCondition {
  return {
    ...words,
    lastTransitionTime: transitionTime(words, { known: nodeClass.status?.conditions, now }),
    observedGeneration: nodeClass.metadata.generation ?? 0,
  };
}
