/**
 * Awaited: what a workload waits for that the same apply brings a moment later: the profile that its label names, or its autoscaler.
 *
 * Helm and `kubectl apply` on a folder send a Deployment before its WorkloadProfile and its HorizontalPodAutoscaler. Such a workload is let
 * in; its Pods are refused until what it waits for stands (waiting-pods.ts), so that none ever runs without its contract. Reads a workload
 * and the world. Says what it waits for; softening.ts does what follows.
 */
import type { HorizontalPodAutoscaler } from "../api/horizontal-pod-autoscaler.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { controllerOf } from "../kube/owner.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";
import type { PolicySet } from "./policy-set.ts";
import type { Binding } from "./profile/binding.ts";
import { actionAt, isNamespaceInScope } from "./rule-action.ts";
import { autoscalersOf } from "./workload-autoscalers.ts";

/** The rule that holds the Pods back: where it doesn't deny, nothing waits. */
export const awaitedProfileRule = "BIND-005";

/** A workload that has stood for longer than this is no part of an apply that is under way. */
export const waitMaxMs = 10 * 60_000;

/** Returns the profile that a workload's label names, where it doesn't stand and no other one governs the workload. */
export function awaitedProfile(
  { workload, binding }: { readonly workload: Workload; readonly binding: Binding },
  { profileLabel }: Pick<PlatformNames, "profileLabel">,
): string | undefined {
  return binding.kind === "none" && isOwnWord(workload) ? profileNamed(workload, profileLabel) : undefined;
}

/** Returns the profile that the label of a workload, or of its Pods, names. */
export function profileNamed({ labels, template }: Workload, profileLabel: string): string | undefined {
  return labels[profileLabel] ?? template.metadata?.labels?.[profileLabel];
}

/** Pods are held by the workload that stands above them; what a controller makes, and a bare Pod, has none that would hold them. */
function isOwnWord({ kind, object }: Workload): boolean {
  return kind !== "Pod" && object.kind === kind && controllerOf(object) === undefined;
}

/** Says whether Pods of a namespace are held back at an instant. */
export function holdsPods({ rules }: Pick<PolicySet, "rules">, at: { readonly namespace: string; readonly now: Instant }): boolean {
  const setting = rules.get(awaitedProfileRule);
  return setting !== undefined && actionAt(setting, at.now) === "deny" && isNamespaceInScope(setting.scope.namespaces, at.namespace);
}

/** How the rule, and a Pod's refusal, say that a profile is still to come. */
export function awaitedWords(of: { readonly profile: string; readonly title: string; readonly profileLabel: string }) {
  return {
    message: `WorkloadProfile "${of.profile}" does not stand: Pods of ${of.title} are refused until it does`,
    fix: `apply WorkloadProfile ${of.profile}, or take the label ${of.profileLabel} away`,
  };
}

/** Is true for a Deployment without an autoscaler that has one replica, as the API server fills in where replicas are left out. */
export function lacksAutoscaler(workload: Workload, snapshot: ClusterSnapshot): boolean {
  if (workload.kind !== "Deployment" || workload.replicas !== 1 || !isOwnWord(workload)) return false;
  const { autoscalers, scaledObjects } = autoscalersOf(workload, snapshot);
  return autoscalers.length === 0 && scaledObjects.length === 0;
}

/** Is true where a Deployment in creation may have left its replicas to an autoscaler: what was applied is written down, Helm's is not. */
export function omitsReplicas({ metadata, ...object }: KubeObject & { readonly spec?: unknown }): boolean {
  if (isRecord(object.spec) && object.spec["replicas"] === undefined) return true;
  if (isOfHelm({ metadata })) return true;
  const spec = appliedSpec(metadata);
  return isRecord(spec) && spec["replicas"] === undefined && spec["f:replicas"] === undefined;
}

/** Is true where it is known that a workload's manifest sets its replicas: objects in files have no uid, others show what was applied. */
export function writesReplicas({ metadata, ...object }: KubeObject & { readonly spec?: unknown }): boolean {
  if (metadata.uid === undefined) return isRecord(object.spec) && object.spec["replicas"] !== undefined;
  const spec = appliedSpec(metadata);
  return isRecord(spec) && (spec["replicas"] !== undefined || spec["f:replicas"] !== undefined);
}

/** Is true for an object of a Helm release, by the label that charts carry. */
export function isOfHelm({ metadata }: Pick<KubeObject, "metadata">): boolean {
  return metadata.labels?.["app.kubernetes.io/managed-by"] === "Helm";
}

/** The spec as it was applied, by kubectl or server-side. */
function appliedSpec(metadata: KubeObject["metadata"]): unknown {
  const applied = parsed(metadata.annotations?.["kubectl.kubernetes.io/last-applied-configuration"]) ?? appliedFields(metadata);
  return isRecord(applied) ? (applied["spec"] ?? applied["f:spec"]) : undefined;
}

/** What a server-side apply owns. */
function appliedFields(metadata: object): unknown {
  if (!("managedFields" in metadata) || !Array.isArray(metadata.managedFields)) return undefined;
  const entries: readonly unknown[] = metadata.managedFields;
  const applied = entries.find((entry) => isRecord(entry) && entry["operation"] === "Apply");
  return isRecord(applied) ? applied["fieldsV1"] : undefined;
}

/** Is true for what was made so lately that the rest of its apply may still be on its way. */
export function isYoung({ metadata }: KubeObject, now: Instant): boolean {
  return now - Date.parse(metadata.creationTimestamp ?? "") < waitMaxMs;
}

/** Is true where no Pod of a workload is there, not even one on its way out: those to come can be held. */
export function hasNoPods({ object, namespace, name }: Workload, snapshot: ClusterSnapshot): boolean {
  const { uid } = object.metadata;
  if (uid === undefined) return false;
  const makers = [uid, ...snapshot.by("ReplicaSet", "owner", uid).flatMap(({ metadata }) => metadata.uid ?? [])];
  if (makers.some((maker) => snapshot.by("Pod", "owner", maker).length > 0)) return false;
  // Its ReplicaSet may not have reached us, and its Pods have.
  return !snapshot.list("Pod", namespace).some((pod) => {
    const owner = controllerOf(pod);
    return owner?.kind === "ReplicaSet" && owner.name.startsWith(`${name}-`) && !makers.includes(owner.uid);
  });
}

/** More than any budget asks for. */
const manyReplicas = 1_000;

/** Returns the autoscaler that would mend whatever one can mend: what is wrong beside it is wrong for good. */
export function imaginedAutoscaler({ apiVersion, kind, name, namespace }: Workload): HorizontalPodAutoscaler {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace },
    spec: { minReplicas: manyReplicas, maxReplicas: manyReplicas, scaleTargetRef: { apiVersion, kind, name } },
  };
}

/** Is true for a Deployment that once ran as it is written: its Pods are made again, not made first. */
export function hasRolledOut(object: KubeObject): boolean {
  if (workloadOf(object)?.kind !== "Deployment" || !("status" in object) || !isRecord(object.status)) return false;
  const { conditions, observedGeneration } = object.status;
  if (!Array.isArray(conditions) || observedGeneration !== object.metadata.generation) return false;
  return conditions.some((is: unknown) => isRecord(is) && is["type"] === "Progressing" && is["reason"] === "NewReplicaSetAvailable");
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    // Not what kubectl writes.
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
