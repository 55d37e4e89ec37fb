/**
 * Taints and tolerations: which Nodes keep which Pods away.
 *
 * Reads a Node's taints and a Pod's tolerations. Returns whether they agree, by kube-scheduler's rules; and whether a Node is to go, or is
 * being emptied.
 */
import { disruptedTaintKey } from "../api/labels.ts";
import type { Node } from "../api/node.ts";
import type { Taint, Toleration } from "../api/pod.ts";

/**
 * Says whether one of the tolerations tolerates the taint: effect and key equal or left empty, and the operator Exists,
 * or Equal (the default) with the same value.
 */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  for (const toleration of tolerations ?? []) {
    if (toleration.effect && toleration.effect !== taint.effect) continue;
    if (toleration.key && toleration.key !== taint.key) continue;
    if (toleration.operator === "Exists") return true;
    if ((toleration.value ?? "") === (taint.value ?? "")) return true;
  }
  return false;
}

/** Returns the first taint that keeps a Pod with these tolerations away; PreferNoSchedule never does. */
export function untoleratedTaint(taints: readonly Taint[] | undefined, tolerations: readonly Toleration[] | undefined): Taint | undefined {
  for (const taint of taints ?? []) {
    if (taint.effect !== "PreferNoSchedule" && !tolerates(tolerations, taint)) return taint;
  }
  return undefined;
}

/** What keeps new Pods off a node that is to go, as Karpenter writes it. */
export const disruptedTaint: Taint = { key: disruptedTaintKey, effect: "NoSchedule" };

/** Says whether Pods that come are kept off a node since it is to go; a taint of that key with another effect is somebody else's. */
export function isDisrupted({ spec }: Node): boolean {
  return (spec?.taints ?? []).some(({ key, effect }) => key === disruptedTaint.key && effect === disruptedTaint.effect);
}

/** How those who empty nodes keep new Pods off them: a cordon, Plimsoll and Karpenter (with its name of before v1), Cluster Autoscaler. */
const emptyingTaintKeys: ReadonlySet<string> = new Set([
  ...[disruptedTaintKey, "karpenter.sh/disruption", "ToBeDeletedByClusterAutoscaler", "node.kubernetes.io/unschedulable"],
  // AWS Node Termination Handler, and Google's warning before it ends a machine.
  ...["spot-itn", "scheduled-maintenance", "asg-lifecycle-termination", "rebalance-recommendation"].map(
    (event) => `aws-node-termination-handler/${event}`,
  ),
  "cloud.google.com/impending-node-termination",
]);

/** Says whether somebody empties a node: it is cordoned, on its way out, or tainted as drains taint. A taint that only prefers other nodes is none. */
export function isBeingEmptied({ metadata, spec }: Node): boolean {
  if (spec?.unschedulable === true || metadata.deletionTimestamp !== undefined) return true;
  return (spec?.taints ?? []).some(({ key, effect }) => emptyingTaintKeys.has(key) && effect !== "PreferNoSchedule");
}

/** Returns a taint as kubectl prints it: "key=value:Effect" or "key:Effect". */
export function formatTaint(taint: Taint): string {
  return taint.value ? `${taint.key}=${taint.value}:${taint.effect}` : `${taint.key}:${taint.effect}`;
}
