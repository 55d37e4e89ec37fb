/**
 * Where the next Pod of a class goes: a node that exists, one that is being planned, or one more.
 *
 * Reads a packing. Returns the cheapest choice: room that is paid for first, then what raises the price least, then the
 * tightest fit. All comparisons end in the node's number, so the answer never depends on chance.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { cheapestHolding, fitInto, roundedPrice, type Bin, type BinFit } from "./bin.ts";
import { acceptsClass, type ExistingNode } from "./existing-node.ts";
import { compare, type LabelState } from "./label-state.ts";
import { topologyFor, vectorFor, type Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import { holds, type Vector } from "./resource-space.ts";
import { crowding, verdictOn, type ClassTopology } from "./topology.ts";

export type Choice =
  | { readonly kind: "existing"; readonly node: ExistingNode }
  | { readonly kind: "bin"; readonly bin: Bin; readonly fit: BinFit }
  | { readonly kind: "new"; readonly fit: OpeningFit };

/** A new bin; bulk where it is committed to more than its first Pod needs, because many will follow. */
export interface OpeningFit extends BinFit {
  readonly isBulk: boolean;
}

/** Decides which type a new bin is committed to, given the cheapest one that holds its first Pod. */
export type OpeningRule = (input: { readonly packing: Packing; readonly cheapest: BinFit; readonly added: Vector }) => OpeningFit;

interface Probe {
  readonly packing: Packing;
  readonly podClass: PodClass;
  readonly topology: ClassTopology;
  readonly added: Vector;
  /** True where a rude domain will do. */
  readonly rude: boolean;
  /** The states that a bin in a state could be in with the Pod, by state id; counts do not change during one probe. */
  readonly options: (readonly LabelState[] | undefined)[];
}

/** Returns the best place for one more Pod of the class, or undefined. */
export function chooseFor(
  packing: Packing,
  { podClass, nodes, opening }: { readonly podClass: PodClass; readonly nodes: readonly ExistingNode[]; readonly opening: OpeningRule },
): Choice | undefined {
  for (const rude of [false, true]) {
    const topology = topologyFor(packing.problem, podClass);
    if (rude && !mayBeRude(topology)) break;
    const probe: Probe = { packing, podClass, topology, added: vectorFor(packing.problem, podClass), rude, options: [] };
    const choice = chooseExisting(probe, nodes) ?? chooseBin(probe, opening);
    if (choice !== undefined) return choice;
  }
  return undefined;
}

/** Returns the nodes whose requirements and taints let the class run, in the order in which they are filled. */
export function nodesFor(packing: Packing, podClass: PodClass, memo: Map<string, boolean>): readonly ExistingNode[] {
  return packing.problem.existing.filter((node) => {
    if (podClass.namesNodes || !node.state.accepting) return acceptsClass(node, podClass);
    const name = `${node.alikeId} ${podClass.placementId}`;
    const known = memo.get(name) ?? acceptsClass(node, podClass);
    memo.set(name, known);
    return known;
  });
}

/** Says whether an existing node can take one more Pod of the class now. */
export function hasRoomOn(
  packing: Packing,
  { podClass, node, rude }: { readonly podClass: PodClass; readonly node: ExistingNode; readonly rude: boolean },
): boolean {
  const topology = topologyFor(packing.problem, podClass);
  if (!hasResourcesOn(packing, { podClass, node })) return false;
  if (!isAllowedHost(topology, { id: node.id, rude })) return false;
  return topology.keys.every((key) => {
    const domain = node.value(key);
    if (domain === undefined) return !needsDomain(topology, key);
    return isGoodEnough(verdictOn(topology, { key, domain }), rude);
  });
}

/** Says whether what is free on an existing node holds one more Pod of the class. */
export function hasResourcesOn(
  { problem, usedExisting }: Packing,
  { podClass, node }: { readonly podClass: PodClass; readonly node: ExistingNode },
): boolean {
  return holds(node.free, usedExisting[node.id] ?? [], vectorFor(problem, podClass));
}

function chooseExisting({ packing, podClass, topology, rude }: Probe, nodes: readonly ExistingNode[]): Choice | undefined {
  const wishes = [...topology.byKey.entries(), [hostnameLabel, topology.host] as const].filter(([, groups]) => groups.wishes.length > 0);
  let best: { readonly node: ExistingNode; readonly crowd: number } | undefined;
  for (const node of nodes) {
    if (best !== undefined && best.node.state.initialized !== node.state.initialized) break;
    if (!hasRoomOn(packing, { podClass, node, rude })) continue;
    if (wishes.length === 0) return { kind: "existing", node };
    const crowd = wishes.reduce(
      (sum, [key]) => sum + crowding(topology, { key, domain: key === hostnameLabel ? node.id : (node.value(key) ?? "") }),
      0,
    );
    if (best === undefined || crowd < best.crowd) best = { node, crowd };
  }
  return best === undefined ? undefined : { kind: "existing", node: best.node };
}

