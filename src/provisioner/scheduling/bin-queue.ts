/**
 * BinQueue: the planned nodes that could take the next Pod of a class, the best first.
 *
 * Reads the bins of a packing. Returns the best one for a Pod, with the state and type that it would have then. All Pods of a
 * class ask the same, so the bins are looked over once for many of them: the best few of each label state stay on a
 * shortlist, by amounts alone. Zones, hosts, limits and minValues are asked only of those that come up, which can make them
 * dearer (they are listed again) or rule them out.
 */
import { fitInto, roundedPrice, type Bin, type BinFit } from "./bin.ts";
import { rowHolds } from "./bin-table.ts";
import type { LabelState } from "./label-state.ts";
import { crowdOnHost, isAllowedHost, optionsFor, type Probe } from "./probe.ts";
import { holds, shareOf, type Vector } from "./resource-space.ts";
import { compareListed, shortlist, type Listed, type Shortlist } from "./shortlist.ts";

/** A bin that takes the Pod. */
export interface BinChoice {
  readonly kind: "bin";
  readonly bin: Bin;
  readonly fit: BinFit;
}

export interface BinQueue {
  /** The best bin for one more Pod as things are now, or undefined. */
  best(): BinChoice | undefined;
  /** Tells that a bin has changed, or is new. */
  offer(bin: Bin): void;
}

/** Bins of one state that are kept: never more than Pods ask, and of many the rest is hardly ever reached. */
const shortlistMax = 32;

interface Bucket {
  readonly state: LabelState;
  readonly list: Shortlist;
}

interface Queue {
  readonly probe: Probe;
  /** What one Pod asks for, in shares of all that is asked for. */
  readonly addedShare: number;
  /** False: only as the type that a bin is committed to. */
  readonly grow: boolean;
  readonly pods: number;
  readonly buckets: Bucket[];
  readonly byState: (Bucket | undefined)[];
  /** By position in the packing: bins that were asked in full and refused, as long as they don't change. */
  readonly struck: Set<number>;
  /** What a bin turned out to add, where its state's own prices promised less. */
  readonly dearer: Map<number, number>;
  isFilled: boolean;
}

/** Opens a queue over room that is paid for, or (with `grow`) over every bin that could become a larger type. */
export function binQueue(probe: Probe, { grow, pods }: { readonly grow: boolean; readonly pods: number }): BinQueue {
  const addedShare = shareOf(probe.added, probe.packing.problem.weights);
  const queue: Queue = { probe, addedShare, grow, pods, buckets: [], byState: [], struck: new Set(), dearer: new Map(), isFilled: false };
  return {
    offer: (bin) => {
      if (!queue.isFilled) return;
      const place = placeOf(probe, bin);
      queue.struck.delete(place);
      queue.dearer.delete(place);
      list(queue, place, bucketOf(queue, bin.state).list);
    },
    best: () => {
      if (!queue.isFilled) fill(queue);
      let best: Head | undefined;
      for (const bucket of queue.buckets) {
        if (bucket.list.best() === undefined && !bucket.list.isCut()) continue;
        if (optionsFor(probe, bucket.state).length === 0) continue;
        const head = headOf(queue, bucket);
        if (head !== undefined && (best === undefined || compareListed(head.listed, best.listed) < 0)) best = head;
      }
      return best;
    },
  };
}

interface Head extends BinChoice {
  readonly listed: Listed;
}

/** The first of a state's bins that takes the Pod once everything is asked. */
function headOf(queue: Queue, bucket: Bucket): Head | undefined {
  const { probe, grow } = queue;
  const { list: shortlisted } = bucket;
  for (;;) {
    const listed = shortlisted.best() ?? refilled(queue, bucket);
    if (listed === undefined) return undefined;
    const bin = binAt(probe, listed.place);
    // A bin that has changed since is listed anew.
    if (bin.changes !== listed.changes || bin.state !== bucket.state) {
      shortlisted.drop();
      continue;
    }
    const fit = isAllowedHost(probe, bin.id) ? cheapestFit(probe, { bin, grow }) : undefined;
    if (fit !== undefined && fit.addedPrice <= listed.price) return { kind: "bin", bin, fit, listed };
    shortlisted.drop();
    if (fit === undefined || !grow) queue.struck.add(listed.place);
    else {
      queue.dearer.set(listed.place, fit.addedPrice);
      shortlisted.offer({ ...listed, price: fit.addedPrice });
    }
  }
}

function refilled(queue: Queue, { state, list: shortlisted }: Bucket): Listed | undefined {
  if (!shortlisted.isCut()) return undefined;
  shortlisted.clear();
  const { bins } = queue.probe.packing;
  for (let place = 0; place < bins.length; place += 1) if (bins[place]?.state === state) list(queue, place, shortlisted);
  return shortlisted.best();
}

