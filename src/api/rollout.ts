/**
 * Argo Rollouts' Rollout (argoproj.io/v1alpha1), as on the wire: a Deployment with another strategy.
 */
import type { KubeObject, LabelSelector } from "./object.ts";
import type { PodTemplate } from "./pod.ts";

export interface Rollout extends KubeObject {
  readonly spec: {
    readonly replicas?: number;
    readonly selector?: LabelSelector;
    /** Absent where workloadRef names a Deployment whose template it takes. */
    readonly template?: PodTemplate;
    readonly workloadRef?: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
    readonly strategy?: { readonly canary?: object; readonly blueGreen?: object };
  };
  readonly status?: { readonly stableRS?: string; readonly currentPodHash?: string };
}
