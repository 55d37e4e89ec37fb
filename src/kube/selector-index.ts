/**
 * SelectorIndex: which of many selectors match one set of labels.
 *
 * Reads objects that select by labels (PodDisruptionBudgets, Services). Returns a lookup that looks only at the selectors that
 * ask for a label the Pod has, so that a namespace with 200 budgets costs a request no more than its Pod's few labels.
 */
import type { LabelSelector } from "../api/object.ts";
import { matchesSelector, type Labels } from "./selector.ts";

export interface SelectorIndex<T> {
  /** Returns the items whose selector matches, in the order that they were given in. */
  matching(labels: Labels | undefined): readonly T[];
  /** Returns how many items are looked at for these labels. */
  candidates(labels: Labels | undefined): number;
}

interface Entry<T> {
  readonly position: number;
  readonly item: T;
  readonly selector: LabelSelector;
  /** How many labels it asks for: one that asks for more than there are matches nothing, however many they are. */
  readonly labels: number;
}

/** Builds the index; an item whose selector is undefined selects nothing, one with {} everything. */
export function selectorIndex<T>(items: readonly T[], selectorOf: (item: T) => LabelSelector | undefined): SelectorIndex<T> {
  const byKey = new Map<string, Map<string, Entry<T>[]>>();
  const unkeyed: Entry<T>[] = [];
  items.forEach((item, position) => {
    const selector = selectorOf(item);
    if (selector === undefined) return;
    const pairs = Object.entries(selector.matchLabels ?? {});
    const entry = { position, item, selector, labels: pairs.length };
    const [pair] = pairs;
    if (pair === undefined) {
      unkeyed.push(entry);
      return;
    }
    const [key, value] = pair;
    const byValue = byKey.get(key) ?? new Map<string, Entry<T>[]>();
    byKey.set(key, byValue);
    const known = byValue.get(value);
    if (known === undefined) byValue.set(value, [entry]);
    else known.push(entry);
  });
  const entries = { byKey, unkeyed };
  return {
    matching: (labels) => matchingEntries(entries, labels).map(({ item }) => item),
    candidates: (labels) => candidateCount(entries, labels),
  };
}

interface Entries<T> {
  readonly byKey: ReadonlyMap<string, ReadonlyMap<string, readonly Entry<T>[]>>;
  readonly unkeyed: readonly Entry<T>[];
}

function candidateCount<T>({ byKey, unkeyed }: Entries<T>, labels: Labels = {}): number {
  const own = Object.keys(labels);
  let count = unkeyed.length;
  for (const key of byKey.size < own.length ? byKey.keys() : own) count += byKey.get(key)?.get(labels[key] ?? "")?.length ?? 0;
  return count;
}

function matchingEntries<T>({ byKey, unkeyed }: Entries<T>, labels: Labels | undefined): readonly Entry<T>[] {
  if (labels === undefined && unkeyed.length === 0) return [];
  const found: Entry<T>[] = [];
  const own = labels === undefined ? [] : Object.keys(labels);
  const count = own.length;
  const keep = (entries: readonly Entry<T>[]): void => {
    for (const entry of entries) if (entry.labels <= count && matchesSelector(entry.selector, labels)) found.push(entry);
  };
  // Most budgets of a namespace ask for the same few keys.
  for (const key of byKey.size < count ? byKey.keys() : own) keep(byKey.get(key)?.get(labels?.[key] ?? "") ?? []);
  keep(unkeyed);
  return found.length > 1 ? found.sort((a, b) => a.position - b.position) : found;
}
