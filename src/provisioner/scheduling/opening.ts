/**
 * How large a new node should be: just enough for its first Pod, or large enough for those that will follow.
 *
 * Reads a packing and the cheapest type for the first Pod. Returns the type to commit the new bin to. Neither rule wins
 * always, so both are tried (attempt.ts): growing node by node wastes least among many small nodes that constraints force
 * apart; buying in bulk wins where overhead a node (the kubelet's share, DaemonSets) makes large types cheaper a Pod.
 */
import { hostnameLabel } from "../../api/labels.ts";
import type { BinFit } from "./bin.ts";
import type { OpeningFit, OpeningRule } from "./class-run.ts";
import { topologyFor, vectorFor, type Packing, type Problem } from "./packing.ts";
import type { LabelState } from "./label-state.ts";
import { holds, shareOf, type Vector } from "./resource-space.ts";
import type { ClassTopology } from "./topology.ts";

/** Commits to the cheapest type that holds the first Pod; the bin grows later where that is cheaper than a new one. */
export const openSmall: OpeningRule = ({ cheapest: { state, index, candidate, addedPrice, kept } }) => ({
  state,
  index,
  candidate,
  addedPrice,
  kept,
  isBulk: false,
  rate: addedPrice,
});

/**
 * Commits to the type with the least price for its share of the demand that is still waiting. The demand is divided over
 * the zones that spread forces it into, and over the nodes that must exist anyway because Pods may not share a host.
 */
export const openBulk: OpeningRule = openForPart(1);

/** Does the same for one of so many equal parts of that demand. */
export function openForPart(parts: number): OpeningRule {
  return ({ packing, cheapest, added }) => {
    const { state } = cheapest;
    const ledger = packing.ledgers[state.template.index];
    const demand = demandOnNode(packing, state).map((amount) => amount / parts);
    const nothing = demand.map(() => 0);
    // Limits count all that minValues keeps: what grows step by step is counted each time.
    const unit = demandUnit(packing, demand);
    let bestRate = rateOf(cheapest.candidate, demand);
    let best: OpeningFit = { ...cheapest, isBulk: false, rate: bestRate / unit };
    if (ledger !== undefined && state.template.minValues.length > 0) return best;
    for (let index = cheapest.index + 1; index < state.candidates.length; index += 1) {
      const candidate = state.candidates[index];
      if (candidate === undefined || !holds(candidate.usable, nothing, added)) continue;
      const rate = rateOf(candidate, demand);
      if (rate > bestRate * (1 - rateGainMin)) continue;
      if (ledger !== undefined && !ledger.allows({ from: undefined, to: candidate.type.instanceType.capacity })) continue;
      best = { state, index, candidate, addedPrice: candidate.pricePerHour, isBulk: true, rate: rate / unit };
      bestRate = rate;
    }
    return best;
  };
}

/** Commits to the cheapest type that holds all that is still waiting for such nodes; where none does, as in bulk. */
export const openForAll: OpeningRule = (input) => {
  const { packing, cheapest } = input;
  const { state } = cheapest;
  const ledger = packing.ledgers[state.template.index];
  if (ledger !== undefined && state.template.minValues.length > 0) return openBulk(input);
  const demand = demandOnNode(packing, state);
  const nothing = demand.map(() => 0);
  const index = state.candidates.findIndex(({ usable }, position) => position >= cheapest.index && holds(usable, nothing, demand));
  const candidate = state.candidates[index];
  const isAllowed = ledger?.allows({ from: undefined, to: candidate?.type.instanceType.capacity }) !== false;
  if (candidate === undefined || !isAllowed) return openBulk(input);
  const rate = candidate.pricePerHour / demandUnit(packing, demand);
  return { state, index, candidate, addedPrice: candidate.pricePerHour, isBulk: true, rate };
};

/** A larger type must be cheaper by at least this share, so that rounding never decides. */
const rateGainMin = 1e-9;

/** Price for the whole demand, if nodes of this type served it in the demand's own proportions. */
function rateOf({ pricePerHour, usable }: BinFit["candidate"], demand: Vector): number {
  let served = 1;
  for (let index = 0; index < demand.length; index += 1) {
    const wanted = demand[index] ?? 0;
    if (wanted > 0) served = Math.min(served, (usable[index] ?? 0) / wanted);
  }
  return pricePerHour / served;
}

/** How much of all that is asked for a demand is: pools that take different Pods are compared by the price of equal shares. */
function demandUnit({ problem }: Packing, demand: Vector): number {
  const share = shareOf(demand, problem.weights);
  return share > 0 ? share : 1;
}

/** What is still waiting for nodes like this one, divided over the nodes that there must be anyway. */
function demandOnNode(packing: Packing, state: LabelState): Vector {
  const { problem, waiting, divisors } = packing;
  const total = problem.space.names.map(() => 0);
  const accepted: (boolean | undefined)[] = [];
  const forced = forcedNodeCounter();
  for (const podClass of problem.classes) {
    const { id, placementId } = podClass;
    const count = waiting[id] ?? 0;
    if (count === 0) continue;
    const accepts = (accepted[placementId] ??= problem.states.withClass(state, podClass).length > 0);
    if (!accepts) continue;
    const here = count / (divisors[id] ?? 1);
    forced.add(topologyFor(problem, podClass), here);
    const vector = vectorFor(problem, podClass);
    for (let index = 0; index < total.length; index += 1) total[index] = (total[index] ?? 0) + here * (vector[index] ?? 0);
  }
  const nodesMin = forced.nodesMin();
  return total.map((amount) => amount / nodesMin);
}

/** Returns how many nodes any plan for all Pods needs, because so many of them may not share a host. */
export function forcedNodes(problem: Problem): number {
  const forced = forcedNodeCounter();
  for (const podClass of problem.classes) forced.add(topologyFor(problem, podClass), podClass.pods.length);
  return forced.nodesMin();
}

/** Adds up, for each constraint that keeps Pods apart on hosts, the nodes that they need; the largest sum counts. */
function forcedNodeCounter(): { readonly add: (topology: ClassTopology, pods: number) => void; readonly nodesMin: () => number } {
  const nodes = new Map<number, number>();
  return {
    add: ({ apartIn }, pods) => {
      for (const { group, perHostMax } of apartIn) nodes.set(group.id, (nodes.get(group.id) ?? 0) + pods / perHostMax);
    },
    nodesMin: () => Math.ceil(Math.max(1, ...nodes.values())),
  };
}

/** Returns into how many domains required spread divides a class. */
export function domainsOf(topology: ClassTopology): number {
  let most = 1;
  for (const [key, { spread }] of topology.byKey) {
    if (key === hostnameLabel) continue;
    for (const { group, self } of spread) if (self === 1) most = Math.max(most, group.counts.size);
  }
  return most;
}
