/**
 * Packing: one attempt to place every Pod, and what it has come to so far.
 *
 * Reads the problem (all that stays the same over attempts). Returns the mutable record that the placing functions share:
 * what is used where, which nodes would be bought, which Pods nothing takes. Several attempts are made with different
 * strategies and the cheapest is kept, so nothing in here is seen outside before it is done.
 */
import { capacityTypeLabel, zoneLabel } from "../../api/labels.ts";
import { exactly, values } from "../../kube/requirement.ts";
import { intersection, type Requirements } from "../../kube/requirements.ts";
import { attachmentName } from "./attachments.ts";
import type { Bin, BinFit, BinMember } from "./bin.ts";
import { addTo, chargedFor } from "./bin.ts";
import { writeRow, type BinTable } from "./bin-table.ts";
import type { ExistingNode } from "./existing-node.ts";
import type { Candidate, LabelState, LabelStates } from "./label-state.ts";
import { addDomainsOf, recordAt, type Place } from "./place-count.ts";
import { fewPodsMax, type PodClass } from "./pod-class.ts";
import type { PoolLedger } from "./pool-limits.ts";
import type { PoolTemplate } from "./pool-template.ts";
import { plus, type ResourceSpace, type Vector } from "./resource-space.ts";
import { type ClassTopology, type Topology } from "./topology.ts";
import type { SpreadGroup } from "./topology-group.ts";

/** What one run is about; nothing in it but the topology's counts changes. */
export interface Problem {
  readonly space: ResourceSpace;
  readonly classes: readonly PodClass[];
  /** What one Pod of a class asks for where none of its volumes is attached, by class id. */
  readonly vectors: readonly Vector[];
  readonly templates: readonly PoolTemplate[];
  readonly existing: readonly ExistingNode[];
  readonly states: LabelStates;
  readonly topology: Topology;
  /** By class id: the classes that its Pods are tried as before; none, but under the preference policy Respect. */
  readonly relaxations: readonly (readonly PodClass[])[];
  /** True where some pool or node asks Pods to stay away. */
  readonly hasSoftTaints: boolean;
  /** What one unit of each resource is worth when room is compared: its share of all that is asked for. */
  readonly weights: Vector;
}

export interface ClosedDomains {
  /** What is closed by label. */
  readonly requirements: Requirements;
  /** True where no new node may come at all. */
  readonly hosts: boolean;
}

export interface Packing {
  readonly problem: Problem;
  readonly ledgers: readonly (PoolLedger | undefined)[];
  readonly bins: Bin[];
  /** The bins in numbers, row by row. */
  readonly table: BinTable;
  /** Used on each existing node by Pods of this run. */
  readonly usedExisting: Vector[];
  /** What is free on each existing node, row by row. */
  readonly freeOnExisting: Float64Array;
  readonly onExisting: { readonly node: ExistingNode; readonly member: BinMember }[];
  /** Ids of the shared volumes that Pods of this run have brought to a host, by its number. */
  readonly attached: Map<number, Set<string>>;
  /** Pods of each class that have no place yet, by class id. */
  readonly waiting: number[];
  /** Into how many domains required spread divides each class, by class id. */
  readonly divisors: readonly number[];
  /** What no new node may be, as spread counts on it; see closed-domains.ts. */
  closed: ClosedDomains;
  /** Pods by label and decided value, to break ties between domains. */
  readonly load: Map<string, Map<string, number>>;
}

/** Returns the topology of a class. */
export function topologyFor(problem: Problem, podClass: PodClass): ClassTopology {
  const topology = problem.topology.classes[podClass.id];
  if (topology === undefined) throw new Error("invariant broken: every class has its topology");
  return topology;
}

/** Says whether there are so few Pods that trying much costs nothing. */
export function isForFew({ classes }: Problem): boolean {
  return classes.reduce((sum, { pods }) => sum + pods.length, 0) <= fewPodsMax;
}

/** Returns what one Pod of a class asks for at most. */
export function vectorFor(problem: Problem, podClass: PodClass): Vector {
  return problem.vectors[podClass.id] ?? [];
}

/** Returns what one more Pod of a class takes of a host: a volume that is attached there already takes nothing. */
export function vectorOn(
  { problem, attached }: Packing,
  { podClass, host }: { readonly podClass: PodClass; readonly host: number },
): Vector {
  const vector = vectorFor(problem, podClass);
  if (podClass.shared.length === 0) return vector;
  const isThere = (id: string): boolean => attached.get(host)?.has(id) === true || problem.existing[host]?.attached.has(id) === true;
  const there = podClass.shared.filter(({ id }) => isThere(id)).map(({ driver }) => attachmentName(driver));
  return vector.map((amount, index) => amount - there.filter((name) => name === problem.space.names[index]).length);
}

function noteAttached({ attached }: Packing, { podClass, host }: { readonly podClass: PodClass; readonly host: number }): void {
  if (podClass.shared.length === 0) return;
  attached.set(host, new Set([...(attached.get(host) ?? []), ...podClass.shared.map(({ id }) => id)]));
}

/** Returns the bins that hold Pods: the nodes to buy. */
export function filledBins({ bins }: Packing): readonly Bin[] {
  return bins.filter(({ members }) => members.length > 0);
}

/** Returns what the nodes to buy cost, USD an hour. */
export function priceOf(packing: Packing): number {
  return filledBins(packing).reduce((sum, { committed }) => sum + committed.pricePerHour, 0);
}

