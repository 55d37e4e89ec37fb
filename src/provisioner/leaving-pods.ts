/**
 * Leaving Pods: those on their way out, whose room is free before a new node could be.
 *
 * Reads Pods and the time. Returns the Pods that will still stand when a new node would: a rollout deletes an old Pod for each new one,
 * and buying for a Pod whose predecessor leaves within seconds buys a node too many. kube-scheduler waits for the room, too.
 */
import type { Instant } from "../api/ports.ts";
import type { Pod } from "../api/pod.ts";
import { isTerminating } from "../kube/pod-state.ts";

/** A Pod that has this long to go is gone about when a new node would have joined. */
export const leavesSoonMs = 30_000;
/** A Pod that is there this long after its time was up is held by something, and keeps its room. */
export const overdueMs = 10_000;

/** Returns the Pods whose room can't be counted on. */
export function stayingPods(pods: readonly Pod[], now: Instant): readonly Pod[] {
  return pods.filter((pod) => !leavesSoon(pod, now));
}

function leavesSoon(pod: Pod, now: Instant): boolean {
  if (!isTerminating(pod)) return false;
  // The API server writes the moment at which the grace period ends.
  const leftMs = Date.parse(pod.metadata.deletionTimestamp ?? "") - now;
  return leftMs <= leavesSoonMs && leftMs > -overdueMs;
}
