/**
 * The lower bound of a plan: a price that no plan for the same Pods can go below.
 *
 * Reads what solve reads. Returns USD an hour. Pods and nodes are taken as if both could be cut up: for every set of Pods that
 * may stand on just the same offerings and nodes, and for each resource, what they ask for must be covered by shares of nodes
 * that may hold them. A node's amounts are its allocatable less its DaemonSets, the number of Pods among them, and one Pod of
 * each set that may not share a host. What nodes and NodeClaims have free, and
 * what is left of reservations, costs nothing. Spread, Pod affinity, limits and
 * minValues can only make a plan dearer, so they are left out. How near a plan is to the bound says what a better one could
 * still save.
 */
import { daemonDemand } from "./daemon-overhead.ts";
import { coverBound } from "./lower-bound-cover.ts";
import { boundDemand } from "./lower-bound-demand.ts";
import { coverProgram, type CoverProgram } from "./lower-bound-program.ts";
import { boundOfferings, boundRooms } from "./lower-bound-supply.ts";
import type { SchedulingResults, SolveInput } from "./solve.ts";

/**
 * Returns the least that any plan for all Pods of the input could cost, in USD an hour. Pods that no offering may hold count
 * for nothing. To judge a plan in which some Pods have no place, ask with {@link placedOf}.
 */
export function lowerBound(input: SolveInput): number {
  return coverBound(boundProgram(input)).pricePerHour;
}

/** Returns the input with those Pods alone that a plan found a place for. */
export function placedOf(input: SolveInput, { unschedulable }: Pick<SchedulingResults, "unschedulable">): SolveInput {
  if (unschedulable.length === 0) return input;
  const left = new Set(unschedulable.map(({ pod }) => pod.key));
  return { ...input, pods: input.pods.filter(({ key }) => !left.has(key)) };
}

/** Returns the linear program of an input. */
function boundProgram(input: SolveInput): CoverProgram {
  const demand = boundDemand(input.pods, input.namespaces);
  const daemonSets = daemonDemand(input.daemonSets);
  const supply = boundOfferings({ ...input, daemonSets, demand });
  return coverProgram({
    shapes: demand.shapes,
    offerings: supply.filter(({ count }) => count === undefined),
    // What is reserved is paid for already, and there is only so much of it: it counts as room that is there.
    rooms: [...boundRooms(input.nodes, { daemonSets, demand }), ...supply.filter(({ count }) => count !== undefined)],
  });
}
