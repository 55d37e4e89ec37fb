/**
 * Surge: the only replica of a Deployment, whose replacement is started before it is evicted.
 *
 * Reads a Pod, its node, its Deployment and the other Pods of that. Returns what a surge of it would be, or undefined where there is none to
 * make: not for a Pod that does not serve, for one that may not run beside another (strategy Recreate, a volume that one node holds), nor once
 * another is ready. A request to evict is only a word, and anybody may say it: a Deployment is rolled where its Pod's node is seen being
 * emptied. The replacement is made by Kubernetes itself: one annotation of the template makes it roll, new Pod first. A rollout that its own
 * deadline has given up holds nothing up.
 */
import type { PlatformNames } from "../api/labels.ts";
import type { Pod } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { Deployment } from "../api/workload.ts";
import { controllerOf } from "../kube/owner.ts";
import { isActive, isReady } from "../kube/pod-state.ts";
import { rollingBounds } from "../kube/rolling-update.ts";
import { isBeingEmptied } from "../kube/taint.ts";

export type Surge =
  /** Nothing has been started. */
  | { readonly kind: "needed"; readonly deployment: Deployment }
  /** A replacement is on its way, by us or by a rollout of its people. */
  | { readonly kind: "under-way"; readonly deployment: Deployment };

interface SurgeContext {
  readonly snapshot: ClusterSnapshot;
  readonly names: Pick<PlatformNames, "surgedForAnnotation">;
}

/** Returns the surge that an eviction of the Pod asks for. */
export function surgeOf(pod: Pod, { snapshot, names }: SurgeContext): Surge | undefined {
  const deployment = deploymentOf(pod, snapshot);
  if (deployment === undefined || !isReady(pod) || !canSurge(deployment) || holdsVolume(pod)) return undefined;
  const others = podsOf(deployment, snapshot).filter((one) => one.metadata.uid !== pod.metadata.uid);
  if (others.some(isReady)) return undefined;
  if (hasFailed(deployment)) return undefined;
  const isAsked = deployment.spec.template.metadata?.annotations?.[names.surgedForAnnotation] === pod.metadata.uid;
  if (isAsked || others.length > 0 || isRolling(deployment)) return { kind: "under-way", deployment };
  return isOnEmptiedNode(pod, snapshot) ? { kind: "needed", deployment } : undefined;
}

/** Returns the patch of a Deployment that starts the replacement of a Pod; the same for the same Pod. */
export function surgePatch(pod: Pod, { surgedForAnnotation }: SurgeContext["names"]): object {
  return { spec: { template: { metadata: { annotations: { [surgedForAnnotation]: pod.metadata.uid ?? "" } } } } };
}

function deploymentOf(pod: Pod, snapshot: ClusterSnapshot): Deployment | undefined {
  const namespace = pod.metadata.namespace ?? "";
  const owner = controllerOf(pod);
  const set = owner?.kind === "ReplicaSet" ? snapshot.get("ReplicaSet", { namespace, name: owner.name }) : undefined;
  const above = set === undefined || set.metadata.uid !== owner?.uid ? undefined : controllerOf(set);
  return above?.kind === "Deployment" ? snapshot.get("Deployment", { namespace, name: above.name }) : undefined;
}

function isOnEmptiedNode({ spec }: Pod, snapshot: ClusterSnapshot): boolean {
  const node = snapshot.get("Node", { namespace: "", name: spec.nodeName ?? "" });
  return node !== undefined && isBeingEmptied(node);
}

function canSurge({ metadata, spec }: Deployment): boolean {
  const { replicas = 1, strategy, paused } = spec;
  if (replicas !== 1 || paused === true || metadata.deletionTimestamp !== undefined) return false;
  const { maxSurge, maxUnavailable } = rollingBounds({ strategy, replicas });
  return maxSurge > 0 && maxUnavailable === 0;
}

/** A disk is attached to one node at a time: the replacement would wait for the Pod that waits for it. */
function holdsVolume({ spec }: Pod): boolean {
  return (spec.volumes ?? []).some(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined);
}

function podsOf(deployment: Deployment, snapshot: ClusterSnapshot): readonly Pod[] {
  return snapshot
    .by("ReplicaSet", "owner", deployment.metadata.uid ?? "")
    .flatMap((set) => snapshot.by("Pod", "owner", set.metadata.uid ?? ""))
    .filter(isActive);
}

function isRolling({ metadata, spec, status }: Deployment): boolean {
  const isSeen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return !isSeen || (status?.updatedReplicas ?? 0) < (spec.replicas ?? 1);
}

function hasFailed({ metadata, status }: Deployment): boolean {
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  return (status?.conditions ?? []).some(({ type, status: value }) => type === "Progressing" && value === "False");
}
