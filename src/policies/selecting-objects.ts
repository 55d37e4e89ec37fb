/**
 * Selecting objects: the PodDisruptionBudgets and Services whose selector matches a workload's Pods.
 *
 * Reads a workload, the labels of its Pods and a snapshot. Returns them sorted by name. The selectors of a namespace are indexed
 * once, for as long as the cluster has no other list of them, so that a namespace with hundreds of budgets costs a request next to
 * nothing; those few that ask for labels which controllers add are tried one by one (kube/controller-labels.ts).
 */
import type { LabelSelector } from "../api/object.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Service } from "../api/service.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { asksForAdded, podSelection } from "../kube/controller-labels.ts";
import { remembered } from "../kube/remembered.ts";
import { selectorIndex, type SelectorIndex } from "../kube/selector-index.ts";
import type { Labels } from "../kube/selector.ts";
import type { Workload } from "../kube/workload.ts";

/** Whose Pods may be selected; without labels of their own the template's are taken. */
interface Selected {
  readonly workload: Workload;
  /** Those of its Pod as compiled. */
  readonly labels?: Labels | undefined;
}

/** Returns the budgets that select a workload's Pods, compiled ones too; the eviction API obeys one in deletion until it is gone. */
export function budgetsSelecting(selected: Selected, snapshot: ClusterSnapshot): readonly PodDisruptionBudget[] {
  return selecting(budgetIndex(snapshot.list("PodDisruptionBudget", selected.workload.namespace)), selected);
}

/** Returns how many budgets are looked at for a workload's Pods, of those that are found by their labels. */
export function candidateBudgets({ namespace, template }: Workload, snapshot: ClusterSnapshot): number {
  return budgetIndex(snapshot.list("PodDisruptionBudget", namespace)).plain.candidates(template.metadata?.labels);
}

/** Returns how many budgets and Services of a namespace are tried one by one against each of its Pods. */
export function triedOneByOne(namespace: string, snapshot: ClusterSnapshot): number {
  return (
    budgetIndex(snapshot.list("PodDisruptionBudget", namespace)).special.length +
    serviceIndex(snapshot.list("Service", namespace)).special.length
  );
}

/** Returns the Services that send traffic to a workload's Pods; one without a selector sends it elsewhere. */
export function servicesSelecting(workload: Workload, snapshot: ClusterSnapshot): readonly Service[] {
  return selecting(serviceIndex(snapshot.list("Service", workload.namespace)), { workload });
}

interface Index<T> {
  readonly plain: SelectorIndex<T>;
  /** Those that ask for labels which controllers add. */
  readonly special: readonly { readonly item: T; readonly selector: LabelSelector }[];
}

function selecting<T extends NamedObject>({ plain, special }: Index<T>, { workload, labels }: Selected): readonly T[] {
  const own = labels ?? workload.template.metadata?.labels;
  const found = plain.matching(own);
  if (special.length === 0) return found;
  const more = special.filter(({ selector }) => podSelection(selector, { workload, labels: own }).kind !== "none");
  return more.length === 0 ? found : [...found, ...more.map(({ item }) => item)].sort(byName);
}

function indexOf<T>(items: readonly T[], selectorOf: (item: T) => LabelSelector | undefined): Index<T> {
  const isSpecial = (selector: LabelSelector | undefined): selector is LabelSelector => selector !== undefined && asksForAdded(selector);
  const plainSelector = (item: T): LabelSelector | undefined => {
    const selector = selectorOf(item);
    return isSpecial(selector) ? undefined : selector;
  };
  const special = items.flatMap((item) => {
    const selector = selectorOf(item);
    return isSpecial(selector) ? [{ item, selector }] : [];
  });
  return { plain: selectorIndex(items, plainSelector), special };
}

// A file may hold an object without a spec; its reader says so.
const budgetIndex = remembered((budgets: readonly PodDisruptionBudget[]) =>
  indexOf(budgets, (budget) => ("spec" in budget ? budget.spec.selector : undefined)),
);

const serviceIndex = remembered((services: readonly Service[]) =>
  indexOf(services, (service) => {
    const labels = "spec" in service ? service.spec.selector : undefined;
    // Unlike everywhere else, a Service with an empty selector selects nothing.
    return labels === undefined || Object.keys(labels).length === 0 ? undefined : { matchLabels: labels };
  }),
);

interface NamedObject {
  readonly metadata: { readonly name?: string };
}

function byName(a: NamedObject, b: NamedObject): number {
  return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}
