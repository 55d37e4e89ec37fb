/**
 * Exponential backoff with jitter, for whatever is tried again.
 *
 * Reads the number of failures so far and a random number. Returns a delay. Pure, so every retry of ours can be replayed
 * from a seed.
 */
export interface BackoffOptions {
  /** Delay after the first failure, before jitter. */
  readonly baseMs: number;
  readonly delayMaxMs: number;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
}

/** Returns base * 2^(failures - 1), bounded, of which the upper half is random, so that many clients don't come back together. */
export function backoffMs(failures: number, { baseMs, delayMaxMs, random }: BackoffOptions): number {
  // 2^30 times any base is beyond every bound; without the cap the power would overflow after a thousand failures.
  const delayMs = Math.min(delayMaxMs, baseMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round(delayMs * (0.5 + random() / 2));
}