function chooseBin(probe: Probe, opening: OpeningRule): Choice | undefined {
  const paid = paidRoom(probe);
  if (paid !== undefined) return paid;
  const opened = openFor(probe, opening);
  if (opened?.fit.isBulk === true) return opened;
  const grown = grownBin(probe);
  if (opened === undefined || grown === undefined) return grown ?? opened;
  return opened.fit.addedPrice < grown.fit.addedPrice ? opened : grown;
}

interface BinChoice {
  readonly kind: "bin";
  readonly bin: Bin;
  readonly fit: BinFit;
}

/** The bin whose type holds the Pod already: the least crowded, then the one that it fills most. */
function paidRoom(probe: Probe): BinChoice | undefined {
  const { packing, topology, added } = probe;
  const { weights } = packing.problem;
  const hasWishes = topology.host.wishes.length > 0;
  let best: Bin | undefined;
  let bestLeft = Infinity;
  let bestCrowd = Infinity;
  for (const bin of packing.bins) {
    const left = roomLeft(bin.committed.usable, { used: bin.used, added, weights });
    if (left < 0 || (!hasWishes && left >= bestLeft)) continue;
    const crowd = hasWishes ? crowdOn(probe, bin) : 0;
    if (crowd > bestCrowd || (crowd === bestCrowd && left >= bestLeft)) continue;
    if (!isPaidFor(probe, bin)) continue;
    best = bin;
    bestLeft = left;
    bestCrowd = crowd;
  }
  const fit = best === undefined ? undefined : cheapestFit(probe, { bin: best, grow: false, priceMax: 0 });
  return best === undefined || fit === undefined ? undefined : { kind: "bin", bin: best, fit };
}

/** Says whether the bin takes the Pod as the type that it is, at no added price. */
function isPaidFor(probe: Probe, bin: Bin): boolean {
  const { topology, rude } = probe;
  const states = optionsFor(probe, bin.state);
  if (states.length === 0 || (topology.usesHost && !isAllowedHost(topology, { id: bin.id, rude }))) return false;
  const isSettled = states[0] === bin.state && bin.state.template.minValues.length === 0;
  return isSettled || cheapestFit(probe, { bin, grow: false, priceMax: 0 }) !== undefined;
}

/** Of bins that would grow at the same price, so many are compared for the tightest fit; cheaper ones are always looked for. */
const equalsMax = 256;

/** The bin that takes the Pod at the least added price; among equals the least crowded, then the one that it fills most. */
function grownBin(probe: Probe): BinChoice | undefined {
  const { packing, topology, added, rude } = probe;
  const { weights } = packing.problem;
  let equals = 0;
  let best: (BinChoice & { readonly crowd: number; readonly left: number }) | undefined;
  for (const bin of packing.bins) {
    const priceMax = best?.fit.addedPrice ?? Infinity;
    if (equals >= equalsMax && !mayGrowFor(bin, { added, priceBelow: priceMax })) continue;
    if (optionsFor(probe, bin.state).length === 0 || !isAllowedHost(topology, { id: bin.id, rude })) continue;
    const fit = cheapestFit(probe, { bin, grow: true, priceMax });
    if (fit === undefined) continue;
    const crowd = crowdOn(probe, bin);
    const left = roomLeft(fit.candidate.usable, { used: bin.used, added, weights });
    const isEqual = fit.addedPrice === priceMax;
    equals = isEqual ? equals + 1 : 1;
    if (best !== undefined && isEqual && (crowd > best.crowd || (crowd === best.crowd && left >= best.left))) continue;
    best = { kind: "bin", bin, fit, crowd, left };
  }
  return best;
}

/** Says whether some type that adds less than a price holds the Pod; what else the Pod asks for can only make it dearer. */
function mayGrowFor(bin: Bin, { added, priceBelow }: { readonly added: Vector; readonly priceBelow: number }): boolean {
  const { candidates } = bin.state;
  for (let index = bin.committedIndex + 1; index < candidates.length; index += 1) {
    const candidate = candidates[index];
    if (candidate === undefined || roundedPrice(candidate.pricePerHour - bin.committed.pricePerHour) >= priceBelow) return false;
    if (holds(candidate.usable, bin.used, added)) return true;
  }
  return false;
}

