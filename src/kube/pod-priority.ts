/**
 * The priority of Pods, by kube-scheduler's and the API server's rules.
 *
 * Reads a Pod's spec, and the PriorityClasses where the API server has not resolved its class yet. Returns the number that
 * decides who is served first; a Pod that says nothing has 0.
 */
import type { PodSpec } from "../api/pod.ts";
import type { PriorityClass } from "../api/priority-class.ts";

/** Classes that every API server makes by itself. */
const builtInPriorities: ReadonlyMap<string, number> = new Map([
  ["system-cluster-critical", 2_000_000_000],
  ["system-node-critical", 2_000_001_000],
]);

/** Returns the priority that a Pod's spec states; without one it is 0. */
export function priorityOf({ priority }: Pick<PodSpec, "priority">): number {
  return priority ?? 0;
}

/** Returns why the API server would refuse a Pod for its priority class, in its words; undefined where the class is there. */
export function priorityRefusal(
  { priorityClassName }: Pick<PodSpec, "priorityClassName">,
  classes: readonly PriorityClass[],
): string | undefined {
  if (!priorityClassName || builtInPriorities.has(priorityClassName)) return undefined;
  if (classes.some(({ metadata }) => metadata.name === priorityClassName)) return undefined;
  return `no PriorityClass with name ${priorityClassName} was found`;
}

/**
 * Returns the priority that the API server would give a Pod on its creation: of its class, else of the class that is the
 * global default (the lowest, if there are several), else 0. A class that is not known gives 0 too; see {@link priorityRefusal}.
 */
export function admittedPriority(
  { priority, priorityClassName }: Pick<PodSpec, "priority" | "priorityClassName">,
  classes: readonly PriorityClass[],
): number {
  if (priority !== undefined) return priority;
  if (priorityClassName) {
    const named = classes.find(({ metadata }) => metadata.name === priorityClassName);
    return named?.value ?? builtInPriorities.get(priorityClassName) ?? 0;
  }
  const defaults = classes.filter(({ globalDefault }) => globalDefault === true).map(({ value }) => value);
  return defaults.length === 0 ? 0 : Math.min(...defaults);
}
