/**
 * Passed evictions: those that were let through a moment ago, and that no watch has shown yet.
 *
 * Holds a few seconds of memory. A drain asks for all Pods of a node at once: without it each of them would be judged by a budget of before
 * the others, and the API server would refuse all but one in its own few words. Losing it loses only those words.
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { Pod } from "../../api/pod.ts";
import type { Clock, Instant } from "../../api/ports.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";

export interface PassedEvictions {
  note(pod: Pod, budget: PodDisruptionBudget): void;
  /** How many evictions the budget has paid for, or is about to, that the snapshot does not show. */
  unseen(budget: PodDisruptionBudget, snapshot: ClusterSnapshot): number;
}

/** A watch that lags more than this is told of otherwise; an eviction that was refused after all holds nobody up for longer. */
const rememberedMs = 3_000;
/** More than this in that time, and the oldest are forgotten. */
const passedMax = 1_000;

/** Opens the memory. */
export function passedEvictions(clock: Pick<Clock, "now">): PassedEvictions {
  const passed = new Map<string, { readonly pod: Pod; readonly budget: string; readonly at: Instant }>();
  const forget = (): void => {
    for (const [uid, { at }] of passed) {
      if (clock.now() - at < rememberedMs && passed.size <= passedMax) return;
      passed.delete(uid);
    }
  };
  return {
    note: (pod, budget) => {
      passed.delete(pod.metadata.uid ?? "");
      passed.set(pod.metadata.uid ?? "", { pod, budget: nameOf(budget), at: clock.now() });
      forget();
    },
    unseen: (budget, snapshot) => {
      forget();
      const name = nameOf(budget);
      return [...passed.values()].filter((one) => one.budget === name && !isShown(one.pod, { budget, snapshot })).length;
    },
  };
}

function isShown(
  { metadata }: Pod,
  { budget, snapshot }: { readonly budget: PodDisruptionBudget; readonly snapshot: ClusterSnapshot },
): boolean {
  const known = snapshot.get("Pod", { namespace: metadata.namespace ?? "", name: metadata.name ?? "" });
  if (known === undefined || known.metadata.uid !== metadata.uid || known.metadata.deletionTimestamp !== undefined) return true;
  return Object.hasOwn(budget.status?.disruptedPods ?? {}, metadata.name ?? "");
}

function nameOf({ metadata }: PodDisruptionBudget): string {
  return `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
}
