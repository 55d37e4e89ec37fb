/**
 * Releases: the requests that let an object go, which nothing may hold up.
 *
 * Reads a request. An object in deletion stands for as long as a finalizer holds it: the eviction API obeys a PodDisruptionBudget
 * in deletion, and the Pods of a Deployment in deletion run. So a change of its spec is judged like any other; a change that
 * leaves the spec alone, that takes the last finalizer, or that a controller of Kubernetes makes, is its way out.
 */
import type { KubeObject } from "../api/object.ts";
import { type AdmissionRequest, isController } from "./admission-request.ts";
import { isSameSpec } from "./same-spec.ts";
import { lendsPods } from "./workload-deletion.ts";

/** Says whether a request deletes an object, or is a step of one that is being deleted on its way out. */
export function isRelease({ operation, object, oldObject, userInfo, unread }: AdmissionRequest): boolean {
  if (operation === "DELETE") return true;
  if (operation !== "UPDATE" || oldObject?.metadata.deletionTimestamp === undefined || object === undefined) return false;
  return (object.metadata.finalizers ?? []).length === 0 || isController(userInfo) || (unread?.keepsSpec ?? isSameSpec(object, oldObject));
}

/** Says whether what a request deletes may have lent something to workloads. */
export function isJudgedDeletion({ operation, subResource, oldObject, unread }: AdmissionRequest): boolean {
  return operation === "DELETE" && subResource === undefined && unread === undefined && oldObject !== undefined && mayLend(oldObject);
}

/** Says whether an object may lend something to workloads: it is of one of the lending kinds, or its Pods help others under a budget. */
export function mayLend(object: KubeObject): boolean {
  return isOfLendingKind(object) || lendsPods(object);
}

/** Says whether an object is of a kind that is there for workloads alone. */
export function isOfLendingKind({ kind }: Pick<KubeObject, "kind">): boolean {
  return lendingKinds.has(kind);
}

/** Kinds whose presence makes lawful what would be refused without them. */
const lendingKinds: ReadonlySet<string> = new Set(["HorizontalPodAutoscaler", "ScaledObject", "PodDisruptionBudget", "WorkloadProfile"]);
