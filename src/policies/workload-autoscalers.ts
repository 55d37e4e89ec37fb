/**
 * Workload autoscalers: who changes the replicas of a workload.
 *
 * Reads a workload and a snapshot. Returns the HorizontalPodAutoscalers and KEDA ScaledObjects that aim at it. Each list of a
 * namespace is sorted by its targets once, for as long as the cluster has no other one.
 */
import type { ScaledObject } from "../api/foreign-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "../api/horizontal-pod-autoscaler.ts";
import type { KubeObject } from "../api/object.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { remembered } from "../kube/remembered.ts";
import { namesTarget, workloadScale, type WorkloadScale } from "../kube/workload-scale.ts";
import type { Workload } from "../kube/workload.ts";

export interface WorkloadAutoscalers {
  readonly autoscalers: readonly HorizontalPodAutoscaler[];
  readonly scaledObjects: readonly ScaledObject[];
  /** The replica counts that they, or the workload itself, lead to. */
  readonly scale: WorkloadScale;
}

/** Returns who scales a workload, each list sorted by name, and the range of replicas that follows. */
export function autoscalersOf(workload: Workload, snapshot: ClusterSnapshot): WorkloadAutoscalers {
  const { namespace, replicas } = workload;
  const autoscalers = atTarget(autoscalersByTarget(snapshot.list("HorizontalPodAutoscaler", namespace)), workload);
  const scaledObjects = atTarget(scaledObjectsByTarget(snapshot.list("ScaledObject", namespace)), workload);
  return { autoscalers, scaledObjects, scale: workloadScale({ replicas, autoscalers, scaledObjects }) };
}

/** Returns how many HorizontalPodAutoscalers and ScaledObjects aim at a workload. */
export function autoscalerCount(workload: Workload, snapshot: ClusterSnapshot): number {
  const { namespace } = workload;
  const key = targetKey(workload);
  return (
    (autoscalersByTarget(snapshot.list("HorizontalPodAutoscaler", namespace)).get(key)?.length ?? 0) +
    (scaledObjectsByTarget(snapshot.list("ScaledObject", namespace)).get(key)?.length ?? 0)
  );
}

interface Target {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name: string;
}
interface Scaler extends KubeObject {
  readonly spec: { readonly scaleTargetRef: Target };
}

const autoscalersByTarget = remembered((list: readonly HorizontalPodAutoscaler[]) => byTarget(list));
const scaledObjectsByTarget = remembered((list: readonly ScaledObject[]) => byTarget(list));

/** One in deletion scales until it is gone; those without a target scale nothing. */
function byTarget<T extends Scaler>(list: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const scaler of list) {
    if (!namesTarget(scaler)) continue;
    const key = targetKey(scaler.spec.scaleTargetRef);
    const known = found.get(key);
    if (known === undefined) found.set(key, [scaler]);
    else known.push(scaler);
  }
  return found;
}

function atTarget<T extends Scaler>(found: ReadonlyMap<string, readonly T[]>, workload: Workload): readonly T[] {
  if (found.size === 0) return [];
  const aiming = found.get(targetKey(workload));
  if (aiming === undefined) return [];
  const group = workload.apiVersion.split("/")[0];
  return aiming.filter(({ spec }) => {
    const { apiVersion } = spec.scaleTargetRef;
    return apiVersion === undefined || apiVersion.split("/")[0] === group;
  });
}

/** KEDA takes a Deployment where no kind is said. */
function targetKey({ kind = "Deployment", name }: Pick<Target, "kind" | "name">): string {
  return `${kind}/${name}`;
}
