/**
 * Nominations: which Pods a NodeClaim was made for.
 *
 * Reads the existing nodes of a problem. Returns, for a class, the nodes that expect Pods of it and how many are still to
 * come: planned ones less those already bound there. The plan is kept on the NodeClaim itself, by podClassHash, so it
 * survives a restart and fits the Pods of a Deployment whether they exist yet or not.
 */
import type { ExistingNode } from "./existing-node.ts";
import type { Problem } from "./packing.ts";
import { podClassHash, type PodClass } from "./pod-class.ts";

export interface Nomination {
  readonly node: ExistingNode;
  readonly count: number;
}

/** Returns the lookup by class; hashes are only computed where some node expects Pods at all. */
export function nominationsOf(problem: Problem): (podClass: PodClass) => readonly Nomination[] {
  const byHash = new Map<string, Nomination[]>();
  for (const node of problem.existing) {
    if (node.state.planned.size === 0) continue;
    const bound = countByHash(node);
    for (const [hash, planned] of node.state.planned) {
      const count = planned - (bound.get(hash) ?? 0);
      if (count > 0) byHash.set(hash, [...(byHash.get(hash) ?? []), { node, count }]);
    }
  }
  if (byHash.size === 0) return () => [];
  return ({ pods: [first] }) => (first === undefined ? [] : (byHash.get(podClassHash(first.pod)) ?? []));
}

function countByHash(node: ExistingNode): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const pod of node.state.pods) {
    const hash = podClassHash(pod);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  return counts;
}
