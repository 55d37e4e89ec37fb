/**
 * Missing Pods: how many Pods each workload is about to make.
 *
 * Reads the snapshot. Returns, for each workload that wants more Pods than it has, how many are to come and with which
 * labels. Follows what each controller does: a Deployment stays within its surge while it rolls, a Job stops at its
 * completions, a name that is taken is not made again, and what a controller has said that it cannot make is not waited for.
 * Two watches are never at one moment, so a Pod whose ReplicaSet is not known yet counts as its Deployment's: better to miss a
 * Pod for a moment than to buy twice.
 */
import type { KubeObject } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { Deployment, Job, ReplicaSet, StatefulSet } from "../api/workload.ts";
import { canonicalJson } from "../api/hash.ts";
import { heldPartOf } from "../kube/held-part.ts";
import { controllerOf } from "../kube/owner.ts";
import { isActive, isTerminal, isTerminating } from "../kube/pod-state.ts";
import { rollingBounds } from "../kube/rolling-update.ts";
import { matchesSelector } from "../kube/selector.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";
import { autoscalersOf } from "../policies/workload-autoscalers.ts";

export interface MissingPods {
  readonly workload: Workload;
  readonly uid: string;
  /** Changes whenever the workload or the number of its Pods does. */
  readonly progress: string;
  readonly count: number;
  /** Labels that its controller will add, as far as they are known. */
  readonly addedLabels: Readonly<Record<string, string>>;
  /** Live Pods that were made from its template. */
  readonly siblings: readonly Pod[];
}

const templateHashLabel = "pod-template-hash";
const revisionHashLabel = "controller-revision-hash";
const jobControllerName = "kubernetes.io/job-controller";
/** On a Job's Pod until the Job's status counts it. */
const jobTrackingFinalizer = "batch.kubernetes.io/job-tracking";

type Missing = Pick<MissingPods, "count" | "addedLabels" | "siblings"> & { readonly live: number };

const nothingAdded: Readonly<Record<string, string>> = {};

/**
 * Returns the workloads with Pods to come, in the order of kinds and names; those being deleted have none, nor those in a namespace
 * that is. What a HorizontalPodAutoscaler will make of a workload's replicas counts at once.
 */
export function missingPods(snapshot: ClusterSnapshot): readonly MissingPods[] {
  const replicaSets = snapshot.list("ReplicaSet").filter((set) => controllerOf(set)?.kind !== "Deployment");
  return [
    ...snapshot.list("Deployment").flatMap((one) => missingOf(one, (workload) => ofDeployment(snapshot, one, scaled(snapshot, workload)))),
    ...replicaSets.flatMap((one) => missingOf(one, (workload) => ofReplicas(snapshot, one, scaled(snapshot, workload)))),
    ...snapshot
      .list("StatefulSet")
      .flatMap((one) => missingOf(one, (workload) => ofStatefulSet(snapshot, one, scaled(snapshot, workload)))),
    ...snapshot.list("Job").flatMap((one) => missingOf(one, (workload) => ofJob(snapshot, one, workload))),
  ].filter(({ workload }) => !isNamespaceEnding(snapshot, workload.namespace));
}

/** Says whether a namespace is being deleted: the API server then refuses every new object in it. */
export function isNamespaceEnding(snapshot: ClusterSnapshot, namespace: string): boolean {
  return snapshot.get("Namespace", { namespace: "", name: namespace })?.metadata.deletionTimestamp !== undefined;
}

/**
 * An autoscaler brings a workload that runs at all within its bounds at its next look, whatever its metrics say. Only the count
 * changes: contracts are remembered by the workload itself.
 */
function scaled(snapshot: ClusterSnapshot, workload: Workload): Pick<Workload, "replicas"> {
  if (workload.replicas === 0) return workload;
  const { autoscalers } = autoscalersOf(workload, snapshot);
  const replicas = autoscalers.reduce(
    (count, { spec: { minReplicas = 1, maxReplicas } }) => Math.min(Math.max(count, minReplicas), maxReplicas),
    workload.replicas,
  );
  return { replicas };
}

function missingOf(object: KubeObject, count: (workload: Workload) => Missing): readonly MissingPods[] {
  const workload = workloadOf(object);
  const { uid, deletionTimestamp, generation } = object.metadata;
  if (workload === undefined || uid === undefined || deletionTimestamp !== undefined || cannotMakePods(object)) return [];
  const { live, ...missing } = count(workload);
  return missing.count <= 0 ? [] : [{ workload, uid, progress: `${generation ?? 0}/${live}`, ...missing }];
}

