/**
 * Workload deletion: what a workload leaves behind when it is deleted.
 *
 * Reads the workload, and how its deletion goes on to its Pods. Returns the workload as it stands in deletion, where something holds it, and
 * whom its Pods helped under a budget. A ReplicaSet works on while its Deployment is in deletion; who makes Pods itself makes none any more.
 */
import type { KubeObject } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import { evictionsAtScale, type CoveringBudget } from "../kube/eviction-proof.ts";
import { timeText } from "../kube/time-text.ts";
import type { Workload } from "../kube/workload.ts";
import type { DeletionPropagation } from "./admission-request.ts";
import { covering, guardsOf, othersUnder } from "./drain-cover.ts";
import type { Facts } from "./facts.ts";
import { hasJudgedOwner } from "./judged-owner.ts";

/** The finalizers by which the garbage collector carries a deletion on. */
const foreground = "foregroundDeletion";
const orphaning = "orphan";

const makesPods: ReadonlySet<string> = new Set(["StatefulSet", "ReplicaSet", "ReplicationController"]);
const makesReplicaSets: ReadonlySet<string> = new Set(["Deployment", "Rollout"]);

/** Says whether the Pods of a workload may help others under a budget: it has a scale, and no owner makes it again. */
export function lendsPods(object: KubeObject): boolean {
  return (makesPods.has(object.kind) || makesReplicaSets.has(object.kind)) && !hasJudgedOwner(object);
}

/** Returns a workload as it stands once it is deleted; undefined where nothing holds it. */
export function standingAfter(
  object: KubeObject,
  { propagation, now }: { readonly propagation: DeletionPropagation | undefined; readonly now: Instant },
): KubeObject | undefined {
  const before = object.metadata.finalizers ?? [];
  // The old core kind leaves its Pods where a client says nothing; kubectl always says.
  const asked = propagation ?? (object.kind === "ReplicationController" ? "Orphan" : "Background");
  const added = asked === "Orphan" ? [orphaning] : asked === "Foreground" ? [foreground] : [];
  const finalizers = [...new Set([...before, ...added])];
  return finalizers.length === 0
    ? undefined
    : { ...object, metadata: { ...object.metadata, finalizers, deletionTimestamp: timeText(now) } };
}

/** Says whether a workload in deletion leaves Pods that run, and that no controller makes again. */
export function leavesPodsAlone({ kind, metadata }: KubeObject): boolean {
  if (!makesPods.has(kind) || metadata.deletionTimestamp === undefined) return false;
  const { finalizers = [] } = metadata;
  return finalizers.length > 0 && !finalizers.includes(foreground);
}

/** Says whether the Pods of a workload in deletion lose it as their controller, and with it its scale. */
export function isOrphaning({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.includes(orphaning) === true;
}

/** Says whether all stays as it is for the Pods: the ReplicaSets that make them outlive what is in deletion. */
export function handsPodsOn(object: KubeObject): boolean {
  return makesReplicaSets.has(object.kind) && isOrphaning(object);
}

/** The rules that speak of a workload left behind, or of its own Pods: asking every rule about all workloads under a budget would cost too much. */
export const deletionRules: ReadonlySet<string> = new Set(["DRAIN-002", "DRAIN-047"]);

/** Pods under two budgets can't be evicted at all: of more, what the first ones say is enough. */
const budgetsMax = 3;

/** Returns the workloads beside the one that the facts are of whose budget lets a Pod go with it, and none without. */
export function leftUnderBudgets({ views: [own], snapshot }: Facts): readonly Workload[] {
  if (own === undefined) return [];
  const { workload, scale } = own;
  const leaning = guardsOf(own)
    .slice(0, budgetsMax)
    .filter((budget) => isLeaning(covering(budget, { workload, snapshot }), scale.range.from));
  const found = leaning.flatMap((budget) => othersUnder(budget, { workload, snapshot }));
  return [...new Set(found)].filter(({ hasScale }) => hasScale);
}

function isLeaning({ budget, others }: CoveringBudget, replicas: number): boolean {
  const at = others.findIndex(({ keeper, pods }) => keeper.kind === "scale" && pods > 0);
  const left = others[at];
  if (left === undefined || replicas < 1) return false;
  const beside = { budget, others: others.toSpliced(at, 1) };
  if (evictionsAtScale({ budgets: [beside], keeper: "scale", replicas: left.pods }).block === undefined) return false;
  return evictionsAtScale({ budgets: [{ budget, others }], keeper: "scale", replicas }).block === undefined;
}
