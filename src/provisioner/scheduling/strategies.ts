/**
 * The strategies of a plan: several ways to pack everything, of which the best is kept.
 *
 * Reads a problem. Returns the attempts, best first: the one that leaves the fewest Pods without a place (those of the highest
 * priority first), then the cheapest, then the one with fewest nodes. Growing node by node and buying in bulk are tried nearly
 * always; other orders and zones where there are few Pods; a cutting-stock program where many Pods come in few shapes and the plan so far is far from the least price.
 */
import { attempt, type Attempt, type Strategy } from "./attempt.ts";
import { orderNeeds } from "./binding-order.ts";
import { areRivals } from "./class-run.ts";
import { isCoverable } from "./cover-demand.ts";
import { strategiesForFew } from "./few-pods.ts";
import { improve } from "./improve.ts";
import { forcedNodes, openBulk, openSmall } from "./opening.ts";
import { filledBins, priceOf, type Problem } from "./packing.ts";
import type { StepCounter } from "./pattern-pricing.ts";
import type { PlanCut } from "./plan-cut.ts";
import { compareLeftOut } from "./priority.ts";
import { steersOf } from "./steering.ts";
import { topologyCheckpoint, type TopologyCheckpoint } from "./topology-checkpoint.ts";

export interface Made extends Attempt {
  readonly strategy: Strategy;
  /** Whether the plan was cut short before this was done. */
  readonly isCut: boolean;
  /** Whether its nodes were made smaller after the last look at the Pods that it leaves out. */
  readonly isImproved: boolean;
  /** Whether its Pods must bind in a certain order. */
  readonly needsOrder: boolean;
  /** The topology's counts as the attempt left them. */
  readonly end: TopologyCheckpoint;
}

const grow: Strategy = { name: "grow", opening: openSmall };
const bulk: Strategy = { name: "bulk", opening: openBulk };

/**
 * Tries the strategies one after the other from the same start. Buying in bulk means fewer, larger nodes, so it is not tried
 * where growing made no more nodes than constraints force, unless pools of equal weight compete: the one whose smallest node is cheapest
 * may have dear large ones. Pods that may not share hosts come first, so that the nodes they force
 * are there for others; but on nodes that stand already they may take the room of larger ones, so there both orders are tried.
 * Once the plan is cut short nothing more is tried, and what is half done is dropped, unless there is nothing else.
 */
export function attemptAll(
  problem: Problem,
  { steps, cut }: { readonly steps: StepCounter; readonly cut: PlanCut },
): readonly [Made, ...Made[]] {
  const start = topologyCheckpoint(problem.topology);
  const few = strategiesForFew(problem);
  const attempts: Made[] = [];
  const isOver = (): boolean => attempts.length > 0 && cut.isMade();
  const make = (strategy: Strategy): readonly Made[] => {
    if (isOver()) return [];
    start.restore();
    const made = attempt(problem, { strategy, cut });
    if (made === undefined) return [];
    // What is cheaper in the end is known only after improvement, which for few Pods costs nothing.
    if (few.length > 0) improve(made.packing, cut);
    return isOver()
      ? []
      : [
          {
            ...made,
            strategy,
            isCut: cut.isMade(),
            isImproved: few.length > 0,
            needsOrder: orderNeeds(made.packing).length > 0,
            end: topologyCheckpoint(problem.topology),
          },
        ];
  };
  attempts.push(...make(grow));
  const isForced = ({ unplaced, packing }: Made): boolean => unplaced.length === 0 && filledBins(packing).length <= forcedNodes(problem);
  if (havePoolsOfEqualWeight(problem) || !attempts.some(isForced)) {
    attempts.push(...make(bulk));
    const [first] = ranked(attempts);
    const cover = { priceSoFar: priceOf(first.packing), steps };
    if (isCoverable(problem) && areReservedFirst(problem)) attempts.push(...make({ ...first.strategy, name: "cover", cover }));
  }
  const [first] = ranked(attempts);
  if (problem.existing.length > 0 && priceOf(first.packing) > 0) {
    attempts.push(...make({ name: "largest", opening: first.strategy.opening, apartFirst: false }));
  }
  return ranked([...attempts, ...bestOfFew({ problem, attempts, few, make, steps })]);
}

/** What one attempt for few Pods costs, in steps. */
const stepsOfAttempt = 5_000;

/** Attempts of one problem that send classes to one zone or another. */
const steeredMax = 60;

/** The best of many attempts where there are few Pods, if it is better than what others found. */
function bestOfFew(input: {
  readonly problem: Problem;
  readonly attempts: readonly Made[];
  readonly few: readonly Strategy[];
  readonly make: (strategy: Strategy) => readonly Made[];
  readonly steps: StepCounter;
}): readonly Made[] {
  const { problem, attempts, few, make, steps } = input;
  if (few.length === 0) return [];
  const [first] = ranked(attempts);
  let best = first;
  const isDone = (): boolean => steps.left <= 0 || (best.unplaced.length === 0 && priceOf(best.packing) === 0);
  const tryOne = (strategy: Strategy): void => {
    steps.left -= stepsOfAttempt;
    for (const made of make(strategy)) if ((compareLeftOut(made.unplaced, best.unplaced) || comparePrices(made, best)) < 0) best = made;
  };
  for (const strategy of few) if (!isDone()) tryOne(strategy);
  // Each steer that gained something stays while others are tried.
  const steers = isDone() ? [] : steersOf(problem);
  let left = steeredMax;
  for (let before: Made | undefined; before !== best && left > 0;) {
    before = best;
    for (const steer of steers.slice(0, left)) {
      left -= 1;
      const steers = new Map([...(best.strategy.steers ?? []), ...steer]);
      // Large nodes that were right elsewhere need not be right there.
      for (const { opening } of [best.strategy, grow]) if (!isDone()) tryOne({ ...best.strategy, name: "few", opening, steers });
    }
  }
  return best === first ? [] : [best];
}

/** Templates stand in the order of weight. */
function havePoolsOfEqualWeight({ templates }: Problem): boolean {
  return templates.some((template, index) => {
    const next = templates[index + 1];
    return next !== undefined && areRivals(template, next);
  });
}

/** What is reserved is used up before the program is asked, so its pools must come first for all Pods. */
function areReservedFirst({ templates }: Problem): boolean {
  const weights = templates.map(({ nodePool }) => nodePool.spec.weight ?? 0);
  return templates.every(({ reservation }, index) => reservation === undefined || weights[index] === weights[0]);
}

function ranked(attempts: readonly Made[]): readonly [Made, ...Made[]] {
  const [best, ...others] = [...attempts].sort(isBetter);
  if (best === undefined) throw new Error("invariant broken: there is a strategy");
  return [best, ...others];
}

function isBetter(a: Made, b: Made): number {
  return compareLeftOut(a.unplaced, b.unplaced) || comparePrices(a, b) || filledBins(a.packing).length - filledBins(b.packing).length;
}

function comparePrices(a: Made, b: Made): number {
  return Math.round((worthOf(a) - worthOf(b)) * 1e6);
}

/** A plan that holds in any order of binding is taken where it costs no more than this share above one that needs an order. */
const orderShare = 0.02;

function worthOf({ packing, needsOrder: isOrdered }: Made): number {
  return priceOf(packing) * (isOrdered ? 1 + orderShare : 1);
}
