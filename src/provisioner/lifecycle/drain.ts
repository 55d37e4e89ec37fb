/**
 * Drain: which Pods leave a node next, and how.
 *
 * Reads the Pods of a node that is to end. Returns those of the first group that is not empty, to be evicted, or deleted
 * where the node's deadline no longer leaves them their grace (Karpenter's pkg/controllers/node/termination). Eviction keeps disruption
 * budgets; a blocked Pod holds the drain up to the deadline, and without a deadline for as long as it is blocked.
 */
import { disruptedTaintKey, doNotDisruptAnnotation, excludeFromLoadBalancersLabel } from "../../api/labels.ts";
import type { Node } from "../../api/node.ts";
import type { Instant } from "../../api/ports.ts";
import type { Pod, Taint } from "../../api/pod.ts";
import { isDaemonPod, isMirrorPod, isTerminal, isTerminating } from "../../kube/pod-state.ts";
import { tolerates } from "../../kube/taint.ts";
import type { NodePatch } from "./registration.ts";

export type PodRemoval =
  | { readonly kind: "evict"; readonly pod: Pod }
  /** Past budgets: the deadline leaves no more than this. */
  | { readonly kind: "delete"; readonly pod: Pod; readonly gracePeriodSeconds: number };

export interface DrainView {
  /** Pods that still have to go, of all groups; those on their way out count. */
  readonly remaining: number;
  /** What can be done now. */
  readonly removals: readonly PodRemoval[];
}

const disruptedTaint: Taint = { key: disruptedTaintKey, effect: "NoSchedule" };
const criticalClasses: ReadonlySet<string> = new Set(["system-cluster-critical", "system-node-critical"]);
const defaultGraceSeconds = 30;
/** A Pod that is still there so long after its grace will not be ended by its kubelet. */
const stuckAfterMs = 60_000;

/** Returns what to do with the Pods of a node; `deadline` is when the node ends whatever stands in the way. */
export function drainView(input: {
  readonly pods: readonly Pod[];
  readonly now: Instant;
  readonly deadline: Instant | undefined;
}): DrainView {
  const { now, deadline } = input;
  const drainable = input.pods.filter((pod) => isDrainable(pod, now));
  const overdue = deadline === undefined ? [] : drainable.filter((pod) => !isTerminating(pod) && now >= deadline - graceMs(pod));
  const forced = overdue.map((pod): PodRemoval => ({ kind: "delete", pod, gracePeriodSeconds: secondsLeft(deadline ?? now, now) }));
  const group = Math.min(...drainable.map(groupOf));
  const evictable = drainable.filter((pod) => groupOf(pod) === group && !isTerminating(pod) && !isProtected(pod) && !overdue.includes(pod));
  return { remaining: drainable.length, removals: [...forced, ...evictable.map((pod): PodRemoval => ({ kind: "evict", pod }))] };
}

/** Says whether new Pods and load balancers are already kept off a node. */
export function isCordoned(node: Node): boolean {
  const tainted = (node.spec?.taints ?? []).some(({ key, effect }) => key === disruptedTaint.key && effect === disruptedTaint.effect);
  return tainted && node.metadata.labels?.[excludeFromLoadBalancersLabel] !== undefined;
}

/** Returns the patch that keeps new Pods and load balancers off a node. */
export function cordonPatch(node: Node): NodePatch {
  const others = (node.spec?.taints ?? []).filter(({ key }) => key !== disruptedTaint.key);
  return {
    metadata: { resourceVersion: node.metadata.resourceVersion, labels: { [excludeFromLoadBalancersLabel]: "karpenter" } },
    spec: { taints: [...others, disruptedTaint] },
  };
}

function isDrainable(pod: Pod, now: Instant): boolean {
  if (isTerminal(pod) || isMirrorPod(pod) || tolerates(pod.spec.tolerations, disruptedTaint)) return false;
  const { deletionTimestamp } = pod.metadata;
  // deletionTimestamp is the end of the grace, not its start.
  return deletionTimestamp === undefined || now < Date.parse(deletionTimestamp) + stuckAfterMs;
}

/** 0 and 1: Pods that are not critical, those of DaemonSets last; 2 and 3: the critical ones. */
function groupOf(pod: Pod): number {
  return (criticalClasses.has(pod.spec.priorityClassName ?? "") ? 2 : 0) + (isDaemonPod(pod) ? 1 : 0);
}

function isProtected(pod: Pod): boolean {
  return pod.metadata.annotations?.[doNotDisruptAnnotation] === "true";
}

function graceMs(pod: Pod): number {
  return (pod.spec.terminationGracePeriodSeconds ?? defaultGraceSeconds) * 1000;
}

function secondsLeft(deadline: Instant, now: Instant): number {
  return Math.max(1, Math.floor((deadline - now) / 1000));
}
