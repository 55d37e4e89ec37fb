/**
 * Budget hours: when the disruption budgets of a NodePool hold, and when none does.
 *
 * Reads budgets. Returns the first hours in which none of some windows is open, looking about a year ahead; what can't be read is told
 * by other rules, and counts as always open here. Budgets only ever lower what may go, so hours without one are hours without a limit.
 */
import type { NodePool } from "../../api/node-pool.ts";
import type { Instant } from "../../api/ports.ts";
import { isWindowOpen, nextAfter, parseCron, parseGoDuration, previousAtOrBefore, type CronSchedule } from "../../kube/schedule.ts";

type Disruption = NonNullable<NodePool["spec"]["disruption"]>;
export type Budget = NonNullable<Disruption["budgets"]>[number];

interface Window {
  readonly schedule: CronSchedule;
  readonly durationMs: number;
}

/** One window of a day is looked at for a year; shorter ones, and many, for as long as this many looks take. */
const looksMax = 400;
const horizonMs = 366 * 24 * 3_600_000;

/** Any Monday: the words about a schedule must not change from day to day. */
const anchor = Date.UTC(2026, 0, 5);

/** Hours in which none of some budgets holds; without an end where none of them ever holds again. */
export interface Hours {
  readonly from: Instant;
  readonly until?: Instant;
}

/** Returns the first hours in which none of the budgets holds; undefined where one always does. */
export function hoursWithout(budgets: readonly Budget[]): Hours | undefined {
  const windows = budgets.map(windowOf);
  if (windows.length === 0 || windows.includes(undefined)) return undefined;
  const known = windows.flatMap((window) => window ?? []);
  const start = Math.min(...known.flatMap((window) => nextOpening(window, anchor) ?? []));
  if (!Number.isFinite(start)) return { from: anchor };
  let at = start;
  for (let looks = 0; looks < looksMax && at - start < horizonMs; looks += known.length) {
    const closings = known.flatMap((window) => closingAt(window, at) ?? []);
    if (closings.length === 0) {
      const until = Math.min(...known.flatMap((window) => nextOpening(window, at) ?? []));
      return { from: at, ...(Number.isFinite(until) ? { until } : {}) };
    }
    at = Math.max(at, ...closings) + 1;
  }
  return undefined;
}

/** A window's next opening after a moment, or that moment where it is open; undefined where it never opens. */
function nextOpening(window: Window, at: Instant): Instant | undefined {
  return closingAt(window, at) === undefined ? nextAfter(window.schedule, at) : at;
}

/** Says whether a budget holds at a moment; one whose time can't be read does. */
export function holdsAt(budget: Budget, at: Instant): boolean {
  const window = windowOf(budget);
  return window === undefined || isWindowOpen({ ...window, instant: at });
}

/** Undefined for a budget without a time, or with one that can't be read. */
function windowOf({ schedule, duration }: Budget): Window | undefined {
  const [cron, length] = [parseCron(schedule ?? ""), parseGoDuration(duration ?? "")];
  return cron.ok && length.ok ? { schedule: cron.value, durationMs: length.value } : undefined;
}

/** When a window that is open at a moment closes, as far as it is known then. */
function closingAt({ schedule, durationMs }: Window, at: Instant): Instant | undefined {
  const opened = previousAtOrBefore(schedule, at);
  return opened === undefined || opened + durationMs < at ? undefined : opened + durationMs;
}
