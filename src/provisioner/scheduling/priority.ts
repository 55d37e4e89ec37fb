/**
 * Priority: who is served first where not everybody can be.
 *
 * Reads classes of waiting Pods. Returns them in tiers, and which of two outcomes leaves the more important Pods a place. Room
 * that stands and what limits still allow go to Pods of higher priority first; within a priority the order is that of size.
 * The law: a Pod that is left out has no place even if every planned Pod of lower priority were taken away. Pods that run already
 * keep what they have, whatever their priority: preempting them is the scheduler's decision, and no room to plan with.
 */
import type { PendingPod, PodClass } from "./pod-class.ts";

interface ClassPods {
  readonly podClass: Pick<PodClass, "priority">;
  readonly pods: readonly PendingPod[];
}

/** Splits classes by priority, the highest first; within a tier they stay in order. */
export function priorityTiers<T extends ClassPods>(waiting: readonly T[]): readonly (readonly T[])[] {
  const tiers = new Map<number, T[]>();
  for (const one of waiting) {
    const tier = tiers.get(one.podClass.priority);
    if (tier === undefined) tiers.set(one.podClass.priority, [one]);
    else tier.push(one);
  }
  return [...tiers].sort(([a], [b]) => b - a).map(([, tier]) => tier);
}

/** Orders outcomes by the Pods that they leave out: fewer of the highest priority first, then of the next. */
export function compareLeftOut(a: readonly ClassPods[], b: readonly ClassPods[]): number {
  const [left, right] = [countsOf(a), countsOf(b)];
  const priorities = [...new Set([...left.keys(), ...right.keys()])].sort((one, other) => other - one);
  for (const priority of priorities) {
    const difference = (left.get(priority) ?? 0) - (right.get(priority) ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function countsOf(waiting: readonly ClassPods[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { podClass, pods } of waiting) counts.set(podClass.priority, (counts.get(podClass.priority) ?? 0) + pods.length);
  return counts;
}
