/**
 * Pod owner: the workload that a Pod belongs to, as a person wrote it.
 *
 * Reads a Pod and a snapshot. Returns the top owner (Deployment or Rollout above ReplicaSet, CronJob above Job). A Pod often
 * arrives before its new ReplicaSet or Job is in the snapshot; then the owner's name says whose it is, since the controllers make
 * it from the workload's. A Pod with an owner that nothing is known of stands for its owner: that name and kind, its own template.
 */
import type { KindName } from "../api/kinds.ts";
import type { KubeObject, OwnerReference } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { topOwner, type OwnerChain } from "../kube/owner.ts";
import { ownerWorkload, workloadOf, type Workload } from "../kube/workload.ts";

const templateHashLabels = [
  { label: "pod-template-hash", owner: { apiVersion: "apps/v1", kind: "Deployment" } },
  { label: "rollouts-pod-template-hash", owner: { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout" } },
] as const;

/** A Pod is an owner too: the leader of a LeaderWorkerSet's group owns the StatefulSet of its workers. */
const watchedOwners = [
  ...(["Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "CronJob"] as const),
  ...(["Rollout", "Pod"] as const),
] as const satisfies readonly KindName[];

/** Kinds that only ever stand for somebody: with a controller that is not known, their name says nothing to a person. */
export const middleKinds: ReadonlySet<string> = new Set(["Pod", "ReplicaSet", "Job"]);

/** Returns the workload of a Pod, or undefined for an object that is no Pod with containers. `namespace` is the request's. */
export function workloadOfPod(of: {
  readonly pod: Pod;
  readonly namespace: string;
  readonly snapshot: ClusterSnapshot;
}): Workload | undefined {
  const { namespace, snapshot } = of;
  const pod: Pod = of.pod.metadata.namespace === namespace ? of.pod : { ...of.pod, metadata: { ...of.pod.metadata, namespace } };
  const chain = topOwner({ object: pod, lookup: (reference) => find(snapshot, { kind: reference.kind, namespace, name: reference.name }) });
  const owner = chain.unknown;
  if (owner === undefined) return workloadOf(chain.top) ?? ownerWorkload({ owner: nameOf(chain.top), pod, object: chain.top });
  if (!middleKinds.has(chain.top.kind)) return workloadOf(chain.top);
  const implied = chain.top === pod ? impliedOwner(owner, pod) : owner;
  const known = find(snapshot, { ...implied, namespace });
  return (
    (known === undefined ? undefined : workloadOf(known)) ??
    ownerWorkload({ owner: implied, pod, object: known, replicas: replicasOf(chain) })
  );
}

function find(
  snapshot: ClusterSnapshot,
  at: { readonly kind: string; readonly namespace: string; readonly name: string },
): KubeObject | undefined {
  const kind = watchedOwners.find((known) => known === at.kind);
  return kind === undefined ? undefined : snapshot.get(kind, { namespace: at.namespace, name: at.name });
}

type OwnerName = Pick<OwnerReference, "apiVersion" | "kind" | "name">;

/** The workload itself may not have reached us either: its first Pods would run without their profile, if its name were not read here. */
function impliedOwner(owner: OwnerReference, pod: Pod): OwnerName {
  return impliedName(owner, pod) ?? owner;
}

/** "web-5d4f" with the Pod's template hash 5d4f is of Deployment web; "nightly-29384720" (minutes since 1970) is of CronJob nightly. */
function impliedName({ kind, name }: OwnerReference, pod: Pod): OwnerName | undefined {
  for (const { label, owner } of kind === "ReplicaSet" ? templateHashLabels : []) {
    const hash = pod.metadata.labels?.[label];
    if (hash !== undefined && name.endsWith(`-${hash}`)) return { ...owner, name: name.slice(0, -hash.length - 1) };
  }
  const scheduled = kind === "Job" ? /^(.+)-\d{8,}$/.exec(name)?.[1] : undefined;
  return scheduled === undefined ? undefined : { kind: "CronJob", apiVersion: "batch/v1", name: scheduled };
}

/** A ReplicaSet between the Pod and an owner that is not known tells how many there are; its selector is narrower than the owner's. */
function replicasOf({ top }: OwnerChain): number | undefined {
  return top.kind === "ReplicaSet" ? workloadOf(top)?.replicas : undefined;
}

function nameOf({ apiVersion, kind, metadata }: KubeObject): OwnerName {
  return { apiVersion, kind, name: metadata.name ?? "" };
}
