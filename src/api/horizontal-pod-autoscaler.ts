/**
 * HorizontalPodAutoscaler (autoscaling/v2), as on the wire: the fields that bound a workload's replicas, and those that the
 * compiler writes.
 */
import type { KubeObject } from "./object.ts";

export interface HorizontalPodAutoscaler extends KubeObject {
  readonly spec: {
    readonly scaleTargetRef: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly metrics?: readonly HorizontalPodAutoscalerMetric[];
    readonly behavior?: { readonly scaleUp?: ScalingRules; readonly scaleDown?: ScalingRules };
  };
}

interface ScalingRules {
  readonly selectPolicy?: string;
  readonly stabilizationWindowSeconds?: number;
  readonly policies?: readonly { readonly type: string; readonly value: number; readonly periodSeconds: number }[];
}

/** What an average is held at: a share of the request in percent, or a quantity. */
interface MetricTarget {
  readonly type: string;
  readonly averageUtilization?: number;
  readonly averageValue?: string;
}

/** One signal: a resource of the Pods, or a metric from outside the cluster. */
export interface HorizontalPodAutoscalerMetric {
  readonly type: string;
  readonly resource?: { readonly name: string; readonly target: MetricTarget };
  readonly external?: { readonly metric: { readonly name: string }; readonly target: MetricTarget };
}
