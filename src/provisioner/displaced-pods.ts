/**
 * Displaced Pods: those whose node is on its way out, and which need a place elsewhere before they can go.
 *
 * Reads the snapshot. Returns them as demand, so that what replaces their node is bought while they still run: a budget lets a Pod go only
 * once another is ready, and that one needs a node. A Pod that will not move soon (by its own wish, or under a budget that never lets
 * anybody go) is bought nothing yet; one that nobody would make again never is.
 */
import { computeTypeLabel, nodePoolLabel } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { isFullyBlocking } from "../kube/disruption-budget.ts";
import { controllerOf } from "../kube/owner.ts";
import { closedWindowOf, doNotDisruptOf, graceMsOf, type PodProtection } from "../kube/pod-protection.ts";
import { isActive, isDaemonPod, isTerminating } from "../kube/pod-state.ts";
import { remembered } from "../kube/remembered.ts";
import { matchesSelector } from "../kube/selector.ts";
import { isDisrupted } from "../kube/taint.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import type { Move } from "./disruption/command.ts";
import { requestIn } from "./disruption/request.ts";
import { isDrainable } from "./lifecycle/drain.ts";
import { deadlineOf } from "./lifecycle/ending.ts";
import { comesBackOnceGone } from "./missing-pods.ts";
import { plannedPodsOf } from "./scheduling/planned-pods.ts";
import { podClassHash, type PendingPod } from "./scheduling/pod-class.ts";
import type { SchedulingResults } from "./scheduling/solve.ts";

/** A Pod that leaves later than this is bought nothing yet: about as long as a node takes to join at its slowest. */
export const displacedLeadMs = 5 * 60_000;

export interface DisplacedPods {
  readonly pods: readonly PendingPod[];
  /** The Pods where they stand now, which count nowhere else while they are placed anew. */
  readonly standing: ReadonlySet<Pod>;
  /** The node of each, by the Pod's key. */
  readonly nodeOf: ReadonlyMap<string, string>;
  /** Every node that is on its way out, those without such Pods too. */
  readonly nodes: readonly string[];
}

export const noDisplacedPods: DisplacedPods = { pods: [], standing: new Set(), nodeOf: new Map(), nodes: [] };

/** Returns the Pods that have to move soon, with their nodes. */
export function displacedPods({
  snapshot,
  names,
  now,
}: Pick<ContractWorld, "snapshot" | "names"> & { readonly now: Instant }): DisplacedPods {
  const leaving = leavingNodes(snapshot, names);
  const moving = leaving.flatMap(({ name, deadline }) =>
    snapshot
      .by("Pod", "node", name)
      .filter((pod) => mustMove(pod, { snapshot, now }) && leavesAt(pod, { snapshot, names, now, deadline }) - now <= displacedLeadMs)
      .map((pod) => ({ pod, name })),
  );
  return {
    pods: moving.map(({ pod }) => ({ key: keyOf(pod), pod: unbound(pod) })),
    standing: new Set(moving.map(({ pod }) => pod)),
    // A Pod that is leaving already waits for no place.
    nodeOf: new Map(moving.flatMap(({ pod, name }) => (isTerminating(pod) ? [] : [[keyOf(pod), name]]))),
    nodes: leaving.map(({ name }) => name),
  };
}

interface LeavingNode {
  readonly name: string;
  readonly deadline: Instant | undefined;
}

/** Nodes of ours that take no more Pods since they are to go, or whose NodeClaim is being deleted. */
function leavingNodes(snapshot: ClusterSnapshot, names: ContractWorld["names"]): readonly LeavingNode[] {
  const claims = new Map<string, NodeClaim>();
  for (const claim of snapshot.list("NodeClaim")) if (claim.status?.nodeName) claims.set(claim.status.nodeName, claim);
  return snapshot.list("Node").flatMap((node) => {
    const name = node.metadata.name ?? "";
    const claim = claims.get(name);
    const { labels = {} } = node.metadata;
    // EKS Auto Mode replaces its own.
    if (labels[nodePoolLabel] === undefined || labels[computeTypeLabel] !== undefined) return [];
    if (claim?.metadata.deletionTimestamp !== undefined) return [{ name, deadline: deadlineOf(claim) }];
    return isDisrupted(node) ? [{ name, deadline: claim === undefined ? undefined : requestIn(claim, names)?.deadline }] : [];
  });
}

