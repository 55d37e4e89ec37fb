/**
 * Waiting Pods: who waits for a NodeClaim that is still to become a node.
 *
 * Reads the plan as the NodeClaim keeps it and the Pods. Returns those that wait, as many of each class as were planned, a few at most.
 * They and not the NodeClaim are what their team looks at, so what is wrong with it is told on them too (Karpenter 1.15 does so for
 * InsufficientCapacityError, ten at once).
 */
import type { Reason } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Pod } from "../../api/pod.ts";
import { isDaemonPod, isPending } from "../../kube/pod-state.ts";
import { plannedPodsOf, type PlannedPodsName } from "../scheduling/planned-pods.ts";
import { podClassHash } from "../scheduling/pod-class.ts";

/** So many Pods of one NodeClaim are told of it: all of them have the same to say. */
export const toldPodsMax = 10;

/** Returns a Warning for each Pod that waits for the NodeClaim, in the order of the Pods. */
export function notesForWaiting(
  pods: readonly Pod[],
  { nodeClaim, names, reason }: { readonly nodeClaim: NodeClaim; readonly names: PlannedPodsName; readonly reason: Reason },
): readonly EventNote[] {
  const room = new Map(plannedPodsOf(nodeClaim, names));
  const notes: EventNote[] = [];
  if (room.size === 0) return notes;
  for (const pod of pods) {
    if (notes.length >= toldPodsMax) break;
    if (!isPending(pod) || isDaemonPod(pod)) continue;
    const hash = podClassHash(pod);
    const left = room.get(hash) ?? 0;
    if (left === 0) continue;
    room.set(hash, left - 1);
    const { namespace = "", name = "", uid } = pod.metadata;
    const regarding = { apiVersion: "v1", kind: "Pod", namespace, name, ...(uid === undefined ? undefined : { uid }) };
    const message = `NodeClaim ${nodeClaim.metadata.name ?? ""}, which is for this Pod: ${reason.message}`;
    notes.push({ regarding, type: "Warning", reason: reason.reason, message });
  }
  return notes;
}
