/**
 * The virtual clock: time that moves only when told to, and jumps from one sleeper to the next.
 *
 * Reads a start instant. Returns a Clock with `runFor` and `runUntil`. A run wakes sleepers in order of their time (ties in order of their
 * call) and lets all promise work settle between two of them, so a world without sockets behaves the same on every run.
 */
import type { Clock, Instant } from "../api/ports.ts";

/** A clock that its owner moves. */
export interface VirtualClock extends Clock {
  /** Moves time forward by a duration, waking every sleeper on the way. */
  runFor(durationMs: number): Promise<void>;
  /** Moves time until the condition holds (checked after each wake) or the limit has passed; false where it never held. */
  runUntil(condition: () => boolean, limitMs: number): Promise<boolean>;
}

interface Sleeper {
  readonly at: Instant;
  readonly order: number;
  readonly wake: () => void;
}

/** Returns a virtual clock that stands at an instant. */
export function createVirtualClock(startAt: Instant = Date.UTC(2026, 0, 1)): VirtualClock {
  const state = { now: startAt, order: 0 };
  /** The next one last. */
  const sleepers: Sleeper[] = [];

  const sleep = (durationMs: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      state.order += 1;
      const wake = (): void => {
        remove(sleepers, sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { at: state.now + Math.max(0, durationMs), order: state.order, wake };
      sleepers.splice(placeOf(sleepers, sleeper), 0, sleeper);
      signal?.addEventListener("abort", wake);
    });
  };

  /** Wakes the next sleeper that is due by an instant; false where there is none. */
  const wakeNext = async (limit: Instant): Promise<boolean> => {
    const next = sleepers.at(-1);
    if (next === undefined || next.at > limit) return false;
    state.now = Math.max(state.now, next.at);
    next.wake();
    await settle();
    return true;
  };

  const runUntil = async (condition: () => boolean, limitMs: number): Promise<boolean> => {
    const limit = state.now + limitMs;
    await settle();
    while (!condition()) {
      if (await wakeNext(limit)) continue;
      state.now = limit;
      return condition();
    }
    return true;
  };

  return {
    now: () => state.now,
    sleep,
    runUntil,
    runFor: async (durationMs) => {
      await runUntil(() => false, durationMs);
    },
  };
}

/** Where a sleeper stands, or would: after those that wake later, by halving. */
function placeOf(sleepers: readonly Sleeper[], { at, order }: Sleeper): number {
  let low = 0;
  let high = sleepers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = sleepers[middle];
    const isLater = other !== undefined && (other.at > at || (other.at === at && other.order > order));
    if (isLater) low = middle + 1;
    else high = middle;
  }
  return low;
}

function remove(sleepers: Sleeper[], sleeper: Sleeper): void {
  const place = placeOf(sleepers, sleeper);
  if (sleepers[place] === sleeper) sleepers.splice(place, 1);
}

/** Lets every promise that can go on do so: a macrotask runs only when no microtask is left. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