function mustMove(pod: Pod, { snapshot, now }: { readonly snapshot: ClusterSnapshot; readonly now: Instant }): boolean {
  if (isDaemonPod(pod) || controllerOf(pod) === undefined || !isDrainable(pod, now)) return false;
  return isActive(pod) || comesBackOnceGone(pod, snapshot);
}

/** When a Pod may go at the earliest, and has to at the latest; Infinity for one that stays as long as anybody knows. */
function leavesAt(
  pod: Pod,
  of: {
    readonly snapshot: ClusterSnapshot;
    readonly names: ContractWorld["names"];
    readonly now: Instant;
    readonly deadline: Instant | undefined;
  },
): Instant {
  const { snapshot, names, now, deadline } = of;
  if (isTerminating(pod)) return now;
  const latest = deadline === undefined ? Infinity : deadline - graceMsOf(pod);
  const { disruptionWindowAnnotation } = names;
  const protection = doNotDisruptOf(pod, now) ?? closedWindowOf(pod, { now, disruptionWindowAnnotation, deadline });
  const free = protection === undefined ? now : endOf(protection);
  return Math.min(latest, isHeldForGood(pod, snapshot) ? Infinity : free);
}

function endOf(protection: PodProtection): Instant {
  return (protection.kind === "window" ? protection.opensAt : protection.until) ?? Infinity;
}

function isHeldForGood({ metadata }: Pod, snapshot: ClusterSnapshot): boolean {
  return snapshot
    .list("PodDisruptionBudget", metadata.namespace ?? "")
    .some(({ spec }) => isFullyBlocking(spec) && matchesSelector(spec.selector, metadata.labels));
}

/** The Pod as its successor will be: alike, and nowhere yet. */
const unbound = remembered((pod: Pod): Pod => {
  const metadata: { -readonly [K in keyof Pod["metadata"]]: Pod["metadata"][K] } = { ...pod.metadata };
  delete metadata.deletionTimestamp;
  return { ...pod, metadata, spec: { ...pod.spec, nodeName: "" } };
});

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
}

/**
 * Returns for which Pod that has to leave its node another, which was bought for its like, is kept while it is empty; undefined for none. Such a
 * Pod may take minutes to go, and its successor appears only once it is gone.
 */
export function keptForDisplaced(of: Parameters<typeof displacedPods>[0], nodeClaim: NodeClaim): string | undefined {
  const planned = plannedPodsOf(nodeClaim, of.names);
  if (planned.size === 0) return undefined;
  const found = displacedPods(of).pods.find(({ pod }) => planned.has(podClassHash(pod)));
  return found === undefined ? undefined : `Pod ${found.key}, which has to leave its node`;
}

/** What a plan made of the Pods of each leaving node, by the node's name. */
export type Moves = ReadonlyMap<string, Move>;

/** Returns what a plan made of displaced Pods; without a plan nobody waited for anything. */
export function movesOf(
  { nodes, nodeOf }: DisplacedPods,
  solved?: Pick<SchedulingResults, "existing" | "newNodes" | "unschedulable">,
): Moves {
  const waiting = new Map<string, number>();
  const unplaced = new Map<string, number>();
  const count = (counts: Map<string, number>, pods: readonly PendingPod[]): void => {
    for (const { key } of pods) {
      const node = nodeOf.get(key);
      if (node !== undefined) counts.set(node, (counts.get(node) ?? 0) + 1);
    }
  };
  for (const { node, pods } of solved?.existing ?? []) if (!node.initialized) count(waiting, pods);
  for (const { pods } of solved?.newNodes ?? []) count(waiting, pods);
  count(unplaced, solved?.unschedulable.map(({ pod }) => pod) ?? []);
  return new Map(nodes.map((name) => [name, { waiting: waiting.get(name) ?? 0, unplaced: unplaced.get(name) ?? 0 }]));
}
