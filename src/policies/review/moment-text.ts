/**
 * Moment text: an instant as people name one of the week, in UTC.
 */
import type { Instant } from "../../api/ports.ts";

export const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** Returns the day and the minute, such as "Saturday 06:00"; seconds and less are left out. */
export function momentText(at: Instant): string {
  const date = new Date(at);
  return `${weekdays[date.getUTCDay()] ?? ""} ${date.toISOString().slice(11, 16)}`;
}
