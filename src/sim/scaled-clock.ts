/**
 * The scaled clock: wall time from another instant on, and faster.
 *
 * Reads a real clock, the instant to start from and a speed. A world on it can stand just before its nightly Job and take a
 * minute where real time takes seconds; durations stay what the world's own time says.
 */
import type { Clock, Instant } from "../api/ports.ts";

/** Returns a clock that stands at `startAt` now and runs `speed` times as fast as the real one. */
export function createScaledClock(settings: { readonly real: Clock; readonly startAt: Instant; readonly speed: number }): Clock {
  const { real, startAt, speed } = settings;
  const realStart = real.now();
  return {
    now: () => startAt + (real.now() - realStart) * speed,
    sleep: (durationMs, signal) => real.sleep(durationMs / speed, signal),
  };
}
