/**
 * Durations and ages as kubectl get shows them.
 *
 * Reads milliseconds, or a time text and now. Returns "45s", "3m10s", "5d4h": the steps of apimachinery's HumanDuration.
 */
import type { Instant } from "../../api/ports.ts";

/** Returns a duration in the few units that a person reads. */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return joined([minutes, "m"], [seconds % 60, "s"]);
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return joined([hours, "h"], [minutes % 60, "m"]);
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return joined([days, "d"], [hours % 24, "h"]);
  if (days < 730) return `${days}d`;
  const years = Math.floor(days / 365);
  return days < 365 * 8 ? joined([years, "y"], [days % 365, "d"]) : `${years}y`;
}

function joined([first, firstUnit]: readonly [number, string], [second, secondUnit]: readonly [number, string]): string {
  return second === 0 ? `${first}${firstUnit}` : `${first}${firstUnit}${second}${secondUnit}`;
}

/** Returns the time since an RFC 3339 text; "<unknown>" where there is none. */
export function ageOf(time: string | undefined, now: Instant): string {
  return time === undefined ? "<unknown>" : humanDuration(now - Date.parse(time));
}
