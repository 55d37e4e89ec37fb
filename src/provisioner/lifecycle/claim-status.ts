/**
 * The status of a NodeClaim: its conditions, and the root condition Ready that sums them up.
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

const rootConditions: readonly RootCondition[] = ["Launched", "Registered", "Initialized"];

export interface ConditionChange {
  readonly type: RootCondition;
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
export function isTrue(claim: NodeClaim, type: RootCondition): boolean {
  return claimCondition(claim, type)?.status === "True";
}

/** Returns a condition that has come true: its reason is its own name, as Karpenter writes it. */
export function cameTrue(type: RootCondition): ConditionChange {
  return { type, status: "True", reason: type, message: "" };
}

/** Returns the status after some changes, with every root condition and Ready. */
export function claimStatusAfter(
  claim: NodeClaim,
  changes: { readonly conditions: readonly ConditionChange[]; readonly fields?: Partial<ClaimStatus>; readonly now: Instant },
): ClaimStatus {
  const { now, fields } = changes;
  const roots = rootConditions.map((type) => {
    const change = changes.conditions.find((condition) => condition.type === type);
    const before = claimCondition(claim, type);
    return change === undefined && before !== undefined ? before : conditionAfter(claim, { type, ...awaiting[type], ...change }, now);
  });
  const others = (claim.status?.conditions ?? []).filter(({ type }) => type !== "Ready" && !roots.some((root) => root.type === type));
  return { ...claim.status, ...fields, conditions: [...roots, conditionAfter(claim, readyOf(roots), now), ...others] };
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
