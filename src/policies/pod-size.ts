/**
 * Pod size: what a Pod asks, in numbers.
 *
 * Reads a Pod's spec, or expressions about labels. Returns how many there are of each thing whose product with others costs.
 */
import type { PodSpec } from "../api/pod.ts";
import { remembered } from "../kube/remembered.ts";

/** What a Pod asks, in numbers. */
export interface PodSize {
  readonly terms: number;
  /** Labels and values that all terms ask for together, each with the nodeSelector. */
  readonly labels: number;
  /** Values looked at where a term asks for one label again and again. */
  readonly merges: number;
  /** Names of resources. */
  readonly amounts: number;
  readonly initContainers: number;
  readonly containers: number;
  readonly tolerations: number;
}

/** Returns the size of a Pod. */
export const sizeOf = remembered((spec: PodSpec): PodSize => {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const selected = spec.nodeSelector === undefined ? 0 : Object.keys(spec.nodeSelector).length;
  const initContainers = spec.initContainers ?? [];
  return {
    terms: terms.length,
    labels: terms.reduce(
      (sum, { matchExpressions, matchFields }) =>
        sum +
        selected +
        [...(matchExpressions ?? []), ...(matchFields ?? [])].reduce((all, { values }) => all + 1 + (values?.length ?? 0), 0),
      terms.length === 0 ? selected : 0,
    ),
    merges: terms.reduce(
      (sum, { matchExpressions, matchFields }) => sum + mergesOf([...(matchExpressions ?? []), ...(matchFields ?? [])]),
      0,
    ),
    amounts: amountsOf(spec, initContainers),
    initContainers: initContainers.length,
    containers: spec.containers.length + initContainers.length,
    tolerations: spec.tolerations?.length ?? 0,
  };
});

function amountsOf(spec: PodSpec, initContainers: NonNullable<PodSpec["initContainers"]>): number {
  // Pods name the same two or three: a set would cost more than all of it.
  const names: string[] = [];
  const more = new Set<string>();
  const add = (amounts: Readonly<Record<string, unknown>> | undefined): void => {
    for (const name in amounts)
      if (!names.includes(name) && !more.has(name)) {
        if (names.length < listedNamesMax) names.push(name);
        else more.add(name);
      }
  };
  const addAll = ({ resources }: Pick<PodSpec, "resources">): void => {
    add(resources?.requests);
    add(resources?.limits);
  };
  addAll(spec);
  for (const container of spec.containers) addAll(container);
  for (const container of initContainers) addAll(container);
  add(spec.overhead);
  return names.length + more.size;
}

const listedNamesMax = 8;

/** Below, nothing can be repeated often. */
const mergedMin = 8;

interface Asking {
  readonly key: string;
  readonly values?: readonly string[];
}

/** Returns how many values are looked at where expressions on one label are intersected one after the other. */
export function mergesOf(expressions: readonly Asking[]): number {
  if (expressions.length < mergedMin) return 0;
  const byKey = new Map<string, { count: number; values: number }>();
  for (const { key, values = [] } of expressions) {
    const known = byKey.get(key) ?? { count: 0, values: 0 };
    byKey.set(key, { count: known.count + 1, values: known.values + values.length });
  }
  return [...byKey.values()].reduce((sum, { count, values }) => sum + (count - 1) * values, 0);
}
