/**
 * The Clock of production: Date and timers.
 */
import type { Clock } from "../api/ports.ts";

/** Longest delay that a Node timer takes (2^31 - 1 ms); a longer sleep is made of several. */
const timerMaxMs = 2_147_483_647;

/** Makes the wall clock. Its sleeps run on the monotonic timer, so a step of the system time moves `now` but no sleep. */
export function wallClock(): Clock {
  return {
    now: () => Date.now(),
    sleep: async (durationMs, signal) => {
      for (let leftMs = durationMs; leftMs > 0 && signal?.aborted !== true; leftMs -= timerMaxMs) {
        await timer(Math.min(leftMs, timerMaxMs), signal);
      }
    },
  };
}

function timer(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(handle);
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const handle = setTimeout(finish, durationMs);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
