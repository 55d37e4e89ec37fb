/**
 * PatternPricing: which Pods on one node of a type are worth more than the node, when each shape has a worth.
 *
 * Reads a type, shapes and what one Pod of each is worth. Returns fillings. First all is taken as if it could be cut up, which
 * gives prices to the type's resources and says what any filling could be worth at most: a type that can't earn its own price
 * is not looked at further. Then fillings are tried, densest shapes first, and a branch is left where what is free can't make
 * up the difference. Steps are counted; where they run out, the best found so far are told.
 */
import { basisOf, type Column } from "./lower-bound-basis.ts";
import type { Vector } from "./resource-space.ts";

/** Pods of one size that may stand on the same nodes. */
export interface CoverShape {
  readonly asks: Vector;
  readonly count: number;
  /** How many of them may share a node. */
  readonly perNodeMax: number;
}

/** A kind of node that may be bought. */
export interface CoverType {
  readonly usable: Vector;
  readonly pricePerHour: number;
  /** Positions of the shapes that it takes, ascending. */
  readonly shapes: readonly number[];
}

/** How many Pods of which shapes stand on one node; shapes ascending. */
export interface Filling {
  readonly shapes: readonly number[];
  readonly counts: readonly number[];
}

/** What shapes are worth at one moment. */
export interface Worths {
  readonly shapes: readonly CoverShape[];
  /** How many Pods of each shape are left to be placed. */
  readonly left: readonly number[];
  /** What one Pod of each shape is worth, USD an hour. */
  readonly worths: readonly number[];
  /** Steps of the search on one type; most end far earlier. */
  readonly searchStepsMax: number;
}

/** Counts work, so that it ends at the same place on every machine. */
export interface StepCounter {
  left: number;
}

const pivotsMax = 200;
/** Fillings of one search: the last found are worth most. */
const fillingsMax = 6;
/** What finding prices for a type's resources costs for each of its shapes, in steps. */
const priceSteps = 12;
const dust = 1e-12;

/** Returns fillings that are worth more than the node costs, the one that is worth most last. */
export function bestFillings(type: CoverType, worths: Worths, steps: StepCounter): readonly Filling[] {
  const items = itemsOf(type, worths);
  const prices = resourcePrices(type, items);
  steps.left -= items.length * priceSteps;
  if (sum(prices) <= type.pricePerHour) return [];
  for (const item of items) item.size = worthOf(item.shares, prices);
  items.sort((a, b) => b.worth / b.size - a.worth / a.size || b.size - a.size || a.shape - b.shape);
  return search(items, { prices, worthMin: type.pricePerHour, searchStepsMax: worths.searchStepsMax, steps });
}

interface Item {
  readonly shape: number;
  readonly worth: number;
  readonly most: number;
  /** What one Pod takes of the node, by resource: 1 is all. */
  readonly shares: readonly number[];
  /** The same at the prices of resources: never less than its worth. */
  size: number;
}

function itemsOf({ usable, shapes: taken }: CoverType, { shapes, left, worths }: Worths): Item[] {
  const items: Item[] = [];
  for (const shape of taken) {
    const { asks = [], perNodeMax = 0 } = shapes[shape] ?? {};
    const worth = worths[shape] ?? 0;
    const most = Math.min(left[shape] ?? 0, perNodeMax);
    if (worth <= 0 || most <= 0) continue;
    const shares = asks.map((ask, index) => (ask === 0 ? 0 : ask / (usable[index] ?? 0)));
    items.push({ shape, worth, most, shares, size: 0 });
  }
  return items;
}

/** The price of all that a node has of each resource, so that every shape costs its worth at the least. */
function resourcePrices({ usable }: CoverType, items: readonly Item[]): readonly number[] {
  const rows = usable.map((_, index) => index);
  const basis = basisOf(usable.map(() => ({ value: 1, cost: 0 })));
  for (let pivots = 0; pivots < pivotsMax; pivots += 1) {
    const column = nextColumn(basis.prices, { rows, items });
    if (column === undefined || !basis.enter(column)) break;
  }
  const prices = rows.map((row) => Math.max(0, -(basis.prices[row] ?? 0)));
  // Rounding, or an early end, may have left some shape cheaper than its worth: that must not be.
  let lacking = 1;
  for (const { worth, shares } of items) lacking = Math.max(lacking, worth / Math.max(worthOf(shares, prices), Number.MIN_VALUE));
  return prices.map((price) => price * lacking);
}

