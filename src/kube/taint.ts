/**
 * Taints and tolerations: which Nodes keep which Pods away.
 *
 * Reads a Node's taints and a Pod's tolerations. Returns whether they agree, by kube-scheduler's rules.
 */
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

/** Returns a taint as kubectl prints it: "key=value:Effect" or "key:Effect". */
export function formatTaint(taint: Taint): string {
  return taint.value ? `${taint.key}=${taint.value}:${taint.effect}` : `${taint.key}:${taint.effect}`;
}
