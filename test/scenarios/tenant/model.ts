/**
 * Model: what a sequence has made so far, as its writer believes, and the dice that it is written with.
 */
import type { WorkloadKind } from "./manifests.ts";
import type { Ask, Step } from "./step.ts";

export interface Standing {
  readonly kind: WorkloadKind;
  readonly name: string;
  replicas: number;
  readonly profiled: boolean;
  readonly recreate: boolean;
  paused: boolean;
  autoscaled: boolean;
  /** The name of the budget that a person wrote for it. */
  budget: string | undefined;
}

export interface Model {
  readonly workloads: Standing[];
  /** Names that are used up. */
  names: number;
}

export interface Dice {
  /** True with a probability. */
  chance(probability: number): boolean;
  pick<T>(of: readonly [T, ...T[]] | readonly T[]): T;
  /** A whole number from one to another, both included. */
  number(from: number, to: number): number;
}

/** One kind of thing that a tenant does; undefined where the model has nothing to do it to. */
export interface Move {
  readonly name: string;
  readonly weight: number;
  readonly make: (dice: Dice, model: Model) => readonly Omit<Step, "move">[] | undefined;
}

export function diceOf(random: () => number): Dice {
  return {
    chance: (probability) => random() < probability,
    pick: (of) => {
      const picked = of[Math.floor(random() * of.length)];
      if (picked === undefined) throw new Error("nothing to pick from");
      return picked;
    },
    number: (from, to) => from + Math.floor(random() * (to - from + 1)),
  };
}

/** A fresh name. */
export function freshName(model: Model, of: string): string {
  model.names += 1;
  return `${of}-${model.names}`;
}

/** One of the workloads that a predicate takes. */
export function someWorkload(dice: Dice, model: Model, where: (workload: Standing) => boolean = () => true): Standing | undefined {
  const found = model.workloads.filter(where);
  return found.length === 0 ? undefined : dice.pick(found);
}

/** A step of one request. */
export function one(ask: Omit<Ask, "who"> & { readonly who?: Ask["who"] }, atRest = false): Omit<Step, "move"> {
  return { asks: [{ who: "ann", ...ask }], ...(atRest ? { atRest } : {}) };
}
