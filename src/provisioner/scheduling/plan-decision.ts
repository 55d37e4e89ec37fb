/**
 * The decision behind a plan, for the decision log: what was chosen and what the other strategies would have come to.
 *
 * Reads the attempts, best first. Returns plain data; nothing is computed again.
 */
import type { Decision } from "../../api/controller.ts";
import type { Attempt, Strategy } from "./attempt.ts";
import { filledBins, priceOf } from "./packing.ts";

export interface PlanChoice {
  readonly strategy: string;
  readonly nodes: number;
  readonly pricePerHour: number;
  readonly unschedulable: number;
}

interface Made extends Attempt {
  readonly strategy: Strategy;
}

/** Returns the chosen attempt, and each other with what speaks against it. */
export function planDecision(best: Made, others: readonly Made[]): Decision<PlanChoice> {
  const chosen = choiceOf(best);
  return {
    chosen,
    rejected: others.map((other) => {
      const { strategy, nodes, pricePerHour, unschedulable } = choiceOf(other);
      const outcome = `${nodes} nodes for ${pricePerHour.toFixed(4)} an hour, ${unschedulable} Pods without a place`;
      return { subject: `strategy ${strategy}`, reason: { reason: "NotCheaper", message: `It would come to ${outcome}.` } };
    }),
  };
}

function choiceOf({ strategy, packing, unplaced }: Made): PlanChoice {
  return {
    strategy: strategy.name,
    nodes: filledBins(packing).length,
    pricePerHour: priceOf(packing),
    unschedulable: unplaced.reduce((sum, { pods }) => sum + pods.length, 0),
  };
}
