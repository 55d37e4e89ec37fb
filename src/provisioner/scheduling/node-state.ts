/**
 * NodeState: one node, standing or on its way, as scheduling sees it.
 *
 * Reads Nodes, NodeClaims, Pods and the instance types of pools. Returns one state for each Node and for each NodeClaim
 * without a Node. A claim that has not launched may still become any of its types, so it counts with the least of each
 * resource that all of them have; every one of them holds what it was planned for. A Node that is not registered yet has the labels and
 * taints that its NodeClaim will give it (kubelets on EC2 bring few of them). Taints that go away by themselves
 * (startup taints, not-ready and its like) are ignored until the node is initialized (Karpenter's pkg/scheduling/taints.go).
 */
import type { InstanceType } from "../../api/instance-type.ts";
import {
  disruptedTaintKey,
  doNotSyncTaintsLabel,
  initializedLabel,
  instanceTypeLabel,
  nodePoolLabel,
  registeredLabel,
  unregisteredTaintKey,
} from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Resources } from "../../api/object.ts";
import type { NodeSelectorRequirement, Pod, Taint } from "../../api/pod.ts";
import type { CSINode } from "../../api/storage.ts";
import { isTerminal } from "../../kube/pod-state.ts";
import { has } from "../../kube/requirement.ts";
import { requirementsOf } from "../../kube/requirements.ts";
import { maxResources, toResources } from "../../kube/resources.ts";
import { plannedPodsOf, type PlannedPodsName } from "./planned-pods.ts";

export interface NodeState {
  /** Name of the Node, or of the NodeClaim while no Node has joined. */
  readonly name: string;
  readonly nodeClaim?: string;
  readonly nodePool?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What a NodeClaim may still become; absent once its Node has joined. */
  readonly requirements?: readonly NodeSelectorRequirement[];
  /** Only taints that will stay. */
  readonly taints: readonly Taint[];
  readonly allocatable: Resources;
  /** Counts against the NodePool's limits. */
  readonly capacity: Resources;
  /** How many volumes of each CSI driver it can attach; of a driver that is not named no limit is known. */
  readonly attachable?: Readonly<Record<string, number>>;
  /** Pods bound to it that have not ended, those of DaemonSets included. */
  readonly pods: readonly Pod[];
  readonly initialized: boolean;
  /** False where no more Pods may go: being deleted or disrupted, cordoned, or a claim whose Node is lost. Its Pods still count. */
  readonly accepting: boolean;
  /** Pods that a NodeClaim was made for, by podClassHash; they go there first. */
  readonly planned: ReadonlyMap<string, number>;
}

const ephemeralTaints: ReadonlySet<string> = new Set([
  "node.kubernetes.io/not-ready:NoSchedule",
  "node.kubernetes.io/not-ready:NoExecute",
  "node.kubernetes.io/unreachable:NoSchedule",
  "node.cloudprovider.kubernetes.io/uninitialized:NoSchedule",
  `${unregisteredTaintKey}:NoExecute`,
]);
const readinessTaintPrefix = "readiness.k8s.io/";
const nothingPlanned: ReadonlyMap<string, number> = new Map();

/** Returns the states of all nodes and claims; a claim is its Node's by providerID, or by the name in its status. */
export function nodeStates(input: {
  readonly nodes: readonly Node[];
  readonly nodeClaims: readonly NodeClaim[];
  readonly pods: readonly Pod[];
  /** By NodePool name. */
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
  readonly names: PlannedPodsName;
  /** The drivers of Nodes, by their names; a Node that has none here has no limit. */
  readonly csiNodes?: readonly CSINode[];
}): readonly NodeState[] {
  const podsByNode = boundPods(input.pods);
  const claimOf = claimLookup(input.nodeClaims);
  const joined = new Set<NodeClaim>();
  const csiNodes = new Map((input.csiNodes ?? []).map((one) => [one.metadata.name ?? "", one]));
  const standing = input.nodes.map((node) => {
    const claim = claimOf(node);
    if (claim !== undefined) joined.add(claim);
    const pods = podsByNode.get(node.metadata.name ?? "") ?? [];
    return standingState({ ...input, node, claim, pods, csiNode: csiNodes.get(node.metadata.name ?? "") });
  });
  const coming = input.nodeClaims.filter((claim) => !joined.has(claim)).map((claim) => comingState(claim, input));
  return [...standing, ...coming];
}

