/**
 * The fault teller: what the log says of reviews that could not be judged.
 *
 * Reads what was thrown. Anybody who reaches the webhook's port may send what makes a rule throw, so only so many are told in a while, and
 * how many were not.
 */
import type { ProcessParts } from "./process-parts.ts";

/** Faults that are told within the window. */
export const faultsToldMax = 20;
const windowMs = 60_000;

/** Returns what the webhook tells its faults. */
export function faultTeller({ log, clock }: Pick<ProcessParts, "clock"> & { readonly log: Pick<ProcessParts["log"], "error"> }) {
  const state = { since: clock.now(), told: 0, untold: 0 };
  return (error: unknown): void => {
    const now = clock.now();
    if (now - state.since >= windowMs) Object.assign(state, { since: now, told: 0 });
    if (state.told >= faultsToldMax) {
      state.untold += 1;
      return;
    }
    state.told += 1;
    log.error({ err: error, ...(state.untold === 0 ? {} : { untold: state.untold }) }, "a review could not be judged");
    state.untold = 0;
  };
}
