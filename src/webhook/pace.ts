/**
 * A pace: what may use no more than a share of this thread's time.
 *
 * Reads what each turn cost. Says from when the next one may begin: after a turn it rests until its share is kept, but for a burst that it
 * has saved up while it used nothing.
 */

export interface PaceTerms {
  /** Of the thread's time, between 0 and 1. */
  readonly share: number;
  /** Time that may be used at once after a long rest. */
  readonly burstMs: number;
}

export interface Pace {
  /** The moment from which a turn may begin. */
  fromMs(): number;
  /** Notes a turn. */
  spend(turn: { readonly beganMs: number; readonly costMs: number }): void;
}

/** Opens a pace. */
export function paceOf({ share, burstMs }: PaceTerms): Pace {
  const state = { paidUntilMs: -Infinity };
  return {
    fromMs: () => state.paidUntilMs,
    spend: ({ beganMs, costMs }) => {
      state.paidUntilMs = Math.max(state.paidUntilMs, beganMs - burstMs / share) + costMs / share;
    },
  };
}