/** Something left over of a resource, or the shape that is worth most for what it takes. */
function nextColumn(
  prices: Float64Array,
  { rows, items }: { readonly rows: readonly number[]; readonly items: readonly Item[] },
): Column | undefined {
  const leftOver = prices.findIndex((price) => price > dust);
  if (leftOver >= 0) return { rows: [leftOver], values: [1], cost: 0 };
  let best: Item | undefined;
  let most = 1 + 1e-9;
  for (const item of items) {
    let size = 0;
    for (let index = 0; index < rows.length; index += 1) size -= (item.shares[index] ?? 0) * (prices[index] ?? 0);
    const density = item.worth / Math.max(size, Number.MIN_VALUE);
    if (density > most) [best, most] = [item, density];
  }
  return best === undefined ? undefined : { rows, values: best.shares, cost: -best.worth };
}

/** Depth first: as many as fit of the densest shape, then one fewer, and so on. */
function search(
  items: readonly Item[],
  input: {
    readonly prices: readonly number[];
    readonly worthMin: number;
    readonly searchStepsMax: number;
    readonly steps: StepCounter;
  },
): readonly Filling[] {
  const { prices, worthMin, searchStepsMax, steps } = input;
  const free = new Float64Array(prices.length).fill(1);
  const counts = new Int32Array(items.length);
  const found: Filling[] = [];
  const atStart = Math.min(searchStepsMax, steps.left);
  const state = { best: worthMin * (1 + 1e-7), stepsLeft: atStart };
  const visit = (from: number, worth: number, room: number): void => {
    if (worth > state.best * (1 + dust)) {
      state.best = worth;
      found.push(fillingOf(items, counts));
      if (found.length > fillingsMax) found.shift();
    }
    for (let at = from; at < items.length; at += 1) {
      const item = items[at];
      state.stepsLeft -= 1;
      // The next shapes are no denser, and what is free buys no more than this.
      if (item === undefined || state.stepsLeft <= 0 || worth + (room * item.worth) / item.size <= state.best) return;
      const fit = fitting(item, free);
      // Of the last shape fewer than fit are never worth more.
      const fewest = at === items.length - 1 ? Math.max(1, fit) : 1;
      for (let count = fit; count >= fewest && state.stepsLeft > 0; count -= 1) {
        counts[at] = count;
        take(free, item, count);
        visit(at + 1, worth + count * item.worth, room - count * item.size);
        take(free, item, -count);
      }
      counts[at] = 0;
    }
  };
  visit(0, 0, sum(prices));
  steps.left -= atStart - state.stepsLeft;
  return found;
}

/** How many Pods of a shape what is free holds. */
function fitting({ shares, most }: Item, free: Float64Array): number {
  let fit = most;
  for (let index = 0; index < shares.length; index += 1) {
    const share = shares[index] ?? 0;
    if (share > 0) fit = Math.min(fit, Math.floor(((free[index] ?? 0) + dust) / share));
  }
  return fit;
}

function take(free: Float64Array, { shares }: Item, count: number): void {
  for (let index = 0; index < shares.length; index += 1) free[index] = (free[index] ?? 0) - count * (shares[index] ?? 0);
}

function fillingOf(items: readonly Item[], counts: Int32Array): Filling {
  const taken = items.map(({ shape }, at) => ({ shape, count: counts[at] ?? 0 })).filter(({ count }) => count > 0);
  taken.sort((a, b) => a.shape - b.shape);
  return { shapes: taken.map(({ shape }) => shape), counts: taken.map(({ count }) => count) };
}

function worthOf(shares: readonly number[], prices: readonly number[]): number {
  let total = 0;
  for (let index = 0; index < shares.length; index += 1) total += (shares[index] ?? 0) * (prices[index] ?? 0);
  return total;
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
