/**
 * Work queue: which keys to look at next, each at most once at a time.
 *
 *   add --> waiting (in order, no key twice) --> next --> taken --> done
 *             ^                                            |
 *             +---- added meanwhile: once more after done -+
 *
 * Reads keys, Clock and a random number. Level-triggered: a key says where to look, never what happened, so any number of
 * adds before the next look are one look. Bounded by keysMax; a refused key is counted, and comes back with the next resync.
 */
import type { Clock } from "../api/ports.ts";
import { backoffMs } from "./backoff.ts";

export interface WorkQueueOptions {
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  /** Keys waiting, delayed or taken at once. */
  readonly keysMax?: number;
  readonly retryBaseMs?: number;
  readonly retryDelayMaxMs?: number;
}

export interface WorkQueue {
  /** Makes the key due now; false when the queue is full or closed. */
  add(key: string): boolean;
  /** Makes the key due after a time, or earlier if it already was. */
  addAfter(key: string, delayMs: number): boolean;
  /** Makes the key due after its own backoff, which grows with each call until `forget`; returns the delay. */
  retry(key: string): number;
  /** The key went well: its next backoff starts from the beginning. */
  forget(key: string): void;
  /** Waits for a due key and takes it; undefined once the queue is closed. Each taken key needs a `done`. */
  next(): Promise<string | undefined>;
  done(key: string): void;
  /** Keys that are due and not taken. */
  depth(): number;
  /** Keys refused since the queue was full. */
  refused(): number;
  close(): void;
}

const defaultKeysMax = 100_000;
const defaultRetryBaseMs = 200;
const defaultRetryDelayMaxMs = 120_000;

/** Makes an empty queue. */
export function workQueue(options: WorkQueueOptions): WorkQueue {
  const { clock, random, keysMax = defaultKeysMax, retryBaseMs = defaultRetryBaseMs, retryDelayMaxMs = defaultRetryDelayMaxMs } = options;
  const waiting = new Set<string>();
  const taken = new Set<string>();
  /** Taken keys that were added again. */
  const again = new Set<string>();
  const delayed = new Map<string, { readonly dueAt: number; readonly cancel: AbortController }>();
  const failures = new Map<string, number>();
  const takers: ((key: string | undefined) => void)[] = [];
  let refused = 0;
  let closed = false;

  const hasRoom = (key: string): boolean => {
    if (closed) return false;
    if (waiting.has(key) || taken.has(key) || delayed.has(key)) return true;
    if (waiting.size + taken.size + delayed.size < keysMax) return true;
    refused++;
    return false;
  };
  const cancelDelay = (key: string): void => {
    delayed.get(key)?.cancel.abort();
    delayed.delete(key);
  };
  const add = (key: string): boolean => {
    if (!hasRoom(key)) return false;
    cancelDelay(key);
    if (taken.has(key)) {
      again.add(key);
      return true;
    }
    waiting.add(key);
    const taker = takers.shift();
    if (taker !== undefined) taker(take(waiting, taken));
    return true;
  };
  const addAfter = (key: string, delayMs: number): boolean => {
    if (delayMs <= 0) return add(key);
    if (!hasRoom(key)) return false;
    const dueAt = clock.now() + delayMs;
    // What is due sooner anyway will look at everything that this add would have.
    if (waiting.has(key) || (delayed.get(key)?.dueAt ?? Infinity) <= dueAt) return true;
    cancelDelay(key);
    const cancel = new AbortController();
    delayed.set(key, { dueAt, cancel });
    void clock.sleep(delayMs, cancel.signal).then(() => {
      if (!cancel.signal.aborted) add(key);
    });
    return true;
  };

  return {
    add,
    addAfter,
    retry: (key) => {
      const count = (failures.get(key) ?? 0) + 1;
      const delayMs = backoffMs(count, { baseMs: retryBaseMs, delayMaxMs: retryDelayMaxMs, random });
      // A key that found no room is not remembered either: the map is bounded with the queue.
      if (addAfter(key, delayMs)) failures.set(key, count);
      return delayMs;
    },
    forget: (key) => void failures.delete(key),
    next: () => {
      if (closed) return Promise.resolve(undefined);
      if (waiting.size > 0) return Promise.resolve(take(waiting, taken));
      return new Promise((resolve) => takers.push(resolve));
    },
    done: (key) => {
      taken.delete(key);
      if (again.delete(key)) add(key);
    },
    depth: () => waiting.size,
    refused: () => refused,
    close: () => {
      closed = true;
      for (const key of [...delayed.keys()]) cancelDelay(key);
      for (const taker of takers.splice(0)) taker(undefined);
    },
  };
}

/** Moves the key that waited longest from one set to the other. */
function take(waiting: Set<string>, taken: Set<string>): string | undefined {
  const [key] = waiting;
  if (key === undefined) return undefined;
  waiting.delete(key);
  taken.add(key);
  return key;
}
