/**
 * Improvement: smaller nodes for the same Pods.
 *
 * Reads a finished packing and changes it: single Pods move to room that is paid for elsewhere, where that lets their own
 * node become a cheaper type or go away. A Pod only moves
 * within its zone and where its constraints hold beside all others, so counts stay legal. Bounded, never worse.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { rowHolds } from "./bin-table.ts";
import { addTo, cheapestHolding, commitTo, fitInto, type Bin, type BinFit, type BinMember } from "./bin.ts";
import type { LabelState, LabelStates } from "./label-state.ts";
import { countsTooLate, isCountedElsewise } from "./late-count.ts";
import { binPlace, changeBin, charge, decidedValue, noteChange, topologyFor, vectorFor, type Packing } from "./packing.ts";
import { recordAt } from "./place-count.ts";
import type { PlanCut } from "./plan-cut.ts";
import { minus, shareOf, type Vector } from "./resource-space.ts";
import { takersOf, type Takers } from "./takers.ts";
import { verdictOn } from "./topology.ts";

/** Sweeps over all bins. */
const sweepsMax = 3;
/** Moves looked at in one improvement, one for each node that is asked. */
const movesTriedMax = 20_000_000;
/** How many cheaper types a bin is tried against. */
const smallerTypesMax = 2;

/** What one improvement remembers. */
interface Search {
  readonly takers: Takers;
  movesLeft: number;
}

/** Makes the packing cheaper where it can, until the plan is cut short. Whom to ask about a Pod that leaves makes no difference to the plan. */
export function improve(packing: Packing, cut: PlanCut, takers: Takers = takersOf(packing)): void {
  const search: Search = { takers, movesLeft: movesTriedMax };
  for (let sweep = 0; sweep < sweepsMax; sweep += 1) {
    let saved = false;
    for (const bin of [...packing.bins].sort((a, b) => a.committed.pricePerHour - b.committed.pricePerHour || a.id - b.id)) {
      if (cut.isDue()) return;
      if (bin.members.length > 0 && relieve(packing, { bin, search })) saved = true;
    }
    if (!saved || search.movesLeft <= 0) return;
  }
}

/** Commits a bin to the cheapest type that holds what is on it; says whether that is a cheaper one. */
export function shrink(packing: Packing, bin: Bin): boolean {
  const { state, used } = bin;
  if (bin.members.length === 0) {
    charge(packing, { bin, to: undefined });
    // It is not bought, so it must not look like room that is paid for.
    bin.used = bin.used.map(() => Infinity);
    noteChange(packing, bin);
    return true;
  }
  const ledger = packing.ledgers[state.template.index];
  const fit = cheapestHolding(state, { used, added: used.map(() => 0), ledger, from: bin });
  if (fit === undefined || fit.candidate.pricePerHour >= bin.committed.pricePerHour || countsTooLate(packing, { bin, fit })) return false;
  charge(packing, { bin, to: fit });
  changeBin(packing, {
    bin,
    change: () => {
      commitTo(bin, fit);
    },
  });
  return true;
}

/** Moves the smallest Pod whose leaving lets the bin become a cheaper type. */
function relieve(packing: Packing, { bin, search }: { readonly bin: Bin; readonly search: Search }): boolean {
  for (const target of smallerTypes(bin)) {
    const excess = minus(bin.used, target);
    const tried = new Set<number>();
    for (const member of leaving(packing, { bin, excess })) {
      if (tried.has(member.podClass.id)) continue;
      tried.add(member.podClass.id);
      if (!moveAway(packing, { bin, member, search })) continue;
      const isCheaper = shrink(packing, bin);
      search.takers.changed(bin);
      return isCheaper;
    }
  }
  return false;
}

/** The Pods of which each alone takes so much that the rest would do with less, the smallest first. */
function leaving(packing: Packing, { bin, excess }: { readonly bin: Bin; readonly excess: Vector }): readonly BinMember[] {
  const { problem } = packing;
  const found = bin.members.filter(({ podClass }) => isAtLeast(vectorFor(problem, podClass), excess));
  if (found.length < 2) return found;
  return found
    .map((member) => ({ member, worth: shareOf(vectorFor(problem, member.podClass), problem.weights) }))
    .sort((a, b) => a.worth - b.worth)
    .map(({ member }) => member);
}

function isAtLeast(amounts: Vector, least: Vector): boolean {
  for (let index = 0; index < amounts.length; index += 1) if ((amounts[index] ?? 0) < (least[index] ?? 0)) return false;
  return true;
}

