/**
 * Bin: a node that a packing means to buy, while Pods are still being added.
 *
 * Reads a LabelState (what the node may become) and amounts. Returns which type holds them and what that would cost. A bin
 * is committed to one type at a time, the one that its price and its pool's limits are counted with.
 */
import { keptTypes, type KeptTypes } from "./kept-types.ts";
import type { Candidate, LabelState } from "./label-state.ts";
import type { Resources } from "../../api/object.ts";
import { hasMinValues } from "./min-values.ts";
import type { PendingPod, PodClass } from "./pod-class.ts";
import type { PoolLedger } from "./pool-limits.ts";
import { holds, plus, type Vector } from "./resource-space.ts";

export interface BinMember {
  readonly podClass: PodClass;
  readonly pending: PendingPod;
}

/** Changes while Pods are placed; nothing outside of one packing sees it. */
export interface Bin {
  /** Number among all nodes of the run, after the existing ones; also its hostname domain. */
  readonly id: number;
  state: LabelState;
  used: Vector;
  committed: Candidate;
  /** Position of `committed` among the state's candidates. */
  committedIndex: number;
  members: BinMember[];
  /** Types that minValues need beside the committed one, where limits count them. */
  kept: KeptTypes | undefined;
  /** How often it has changed. */
  changes: number;
}

/** A way to add one Pod to a bin: the state it would be in, the type it would need, and what that adds to the price. */
export interface BinFit {
  readonly state: LabelState;
  readonly index: number;
  readonly candidate: Candidate;
  readonly addedPrice: number;
  readonly kept?: KeptTypes | undefined;
}

/** Returns how a bin could take more, or undefined. With `grow` false it may not become a larger type. */
export function fitInto(
  bin: Bin,
  input: { readonly state: LabelState; readonly added: Vector; readonly ledger: PoolLedger | undefined; readonly grow: boolean },
): BinFit | undefined {
  const { state, added } = input;
  const index = state === bin.state ? bin.committedIndex : state.positions.get(bin.committed.type);
  const current = index === undefined ? undefined : state.candidates[index];
  if (
    index !== undefined &&
    current !== undefined &&
    holds(current.usable, bin.used, added) &&
    hasMinValues(state, { used: bin.used, added })
  ) {
    const kept = keptWith(state, { used: bin.used, added, ledger: input.ledger, candidate: current, from: chargedFor(bin) });
    const addedPrice = roundedPrice(Math.max(0, current.pricePerHour - bin.committed.pricePerHour));
    if (kept !== "none") return { state, index, candidate: current, addedPrice, kept };
  }
  if (!input.grow || !holds(state.largest, bin.used, added)) return undefined;
  return cheapestHolding(state, { used: bin.used, added, ledger: input.ledger, from: bin, start: index ?? 0 });
}

/** Returns the cheapest type of a state that holds `used` and `added`, within the pool's limits. */
export function cheapestHolding(
  state: LabelState,
  input: {
    readonly used: Vector;
    readonly added: Vector;
    readonly ledger: PoolLedger | undefined;
    /** What is committed to now, which its pool's limits are charged with. */
    readonly from: Pick<Bin, "committed" | "kept"> | undefined;
    /** Position of the first candidate to look at; those before it are known not to hold the amounts. */
    readonly start?: number;
  },
): BinFit | undefined {
  const { used, added, ledger, from } = input;
  if (!hasMinValues(state, input)) return undefined;
  const charged = from === undefined ? undefined : chargedFor(from);
  for (let index = input.start ?? 0; index < state.candidates.length; index += 1) {
    const candidate = state.candidates[index];
    if (candidate === undefined || !holds(candidate.usable, used, added)) continue;
    if (ledger !== undefined && !ledger.allows({ from: charged, to: candidate.type.instanceType.capacity })) continue;
    const kept = keptWith(state, { used, added, ledger, candidate, from: charged });
    if (kept === "none") continue;
    const addedPrice = roundedPrice(Math.max(0, candidate.pricePerHour - (from?.committed.pricePerHour ?? 0)));
    return { state, index, candidate, addedPrice, kept };
  }
  return undefined;
}

/** Rounds to a billionth of a dollar, so that equal differences of prices compare as equal. */
export function roundedPrice(price: number): number {
  return Math.round(price * 1e9) / 1e9;
}

/** Adds a Pod in the way that was found. */
export function addTo(
  bin: Bin,
  { fit, member, added }: { readonly fit: BinFit; readonly member: BinMember; readonly added: Vector },
): void {
  bin.state = fit.state;
  commitTo(bin, fit);
  bin.used = plus(bin.used, added);
  bin.members.push(member);
  bin.changes += 1;
}

/** Returns what a bin's pool is charged with. */
export function chargedFor({ committed, kept }: Pick<Bin, "committed" | "kept">): Resources {
  return kept?.capacity ?? committed.type.instanceType.capacity;
}

/** The types to keep; undefined where none must be, "none" where too few can be. */
function keptWith(
  state: LabelState,
  of: Omit<Parameters<typeof keptTypes>[1], "ledger"> & { readonly ledger: PoolLedger | undefined },
): KeptTypes | "none" | undefined {
  const { ledger } = of;
  if (ledger === undefined || state.template.minValues.length === 0) return undefined;
  return keptTypes(state, { ...of, ledger }) ?? "none";
}

/** Commits a bin to a type of its state. */
export function commitTo(bin: Bin, fit: BinFit): void {
  bin.kept = fit.kept;
  bin.committed = fit.candidate;
  bin.committedIndex = fit.index;
  bin.changes += 1;
}
