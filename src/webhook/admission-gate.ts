/**
 * The admission gate: which of the reviews that wait is judged next, and which are turned away while there are too many.
 *
 * Judging is synchronous, so a burst waits in this process. A review takes a place once all of it is here: what is only announced, or
 * comes slowly, holds none (transit.ts). Callers take turns by what they used of late (standing.ts); of those that stand alike what fails
 * closed comes first, then who used less, then who came first. Who used much while nobody else asked would come after a flood that goes on
 * and on: so every second turn is for those that have waited for long, address by address and connection by connection, whatever they
 * used. Where there are too many, who would come last is turned away: the flood,
 * not whoever came last. What fails open is turned away at once, and the API server lets it pass and counts it (fail_open_count), instead
 * of waiting for its timeout; what fails closed with Retry-After, on which the API server's client asks again within its own deadline.
 *
 * A review whose answer would come after the caller has given up is turned away when its turn comes.
 */
import type { EventLoopLag } from "./event-loop-lag.ts";
import type { Caller, Standings } from "./standing.ts";

export type ShedReason = "count" | "bytes" | "lag" | "deadline" | "transit";

type Tier = "closed" | "open";

/** What a tier may fill, over both tiers together: the open one stops where the closed one still has room. */
interface TierLimits {
  readonly reviewsMax: number;
  readonly bytesMax: number;
  readonly lagMaxMs: number;
}

const mebibyte = 1024 * 1024;

/** With what is in transit, 96 MiB of bodies leave the process within the 512 MiB that deploy/ gives it. */
export const gateLimits: Readonly<Record<Tier, TierLimits>> = {
  open: { reviewsMax: 256, bytesMax: 32 * mebibyte, lagMaxMs: 1_000 },
  closed: { reviewsMax: 1_024, bytesMax: 64 * mebibyte, lagMaxMs: Infinity },
};

/** What is left for the answer's way back. */
export const answerWayMs = 100;
/** How long is judged in one go before the event loop looks at sockets again: who asks rarely is seen between two of a flood. */
const turnMs = 1;

/** Who has waited for longer gets every second turn. */
const patienceMs = 20;

/** A review that is here as a whole, or other work that must wait for its turn. */
export interface GateEntry {
  readonly caller: Caller;
  readonly tier: Tier;
  readonly bytes: number;
  /** The moment (performance.now) after which nobody waits for the answer. */
  readonly deadlineMs: number;
}

/** Does the work, or hears why it is not to be done. */
export type GateWork = (reason: ShedReason | undefined) => void;

export interface AdmissionGate {
  /** Runs the work when its turn has come, or at once with a reason. */
  inTurn(entry: GateEntry, work: GateWork): void;
}

interface Waiting extends GateEntry {
  readonly cameAtMs: number;
  readonly work: GateWork;
}

export interface GateParts {
  readonly standings: Standings;
  readonly lag: Pick<EventLoopLag, "smoothedMs">;
  readonly limits?: Readonly<Record<Tier, TierLimits>>;
  /** In milliseconds; default: performance.now. */
  readonly now?: () => number;
  /** Calls back once sockets have been looked at; default: setImmediate. */
  readonly later?: (callback: () => void) => void;
}

/** Opens a gate. */
export function admissionGate({
  standings,
  lag,
  limits = gateLimits,
  now = () => performance.now(),
  later = (callback) => void setImmediate(callback),
}: GateParts): AdmissionGate {
  const queue = queueOf({ standings, limits, now });
  const state = { isScheduled: false };
  const pump = (): void => {
    state.isScheduled = false;
    const end = now() + turnMs;
    for (;;) {
      const next = queue.next();
      if (next === undefined) return;
      const startedAt = now();
      next.work(startedAt > next.deadlineMs - answerWayMs ? "deadline" : undefined);
      standings.charge(next.caller, now() - startedAt);
      if (now() >= end) break;
    }
    if (!queue.isEmpty()) schedule();
  };
  const schedule = (): void => {
    if (state.isScheduled) return;
    state.isScheduled = true;
    later(pump);
  };
  return {
    inTurn: (entry, work) => {
      if (lag.smoothedMs() > limits[entry.tier].lagMaxMs && standings.isHeavy(entry.caller)) {
        work("lag");
        return;
      }
      // Spreading the entry would cost as much as judging a small object.
      const { caller, tier, bytes, deadlineMs } = entry;
      queue.add({ caller, tier, bytes, deadlineMs, work, cameAtMs: now() });
      queue.shedTooMany();
      schedule();
    },
  };
}

interface Queue {
  add(entry: Waiting): void;
  isEmpty(): boolean;
  /** Takes out whose turn it is. */
  next(): Waiting | undefined;
  /** Turns away who would come last, for as long as there are too many. */
  shedTooMany(): void;
}

