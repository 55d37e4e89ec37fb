/**
 * Subject: what a request is about, as the rules are asked of it.
 *
 * Types alone: facts.ts tells from a request which it is.
 */
import type { AutoNodeClass } from "../api/auto-node-class.ts";
import type { CapacityBuffer } from "../api/capacity-buffer.ts";
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import type { ScaledObject } from "../api/foreign-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "../api/horizontal-pod-autoscaler.ts";
import type { Namespace } from "../api/namespace.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Pod } from "../api/pod.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Service } from "../api/service.ts";
import type { WorkloadProfile } from "../api/workload-profile.ts";
import type { Workload } from "../kube/workload.ts";

/** What a request is about. "none" is what no rule judges: other kinds, and objects that a controller made from a judged one. */
export type Subject =
  | { readonly kind: "workload"; readonly workload: Workload }
  | { readonly kind: "scale"; readonly workload: Workload; readonly from: number; readonly to: number }
  /** A running Pod that is resized in place, or gets an ephemeral container; its view is that of its workload. */
  | { readonly kind: "pod-change"; readonly change: PodChange; readonly pod: Pod; readonly workload: Workload }
  /** A running Pod whose labels, annotations, finalizers or spec change; its view is that of its workload. */
  | { readonly kind: "pod-update"; readonly pod: Pod; readonly before: Pod; readonly workload: Workload }
  | { readonly kind: "budget"; readonly budget: PodDisruptionBudget }
  | { readonly kind: "autoscaler"; readonly autoscaler: HorizontalPodAutoscaler }
  | { readonly kind: "scaled-object"; readonly scaledObject: ScaledObject }
  | { readonly kind: "profile"; readonly profile: WorkloadProfile }
  /** A Service, of which admission is not asked. */
  | { readonly kind: "service"; readonly service: Service }
  | { readonly kind: "node-pool"; readonly nodePool: NodePool }
  | { readonly kind: "node-class"; readonly nodeClass: EC2NodeClass | AutoNodeClass }
  /** A Namespace whose labels change under the workloads that are in it. */
  | { readonly kind: "namespace"; readonly namespace: Namespace }
  /** A CapacityBuffer, or a PodTemplate with the buffers that name it. */
  | { readonly kind: "buffer"; readonly buffers: readonly CapacityBuffer[] }
  | { readonly kind: "none" };

/** What a rule can be asked about. */
export type SubjectKind = Exclude<Subject["kind"], "none">;

/** The subresources of a running Pod that are judged. */
export type PodChange = "resize" | "ephemeralcontainers";

/** Says whether a running Pod is judged, and not its workload. */
export function isPodSubject(subject: Subject): subject is Subject & { readonly kind: "pod-change" | "pod-update" } {
  return subject.kind === "pod-change" || subject.kind === "pod-update";
}
