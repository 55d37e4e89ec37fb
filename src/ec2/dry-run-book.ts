/**
 * DryRunBook: the outcomes of dry runs, by what they depended on.
 *
 * Reads and returns outcomes. A cache: what a restart loses is asked again.
 */
import type { Clock, Instant } from "../api/ports.ts";
import type { DryRunOutcome } from "./node-class-dry-run.ts";

export interface DryRunBook {
  /** undefined where nothing was asked lately. */
  get(key: string): DryRunOutcome | undefined;
  set(key: string, outcome: DryRunOutcome): void;
}

/** What was refused or passed is asked again after this long (Karpenter's); what stayed open, sooner. */
const outcomeTtlMs = 30 * 60_000;
const openTtlMs = 60_000;
/** What passes within seconds. */
const passingTtlMs = 5_000;
const outcomesMax = 1_000;

/** Makes an empty book; the oldest outcomes go first. */
export function dryRunBook(clock: Pick<Clock, "now">): DryRunBook {
  const outcomes = new Map<string, { readonly outcome: DryRunOutcome; readonly until: Instant }>();
  return {
    get: (key) => {
      const known = outcomes.get(key);
      return known !== undefined && known.until > clock.now() ? known.outcome : undefined;
    },
    set: (key, outcome) => {
      outcomes.delete(key);
      outcomes.set(key, { outcome, until: clock.now() + ttlOf(outcome) });
      const [oldest] = outcomes.keys();
      if (outcomes.size > outcomesMax && oldest !== undefined) outcomes.delete(oldest);
    },
  };
}

function ttlOf(outcome: DryRunOutcome): number {
  if (outcome.kind !== "open") return outcomeTtlMs;
  return outcome.reason === undefined ? openTtlMs : passingTtlMs;
}
