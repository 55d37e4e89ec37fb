/**
 * The budget of an expression: how many steps it may take.
 *
 * Every node of an expression that is evaluated is a step, and a list or a text that comes out of one counts by its length, since
 * whoever takes it will walk through it. Counted in steps, not in time, so that one expression on one object always ends the same way.
 */

/** Steps of one evaluation: some ten milliseconds. */
export const stepsMax = 100_000;

/** What a list's members, and a text's characters, cost. */
const membersPerStep = 8;
const charactersPerStep = 64;

export interface Budget {
  /** Counts steps; throws {@link BudgetSpent} once there are too many, and again at each later step. */
  readonly spend: (steps: number) => void;
  readonly isSpent: () => boolean;
  /** Starts an evaluation anew. */
  readonly restart: () => void;
}

/** The fault that ends an evaluation; made once, since it may pass through many hands on its way out. */
export class BudgetSpent extends Error {}

/** Opens a budget of {@link stepsMax} steps. */
export function openBudget(): Budget {
  const spent = new BudgetSpent(`used more than ${stepsMax} steps`);
  let steps = 0;
  return {
    spend: (more) => {
      steps += more;
      if (steps > stepsMax) throw spent;
    },
    isSpent: () => steps > stepsMax,
    restart: () => {
      steps = 0;
    },
  };
}

/** Returns the steps that a value costs beyond the one that made it. */
export function stepsOfValue(value: unknown): number {
  if (typeof value === "string") return Math.floor(value.length / charactersPerStep);
  return Array.isArray(value) ? Math.floor(value.length / membersPerStep) : 0;
}
