/**
 * Late count: Pods that a spread counts only once their node becomes another type, or once they move to another node.
 *
 * Reads a bin and what it would become. Returns whether the Pods that are on it already would then break a spread: one that counts
 * only some kinds of nodes gets all of them at once, or loses them, and no verdict on the next Pod alone shows that.
 */
import { hostnameLabel } from "../../api/labels.ts";
import type { Bin, BinFit } from "./bin.ts";
import { admitsBin, decidedValue, topologyFor, type Packing } from "./packing.ts";
import type { ClassTopology } from "./topology.ts";
import { smallestCount, type SpreadGroup, type TopologyGroup } from "./topology-group.ts";

interface Change {
  readonly bin: Bin;
  readonly fit: Pick<BinFit, "state" | "candidate">;
  /** Of the Pod that comes with the change, if one does. */
  readonly topology?: ClassTopology;
}

/** Says whether the change breaks a spread by the Pods that are on the bin. */
export function countsTooLate(packing: Packing, change: Change): boolean {
  const { bin, fit } = change;
  const { topology } = packing.problem;
  if (!topology.hasFilters || bin.members.length === 0 || (fit.state === bin.state && fit.candidate === bin.committed)) return false;
  for (const group of topology.groups) {
    if (isFiltered(group) && isBroken(packing, { ...change, group })) return true;
  }
  return false;
}

/** Says whether some spread would count a Pod of these constraints on one of the two nodes and not on the other. */
export function isCountedElsewise(
  { problem }: Packing,
  { topology, from, to }: { readonly topology: ClassTopology; readonly from: Bin; readonly to: Bin },
): boolean {
  if (!problem.topology.hasFilters) return false;
  return topology.counting.some((group) => isFiltered(group) && admitsBin(group, from) !== admitsBin(group, to));
}

/** A required spread that counts some nodes only; hosts are counted one by one. */
function isFiltered(group: TopologyGroup): group is SpreadGroup {
  return group.kind === "spread" && group.required && !group.admitsAll && group.key !== hostnameLabel;
}

function isBroken({ problem }: Packing, { bin, fit, topology, group }: Change & { readonly group: SpreadGroup }): boolean {
  const moved = bin.members.filter(({ podClass }) => topologyFor(problem, podClass).counting.includes(group)).length;
  if (moved === 0) return false;
  const becomes = { state: fit.state, committed: fit.candidate };
  const isCounted = admitsBin(group, becomes);
  if (isCounted === admitsBin(group, bin)) return false;
  const domain = decidedValue(problem.states, { state: fit.state, key: group.key });
  if (domain === undefined) return false;
  const count = group.counts.get(domain) ?? 0;
  const self = topology?.counting.includes(group) === true ? 1 : 0;
  if (isCounted) return count + moved + self - smallestCount(group) > group.maxSkew;
  const least = count - moved;
  return least < smallestCount(group) && [...group.counts.values()].some((other) => other - least > group.maxSkew);
}
