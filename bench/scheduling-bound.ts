/**
 * The resource bound of the scheduling benchmark: a price that no plan with so many new nodes can go below.
 *
 * Reads the recorded Pods, or a case. Returns USD an hour, from sums alone: Pods are treated as if they could be cut up, and every
 * resource but one as if it cost nothing.
 */
import type { Resources } from "../src/api/object.ts";
import { podRequests } from "../src/kube/pod-requests.ts";
import { toResources } from "../src/kube/resources.ts";
import { diverseRows } from "./diverse-pods.ts";
import { pricePerUnit, reservedCpuMillis, reservedMemoryBytes } from "./fake-instance-types.ts";
import type { BenchCase } from "./scheduling/bench-case.ts";

const mebibyte = 1024 ** 2;

/** The larger of all CPU and all memory, with what each node reserves, at the price of a unit of either. */
export function resourceBound({ count, nodes }: { readonly count: number; readonly nodes: number }): number {
  const rows = diverseRows(count);
  const cpuMillis = rows.reduce((sum, row) => sum + row.cpuMillis, 0) + reservedCpuMillis * nodes;
  const memoryBytes = rows.reduce((sum, row) => sum + row.memoryMi * mebibyte, 0) + reservedMemoryBytes * nodes;
  return Math.max(cpuMillis / 1000, memoryBytes / (2048 * mebibyte)) * pricePerUnit;
}

/**
 * Returns the same for any case: for each resource what the Pods ask for, less what the cluster's nodes have left, with the least that
 * a node reserves, at the least price of a unit; the largest of these. A plan that leaves Pods out may cost less.
 */
export function caseBound(given: BenchCase, nodes: number): number {
  const asked = total(given.pods.map(({ spec }) => podRequests(spec)));
  const standing = total(given.nodes.map(({ status }) => toResources(status?.allocatable)));
  const bound = total(given.boundPods.map(({ spec }) => podRequests(spec)));
  const bounds = Object.keys(asked).map((name) => {
    const left = Math.max(0, (standing[name] ?? 0) - (bound[name] ?? 0));
    const bought = Math.max(0, (asked[name] ?? 0) - left) + nodes * leastReserved(given, name);
    return bought * leastUnitPrice(given, name);
  });
  return Math.max(0, ...bounds);
}

function total(all: readonly Resources[]): Resources {
  const sums: Record<string, number> = {};
  for (const resources of all) for (const [name, amount] of Object.entries(resources)) sums[name] = (sums[name] ?? 0) + amount;
  return sums;
}

function leastReserved({ instanceTypes }: BenchCase, name: string): number {
  return Math.min(...instanceTypes.map(({ capacity, allocatable }) => (capacity[name] ?? 0) - (allocatable[name] ?? 0)));
}

/** 0 where no type has the resource: then nothing is known of what it costs. */
function leastUnitPrice({ instanceTypes }: BenchCase, name: string): number {
  const prices = instanceTypes.flatMap(({ capacity, offerings }) =>
    offerings.filter(({ available }) => available).map(({ pricePerHour }) => pricePerHour / (capacity[name] ?? 0)),
  );
  const least = Math.min(...prices);
  return Number.isFinite(least) ? least : 0;
}
