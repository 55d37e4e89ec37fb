/**
 * The admission gate: how many reviews are under way, which of them come first, and which are turned away while there are too many.
 *
 * Judging is synchronous, so a burst waits in this process. What fails open is turned away first, and at once: the API server
 * lets it pass and counts it (fail_open_count), instead of waiting for its timeout. What fails closed is judged first and
 * turned away last, with Retry-After, on which the API server's client asks again within its own deadline.
 *
 * A review is turned away before its body is read, by the number and the bytes of those under way and by the event loop's
 * lag; and once more when its turn comes, if its answer would come after the API server has given up.
 */
import type { EventLoopLag } from "./event-loop-lag.ts";

export type ShedReason = "count" | "bytes" | "lag" | "deadline";

type Tier = "closed" | "open";

/** What a tier may fill, over both tiers together: the open one stops where the closed one still has room. */
interface TierLimits {
  readonly reviewsMax: number;
  readonly bytesMax: number;
  readonly lagMaxMs: number;
}

const mebibyte = 1024 * 1024;

/** 128 MiB of bodies leave the process within the 512 MiB that deploy/ gives it. */
export const gateLimits: Readonly<Record<Tier, TierLimits>> = {
  open: { reviewsMax: 256, bytesMax: 32 * mebibyte, lagMaxMs: 1_000 },
  closed: { reviewsMax: 1_024, bytesMax: 128 * mebibyte, lagMaxMs: Infinity },
};

/** What is left for the answer's way back. */
export const answerWayMs = 100;
/** How long reviews are judged in one go before the event loop looks at sockets again. */
const turnMs = 5;

/** A review that came in. */
export interface GateEntry {
  readonly tier: Tier;
  readonly bytes: number;
  /** The moment (performance.now) after which nobody waits for the answer. */
  readonly deadlineMs: number;
}

export interface AdmissionGate {
  /** Takes a review in, or says why it is turned away. One that was taken in must leave. */
  enter(entry: GateEntry): ShedReason | undefined;
  leave(entry: GateEntry): void;
  /** Runs the work when its turn has come: closed reviews before open ones, older before newer. */
  inTurn(entry: GateEntry, work: (reason: ShedReason | undefined) => void): void;
}

/** Opens a gate. */
export function admissionGate(lag: Pick<EventLoopLag, "smoothedMs">, limits = gateLimits): AdmissionGate {
  const state = { reviews: 0, bytes: 0, isScheduled: false };
  const waiting: Readonly<Record<Tier, (() => void)[]>> = { closed: [], open: [] };
  const pump = (): void => {
    state.isScheduled = false;
    for (const end = performance.now() + turnMs; performance.now() < end;) {
      const next = waiting.closed.shift() ?? waiting.open.shift();
      if (next === undefined) return;
      next();
    }
    schedule();
  };
  const schedule = (): void => {
    if (state.isScheduled) return;
    state.isScheduled = true;
    setImmediate(pump);
  };
  return {
    enter: ({ tier, bytes }) => {
      const { reviewsMax, bytesMax, lagMaxMs } = limits[tier];
      if (state.reviews >= reviewsMax) return "count";
      if (state.bytes + bytes > bytesMax) return "bytes";
      if (lag.smoothedMs() > lagMaxMs) return "lag";
      state.reviews += 1;
      state.bytes += bytes;
      return undefined;
    },
    leave: ({ bytes }) => {
      state.reviews -= 1;
      state.bytes -= bytes;
    },
    inTurn: ({ tier, deadlineMs }, work) => {
      waiting[tier].push(() => {
        work(performance.now() > deadlineMs - answerWayMs ? "deadline" : undefined);
      });
      schedule();
    },
  };
}
