/**
 * ClassRun: where the Pods of one class go, one after the other: nodes that exist, nodes that are being planned, new ones.
 *
 * Reads a packing. Returns the cheapest choice for the next Pod: room that is paid for first, then what raises the price
 * least, then the tightest fit. All comparisons end in the node's number, so the answer never depends on chance.
 */
import { cheapestHolding, type BinFit } from "./bin.ts";
import type { BinLists } from "./bin-lists.ts";
import { binQueue, type BinQueue } from "./bin-queue.ts";
import type { BinChoice } from "./bin-scan.ts";
import type { ExistingNode } from "./existing-node.ts";
import type { LabelState } from "./label-state.ts";
import { unmetIn, unmetOnBin, unmetOnNode } from "./liking.ts";
import { nodeQueue, type NodeQueue } from "./node-queue.ts";
import type { Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import type { PoolTemplate } from "./pool-template.ts";
import { mayBeRude } from "./courtesy.ts";
import { isAllowedHost, optionsFor, probeOf, renew, type Probe } from "./probe.ts";
import { holds, type Vector } from "./resource-space.ts";
import type { Steer } from "./steering.ts";
import type { ClassTopology } from "./topology.ts";

export type Choice =
  { readonly kind: "existing"; readonly node: ExistingNode } | BinChoice | { readonly kind: "new"; readonly fit: OpeningFit };

/** A new bin; bulk where it is committed to more than its first Pod needs, because many will follow. */
export interface OpeningFit extends BinFit {
  readonly isBulk: boolean;
  /** What NodePools of equal weight are compared by: the price, for what the rule has in mind for the node. */
  readonly rate: number;
}

/** Decides which type a new bin is committed to, given the cheapest one that holds its first Pod; undefined where none is opened. */
export type OpeningRule = (input: {
  readonly packing: Packing;
  readonly cheapest: BinFit;
  readonly added: Vector;
}) => OpeningFit | undefined;

export interface ClassRun {
  /** The best place for one more Pod, or undefined. */
  next(): Choice | undefined;
  /** Tells to which bin the Pod went, if it went to one. */
  placed(bin: BinChoice["bin"] | undefined): void;
}

interface RunInput {
  readonly podClass: PodClass;
  readonly nodes: readonly ExistingNode[];
  readonly opening: OpeningRule;
  /** Lists for the class's amounts and labels. */
  readonly lists: BinLists;
  /** How many Pods are to be placed. */
  readonly pods: number;
  /** Where they are to go, and nowhere else. */
  readonly steer?: Steer | undefined;
}

interface Looking {
  readonly probe: Probe;
  readonly nodes: NodeQueue;
  readonly bins: BinQueue;
  /** Position of the cheapest type that holds one Pod alone, by state id. */
  readonly firsts: (number | undefined)[];
}

/** Opens a run for Pods of a class. */
export function classRun(packing: Packing, input: RunInput): ClassRun {
  const polite = looking(packing, input, { rude: false });
  const { topology } = polite.probe;
  const mayYield = input.steer === undefined && isEverRude(topology);
  return {
    next: () => {
      renew(polite.probe);
      const choice = choose(polite, input.opening);
      // Rare: no place keeps the order open, so each such Pod looks over everything by itself.
      return choice === undefined && mayYield ? choose(looking(packing, { ...input, pods: 1 }, { rude: true }), input.opening) : choice;
    },
    placed: (bin) => {
      if (bin !== undefined) polite.bins.offer(bin);
    },
  };
}

function looking(packing: Packing, { podClass, nodes, lists, pods, steer }: RunInput, { rude }: { readonly rude: boolean }): Looking {
  const probe = probeOf(packing, podClass, { rude, steer });
  return {
    probe,
    nodes: nodeQueue(probe, { nodes, pods }),
    bins: binQueue(probe, { lists, pods }),
    firsts: [],
  };
}

function choose(looked: Looking, opening: OpeningRule): Choice | undefined {
  const { probe } = looked;
  const node = looked.nodes.best();
  if (node !== undefined && unmetOnNode(probe, node) === 0) return { kind: "existing", node };
  const grown = looked.bins.best();
  // Both cost nothing: the node stays, unless the planned one is liked more.
  if (node !== undefined)
    return grown?.fit.addedPrice === 0 && unmetOf(probe, grown) < unmetOnNode(probe, node) ? grown : { kind: "existing", node };
  if (grown?.fit.addedPrice === 0) return grown;
  const opened = openFor(looked, opening);
  if (opened?.fit.isBulk === true) return opened;
  if (opened === undefined || grown === undefined) return grown ?? opened;
  // For the same money no preference is worth a node more.
  return opened.fit.addedPrice < grown.fit.addedPrice ? opened : grown;
}

function unmetOf(probe: Probe, { bin, fit }: BinChoice): number {
  return unmetOnBin(probe, { state: fit.state, host: bin.id });
}

/** The number that the next node to be opened will have. */
function newHost({ packing }: Probe): number {
  return packing.problem.existing.length + packing.bins.length;
}

/**
 * The heaviest pool that can make a node for the Pod, the cheapest of those of equal weight, in their order where they cost the same;
 * within it the cheapest domain and type. A later one only where it costs no more and is liked more; minValues are given up only where
 * their pool takes the Pod in no other way.
 */
function openFor(looked: Looking, opening: OpeningRule): { readonly kind: "new"; readonly fit: OpeningFit } | undefined {
  const { probe } = looked;
  const { problem, closed } = probe.packing;
  if (closed.hosts || !isAllowedHost(probe, newHost(probe))) return undefined;
  let chosen: OpeningFit | undefined;
  let fitting: PoolTemplate | undefined;
  for (const template of problem.templates) {
    if (template.isRelaxed === true && template.name === fitting?.name) continue;
    const isRival = chosen !== undefined && areRivals(chosen.state.template, template);
    if (chosen !== undefined && !isRival && unmetIn(probe, chosen.state) === 0) continue;
    const best = openIn(looked, { template, opening });
    if (best === undefined) continue;
    fitting = template;
    if (chosen === undefined || (isRival ? isBetterRate(probe, best, chosen) : isFreelyLiked(probe, best, chosen))) chosen = best;
  }
  return chosen === undefined ? undefined : { kind: "new", fit: chosen };
}

/** The cheapest domain and type of one template. */
function openIn(
  looked: Looking,
  { template, opening }: { readonly template: PoolTemplate; readonly opening: OpeningRule },
): OpeningFit | undefined {
  const { probe } = looked;
  const { packing, added } = probe;
  const { states } = packing.problem;
  const { requirements } = packing.closed;
  const first = states.root(template);
  const root = first === undefined || requirements.size === 0 ? first : states.narrowed(first, requirements);
  let best: OpeningFit | undefined;
  for (const state of root === undefined ? [] : optionsFor(probe, root)) {
    const cheapest = cheapestAlone(looked, state);
    const fit = cheapest === undefined ? undefined : opening({ packing, cheapest, added });
    if (fit !== undefined && (best === undefined || isBetterRate(probe, fit, best))) best = fit;
  }
  return best;
}

/** Says whether two templates are of pools of equal weight; templates of one pool have an order of their own. */
export function areRivals(a: PoolTemplate, b: PoolTemplate): boolean {
  return a.name !== b.name && (a.nodePool.spec.weight ?? 0) === (b.nodePool.spec.weight ?? 0);
}

/** A pool must be cheaper by at least this share, so that rounding never decides. */
const rateGainMin = 1e-9;

function isBetterRate(probe: Probe, one: OpeningFit, other: OpeningFit): boolean {
  if (one.rate < other.rate * (1 - rateGainMin)) return true;
  return one.rate <= other.rate * (1 + rateGainMin) && unmetIn(probe, one.state) < unmetIn(probe, other.state);
}

function isFreelyLiked(probe: Probe, one: OpeningFit, other: OpeningFit): boolean {
  return one.addedPrice <= other.addedPrice && unmetIn(probe, one.state) < unmetIn(probe, other.state);
}

/** The cheapest type that holds one Pod of the class alone; smaller ones are not looked at twice. */
function cheapestAlone({ probe, firsts }: Looking, state: LabelState): BinFit | undefined {
  const { packing, added } = probe;
  const used = added.map(() => 0);
  const start = (firsts[state.id] ??= state.candidates.findIndex(({ usable }) => holds(usable, used, added)));
  if (start < 0) return undefined;
  return cheapestHolding(state, { used, added, ledger: packing.ledgers[state.template.index], from: undefined, start });
}

function isEverRude({ host, byKey }: ClassTopology): boolean {
  return mayBeRude(host) || [...byKey.values()].some(mayBeRude);
}
