/**
 * Grandfathering: workloads that were there before a day are not refused until another.
 *
 * Reads settings.grandfather and the facts of a request. Returns whether the workload that it is about is let be: it was created
 * before the day, and the request leaves alone what makes it a new workload. Its Pods are its own: made again by their owner,
 * or wanted in another number by an autoscaler, they are never refused.
 */
import type { KubeObject } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import { jsonEquals } from "../kube/json-patch.ts";
import { isWorkloadKind, workloadOf } from "../kube/workload.ts";
import { isController } from "./admission-request.ts";
import type { Facts } from "./facts.ts";
import { hasJudgedOwner } from "./judged-owner.ts";
import { workloadOfPod } from "./pod-owner.ts";
import type { Grandfather } from "./policy-set.ts";

/** Is true where a request is about a workload that grandfathering lets be. */
export function isGrandfathered(facts: Facts, { grandfather, now }: { readonly grandfather: Grandfather; readonly now: Instant }): boolean {
  if (now >= grandfather.until) return false;
  const { subject, request } = facts;
  switch (subject.kind) {
    case "scale":
      if (!isBefore(subject.workload.object, grandfather)) return false;
      return isController(request.userInfo) || subject.from === subject.to || !grandfather.unlessChanged.includes("spec.replicas");
    case "workload":
      if (request.oldObject === undefined) return isPodOfGrandfathered(facts, grandfather);
      return isBefore(request.oldObject, grandfather) && !isChanged(facts, grandfather);
    default:
      return false;
  }
}

/** Is true for a workload that stands already and is from before the day: an audit of it is no change of it. */
export function standsGrandfathered(
  object: KubeObject,
  { grandfather, now }: { readonly grandfather: Grandfather; readonly now: Instant },
): boolean {
  return now < grandfather.until && isBefore(object, grandfather) && !hasJudgedOwner(object) && isWorkloadKind(object.kind);
}

/** A Pod that its owner makes again. */
function isPodOfGrandfathered(facts: Facts, grandfather: Grandfather): boolean {
  const owner = ownerOfPod(facts);
  return owner !== undefined && isBefore(owner, grandfather);
}

/** Returns the workload in the cluster that a Pod in creation belongs to, or undefined for a bare Pod and for other objects. */
export function ownerOfPod({ subject, snapshot, ownerClaim }: Facts): KubeObject | undefined {
  if (subject.kind !== "workload" || subject.workload.kind !== "Pod" || ownerClaim !== "believed") return undefined;
  const { template, namespace, object } = subject.workload;
  const pod = { apiVersion: "v1", kind: "Pod", metadata: object.metadata, spec: template.spec } as const;
  const owner = workloadOfPod({ pod, namespace, snapshot });
  return owner === undefined || owner.kind === "Pod" ? undefined : owner.object;
}

function isBefore({ metadata }: KubeObject, { before }: Grandfather): boolean {
  const created = Date.parse(metadata.creationTimestamp ?? "");
  return created < before;
}

/** An autoscaler's count is no edit, whatever the file says of spec.replicas. */
function isChanged({ request }: Facts, { unlessChanged }: Grandfather): boolean {
  const { object, oldObject } = request;
  if (object === undefined || oldObject === undefined) return false;
  return unlessChanged.some((field) => {
    if (field === "spec.replicas" && isController(request.userInfo)) return false;
    if (field === "spec.template") return !jsonEquals(workloadOf(object)?.template, workloadOf(oldObject)?.template);
    return !jsonEquals(fieldOf(object, field), fieldOf(oldObject, field));
  });
}

function fieldOf(object: KubeObject, field: string): unknown {
  let at: unknown = object;
  for (const name of field.split(".")) {
    if (!isRecord(at)) return undefined;
    at = at[name];
  }
  return at;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