/** The room of the next cheaper types; nothing at all, if the bin holds one Pod. */
function smallerTypes(bin: Bin): readonly Vector[] {
  if (bin.members.length === 1) return [bin.used.map(() => 0)];
  const found: Vector[] = [];
  for (let index = bin.committedIndex - 1; index >= 0 && found.length < smallerTypesMax; index -= 1) {
    const candidate = bin.state.candidates[index];
    if (candidate !== undefined && candidate.pricePerHour < bin.committed.pricePerHour) found.push(candidate.usable);
  }
  return found;
}

function moveAway(
  packing: Packing,
  { bin, member, search }: { readonly bin: Bin; readonly member: BinMember; readonly search: Search },
): boolean {
  const { problem } = packing;
  const { podClass } = member;
  // What it leaves behind and takes along depends on who else mounts its volumes.
  if (podClass.shared.length > 0) return false;
  const topology = topologyFor(problem, podClass);
  if (topology.host.affinity.length > 0 || topology.counting.some(({ kind, key }) => kind === "affinity" && key === hostnameLabel))
    return false;
  // Where no new host may come, one Pod less on a host may be one too many elsewhere.
  if (packing.closed.hosts && topology.counting.some((group) => group.kind === "spread" && group.hosts !== undefined)) return false;
  const best = bestTaker(packing, { bin, member, search });
  if (best === undefined || search.movesLeft <= 0) return false;
  const added = vectorFor(problem, podClass);
  const { bin: taker, fit } = best;
  recordAt(topology, binPlace(packing, bin), -1);
  charge(packing, { bin: taker, to: fit });
  changeBin(packing, {
    bin: taker,
    to: fit.state,
    change: () => {
      addTo(taker, { fit, member, added });
    },
  });
  recordAt(topology, binPlace(packing, taker));
  bin.members = bin.members.filter((one) => one !== member);
  bin.used = minus(bin.used, added);
  bin.changes += 1;
  noteChange(packing, bin);
  search.takers.changed(taker);
  search.takers.changed(bin);
  return true;
}

/** The node that takes the Pod for nothing and has least left; of equal ones the first. */
function bestTaker(
  packing: Packing,
  { bin, member, search }: { readonly bin: Bin; readonly member: BinMember; readonly search: Search },
): { readonly bin: Bin; readonly fit: BinFit } | undefined {
  const { table, bins } = packing;
  const { podClass } = member;
  const added = vectorFor(packing.problem, podClass);
  const places = search.takers.open({ podClass, from: bin });
  const count = places?.length ?? bins.length;
  search.movesLeft -= count;
  let best: { readonly bin: Bin; readonly fit: BinFit; readonly left: number } | undefined;
  for (let index = 0; index < count; index += 1) {
    const place = places === undefined ? index : (places[index] ?? 0);
    // Most have no room, which their rows tell.
    if (!rowHolds(table.free, place * table.width, added)) continue;
    const other = bins[place];
    if (other === undefined || other === bin || other.members.length === 0) continue;
    const left = table.freeShare[place] ?? 0;
    if (best !== undefined && (left > best.left || (left === best.left && other.id >= best.bin.id))) continue;
    const fit = moveFit(packing, { from: bin, to: other, member, added });
    if (fit !== undefined) best = { bin: other, fit, left };
  }
  if (best === undefined) search.takers.refused({ podClass, from: bin });
  return best;
}

/** How another bin takes a Pod for nothing, in the same zone and with no one's constraint broken; or undefined. */
function moveFit(
  packing: Packing,
  input: { readonly from: Bin; readonly to: Bin; readonly member: BinMember; readonly added: Vector },
): BinFit | undefined {
  const { from, to, member, added } = input;
  const { states } = packing.problem;
  const topology = topologyFor(packing.problem, member.podClass);
  if (from.state.template !== to.state.template) return undefined;
  if (verdictOn(topology, { key: hostnameLabel, domain: to.id }) !== "good" || isCountedElsewise(packing, { topology, from, to }))
    return undefined;
  for (const narrowed of states.withClass(to.state, member.podClass)) {
    const state = inDomainsOf(from.state, { state: narrowed, keys: topology.keys, states });
    const fit =
      state === undefined ? undefined : fitInto(to, { state, added, ledger: packing.ledgers[to.state.template.index], grow: false });
    if (fit?.addedPrice === 0 && fit.candidate.type === to.committed.type) return fit;
  }
  return undefined;
}

/** The state with every label decided as where the Pod comes from; undefined where it cannot be. */
function inDomainsOf(
  from: LabelState,
  { state, keys, states }: { readonly state: LabelState; readonly keys: readonly string[]; readonly states: LabelStates },
): LabelState | undefined {
  let decided: LabelState | undefined = state;
  for (const key of keys) {
    const value = decidedValue(states, { state: from, key });
    if (decided === undefined || value === undefined) return undefined;
    decided = states.withValue(decided, key, value);
  }
  return decided;
}
