/**
 * Placement hints: which Pods a new node was bought for, to be told to the scheduler before the node opens.
 *
 * Reads the plan as the NodeClaim keeps it (how many Pods of each class), the Pods that stand on the node, those that have been told of
 * it and those that wait. Returns Pods; their status.nominatedNodeName lets the scheduler try that node first, and keeps its room from
 * Pods of no higher priority. Pods of one class are interchangeable, so any of them will do, and the first by name are taken.
 */
import type { Change } from "../../api/controller.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Pod, TopologySpreadConstraint } from "../../api/pod.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { isDaemonPod, isPending, isTerminating } from "../../kube/pod-state.ts";
import { matchesSelector } from "../../kube/selector.ts";
import { plannedPodsOf, type PlannedPodsName } from "../scheduling/planned-pods.ts";

export interface PlacementHintInput {
  readonly nodeClaim: NodeClaim;
  readonly names: PlannedPodsName;
  /** Pods that stand on the node already. */
  readonly bound: readonly Pod[];
  /** Pods that wait and have been nominated for the node, by whomever. */
  readonly told: readonly Pod[];
  /** Pods that may be hinted, in order. */
  readonly waiting: readonly Pod[];
  /** podClassHash, of which each Pod's is asked at most once. */
  readonly classOf: (pod: Pod) => string;
  /** The spread that the scheduler keeps for a Pod; absent: its own. */
  readonly spreadOf?: SpreadOf;
}

type SpreadOf = (pod: Pod) => readonly TopologySpreadConstraint[];

/**
 * Returns the waiting Pods that the node was planned for, less those of their class that it has or that have been told. The scheduler
 * looks at a Pod as if all that are nominated for a node stood there already: a hint that would hold up another waits until that one is
 * bound. None are returned where a Pod is nominated that nobody planned for the node: others leave it for that one.
 */
export function hintedPods({ nodeClaim, names, bound, told, waiting, classOf, spreadOf = ownSpread }: PlacementHintInput): readonly Pod[] {
  const spreads = (pod: Pod): boolean => spreadOf(pod).some(isRequired);
  const counts = (pod: Pod, other: Pod): boolean => countedBy(pod, spreadOf(pod), other);
  const room = new Map(plannedPodsOf(nodeClaim, names));
  if (room.size === 0 || told.some((pod) => !room.has(classOf(pod)))) return [];
  const takesOne = (pod: Pod): boolean => {
    const hash = classOf(pod);
    const left = room.get(hash) ?? 0;
    if (left > 0) room.set(hash, left - 1);
    return left > 0;
  };
  for (const pod of [...bound, ...told]) takesOne(pod);
  const meant = waiting.filter(takesOne);
  // Who counts others goes first: once those stand there, it may be too late for it.
  const ordered = [...meant.filter(spreads), ...meant.filter((pod) => !spreads(pod))];
  const spread = told.filter(spreads);
  const others = [...told];
  return ordered.filter((pod) => {
    if (spread.some((one) => counts(one, pod)) || (spreads(pod) && others.some((one) => counts(pod, one)))) return false;
    others.push(pod);
    if (spreads(pod)) spread.push(pod);
    return true;
  });
}

/**
 * Returns the node of which something is to be told anew: a Pod has lost its nomination there (the scheduler takes it back when a try
 * fails), or stands there now, so that the next may come. Undefined where the change is none of this.
 */
export function hintNews(change: Change<Pod>): string | undefined {
  if (change.kind !== "updated") return undefined;
  const { object, before } = change;
  if (before.spec.nodeName) return undefined;
  if (object.spec.nodeName) return object.spec.nodeName;
  const told = before.status?.nominatedNodeName;
  return told && !object.status?.nominatedNodeName ? told : undefined;
}

function ownSpread({ spec }: Pod): readonly TopologySpreadConstraint[] {
  return spec.topologySpreadConstraints ?? [];
}

function isRequired({ whenUnsatisfiable }: TopologySpreadConstraint): boolean {
  return whenUnsatisfiable === "DoNotSchedule";
}

/** Says whether a Pod's required spread counts another Pod, wherever that one stands. */
function countedBy({ metadata }: Pod, spread: readonly TopologySpreadConstraint[], other: Pod): boolean {
  if (metadata.namespace !== other.metadata.namespace) return false;
  const [own = {}, labels = {}] = [metadata.labels, other.metadata.labels];
  return spread.some(
    (constraint) =>
      isRequired(constraint) &&
      matchesSelector(constraint.labelSelector, labels) &&
      (constraint.matchLabelKeys ?? []).every((key) => own[key] === undefined || own[key] === labels[key]),
  );
}

/** Says whether a Pod may get a hint: it waits for the scheduler, and nobody has nominated a node for it. */
export function isHintable(pod: Pod): boolean {
  return isPending(pod) && !isDaemonPod(pod) && !pod.status?.nominatedNodeName && (pod.spec.schedulingGates?.length ?? 0) === 0;
}

/**
 * Says whether a waiting Pod is promised a place that others still have to leave (preemption): room that is not bought. A node
 * that is gone promises nothing, and neither does our own hint: that room is on the node that was planned for the Pod.
 */
export function isPromisedPlace(
  pod: Pod,
  of: { readonly snapshot: ClusterSnapshot; readonly names: PlannedPodsName; readonly classOf: (pod: Pod) => string },
): boolean {
  const nodeName = pod.status?.nominatedNodeName ?? "";
  if (nodeName === "") return false;
  const { snapshot, names, classOf } = of;
  const node = snapshot.get("Node", { namespace: "", name: nodeName });
  if (node === undefined) return false;
  if (snapshot.by("Pod", "node", nodeName).some(isTerminating)) return true;
  const claim = snapshot
    .list("NodeClaim")
    .find(({ status }) => status?.nodeName === nodeName || isOf(status?.providerID, node.spec?.providerID));
  return claim === undefined || !plannedPodsOf(claim, names).has(classOf(pod));
}

/** A claim names its Node only a moment after the Node has opened. */
function isOf(claimID: string | undefined, nodeID: string | undefined): boolean {
  return claimID !== undefined && claimID !== "" && claimID === nodeID;
}
