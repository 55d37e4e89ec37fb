/**
 * Registration and initialization: what a Node needs before Pods may count on it.
 *
 * Reads a NodeClaim and its Node. Returns the patch of the Node, and what still holds its initialization up (Karpenter's
 * pkg/controllers/nodeclaim/lifecycle). A patch carries the Node's resourceVersion: taints are a list that is replaced whole, so a Node
 * that somebody else has just written is looked at again.
 */
import { initializedLabel, registeredLabel, terminationFinalizer, unregisteredTaintKey } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { Taint } from "../../api/pod.ts";
import { toResources } from "../../kube/resources.ts";
import { formatTaint } from "../../kube/taint.ts";
import { isEphemeralTaint, registeredTaints } from "../scheduling/node-state.ts";
import type { ConditionChange } from "./claim-status.ts";

/** An RFC 7386 patch of a Node. */
export type NodePatch = Readonly<Record<string, unknown>>;

/** Resources that every kubelet reports; a type's others (GPUs and their like) come from device plugins, later. */
const kubeletResources: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage", "pods"]);
/** Drivers whose devices a plan of Karpenter's counted on: only claims that it made have it. */
const draDriversAnnotation = "karpenter.sh/requested-dra-drivers";
/** kubectl's note of what it applied to the NodeClaim. */
const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";

/** Says whether a Node has been registered for its NodeClaim. */
export function isRegistered(node: Node): boolean {
  return node.metadata.labels?.[registeredLabel] === "true" && !hasUnregisteredTaint(node);
}

/** Says whether a Node joined with the taint that keeps Pods off until it is registered. */
export function hasUnregisteredTaint(node: Node): boolean {
  return (node.spec?.taints ?? []).some(({ key }) => key === unregisteredTaintKey);
}

/** Returns the patch that registers a Node: the claim's labels, annotations and taints, owner, finalizer; the taint goes. */
export function registrationPatch(input: {
  readonly nodeClaim: NodeClaim;
  readonly node: Node;
  /** Ours, which stay on the claim: a Node's annotations are read by people. */
  readonly claimOnlyAnnotations: readonly string[];
}): NodePatch {
  const { nodeClaim, node, claimOnlyAnnotations } = input;
  const { metadata } = nodeClaim;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(
    ([key]) => !claimOnlyAnnotations.includes(key) && key !== lastAppliedAnnotation,
  );
  const owner = {
    apiVersion: nodeClaim.apiVersion,
    kind: nodeClaim.kind,
    name: metadata.name ?? "",
    uid: metadata.uid ?? "",
    blockOwnerDeletion: true,
  };
  const owners = (node.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.uid);
  return {
    metadata: {
      resourceVersion: node.metadata.resourceVersion,
      labels: { ...metadata.labels, [registeredLabel]: "true" },
      annotations: Object.fromEntries(annotations),
      finalizers: withFinalizer(node),
      ownerReferences: [...owners, owner],
    },
    spec: { taints: registeredTaints(nodeClaim, node) },
  };
}

/** Returns what holds the Node's initialization up, or undefined when nothing does. */
export function initializationBlocker(nodeClaim: NodeClaim, node: Node): ConditionChange | undefined {
  const blocked = (reason: string, message: string): ConditionChange => ({ type: "Initialized", status: "Unknown", reason, message });
  if (node.status?.conditions?.find(({ type }) => type === "Ready")?.status !== "True") {
    return blocked("NodeNotReady", "Node status is NotReady");
  }
  const taints = node.spec?.taints ?? [];
  const startup = taints.find((taint) => (nodeClaim.spec.startupTaints ?? []).some((own) => isSame(own, taint)));
  if (startup !== undefined) return blocked("StartupTaintsExist", `StartupTaint "${formatTaint(startup)}" still exists`);
  const ephemeral = taints.find(isEphemeralTaint);
  if (ephemeral !== undefined) return blocked("KnownEphemeralTaintsExist", `KnownEphemeralTaint "${formatTaint(ephemeral)}" still exists`);
  const reported = toResources(node.status.allocatable);
  const requested = toResources(nodeClaim.spec.resources?.requests);
  const missing = Object.keys(requested).find((name) => !kubeletResources.has(name) && (requested[name] ?? 0) > 0 && !reported[name]);
  if (missing !== undefined) return blocked("ResourceNotRegistered", `Resource "${missing}" was requested but not registered`);
  const drivers = nodeClaim.metadata.annotations?.[draDriversAnnotation] ?? "";
  if (drivers === "") return undefined;
  const why = `this version does not look at ResourceSlices; once they are published, remove the annotation ${draDriversAnnotation}`;
  return blocked("DRADriversNotReady", `DRA drivers "${drivers}" were requested, and ${why} from the NodeClaim`);
}

/** Says whether the Node carries the label of an initialized one. */
export function isInitialized(node: Node): boolean {
  return node.metadata.labels?.[initializedLabel] === "true";
}

/** Returns the patch that labels a Node as initialized. */
export function initializedPatch(): NodePatch {
  return { metadata: { labels: { [initializedLabel]: "true" } } };
}

function withFinalizer(node: Node): readonly string[] {
  return [...new Set([...(node.metadata.finalizers ?? []), terminationFinalizer])];
}

function isSame(a: Pick<Taint, "key" | "effect">, b: Pick<Taint, "key" | "effect">): boolean {
  return a.key === b.key && a.effect === b.effect;
}
