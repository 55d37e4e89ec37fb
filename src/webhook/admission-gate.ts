/**
 * The admission gate: which waiting work is done next, and what is turned away while there is too much.
 *
 * Judging is synchronous, so a burst waits in this process. A review takes a place once all of it is here: what is only announced, or
 * comes slowly, holds none (transit.ts). Known callers come first (known-callers.ts), and while one is here strangers have a share of this
 * thread's time: after each of their turns the thread rests from them, so that it is nearly always free when a known review comes. Probes
 * and handshakes have shares of their own, so that no costly review holds up a kubelet. While no known caller is here all stand in one
 * queue (gate-queue.ts).
 *
 * What is too much and fails open is turned away at once, and the API server lets it pass and counts it (fail_open_count), instead
 * of waiting for its timeout; what fails closed with Retry-After, on which the API server's client asks again within its own deadline.
 * A review whose answer would come after the caller has given up is turned away when its turn comes.
 */
import type { EventLoopLag } from "./event-loop-lag.ts";
import { type GateEntry, type GateQueue, gateQueue, type GateWork, type Lane, type QueueLimits, type Waiting } from "./gate-queue.ts";
import { type KnownCallers, knownCallers } from "./known-callers.ts";
import { paceOf, type PaceTerms } from "./pace.ts";
import type { Standings } from "./standing.ts";

const mebibyte = 1024 * 1024;

/** With what is in transit, 96 MiB of bodies leave the process within the 512 MiB that deploy/ gives it; large ones have a part of it (large-bodies.ts). */
export const gateLimits: QueueLimits = {
  open: { reviewsMax: 256, bytesMax: 32 * mebibyte, lagMaxMs: 1_000 },
  closed: { reviewsMax: 1_024, bytesMax: 64 * mebibyte, lagMaxMs: Infinity },
};

/** For strangers, while a known caller is here; each of their sockets has one waiting request. */
export const strangerLimits: QueueLimits = {
  open: { reviewsMax: 400, bytesMax: 4 * mebibyte, lagMaxMs: 1_000 },
  closed: { reviewsMax: 500, bytesMax: 8 * mebibyte, lagMaxMs: Infinity },
};

/** What each lane may use of this thread's time while a known caller is here, first whose turn comes first: a tenth for strangers' own. */
export const strangerPaces: Readonly<Record<Lane, PaceTerms>> = {
  // An API server that comes back opens some dozens of connections at once.
  neighbours: { share: 1 / 20, burstMs: 50 },
  others: { share: 1 / 30, burstMs: 10 },
  reviews: { share: 1 / 15, burstMs: 0 },
};
const laneNames = ["neighbours", "others", "reviews"] as const satisfies readonly Lane[];

/** What is left for the answer's way back. */
export const answerWayMs = 100;
/** How long is judged in one go before the event loop looks at sockets again: who asks rarely is seen between two of a flood. */
const turnMs = 1;
/** What each kind of work costs beside its turn, in milliseconds: handshakes and sockets are not measured one by one. */
const costBesideMs = { review: 0.2, handshake: 1, other: 0.2 } as const;

export interface AdmissionGate {
  /** Runs the work when its turn has come, or at once with a reason. Returns how to leave before: then it never runs. */
  inTurn(entry: GateEntry, work: GateWork): () => void;
}

export interface GateParts {
  readonly standings: Standings;
  readonly known?: KnownCallers;
  readonly lag: Pick<EventLoopLag, "smoothedMs">;
  readonly limits?: QueueLimits;
  /** In milliseconds; default: performance.now. */
  readonly now?: () => number;
  /** Calls back once sockets have been looked at, default: setImmediate; or after so many milliseconds, default: setTimeout. */
  readonly later?: (callback: () => void, afterMs?: number) => void;
}

