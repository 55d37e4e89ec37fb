/**
 * The status of a NodeClaim: its conditions, and the root condition Ready that sums up the first three.
 *
 * Reads a NodeClaim and what has changed. Returns the whole status to apply, with the words of Karpenter's conditions. A
 * time moves only when a status does, so that writing the same again changes nothing.
 */
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Instant } from "../../api/ports.ts";
import { transitionTime } from "../../kube/condition.ts";

export type ClaimStatus = NonNullable<NodeClaim["status"]>;
export type ClaimCondition = NonNullable<ClaimStatus["conditions"]>[number];

/** The conditions whose conjunction is Ready, in the order in which they come true. */
export type RootCondition = "Launched" | "Registered" | "Initialized";

/** What is told besides: whether the node is what was bought, why it is disrupted, and how far its end has come. */
export type SideCondition =
  "Consolidatable" | "ConsistentStateFound" | "DisruptionReason" | "Drained" | "VolumesDetached" | "InstanceTerminating";

const rootConditions: readonly RootCondition[] = ["Launched", "Registered", "Initialized"];

export interface ConditionChange {
  readonly type: RootCondition | SideCondition;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

const nodeNotFound = { status: "Unknown", reason: "NodeNotFound", message: "Node not registered with cluster" } as const;
const awaiting: Readonly<Record<RootCondition, Omit<ConditionChange, "type">>> = {
  Launched: { status: "Unknown", reason: "AwaitingReconciliation", message: "object is awaiting reconciliation" },
  Registered: nodeNotFound,
  Initialized: nodeNotFound,
};

/** Returns a condition of a NodeClaim. */
export function claimCondition(claim: NodeClaim, type: string): ClaimCondition | undefined {
  return claim.status?.conditions?.find((condition) => condition.type === type);
}

/** Says whether a condition of a NodeClaim is True. */
export function isTrue(claim: NodeClaim, type: RootCondition | SideCondition): boolean {
  return claimCondition(claim, type)?.status === "True";
}

/** Returns a condition that has come true: its reason is its own name, as Karpenter writes it. */
export function cameTrue(type: RootCondition | SideCondition): ConditionChange {
  return { type, status: "True", reason: type, message: "" };
}

/** Returns the status after some changes, with every root condition and Ready. */
export function claimStatusAfter(
  claim: NodeClaim,
  changes: {
    readonly conditions: readonly ConditionChange[];
    /** Conditions that no longer mean anything. */
    readonly without?: readonly SideCondition[];
    readonly fields?: Partial<ClaimStatus>;
    readonly now: Instant;
  },
): ClaimStatus {
  const { now, fields, without = [] } = changes;
  const changeOf = (type: string): ConditionChange | undefined => changes.conditions.find((condition) => condition.type === type);
  const roots = rootConditions.map((type) => {
    const [change, before] = [changeOf(type), claimCondition(claim, type)];
    return change === undefined && before !== undefined ? before : conditionAfter(claim, { type, ...awaiting[type], ...change }, now);
  });
  const isRoot = (type: string): boolean => type === "Ready" || roots.some((root) => root.type === type);
  const known = (claim.status?.conditions ?? []).filter(({ type }) => !isRoot(type) && !without.some((gone) => gone === type));
  const others = known.map((before) => {
    const change = changeOf(before.type);
    return change === undefined ? before : conditionAfter(claim, change, now);
  });
  const added = changes.conditions.filter(({ type }) => !isRoot(type) && !known.some((before) => before.type === type));
  const conditions = [
    ...roots,
    conditionAfter(claim, readyOf(roots), now),
    ...others,
    ...added.map((one) => conditionAfter(claim, one, now)),
  ];
  return { ...claim.status, ...fields, conditions };
}

/** Says whether a change would show on the NodeClaim: status, reason or message differ. */
export function changes(claim: NodeClaim, { type, status, reason, message }: ConditionChange): boolean {
  const before = claimCondition(claim, type);
  return before?.status !== status || (before.reason ?? "") !== reason || (before.message ?? "") !== message;
}

function readyOf(roots: readonly ClaimCondition[]): Omit<ClaimCondition, "lastTransitionTime"> {
  const open = roots.filter(({ status }) => status !== "True").map(({ type, status }) => `${type}=${status}`);
  if (open.length === 0) return { type: "Ready", status: "True", reason: "Ready", message: "" };
  return { type: "Ready", status: "Unknown", reason: "UnhealthyDependents", message: open.join(", ") };
}

function conditionAfter(claim: NodeClaim, condition: Omit<ClaimCondition, "lastTransitionTime">, now: Instant): ClaimCondition {
  return {
    ...condition,
    lastTransitionTime: transitionTime(condition, { known: claim.status?.conditions, now }),
    observedGeneration: claim.metadata.generation ?? 0,
  };
}
