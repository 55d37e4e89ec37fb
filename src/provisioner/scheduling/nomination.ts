/**
 * Nominations: which Pods a NodeClaim was made for.
 *
 * Reads the existing nodes of a problem. Returns, for a class, the nodes that expect Pods of it and how many are still to
 * come: planned ones less those already bound there. The plan is kept on the NodeClaim itself, by podClassHash, so it
 * survives a restart and fits the Pods of a Deployment whether they exist yet or not.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { remembered } from "../../kube/remembered.ts";
import type { ExistingNode } from "./existing-node.ts";
import { hasResourcesOn, hasRoomOn } from "./node-queue.ts";
import { topologyFor, type Packing, type Problem } from "./packing.ts";
import { podClassHash, type PodClass } from "./pod-class.ts";

export interface Nomination {
  readonly node: ExistingNode;
  readonly count: number;
  /** False once the scheduler has bound a Pod of the class where none was planned. */
  readonly isOnPlan: boolean;
}

/** Returns the lookup by class, with the same nominations for classes of one hash; hashes are only computed where some node expects Pods at all. */
export function nominationsOf(problem: Problem): (podClass: PodClass) => readonly Nomination[] {
  const byHash = new Map<string, Pick<Nomination, "node" | "count">[]>();
  const offPlan = new Set<string>();
  for (const node of problem.existing) {
    if (node.state.planned.size === 0) continue;
    const bound = countByHash(node);
    for (const [hash, count] of bound) if (count > (node.state.planned.get(hash) ?? 0)) offPlan.add(hash);
    for (const [hash, planned] of node.state.planned) {
      const count = planned - (bound.get(hash) ?? 0);
      if (count > 0) byHash.set(hash, [...(byHash.get(hash) ?? []), { node, count }]);
    }
  }
  if (byHash.size === 0) return () => [];
  // Made once: classes of one hash get the same objects, by which their places are counted.
  const nominations = new Map([...byHash].map(([hash, places]) => [hash, places.map((one) => ({ ...one, isOnPlan: !offPlan.has(hash) }))]));
  return ({ pods: [first] }) => (first === undefined ? [] : (nominations.get(podClassHash(first.pod)) ?? []));
}

/**
 * Says whether a node takes one more Pod that it was bought for. While the node is on its way the plan is trusted, as it was legal when
 * it was made. Once the node is there, topology has its say again; and also once Pods of the class have gone elsewhere, if topology can
 * tell what the node will be: a Pod that is trusted to a zone which others have filled for it takes the room of those that must go there.
 */
export function holdsNominated(
  packing: Packing,
  { podClass, nomination }: { readonly podClass: PodClass; readonly nomination: Nomination },
): boolean {
  const { node, isOnPlan } = nomination;
  const isDecided = (key: string): boolean => key === hostnameLabel || node.value(key) !== undefined;
  const isJudged = node.state.initialized || (!isOnPlan && topologyFor(packing.problem, podClass).keys.every(isDecided));
  return isJudged ? hasRoomOn(packing, { podClass, node }) : hasResourcesOn(packing, { podClass, node });
}

/** The snapshot hands out the same Pod until it changes. */
const boundHash = remembered(podClassHash);

function countByHash(node: ExistingNode): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const pod of node.state.pods) {
    const hash = boundHash(pod);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
  }
  return counts;
}
