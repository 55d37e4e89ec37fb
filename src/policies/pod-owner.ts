/**
 * Pod owner: the workload that a Pod belongs to, as a person wrote it.
 *
 * Reads a Pod and a snapshot. Returns the top owner (Deployment above ReplicaSet, CronJob above Job). A Pod often arrives before
 * its new ReplicaSet or Job is in the snapshot; then the owner's name says whose it is, since the controllers make it from the
 * workload's. A Pod with an owner that nothing is known of stands for its owner: that name, its own template.
 */
import type { KindName } from "../api/kinds.ts";
import type { KubeObject, OwnerReference } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { topOwner } from "../kube/owner.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";

const templateHashLabel = "pod-template-hash";
const watchedOwners = ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"] as const satisfies readonly KindName[];

/** Returns the workload of a Pod, or undefined for an object that is no Pod with containers. `namespace` is the request's. */
export function workloadOfPod(of: {
  readonly pod: Pod;
  readonly namespace: string;
  readonly snapshot: ClusterSnapshot;
}): Workload | undefined {
  const { namespace, snapshot } = of;
  const pod: Pod = { ...of.pod, metadata: { ...of.pod.metadata, namespace } };
  const chain = topOwner({ object: pod, lookup: (reference) => find(snapshot, { kind: reference.kind, namespace, name: reference.name }) });
  if (chain.unknown === undefined) return workloadOf(chain.top);
  const implied = impliedOwner(chain.unknown, { pod, namespace, snapshot });
  if (implied !== undefined) return workloadOf(implied);
  return chain.top === pod ? standIn(pod, chain.unknown) : workloadOf(chain.top);
}

function find(
  snapshot: ClusterSnapshot,
  at: { readonly kind: string; readonly namespace: string; readonly name: string },
): KubeObject | undefined {
  const kind = watchedOwners.find((known) => known === at.kind);
  return kind === undefined ? undefined : snapshot.get(kind, { namespace: at.namespace, name: at.name });
}

function impliedOwner(
  owner: OwnerReference,
  { pod, namespace, snapshot }: { readonly pod: Pod; readonly namespace: string; readonly snapshot: ClusterSnapshot },
): KubeObject | undefined {
  const implied = impliedName(owner, pod);
  return implied === undefined ? undefined : find(snapshot, { ...implied, namespace });
}

interface ImpliedName {
  readonly kind: "Deployment" | "CronJob";
  readonly apiVersion: string;
  readonly name: string;
}

/** "web-5d4f" with the Pod's template hash 5d4f is of Deployment web; "nightly-29384720" (minutes since 1970) is of CronJob nightly. */
function impliedName(owner: OwnerReference, pod: Pod): ImpliedName | undefined {
  const hash = pod.metadata.labels?.[templateHashLabel];
  if (owner.kind === "ReplicaSet" && hash !== undefined && owner.name.endsWith(`-${hash}`)) {
    return { kind: "Deployment", apiVersion: "apps/v1", name: owner.name.slice(0, -hash.length - 1) };
  }
  const scheduled = owner.kind === "Job" ? /^(.+)-\d{8,}$/.exec(owner.name)?.[1] : undefined;
  return scheduled === undefined ? undefined : { kind: "CronJob", apiVersion: "batch/v1", name: scheduled };
}

/** The workload itself may not have reached us either: otherwise a new Deployment's first Pods would run without their profile. */
function standIn(pod: Pod, owner: OwnerReference): Workload | undefined {
  const workload = workloadOf(pod);
  return workload === undefined ? undefined : { ...workload, name: owner.name, ...impliedName(owner, pod) };
}
