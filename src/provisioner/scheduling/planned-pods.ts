/**
 * Planned Pods: the memory of a plan, kept on the NodeClaim that came of it.
 *
 * Reads the Pods of a planned node, or a NodeClaim. Returns how many Pods of each class it was made for. Classes are named
 * by podClassHash, which a Deployment's template and its later Pods share.
 */
import type { PlatformNames } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import { bufferOf } from "./buffer-pod.ts";
import { podClassHash, type PendingPod } from "./pod-class.ts";

/** Our name of the annotation, which hangs on the API domain. */
export type PlannedPodsName = Pick<PlatformNames, "plannedPodsAnnotation">;

/** Returns the Pods that a NodeClaim was made for, by podClassHash; empty where it does not say. */
export function plannedPodsOf(claim: NodeClaim, { plannedPodsAnnotation }: PlannedPodsName): ReadonlyMap<string, number> {
  const text = claim.metadata.annotations?.[plannedPodsAnnotation];
  if (text === undefined) return new Map();
  return new Map(
    text.split(",").flatMap((part): readonly (readonly [string, number])[] => {
      const [hash, count] = part.split("=");
      const pods = Number(count);
      return hash === undefined || !Number.isSafeInteger(pods) || pods < 1 ? [] : [[hash, pods]];
    }),
  );
}

/** Returns the annotation's text for the Pods of a planned node; no Pod is to come of a buffer's, so nobody is shown to its room. */
export function formatPlannedPods(pods: readonly PendingPod[]): string {
  const counts = new Map<string, number>();
  for (const { key, pod } of pods) {
    if (bufferOf({ key }) !== undefined) continue;
    const hash = podClassHash(pod);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([hash, count]) => `${hash}=${count}`)
    .join(",");
}
