/**
 * A virtual Clock for tests: time moves only when the test says so, from sleep to sleep, in order.
 *
 * Between two sleeps everything that can run runs (promises settle in macrotasks), so a conversation plays the same way
 * every time and an hour takes milliseconds. A clock may run fast or slow and be wrong about the date.
 */
import type { Clock } from "../../src/api/ports.ts";

interface Sleeper {
  readonly at: number;
  readonly order: number;
  readonly wake: () => void;
}

export interface VirtualTime {
  /** The clock of one process: `rate` of its seconds pass in one true second; its date is `offsetMs` off. */
  clock(skew?: { readonly rate?: number; readonly offsetMs?: number }): Clock;
  /** True time since the start. */
  elapsedMs(): number;
  /** Lets the time pass, waking every sleeper on the way. */
  advance(durationMs: number): Promise<void>;
  /** Lets the time pass until the condition holds; throws after `limitMs`. */
  until(holds: () => boolean, limitMs?: number): Promise<void>;
}

const start = Date.UTC(2026, 0, 5, 12);

export function virtualTime(): VirtualTime {
  let trueMs = 0;
  let orders = 0;
  const sleepers = new Set<Sleeper>();

  const nextSleeper = (): Sleeper | undefined => {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) {
      if (first === undefined || sleeper.at < first.at || (sleeper.at === first.at && sleeper.order < first.order)) first = sleeper;
    }
    return first;
  };
  const step = async (endMs: number): Promise<boolean> => {
    await settled();
    const sleeper = nextSleeper();
    if (sleeper === undefined || sleeper.at > endMs) return false;
    trueMs = Math.max(trueMs, sleeper.at);
    sleepers.delete(sleeper);
    sleeper.wake();
    await settled();
    return true;
  };

  return {
    clock: ({ rate = 1, offsetMs = 0 } = {}) => ({
      now: () => start + offsetMs + trueMs * rate,
      sleep: (durationMs, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted === true || durationMs <= 0) {
            resolve();
            return;
          }
          const stop = (): void => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", stop);
            resolve();
          };
          const sleeper: Sleeper = { at: trueMs + durationMs / rate, order: orders++, wake: stop };
          sleepers.add(sleeper);
          signal?.addEventListener("abort", stop, { once: true });
        }),
    }),
    elapsedMs: () => trueMs,
    advance: async (durationMs) => {
      const endMs = trueMs + durationMs;
      while (await step(endMs));
      trueMs = endMs;
      await settled();
    },
    until: async (holds, limitMs = 3_600_000) => {
      const endMs = trueMs + limitMs;
      await settled();
      while (!holds()) {
        if (!(await step(endMs))) throw new Error(`nothing more happens after ${trueMs} ms, and the condition does not hold`);
      }
    },
  };
}

/** Lets every promise that can settle do so: a few turns of the event loop. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A small deterministic generator of numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