function ofDeployment(snapshot: ClusterSnapshot, deployment: Deployment, workload: Pick<Workload, "replicas">): Missing {
  const { spec, metadata } = deployment;
  const sets = newestFirst(snapshot.by("ReplicaSet", "owner", metadata.uid ?? ""));
  const current = sets.find((set) => isCurrent(set, deployment));
  const known = sets.reduce((sum, set) => sum + liveOf(snapshot, set).length, 0);
  // Strays are only looked for where Pods seem to be missing: it takes a walk over the namespace.
  const strays = known >= workload.replicas && current !== undefined ? [] : strayPods(snapshot, deployment);
  const all = known + strays.length;
  const ofTemplate = [...strays, ...(current === undefined ? [] : liveOf(snapshot, current))];
  const { maxSurge } = rollingBounds({ strategy: spec.strategy, replicas: workload.replicas });
  const hash = current?.metadata.labels?.[templateHashLabel];
  // A paused Deployment starts no template, and scales the ones that it has.
  const wanted = spec.paused === true ? (current?.spec.replicas ?? 0) : workload.replicas;
  const count = Math.min(wanted - ofTemplate.length, workload.replicas + maxSurge - all);
  const blocked = sets.some(cannotMakePods) || waitsForOldPods(snapshot, { deployment, old: sets.filter((set) => set !== current) });
  const addedLabels = hash === undefined ? nothingAdded : { [templateHashLabel]: hash };
  return { count: blocked ? 0 : count, live: all, addedLabels, siblings: ofTemplate };
}

/** With the strategy Recreate nothing is made while an old Pod is left, even one on its way out. */
function waitsForOldPods(
  snapshot: ClusterSnapshot,
  { deployment, old }: { readonly deployment: Deployment; readonly old: readonly ReplicaSet[] },
): boolean {
  return deployment.spec.strategy?.type === "Recreate" && old.some((set) => ownedPods(snapshot, set).some((pod) => !isTerminal(pod)));
}

function ofReplicas(snapshot: ClusterSnapshot, owner: ReplicaSet, workload: Pick<Workload, "replicas">): Missing {
  const siblings = liveOf(snapshot, owner);
  return { count: workload.replicas - siblings.length, live: siblings.length, addedLabels: nothingAdded, siblings };
}

/** A Pod that is still there holds its name, whatever its state: the next one of that name can't be made before it is gone. */
function ofStatefulSet(snapshot: ClusterSnapshot, owner: StatefulSet, workload: Pick<Workload, "replicas">): Missing {
  const there = ownedPods(snapshot, owner);
  const { updateRevision, observedGeneration } = owner.status ?? {};
  // While its controller has not seen a change, no revision is known to be the template's.
  const isKnown = updateRevision !== undefined && observedGeneration === owner.metadata.generation;
  const siblings = isKnown ? there.filter(({ metadata }) => metadata.labels?.[revisionHashLabel] === updateRevision) : [];
  return { count: workload.replicas - there.length, live: there.length, addedLabels: nothingAdded, siblings };
}

/**
 * Says whether a Pod on its way out has a successor that its controller makes only once it is gone: a StatefulSet's, which will bear its name,
 * and a Job's that replaces what has ended alone. Until then it counts as its workload's, and nothing is missing.
 */
export function comesBackOnceGone(pod: Pod, snapshot: ClusterSnapshot): boolean {
  const { kind, name = "", uid } = controllerOf(pod) ?? {};
  const namespace = pod.metadata.namespace ?? "";
  if (!isTerminating(pod) || isNamespaceEnding(snapshot, namespace)) return false;
  if (kind === "StatefulSet") {
    const owner = snapshot.get("StatefulSet", { namespace, name });
    return owner?.metadata.uid === uid && isWanted(owner) && hasOrdinalOf(pod, owner);
  }
  const job = kind === "Job" ? snapshot.get("Job", { namespace, name }) : undefined;
  if (job?.metadata.uid !== uid || !isWanted(job) || job.spec.podReplacementPolicy !== "Failed") return false;
  const workload = workloadOf(job);
  // Without this one, another is missing.
  return workload !== undefined && wantedByJob(job, { workload, owned: ownedPods(snapshot, job) }) > 0;
}

function isWanted<T extends KubeObject>(object: T | undefined): object is T {
  return object !== undefined && object.metadata.deletionTimestamp === undefined;
}

/** A StatefulSet that is scaled down makes the Pods of its lowest numbers alone. */
function hasOrdinalOf({ metadata }: Pod, { spec, metadata: { name = "" } }: StatefulSet): boolean {
  const { replicas = 1, ordinals: { start = 0 } = {} } = spec;
  const ordinal = Number((metadata.name ?? "").slice(name.length + 1));
  return Number.isInteger(ordinal) && ordinal >= start && ordinal < start + replicas;
}

