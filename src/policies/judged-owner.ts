/**
 * Judged owners: which objects were made from a workload that is judged itself, so that a person is told there.
 *
 * Reads an object's controller and who brings it. Returns whether a controller of Kubernetes (or Argo Rollouts) makes such objects
 * of such owners. A reference is a claim of whoever writes it: one that a person writes counts only where its owner stands.
 */
import type { KindName } from "../api/kinds.ts";
import type { KubeObject, OwnerReference } from "../api/object.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { controllerOf } from "../kube/owner.ts";
import { isController, type UserInfo } from "./admission-request.ts";

interface Maker {
  readonly group: string;
  readonly kind: KindName;
}

/** What each kind is made from, by the controllers that everybody knows; a kind of the same name in another group is another kind. */
const makers: ReadonlyMap<string, readonly Maker[]> = new Map<string, readonly Maker[]>([
  [
    "Pod",
    [
      { group: "apps", kind: "ReplicaSet" },
      { group: "apps", kind: "StatefulSet" },
      { group: "apps", kind: "DaemonSet" },
      { group: "batch", kind: "Job" },
      // Mirror Pods of a kubelet.
      { group: "", kind: "Node" },
    ],
  ],
  [
    "ReplicaSet",
    [
      { group: "apps", kind: "Deployment" },
      { group: "argoproj.io", kind: "Rollout" },
    ],
  ],
  ["Job", [{ group: "batch", kind: "CronJob" }]],
]);

/** Is true for an object whose controller is of a kind that is judged in its place. */
export function hasJudgedOwner(object: KubeObject): boolean {
  return judgedOwner(object) !== undefined;
}

/**
 * Is true where a person claims an owner that is judged in the object's place and that does not stand in the cluster: such a claim
 * would take the object out of every rule.
 */
export function claimsJudgedOwner(object: KubeObject, of: { readonly userInfo: UserInfo; readonly snapshot: ClusterSnapshot }): boolean {
  const owner = judgedOwner(object);
  if (owner === undefined || isController(of.userInfo) || of.userInfo.groups.includes("system:nodes")) return false;
  const namespace = owner.maker.kind === "Node" ? "" : (object.metadata.namespace ?? "");
  const known = of.snapshot.get(owner.maker.kind, { namespace, name: owner.reference.name });
  // Objects in files have no uid: there the name is all that is known.
  return known === undefined || (known.metadata.uid !== undefined && known.metadata.uid !== owner.reference.uid);
}

function judgedOwner(object: KubeObject): { readonly reference: OwnerReference; readonly maker: Maker } | undefined {
  const reference = controllerOf(object);
  if (reference === undefined) return undefined;
  const slash = reference.apiVersion.indexOf("/");
  const group = slash < 0 ? "" : reference.apiVersion.slice(0, slash);
  const maker = makers.get(object.kind)?.find((known) => known.kind === reference.kind && known.group === group);
  return maker === undefined ? undefined : { reference, maker };
}
