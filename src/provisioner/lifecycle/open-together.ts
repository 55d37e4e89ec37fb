/**
 * Opening together: nodes that one plan was made for let the scheduler look at the same time.
 *
 * Reads the NodeClaim whose node could open and the other claims. Returns how long it is kept closed. A node that opens alone draws
 * Pods that were planned for its siblings: hints keep room on nodes that exist, and topology spread counts only the domains that have a
 * Node, so that any number of Pods may stand in the first zone until there is a second one. What stands there can't be moved any
 * more, and what was planned there needs another node.
 */
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Instant } from "../../api/ports.ts";
import { plannedPodsOf, type PlannedPodsName } from "../scheduling/planned-pods.ts";
import { isTrue } from "./claim-status.ts";
import { timeOf } from "./claim-step.ts";
import { lacksCapacity } from "./launch.ts";

/** Up to so long after it appeared a node waits for its siblings; claims made further apart than that are none. */
export const openTogetherMaxMs = 2_000;

/** So often a node that waits looks for them. */
const openTogetherPollMs = 100;

/**
 * Returns how long the node should stay closed before it is looked at again, in milliseconds; 0 once every claim that was made
 * beside its own for Pods of a class that is planned on both has its Node, or when that has taken too long.
 */
export function togetherLeft({
  nodeClaim,
  node,
  others,
  hasNode,
  names,
  now,
}: {
  readonly nodeClaim: NodeClaim;
  readonly node: Node;
  /** Every NodeClaim; its own is no sibling, since it has a Node. */
  readonly others: readonly NodeClaim[];
  readonly hasNode: (nodeClaim: NodeClaim) => boolean;
  readonly names: PlannedPodsName;
  readonly now: Instant;
}): number {
  const left = timeOf(node.metadata.creationTimestamp, -Infinity) + openTogetherMaxMs - now;
  // A Node from the future is of a clock that is not ours, which tells nothing of how long it has waited.
  if (left <= 0 || left > openTogetherMaxMs) return 0;
  const own = plannedPodsOf(nodeClaim, names);
  const isSibling = (other: NodeClaim): boolean =>
    isComing(other) &&
    Math.abs(madeAt(other) - madeAt(nodeClaim)) <= openTogetherMaxMs &&
    [...plannedPodsOf(other, names).keys()].some((hash) => own.has(hash)) &&
    !hasNode(other);
  return others.some(isSibling) ? Math.min(left, openTogetherPollMs) : 0;
}

function isComing(nodeClaim: NodeClaim): boolean {
  return nodeClaim.metadata.deletionTimestamp === undefined && !isTrue(nodeClaim, "Registered") && !lacksCapacity(nodeClaim);
}

function madeAt({ metadata }: NodeClaim): Instant {
  return timeOf(metadata.creationTimestamp, 0);
}
