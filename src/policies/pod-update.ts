/**
 * Pod updates: which changes of a running Pod admission judges.
 *
 * Reads the Pod before and after, and who asks. Returns a yes or a no. What can make a Pod undrainable, or break a rule that its
 * workload kept, is judged: its spec, its labels, added finalizers, and the few annotations that drains and autoscalers read.
 * Controllers and kubelets are never asked about: they release, adopt and report. registration.ts says the same in CEL, so that
 * the API server does not call us for the rest.
 */
import { doNotDisruptAnnotation, type PlatformNames } from "../api/labels.ts";
import { podKeysOf } from "../api/own-keys.ts";
import { jsonEquals } from "../kube/json-patch.ts";
import { type AdmissionRequest, isController } from "./admission-request.ts";
import { safeToEvictAnnotation } from "./drain-pod.ts";
import { isSameSpec } from "./same-spec.ts";

/** Returns the annotations of a running Pod that are judged. */
export function judgedAnnotations(names: PlatformNames): readonly string[] {
  return [doNotDisruptAnnotation, safeToEvictAnnotation, ...podKeysOf(names).annotations];
}

/** Says whether an update of a Pod is judged. */
export function isJudgedPodUpdate({ object, oldObject, userInfo }: AdmissionRequest, names: PlatformNames): boolean {
  if (object === undefined || oldObject === undefined) return false;
  if (isController(userInfo) || userInfo.groups.includes("system:nodes")) return false;
  const [is, was] = [object.metadata, oldObject.metadata];
  return (
    !isSameSpec(object, oldObject) ||
    !jsonEquals(is.labels ?? {}, was.labels ?? {}) ||
    !jsonEquals(is.finalizers ?? [], was.finalizers ?? []) ||
    judgedAnnotations(names).some((key) => is.annotations?.[key] !== was.annotations?.[key])
  );
}