/** Places a Pod on an existing node. */
export function placeOnExisting(packing: Packing, { node, member }: { readonly node: ExistingNode; readonly member: BinMember }): void {
  const { problem, usedExisting, freeOnExisting } = packing;
  const at = { podClass: member.podClass, host: node.id };
  const used = plus(usedExisting[node.id] ?? [], vectorOn(packing, at));
  noteAttached(packing, at);
  usedExisting[node.id] = used;
  for (const [index, amount] of used.entries()) freeOnExisting[node.id * used.length + index] = (node.free[index] ?? 0) - amount;
  packing.onExisting.push({ node, member });
  recordAt(topologyFor(problem, member.podClass), {
    id: node.id,
    value: node.value,
    values: node.values,
    counts: (group) => group.admits(node.facts, node.allowUndefined),
  });
}

/** Places a Pod in a bin and charges what the bin grows by. */
export function placeInBin(
  packing: Packing,
  { bin, fit, member }: { readonly bin: Bin; readonly fit: BinFit; readonly member: BinMember },
): void {
  const { problem } = packing;
  charge(packing, { bin, to: fit });
  const at = { podClass: member.podClass, host: bin.id };
  const added = vectorOn(packing, at);
  noteAttached(packing, at);
  const isNarrower = fit.state !== bin.state || bin.members.length === 0;
  changeBin(packing, {
    bin,
    to: fit.state,
    change: () => {
      addTo(bin, { fit, member, added });
    },
  });
  const place = binPlace(packing, bin);
  const topology = topologyFor(problem, member.podClass);
  if (isNarrower) addDomainsOf(problem.topology, place);
  recordAt(topology, place);
  for (const key of topology.keys) {
    const value = place.value(key) ?? "";
    let load = packing.load.get(key);
    if (load === undefined) packing.load.set(key, (load = new Map<string, number>()));
    load.set(value, (load.get(value) ?? 0) + 1);
  }
}

/** Opens an empty bin that is committed to a type. */
export function openBin(packing: Packing, fit: BinFit): Bin {
  const bin: Bin = {
    id: packing.problem.existing.length + packing.bins.length,
    state: fit.state,
    used: packing.problem.space.names.map(() => 0),
    committed: fit.candidate,
    committedIndex: fit.index,
    members: [],
    kept: fit.kept,
    changes: 0,
  };
  packing.ledgers[fit.state.template.index]?.charge({ from: undefined, to: chargedFor(bin) });
  packing.bins.push(bin);
  noteChange(packing, bin);
  return bin;
}

/** Returns the bin as a place that topology counts. */
export function binPlace({ problem }: Packing, bin: Bin): Place {
  return {
    id: bin.id,
    value: (key) => decidedValue(problem.states, { state: bin.state, key }),
    values: (key) => problem.states.valuesOf(bin.state, key),
    counts: (group) => admitsBin(group, bin),
  };
}

/** Returns a label's value where a state has decided it. */
export function decidedValue(
  states: LabelStates,
  { state, key }: { readonly state: LabelState; readonly key: string },
): string | undefined {
  const values = states.valuesOf(state, key);
  return values.length === 1 ? values[0] : undefined;
}

/**
 * Changes what a bin is to become; the Pods that were on it count anew, as a spread may count only some kinds of nodes, and as a label that
 * was left open for minValues may be decided now.
 */
export function changeBin(
  packing: Packing,
  { bin, to = bin.state, change }: { readonly bin: Bin; readonly to?: LabelState; readonly change: () => void },
): void {
  const { problem } = packing;
  const mayDecide = to !== bin.state && to.template.minValues.length > 0;
  if (!problem.topology.hasFilters && !mayDecide) {
    change();
    noteChange(packing, bin);
    return;
  }
  const before = [...bin.members];
  for (const { podClass } of before) recordAt(topologyFor(problem, podClass), binPlace(packing, bin), -1);
  change();
  noteChange(packing, bin);
  for (const { podClass } of before) recordAt(topologyFor(problem, podClass), binPlace(packing, bin));
}

/** Brings a bin's row up to date. */
export function noteChange({ problem, table }: Packing, bin: Bin): void {
  writeRow(table, { row: bin.id - problem.existing.length, bin, weights: problem.weights });
}

/** Charges the pool's limits with the change of a bin's type. */
export function charge(packing: Packing, { bin, to }: { readonly bin: Bin; readonly to: BinFit | undefined }): void {
  const from = chargedFor(bin);
  const charged = to === undefined ? undefined : chargedFor({ committed: to.candidate, kept: to.kept });
  if (charged !== from) packing.ledgers[bin.state.template.index]?.charge({ from, to: charged });
}

/** A label that neither the type nor the launch decides gets the smallest of its values. */
function withOwnLabels(requirements: Requirements, ofType: Requirements): Requirements {
  const own = [...requirements].flatMap(([key, requirement]) => {
    const listed = values(requirement) ?? [];
    const [smallest] = [...listed].sort();
    const isDecided = listed.length < 2 || ofType.has(key) || key === zoneLabel || key === capacityTypeLabel;
    return isDecided || smallest === undefined ? [] : [[key, exactly(key, smallest)] as const];
  });
  return own.length === 0 ? requirements : new Map([...requirements, ...own]);
}

/** Says whether a node to be made, as the type and offering that it is committed to, would count for a spread group. */
export function admitsBin(
  group: SpreadGroup,
  { state, committed }: { readonly state: LabelState; readonly committed: Candidate },
): boolean {
  if (group.admitsAll) return true;
  const { type, offerings } = committed;
  const [cheapest] = offerings;
  const bought = cheapest === undefined ? [] : [exactly(zoneLabel, cheapest.zone), exactly(capacityTypeLabel, cheapest.capacityType)];
  const offered: Requirements = new Map(bought.map((requirement) => [requirement.key, requirement]));
  const requirements = intersection(intersection(withOwnLabels(state.requirements, type.requirements), type.requirements), offered);
  return group.admits({ requirements, taints: state.template.taints }, state.template.allowUndefined);
}
