/**
 * A probe of another program's event loop, preloaded by `--import`: how late its first thread comes to what it should do.
 *
 * Each message of the parent is answered with the percentiles since the one before. The program knows nothing of it.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

/** Milliseconds; of a timer of 1 ms, its own millisecond taken off. */
export interface LoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const resolutionMs = 1;

if (isMainThread && process.send !== undefined) {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  const lateMs = (nanos: number): number => Math.max(0, nanos / 1e6 - resolutionMs);
  process.on("message", () => {
    const delay: LoopDelay = {
      p50Ms: lateMs(histogram.percentile(50)),
      p99Ms: lateMs(histogram.percentile(99)),
      maxMs: lateMs(histogram.max),
    };
    histogram.reset();
    process.send?.(delay);
  });
  process.once("disconnect", () => process.exit(0));
}
