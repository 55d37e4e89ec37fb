/**
 * PatternProgram: the linear program that says how often which filling is bought, and what a Pod of each shape is worth by it.
 *
 * Reads fillings, each with the price of its node, and how many Pods of each shape are left. Keeps the cheapest mixture of
 * fillings, in parts of nodes, that covers what is left; fillings come in as they are found.
 */
import { basisOf, type Basis, type Column } from "./lower-bound-basis.ts";
import type { CoverShape, CoverType, Filling, StepCounter } from "./pattern-pricing.ts";

/** A filling of a type of node, by the type's position. */
export interface PricedFilling extends Filling {
  readonly type: number;
  readonly pricePerHour: number;
}

export interface PatternProgram {
  /** Adds a filling; what it has beyond what is left counts for nothing. */
  readonly add: (filling: PricedFilling) => void;
  /** Brings fillings in until none makes the mixture cheaper. */
  readonly optimize: (steps: StepCounter) => void;
  /** What one Pod of each shape is worth. */
  readonly worths: () => readonly number[];
  readonly pricePerHour: () => number;
  /** The fillings of the mixture, with how many nodes of each. */
  readonly mixture: () => readonly { readonly filling: PricedFilling; readonly nodes: number }[];
}

interface FillingColumn extends Column {
  readonly filling: PricedFilling | undefined;
}

const pivotsMax = 2_000;
const gainMin = 1e-7;
/** What the start covers a Pod with costs so many times what a Pod costs alone on a node: nothing of it stays. */
const startDearness = 10;

/** Opens a program for what is left of the shapes. Each of them has one filling at least, whose price is no lower than its share. */
export function patternProgram(left: readonly number[], fillings: readonly PricedFilling[]): PatternProgram {
  const open = left.flatMap((count, shape) => (count > 0 ? [shape] : []));
  const rowOf = new Map(open.map((shape, row) => [shape, row]));
  const columns: FillingColumn[] = [];
  const add = (filling: PricedFilling): void => {
    const column = columnOf(filling, { left, rowOf });
    if (column.rows.length > 0) columns.push(column);
  };
  for (const filling of fillings) add(filling);
  const basis = basisOf<FillingColumn>(open.map((_, row) => ({ value: 1, cost: startDearness * leastAlone(columns, row) })));
  return {
    add,
    optimize: (steps) => {
      optimize(basis, columns, steps);
    },
    worths: () => left.map((count, shape) => Math.max(0, basis.prices[rowOf.get(shape) ?? -1] ?? 0) / Math.max(1, count)),
    pricePerHour: basis.cost,
    mixture: () => basis.chosen().flatMap(({ column: { filling }, level }) => (filling === undefined ? [] : [{ filling, nodes: level }])),
  };
}

/** Returns what one Pod of each shape is worth if nodes could be bought in parts and Pods be cut up. */
export function worthsByResources(shapes: readonly CoverShape[], types: readonly CoverType[]): readonly number[] {
  const asked = (shapes[0]?.asks ?? []).map((_, index) => shapes.reduce((total, { asks, count }) => total + (asks[index] ?? 0) * count, 0));
  const resources = asked.flatMap((amount, index) => (amount > 0 ? [index] : []));
  const rows = resources.map((_, row) => row);
  const columns = types.map(({ usable, pricePerHour }) => {
    const values = resources.map((index) => (usable[index] ?? 0) / (asked[index] ?? 1));
    return { rows, values, cost: pricePerHour, filling: undefined };
  });
  const basis = basisOf<FillingColumn>(rows.map((row) => ({ value: 1, cost: startDearness * leastAlone(columns, row) })));
  optimize(basis, columns, { left: Infinity });
  const unitWorths = resources.map((index, row) => Math.max(0, basis.prices[row] ?? 0) / (asked[index] ?? 1));
  return shapes.map(({ asks }) => resources.reduce((total, index, row) => total + (unitWorths[row] ?? 0) * (asks[index] ?? 0), 0));
}

/** In shares of what is left. */
function columnOf(
  filling: PricedFilling,
  { left, rowOf }: { readonly left: readonly number[]; readonly rowOf: ReadonlyMap<number, number> },
): FillingColumn {
  const rows: number[] = [];
  const values: number[] = [];
  for (const [index, shape] of filling.shapes.entries()) {
    const row = rowOf.get(shape);
    const count = left[shape] ?? 0;
    if (row === undefined) continue;
    rows.push(row);
    values.push(Math.min(filling.counts[index] ?? 0, count) / count);
  }
  return { rows, values, cost: filling.pricePerHour, filling };
}

/** What a row costs by the column that is cheapest for it. */
function leastAlone(columns: readonly Column[], row: number): number {
  let least = Infinity;
  for (const { rows, values, cost } of columns) {
    const value = values[rows.indexOf(row)] ?? 0;
    if (value > 0) least = Math.min(least, cost / value);
  }
  return least === Infinity ? 0 : least;
}

function optimize(basis: Basis<FillingColumn>, columns: readonly FillingColumn[], steps: StepCounter): void {
  const { prices } = basis;
  for (let pivots = 0; pivots < pivotsMax && steps.left > 0; pivots += 1) {
    const negative = prices.findIndex((price) => price < -gainMin);
    const best = negative < 0 ? mostGaining(columns, prices) : { rows: [negative], values: [-1], cost: 0, filling: undefined };
    steps.left -= columns.length + prices.length * prices.length;
    if (best === undefined || !basis.enter(best)) return;
  }
}

function mostGaining(columns: readonly FillingColumn[], prices: Float64Array): FillingColumn | undefined {
  let best: FillingColumn | undefined;
  let most = 1 + gainMin;
  for (const column of columns) {
    const { rows, values, cost } = column;
    let worth = 0;
    for (let index = 0; index < rows.length; index += 1) worth += (prices[rows[index] ?? 0] ?? 0) * (values[index] ?? 0);
    if (worth > most * cost) [best, most] = [column, worth / cost];
  }
  return best;
}
