/**
 * Buffer chunks: what a CapacityBuffer wants, resolved.
 *
 * Reads a CapacityBuffer and the template that it refers to. Returns one chunk as a Pod and how many there are to be, by the rules of
 * Karpenter 1.15, or why that can't be told, in the API's own words. A chunk is the Pod that admission would let in, so that the room
 * that is kept is the room that will be needed.
 */
import type { CapacityBuffer } from "../api/capacity-buffer.ts";
import type { KubeObject } from "../api/object.ts";
import type { Pod, PodTemplate } from "../api/pod.ts";
import { err, ok, type Result } from "../api/result.ts";
import { podRequests } from "../kube/pod-requests.ts";
import { toResources } from "../kube/resources.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import { statedShape } from "./prediction/coming-pod.ts";
import { isProvisionable } from "./provisionable.ts";

/** Reasons of the condition ReadyForProvisioning where it is False. */
export interface BufferProblem {
  readonly reason: "ScalableRefNotFound" | "PodTemplateNotFound" | "ResolutionFailed";
  readonly message: string;
}

export interface BufferChunks {
  /** One chunk. */
  readonly pod: Pod;
  readonly replicas: number;
  /** The PodTemplate that a chunk is made from, where the buffer names one. */
  readonly podTemplate?: { readonly name: string; readonly generation: number };
}

/** The only strategy that is ours: nodes are bought for the room. */
export const activeCapacity = "buffer.x-k8s.io/active-capacity";
const scalableKinds = ["Deployment", "StatefulSet", "ReplicaSet"] as const;
const scalableGroup = "apps";

/** Says whether a buffer's room is ours to keep: another strategy is another's. */
export function isOurBuffer({ spec, metadata }: CapacityBuffer): boolean {
  return (spec.provisioningStrategy ?? activeCapacity) === activeCapacity && metadata.deletionTimestamp === undefined;
}

/** Returns the chunks of a buffer, or why there are none; see {@link isOurBuffer} first. */
export function bufferChunks(buffer: CapacityBuffer, world: ContractWorld): Result<BufferChunks, BufferProblem> {
  const source = sourceOf(buffer, world);
  if (!source.ok) return source;
  const { workload, scale, podTemplate } = source.value;
  const { open } = statedShape({ ...world, workload });
  // A gate is opened by whoever set it, once the Pod is there; the room is wanted before.
  const pod = { ...open, spec: { ...open.spec, schedulingGates: [] } };
  if (!isProvisionable(pod)) {
    const message = "Pods of the template wait for no node of a NodePool: it names a node, or its node affinity refuses every NodePool";
    return err({ reason: "ResolutionFailed", message });
  }
  return ok({ pod, replicas: replicasOf(buffer, { pod, scale }), ...(podTemplate === undefined ? {} : { podTemplate }) });
}

interface ChunkSource {
  readonly workload: Workload;
  /** Replicas of the workload that scalableRef names; 0 without one. */
  readonly scale: number;
  readonly podTemplate?: BufferChunks["podTemplate"];
}

function sourceOf(buffer: CapacityBuffer, world: ContractWorld): Result<ChunkSource, BufferProblem> {
  const { podTemplateRef, scalableRef } = buffer.spec;
  if (podTemplateRef !== undefined) return ofPodTemplate(podTemplateRef, { buffer, world });
  if (scalableRef !== undefined) return ofScalable(scalableRef, { buffer, world });
  return err({ reason: "ResolutionFailed", message: "Neither podTemplateRef nor scalableRef is set: name one of them" });
}

interface Surroundings {
  readonly buffer: CapacityBuffer;
  readonly world: ContractWorld;
}

function ofPodTemplate({ name }: { readonly name: string }, { buffer, world }: Surroundings): Result<ChunkSource, BufferProblem> {
  const namespace = buffer.metadata.namespace ?? "";
  const stored = world.snapshot.get("PodTemplate", { namespace, name });
  if (stored === undefined) {
    return err({
      reason: "PodTemplateNotFound",
      message: `spec.podTemplateRef: PodTemplate "${name}" not found in namespace "${namespace}"`,
    });
  }
  const workload = workloadOf(barePod(stored.template, { namespace, name }));
  if (workload === undefined) {
    return err({ reason: "ResolutionFailed", message: `spec.podTemplateRef: PodTemplate "${name}" has no containers in its template` });
  }
  return ok({ workload, scale: 0, podTemplate: { name, generation: stored.metadata.generation ?? 0 } });
}

function barePod({ metadata, spec }: PodTemplate, at: { readonly namespace: string; readonly name: string }): KubeObject {
  const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, ...at }, spec };
  return pod;
}

function ofScalable(
  { apiGroup, kind, name }: NonNullable<CapacityBuffer["spec"]["scalableRef"]>,
  { buffer, world }: Surroundings,
): Result<ChunkSource, BufferProblem> {
  const namespace = buffer.metadata.namespace ?? "";
  const known = scalableKinds.find((one) => one === kind);
  if (known === undefined || ((apiGroup ?? scalableGroup) !== scalableGroup && apiGroup !== "")) {
    const message = `spec.scalableRef: ${kind} of group "${apiGroup ?? ""}" can't be read: name a ${scalableKinds.join(", ")} of ${scalableGroup}`;
    return err({ reason: "ResolutionFailed", message });
  }
  const object = world.snapshot.get(known, { namespace, name });
  const workload = object === undefined ? undefined : workloadOf(object);
  if (workload === undefined) {
    return err({ reason: "ScalableRefNotFound", message: `spec.scalableRef: ${kind} "${name}" not found in namespace "${namespace}"` });
  }
  return ok({ workload, scale: workload.replicas });
}

/** The larger of replicas and percentage, or else as many as the limits hold; never more than they hold. */
function replicasOf({ spec }: CapacityBuffer, { pod, scale }: { readonly pod: Pod; readonly scale: number }): number {
  const { replicas, percentage, limits } = spec;
  const wanted = [
    ...(replicas === undefined ? [] : [replicas]),
    ...(percentage === undefined || scale === 0 ? [] : [Math.ceil((scale * percentage) / 100)]),
  ];
  const held = limits === undefined ? undefined : heldBy(toResources(limits), podRequests(pod.spec));
  if (wanted.length === 0) return held ?? 0;
  return Math.min(Math.max(...wanted), held ?? Infinity);
}

/** How many chunks the limits hold; undefined where they limit nothing that a chunk asks for. */
function heldBy(limits: ReturnType<typeof toResources>, requests: ReturnType<typeof podRequests>): number | undefined {
  const counts = Object.entries(limits).flatMap(([name, limit]) => {
    const request = requests[name] ?? 0;
    return request === 0 ? [] : [Math.floor(limit / request)];
  });
  return counts.length === 0 ? undefined : Math.min(...counts);
}
