/**
 * AdmissionRequest: one request that the API server asks about, decoded.
 *
 * The webhook decodes it from an AdmissionReview, `plimsoll check` makes it from a file (operation CREATE). Policies see
 * only this shape, so they answer alike for both.
 */
import type { GroupVersionKind, GroupVersionResource, KubeObject } from "../api/object.ts";

/** Who asks, as the API server authenticated them. */
export interface UserInfo {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  /** What authenticators add, and authorizers may look at. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** One request for admission. On CREATE there is no oldObject, on DELETE no object; `namespace` is "" for cluster-scoped kinds. */
export interface AdmissionRequest {
  readonly uid: string;
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  readonly kind: GroupVersionKind;
  readonly resource: GroupVersionResource;
  /** Such as "scale"; absent for the object itself. */
  readonly subResource?: string;
  /** Empty while an object with generateName is in the mutating phase. */
  readonly name: string;
  readonly namespace: string;
  readonly object?: KubeObject;
  readonly oldObject?: KubeObject;
  readonly userInfo: UserInfo;
  readonly dryRun: boolean;
  /** True of what stands already, judged as if it came now: it has no requester. */
  readonly isStanding?: true;
  /** What a DELETE says of the objects that the deleted one owns. */
  readonly propagation?: DeletionPropagation;
  /** There where the objects have more in them than is read: then they say no more than who they are and what holds them in deletion. */
  readonly unread?: UnreadObjects;
}

/** What becomes of the objects that a deleted one owns: they go after it, before it, or not at all. */
export type DeletionPropagation = "Background" | "Foreground" | "Orphan";

/** Why objects were not read, and what is known of them all the same. */
export interface UnreadObjects {
  readonly message: string;
  readonly fix: string;
  /** Whether an update leaves the spec as it is. */
  readonly keepsSpec: boolean;
  /** Whether it leaves labels, annotations and owners as they are. */
  readonly keepsMetadata: boolean;
}

/**
 * Is true for Kubernetes' own controllers and for KEDA's operator: they act for a workload that a person has already had judged,
 * so they get no warnings, and inside a profile's bounds no denial.
 */
export function isController(userInfo: UserInfo): boolean {
  return (
    userInfo.groups.includes("system:serviceaccounts:kube-system") ||
    userInfo.username.startsWith("system:serviceaccount:kube-system:") ||
    userInfo.username === "system:kube-controller-manager" ||
    kedaOperators.has(userInfo.username)
  );
}

/** KEDA's operator where its charts put it: anybody may name a ServiceAccount so in a namespace of their own. */
const kedaOperators: ReadonlySet<string> = new Set(
  ["keda", "openshift-keda"].map((namespace) => `system:serviceaccount:${namespace}:keda-operator`),
);
