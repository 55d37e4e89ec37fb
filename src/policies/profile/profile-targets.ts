/**
 * Profile targets: the workloads that a profile may govern, each with its Pods.
 *
 * Reads the snapshot and a profile. Returns the workloads that it claims: those that a person wrote, and those whose owner is of a kind that
 * nobody here knows, which can only be seen through their Pods (an operator's own kind, a Rollout that takes its template from a Deployment).
 */
import type { KindName } from "../../api/kinds.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { KubeObject } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { controllerOf } from "../../kube/owner.ts";
import { isActive } from "../../kube/pod-state.ts";
import { isWorkloadKind, type Workload } from "../../kube/workload.ts";
import { middleKinds, workloadOfPod } from "../pod-owner.ts";
import { workloadKinds, workloadsOf } from "../workload-view.ts";
import { claimsWorkload } from "./workload-contract.ts";

export interface PossibleTarget {
  readonly workload: Workload;
  /** Its Pods, in whatever state; looked up only where they are asked for. */
  readonly pods: () => readonly Pod[];
}

/** Kinds between a workload and its Pods, by the workload's kind. */
const between: Readonly<Record<string, KindName>> = { Deployment: "ReplicaSet", CronJob: "Job", Rollout: "ReplicaSet" };

/**
 * Returns the workloads of a namespace that a profile lays claim to, sorted by kind, then name. A profile that says nothing of binding
 * claims by name or label alone, so it is not asked about each of the hundreds of other workloads.
 */
export function claimedTargets({ snapshot, profile, names }: TargetInput): readonly PossibleTarget[] {
  const namespace = profile.metadata.namespace ?? "";
  const found = foundTargets({ snapshot, namespace, names });
  const asked = profile.spec.bind === undefined ? (found.byWord.get(profile.metadata.name ?? "") ?? []) : found.all;
  return asked
    .filter(({ workload }) => claimsWorkload({ workload, profile, names }))
    .map(({ workload, pods }) => ({ workload, pods: () => pods ?? podsOf(snapshot, workload) }));
}

interface TargetInput {
  readonly snapshot: ClusterSnapshot;
  readonly profile: WorkloadProfile;
  readonly names: PlatformNames;
}

/** A workload, with its Pods where it can only be seen through them. */
interface FoundTarget {
  readonly workload: Workload;
  readonly pods?: readonly Pod[];
}

interface FoundTargets {
  /** Sorted by kind, then name. */
  readonly all: readonly FoundTarget[];
  /** By the words that a claim may go by: the workload's name, and the profile that a label names; each sorted as all are. */
  readonly byWord: ReadonlyMap<string, readonly FoundTarget[]>;
}

interface FoundInput extends Pick<TargetInput, "snapshot" | "names"> {
  readonly namespace: string;
}

/**
 * What was found last over each list of Pods, and of what: all profiles of a namespace ask for the same. No snapshot is kept, which would
 * hold the whole cluster of before.
 */
const lastFound = new WeakMap<readonly Pod[], { readonly madeOf: readonly unknown[]; readonly found: FoundTargets }>();

function foundTargets(of: FoundInput): FoundTargets {
  const { snapshot, namespace, names } = of;
  const madeOf = [namespace, names, ...workloadKinds.map((kind) => snapshot.list(kind, namespace))];
  const pods = snapshot.list("Pod", namespace);
  const known = lastFound.get(pods);
  if (known?.madeOf.every((part, index) => part === madeOf[index]) === true) return known.found;
  const found = findTargets(of);
  lastFound.set(pods, { madeOf, found });
  return found;
}

function findTargets({ snapshot, namespace, names }: FoundInput): FoundTargets {
  const written = workloadsOf(snapshot, namespace)
    .filter(({ kind, object }) => !middleKinds.has(kind) || controllerOf(object) === undefined)
    .map((workload): FoundTarget => ({ workload }));
  const known = new Set(written.map(({ workload }) => keyOf(workload)));
  const seen = seenThroughPods(snapshot, namespace).filter(({ workload }) => !known.has(keyOf(workload)));
  const all = [...written, ...seen].sort((a, b) => (keyOf(a.workload) < keyOf(b.workload) ? -1 : 1));
  return { all, byWord: groupedByWord(all, names) };
}

function groupedByWord(targets: readonly FoundTarget[], { profileLabel }: PlatformNames): ReadonlyMap<string, readonly FoundTarget[]> {
  const groups = new Map<string, FoundTarget[]>();
  for (const target of targets) {
    const { name, labels, template } = target.workload;
    for (const word of new Set([name, labels[profileLabel] ?? template.metadata?.labels?.[profileLabel] ?? name])) {
      const group = groups.get(word);
      if (group === undefined) groups.set(word, [target]);
      else group.push(target);
    }
  }
  return groups;
}

function seenThroughPods(snapshot: ClusterSnapshot, namespace: string): readonly FoundTarget[] {
  const groups = new Map<string, { readonly workload: Workload; readonly pods: Pod[] }>();
  for (const pod of snapshot.list("Pod", namespace)) {
    if (!hasUnseenOwner(pod, snapshot)) continue;
    const workload = workloadOfPod({ pod, namespace, snapshot });
    if (workload === undefined) continue;
    const group = groups.get(keyOf(workload));
    if (group === undefined) groups.set(keyOf(workload), { workload, pods: [pod] });
    else group.pods.push(pod);
  }
  return [...groups.values()].map(({ workload, pods }) => ({
    // Without the owner itself, what it wants is what there is.
    workload: workload.object.kind === "Pod" ? { ...workload, replicas: pods.filter(isActive).length } : workload,
    pods,
  }));
}

/** Most Pods are of kinds that {@link workloadsOf} lists, and need not be followed up. */
function hasUnseenOwner(pod: Pod, snapshot: ClusterSnapshot): boolean {
  const owner = controllerOf(pod);
  if (owner === undefined || owner.kind === "Node") return false;
  if (!isWorkloadKind(owner.kind)) return true;
  if (owner.kind !== "ReplicaSet" && owner.kind !== "Job") return false;
  const middle = snapshot.get(owner.kind, { namespace: pod.metadata.namespace ?? "", name: owner.name });
  const above = middle === undefined ? undefined : controllerOf(middle)?.kind;
  return above !== undefined && above !== "Deployment" && above !== "CronJob";
}

function podsOf(snapshot: ClusterSnapshot, workload: Workload): readonly Pod[] {
  if (workload.kind === "Pod") return snapshot.list("Pod", workload.namespace).filter(({ metadata }) => metadata.name === workload.name);
  const middle = between[workload.kind];
  const owners: readonly KubeObject[] = middle === undefined ? [workload.object] : ownedBy(snapshot, middle, workload.object);
  return owners.flatMap(({ metadata }) => (metadata.uid === undefined ? [] : snapshot.by("Pod", "owner", metadata.uid)));
}

function ownedBy(snapshot: ClusterSnapshot, kind: KindName, { metadata }: KubeObject): readonly KubeObject[] {
  return metadata.uid === undefined ? [] : snapshot.by(kind, "owner", metadata.uid);
}

function keyOf({ kind, name }: Workload): string {
  return `${kind}/${name}`;
}
