/**
 * A row of `plimsoll nodes`: one node, or a NodeClaim that is yet to become one, with what people ask of it.
 *
 * Reads the Node, its NodeClaim, its Pods and what it costs. Returns facts with instants, never ages, so that a row stays true until one of
 * them changes.
 */
import {
  autoModeDomain,
  capacityTypeLabel,
  computeTypeLabel,
  instanceTypeLabel,
  nodePoolLabel,
  type PlatformNames,
  zoneLabel,
} from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Node } from "../api/node.ts";
import type { Resources } from "../api/object.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import { toResources } from "../kube/resources.ts";
import { parseGoDuration } from "../kube/schedule.ts";
import { deadlineOf, instantOf, nodePhase, type NodePhase } from "./nodes-phase.ts";
import type { CapacityType, NodePlace, NodePrices } from "./nodes-price.ts";
import { drainBlockers, movablePods, type DrainBlocker } from "./nodes-blocker.ts";
import { nodeUse, type NodeUse, type OwnerOf } from "./nodes-use.ts";

export interface NodeRow extends NodePlace {
  /** The Node's name; the NodeClaim's while there is no Node. */
  readonly name: string;
  readonly node: Node | undefined;
  readonly claim: NodeClaim | undefined;
  readonly pods: readonly Pod[];
  readonly labels: Readonly<Record<string, string>>;
  /** "" outside of any. */
  readonly nodePool: string;
  readonly nodeClass: string;
  /** The class of its Pods, or that which its own label names; "" where there is none. */
  readonly workloadClass: string;
  readonly phase: NodePhase;
  readonly createdAt: Instant;
  /** When its age is up; undefined where it may stay. */
  readonly expiresAt: Instant | undefined;
  /** USD; undefined where nobody knows. */
  readonly pricePerHour: number | undefined;
  readonly allocatable: Resources;
  readonly use: NodeUse;
  readonly blockers: readonly DrainBlocker[];
}

/** What a row is made of. */
export interface RowInput {
  readonly node: Node | undefined;
  readonly claim: NodeClaim | undefined;
  readonly pods: readonly Pod[];
}

export interface RowWorld {
  readonly names: PlatformNames;
  readonly prices: NodePrices;
  readonly ownerOf: OwnerOf;
  readonly budgetsOver: (pod: Pod) => readonly PodDisruptionBudget[];
  readonly now: Instant;
  /** What its Pods take, where that is known to be as it was. */
  readonly use?: NodeUse | undefined;
}

/** Labels of managed node groups, which are not Karpenter's. */
const groupCapacityLabel = `${autoModeDomain}/capacityType`;
const groupNameLabel = `${autoModeDomain}/nodegroup`;
/** What the founding catalogue calls the class on nodes of a NodePool. */
const plainClassLabel = "workload-class";

/** Returns the row of a Node, of a NodeClaim, or of both. */
export function nodeRow(input: RowInput, world: RowWorld): NodeRow {
  const { node, claim, pods } = input;
  const labels = { ...claim?.metadata.labels, ...node?.metadata.labels };
  const createdAt = instantOf(claim?.metadata.creationTimestamp ?? node?.metadata.creationTimestamp, world.now);
  const place = placeOf(claim, labels);
  const nodePool = labels[nodePoolLabel] ?? "";
  const allocatable = toResources(node?.status?.allocatable ?? claim?.status?.allocatable);
  const use = world.use ?? nodeUse(pods, { allocatable, names: world.names, ownerOf: world.ownerOf });
  return {
    name: node?.metadata.name ?? claim?.metadata.name ?? "",
    ...input,
    ...place,
    labels,
    nodePool: nodePool === "" ? (labels[groupNameLabel] ?? "") : nodePool,
    nodeClass: claim?.spec.nodeClassRef.name ?? "",
    workloadClass:
      use.classes.find(({ name }) => name !== "")?.name ?? labels[world.names.workloadClassLabel] ?? labels[plainClassLabel] ?? "",
    phase: nodePhase({ node, claim, createdAt, podsToMove: movablePods(pods).length }),
    createdAt,
    expiresAt: expiryOf(claim, createdAt),
    pricePerHour: isUnpaid(input) ? 0 : world.prices.priceOf({ ...place, nodePool }),
    allocatable,
    use,
    blockers: drainBlockers(pods, { ...world, deadline: deadlineOf(claim, node) }),
  };
}

/** Says whether nothing has been launched, which costs nothing. */
export function isUnpaid({ node, claim }: Pick<RowInput, "node" | "claim">): boolean {
  return node === undefined && (claim?.status?.providerID ?? "") === "";
}

/** What the labels say; of a claim that is not launched yet, what its requirements leave no choice about. */
function placeOf(claim: NodeClaim | undefined, labels: Readonly<Record<string, string>>): NodePlace {
  const wanted = claim === undefined || labels[instanceTypeLabel] !== undefined ? undefined : onlyValues(claim);
  return {
    instanceType: labels[instanceTypeLabel] ?? wanted?.(instanceTypeLabel) ?? "",
    zone: labels[zoneLabel] ?? wanted?.(zoneLabel) ?? "",
    capacityType: capacityTypeOf(labels[capacityTypeLabel] ?? wanted?.(capacityTypeLabel), labels),
  };
}

function onlyValues({ spec }: NodeClaim): (key: string) => string | undefined {
  return (key) => {
    const named = spec.requirements.filter((one) => one.key === key && one.operator === "In").flatMap(({ values = [] }) => values);
    return named.length === 1 ? named[0] : undefined;
  };
}

function capacityTypeOf(bought: string | undefined, labels: Readonly<Record<string, string>>): CapacityType {
  if (labels[computeTypeLabel] === "fargate") return "fargate";
  const ofGroup = labels[groupCapacityLabel]?.toLowerCase().replace("_", "-");
  const known = (["spot", "on-demand", "reserved"] as const).find((type) => type === (bought ?? ofGroup));
  return known ?? "";
}

function expiryOf(claim: NodeClaim | undefined, createdAt: Instant): Instant | undefined {
  const { expireAfter } = claim?.spec ?? {};
  if (expireAfter === undefined || expireAfter === "Never") return undefined;
  const life = parseGoDuration(expireAfter);
  return life.ok ? createdAt + life.value : undefined;
}
