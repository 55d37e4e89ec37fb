/**
 * The resource bound of the scheduling benchmark: a price that no packing on so many nodes can go below.
 *
 * Reads the recorded Pods. Returns USD an hour, from sums alone: Pods are treated as if they could be cut up.
 */
import { diverseRows } from "./diverse-pods.ts";
import { pricePerUnit, reservedCpuMillis, reservedMemoryBytes } from "./fake-instance-types.ts";

const mebibyte = 1024 ** 2;

/** The larger of all CPU and all memory, with what each node reserves, at the price of a unit of either. */
export function resourceBound({ count, nodes }: { readonly count: number; readonly nodes: number }): number {
  const rows = diverseRows(count);
  const cpuMillis = rows.reduce((sum, row) => sum + row.cpuMillis, 0) + reservedCpuMillis * nodes;
  const memoryBytes = rows.reduce((sum, row) => sum + row.memoryMi * mebibyte, 0) + reservedMemoryBytes * nodes;
  return Math.max(cpuMillis / 1000, memoryBytes / (2048 * mebibyte)) * pricePerUnit;
}
