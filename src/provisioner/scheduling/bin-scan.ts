/**
 * BinScan: the best planned node for one Pod, found by one look over all of them.
 *
 * Reads the bins of a packing by their rows in its table. Returns the one that a queue of shortlists (bin-queue.ts) would, but
 * keeps nothing: lists pay where many Pods ask for the same amounts, and where no two do they would be made for each anew.
 */
import { rowHolds, type BinTable } from "./bin-table.ts";
import { fitInto, roundedPrice, type Bin, type BinFit } from "./bin.ts";
import { countsTooLate } from "./late-count.ts";
import { isLikedMore, unmetOnBin } from "./liking.ts";
import { vectorOn } from "./packing.ts";
import { isAllowedHost, optionsFor, type Probe } from "./probe.ts";
import { holds, type Vector } from "./resource-space.ts";

export interface BinChoice {
  readonly kind: "bin";
  readonly bin: Bin;
  readonly fit: BinFit;
}

/** The best so far, by what it adds to the price and what it leaves. */
interface Best {
  choice: BinChoice | undefined;
  price: number;
  left: number;
}

/** What sums and differences of prices may be off by. */
const priceDust = 1e-9;

/** Returns the bin that adds least to the price; of equal ones that which is filled most, then the first. */
export function bestBin(probe: Probe): BinChoice | undefined {
  const best: Best = { choice: undefined, price: Infinity, left: Infinity };
  const { table, bins } = probe.packing;
  for (let place = 0; place < bins.length; place += 1) {
    const left = table.freeShare[place] ?? 0;
    // A zone may make a type dearer than its row says, so price 0 is known only once it is found.
    if (best.price === 0 && left >= best.left) continue;
    if (rowHolds(table.free, place * table.width, probe.added)) offer(probe, { best, place, left });
  }
  if (best.price !== 0) scanLarger(probe, best);
  return best.choice;
}

/** Goes on with the bins that would have to become a larger type, by their own states' prices first. */
function scanLarger(probe: Probe, best: Best): void {
  const { added, packing } = probe;
  const { table, bins } = packing;
  for (let place = 0; place < bins.length; place += 1) {
    const step = table.step[place] ?? Infinity;
    const left = table.nextShare[place] ?? 0;
    // Mostly a bin's next type costs as much more as the best so far, and leaves more: then no row need be read.
    const isNextBehind = step === best.price && left >= best.left;
    if (step > best.price || (isNextBehind && isNextAlone(table, place))) continue;
    const start = place * table.width;
    if (rowHolds(table.free, start, added)) continue;
    if (rowHolds(table.next, start, added)) {
      if (!isNextBehind) offer(probe, { best, place, left });
    } else if ((table.secondStep[place] ?? Infinity) <= best.price && rowHolds(table.reach, start, added)) {
      offerLarger(probe, { best, place });
    }
  }
}

/** The same for Pods that share volumes: what one takes differs by what is attached, which no row and no list tells. */
export function bestSharingBin(probe: Probe): BinChoice | undefined {
  const { packing, podClass } = probe;
  let best: (BinChoice & { readonly unmet: number; readonly left: number }) | undefined;
  for (const [place, bin] of packing.bins.entries()) {
    if (bin.members.length === 0 || !isAllowedHost(probe, bin.id)) continue;
    const fit = cheapestFit({ ...probe, added: vectorOn(packing, { podClass, host: bin.id }) }, bin);
    if (fit === undefined) continue;
    const one = { unmet: unmetOnBin(probe, { state: fit.state, host: bin.id }), left: packing.table.freeShare[place] ?? 0 };
    const order = best === undefined ? -1 : fit.addedPrice - best.fit.addedPrice || one.unmet - best.unmet || one.left - best.left;
    if (order < 0) best = { kind: "bin", bin, fit, ...one };
  }
  return best === undefined ? undefined : { kind: "bin", bin: best.bin, fit: best.fit };
}

/** Says whether no other type costs the same as the next: only then is what the next leaves known from the table. */
function isNextAlone(table: BinTable, place: number): boolean {
  return (table.secondStep[place] ?? Infinity) > (table.step[place] ?? Infinity);
}

function offer(probe: Probe, { best, place, left }: { readonly best: Best; readonly place: number; readonly left: number }): void {
  const bin = probe.packing.bins[place];
  if (bin === undefined || !isAllowedHost(probe, bin.id)) return;
  const fit = cheapestFit(probe, bin);
  if (fit === undefined || fit.addedPrice > best.price || (fit.addedPrice === best.price && left >= best.left)) return;
  best.choice = { kind: "bin", bin, fit };
  best.price = fit.addedPrice;
  best.left = left;
}

/** The same for a bin that would have to become a larger type than the next. */
function offerLarger(probe: Probe, { best, place }: { readonly best: Best; readonly place: number }): void {
  const { added, packing } = probe;
  const bin = packing.bins[place];
  if (bin === undefined) return;
  const { committed, committedIndex, used, state } = bin;
  const dearest = best.price + committed.pricePerHour + priceDust;
  for (let index = committedIndex + 1; index < state.candidates.length; index += 1) {
    const candidate = state.candidates[index];
    if (candidate === undefined || candidate.pricePerHour > dearest) return;
    if (!holds(candidate.usable, used, added)) continue;
    const left = shareLeft(candidate.usable, { used, weights: packing.problem.weights });
    const priceMin = roundedPrice(candidate.pricePerHour - committed.pricePerHour);
    if (priceMin < best.price || (priceMin === best.price && left < best.left)) offer(probe, { best, place, left });
    return;
  }
}

/** What is left of a type's room, in shares of all that is asked for. */
function shareLeft(usable: Vector, { used, weights }: { readonly used: Vector; readonly weights: Vector }): number {
  let left = 0;
  for (let index = 0; index < usable.length; index += 1) left += ((usable[index] ?? 0) - (used[index] ?? 0)) * (weights[index] ?? 0);
  return left;
}

/** The cheapest way for a bin to take the Pod; on equal prices the state that topology likes best. */
export function cheapestFit(probe: Probe, bin: Bin): BinFit | undefined {
  const { packing, added } = probe;
  const ledger = packing.ledgers[bin.state.template.index];
  let best: BinFit | undefined;
  for (const state of optionsFor(probe, bin.state)) {
    const fit = fitInto(bin, { state, added, ledger, grow: true });
    if (fit === undefined || countsTooLate(packing, { bin, fit, topology: probe.topology })) continue;
    if (best === undefined || isLikedMore(probe, fit, best)) best = fit;
  }
  return best;
}
