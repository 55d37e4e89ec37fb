/**
 * Selecting objects: the PodDisruptionBudgets and Services whose selector matches a workload's Pods.
 *
 * Reads labels and a snapshot. Returns them sorted by name. The selectors of a namespace are indexed once, for as long as the
 * cluster has no other list of them, so that a namespace with hundreds of budgets costs a request next to nothing.
 */
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Service } from "../api/service.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { remembered } from "../kube/remembered.ts";
import { selectorIndex } from "../kube/selector-index.ts";
import type { Workload } from "../kube/workload.ts";

/** Returns the budgets that select a workload's Pods, compiled ones too; the eviction API obeys one in deletion until it is gone. */
export function budgetsSelecting({ namespace, template }: Workload, snapshot: ClusterSnapshot): readonly PodDisruptionBudget[] {
  return budgetIndex(snapshot.list("PodDisruptionBudget", namespace)).matching(template.metadata?.labels);
}

/** Returns the Services that send traffic to a workload's Pods; one without a selector sends it elsewhere. */
export function servicesSelecting({ namespace, template }: Workload, snapshot: ClusterSnapshot): readonly Service[] {
  return serviceIndex(snapshot.list("Service", namespace)).matching(template.metadata?.labels);
}

// A file may hold an object without a spec; its reader says so.
const budgetIndex = remembered((budgets: readonly PodDisruptionBudget[]) =>
  selectorIndex(budgets, (budget) => ("spec" in budget ? budget.spec.selector : undefined)),
);

const serviceIndex = remembered((services: readonly Service[]) =>
  selectorIndex(services, (service) => {
    const labels = "spec" in service ? service.spec.selector : undefined;
    // Unlike everywhere else, a Service with an empty selector selects nothing.
    return labels === undefined || Object.keys(labels).length === 0 ? undefined : { matchLabels: labels };
  }),
);