function ofJob(snapshot: ClusterSnapshot, job: Job, workload: Workload): Missing {
  const owned = ownedPods(snapshot, job);
  // With the policy Failed, a Pod on its way out is replaced only once it has ended.
  const live = owned.filter(job.spec.podReplacementPolicy === "Failed" ? (pod) => !isTerminal(pod) : isActive).length;
  return { count: wantedByJob(job, { workload, owned }) - live, live, addedLabels: nothingAdded, siblings: owned };
}

/** How many Pods a Job lets run at once from now on. */
function wantedByJob(job: Job, { workload, owned }: { readonly workload: Workload; readonly owned: readonly Pod[] }): number {
  const { completions, suspend, managedBy } = job.spec;
  const ended =
    job.status?.conditions?.some(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True") === true;
  const succeeded = succeededPods(job, owned);
  const left = completions === undefined ? workload.replicas : completions - succeeded;
  // Without completions, the first success ends the Job: no Pod comes any more.
  const closing = completions === undefined && succeeded > 0;
  // Another controller's Job (a queue's, say) gets its Pods where and when that controller likes.
  const foreign = managedBy !== undefined && managedBy !== jobControllerName;
  return ended || closing || foreign || suspend === true ? 0 : Math.min(workload.replicas, left);
}

/** The status counts a success only after its Pod was seen; until then the Pod itself, or the list between the two, tells. */
function succeededPods({ status }: Job, owned: readonly Pod[]): number {
  const pods = owned.filter((pod) => pod.status?.phase === "Succeeded");
  const tracked = pods.filter(({ metadata }) => metadata.finalizers?.includes(jobTrackingFinalizer) === true);
  const uncounted = new Set([...(status?.uncountedTerminatedPods?.succeeded ?? []), ...tracked.map(({ metadata }) => metadata.uid)]);
  return Math.max((status?.succeeded ?? 0) + uncounted.size, pods.length);
}

/** True where the controller itself reports that its Pods are refused (a quota, a webhook). */
function cannotMakePods(object: KubeObject): boolean {
  if (!("status" in object)) return false;
  const { status } = object;
  if (typeof status !== "object" || status === null || !("conditions" in status) || !Array.isArray(status.conditions)) return false;
  return status.conditions.some(isReplicaFailure);
}

function isReplicaFailure(condition: unknown): boolean {
  if (typeof condition !== "object" || condition === null || !("type" in condition) || !("status" in condition)) return false;
  return condition.type === "ReplicaFailure" && condition.status === "True";
}

/** The ReplicaSet whose template is the Deployment's, but for the hash label that its controller added. */
function isCurrent(set: ReplicaSet, deployment: Deployment): boolean {
  // Of two that are not held whole, the revision that their controller wrote tells.
  if (heldPartOf(set) !== undefined || heldPartOf(deployment) !== undefined) return revisionOf(set) === revisionOf(deployment);
  const own = Object.entries(set.spec.template.metadata?.labels ?? {});
  const labels = Object.fromEntries(own.filter(([key]) => key !== templateHashLabel));
  const template = deployment.spec.template;
  return (
    canonicalJson({ ...set.spec.template, metadata: { ...set.spec.template.metadata, labels } }) ===
    canonicalJson({ ...template, metadata: { ...template.metadata, labels: template.metadata?.labels ?? {} } })
  );
}

function revisionOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.["deployment.kubernetes.io/revision"];
}

function newestFirst(sets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const createdAt = ({ metadata }: ReplicaSet): string => metadata.creationTimestamp ?? "";
  return [...sets].sort((a, b) => (createdAt(a) < createdAt(b) ? 1 : -1));
}

function liveOf(snapshot: ClusterSnapshot, owner: KubeObject): readonly Pod[] {
  return ownedPods(snapshot, owner).filter(isActive);
}

function ownedPods(snapshot: ClusterSnapshot, owner: KubeObject): readonly Pod[] {
  const { uid } = owner.metadata;
  return uid === undefined ? [] : snapshot.by("Pod", "owner", uid).filter((pod) => controllerOf(pod)?.uid === uid);
}

/** Active Pods of a ReplicaSet that the snapshot does not have (yet), which the Deployment's selector takes in. */
function strayPods(snapshot: ClusterSnapshot, { metadata, spec }: Deployment): readonly Pod[] {
  const namespace = metadata.namespace ?? "";
  return snapshot.list("Pod", namespace).filter((pod) => {
    const owner = controllerOf(pod);
    if (owner?.kind !== "ReplicaSet" || !owner.name.startsWith(`${metadata.name ?? ""}-`) || !isActive(pod)) return false;
    if (snapshot.get("ReplicaSet", { namespace, name: owner.name }) !== undefined) return false;
    return matchesSelector(spec.selector, pod.metadata.labels);
  });
}
