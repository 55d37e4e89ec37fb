/**
 * Profile targets: the workloads of a namespace that a profile may govern, each with its Pods.
 *
 * Reads the snapshot. Returns the workloads that a person wrote, and those whose owner is of a kind that nobody here knows, which
 * can only be seen through their Pods (an operator's own kind, a Rollout that takes its template from a Deployment).
 */
import type { KindName } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { controllerOf } from "../../kube/owner.ts";
import { isActive } from "../../kube/pod-state.ts";
import { isWorkloadKind, type Workload } from "../../kube/workload.ts";
import { middleKinds, workloadOfPod } from "../pod-owner.ts";
import { workloadsOf } from "../workload-view.ts";

export interface PossibleTarget {
  readonly workload: Workload;
  /** Its Pods, in whatever state; looked up only where they are asked for. */
  readonly pods: () => readonly Pod[];
}

/** Kinds between a workload and its Pods, by the workload's kind. */
const between: Readonly<Record<string, KindName>> = { Deployment: "ReplicaSet", CronJob: "Job", Rollout: "ReplicaSet" };

/** Returns every workload of a namespace, sorted by kind, then name. */
export function possibleTargets(snapshot: ClusterSnapshot, namespace: string): readonly PossibleTarget[] {
  const written = workloadsOf(snapshot, namespace)
    .filter(({ kind, object }) => !middleKinds.has(kind) || controllerOf(object) === undefined)
    .map((workload) => ({ workload, pods: () => podsOf(snapshot, workload) }));
  const known = new Set(written.map(({ workload }) => keyOf(workload)));
  const seen = seenThroughPods(snapshot, namespace).filter(({ workload }) => !known.has(keyOf(workload)));
  return [...written, ...seen].sort((a, b) => (keyOf(a.workload) < keyOf(b.workload) ? -1 : 1));
}

function seenThroughPods(snapshot: ClusterSnapshot, namespace: string): readonly PossibleTarget[] {
  const groups = new Map<string, { readonly workload: Workload; readonly pods: Pod[] }>();
  for (const pod of snapshot.list("Pod", namespace)) {
    if (!hasUnseenOwner(pod, snapshot)) continue;
    const workload = workloadOfPod({ pod, namespace, snapshot });
    if (workload === undefined) continue;
    const group = groups.get(keyOf(workload));
    if (group === undefined) groups.set(keyOf(workload), { workload, pods: [pod] });
    else group.pods.push(pod);
  }
  return [...groups.values()].map(({ workload, pods }) => ({
    // Without the owner itself, what it wants is what there is.
    workload: workload.object.kind === "Pod" ? { ...workload, replicas: pods.filter(isActive).length } : workload,
    pods: () => pods,
  }));
}

/** Most Pods are of kinds that {@link workloadsOf} lists, and need not be followed up. */
function hasUnseenOwner(pod: Pod, snapshot: ClusterSnapshot): boolean {
  const owner = controllerOf(pod);
  if (owner === undefined || owner.kind === "Node") return false;
  if (!isWorkloadKind(owner.kind)) return true;
  if (owner.kind !== "ReplicaSet" && owner.kind !== "Job") return false;
  const middle = snapshot.get(owner.kind, { namespace: pod.metadata.namespace ?? "", name: owner.name });
  const above = middle === undefined ? undefined : controllerOf(middle)?.kind;
  return above !== undefined && above !== "Deployment" && above !== "CronJob";
}

function podsOf(snapshot: ClusterSnapshot, workload: Workload): readonly Pod[] {
  if (workload.kind === "Pod") return snapshot.list("Pod", workload.namespace).filter(({ metadata }) => metadata.name === workload.name);
  const middle = between[workload.kind];
  const owners: readonly KubeObject[] = middle === undefined ? [workload.object] : ownedBy(snapshot, middle, workload.object);
  return owners.flatMap(({ metadata }) => (metadata.uid === undefined ? [] : snapshot.by("Pod", "owner", metadata.uid)));
}

function ownedBy(snapshot: ClusterSnapshot, kind: KindName, { metadata }: KubeObject): readonly KubeObject[] {
  return metadata.uid === undefined ? [] : snapshot.by(kind, "owner", metadata.uid);
}

function keyOf({ kind, name }: Workload): string {
  return `${kind}/${name}`;
}
