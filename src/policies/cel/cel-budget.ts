/**
 * The budget of an expression: how many steps it may take.
 *
 * Every node of an expression that is evaluated is a step, and a list or a text that comes out of one counts by its length, since
 * whoever takes it will walk through it. Counted in steps, not in time, so that one expression on one object always ends the same way.
 */

/** Steps of one evaluation: some ten milliseconds. */
export const stepsMax = 100_000;

/** Steps of all evaluations about one object, whatever the rules are and however long its lists: some fifty milliseconds. */
export const objectStepsMax = 5 * stepsMax;

/** What a list's members, and a text's characters, cost. */
const membersPerStep = 8;
const charactersPerStep = 64;

export interface Budget {
  /** Counts steps; throws {@link BudgetSpent} once there are too many, and again at each later step. */
  readonly spend: (steps: number) => void;
  readonly isSpent: () => boolean;
  /** Starts an evaluation anew, of at most so many steps. */
  readonly restart: (stepsMax: number) => void;
  /** Steps of the evaluation so far. */
  readonly used: () => number;
}

/** What the evaluations about one object may still take together. */
export interface Allowance {
  readonly left: () => number;
  readonly take: (steps: number) => void;
}

/** Opens the allowance of one object: {@link objectStepsMax} steps. */
export function openAllowance(): Allowance {
  let left = objectStepsMax;
  return {
    left: () => left,
    take: (steps) => {
      left = Math.max(0, left - steps);
    },
  };
}

/** The fault that ends an evaluation; made once, since it may pass through many hands on its way out. */
export class BudgetSpent extends Error {}

/** Opens a budget of {@link stepsMax} steps, until an evaluation is started with another number. */
export function openBudget(): Budget {
  const spent = new BudgetSpent("used more steps than it may");
  let steps = 0;
  let most = stepsMax;
  return {
    spend: (more) => {
      steps += more;
      if (steps > most) throw spent;
    },
    isSpent: () => steps > most,
    restart: (allowed) => {
      steps = 0;
      most = allowed;
    },
    used: () => steps,
  };
}

/** Returns the steps that a value costs beyond the one that made it. */
export function stepsOfValue(value: unknown): number {
  if (typeof value === "string") return Math.floor(value.length / charactersPerStep);
  return Array.isArray(value) ? Math.floor(value.length / membersPerStep) : 0;
}
