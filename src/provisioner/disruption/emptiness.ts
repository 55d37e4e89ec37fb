/**
 * Emptiness: when a node that holds nothing any more is given back.
 *
 * Reads a NodeClaim, its Node and NodePool, the Pods there, and when the last of them came or went. Returns one idempotent step: tell when
 * that was, tell that the node may be consolidated (Karpenter's lastPodEventTime and Consolidatable), or ask for its end. How many nodes may
 * go at once is for the command to say (command.ts), which every request goes through.
 */
import type { ControllerStep } from "../../api/controller.ts";
import { doNotDisruptAnnotation } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { Node } from "../../api/node.ts";
import type { Pod } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import { isDaemonPod, isMirrorPod, isTerminal } from "../../kube/pod-state.ts";
import { parseGoDuration } from "../../kube/schedule.ts";

/** A node is looked at twice, this far apart, before it goes: its first Pods may be on their way (Karpenter's validation). */
export const settleMs = 15_000;
/** Events of Pods that are nearer together than this are told once. */
export const podEventGapMs = 10_000;

export interface ObservedEmptiness {
  readonly nodeClaim: NodeClaim;
  readonly node: Node | undefined;
  readonly nodePool: NodePool | undefined;
  /** Pods bound to the Node. */
  readonly pods: readonly Pod[];
  /** Pods that are not bound, but are told to go there. */
  readonly nominated: number;
  /** The last time that a Pod was seen to come to the Node or to go from it; undefined where nobody has seen one. */
  readonly podEventAt: Instant | undefined;
  /** What was asked of it already: its end as empty, which may wait for a budget, or something that is under way. */
  readonly asked: "nothing" | "end-as-empty" | "under-way";
  /** What the node is kept for beside Pods, such as "CapacityBuffer shop/web"; undefined where there is nothing. */
  readonly keptFor: string | undefined;
}

type StepOf<K extends string, Fields = unknown> = { readonly kind: K; readonly nodeClaim: NodeClaim } & Fields;

export type EmptinessStep = ControllerStep &
  (
    | StepOf<"tell-event", { readonly at: Instant }>
    | StepOf<"tell-consolidatable", { readonly is: boolean }>
    | StepOf<"ask", { readonly message: string }>
    /** Pods have come before any budget let it go. */
    | StepOf<"take-back">
    | StepOf<"wait", { readonly delayMs?: number }>
  );

/** Returns what to do next for a node that may be empty. */
export function nextEmptinessStep(observed: ObservedEmptiness, now: Instant): EmptinessStep {
  const { nodeClaim, node, nodePool, podEventAt, asked } = observed;
  const wait: EmptinessStep = { kind: "wait", nodeClaim };
  if (nodeClaim.metadata.deletionTimestamp !== undefined || asked === "under-way" || node === undefined) return wait;
  if (asked === "end-as-empty") return heldBy(observed) === undefined ? wait : { kind: "take-back", nodeClaim };
  if (trueSince(nodeClaim, "Initialized") === undefined) return wait;
  const told = timeOf(nodeClaim.status?.lastPodEventTime);
  if (podEventAt !== undefined && podEventAt >= (told ?? -Infinity) + podEventGapMs)
    return { kind: "tell-event", nodeClaim, at: podEventAt };
  const restMs = restOf(nodePool);
  const isConsolidatable = trueSince(nodeClaim, "Consolidatable") !== undefined;
  const quietSince = Math.max(podEventAt ?? told ?? -Infinity, told ?? -Infinity, timeOf(trueSince(nodeClaim, "Initialized")) ?? now);
  const isQuiet = restMs !== undefined && now - quietSince >= restMs;
  if (isQuiet !== isConsolidatable) return { kind: "tell-consolidatable", nodeClaim, is: isQuiet };
  if (restMs === undefined) return wait;
  const emptyAt = quietSince + Math.max(restMs, settleMs);
  if (now < emptyAt) return { kind: "wait", nodeClaim, delayMs: nextLook({ now, quietAt: quietSince + restMs, emptyAt }) };
  if (heldBy(observed) !== undefined) return wait;
  return { kind: "ask", nodeClaim, message: "no Pod needs the node" };
}

/** Returns what keeps a node from being given back as empty, or undefined. */
export function heldBy({ nodeClaim, node, pods, nominated, keptFor }: ObservedEmptiness): string | undefined {
  const held = pods.filter((pod) => !isDaemonPod(pod) && !isMirrorPod(pod) && !isTerminal(pod)).length;
  if (held > 0) return `${held} Pods`;
  if (nominated > 0) return `${nominated} Pods that are told to go there`;
  if ([nodeClaim, node].some((object) => object?.metadata.annotations?.[doNotDisruptAnnotation] === "true")) return doNotDisruptAnnotation;
  return keptFor;
}

/** How long a node of the pool must have been quiet; undefined where it is never given back. */
function restOf(nodePool: NodePool | undefined): number | undefined {
  if (nodePool === undefined || nodePool.spec.replicas !== undefined) return undefined;
  const { consolidateAfter = "0s" } = nodePool.spec.disruption ?? {};
  const duration = parseGoDuration(consolidateAfter);
  return duration.ok ? duration.value : undefined;
}

function nextLook({ now, quietAt, emptyAt }: { readonly now: Instant; readonly quietAt: Instant; readonly emptyAt: Instant }): number {
  return (now < quietAt ? quietAt : emptyAt) - now;
}

/** Since when a condition of the NodeClaim is True; undefined where it is not. */
function trueSince({ status }: NodeClaim, type: string): string | undefined {
  const condition = status?.conditions?.find((one) => one.type === type);
  return condition?.status === "True" ? condition.lastTransitionTime : undefined;
}

function timeOf(text: string | undefined): Instant | undefined {
  const time = Date.parse(text ?? "");
  return Number.isNaN(time) ? undefined : time;
}
