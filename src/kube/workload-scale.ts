/**
 * WorkloadScale: the replica counts that a workload may have, and who says so.
 *
 * Reads a workload's own replicas and the autoscalers that aim at it. Returns the smallest and the largest scale at which it
 * has Pods: a budget that blocks the smallest one holds a node for as long as nobody visits. Zero is told apart, because
 * without a Pod there is nothing to evict.
 */
import type { ScaledObject } from "../api/foreign-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "../api/horizontal-pod-autoscaler.ts";
import type { KubeObject } from "../api/object.ts";
import { controllerOf } from "./owner.ts";

/** Replica counts between two bounds, both included. */
export interface ReplicaRange {
  readonly from: number;
  readonly to: number;
}

/** Who decides the smallest scale. */
export type RangeSource =
  | { readonly kind: "workload" }
  | { readonly kind: "HorizontalPodAutoscaler"; readonly name: string; readonly minReplicas: number }
  | { readonly kind: "ScaledObject"; readonly name: string; readonly minReplicaCount: number };

export interface WorkloadScale {
  /** Scales above zero; from is greater than to where the workload never has a Pod. */
  readonly range: ReplicaRange;
  readonly mayBeZero: boolean;
  readonly source: RangeSource;
}

/** What KEDA takes where a ScaledObject says nothing. */
const kedaDefaults = { minReplicaCount: 0, maxReplicaCount: 100 } as const;

/** Is true where an autoscaler names what it scales; one in a file, or of a definition that checks nothing, may not, and scales nothing. */
export function namesTarget(scaler: KubeObject & { readonly spec?: unknown }): boolean {
  const { spec } = scaler;
  if (typeof spec !== "object" || spec === null || !("scaleTargetRef" in spec)) return false;
  const { scaleTargetRef: target } = spec;
  return typeof target === "object" && target !== null && "name" in target && typeof target.name === "string";
}

/**
 * Returns the scales of a workload. Where several autoscalers quarrel over it, the smallest minimum and the largest maximum
 * hold. A HorizontalPodAutoscaler that KEDA made for a ScaledObject is that ScaledObject's. A ScaledObject with an
 * idleReplicaCount goes from there straight to its minimum, so the counts between do not count.
 */
export function workloadScale(of: {
  readonly replicas: number;
  readonly autoscalers: readonly HorizontalPodAutoscaler[];
  readonly scaledObjects: readonly ScaledObject[];
}): WorkloadScale {
  const { replicas, autoscalers, scaledObjects } = of;
  if (autoscalers.length === 0 && scaledObjects.length === 0) return scaleOfWorkload(replicas);
  const own = new Set(scaledObjects.map(({ metadata }) => metadata.name ?? ""));
  const scales = [
    ...scaledObjects.map(scaleOfScaledObject),
    ...autoscalers.filter((autoscaler) => !isMadeByKeda(autoscaler, own)).map(scaleOfAutoscaler),
    // One in deletion scales until a finalizer lets it go, and lends its minimum to nobody.
    ...(replicas > 0 && [...autoscalers, ...scaledObjects].some(isGoing) ? [scaleOfWorkload(replicas)] : []),
  ];
  const [first] = scales;
  if (first === undefined) return scaleOfWorkload(replicas);
  const smallest = scales.reduce((least, scale) => (scale.range.from < least.range.from ? scale : least), first);
  return {
    range: { from: smallest.range.from, to: Math.max(...scales.map(({ range }) => range.to)) },
    mayBeZero: scales.some(({ mayBeZero }) => mayBeZero),
    source: smallest.source,
  };
}

function scaleOfWorkload(replicas: number): WorkloadScale {
  return { range: { from: Math.max(1, replicas), to: replicas }, mayBeZero: replicas === 0, source: { kind: "workload" } };
}

function scaleOfAutoscaler({ metadata, spec }: HorizontalPodAutoscaler): WorkloadScale {
  const minReplicas = spec.minReplicas ?? 1;
  return {
    range: { from: Math.max(1, minReplicas), to: spec.maxReplicas },
    mayBeZero: minReplicas === 0,
    source: { kind: "HorizontalPodAutoscaler", name: metadata.name ?? "", minReplicas },
  };
}

function scaleOfScaledObject({ metadata, spec }: ScaledObject): WorkloadScale {
  const { minReplicaCount = kedaDefaults.minReplicaCount, maxReplicaCount = kedaDefaults.maxReplicaCount, idleReplicaCount } = spec;
  const least = Math.min(minReplicaCount, idleReplicaCount ?? minReplicaCount);
  return {
    range: { from: Math.max(1, idleReplicaCount === 0 ? minReplicaCount : least), to: maxReplicaCount },
    mayBeZero: least === 0,
    source: { kind: "ScaledObject", name: metadata.name ?? "", minReplicaCount },
  };
}

function isGoing({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function isMadeByKeda(autoscaler: HorizontalPodAutoscaler, scaledObjects: ReadonlySet<string>): boolean {
  const owner = controllerOf(autoscaler);
  return owner?.kind === "ScaledObject" && scaledObjects.has(owner.name);
}
