/**
 * Buffer source: what the chunks of a CapacityBuffer are made from, and how many it asks for.
 *
 * Reads a buffer and a snapshot. Returns the Pods of its template as a workload, or why there are none, in the API's own words.
 * Admission and the provisioner read a buffer alike: what is judged is what is bought.
 */
import type { CapacityBuffer } from "../api/capacity-buffer.ts";
import type { Resources } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import type { StoredPodTemplate } from "../api/pod-template.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { podRequests } from "../kube/pod-requests.ts";
import { remembered } from "../kube/remembered.ts";
import { toResources } from "../kube/resources.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";

/** Reasons of the condition ReadyForProvisioning where it is False. */
export interface BufferProblem {
  readonly reason: "ScalableRefNotFound" | "PodTemplateNotFound" | "ResolutionFailed";
  readonly message: string;
}

export interface BufferSource {
  readonly workload: Workload;
  /** Replicas of the workload that scalableRef names; 0 without one. */
  readonly scale: number;
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

/** Returns what a buffer's chunks are made from, or why that can't be told. */
export function bufferSource(buffer: CapacityBuffer, snapshot: Pick<ClusterSnapshot, "get">): Result<BufferSource, BufferProblem> {
  const { podTemplateRef, scalableRef } = buffer.spec;
  const namespace = buffer.metadata.namespace ?? "";
  if (podTemplateRef !== undefined) return ofPodTemplate({ namespace, name: podTemplateRef.name }, snapshot);
  if (scalableRef !== undefined) return ofScalable(scalableRef, { namespace, snapshot });
  return err({ reason: "ResolutionFailed", message: "Neither podTemplateRef nor scalableRef is set: name one of them" });
}

/** The larger of replicas and percentage, or else as many as the limits hold; never more than they hold. */
export function chunksWanted({ spec }: CapacityBuffer, { pod, scale }: { readonly pod: Pod; readonly scale: number }): number {
  const { replicas, percentage, limits } = spec;
  const wanted = [
    ...(replicas === undefined ? [] : [replicas]),
    ...(percentage === undefined || scale === 0 ? [] : [Math.ceil((scale * percentage) / 100)]),
  ];
  const held = limits === undefined ? undefined : heldBy(toResources(limits), podRequests(pod.spec));
  if (wanted.length === 0) return held ?? 0;
  return Math.min(Math.max(...wanted), held ?? Infinity);
}

function ofPodTemplate(
  at: { readonly namespace: string; readonly name: string },
  snapshot: Pick<ClusterSnapshot, "get">,
): Result<BufferSource, BufferProblem> {
  const stored = snapshot.get("PodTemplate", at);
  const { namespace, name } = at;
  if (stored === undefined) {
    return err({
      reason: "PodTemplateNotFound",
      message: `spec.podTemplateRef: PodTemplate "${name}" not found in namespace "${namespace}"`,
    });
  }
  const workload = workloadOfTemplate(stored);
  if (workload === undefined) {
    return err({ reason: "ResolutionFailed", message: `spec.podTemplateRef: PodTemplate "${name}" has no containers in its template` });
  }
  return ok({ workload, scale: 0, podTemplate: { name, generation: stored.metadata.generation ?? 0 } });
}

/** As a Pod of its own; the same template gives the same workload, so that what follows from it can be remembered too. */
const workloadOfTemplate = remembered(({ template, metadata: { name = "", namespace = "" } }: StoredPodTemplate): Workload | undefined => {
  if (template === undefined) return undefined;
  const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata: { ...template.metadata, name, namespace }, spec: template.spec };
  return workloadOf(pod);
});

function ofScalable(
  { apiGroup, kind, name }: NonNullable<CapacityBuffer["spec"]["scalableRef"]>,
  { namespace, snapshot }: { readonly namespace: string; readonly snapshot: Pick<ClusterSnapshot, "get"> },
): Result<BufferSource, BufferProblem> {
  const known = scalableKinds.find((one) => one === kind);
  if (known === undefined || ((apiGroup ?? scalableGroup) !== scalableGroup && apiGroup !== "")) {
    const message = `spec.scalableRef: ${kind} of group "${apiGroup ?? ""}" can't be read: name a ${scalableKinds.join(", ")} of ${scalableGroup}`;
    return err({ reason: "ResolutionFailed", message });
  }
  const object = snapshot.get(known, { namespace, name });
  const workload = object === undefined ? undefined : workloadOf(object);
  if (workload === undefined) {
    return err({ reason: "ScalableRefNotFound", message: `spec.scalableRef: ${kind} "${name}" not found in namespace "${namespace}"` });
  }
  return ok({ workload, scale: workload.replicas });
}

/** How many chunks the limits hold; undefined where they limit nothing that a chunk asks for. */
function heldBy(limits: Resources, requests: Resources): number | undefined {
  const counts = Object.entries(limits).flatMap(([name, limit]) => {
    const request = requests[name] ?? 0;
    return request === 0 ? [] : [Math.floor(limit / request)];
  });
  return counts.length === 0 ? undefined : Math.min(...counts);
}
