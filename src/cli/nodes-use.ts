/**
 * The use of a node: what its Pods take of it, and whose they are.
 *
 * Reads the Pods that are bound to a node and what it can give. Returns sums, and each class's and owner's share. Requests count, as the
 * scheduler counts them; what Pods really use is not known here.
 */
import type { PlatformNames } from "../api/labels.ts";
import type { Resources } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import { isTerminal } from "../kube/pod-state.ts";
import { runningRequests } from "../kube/running-requests.ts";

/** The Pods of one class or owner; the name is "" where they have none. */
export interface PodShare {
  readonly name: string;
  readonly pods: number;
  /** Of the node, from 0 on: the mean of their shares of its cpu and its memory. Money is split by it. */
  readonly share: number;
}

export interface NodeUse {
  readonly requests: Resources;
  /** Pods that have not ended. */
  readonly pods: number;
  /** The largest share first. */
  readonly classes: readonly PodShare[];
  readonly owners: readonly PodShare[];
}

/** Who pays for a Pod, "" where nobody says. */
export type OwnerOf = (pod: Pod) => string;

/** Returns the use of a node by its Pods; those that have ended take nothing. */
export function nodeUse(
  pods: readonly Pod[],
  of: { readonly allocatable: Resources; readonly names: Pick<PlatformNames, "workloadClassLabel">; readonly ownerOf: OwnerOf },
): NodeUse {
  const requests: Record<string, number> = {};
  const classes = new Map<string, { pods: number; share: number }>();
  const owners: typeof classes = new Map();
  let count = 0;
  for (const pod of pods) {
    if (isTerminal(pod)) continue;
    count += 1;
    const asked = runningRequests(pod);
    for (const name in asked) requests[name] = (requests[name] ?? 0) + (asked[name] ?? 0);
    const share = shareOf(asked, of.allocatable);
    addTo(classes, pod.metadata.labels?.[of.names.workloadClassLabel] ?? "", share);
    addTo(owners, of.ownerOf(pod), share);
  }
  return { requests, pods: count, classes: sortedShares(classes), owners: sortedShares(owners) };
}

/** Returns the mean of the shares of cpu and memory; a resource that the node lacks counts as 0. */
export function shareOf(amounts: Resources, allocatable: Resources): number {
  return (partOf(amounts, allocatable, "cpu") + partOf(amounts, allocatable, "memory")) / 2;
}

/** Returns the part of one resource that is taken, 0 where there is none of it. */
export function partOf(amounts: Resources, allocatable: Resources, name: string): number {
  const most = allocatable[name] ?? 0;
  return most === 0 ? 0 : (amounts[name] ?? 0) / most;
}

function addTo(sums: Map<string, { pods: number; share: number }>, name: string, share: number): void {
  const sum = sums.get(name);
  if (sum === undefined) {
    sums.set(name, { pods: 1, share });
    return;
  }
  sum.pods += 1;
  sum.share += share;
}

function sortedShares(sums: ReadonlyMap<string, { readonly pods: number; readonly share: number }>): readonly PodShare[] {
  return [...sums]
    .map(([name, sum]) => ({ name, ...sum }))
    .sort((a, b) => b.share - a.share || b.pods - a.pods || (a.name < b.name ? -1 : 1));
}
