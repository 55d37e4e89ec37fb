/**
 * BinLists: for Pods of some amounts, the few best planned nodes of each label state, by amounts alone.
 *
 * Reads the bins of a packing by their rows in its table. Keeps shortlists by state, in the order in which a Pod would like
 * them: what adds least to the price, then what is filled most. They serve one class after another as long as these ask for
 * the same amounts under the same labels, and follow each bin that changes.
 */
import { roundedPrice, type Bin } from "./bin.ts";
import { rowHolds } from "./bin-table.ts";
import type { LabelState } from "./label-state.ts";
import type { Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import { holds, shareOf, type Vector } from "./resource-space.ts";
import { shortlist, type Shortlist } from "./shortlist.ts";

export interface BinLists {
  readonly packing: Packing;
  /** What one Pod asks for. */
  readonly added: Vector;
  /** The same in shares of all that is asked for. */
  readonly addedShare: number;
  readonly buckets: Bucket[];
  readonly byState: (Bucket | null | undefined)[];
  isFilled: boolean;
  /** True where only one class uses them. */
  readonly isForOne: boolean;
}

/** The bins of one state. */
export interface Bucket {
  readonly state: LabelState;
  readonly list: Shortlist;
}

/** A list of one class's own, and what it asks of a bin besides amounts. */
interface OwnList {
  readonly list: Shortlist;
  readonly accepts: (bin: Bin) => boolean;
  readonly crowd: (bin: Bin) => number;
}

/** Bins of one state on a shared list: a class mostly finds its bin among far fewer. */
const sharedMax = 48;

/** Opens empty lists for Pods that ask for these amounts. */
export function binLists(packing: Packing, { added, isForOne }: Pick<BinLists, "added" | "isForOne">): BinLists {
  return { packing, added, addedShare: shareOf(added, packing.problem.weights), buckets: [], byState: [], isFilled: false, isForOne };
}

/** Looks over all bins, unless that was done. The class stands for all that use the lists. */
export function fillLists(lists: BinLists, podClass: PodClass): void {
  if (lists.isFilled) return;
  lists.isFilled = true;
  const { bins, table, problem } = lists.packing;
  for (let place = 0; place < bins.length; place += 1) {
    const stateId = table.stateIds[place] ?? 0;
    if (lists.byState[stateId] === undefined) {
      const { state } = binAt(lists.packing, place);
      // Labels that the class can't have rule a state out for good; a zone may only be closed for now.
      lists.byState[stateId] = problem.states.withClass(state, podClass).length === 0 ? null : openBucket(lists, state);
    }
    listBin(lists, place);
  }
}

/** Looks over the bins of one state again. */
export function refillList(lists: BinLists, { state, list }: Bucket): void {
  list.clear();
  const { bins } = lists.packing;
  for (let place = 0; place < bins.length; place += 1) if (bins[place]?.state === state) listBin(lists, place);
}

function openBucket(lists: BinLists, state: LabelState): Bucket {
  const bucket = { state, list: shortlist(sharedMax) };
  lists.buckets.push(bucket);
  return bucket;
}

/** Lists a bin, on the shared list of its state or on one of a class's own. Most are found wanting by their row in the table. */
export function listBin(lists: BinLists, place: number, own?: OwnList): void {
  const { packing, added, addedShare } = lists;
  const { table } = packing;
  const list = own?.list ?? listOf(lists, place);
  if (list === undefined) return;
  const start = place * table.width;
  if (rowHolds(table.free, start, added)) {
    offer(lists, { place, list, own, price: 0, left: (table.freeShare[place] ?? 0) - addedShare });
    return;
  }
  const priceMax = list.bound()?.price ?? Infinity;
  const step = table.step[place] ?? Infinity;
  if (step > priceMax) list.cut();
  if (step > priceMax || step === Infinity) return;
  if (rowHolds(table.next, start, added)) {
    offer(lists, { place, list, own, price: step, left: (table.nextShare[place] ?? 0) - addedShare });
    return;
  }
  if ((table.secondStep[place] ?? Infinity) > priceMax) list.cut();
  else if (rowHolds(table.reach, start, added)) listLarger(lists, { place, list, own, priceMax });
}

function listOf(lists: BinLists, place: number): Shortlist | undefined {
  const stateId = lists.packing.table.stateIds[place] ?? 0;
  let bucket = lists.byState[stateId];
  // A state that came up after the look: what was placed there was of a class like these.
  if (bucket === undefined) lists.byState[stateId] = bucket = openBucket(lists, binAt(lists.packing, place).state);
  return bucket?.list;
}

interface At {
  readonly place: number;
  readonly list: Shortlist;
  readonly own: OwnList | undefined;
}

/** Finds the cheapest type of the bin's own state that holds the Pod too, by amounts alone. */
function listLarger(lists: BinLists, { place, list, own, priceMax }: At & { readonly priceMax: number }): void {
  const { added, packing } = lists;
  const { committed, committedIndex, used, state } = binAt(packing, place);
  const dearest = priceMax + committed.pricePerHour + priceDust;
  for (let index = committedIndex + 1; index < state.candidates.length; index += 1) {
    const candidate = state.candidates[index];
    if (candidate === undefined || candidate.pricePerHour > dearest) {
      list.cut();
      return;
    }
    if (!holds(candidate.usable, used, added)) continue;
    const left = roomLeft(candidate.usable, { used, added, weights: packing.problem.weights });
    offer(lists, { place, list, own, price: roundedPrice(candidate.pricePerHour - committed.pricePerHour), left });
    return;
  }
}

/** What sums and differences of prices may be off by. */
const priceDust = 1e-9;

function offer({ packing }: BinLists, { place, list, own, price, left }: At & { readonly price: number; readonly left: number }): void {
  const bound = list.bound();
  // Before anything is allocated or asked: of many equals most are worse.
  if (bound !== undefined && (price > bound.price || (price === bound.price && bound.crowd === 0 && left > bound.left))) {
    list.cut();
    return;
  }
  const bin = binAt(packing, place);
  if (own === undefined) list.offer({ place, price, crowd: 0, left, changes: bin.changes });
  else if (own.accepts(bin)) list.offer({ place, price, crowd: own.crowd(bin), left, changes: bin.changes });
}

/** What is left of a type's room after the Pod, in shares of all that is asked for. */
function roomLeft(usable: Vector, of: { readonly used: Vector; readonly added: Vector; readonly weights: Vector }): number {
  const { used, added, weights } = of;
  let total = 0;
  for (let index = 0; index < usable.length; index += 1)
    total += ((usable[index] ?? 0) - (used[index] ?? 0) - (added[index] ?? 0)) * (weights[index] ?? 0);
  return total;
}

/** Returns a bin by its position in the packing. */
export function binAt({ bins }: Packing, place: number): Bin {
  const bin = bins[place];
  if (bin === undefined) throw new Error("invariant broken: only bins of the packing are listed");
  return bin;
}
