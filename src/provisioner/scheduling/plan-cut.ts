/**
 * PlanCut: when a plan has to end before its work is done.
 *
 * Reads a question that somebody outside answers, by a clock or otherwise. Returns the same question with a memory: once the answer is
 * yes, it stays so. It is asked at places that follow from the work alone, so the n-th question comes at the same place in every run; the
 * answer says where a plan ends, and never what it looks like up to there.
 */
import { leftOut, type LeftOut } from "./obstacle.ts";
import type { StepCounter } from "./pattern-pricing.ts";

/** Asked for a while of work; true says that the plan is to end now. */
export type IsAborted = () => boolean;

export interface PlanCut {
  /** Asks, and says whether the plan is to end. */
  readonly isDue: () => boolean;
  /** Says whether it was to end at the last question. */
  readonly isMade: () => boolean;
}

/** Remembers the answer; without a question no plan is cut short. */
export function planCut(isAborted?: IsAborted): PlanCut {
  let isMade = false;
  return {
    isDue: () => {
      if (!isMade && isAborted?.() === true) isMade = true;
      return isMade;
    },
    isMade: () => isMade,
  };
}

/** Steps that are counted between two questions. */
const stepsBetweenAsksMax = 5_000;

/** Returns a counter of so many steps that asks every few thousand, and has none left once the plan is cut short. */
export function stepsUntil(cut: PlanCut, stepsMax: number): StepCounter {
  let left = stepsMax;
  let unasked = 0;
  return {
    get left() {
      return left;
    },
    set left(next: number) {
      unasked += left - next;
      left = next;
      if (unasked < stepsBetweenAsksMax) return;
      unasked = 0;
      if (cut.isDue()) left = 0;
    },
  };
}

/** What is said of Pods that a plan did not come to any more. */
export function leftOutByCut({ isLookedAt }: { readonly isLookedAt: boolean }): LeftOut {
  const asked = `the plan was cut short before this Pod was looked at${isLookedAt ? " again" : ""}`;
  return leftOut([{ constraint: "unfinished", asked }]);
}
