/**
 * The admitted desk: takes what admission lets in, and what the API server was asked for, until the watch brings it.
 *
 * Holds a bounded list for a few seconds; losing it loses nothing, since the watch brings the same.
 */
import type { KubeObject } from "../../api/object.ts";
import type { Clock } from "../../api/ports.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { admittedMax, confirmationMaxMs, unconfirmed, type AdmittedWorkload } from "../admitted-workloads.ts";

export interface AdmittedDesk {
  /** Returns whether there is room for it. */
  add(object: KubeObject, of?: Pick<AdmittedWorkload, "isStored">): boolean;
  /** What the snapshot still lacks. */
  waiting(snapshot: ClusterSnapshot): readonly AdmittedWorkload[];
  /** Calls at each addition; returns how to end that. */
  onAdd(wake: () => void): () => void;
}

/** Opens a desk. */
export function admittedDesk(clock: Clock): AdmittedDesk {
  const state: { held: readonly AdmittedWorkload[] } = { held: [] };
  const listeners = new Set<() => void>();
  return {
    add: (object, of = {}) => {
      const now = clock.now();
      const fresh = state.held.filter(({ at }) => now - at < confirmationMaxMs);
      if (fresh.length >= admittedMax) return false;
      state.held = [...fresh, { object, at: now, ...of }];
      for (const wake of listeners) wake();
      return true;
    },
    waiting: (snapshot) => {
      state.held = unconfirmed(state.held, { snapshot, now: clock.now() });
      return state.held;
    },
    onAdd: (wake) => {
      listeners.add(wake);
      return () => listeners.delete(wake);
    },
  };
}
