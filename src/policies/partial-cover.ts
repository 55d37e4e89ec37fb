/**
 * Partial cover: what a PodDisruptionBudget allows that selects some Pods of a workload and not others.
 *
 * Reads a budget, a workload's view and a snapshot. Returns whether a Pod of it can be evicted. The disruption controller expects
 * all replicas of each controller that it finds and counts only the Pods that are selected: maxUnavailable 1 over one Pod of three
 * allows nothing. Everybody else under the budget counts too, at the smallest scale.
 */
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { podSelection, type PodSelection } from "../kube/controller-labels.ts";
import { allowedOf, healthyNeeded } from "../kube/disruption-budget.ts";
import { othersUnder } from "./drain-cover.ts";
import { autoscalersOf } from "./workload-autoscalers.ts";
import type { WorkloadView } from "./workload-view.ts";

/** A scale at which such a budget lets nobody go. */
export interface PartialBlock {
  /** The label by which the Pods are told apart. */
  readonly label: string;
  readonly selected: number;
  readonly replicas: number;
}

/** Says whether a budget selects some Pods of a workload and not others. */
export function selectsPart(budget: PodDisruptionBudget, view: WorkloadView): boolean {
  return selectionOf(budget, view).kind === "some";
}

/** Returns the first end of the workload's range of scales at which the selected Pods can't be evicted; undefined where they can. */
export function partialBlock(budget: PodDisruptionBudget, view: WorkloadView, snapshot: ClusterSnapshot): PartialBlock | undefined {
  const selection = selectionOf(budget, view);
  const { range } = view.scale;
  if (selection.kind !== "some" || !view.workload.hasScale || range.to < range.from) return undefined;
  const others = othersOf(budget, view, snapshot);
  for (const replicas of new Set([range.from, range.to])) {
    const selected = selection.least(replicas);
    const healthy = selected + others.selected;
    const needed = healthyNeeded({ bounds: budget.spec, pods: healthy, scale: replicas + others.replicas });
    if (selected === 0 || !needed.ok) continue;
    if (allowedOf({ healthy, ...needed.value }) === 0) return { label: selection.label, selected, replicas };
  }
  return undefined;
}

function selectionOf({ spec }: PodDisruptionBudget, { workload, pod }: WorkloadView): PodSelection {
  return podSelection(spec.selector, { workload, labels: pod.metadata.labels });
}

function othersOf(
  budget: PodDisruptionBudget,
  { workload }: WorkloadView,
  snapshot: ClusterSnapshot,
): { readonly selected: number; readonly replicas: number } {
  let [selected, replicas] = [0, 0];
  for (const other of othersUnder(budget, { workload, snapshot })) {
    if (!other.hasScale || other.object.metadata.deletionTimestamp !== undefined) continue;
    const { range, mayBeZero } = autoscalersOf(other, snapshot).scale;
    const least = mayBeZero ? 0 : range.from;
    const selection = podSelection(budget.spec.selector, { workload: other, labels: other.template.metadata?.labels });
    replicas += least;
    selected += selection.kind === "some" ? selection.least(least) : least;
  }
  return { selected, replicas };
}
