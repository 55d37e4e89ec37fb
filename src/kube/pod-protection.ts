/**
 * Pod protection: what its people have said of when a Pod may not be moved.
 *
 * Reads a Pod's annotations, its start and the time. Returns what protects it now and until when: Karpenter's do-not-disrupt ("true", or a
 * Go duration counted from the Pod's start), and the disruption windows of its profile, outside of which nobody moves it without need.
 */
import { doNotDisruptAnnotation } from "../api/labels.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import { formatDuration, isWindowOpen, nextAfter, parseCron, parseGoDuration } from "./schedule.ts";
import { timeText } from "./time-text.ts";

export type PodProtection =
  /** Without an end it holds for as long as the annotation stands, or until the Pod has started. */
  { readonly kind: "do-not-disrupt"; readonly until?: Instant } | { readonly kind: "window"; readonly opensAt: Instant };

/** Windows of one Pod that are looked at; a profile has a handful. */
const windowsMax = 20;
/** A year, and the day that it may be longer: a window that opens later than this is none ("0 0 31 2 *", the 29th of February). */
export const windowWaitMaxMs = 366 * 24 * 60 * 60 * 1000;
/** What the API server fills in for an absent terminationGracePeriodSeconds. */
const defaultGraceSeconds = 30;

/** Returns do-not-disrupt while it holds; a text that is neither "true" nor a duration protects nothing, as in Karpenter. */
export function doNotDisruptOf(pod: Pod, now: Instant): (PodProtection & { readonly kind: "do-not-disrupt" }) | undefined {
  const text = pod.metadata.annotations?.[doNotDisruptAnnotation];
  if (text === undefined) return undefined;
  if (text === "true") return { kind: "do-not-disrupt" };
  const duration = parseGoDuration(text);
  if (!duration.ok || duration.value <= 0) return undefined;
  const startedAt = Date.parse(pod.status?.startTime ?? "");
  if (Number.isNaN(startedAt)) return { kind: "do-not-disrupt" };
  const until = startedAt + duration.value;
  return now < until ? { kind: "do-not-disrupt", until } : undefined;
}

/** Returns the sentence for a do-not-disrupt that says nothing, undefined for one that is absent or good. */
export function unreadableDoNotDisrupt(pod: Pod): string | undefined {
  const text = pod.metadata.annotations?.[doNotDisruptAnnotation];
  if (text === undefined || text === "true" || text === "false") return undefined;
  const duration = parseGoDuration(text);
  if (duration.ok && duration.value > 0) return undefined;
  return `${doNotDisruptAnnotation}: ${JSON.stringify(text.slice(0, 100))} is ignored: write "true", or how long after its start the Pod is left alone, such as 30m`;
}

/** How a Pod's windows are found and read. */
export interface WindowInput {
  readonly now: Instant;
  readonly disruptionWindowAnnotation: string;
  /** When its node ends anyway: a window that opens too late for that holds nothing up, so that the Pod goes within its budget. */
  readonly deadline: Instant | undefined;
}

/** Returns the closed window of a Pod that has windows and none of them open; unreadable ones, and those that never open, close nothing. */
export function closedWindowOf(
  pod: Pod,
  { now, disruptionWindowAnnotation, deadline = Infinity }: WindowInput,
): (PodProtection & { readonly kind: "window" }) | undefined {
  const windows = windowsIn(pod.metadata.annotations?.[disruptionWindowAnnotation]);
  if (windows.length === 0 || windows.some((window) => isWindowOpen({ ...window, instant: now }))) return undefined;
  const opensAt = Math.min(...windows.map(({ schedule }) => nextAfter(schedule, now) ?? Infinity));
  // What never opens would hold its node for ever, and can't be what was meant.
  if (opensAt > now + windowWaitMaxMs || opensAt >= deadline - graceMsOf(pod)) return undefined;
  return { kind: "window", opensAt };
}

/** Returns what a Pod is given from the request to end to the kill. */
export function graceMsOf({ spec }: Pod): number {
  return (spec.terminationGracePeriodSeconds ?? defaultGraceSeconds) * 1000;
}

/** Returns what protects a Pod in words, such as "do-not-disrupt until 2026-07-01T00:00:00Z". */
export function protectionText(protection: PodProtection): string {
  if (protection.kind === "do-not-disrupt") {
    return protection.until === undefined ? "do-not-disrupt" : `do-not-disrupt until ${timeText(protection.until)}`;
  }
  return `its disruption window opens at ${timeText(protection.opensAt)}`;
}

/** Returns how long is left in words that change rarely: a text that is written again every second wakes everybody who watches. */
export function leftText(leftMs: number): string {
  const stepMs = leftMs >= 600_000 ? 300_000 : leftMs >= 120_000 ? 60_000 : 15_000;
  return formatDuration(Math.max(0, Math.ceil(leftMs / stepMs) * stepMs));
}

type Window = Omit<Parameters<typeof isWindowOpen>[0], "instant">;

function windowsIn(text: string | undefined): readonly Window[] {
  const entries = text === undefined ? [] : listIn(text);
  return entries.slice(0, windowsMax).flatMap((entry): readonly Window[] => {
    if (typeof entry !== "object" || entry === null || !("schedule" in entry) || !("duration" in entry)) return [];
    if (typeof entry.schedule !== "string" || typeof entry.duration !== "string") return [];
    const [schedule, duration] = [parseCron(entry.schedule), parseGoDuration(entry.duration)];
    return schedule.ok && duration.ok ? [{ schedule: schedule.value, durationMs: duration.value }] : [];
  });
}

function listIn(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