/** The cheapest way for a bin to take the Pod, for at most a price; on equal prices the state that topology likes best. */
function cheapestFit(probe: Probe, input: { readonly bin: Bin; readonly grow: boolean; readonly priceMax: number }): BinFit | undefined {
  const { packing, topology, added } = probe;
  const { bin, grow } = input;
  let best: BinFit | undefined;
  for (const state of optionsFor(probe, bin.state)) {
    const fit = fitInto(bin, { state, added, ledger: packing.ledgers[state.template.index], grow });
    if (fit !== undefined && fit.addedPrice <= input.priceMax && (best === undefined || fit.addedPrice < best.addedPrice)) best = fit;
  }
  return best === undefined || !isAllowedHost(topology, { id: bin.id, rude: probe.rude }) ? undefined : best;
}

function crowdOn({ topology }: Probe, bin: Bin): number {
  return topology.host.wishes.length === 0 ? 0 : crowding(topology, { key: hostnameLabel, domain: bin.id });
}

/** The first pool by weight that can make a node for the Pod; within it the cheapest domain and type. */
function openFor(probe: Probe, opening: OpeningRule): { readonly kind: "new"; readonly fit: OpeningFit } | undefined {
  const { packing, topology, added } = probe;
  const { problem } = packing;
  if (!isAllowedHost(topology, { id: problem.existing.length + packing.bins.length, rude: probe.rude })) return undefined;
  const used = added.map(() => 0);
  for (const template of problem.templates) {
    const root = problem.states.root(template);
    if (root === undefined) continue;
    let best: OpeningFit | undefined;
    for (const state of optionsFor(probe, root)) {
      const cheapest = cheapestHolding(state, { used, added, ledger: packing.ledgers[template.index], from: undefined });
      const fit = cheapest === undefined ? undefined : opening({ packing, cheapest, added });
      if (fit !== undefined && (best === undefined || fit.addedPrice < best.addedPrice)) best = fit;
    }
    if (best !== undefined) return { kind: "new", fit: best };
  }
  return undefined;
}

/** The states in which a bin could take the Pod: requirements narrowed, and every label that topology needs decided. */
function optionsFor(probe: Probe, from: LabelState): readonly LabelState[] {
  const known = probe.options[from.id];
  if (known !== undefined) return known;
  const { states } = probe.packing.problem;
  let options = states.withClass(from, probe.podClass);
  for (const key of probe.topology.keys) options = options.flatMap((state) => decide(probe, { state, key }));
  probe.options[from.id] = options;
  return options;
}

function decide(probe: Probe, { state, key }: { readonly state: LabelState; readonly key: string }): readonly LabelState[] {
  const { packing, topology, rude } = probe;
  const { states } = packing.problem;
  const offered = states.valuesOf(state, key);
  if (offered.length === 0) return needsDomain(topology, key) ? [] : [state];
  return offered
    .filter((domain) => isGoodEnough(verdictOn(topology, { key, domain }), rude))
    .map((domain) => ({ domain, crowd: crowding(topology, { key, domain }), load: packing.load.get(`${key}=${domain}`) ?? 0 }))
    .sort((a, b) => a.crowd - b.crowd || a.load - b.load || compare(a.domain, b.domain))
    .flatMap(({ domain }) => states.withValue(state, key, domain) ?? []);
}

/** What is left of a type's room after the Pod, in shares of all that is asked for; negative where it does not hold the Pod. */
function roomLeft(
  usable: Vector,
  { used, added, weights }: { readonly used: Vector; readonly added: Vector; readonly weights: Vector },
): number {
  let total = 0;
  for (let index = 0; index < usable.length; index += 1) {
    const left = (usable[index] ?? 0) - (used[index] ?? 0) - (added[index] ?? 0);
    if (left < 0) return -1;
    total += left * (weights[index] ?? 0);
  }
  return total;
}

function needsDomain(topology: ClassTopology, key: string): boolean {
  const groups = topology.byKey.get(key);
  return groups !== undefined && (groups.spread.length > 0 || groups.affinity.length > 0);
}

function isAllowedHost(topology: ClassTopology, { id, rude }: { readonly id: number; readonly rude: boolean }): boolean {
  return !topology.usesHost || isGoodEnough(verdictOn(topology, { key: hostnameLabel, domain: id }), rude);
}

function isGoodEnough(verdict: ReturnType<typeof verdictOn>, rude: boolean): boolean {
  return verdict === "good" || (rude && verdict === "rude");
}

function mayBeRude(topology: ClassTopology): boolean {
  return topology.host.countedBy.length > 0 || [...topology.byKey.values()].some(({ countedBy }) => countedBy.length > 0);
}