/** Opens a gate. */
export function admissionGate({
  standings,
  known = knownCallers(),
  lag,
  limits = gateLimits,
  now = () => performance.now(),
  later = laterOnLoop,
}: GateParts): AdmissionGate {
  const first = gateQueue({ standings, now, limits: () => limits });
  const strangers = strangersQueue({ standings, known, now, limits });
  const run: Run = (next) => {
    const beganMs = now();
    next.work(beganMs > next.deadlineMs - answerWayMs ? "deadline" : undefined);
    const costMs = costOf(next.kind, now() - beganMs);
    if (!known.isKnown(next.caller)) standings.charge(next.caller, costMs);
    return costMs;
  };
  const pump = pumpOf({
    ...{ now, later },
    runOne: () => {
      const next = first.next();
      if (next === undefined) return strangers.runOne(run);
      run(next);
      return "more";
    },
    isEmpty: () => first.isEmpty() && strangers.queue.isEmpty(),
    fromMs: () => (first.isEmpty() ? strangers.fromMs() : 0),
  });
  // A handshake that is refused fails the review it was for, also where admission fails closed: the API server's waits.
  const mayBeLate = ({ kind, caller }: GateEntry): boolean =>
    known.isHere() ? kind !== "handshake" || !known.isNeighbour(caller) : standings.isHeavy(caller);
  return {
    inTurn: (entry, work) => {
      if (lag.smoothedMs() > limits[entry.tier].lagMaxMs && mayBeLate(entry)) {
        work("lag");
        return () => undefined;
      }
      // Spreading the entry would cost as much as judging a small object.
      const { caller, kind, tier, bytes, deadlineMs } = entry;
      const queue = known.isKnown(caller) ? first : strangers.queue;
      const waiting = { caller, kind, tier, bytes, deadlineMs, work, cameAtMs: now(), lane: laneOf(entry, known) };
      queue.add(waiting);
      queue.shedTooMany();
      pump();
      return () => {
        queue.leave(waiting);
      };
    },
  };
}

/** Does one piece of work, and returns what it cost. */
type Run = (next: Waiting) => number;

/** What is done: "look" where sockets are to be looked at before the next piece. */
type Ran = "more" | "look" | "none";

interface StrangersQueue {
  readonly queue: GateQueue;
  runOne(run: Run): Ran;
  /** From when something of it may run. */
  fromMs(): number;
}

/** To begin a handshake takes no time: a turn that took long is a pause of the whole process, and would close its lane for seconds. */
function costOf(kind: Waiting["kind"], turnCostMs: number): number {
  const besideMs = costBesideMs[kind];
  return besideMs + (kind === "handshake" ? Math.min(turnCostMs, besideMs) : turnCostMs);
}

/** One queue for all while no caller is known; else the strangers' queue, by lanes and at their paces. */
function strangersQueue({
  standings,
  known,
  now,
  limits,
}: Required<Pick<GateParts, "standings" | "known" | "now" | "limits">>): StrangersQueue {
  const queue = gateQueue({ standings, now, limits: () => (known.isHere() ? strangerLimits : limits) });
  const lanes = laneNames.map((name) => ({ pace: paceOf(strangerPaces[name]), isIn: ({ lane }: Waiting) => lane === name }));
  return {
    queue,
    runOne: (run) => {
      const beganMs = now();
      if (!known.isHere()) {
        const next = queue.next();
        if (next !== undefined) run(next);
        return next === undefined ? "none" : "more";
      }
      for (const { pace, isIn } of lanes) {
        const next = pace.fromMs() > beganMs ? undefined : queue.next(isIn);
        if (next === undefined) continue;
        pace.spend({ beganMs, costMs: run(next) });
        return "look";
      }
      return "none";
    },
    fromMs: () => (known.isHere() ? Math.min(...lanes.filter(({ isIn }) => queue.has(isIn)).map(({ pace }) => pace.fromMs())) : 0),
  };
}

function laneOf({ kind, caller }: GateEntry, known: KnownCallers): Lane {
  if (kind === "review") return "reviews";
  return kind === "handshake" && known.isNeighbour(caller) ? "neighbours" : "others";
}

function laterOnLoop(callback: () => void, afterMs?: number): void {
  if (afterMs === undefined) setImmediate(callback);
  else setTimeout(callback, afterMs).unref();
}

interface PumpParts extends Required<Pick<GateParts, "now" | "later">> {
  readonly runOne: () => Ran;
  readonly isEmpty: () => boolean;
  /** From when there is something to do, where anything waits. */
  readonly fromMs: () => number;
}

/** Returns what is to be called whenever something has come: it runs what may run, a turn at a time, and comes back for the rest. */
function pumpOf({ now, later, runOne, isEmpty, fromMs }: PumpParts): () => void {
  const state = { isScheduled: false, wakesAtMs: Infinity };
  const pump = (): void => {
    state.isScheduled = false;
    const end = now() + turnMs;
    for (let done = runOne(); done === "more" && now() < end;) done = runOne();
    if (!isEmpty()) schedule();
  };
  const schedule = (): void => {
    const from = fromMs();
    if (from <= now()) {
      if (!state.isScheduled) later(pump);
      state.isScheduled = true;
    } else if (from < state.wakesAtMs) {
      state.wakesAtMs = from;
      later(
        () => {
          state.wakesAtMs = Infinity;
          if (!isEmpty()) schedule();
        },
        Math.ceil(from - now()),
      );
    }
  };
  return schedule;
}
