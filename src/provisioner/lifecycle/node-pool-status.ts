/**
 * What a NodePool says of itself: its hash, what its nodes have, and whether nodes can be made of it.
 *
 * Reads a NodePool, the states of nodes and claims, and whether its NodeClass answers. Returns the status to apply.
 */
import { hashOf } from "../../api/hash.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { Resources } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import { transitionTime } from "../../kube/condition.ts";
import { addResources, toResourceList } from "../../kube/resources.ts";
import type { NodeState } from "../scheduling/node-state.ts";
import { joinFailuresMax, type JoinFailures } from "./launch-breaker.ts";
import { unsupportedPool } from "../scheduling/unsupported.ts";

export type NodePoolStatus = NonNullable<NodePool["status"]>;
type PoolCondition = NonNullable<NodePoolStatus["conditions"]>[number];

/** Ours is computed otherwise than Karpenter's, so its version says so: the two are never compared. */
export const nodePoolHashVersion = "plimsoll-v1";

const nodeCount: Resources = { nodes: 1 };

/** Returns the hash of the fields whose change makes nodes differ from their pool; requirements are compared with labels instead. */
export function nodePoolHash({ spec }: NodePool): string {
  const { labels, annotations } = spec.template.metadata ?? {};
  const { taints, startupTaints, nodeClassRef, expireAfter, terminationGracePeriod } = spec.template.spec;
  return hashOf({ labels, annotations, taints, startupTaints, nodeClassRef, expireAfter, terminationGracePeriod }).slice(0, 16);
}

/** The reason on a NodePool's condition, and of its Event, where this version can't do what its spec asks for. */
export const unsupportedReason = "UnsupportedConfiguration";

/** Returns a NodePool's status; `notReady` is why its NodeClass can't make nodes now. */
export function nodePoolStatus(input: {
  readonly nodePool: NodePool;
  readonly nodes: readonly NodeState[];
  readonly notReady: string | undefined;
  /** Its last failures to join, and whether a node of it stands that has joined since. */
  readonly joins: { readonly failures: JoinFailures | undefined; readonly hasJoined: boolean };
  readonly now: Instant;
}): NodePoolStatus {
  const { nodePool, notReady, now } = input;
  const own = input.nodes.filter((node) => node.nodePool === nodePool.metadata.name);
  const condition = (fields: Pick<PoolCondition, "type" | "status" | "reason" | "message">): PoolCondition => {
    const lastTransitionTime = transitionTime(fields, { known: nodePool.status?.conditions, now });
    return { ...fields, lastTransitionTime, observedGeneration: nodePool.metadata.generation ?? 0 };
  };
  const unsupported = unsupportedPool(nodePool);
  const validation = condition({
    type: "ValidationSucceeded",
    status: unsupported === undefined ? "True" : "False",
    reason: unsupported === undefined ? "ValidationSucceeded" : unsupportedReason,
    message: unsupported ?? "",
  });
  const nodeClass = condition({
    type: "NodeClassReady",
    status: notReady === undefined ? "True" : "False",
    reason: notReady === undefined ? "NodeClassReady" : "NodeClassNotReady",
    message: notReady ?? "",
  });
  const failed = [validation, nodeClass].filter(({ status }) => status === "False").map(({ type }) => `${type}=False`);
  const isReady = failed.length === 0;
  const ready = condition({
    type: "Ready",
    status: isReady ? "True" : "False",
    reason: isReady ? "Ready" : "UnhealthyDependents",
    message: failed.join(", "),
  });
  return {
    nodes: own.length,
    resources: toResourceList(addResources({ nodes: 0 }, ...own.map(({ capacity }) => addResources(capacity, nodeCount)))),
    conditions: [validation, nodeClass, ready, condition(registration(input.joins))],
  };
}

/** Karpenter's condition, which does not make a pool unready: nodes are still tried, one at a time. */
function registration({
  failures,
  hasJoined,
}: Parameters<typeof nodePoolStatus>[0]["joins"]): Pick<PoolCondition, "type" | "status" | "reason" | "message"> {
  const type = "NodeRegistrationHealthy";
  if (failures !== undefined && failures.count >= joinFailuresMax && !hasJoined) {
    const reason = failures.cause.split("-").map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`);
    const message = `The last ${failures.count} nodes did not join: ${failures.message}`;
    return { type, status: "False", reason: reason.join(""), message };
  }
  if (hasJoined) return { type, status: "True", reason: type, message: "" };
  return { type, status: "Unknown", reason: "AwaitingReconciliation", message: "object is awaiting reconciliation" };
}
