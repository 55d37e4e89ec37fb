/**
 * Autoscalers of other projects, as on the wire: KEDA's ScaledObject and ScaledJob (keda.sh/v1alpha1) and the
 * VerticalPodAutoscaler (autoscaling.k8s.io/v1), by the fields that bound replicas or write requests.
 */
import type { KubeObject, ResourceList } from "./object.ts";
import type { JobSpec } from "./workload.ts";

export interface ScaledObject extends KubeObject {
  readonly spec: {
    /** Kind is Deployment where it is left out. */
    readonly scaleTargetRef: { readonly apiVersion?: string; readonly kind?: string; readonly name: string };
    /** KEDA's default is 0. */
    readonly minReplicaCount?: number;
    /** KEDA's default is 100. */
    readonly maxReplicaCount?: number;
    readonly idleReplicaCount?: number;
  };
}

export interface ScaledJob extends KubeObject {
  readonly spec: { readonly jobTargetRef: JobSpec; readonly maxReplicaCount?: number };
}

export interface VerticalPodAutoscaler extends KubeObject {
  readonly spec: {
    readonly targetRef?: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
    /** "Auto" where it is left out; "Off" only recommends. */
    readonly updatePolicy?: { readonly updateMode?: string };
    readonly resourcePolicy?: { readonly containerPolicies?: readonly VerticalContainerPolicy[] };
  };
}

/** What a VerticalPodAutoscaler may do to one container, or with "*" to all others. */
export interface VerticalContainerPolicy {
  readonly containerName?: string;
  /** "Auto" where it is left out; "Off" leaves the container alone. */
  readonly mode?: string;
  readonly minAllowed?: ResourceList;
  readonly maxAllowed?: ResourceList;
  /** CPU and memory where it is left out. */
  readonly controlledResources?: readonly string[];
}
