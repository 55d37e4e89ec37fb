/**
 * Durations and cron schedules, as Go and Karpenter read them.
 *
 * Reads text of manifests. Returns milliseconds and instants, always in UTC. Go durations have no day unit, and
 * schedules have five fields or are a descriptor: the cron library would also read a seconds field, and shift all others.
 */
import { Cron } from "croner";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { cronFields, plainCronField } from "./cron-field.ts";

/** A checked schedule; the library's objects hold timers, so only the five fields are kept, as plain numbers. */
export interface CronSchedule {
  readonly text: string;
  readonly fields: string;
}

const unitMs: ReadonlyMap<string, number> = new Map([
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
  ["us", 0.001],
  ["µs", 0.001],
  ["μs", 0.001],
  ["ns", 0.000_001],
]);
const durationPattern = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:h|ms|us|µs|μs|ns|m|s))+)$/;
const durationPartPattern = /(\d+\.?\d*|\.\d+)(h|ms|us|µs|μs|ns|m|s)/g;
const textLengthMax = 100;
/** Go counts durations in 63 bits of nanoseconds: about 292 years. */
const durationMsMax = Number(2n ** 63n - 1n) / 1_000_000;

const descriptors: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);
const minuteMs = 60_000;

/** Returns a Go duration in milliseconds ("1h30m", "500ms", "0"); days, spaces and bare numbers are errors, as in Go. */
export function parseGoDuration(text: string): Result<number, string> {
  if (/^[+-]?0$/.test(text)) return ok(0);
  const match = text.length > textLengthMax ? null : durationPattern.exec(text);
  if (match === null) return err(notADuration(text));
  let durationMs = 0;
  for (const [, amount, unit] of (match[2] ?? "").matchAll(durationPartPattern))
    durationMs += Number(amount) * (unitMs.get(unit ?? "") ?? 0);
  if (durationMs > durationMsMax) return err(`${JSON.stringify(text)} is longer than a Go duration can be (about 292 years)`);
  return ok(match[1] === "-" ? -durationMs : durationMs);
}

/** Returns milliseconds as Go prints durations: "1h30m0s", "1m30s", "1.5s", "250ms", "0s". */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return "0s";
  const sign = durationMs < 0 ? "-" : "";
  const size = Math.abs(durationMs);
  if (size < 1000) return size >= 1 ? `${sign}${size}ms` : `${sign}${Math.round(size * 1e6) / 1000}µs`;
  const hours = Math.floor(size / 3_600_000);
  const minutes = Math.floor((size % 3_600_000) / 60_000);
  const seconds = Math.round(size % 60_000) / 1000;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}

/** Checks a cron schedule: five fields, or one of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly. */
export function parseCron(text: string): Result<CronSchedule, string> {
  const words = (descriptors.get(text.trim()) ?? text.trim()).split(/\s+/);
  if (text.length > textLengthMax || words.length !== cronFields.length) return err(notASchedule(text));
  const fields = cronFields.map((field, index) => plainCronField(field, words[index] ?? ""));
  return fields.every((field) => field !== undefined) ? ok({ text, fields: fields.join(" ") }) : err(notASchedule(text));
}

/** Returns the first time after an instant at which the schedule fires (UTC), or undefined for one that never does ("0 0 31 2 *"). */
export function nextAfter(schedule: CronSchedule, instant: Instant): Instant | undefined {
  return cronOf(schedule).nextRun(new Date(instant))?.getTime();
}

/** Returns the last time at or before an instant at which the schedule fired (UTC), if it ever did. */
export function previousAtOrBefore(schedule: CronSchedule, instant: Instant): Instant | undefined {
  // Schedules fire at whole minutes and the library looks strictly before, so the next whole minute includes this one.
  const followingMinute = (Math.floor(instant / minuteMs) + 1) * minuteMs;
  return cronOf(schedule).previousRuns(1, new Date(followingMinute))[0]?.getTime();
}

/**
 * Says whether a window that opens with the schedule and stays open for a duration is open at an instant: whether the
 * schedule fired within the duration before it (Karpenter's budgets; the moment of closing is still open).
 */
export function isWindowOpen(window: { readonly schedule: CronSchedule; readonly durationMs: number; readonly instant: Instant }): boolean {
  const opened = nextAfter(window.schedule, window.instant - window.durationMs - 1);
  return opened !== undefined && opened <= window.instant;
}

/** Constructed paused and without a function, so it starts no timer. */
function cronOf(schedule: CronSchedule): Cron {
  return new Cron(schedule.fields, { timezone: "UTC", paused: true, mode: "5-part" });
}

function notADuration(text: string): string {
  return `${JSON.stringify(text.slice(0, textLengthMax))} is not a Go duration; write hours, minutes and seconds such as 30s, 5m or 1h30m (there is no d)`;
}

function notASchedule(text: string): string {
  return `${JSON.stringify(text.slice(0, textLengthMax))} is not a cron schedule; write five fields such as "0 9 * * 1-5", or @hourly, @daily, @weekly, @monthly, @yearly`;
}
