/**
 * The budgets of namespaces: which of them cover a Pod, and whether that has changed since one last looked.
 *
 * Reads snapshots, one after the other. Returns a lookup for each namespace. A budget's status changes whenever one of its Pods does, and its
 * selector hardly ever: so a node is looked at again only when a budget over its own Pods is another, not with every budget of a namespace.
 */
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { selectorIndex } from "../kube/selector-index.ts";

export interface NamespaceBudgets {
  /** Another number where budgets came, went or select others. */
  readonly generation: number;
  covering(pod: Pod): readonly PodDisruptionBudget[];
  named(name: string): PodDisruptionBudget | undefined;
}

/** What was read of one namespace, to be held against it later. */
export interface BudgetsRead {
  readonly generation: number;
  readonly covering: ReadonlySet<PodDisruptionBudget>;
}

interface Known {
  readonly list: readonly PodDisruptionBudget[];
  readonly selectors: string;
  readonly budgets: NamespaceBudgets;
}

const none: NamespaceBudgets = { generation: 0, covering: () => [], named: () => undefined };

/** Returns a function that gives a namespace's budgets; it remembers those that it gave last. */
export function namespaceBudgets(): (snapshot: ClusterSnapshot, namespace: string) => NamespaceBudgets {
  const known = new Map<string, Known>();
  let generations = 0;
  return (snapshot, namespace) => {
    const list = snapshot.list("PodDisruptionBudget", namespace);
    const before = known.get(namespace);
    if (before?.list === list) return before.budgets;
    if (list.length === 0) {
      known.delete(namespace);
      return none;
    }
    const selectors = JSON.stringify(list.map(({ metadata, spec }) => [metadata.name, spec.selector]));
    const generation = before?.selectors === selectors ? before.budgets.generation : ++generations;
    const index = selectorIndex(list, ({ spec }) => spec.selector);
    const byName = new Map(list.map((budget) => [budget.metadata.name ?? "", budget]));
    const budgets = { generation, covering: (pod: Pod) => index.matching(pod.metadata.labels), named: (name: string) => byName.get(name) };
    known.set(namespace, { list, selectors, budgets });
    return budgets;
  };
}

/** Says whether what was read still stands: the same selectors, and each covering budget the same object. */
export function isStillRead({ generation, covering }: BudgetsRead, now: NamespaceBudgets): boolean {
  if (now.generation !== generation) return false;
  for (const budget of covering) if (now.named(budget.metadata.name ?? "") !== budget) return false;
  return true;
}