function standingState(input: {
  readonly node: Node;
  readonly claim: NodeClaim | undefined;
  readonly pods: readonly Pod[];
  readonly names: PlannedPodsName;
  readonly csiNode: CSINode | undefined;
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
}): NodeState {
  const { node, claim, pods, names, csiNode } = input;
  const { labels, taints } = registeredView(node, claim);
  const initialized = claim === undefined || labels[initializedLabel] === "true";
  const status = toResources(node.status?.allocatable);
  const isLeaving = node.metadata.deletionTimestamp !== undefined || taints.some(({ key }) => key === disruptedTaintKey);
  return {
    ...identityOf(claim, labels),
    name: node.metadata.name ?? "",
    labels,
    taints: initialized ? taints : taints.filter((taint) => !isPassing(taint, claim)),
    allocatable: initialized ? status : { ...toResources(claim.status?.allocatable), ...withoutZeros(status) },
    capacity: maxResources(toResources(node.status?.capacity), initialized ? {} : toResources(claim.status?.capacity)),
    // A driver writes its limit once it has started; until then the type's is what will come.
    ...attachableField({ ...(initialized ? {} : leastAttachable(possibleTypes(claim, input))), ...countsOf(csiNode) }),
    pods,
    initialized,
    accepting: !isLeaving && claim?.metadata.deletionTimestamp === undefined && node.spec?.unschedulable !== true,
    planned: claim === undefined ? nothingPlanned : plannedPodsOf(claim, names),
  };
}

/** A Node as it will be once it is registered; the same Node where it is, and where nobody will. */
function registeredView(node: Node, claim: NodeClaim | undefined): Pick<NodeState, "labels" | "taints"> {
  const { labels = {} } = node.metadata;
  if (claim === undefined || labels[registeredLabel] === "true") return { labels, taints: node.spec?.taints ?? [] };
  return { labels: { ...labels, ...claim.metadata.labels }, taints: registeredTaints(claim, node) };
}

/** Returns the taints of a Node once its NodeClaim has been synced to it: its own, those of the claim, and no longer the unregistered one. */
export function registeredTaints(claim: NodeClaim, node: Node): readonly Taint[] {
  const kept = (node.spec?.taints ?? []).filter(({ key }) => key !== unregisteredTaintKey);
  if (node.metadata.labels?.[doNotSyncTaintsLabel] === "true") return kept;
  const wanted = [...(claim.spec.taints ?? []), ...(claim.spec.startupTaints ?? [])];
  return [...kept, ...wanted.filter(({ key, effect }) => !kept.some((own) => own.key === key && own.effect === effect))];
}

function comingState(claim: NodeClaim, { instanceTypes, names }: TypesByPool & { readonly names: PlannedPodsName }): NodeState {
  const labels = claim.metadata.labels ?? {};
  const identity = identityOf(claim, labels);
  const possible = possibleTypes(claim, { instanceTypes });
  const { allocatable, capacity } = claim.status ?? {};
  return {
    ...identity,
    name: claim.metadata.name ?? "",
    labels,
    requirements: claim.spec.requirements,
    taints: claim.spec.taints ?? [],
    allocatable: allocatable === undefined ? leastOf(possible, toResources(claim.spec.resources?.requests)) : toResources(allocatable),
    capacity: capacity === undefined ? maxResources(...possible.map((type) => type.capacity)) : toResources(capacity),
    ...attachableField(leastAttachable(possible)),
    pods: [],
    initialized: false,
    // One that had a Node and lost it is no place to come, though its instance may still run and counts against limits.
    accepting: claim.metadata.deletionTimestamp === undefined && !claim.status?.nodeName,
    planned: plannedPodsOf(claim, names),
  };
}

