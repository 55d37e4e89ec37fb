/**
 * Condition: when one changed.
 *
 * Reads what is to be said and the conditions that stand. Returns the time to write beside it. The time moves only when the
 * status does (Kubernetes' API conventions), so that writing the same again changes nothing and nobody is woken by it.
 */
import type { Condition } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import { timeText } from "./time-text.ts";

/** Returns the lastTransitionTime of a condition: the known one's while its status stays, else `now`. */
export function transitionTime(
  condition: Pick<Condition, "type" | "status">,
  { known = [], now }: { readonly known: readonly Condition[] | undefined; readonly now: Instant },
): string {
  const before = known.find(({ type }) => type === condition.type);
  return (before?.status === condition.status ? before.lastTransitionTime : undefined) ?? timeText(now);
}
