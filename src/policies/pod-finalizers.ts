/**
 * Pod finalizers: which of them keep a Pod for longer than Kubernetes itself does, and who may write such.
 *
 * Reads metadata, or a request. A Pod with a finalizer is evicted and does not go. Kubernetes takes its own ones off; of others nobody
 * here knows who does.
 */
import type { KubeObject, ObjectMeta } from "../api/object.ts";
import { controllerOf } from "../kube/owner.ts";
import type { AdmissionRequest } from "./admission-request.ts";

/** The garbage collector takes these off whatever Pod has them. */
const collected: ReadonlySet<string> = new Set(["foregroundDeletion", "orphan"]);
/** The Job controller takes it off Pods of Jobs and off those that nobody controls, and leaves it on all others. */
const ofJobs = "batch.kubernetes.io/job-tracking";
const withJobs: ReadonlySet<string> = new Set(["Job", "CronJob", "Pod"]);

/** Returns the finalizers that Kubernetes itself does not take off a Pod of such a workload. */
export function foreignFinalizers(metadata: ObjectMeta | undefined, kind: string): readonly string[] {
  const names = metadata?.finalizers ?? [];
  return names.length === 0 ? names : names.filter((name) => !collected.has(name) && !(name === ofJobs && withJobs.has(kind)));
}

/** Says whether a request brings a finalizer to a Pod, and no owner with it: the question is then who may finalize Pods. */
export function finalizesPod({ operation, subResource, object, oldObject }: AdmissionRequest): boolean {
  if (object?.kind !== "Pod" || subResource !== undefined) return false;
  const [is, was] = [controllerOf(object), oldObject === undefined ? undefined : controllerOf(oldObject)];
  if (operation === "CREATE") return is === undefined && foreignFinalizers(object.metadata, "Pod").length > 0;
  return operation === "UPDATE" && is?.uid === was?.uid && addsFinalizer(object, oldObject);
}

function addsFinalizer({ metadata }: KubeObject, oldObject: KubeObject | undefined): boolean {
  const before = new Set(oldObject?.metadata.finalizers);
  return (metadata.finalizers ?? []).some((name) => !collected.has(name) && !before.has(name));
}