function identityOf(claim: NodeClaim | undefined, labels: Readonly<Record<string, string>>): Pick<NodeState, "nodeClaim" | "nodePool"> {
  const nodePool = claim?.metadata.labels?.[nodePoolLabel] ?? labels[nodePoolLabel];
  return {
    ...(claim?.metadata.name === undefined ? undefined : { nodeClaim: claim.metadata.name }),
    ...(nodePool === undefined ? undefined : { nodePool }),
  };
}

function isPassing(taint: Taint, claim: NodeClaim): boolean {
  if (isEphemeralTaint(taint)) return true;
  return (claim.spec.startupTaints ?? []).some(({ key, effect }) => key === taint.key && effect === taint.effect);
}

/** Says whether a taint goes away by itself while a node starts; after its initialization it means what it says. */
export function isEphemeralTaint({ key, effect }: Taint): boolean {
  return ephemeralTaints.has(`${key}:${effect}`) || key.startsWith(readinessTaintPrefix);
}

interface TypesByPool {
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
}

/** Once it is launched it is of one type. */
function possibleTypes({ metadata, spec }: NodeClaim, { instanceTypes }: TypesByPool): readonly InstanceType[] {
  const types = instanceTypes.get(metadata.labels?.[nodePoolLabel] ?? "") ?? [];
  const launched = metadata.labels?.[instanceTypeLabel];
  if (launched !== undefined) return types.filter(({ name }) => name === launched);
  const requirement = requirementsOf(spec.requirements).get(instanceTypeLabel);
  return requirement === undefined ? types : types.filter(({ name }) => has(requirement, name));
}

/** The least that any type can attach, by driver. */
function leastAttachable(types: readonly InstanceType[]): Readonly<Record<string, number>> {
  const least: Record<string, number> = {};
  for (const { attachable = {} } of types)
    for (const driver in attachable) least[driver] = Math.min(least[driver] ?? Infinity, attachable[driver] ?? Infinity);
  return least;
}

function countsOf(csiNode: CSINode | undefined): Readonly<Record<string, number>> {
  const drivers = csiNode?.spec.drivers ?? [];
  return Object.fromEntries(drivers.flatMap(({ name, allocatable: { count } = {} }) => (count === undefined ? [] : [[name, count]])));
}

/** Stands only where a limit is known. */
function attachableField(attachable: Readonly<Record<string, number>>): Pick<NodeState, "attachable"> {
  return Object.keys(attachable).length === 0 ? {} : { attachable };
}

/** The least that every possible type has, never less than what the claim asks for. */
function leastOf(types: readonly InstanceType[], requests: Resources): Resources {
  const [first, ...others] = types;
  if (first === undefined) return requests;
  const least: Record<string, number> = { ...first.allocatable };
  for (const name in least) {
    for (const { allocatable } of others) least[name] = Math.min(least[name] ?? 0, allocatable[name] ?? 0);
  }
  return maxResources(least, requests);
}

function withoutZeros(resources: Resources): Resources {
  return Object.fromEntries(Object.entries(resources).filter(([, amount]) => amount !== 0));
}

function boundPods(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const { nodeName } = pod.spec;
    if (!nodeName || isTerminal(pod)) continue;
    const bound = byNode.get(nodeName);
    if (bound === undefined) byNode.set(nodeName, [pod]);
    else bound.push(pod);
  }
  return byNode;
}

function claimLookup(claims: readonly NodeClaim[]): (node: Node) => NodeClaim | undefined {
  const byProviderID = new Map<string, NodeClaim>();
  const byNodeName = new Map<string, NodeClaim>();
  for (const claim of claims) {
    if (claim.status?.providerID) byProviderID.set(claim.status.providerID, claim);
    if (claim.status?.nodeName) byNodeName.set(claim.status.nodeName, claim);
  }
  return (node) => byProviderID.get(node.spec?.providerID ?? "") ?? byNodeName.get(node.metadata.name ?? "");
}
