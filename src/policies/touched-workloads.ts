/**
 * Touched workloads: whom a budget, an autoscaler or a profile concerns.
 *
 * Reads such an object and a snapshot. Returns workloads, so that what judging them costs can be counted before their views are made.
 */
import type { LabelSelector } from "../api/object.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { WorkloadProfile } from "../api/workload-profile.ts";
import { podSelection } from "../kube/controller-labels.ts";
import type { Labels } from "../kube/selector.ts";
import type { Workload } from "../kube/workload.ts";
import { bindWorkload, claimsWorkload } from "./profile/workload-contract.ts";
import { targetedWorkload, viewOf, workloadsOf, type ViewWorld, type WorkloadView } from "./workload-view.ts";

/** Returns the workload that an autoscaler aims at, if it stands. */
export function targeted(
  target: { readonly kind: string; readonly name: string; readonly namespace: string },
  { snapshot }: ViewWorld,
): readonly Workload[] {
  const workload = targetedWorkload(snapshot, target);
  return workload === undefined ? [] : [workload];
}

export interface Covered {
  readonly workloads: readonly Workload[];
  /** Whether only their views tell which of them are selected. */
  readonly isOpen: boolean;
}

/** The workloads whose Pods a budget selects. Our own labels are compiled into Pods: only a view knows them, and few budgets ask for one. */
export function coveredWorkloads({ metadata, spec: { selector } }: PodDisruptionBudget, { snapshot, names }: ViewWorld): Covered {
  const workloads = workloadsOf(snapshot, metadata.namespace ?? "");
  const asked = [...Object.keys(selector?.matchLabels ?? {}), ...(selector?.matchExpressions ?? []).map(({ key }) => key)];
  if (asked.some((key) => key.startsWith(`${names.domain}/`))) return { workloads, isOpen: true };
  return { workloads: workloads.filter((workload) => isCovered(selector, workload, workload.template.metadata?.labels)), isOpen: false };
}

function isCovered(selector: LabelSelector | undefined, workload: Workload, labels: Labels | undefined): boolean {
  return podSelection(selector, { workload, labels }).kind !== "none";
}

/** Returns the views of those workloads whose Pods a budget selects. */
export function coveredViews(budget: PodDisruptionBudget, workloads: readonly Workload[], world: ViewWorld): readonly WorkloadView[] {
  const views = workloads.map((workload) => viewOf(workload, { ...world, judgedBudget: budget }));
  if (!coveredWorkloads(budget, world).isOpen) return views;
  return views.filter(({ workload, pod }) => isCovered(budget.spec.selector, workload, pod.metadata.labels));
}

/** The workloads that a profile binds, or claims beside another one. */
export function boundWorkloads(profile: WorkloadProfile, { snapshot, names }: ViewWorld): readonly Workload[] {
  const namespace = profile.metadata.namespace ?? "";
  const profiles = snapshot.list("WorkloadProfile", namespace).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return workloadsOf(snapshot, namespace).filter((workload) => {
    if (!claimsWorkload({ workload, profile, names })) return false;
    const binding = bindWorkload({ workload, profiles, names });
    if (binding.kind === "none") return false;
    const claiming = binding.kind === "bound" ? [binding.profile.metadata.name] : binding.profiles;
    return claiming.includes(profile.metadata.name ?? "");
  });
}
