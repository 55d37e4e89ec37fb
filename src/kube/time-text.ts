/**
 * Time text: an instant as Kubernetes writes it in metadata, conditions and Events (metav1.Time).
 *
 * Reads an Instant. Returns RFC 3339 in UTC with whole seconds: a fraction would be lost at the API server, and the same
 * instant would then look changed.
 */
import type { Instant } from "../api/ports.ts";

/** Returns an instant as metav1.Time writes it, such as "2026-07-01T00:00:00Z"; the fraction of a second is cut off. */
export function timeText(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}
