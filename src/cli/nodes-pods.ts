/**
 * The tally of Pods: how many a cluster has, and how many of them wait or run.
 *
 * Reads changes of Pods one by one. Returns counts at any moment: to walk over every Pod of a large cluster for each frame would cost more
 * than all the rest of the frame.
 */
import type { Change } from "../api/controller.ts";
import type { Pod } from "../api/pod.ts";
import { isTerminal } from "../kube/pod-state.ts";

/** Pods of the whole cluster that have not ended. */
export interface PodCounts {
  readonly total: number;
  readonly pending: number;
  readonly running: number;
  readonly bound: number;
}

export interface PodTally {
  see(change: Change<Pod>): void;
  counts(): PodCounts;
}

const nothing: PodCounts = { total: 0, pending: 0, running: 0, bound: 0 };

/** Makes a tally of no Pod. */
export function podTally(): PodTally {
  // What each Pod counts as, since a deletion brings its last state and not the one that was counted.
  const counted = new Map<string, PodCounts>();
  const sums = { ...nothing };
  const add = (counts: PodCounts, sign: 1 | -1): void => {
    sums.total += sign * counts.total;
    sums.pending += sign * counts.pending;
    sums.running += sign * counts.running;
    sums.bound += sign * counts.bound;
  };
  return {
    see: ({ kind, object }) => {
      const key = `${object.metadata.namespace ?? ""}/${object.metadata.name ?? ""}`;
      add(counted.get(key) ?? nothing, -1);
      counted.delete(key);
      if (kind === "deleted") return;
      const counts = countsOf(object);
      counted.set(key, counts);
      add(counts, 1);
    },
    counts: () => ({ ...sums }),
  };
}

/** Returns the counts of a list. */
export function countPods(pods: readonly Pod[]): PodCounts {
  const tally = podTally();
  for (const object of pods) tally.see({ kind: "added", object });
  return tally.counts();
}

/** The few things that a Pod can count as, so that no Pod has one of its own. */
const kinds: readonly PodCounts[] = [0, 1].flatMap((bound) =>
  [
    { pending: 1, running: 0 },
    { pending: 0, running: 1 },
    { pending: 0, running: 0 },
  ].map((phase) => ({ total: 1, ...phase, bound })),
);

function countsOf(pod: Pod): PodCounts {
  if (isTerminal(pod)) return nothing;
  const { phase } = pod.status ?? {};
  const at = phase === "Pending" ? 0 : phase === "Running" ? 1 : 2;
  return kinds[(pod.spec.nodeName ? 3 : 0) + at] ?? nothing;
}
