/**
 * What preferences may cost: nothing, or what they are said to be worth.
 *
 * Reads what is to be planned, and two plans of it. Returns the one that heeds preferences, unless it leaves out Pods that the other
 * places, is dearer by a millionth of a dollar an hour or more, or needs a node more for the same money. With a worth, a plan that holds
 * preferences as rules as far as it can is taken where it is dearer by no more than that share.
 */
import type { Reason } from "../../api/controller.ts";
import type { NodePool } from "../../api/node-pool.ts";
import { priorityOf } from "../../kube/pod-priority.ts";
import type { NodeState } from "./node-state.ts";
import type { PendingPod } from "./pod-class.ts";
import { hasPreferences, isSoft, isWish, softTaintWeight } from "./preference.ts";
import { compareLeftOut } from "./priority.ts";
import type { PodSpec, Taint } from "../../api/pod.ts";

interface Asked {
  readonly pods: readonly PendingPod[];
  readonly nodePools: readonly NodePool[];
  readonly nodes: readonly NodeState[];
}

interface Planned {
  readonly newNodes: readonly unknown[];
  readonly unschedulable: readonly { readonly pod: PendingPod }[];
  readonly pricePerHour: number;
  readonly decision: { readonly rejected: readonly { readonly subject: string; readonly reason: Reason }[] };
}

/** Plans whose prices differ by less cost the same. */
const pricesPerDollar = 1e6;

/** Says whether any place is liked more than another by any Pod. */
export function prefersAnything(asked: Asked): boolean {
  let last: PodSpec | undefined;
  for (const { pod, defaultSpread } of asked.pods) {
    if (defaultSpread?.some(isWish) === true) return true;
    // Replicas that come one after the other mostly share their spec.
    if (pod.spec !== last && hasPreferences(pod.spec)) return true;
    last = pod.spec;
  }
  const taints = softTaintsIn(asked);
  return taints.length > 0 && asked.pods.some(({ pod }) => softTaintWeight(taints, pod.spec) > 0);
}

/** Each soft taint once, of however many nodes. */
function softTaintsIn({ nodePools, nodes }: Omit<Asked, "pods">): readonly Taint[] {
  const found = new Map<string, Taint>();
  for (const taints of [...nodePools.map(({ spec }) => spec.template.spec.taints ?? []), ...nodes.map((node) => node.taints)]) {
    for (const taint of taints) if (isSoft(taint)) found.set(JSON.stringify([taint.key, taint.value]), taint);
  }
  return [...found.values()];
}

/** Says whether a pool or a node asks Pods to stay away. */
export function softTaintsAmong({ nodePools, nodes }: Omit<Asked, "pods">): boolean {
  return nodePools.some(({ spec }) => spec.template.spec.taints?.some(isSoft) === true) || nodes.some(({ taints }) => taints.some(isSoft));
}

/** Returns the plan that heeds preferences, unless it costs more, needs more nodes or places fewer than the one that ignores them. */
export function unlessDearer<T extends Planned>(heeding: T, ignoring: T): T {
  const difference =
    compareLeftOut(leftOut(heeding), leftOut(ignoring)) ||
    Math.round((heeding.pricePerHour - ignoring.pricePerHour) * pricesPerDollar) ||
    heeding.newNodes.length - ignoring.newNodes.length;
  if (difference <= 0) return heeding;
  const { newNodes, pricePerHour, unschedulable } = heeding;
  const outcome = `${newNodes.length} nodes for ${pricePerHour.toFixed(4)} an hour, ${unschedulable.length} Pods without a place`;
  const reason = { reason: "PreferencesCostNothing", message: `It would come to ${outcome}.` };
  const { decision } = ignoring;
  return { ...ignoring, decision: { ...decision, rejected: [...decision.rejected, { subject: "heeding preferences", reason }] } };
}

/** Returns the plan that respects preferences where it places as much, and costs no more than the other by a share of its price. */
export function ifWorth<T extends Planned>(respecting: T, free: T, worth: number): T {
  const isComplete = compareLeftOut(leftOut(respecting), leftOut(free)) <= 0;
  const dearest = Math.round(free.pricePerHour * (1 + worth) * pricesPerDollar);
  return isComplete && Math.round(respecting.pricePerHour * pricesPerDollar) <= dearest ? respecting : free;
}

function leftOut({ unschedulable }: Planned): Parameters<typeof compareLeftOut>[0] {
  return unschedulable.map(({ pod }) => ({ podClass: { priority: priorityOf(pod.pod.spec) }, pods: [pod] }));
}
