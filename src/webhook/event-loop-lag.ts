/**
 * The event loop's lag: how late this process comes to what it should do.
 *
 * A timer that comes late was kept by something that held the loop; so was every request that came meanwhile, unseen in its
 * socket. Returns the lag of this moment (a request that is first seen now may have waited as long) and a smoothed one, which
 * one long block hardly moves and a process that is always late drives up.
 */
import { performance } from "node:perf_hooks";

export interface EventLoopLag {
  /** How long a request that is seen now may have waited already, in milliseconds. */
  currentMs(): number;
  smoothedMs(): number;
  close(): void;
}

const tickMs = 100;
const weight = 0.2;

/** Starts to measure. */
export function eventLoopLag(): EventLoopLag {
  const state = { tickedAt: performance.now(), lateMs: 0, smoothedMs: 0 };
  const timer = setInterval(() => {
    const now = performance.now();
    state.lateMs = Math.max(0, now - state.tickedAt - tickMs);
    state.smoothedMs += weight * (state.lateMs - state.smoothedMs);
    state.tickedAt = now;
  }, tickMs);
  timer.unref();
  return {
    currentMs: () => {
      const sinceMs = performance.now() - state.tickedAt;
      // Right after a late tick the requests of the time before it are read.
      return Math.max(sinceMs - tickMs, sinceMs < tickMs ? state.lateMs : 0, 0);
    },
    smoothedMs: () => state.smoothedMs,
    close: () => {
      clearInterval(timer);
    },
  };
}
