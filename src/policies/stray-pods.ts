/**
 * Stray Pods: running Pods with labels that their template lacks, by hand or from an earlier template.
 *
 * Reads running Pods, their workloads and budgets. Returns whose a Pod is, and whether it is a stray: nobody makes a stray again, so a
 * budget over strays has to let the last one go. Pods are indexed by their controller once, for as long as the cluster lists the same.
 */
import type { KubeObject } from "../api/object.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { controllerOf } from "../kube/owner.ts";
import { isActive } from "../kube/pod-state.ts";
import { workloadIn } from "../kube/referring-rollout.ts";
import { remembered } from "../kube/remembered.ts";
import { matchesSelector } from "../kube/selector.ts";
import type { Workload } from "../kube/workload.ts";
import { workloadOfPod } from "./pod-owner.ts";

/** Returns the active Pods that a budget selects. */
export function podsUnder({ metadata, spec }: PodDisruptionBudget, snapshot: ClusterSnapshot): readonly Pod[] {
  return snapshot
    .list("Pod", metadata.namespace ?? "")
    .filter((pod) => "spec" in pod && isActive(pod) && matchesSelector(spec.selector, pod.metadata.labels));
}

/** Returns the active Pods of a workload, those of its ReplicaSets too. */
export function podsOf({ kind, name, namespace }: Workload, snapshot: ClusterSnapshot): readonly Pod[] {
  const own = `${kind}/${name}`;
  const sets = snapshot.list("ReplicaSet", namespace).filter((set) => controllerKey(set) === own);
  const byController = podsByController(snapshot.list("Pod", namespace));
  return [own, ...sets.map(({ metadata }) => `ReplicaSet/${metadata.name ?? ""}`)].flatMap((key) => byController.get(key) ?? []);
}

/** Returns a lookup of Pods' workloads: those of one controller are of one workload. */
export function podOwners(snapshot: ClusterSnapshot): (pod: Pod) => Workload | undefined {
  const known = new Map<string, Workload | undefined>();
  return (pod) => {
    const key = controllerKey(pod);
    if (key !== undefined && known.has(key)) return known.get(key);
    const owner = ownerOf(pod, snapshot);
    // Without a template of its owner's it stands for itself.
    if (key !== undefined && !(owner !== undefined && isItsTemplate(pod, owner))) known.set(key, owner);
    return owner;
  };
}

/** Says whether nobody makes a Pod again with the labels that a budget selects it by. */
export function isStray(pod: Pod, of: { readonly owner: Workload; readonly selected: ReadonlySet<string> }): boolean {
  if (isBare(pod)) return wasMade(pod);
  return !isItsTemplate(pod, of.owner) && !of.selected.has(workloadKey(of.owner));
}

/** Says whether a rollout that goes on takes a Pod away: its ReplicaSet is of an earlier template that the budget selected. */
export function isReplaced(
  pod: Pod,
  { owner, budget, snapshot }: { readonly owner: Workload; readonly budget: PodDisruptionBudget; readonly snapshot: ClusterSnapshot },
): boolean {
  const reference = controllerOf(pod);
  if (reference?.kind !== "ReplicaSet" || reference.name === owner.name || isPaused(owner.object)) return false;
  const set = snapshot.get("ReplicaSet", { namespace: owner.namespace, name: reference.name });
  return set !== undefined && matchesSelector(budget.spec.selector, set.spec.template.metadata?.labels);
}

/** Says whether nothing makes an object again. */
export function isBare(object: KubeObject): boolean {
  return object.kind === "Pod" && controllerOf(object) === undefined;
}

export function workloadKey({ kind, name }: Pick<Workload, "kind" | "name">): string {
  return `${kind}/${name}`;
}

function ownerOf(pod: Pod, snapshot: ClusterSnapshot): Workload | undefined {
  const owner = workloadOfPod({ pod, namespace: pod.metadata.namespace ?? "", snapshot });
  if (owner === undefined || !isItsTemplate(pod, owner) || owner.object.kind === "Pod") return owner;
  // The template of a Rollout may stand elsewhere.
  return workloadIn(owner.object, snapshot) ?? owner;
}

function isItsTemplate(pod: Pod, { template }: Workload): boolean {
  return template.spec === pod.spec;
}

/** A Pod that a controller made and that was taken from it carries marks that no person writes. */
function wasMade({ metadata }: Pod): boolean {
  return metadata.generateName !== undefined || madeLabels.some((label) => metadata.labels?.[label] !== undefined);
}

const madeLabels = ["pod-template-hash", "controller-revision-hash", "rollouts-pod-template-hash"];

function isPaused({ spec }: KubeObject & { readonly spec?: { readonly paused?: unknown } }): boolean {
  return spec?.paused === true;
}

const podsByController = remembered((pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> => {
  const found = new Map<string, Pod[]>();
  for (const pod of pods) {
    const key = controllerKey(pod);
    if (key === undefined || !("spec" in pod) || !isActive(pod)) continue;
    const known = found.get(key);
    if (known === undefined) found.set(key, [pod]);
    else known.push(pod);
  }
  return found;
});

function controllerKey(object: KubeObject): string | undefined {
  const owner = controllerOf(object);
  return owner === undefined ? undefined : workloadKey(owner);
}
