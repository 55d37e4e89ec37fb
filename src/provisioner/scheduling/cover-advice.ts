/**
 * CoverAdvice: nodes opened as a cutting-stock program advises, with the Pods that it means for them.
 *
 * Reads a packing and the Pods that wait. Changes the packing: for each pattern (pattern-cover.ts) it opens nodes of the
 * pattern's type and puts the Pods on one by one, each asked about as ever, so that no constraint depends on the program.
 * Returns the Pods that are left for the usual rounds.
 */
import { fitInto, type Bin, type BinFit } from "./bin.ts";
import { coverDemand, type CoverDemand, type DemandShape, type DemandType, type WaitingClass } from "./cover-demand.ts";
import { isLikedMore } from "./liking.ts";
import { openBin, placeInBin, vectorFor, type Packing } from "./packing.ts";
import { coverPatterns, leastPrice, type Pattern } from "./pattern-cover.ts";
import type { StepCounter } from "./pattern-pricing.ts";
import type { PendingPod, PodClass } from "./pod-class.ts";
import { isAllowedHost, optionsFor, probeOf } from "./probe.ts";

/** The program is asked where the best plan so far costs so much more than the least that any could. */
const dearnessMin = 1.01;

/**
 * Opens and fills nodes as a program advises; undefined where a plan of this price can't be bettered by much, or the program
 * has no advice.
 */
export function followCover(
  packing: Packing,
  input: { readonly waiting: readonly WaitingClass[]; readonly priceSoFar: number; readonly steps: StepCounter },
): readonly WaitingClass[] | undefined {
  const demand = coverDemand(packing, input.waiting);
  if (demand.shapes.length === 0 || input.priceSoFar < leastPrice(demand) * dearnessMin) return undefined;
  const patterns = coverPatterns(demand, input.steps);
  if (patterns.length === 0) return undefined;
  const queues = demand.shapes.map(queueOf);
  for (const pattern of patterns) for (let node = 0; node < pattern.nodes; node += 1) openPattern(packing, { pattern, demand, queues });
  const placed = new Map(queues.flatMap(({ classes }) => classes.map(({ podClass, pods }) => [podClass, pods] as const)));
  return input.waiting
    .map(({ podClass, pods }) => ({ podClass, pods: placed.get(podClass) ?? pods }))
    .filter(({ pods }) => pods.length > 0);
}

/** The Pods of a shape that wait, class by class. */
interface Queue {
  readonly classes: { readonly podClass: PodClass; pods: readonly PendingPod[] }[];
}

function queueOf({ classes }: DemandShape): Queue {
  return { classes: classes.map(({ podClass, pods }) => ({ podClass, pods })) };
}

function openPattern(
  packing: Packing,
  { pattern, demand, queues }: { readonly pattern: Pattern; readonly demand: CoverDemand; readonly queues: readonly Queue[] },
): void {
  const type = demand.types[pattern.type];
  if (type === undefined) return;
  const ledger = packing.ledgers[type.state.template.index];
  if (ledger?.allows({ from: undefined, to: type.candidate.type.instanceType.capacity }) === false) return;
  let bin: Bin | undefined;
  for (const [index, shape] of pattern.shapes.entries()) {
    const queue = queues[shape];
    for (let left = pattern.counts[index] ?? 0; queue !== undefined && left > 0; left -= 1) {
      bin = placeNext(packing, { queue, type, bin });
    }
  }
}

/** Puts the next Pod of a shape on the node, of the first class that may go there; returns the node, opened for its first Pod. */
function placeNext(
  packing: Packing,
  { queue, type, bin }: { readonly queue: Queue; readonly type: DemandType; readonly bin: Bin | undefined },
): Bin | undefined {
  for (const one of queue.classes) {
    const { podClass } = one;
    const [pending] = one.pods;
    if (pending === undefined) continue;
    const taker = bin ?? emptyBin(packing, type);
    const fit = fitOf(packing, { bin: taker, podClass });
    if (fit === undefined) continue;
    const opened = bin ?? openBin(packing, openingOf(type));
    placeInBin(packing, { bin: opened, fit, member: { podClass, pending } });
    one.pods = one.pods.slice(1);
    packing.waiting[podClass.id] = (packing.waiting[podClass.id] ?? 0) - 1;
    return opened;
  }
  return bin;
}

/** How the node takes a Pod of the class for nothing, with everything asked that is asked of any node. */
function fitOf(packing: Packing, { bin, podClass }: { readonly bin: Bin; readonly podClass: PodClass }): BinFit | undefined {
  const probe = probeOf(packing, podClass, { rude: false });
  if (!isAllowedHost(probe, bin.id)) return undefined;
  let best: BinFit | undefined;
  for (const state of optionsFor(probe, bin.state)) {
    const fit = fitInto(bin, {
      state,
      added: vectorFor(packing.problem, podClass),
      ledger: packing.ledgers[state.template.index],
      grow: false,
    });
    if (fit?.addedPrice === 0 && (best === undefined || isLikedMore(probe, fit, best))) best = fit;
  }
  return best;
}

function openingOf({ state, index, candidate }: DemandType): BinFit {
  return { state, index, candidate, addedPrice: candidate.pricePerHour };
}

/** The node as it would be opened next. */
function emptyBin({ problem, bins }: Packing, { state, index, candidate }: DemandType): Bin {
  const used = problem.space.names.map(() => 0);
  return {
    id: problem.existing.length + bins.length,
    state,
    used,
    committed: candidate,
    committedIndex: index,
    members: [],
    kept: undefined,
    changes: 0,
  };
}
