/**
 * The bound of placement hints: up to how many Pods that wait the scheduler is told where they were planned.
 *
 * Reads Pods. Returns whether hints are worth what they cost. Whenever kube-scheduler tries a Pod on a node, it adds every Pod that is
 * nominated there and filters twice, so hints for n Pods that wait cost it n times n: of 1,000 they took eight times the scheduler's CPU
 * time and twice the API server's, and it was three times as long until all ran. A Pod that goes elsewhere than it was planned costs less
 * than that, since its place is another's then.
 */
import type { Pod } from "../../api/pod.ts";
import { isDaemonPod, isPending } from "../../kube/pod-state.ts";

/** While more Pods than these wait for the scheduler, none is told its node. */
export const hintedPodsMax = 100;

/** Is true while so few Pods wait that each can be told its own node. */
export function areHintsBearable(pods: readonly Pod[]): boolean {
  let waiting = 0;
  for (const pod of pods) {
    if (!isPending(pod) || isDaemonPod(pod) || (pod.spec.schedulingGates?.length ?? 0) > 0) continue;
    waiting += 1;
    if (waiting > hintedPodsMax) return false;
  }
  return true;
}
