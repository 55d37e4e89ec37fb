/**
 * BinQueue: the planned nodes that could take the next Pod of a class, the best first.
 *
 * Reads the bins of a packing. Returns the best one for a Pod, with the state and type that it would have then. Classes that
 * ask for the same amounts under the same labels share one look over all bins (bin-lists.ts); zones, hosts, limits and
 * minValues, which differ, are asked only of those that come up. Where the shared lists are too short for a class, because its
 * constraints rule out all that is on them, it looks over all bins by itself.
 */
import type { Bin } from "./bin.ts";
import { binAt, fillLists, listBin, refillList, type BinLists, type Bucket } from "./bin-lists.ts";
import { bestBin, bestSharingBin, cheapestFit, type BinChoice } from "./bin-scan.ts";
import type { LabelState } from "./label-state.ts";
import { unmetIn, unmetOnBin } from "./liking.ts";
import { crowdOnHost, isAllowedHost, optionsFor, type Probe } from "./probe.ts";
import { compareListed, shortlist, type Listed, type Shortlist } from "./shortlist.ts";

export interface BinQueue {
  /** The best bin for one more Pod as things are now, or undefined. */
  best(): BinChoice | undefined;
  /** Tells that a bin has changed, or is new. */
  offer(bin: Bin): void;
}

/** Bins of one state that a class keeps for itself: never more than Pods ask. */
const ownMax = 32;

/** So few Pods are served by looking over all bins for each, where no others need the lists. */
const scannedMax = 2;
/** And any number of Pods, where there are so few bins that a look costs less than keeping lists. */
const scannedBinsMax = 128;

interface Queue {
  readonly probe: Probe;
  readonly lists: BinLists;
  readonly pods: number;
  /** By state id: lists of the class's own, where the shared one did not reach. */
  readonly own: (Shortlist | undefined)[];
  /** By position in the packing: bins that were asked in full and refused, as long as they don't change. */
  struck: Set<number> | undefined;
}

interface Head extends BinChoice {
  readonly listed: Listed;
}

/** Opens a queue over all bins: room that is paid for adds nothing to the price and so comes first. */
export function binQueue(probe: Probe, { lists, pods }: { readonly lists: BinLists; readonly pods: number }): BinQueue {
  const queue: Queue = { probe, lists, pods, own: [], struck: undefined };
  return {
    offer: (bin) => {
      const place = bin.id - probe.packing.problem.existing.length;
      queue.struck?.delete(place);
      if (lists.isFilled) listBin(lists, place);
      const own = queue.own[bin.state.id];
      if (own !== undefined) listOwn(queue, { place, own });
    },
    best: () => {
      if (probe.podClass.shared.length > 0) return bestSharingBin(probe);
      if (isScanned(queue)) return bestBin(probe);
      fillLists(lists, probe.podClass);
      let best: Head | undefined;
      for (const bucket of lists.buckets) {
        if (optionsFor(probe, bucket.state).length === 0) continue;
        const head = headOf(queue, bucket);
        if (head !== undefined && (best === undefined || compareListed(head.listed, best.listed) < 0)) best = head;
      }
      return best;
    },
  };
}

/** Says whether the Pod is better served by one look over all bins; wishes are known to lists alone. */
function isScanned({ probe, lists, pods }: Queue): boolean {
  if (lists.isFilled || probe.prefers) return false;
  return probe.packing.bins.length <= scannedBinsMax || (pods <= scannedMax && lists.isForOne);
}

/** The best bin of a state for the Pod once everything is asked. */
function headOf(queue: Queue, bucket: Bucket): Head | undefined {
  const { state, list } = bucket;
  // The least crowded host may be one that the shared list, which knows no wishes, has left out.
  if (queue.own[state.id] === undefined && !queue.probe.topology.wishesHost) {
    const head = bestOf(queue, bucket);
    if (head !== undefined || !list.isCut()) return head;
    if (list.listed.length < shortMax) {
      refillList(queue.lists, bucket);
      const again = bestOf(queue, bucket);
      if (again !== undefined || !list.isCut()) return again;
    }
  }
  const own = (queue.own[state.id] ??= ownList(queue, state));
  const head = bestOf(queue, { state, list: own });
  if (head !== undefined || !own.isCut()) return head;
  const next = ownList(queue, state);
  queue.own[state.id] = next;
  // What is liked most may be behind the end of a list that knows amounts and hosts only: then the best of it has to do.
  return bestOf(queue, { state, list: next }, { isLast: queue.probe.prefers });
}

/** A shared list that has become as short as this is made anew. */
const shortMax = 12;

/** The best of a list; undefined also where one that was left out may be better. */
function bestOf(queue: Queue, { state, list }: Bucket, { isLast } = { isLast: false }): Head | undefined {
  const { probe } = queue;
  const least = leastUnmet(probe, state);
  const atBest = (listed: Listed): Listed => (least === 0 ? listed : { ...listed, crowd: listed.crowd + least });
  let best: Head | undefined;
  for (let index = list.listed.length - 1; index >= 0; index -= 1) {
    const listed = list.listed[index];
    if (listed === undefined || (best !== undefined && compareListed(best.listed, atBest(listed)) <= 0)) return best;
    const bin = binAt(probe.packing, listed.place);
    // A bin that has changed since is listed anew.
    if (bin.changes !== listed.changes || bin.state !== state) list.remove(index);
    else if (queue.struck?.has(listed.place) !== true) {
      const fit = isAllowedHost(probe, bin.id) ? cheapestFit(probe, bin) : undefined;
      // Zones may make it dearer than its state's own prices promise.
      const asked =
        fit === undefined ? undefined : { ...listed, price: fit.addedPrice, crowd: unmetOnBin(probe, { state: fit.state, host: bin.id }) };
      if (fit === undefined || asked === undefined) (queue.struck ??= new Set()).add(listed.place);
      else if (best === undefined || compareListed(asked, best.listed) < 0) best = { kind: "bin", bin, fit, listed: asked };
    }
  }
  const bound = list.isCut() ? list.bound() : undefined;
  return best !== undefined && bound !== undefined && !isLast && compareListed(best.listed, atBest(bound)) > 0 ? undefined : best;
}

/** What is against the state that a bin of this one could be in with the Pod, at best. */
function leastUnmet(probe: Probe, state: LabelState): number {
  return probe.prefers ? Math.min(...optionsFor(probe, state).map((option) => unmetIn(probe, option))) : 0;
}

/** Lists the bins of one state that the class may use. */
function ownList(queue: Queue, state: LabelState): Shortlist {
  const own = shortlist(Math.min(queue.pods, ownMax));
  const { bins } = queue.probe.packing;
  for (let place = 0; place < bins.length; place += 1) if (bins[place]?.state === state) listOwn(queue, { place, own });
  return own;
}

function listOwn(queue: Queue, { place, own }: { readonly place: number; readonly own: Shortlist }): void {
  const { probe, lists, struck } = queue;
  if (struck?.has(place) === true) return;
  listBin(lists, place, { list: own, accepts: (bin) => isAllowedHost(probe, bin.id), crowd: (bin) => crowdOnHost(probe, bin.id) });
}
