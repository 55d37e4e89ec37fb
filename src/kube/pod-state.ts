/**
 * Where a Pod stands: ready, ended, ending, waiting, and by whom it is kept.
 *
 * Reads Pods. Returns plain answers, so that the drain rules, the provisioner and the simulator count the same Pods.
 */
import { controllerOf } from "./owner.ts";
import type { Condition } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";

const mirrorAnnotation = "kubernetes.io/config.mirror";

/** Returns a Pod's condition of a type. */
export function podCondition(pod: Pod, type: string): Condition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

/** Says whether the Pod's Ready condition is True; this is what disruption budgets count as healthy. */
export function isReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Says whether the Pod has ended for good (Succeeded or Failed). */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Says whether the Pod is being deleted. */
export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Says whether the Pod waits for a Node: not bound, not ended, not being deleted. */
export function isPending(pod: Pod): boolean {
  return !pod.spec.nodeName && !isTerminal(pod) && !isTerminating(pod);
}

/** Says whether the scheduler has tried a pending Pod and found no Node: the Pods that a provisioner buys capacity for. */
export function isUnschedulable(pod: Pod): boolean {
  const scheduled = podCondition(pod, "PodScheduled");
  return isPending(pod) && scheduled?.status === "False" && scheduled.reason === "Unschedulable";
}

/** Says whether the Pod counts as one of its controller's replicas: not ended and not being deleted. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && !isTerminating(pod);
}

/** Says whether a DaemonSet keeps the Pod. */
export function isDaemonPod(pod: Pod): boolean {
  return controllerOf(pod)?.kind === "DaemonSet";
}

/** Says whether the Pod is the API's mirror of a static Pod of the kubelet's; nobody can evict it. */
export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata.annotations?.[mirrorAnnotation] !== undefined || controllerOf(pod)?.kind === "Node";
}
