/**
 * BinTable: what every planned node has free and could still become, in flat arrays.
 *
 * Reads bins. A class of Pods looks over all bins at once; for the thousandth class and the thousandth bin that has to be a
 * few comparisons of neighbouring numbers. Rows stand in the order of the packing's bins and follow each change of a bin.
 */
import { roundedPrice, type Bin } from "./bin.ts";
import type { Vector } from "./resource-space.ts";

export interface BinTable {
  /** Resources in a row of `free`, `next` and `reach`. */
  readonly width: number;
  /** What the type that a bin is committed to has free, row by row. */
  free: Float64Array;
  /** What would be free if the bin had the largest amount that any type of its state has. */
  reach: Float64Array;
  /** What is free, in shares of all that is asked for. */
  freeShare: Float64Array;
  /** What the next type by price adds to the price; Infinity where there is none. */
  step: Float64Array;
  /** What the next type by price would have free, row by row; -1 throughout where another type has the same price. */
  next: Float64Array;
  /** The same in shares. */
  nextShare: Float64Array;
  /** What the type after the next adds to the price. */
  secondStep: Float64Array;
  /** Id of each bin's state. */
  stateIds: Int32Array;
}

const rowsAtFirst = 64;

/** Opens an empty table for amounts of so many resources. */
export function binTable(width: number): BinTable {
  const rows = (): Float64Array<ArrayBuffer> => new Float64Array(rowsAtFirst);
  return {
    width,
    free: new Float64Array(rowsAtFirst * width),
    reach: new Float64Array(rowsAtFirst * width),
    freeShare: rows(),
    step: rows(),
    next: new Float64Array(rowsAtFirst * width),
    nextShare: rows(),
    secondStep: rows(),
    stateIds: new Int32Array(rowsAtFirst),
  };
}

/** Writes a bin's row as the bin is now. */
export function writeRow(
  table: BinTable,
  { row, bin, weights }: { readonly row: number; readonly bin: Bin; readonly weights: Vector },
): void {
  if (row >= table.stateIds.length) grow(table);
  const { width } = table;
  const { used, committed, committedIndex, state } = bin;
  const next = state.candidates[committedIndex + 1];
  const second = state.candidates[committedIndex + 2];
  const isAlone = next !== undefined && second?.pricePerHour !== next.pricePerHour;
  let freeShare = 0;
  let nextShare = 0;
  for (let index = 0; index < width; index += 1) {
    const amount = used[index] ?? 0;
    const weight = weights[index] ?? 0;
    const free = (committed.usable[index] ?? 0) - amount;
    const freeNext = isAlone ? (next.usable[index] ?? 0) - amount : -1;
    table.free[row * width + index] = free;
    table.next[row * width + index] = freeNext;
    table.reach[row * width + index] = (state.largest[index] ?? 0) - amount;
    freeShare += free * weight;
    nextShare += freeNext * weight;
  }
  table.freeShare[row] = freeShare;
  table.nextShare[row] = nextShare;
  table.step[row] = next === undefined ? Infinity : roundedPrice(next.pricePerHour - committed.pricePerHour);
  table.secondStep[row] = second === undefined ? Infinity : roundedPrice(second.pricePerHour - committed.pricePerHour);
  table.stateIds[row] = state.id;
}

function grow(table: BinTable): void {
  for (const name of ["free", "next", "reach", "freeShare", "nextShare", "step", "secondStep"] as const) {
    const larger = new Float64Array(table[name].length * 2);
    larger.set(table[name]);
    table[name] = larger;
  }
  const larger = new Int32Array(table.stateIds.length * 2);
  larger.set(table.stateIds);
  table.stateIds = larger;
}

/** Says whether a row of amounts holds what is added. */
export function rowHolds(amounts: Float64Array, start: number, added: Vector): boolean {
  for (let index = 0; index < added.length; index += 1) if ((added[index] ?? 0) > (amounts[start + index] ?? 0)) return false;
  return true;
}