function queueOf({ standings, limits, now }: Required<Pick<GateParts, "standings" | "limits" | "now">>): Queue {
  const waiting: Waiting[] = [];
  const filled = noneWaiting();
  const rounds = roundRobin();
  const turns = { count: 0 };
  const take = (index: number): Waiting | undefined => {
    if (index < 0) return undefined;
    const entry = waiting.length === 1 ? waiting.pop() : waiting.splice(index, 1)[0];
    if (entry !== undefined) count(filled, entry, -1);
    return entry;
  };
  return {
    add: (entry) => {
      waiting.push(entry);
      rounds.come(entry.caller);
      count(filled, entry, 1);
    },
    isEmpty: () => waiting.length === 0,
    next: () => {
      const overdue = (turns.count += 1) % 2 === 0 && waiting.length > 1 ? rounds.next(waiting, now() - patienceMs) : -1;
      const next = take(overdue < 0 ? extreme(waiting, standings, { wanted: "first" }) : overdue);
      if (next !== undefined) rounds.served(next.caller);
      return next;
    },
    shedTooMany: () => {
      for (const tier of ["open", "closed"] as const) {
        for (let reason = reasonOf(filled[tier], limits[tier]); reason !== undefined; reason = reasonOf(filled[tier], limits[tier])) {
          take(extreme(waiting, standings, { wanted: "last", ...(tier === "open" ? { tier } : {}) }))?.work(reason);
        }
      }
    },
  };
}

interface Rounds {
  /** Who is new stands behind everybody that was here. */
  come(caller: Caller): void;
  served(caller: Caller): void;
  /** The place of who, of those that came before a moment, was not served for longest, by address and then by connection; -1 for nobody. */
  next(waiting: readonly Waiting[], beforeMs: number): number;
}

function roundRobin(): Rounds {
  const turns = { count: 0 };
  const lastTurns = new WeakMap<Caller | Caller["address"], number>();
  const lastOf = (of: Caller | Caller["address"]): number => lastTurns.get(of) ?? 0;
  return {
    come: (caller) => {
      for (const of of [caller, caller.address]) if (!lastTurns.has(of)) lastTurns.set(of, turns.count);
    },
    served: (caller) => {
      turns.count += 1;
      for (const of of [caller, caller.address]) lastTurns.set(of, turns.count);
    },
    next: (waiting, beforeMs) => {
      let best = -1;
      for (const [index, { caller, cameAtMs }] of waiting.entries()) {
        if (cameAtMs > beforeMs) continue;
        const first = waiting[best]?.caller;
        if (first === undefined || (lastOf(caller.address) - lastOf(first.address) || lastOf(caller) - lastOf(first)) < 0) best = index;
      }
      return best;
    },
  };
}

interface Part {
  reviews: number;
  bytes: number;
}

/** What waits, by the tier whose limits count it: open reviews alone, and under closed all of them. */
type Filled = Readonly<Record<Tier, Part>>;

function noneWaiting(): Filled {
  return { open: { reviews: 0, bytes: 0 }, closed: { reviews: 0, bytes: 0 } };
}

function count(filled: Filled, { tier, bytes }: GateEntry, by: 1 | -1): void {
  for (const part of tier === "open" ? [filled.open, filled.closed] : [filled.closed]) {
    part.reviews += by;
    part.bytes += by * bytes;
  }
}

/** The place of who is first or last in turn, of one tier or of all; -1 where nobody waits. */
function extreme(
  waiting: readonly Waiting[],
  standings: Standings,
  { wanted, tier }: { readonly wanted: "first" | "last"; readonly tier?: Tier },
): number {
  if (waiting.length === 1 && tier === undefined) return 0;
  const rankOf = standings.ranks();
  let best: { readonly index: number; readonly entry: Waiting; readonly rank: number } | undefined;
  for (const [index, entry] of waiting.entries()) {
    if (tier !== undefined && entry.tier !== tier) continue;
    const rank = rankOf(entry.caller);
    if (best !== undefined) {
      const order =
        rank - best.rank ||
        Number(entry.tier === "open") - Number(best.entry.tier === "open") ||
        standings.compare(entry.caller, best.entry.caller);
      // Those that stand alike keep the order in which they came.
      if (wanted === "first" ? order >= 0 : order < 0) continue;
    }
    best = { index, entry, rank };
  }
  return best?.index ?? -1;
}

function reasonOf(
  { reviews, bytes }: { readonly reviews: number; readonly bytes: number },
  { reviewsMax, bytesMax }: TierLimits,
): ShedReason | undefined {
  if (reviews > reviewsMax) return "count";
  return bytes > bytesMax ? "bytes" : undefined;
}