/** Lists all bins. Labels that the class can't have rule a state out for good; a zone may only be closed for now. */
function fill(queue: Queue): void {
  queue.isFilled = true;
  const { packing, podClass } = queue.probe;
  const { bins, table, problem } = packing;
  const lists: (Shortlist | null | undefined)[] = [];
  for (let place = 0; place < bins.length; place += 1) {
    const stateId = table.stateIds[place] ?? 0;
    let shortlisted = lists[stateId];
    if (shortlisted === null) continue;
    if (shortlisted === undefined) {
      const { state } = binAt(queue.probe, place);
      shortlisted = problem.states.withClass(state, podClass).length === 0 ? null : bucketOf(queue, state).list;
      lists[stateId] = shortlisted;
      if (shortlisted === null) continue;
    }
    list(queue, place, shortlisted);
  }
}

function bucketOf(queue: Queue, state: LabelState): Bucket {
  let bucket = queue.byState[state.id];
  if (bucket === undefined) {
    bucket = { state, list: shortlist(Math.min(queue.pods, shortlistMax)) };
    queue.byState[state.id] = bucket;
    queue.buckets.push(bucket);
  }
  return bucket;
}

/** Lists a bin by its amounts, if it may be among the best. Most are found wanting by their row in the table. */
function list(queue: Queue, place: number, shortlisted: Shortlist): void {
  const { probe, addedShare, grow } = queue;
  const { added } = probe;
  const { table } = probe.packing;
  const start = place * table.width;
  if (rowHolds(table.free, start, added)) {
    offer(queue, shortlisted, { place, price: 0, left: (table.freeShare[place] ?? 0) - addedShare });
    return;
  }
  if (!grow) return;
  const priceMax = shortlisted.worst()?.price ?? Infinity;
  const step = table.step[place] ?? 0;
  if (step > priceMax) {
    shortlisted.cut();
    return;
  }
  if (step === Infinity) return;
  if (rowHolds(table.next, start, added)) {
    offer(queue, shortlisted, { place, price: step, left: (table.nextShare[place] ?? 0) - addedShare });
    return;
  }
  if ((table.secondStep[place] ?? 0) > priceMax) shortlisted.cut();
  else if (rowHolds(table.reach, start, added)) listLarger(queue, shortlisted, { place, priceMax });
}

/** Finds the cheapest type of the bin's own state that holds the Pod too, by amounts alone. */
function listLarger(
  queue: Queue,
  shortlisted: Shortlist,
  { place, priceMax }: { readonly place: number; readonly priceMax: number },
): void {
  const { added, packing } = queue.probe;
  const { committed, committedIndex, used, state } = binAt(queue.probe, place);
  const dearest = priceMax + committed.pricePerHour + priceDust;
  for (let index = committedIndex + 1; index < state.candidates.length; index += 1) {
    const candidate = state.candidates[index];
    if (candidate === undefined || candidate.pricePerHour > dearest) {
      shortlisted.cut();
      return;
    }
    if (!holds(candidate.usable, used, added)) continue;
    const left = roomLeft(candidate.usable, { used, added, weights: packing.problem.weights });
    offer(queue, shortlisted, { place, price: roundedPrice(candidate.pricePerHour - committed.pricePerHour), left });
    return;
  }
}

function offer(queue: Queue, shortlisted: Shortlist, of: { readonly place: number; readonly price: number; readonly left: number }): void {
  const { probe, struck, dearer } = queue;
  const { place, left } = of;
  const price = dearer.size === 0 ? of.price : Math.max(of.price, dearer.get(place) ?? 0);
  const worst = shortlisted.worst();
  // Before anything is allocated: of many equals most are worse.
  if (worst !== undefined && (price > worst.price || (price === worst.price && worst.crowd === 0 && left > worst.left))) {
    shortlisted.cut();
    return;
  }
  if (struck.size > 0 && struck.has(place)) return;
  const bin = binAt(probe, place);
  shortlisted.offer({ place, price, crowd: crowdOnHost(probe, bin.id), left, changes: bin.changes });
}

/** What sums and differences of prices may be off by. */
const priceDust = 1e-9;

/** The cheapest way for a bin to take the Pod; on equal prices the state that topology likes best. */
function cheapestFit(probe: Probe, { bin, grow }: { readonly bin: Bin; readonly grow: boolean }): BinFit | undefined {
  const { packing, added } = probe;
  const ledger = packing.ledgers[bin.state.template.index];
  let best: BinFit | undefined;
  for (const state of optionsFor(probe, bin.state)) {
    const fit = fitInto(bin, { state, added, ledger, grow });
    if (fit !== undefined && (best === undefined || fit.addedPrice < best.addedPrice)) best = fit;
  }
  return best;
}

/** What is left of a type's room after the Pod, in shares of all that is asked for. */
function roomLeft(usable: Vector, of: { readonly used: Vector; readonly added: Vector; readonly weights: Vector }): number {
  const { used, added, weights } = of;
  let total = 0;
  for (let index = 0; index < usable.length; index += 1)
    total += ((usable[index] ?? 0) - (used[index] ?? 0) - (added[index] ?? 0)) * (weights[index] ?? 0);
  return total;
}

function binAt({ packing }: Probe, place: number): Bin {
  const bin = packing.bins[place];
  if (bin === undefined) throw new Error("invariant broken: only bins of the packing are listed");
  return bin;
}

/** The bin's position in the packing. */
function placeOf({ packing }: Probe, bin: Bin): number {
  return bin.id - packing.problem.existing.length;
}
