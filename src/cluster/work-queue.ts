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
import type { Clock, Instant } from "../api/ports.ts";
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

const defaultKeysMax = 100_000;
const defaultRetryBaseMs = 200;
const defaultRetryDelayMaxMs = 120_000;
/** Why a delay ends early: without one each abort would make an error, with its stack, that nobody reads. */
const sooner = "the key is due sooner";

export class WorkQueue {
  readonly #options: Required<WorkQueueOptions>;
  readonly #waiting = new Set<string>();
  /** Waiting before the others. */
  readonly #first = new Set<string>();
  readonly #taken = new Set<string>();
  /** Taken keys that were added again. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, { readonly dueAt: Instant; readonly cancel: AbortController }>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #refused = 0;
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = { keysMax: defaultKeysMax, retryBaseMs: defaultRetryBaseMs, retryDelayMaxMs: defaultRetryDelayMaxMs, ...options };
  }

  /** Makes the key due now; false when the queue is full or closed. */
  add(key: string): boolean {
    if (!this.#hasRoom(key)) return false;
    this.#cancelDelay(key);
    if (this.#taken.has(key)) {
      this.#again.add(key);
      return true;
    }
    if (!this.#first.has(key)) this.#waiting.add(key);
    this.#takers.shift()?.(this.#take());
    return true;
  }

  /** Makes the key due now, before all that wait. */
  addFirst(key: string): boolean {
    if (!this.add(key)) return false;
    if (this.#waiting.delete(key)) this.#first.add(key);
    return true;
  }

  /** Makes the key due after a time, or earlier if it already was; false when the queue is full or closed. */
  addAfter(key: string, delayMs: number): boolean {
    if (delayMs <= 0) return this.add(key);
    if (!this.#hasRoom(key)) return false;
    const dueAt = this.#options.clock.now() + delayMs;
    // What is due sooner anyway will look at everything that this add would have.
    if (this.#isWaiting(key) || (this.#delayed.get(key)?.dueAt ?? Infinity) <= dueAt) return true;
    this.#cancelDelay(key);
    const cancel = new AbortController();
    this.#delayed.set(key, { dueAt, cancel });
    void this.#options.clock.sleep(delayMs, cancel.signal).then(() => {
      if (cancel.signal.aborted) return;
      // The delay has ended by itself, and is not to be ended again.
      this.#delayed.delete(key);
      this.add(key);
    });
    return true;
  }

  /** Makes the key due after its own backoff, which grows with each call until `forget`; returns the delay. */
  retry(key: string): number {
    const { retryBaseMs, retryDelayMaxMs, random } = this.#options;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    const delayMs = backoffMs(failures, { baseMs: retryBaseMs, delayMaxMs: retryDelayMaxMs, random });
    // A key that found no room is not remembered either: the map is bounded with the queue.
    if (this.addAfter(key, delayMs)) this.#failures.set(key, failures);
    return delayMs;
  }

  /** The key went well: its next backoff starts from the beginning. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** Waits for a due key and takes it; undefined once the queue is closed. Each taken key needs a `done`. */
  next(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    if (this.depth() > 0) return Promise.resolve(this.#take());
    return new Promise((resolve) => this.#takers.push(resolve));
  }

  done(key: string): void {
    this.#taken.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  /** Keys that are due and not taken. */
  depth(): number {
    return this.#first.size + this.#waiting.size;
  }

  /** How often a key was refused since the queue was full. */
  refused(): number {
    return this.#refused;
  }

  /** Ends every delay and every wait; keys that are taken may still be `done`. */
  close(): void {
    this.#closed = true;
    for (const key of [...this.#delayed.keys()]) this.#cancelDelay(key);
    for (const taker of this.#takers.splice(0)) taker(undefined);
  }

  #hasRoom(key: string): boolean {
    if (this.#closed) return false;
    if (this.#isWaiting(key) || this.#taken.has(key) || this.#delayed.has(key)) return true;
    if (this.depth() + this.#taken.size + this.#delayed.size < this.#options.keysMax) return true;
    this.#refused++;
    return false;
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.cancel.abort(sooner);
    this.#delayed.delete(key);
  }

  #isWaiting(key: string): boolean {
    return this.#first.has(key) || this.#waiting.has(key);
  }

  /** Takes the key that waited longest, of those that come first where there are any. */
  #take(): string | undefined {
    const [key] = this.#first.size > 0 ? this.#first : this.#waiting;
    if (key === undefined) return undefined;
    this.#first.delete(key);
    this.#waiting.delete(key);
    this.#taken.add(key);
    return key;
  }
}
