/**
 * HorizontalPodAutoscaler (autoscaling/v2), as on the wire: the fields that bound a workload's replicas.
 */
import type { KubeObject } from "./object.ts";

export interface HorizontalPodAutoscaler extends KubeObject {
  readonly spec: {
    readonly scaleTargetRef: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
  };
}
