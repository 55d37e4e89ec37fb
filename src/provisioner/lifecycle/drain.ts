/**
 * Drain: which Pods leave a node next, and how.
 *
 * Reads the Pods of a node that is to end. Returns those of the first tier that is not empty, to be evicted, or deleted where the node's
 * deadline no longer leaves them their grace (Karpenter's pkg/controllers/node/termination); and those that were deleted with more grace than
 * they ask for, to be given their own. Eviction keeps disruption budgets; a blocked Pod holds the drain up to the deadline, and without a deadline for as long as it is blocked. Where a cloud has set the
 * deadline there may be less time than a Pod's grace: then half of it is for evictions.
 */
import { excludeFromLoadBalancersLabel, terminationTimestampAnnotation } from "../../api/labels.ts";
import type { Node } from "../../api/node.ts";
import type { Instant } from "../../api/ports.ts";
import type { Pod, Taint } from "../../api/pod.ts";
import { closedWindowOf, doNotDisruptOf, graceMsOf, type PodProtection } from "../../kube/pod-protection.ts";
import { isDaemonPod, isMirrorPod, isTerminal, isTerminating } from "../../kube/pod-state.ts";
import { disruptedTaint, isDisrupted, tolerates } from "../../kube/taint.ts";
import { timeText } from "../../kube/time-text.ts";
import type { NodePatch } from "./registration.ts";

export type PodRemoval =
  | { readonly kind: "evict"; readonly pod: Pod }
  /** Past budgets: the deadline leaves no more than this. */
  | { readonly kind: "delete"; readonly pod: Pod; readonly gracePeriodSeconds: number }
  /** Its deletion gave it more time than it asks for: only a deletion with a grace of its own gives less. */
  | { readonly kind: "shorten"; readonly pod: Pod; readonly gracePeriodSeconds: number }
  /** Nothing of it runs any more: its instance has ended. */
  | { readonly kind: "forget"; readonly pod: Pod };

export interface DrainView {
  /** Pods that still have to go, of all tiers; those on their way out count. */
  readonly remaining: readonly Pod[];
  /** What can be done now. */
  readonly removals: readonly PodRemoval[];
  /** Pods of the tier that are left alone by their own wish. */
  readonly held: readonly { readonly pod: Pod; readonly protection: PodProtection }[];
}

export interface DrainInput {
  readonly pods: readonly Pod[];
  readonly now: Instant;
  /** When the node ends whatever stands in the way. */
  readonly deadline: Instant | undefined;
  /** What a Pod's grace may take of the time before the deadline; absent: all of it. */
  readonly graceMaxMs?: number;
  readonly disruptionWindowAnnotation: string;
}

const criticalClasses: ReadonlySet<string> = new Set(["system-cluster-critical", "system-node-critical"]);
/** A Pod that is still there so long after its grace will not be ended by its kubelet. */
const stuckAfterMs = 60_000;

/** Returns what to do with the Pods of a node. */
export function drainView(input: DrainInput): DrainView {
  const { now, deadline = Infinity, graceMaxMs = Infinity } = input;
  const remaining = input.pods.filter((pod) => isDrainable(pod, now));
  const overdue = remaining.filter((pod) => !isTerminating(pod) && now >= deadline - Math.min(graceMsOf(pod), graceMaxMs));
  const forced = overdue.map((pod): PodRemoval => ({ kind: "delete", pod, gracePeriodSeconds: secondsLeft(deadline, now) }));
  const tier = Math.min(...remaining.map(tierOf));
  const due = remaining.filter((pod) => tierOf(pod) === tier && !isTerminating(pod) && !overdue.includes(pod));
  const held = due.flatMap((pod) => {
    const protection = protectionOf(pod, input);
    return protection === undefined ? [] : [{ pod, protection }];
  });
  const evictable = due.filter((pod) => !held.some((one) => one.pod === pod));
  const removals = [...forced, ...remaining.flatMap(shortened), ...evictable.map((pod): PodRemoval => ({ kind: "evict", pod }))];
  return { remaining, held, removals };
}

/** A grace of years, in an eviction or a deletion that anybody may send who may delete the Pod, would hold the node for as long. */
function shortened(pod: Pod): readonly PodRemoval[] {
  // Without any grace the API server takes a Pod away while its containers run.
  const gracePeriodSeconds = Math.max(1, graceMsOf(pod) / 1000);
  const { deletionGracePeriodSeconds: given = 0 } = pod.metadata;
  return isTerminating(pod) && given > gracePeriodSeconds ? [{ kind: "shorten", pod, gracePeriodSeconds }] : [];
}

/** Says whether new Pods and load balancers are already kept off a node, and it tells its deadline. */
export function isCordoned(node: Node, deadline: Instant | undefined): boolean {
  const told = deadline === undefined || node.metadata.annotations?.[terminationTimestampAnnotation] === timeText(deadline);
  return told && isDisrupted(node) && node.metadata.labels?.[excludeFromLoadBalancersLabel] !== undefined;
}

/** Returns the patch that keeps new Pods and load balancers off a node, and tells when it ends. */
export function cordonPatch(node: Node, deadline: Instant | undefined): NodePatch {
  const annotations = deadline === undefined ? {} : { annotations: { [terminationTimestampAnnotation]: timeText(deadline) } };
  return {
    metadata: { resourceVersion: node.metadata.resourceVersion, labels: { [excludeFromLoadBalancersLabel]: "karpenter" }, ...annotations },
    spec: { taints: taintsWith(node) },
  };
}

/** Returns the patch that keeps new Pods off a node that waits for its replacement: it still serves what it has. */
export function disruptedPatch(node: Node): NodePatch {
  return { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints: taintsWith(node) } };
}

/** Returns the patch that takes new Pods to a node again, after all. */
export function undisruptedPatch(node: Node): NodePatch {
  return { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints: othersOf(node) } };
}

/** Says whether a drain has to wait for a Pod: not what has ended, what the node itself keeps, or what can't be ended. */
export function isDrainable(pod: Pod, now: Instant): boolean {
  if (isTerminal(pod) || isMirrorPod(pod) || tolerates(pod.spec.tolerations, disruptedTaint)) return false;
  const { deletionTimestamp } = pod.metadata;
  // deletionTimestamp is the end of the grace, not its start.
  return deletionTimestamp === undefined || now < Date.parse(deletionTimestamp) + stuckAfterMs;
}

function taintsWith(node: Node): readonly Taint[] {
  return [...othersOf(node), disruptedTaint];
}

function othersOf(node: Node): readonly Taint[] {
  return (node.spec?.taints ?? []).filter(({ key }) => key !== disruptedTaint.key);
}

/** 0 and 1: Pods that are not critical, those of DaemonSets last; 2 and 3: the critical ones. */
function tierOf(pod: Pod): number {
  return (criticalClasses.has(pod.spec.priorityClassName ?? "") ? 2 : 0) + (isDaemonPod(pod) ? 1 : 0);
}

function protectionOf(pod: Pod, input: DrainInput): PodProtection | undefined {
  return doNotDisruptOf(pod, input.now) ?? closedWindowOf(pod, input);
}

function secondsLeft(deadline: Instant, now: Instant): number {
  return Math.max(1, Math.floor((deadline - now) / 1000));
}
