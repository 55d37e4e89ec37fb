/**
 * The gate's queue: what waits, in what order it is taken out, and which of it is too much.
 *
 * Reads entries and the standings of their callers. Callers take turns by what they used of late (standing.ts); of those that stand alike
 * what fails closed comes first, then who used less, then who came first. A caller that used much while no other asked would come after a flood
 * that goes on and on: so every second turn is for those that have waited for long, address by address and connection by connection,
 * whatever they used. Where there are too many, who would come last is turned away: the flood, not whoever came last.
 */
import type { Caller, Standings } from "./standing.ts";

export type ShedReason = "count" | "bytes" | "lag" | "deadline" | "transit";

export type Tier = "closed" | "open";

/** What a tier may fill, over both tiers together: the open one stops where the closed one still has room. */
export interface TierLimits {
  readonly reviewsMax: number;
  readonly bytesMax: number;
  readonly lagMaxMs: number;
}

export type QueueLimits = Readonly<Record<Tier, TierLimits>>;

/** A review that is here as a whole, or other work that must wait for its turn. */
export interface GateEntry {
  readonly caller: Caller;
  readonly kind: "review" | "handshake" | "other";
  readonly tier: Tier;
  readonly bytes: number;
  /** The moment (performance.now) after which the caller no longer waits. */
  readonly deadlineMs: number;
}

/** Does the work, or hears why it is not to be done. */
export type GateWork = (reason: ShedReason | undefined) => void;

/** What strangers do: shake hands where the API server comes from too, shake hands elsewhere or probe, and ask for reviews. */
export type Lane = "neighbours" | "others" | "reviews";

export interface Waiting extends GateEntry {
  readonly lane: Lane;
  readonly cameAtMs: number;
  readonly work: GateWork;
}

export interface GateQueue {
  add(entry: Waiting): void;
  leave(entry: Waiting): void;
  isEmpty(): boolean;
  /** Whether anything waits that `may` be asked. */
  has(may: (entry: Waiting) => boolean): boolean;
  /** Takes out whose turn it is, of those that `may` says may be asked; default: of all. */
  next(may?: (entry: Waiting) => boolean): Waiting | undefined;
  /** Turns away who would come last, for as long as there are too many. */
  shedTooMany(): void;
}

/** Who has waited for longer gets every second turn. */
const patienceMs = 20;

export interface QueueParts {
  readonly standings: Standings;
  /** As they are at this moment. */
  readonly limits: () => QueueLimits;
  readonly now: () => number;
}

/** Opens a queue. */
export function gateQueue({ standings, limits, now }: QueueParts): GateQueue {
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
    leave: (entry) => {
      take(waiting.indexOf(entry));
    },
    isEmpty: () => waiting.length === 0,
    has: (may) => waiting.some(may),
    next: (may) => {
      if (waiting.length === 0) return undefined;
      const isRound = (turns.count += 1) % 2 === 0 && waiting.length > 1;
      const overdue = isRound ? rounds.next(waiting, { beforeMs: now() - patienceMs, may }) : -1;
      const next = take(overdue < 0 ? extreme(waiting, standings, { wanted: "first", may }) : overdue);
      if (next !== undefined) rounds.served(next.caller);
      return next;
    },
    shedTooMany: () => {
      const allowed = limits();
      const isOpen = (entry: Waiting): boolean => entry.tier === "open";
      for (const tier of ["open", "closed"] as const) {
        for (let reason = reasonOf(filled[tier], allowed[tier]); reason !== undefined; reason = reasonOf(filled[tier], allowed[tier])) {
          take(extreme(waiting, standings, { wanted: "last", may: tier === "open" ? isOpen : undefined }))?.work(reason);
        }
      }
    },
  };
}

/** Which entries are looked at; undefined: all. */
type Chosen = ((entry: Waiting) => boolean) | undefined;

interface Rounds {
  /** Who is new stands behind everybody that was here. */
  come(caller: Caller): void;
  served(caller: Caller): void;
  /** The place of who, of those that came before a moment, was not served for longest, by address and then by connection; -1 where none waits. */
  next(waiting: readonly Waiting[], of: { readonly beforeMs: number; readonly may: Chosen }): number;
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
    next: (waiting, { beforeMs, may }) => {
      let best = -1;
      for (const [index, entry] of waiting.entries()) {
        const { caller, cameAtMs } = entry;
        if (cameAtMs > beforeMs || may?.(entry) === false) continue;
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

/** The index of the first or the last in turn, among those that may be looked at; -1 where there is none. */
function extreme(
  waiting: readonly Waiting[],
  standings: Standings,
  { wanted, may }: { readonly wanted: "first" | "last"; readonly may: Chosen },
): number {
  if (waiting.length === 1 && may === undefined) return 0;
  const rankOf = standings.ranks();
  let best: { readonly index: number; readonly entry: Waiting; readonly rank: number } | undefined;
  for (const [index, entry] of waiting.entries()) {
    if (may?.(entry) === false) continue;
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
