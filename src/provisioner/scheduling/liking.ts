/**
 * Liking: how well a place meets what a class prefers.
 *
 * Reads a probe of the class, and a state that a planned node would be in or a node that exists. Returns a number, the less the better
 * and 0 where nothing is amiss: the weight left unmet, and among equals how crowded the place is. It is compared only between places that
 * add the same to the price. Where a class prefers nothing, nobody asks.
 */
import type { BinFit } from "./bin.ts";
import { acceptsClass, type ExistingNode } from "./existing-node.ts";
import type { LabelState } from "./label-state.ts";
import { decidedValue } from "./packing.ts";
import { softTaintWeight, unmetUnit } from "./preference.ts";
import { crowdOnHost, type Probe } from "./probe.ts";
import { crowding } from "./topology.ts";

/** Says what is against a planned node in a state, its host aside. */
export function unmetIn(probe: Probe, state: LabelState): number {
  if (!probe.prefers) return 0;
  const known = probe.unmet[state.id];
  if (known !== undefined) return known;
  const { podClass, packing } = probe;
  const { states } = packing.problem;
  let weight = softTaintWeight(state.template.taints, podClass.spec);
  for (const term of podClass.preferredNodes) if (states.withClass(state, term.placement)[0] !== state) weight += term.weight;
  const unmet = weight * unmetUnit + crowdInDomains(probe, (key) => decidedValue(states, { state, key }));
  probe.unmet[state.id] = unmet;
  return unmet;
}

/** Says what is against a planned node in a state, with the number of its host. */
export function unmetOnBin(probe: Probe, { state, host }: { readonly state: LabelState; readonly host: number }): number {
  return probe.prefers ? unmetIn(probe, state) + crowdOnHost(probe, host) : 0;
}

/** Says what is against a node by its labels and taints alone, which no Pod changes. */
export function unmetByLabels({ podClass }: Probe, node: ExistingNode): number {
  if (podClass.preferences !== "scored") return 0;
  let weight = softTaintWeight(node.facts.taints, podClass.spec);
  for (const term of podClass.preferredNodes) if (!acceptsClass(node, term.placement)) weight += term.weight;
  return weight * unmetUnit;
}

/** Says how crowded the domains are of which the class wishes for one more than another. */
export function crowdInDomains({ topology }: Probe, valueOf: (key: string) => string | undefined): number {
  let crowd = 0;
  for (const key of topology.wishedKeys) {
    const domain = valueOf(key);
    if (domain !== undefined) crowd += crowding(topology, { key, domain });
  }
  return crowd;
}

/** Says what is against an existing node. */
export function unmetOnNode(probe: Probe, node: ExistingNode): number {
  return probe.prefers ? unmetByLabels(probe, node) + crowdOnHost(probe, node.id) + crowdInDomains(probe, node.value) : 0;
}

/** Says whether one way is cheaper than another, or as cheap and liked more; the host aside. */
export function isLikedMore(probe: Probe, one: BinFit, other: BinFit): boolean {
  if (one.addedPrice !== other.addedPrice) return one.addedPrice < other.addedPrice;
  return probe.prefers && unmetIn(probe, one.state) < unmetIn(probe, other.state);
}
