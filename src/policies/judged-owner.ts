/**
 * Judged owners: which objects are made from a workload that is judged itself, so that a person is told there.
 *
 * Reads an object's controller. Returns what Kubernetes (or Argo Rollouts) makes such objects from, and by which account. Whether the
 * one who asks may say so of a new object is owner-claim.ts' matter; what stands was asked about when it entered.
 */
import type { KindName } from "../api/kinds.ts";
import type { KubeObject, OwnerReference } from "../api/object.ts";
import { controllerOf } from "../kube/owner.ts";

/** A kind that objects of another kind are made from. */
export interface Maker {
  readonly group: string;
  readonly kind: KindName;
  /** The ServiceAccount in kube-system of the kind's controller; absent where it is none of Kubernetes' own. */
  readonly account?: string;
}

/** An object's controller, where that is judged in the object's place. */
export interface JudgedOwner {
  readonly reference: OwnerReference;
  readonly maker: Maker;
}

const node: Maker = { group: "", kind: "Node" };

/** What each kind is made from, by the controllers that everybody knows; a kind of the same name in another group is another kind. */
const makers: ReadonlyMap<string, readonly Maker[]> = new Map<string, readonly Maker[]>([
  [
    "Pod",
    [
      { group: "apps", kind: "ReplicaSet", account: "replicaset-controller" },
      { group: "", kind: "ReplicationController", account: "replication-controller" },
      { group: "apps", kind: "StatefulSet", account: "statefulset-controller" },
      { group: "apps", kind: "DaemonSet", account: "daemon-set-controller" },
      { group: "batch", kind: "Job", account: "job-controller" },
      node,
    ],
  ],
  [
    "ReplicaSet",
    [
      { group: "apps", kind: "Deployment", account: "deployment-controller" },
      { group: "argoproj.io", kind: "Rollout" },
    ],
  ],
  ["Job", [{ group: "batch", kind: "CronJob", account: "cronjob-controller" }]],
]);

/** Returns the accounts in kube-system that make Pods of what is judged in their place, sorted. */
export const podMakers: readonly string[] = (makers.get("Pod") ?? []).flatMap(({ account }) => account ?? []).sort();

/** Is true for an object whose controller is of a kind that is judged in its place. */
export function hasJudgedOwner(object: KubeObject): boolean {
  return judgedOwner(object) !== undefined;
}

/** Returns an object's controller where that is judged in the object's place. */
export function judgedOwner(object: KubeObject): JudgedOwner | undefined {
  const reference = controllerOf(object);
  if (reference === undefined) return undefined;
  const group = groupOf(reference);
  const maker = makers.get(object.kind)?.find((known) => known.kind === reference.kind && known.group === group);
  if (maker === undefined || (maker === node && !isMirror(object))) return undefined;
  return { reference, maker };
}

/** Returns the API group of an owner: "" for the core group. */
export function groupOf({ apiVersion }: Pick<OwnerReference, "apiVersion">): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

/** No kubelet runs a Pod with this annotation but for its own static Pod, and nobody may add or change it later. */
function isMirror({ metadata }: KubeObject): boolean {
  return metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined;
}
