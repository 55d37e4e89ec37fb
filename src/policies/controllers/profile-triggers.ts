/**
 * Which changes in the cluster make a WorkloadProfile worth another look.
 *
 * Reads one change and, for the profiles that it may concern, the snapshot. Returns keys. Most changes are somebody's
 * status (a kubelet's, a controller's): they move nothing that a profile's budget or status is made of, and are left out,
 * so that a busy namespace does not compile all its profiles for every Pod that turns Ready.
 */
import type { AnyTrigger, Change } from "../../api/controller.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { KubeObject, ObjectKey } from "../../api/object.ts";
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { Pod } from "../../api/pod.ts";
import type { Rollout } from "../../api/rollout.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import { keyOf } from "../../kube/object-key.ts";
import { controllerOf } from "../../kube/owner.ts";
import { isActive } from "../../kube/pod-state.ts";
import { remembered } from "../../kube/remembered.ts";
import { workloadOf, type Workload } from "../../kube/workload.ts";
import { workloadOfPod } from "../pod-owner.ts";
import { evictionsCounted, syncFailureOf } from "../profile/standing-budget.ts";
import { waitsForZones } from "../profile/stranded-pod.ts";
import { profilesClaiming } from "../profile/workload-contract.ts";

/** What the triggers read: the snapshot of the moment tells the profiles of a namespace. */
export interface ProfileTriggerSources {
  readonly snapshot: () => ClusterSnapshot;
  readonly names: PlatformNames;
}

/** Returns the triggers of the profile's controller. */
export function profileTriggers({ snapshot, names }: ProfileTriggerSources): readonly AnyTrigger[] {
  const inNamespace = (namespace: string | undefined) => keysOfList(snapshot().list("WorkloadProfile", namespace ?? ""));
  const ofWorkload = (change: Change<KubeObject>) => (isWanted(change) ? claimants(change, { snapshot: snapshot(), names }) : []);
  const ofNeighbour = (change: Change<KubeObject>) => (isWanted(change) ? inNamespace(change.object.metadata.namespace) : []);
  return [
    // A new word in one profile may give or take a workload of another's; our own status never does.
    {
      watches: "WorkloadProfile",
      keysOf: (change) => (isWanted(change) ? inNamespace(change.object.metadata.namespace) : [keyOf(change.object)]),
    },
    { watches: "Deployment", keysOf: ofWorkload },
    { watches: "ReplicaSet", keysOf: ofWorkload },
    { watches: "ReplicationController", keysOf: ofWorkload },
    { watches: "StatefulSet", keysOf: ofWorkload },
    { watches: "DaemonSet", keysOf: ofWorkload },
    { watches: "Job", keysOf: ofWorkload },
    { watches: "CronJob", keysOf: ofWorkload },
    // A Rollout's stable revision moves in its status, and with it which Pods are the canary's.
    {
      watches: "Rollout",
      keysOf: (change) => (isWanted(change) || hasOtherStable(change) ? claimants(change, { snapshot: snapshot(), names }) : []),
    },
    { watches: "HorizontalPodAutoscaler", keysOf: ofNeighbour },
    { watches: "ScaledObject", keysOf: ofNeighbour },
    // What the disruption controller counts is shown by the profile that compiled the budget.
    { watches: "PodDisruptionBudget", keysOf: (change) => (hasOtherCount(change) ? compilerOf(change.object) : ofNeighbour(change)) },
    { watches: "Namespace", keysOf: (change) => (isWanted(change) ? inNamespace(change.object.metadata.name) : []) },
    { watches: "NodePool", keysOf: (change) => (isWanted(change) ? allProfileKeys(snapshot()) : []) },
    { watches: "Pod", keysOf: (change) => (countsChange(change) ? podKeys(change, { snapshot: snapshot(), names }) : []) },
  ];
}

/** A start, and a new budget, ask for all profiles of a namespace as often as it has any. */
const keysOfList = remembered((profiles: readonly WorkloadProfile[]): readonly ObjectKey[] => profiles.map(keyOf));

/** Returns the keys of every profile: what a new policy set concerns. */
export function allProfileKeys(snapshot: ClusterSnapshot): readonly ObjectKey[] {
  return snapshot.list("WorkloadProfile").map(keyOf);
}

interface World {
  readonly snapshot: ClusterSnapshot;
  readonly names: PlatformNames;
}

/** Is true where what is wanted of an object changed, not what was observed of it (the API server counts that as generation). */
export function isWanted(change: Change<KubeObject>): boolean {
  if (change.kind !== "updated") return true;
  const [before, after] = [change.before.metadata, change.object.metadata];
  if (before.generation !== after.generation || before.deletionTimestamp !== after.deletionTimestamp) return true;
  return !jsonEquals(before.labels, after.labels) || !jsonEquals(before.ownerReferences, after.ownerReferences);
}

/** Is true where nothing but the answer of the disruption controller changed. */
function hasOtherCount(change: Change<PodDisruptionBudget>): boolean {
  if (change.kind !== "updated" || isWanted(change)) return false;
  const { before, object } = change;
  return evictionsCounted(before) !== evictionsCounted(object) || syncFailureOf(before) !== syncFailureOf(object);
}

function compilerOf(budget: PodDisruptionBudget): readonly ObjectKey[] {
  const owner = controllerOf(budget);
  return owner?.kind === "WorkloadProfile" ? [{ namespace: budget.metadata.namespace ?? "", name: owner.name }] : [];
}

function hasOtherStable(change: Change<Rollout>): boolean {
  return change.kind === "updated" && change.before.status?.stableRS !== change.object.status?.stableRS;
}

/** What a controller made is its owner's change; it comes with one of the owner's own, or with Pods. */
function claimants(change: Change<KubeObject>, world: World): readonly ObjectKey[] {
  const objects = change.kind === "updated" ? [change.before, change.object] : [change.object];
  return claimantsOf(
    objects.flatMap((object) => (controllerOf(object) === undefined ? (workloadOf(object) ?? []) : [])),
    world,
  );
}

function claimantsOf(workloads: readonly Workload[], { snapshot, names }: World): readonly ObjectKey[] {
  const profiles = snapshot.list("WorkloadProfile", workloads[0]?.namespace ?? "");
  return [...new Set(workloads.flatMap((workload) => profilesClaiming({ workload, profiles, names })))].map(keyOf);
}

/** Most changes of a Pod are its kubelet's; only those that move a count of the status or a wait for zones concern us. */
function countsChange(change: Change<Pod>): boolean {
  if (change.kind !== "updated") return true;
  const { before, object } = change;
  return (
    isActive(before) !== isActive(object) ||
    waitsForZones(before) !== waitsForZones(object) ||
    before.spec.nodeName !== object.spec.nodeName ||
    !jsonEquals(sizesOf(before), sizesOf(object)) ||
    !jsonEquals(before.metadata.labels, object.metadata.labels)
  );
}

/** Sizes change in place where a Pod is resized. */
function sizesOf({ spec }: Pod): object {
  return [spec.resources, ...[...spec.containers, ...(spec.initContainers ?? [])].map(({ resources }) => resources)];
}

/** A Pod without our label (made before its profile, or while we were down) is its owner's. */
function podKeys({ object }: Change<Pod>, world: World): readonly ObjectKey[] {
  const { namespace = "", labels } = object.metadata;
  const name = labels?.[world.names.profileLabel];
  if (name !== undefined) return [{ namespace, name }];
  const owner = workloadOfPod({ pod: object, namespace, snapshot: world.snapshot });
  return owner === undefined ? [] : claimantsOf([owner], world);
}
