/**
 * A fault schedule: what goes wrong at which act of our process.
 *
 * An act is a write to the API server, a read of one object of it, or a call of EC2, numbered from 1 over all lives of the process. A
 * schedule is data and has a text, such as "12:lose-answer 31:late(4000) 40:die-after(9000)", so that the same faults can be played again by
 * a seed in the simulated world, and by the text itself on real parts.
 */
import type { Random } from "../../src/sim/random.ts";

/** What can go wrong with one act. */
export const faultKinds = [
  /** Answered with an error, not done: a conflict or 5xx of the API server, InternalError of EC2. */
  "refuse",
  /** Answered with "too many requests", not done. */
  "throttle",
  /** Not done; no answer comes. */
  "lose-request",
  /** Done; no answer comes. */
  "lose-answer",
  /** No answer comes; it is done long after the caller has stopped to wait. */
  "late",
  /** Done and answered, after a while in which much else happens. */
  "slow",
  /** The process is gone before the act. */
  "die-before",
  /** The process is gone after the act, before its answer. */
  "die-after",
] as const;

export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  /** The number of the act. */
  readonly act: number;
  readonly kind: FaultKind;
  /** How late, how slow, or how long nobody runs after a death. */
  readonly ms: number;
}

export interface FaultBounds {
  /** The last act that something may go wrong with. */
  readonly actsMax: number;
  readonly faultsMax: number;
  /** The longest downtime and delay. */
  readonly msMax: number;
}

/** Faults come in bursts: a throttled call is likely followed by another. */
const burstOdds = 0.35;
const timed: ReadonlySet<FaultKind> = new Set(["late", "slow", "die-before", "die-after"]);
const entryPattern = /^(\d+):([a-z-]+)(?:\((\d+)\))?$/;

/** Draws a schedule, in the order of its acts, with at most one fault an act. */
export function drawFaults(random: Random, { actsMax, faultsMax, msMax }: FaultBounds): readonly Fault[] {
  const byAct = new Map<number, Fault>();
  let left = random.integer(faultsMax + 1);
  while (left > 0) {
    // Half of them early, where a launch has most acts that depend on each other.
    const reach = random.next() < 0.5 ? Math.ceil(actsMax / 3) : actsMax;
    let act = 1 + random.integer(reach);
    const kind = faultKinds[random.integer(faultKinds.length)] ?? "refuse";
    do {
      if (!byAct.has(act)) byAct.set(act, { act, kind, ms: timed.has(kind) ? random.integer(msMax) : 0 });
      act += 1;
      left -= 1;
    } while (left > 0 && random.next() < burstOdds);
  }
  return [...byAct.values()].sort((a, b) => a.act - b.act);
}

/** Writes a schedule; "none" where nothing goes wrong. */
export function formatFaults(faults: readonly Fault[]): string {
  if (faults.length === 0) return "none";
  return faults.map(({ act, kind, ms }) => `${act}:${kind}${timed.has(kind) ? `(${ms})` : ""}`).join(" ");
}

/** Reads a schedule as it is written; throws a sentence that names the entry. */
export function parseFaults(text: string): readonly Fault[] {
  if (text.trim() === "none") return [];
  return text
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [, act = "", name = "", ms = "0"] = entryPattern.exec(entry) ?? [];
      const kind = faultKinds.find((one) => one === name);
      if (kind === undefined) throw new Error(`fault "${entry}": write ACT:KIND or ACT:KIND(MS), KIND one of ${faultKinds.join(", ")}`);
      return { act: Number(act), kind, ms: Number(ms) };
    });
}

/** Gives each act its fault, and counts the acts. */
export interface FaultCounter {
  /** The number of the act that is about to be, and what goes wrong with it. */
  next(): { readonly act: number; readonly fault: Fault | undefined };
  acts(): number;
  /** Faults that have come so far. */
  faults(): number;
}

/** Makes the counter of one run, which all lives of its process share. */
export function faultCounter(faults: readonly Fault[]): FaultCounter {
  const byAct = new Map(faults.map((fault) => [fault.act, fault]));
  const count = { acts: 0, faults: 0 };
  return {
    next: () => {
      count.acts += 1;
      const fault = byAct.get(count.acts);
      if (fault !== undefined) count.faults += 1;
      return { act: count.acts, fault };
    },
    acts: () => count.acts,
    faults: () => count.faults,
  };
}
