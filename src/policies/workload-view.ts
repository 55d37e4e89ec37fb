/**
 * WorkloadView: one workload with everything that decides whether it can run, scale and be drained.
 *
 * Reads a workload and a snapshot. Returns its class and profile, its Pod as it will be compiled, who scales it, and which
 * PodDisruptionBudgets of other hands select its Pods.
 */
import type { KindName } from "../api/kinds.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { jsonEquals } from "../kube/json-patch.ts";
import { referringRollouts, workloadIn } from "../kube/referring-rollout.ts";
import { remembered } from "../kube/remembered.ts";
import type { Labels } from "../kube/selector.ts";
import { workloadOf, type Workload } from "../kube/workload.ts";
import type { WorkloadClass } from "./class.ts";
import { hasJudgedOwner } from "./judged-owner.ts";
import { withLimitRangeDefaults } from "./limit-range-defaults.ts";
import type { Binding } from "./profile/binding.ts";
import { budgetName, longBudgetName, managedByLabel, managedByProfile } from "./profile/budget.ts";
import type { CompiledContract } from "./profile/contract.ts";
import { judgedPod } from "./profile/judged-pod.ts";
import { budgetsSelecting } from "./selecting-objects.ts";
import { autoscalersOf, type WorkloadAutoscalers } from "./workload-autoscalers.ts";
import { workloadContract, type ContractWorld, type WorkloadContract } from "./profile/workload-contract.ts";

export interface WorkloadView extends WorkloadAutoscalers {
  readonly workload: Workload;
  readonly binding: Binding;
  /** Undefined where two profiles claim the workload. */
  readonly className: string | undefined;
  /** Undefined where two profiles claim the workload, and where the catalogue lacks the class. */
  readonly workloadClass: WorkloadClass | undefined;
  readonly contract: CompiledContract | undefined;
  /** A Pod of the workload as its template says, with what the namespace's LimitRanges fill in. */
  readonly podAsWritten: Pod;
  /** A Pod of the workload as it will enter the cluster (without the note on what was compiled). */
  readonly pod: Pod;
  /** Replicas before the request, where it changes an object that was there. */
  readonly previousReplicas: number | undefined;
  /** True where a running Pod is judged: it is its own template then. */
  readonly isRunning?: boolean;
  /** PodDisruptionBudgets that select the Pods and that we did not compile, sorted by name; of many the first, and the judged one. */
  readonly foreignBudgets: readonly PodDisruptionBudget[];
}

/** What a view is made of. */
export interface ViewWorld extends ContractWorld {
  readonly previousReplicas?: number | undefined;
  /** The budget that a request is about: it is seen among however many. */
  readonly judgedBudget?: PodDisruptionBudget;
}

/** Pods under two budgets can't be evicted at all: what more of them say changes nothing. */
const foreignBudgetsMax = 20;

/** Returns the view of one workload in a world that holds what the request brings. */
export function viewOf(workload: Workload, world: ViewWorld): WorkloadView {
  const { snapshot, names } = world;
  const answer = workloadContract({ workload, ...world });
  const podAsWritten = podOf(workload, snapshot);
  const contract = answer.kind === "compiled" ? answer.contract : undefined;
  const pod = contract === undefined ? podAsWritten : judgedPod({ pod: podAsWritten, contract });
  return {
    workload,
    binding: answer.binding,
    className: classNameOf(answer),
    workloadClass: answer.kind === "compiled" ? answer.workloadClass : undefined,
    contract,
    podAsWritten,
    pod,
    previousReplicas: world.previousReplicas,
    ...autoscalersOf(workload, snapshot),
    foreignBudgets: foreignBudgetsOf(workload, {
      labels: pod.metadata.labels,
      binding: answer.binding,
      snapshot,
      names,
      judged: world.judgedBudget,
      contract,
    }),
  };
}

/** Returns a Pod of a workload as it will enter the cluster, without all else that a view tells. */
export function admittedPod(workload: Workload, world: ContractWorld): Pod {
  const answer = workloadContract({ ...world, workload });
  const pod = podOf(workload, world.snapshot);
  return answer.kind === "compiled" ? judgedPod({ pod, contract: answer.contract }) : pod;
}

/** Returns the view of a workload that is written, and of the Rollouts that take its template. */
export function viewsOfWorkload(workload: Workload, world: ViewWorld): readonly WorkloadView[] {
  // The replicas of before are the written workload's own.
  const others = { ...world, previousReplicas: undefined };
  const referring = referringRollouts(workload.object, world.snapshot);
  return [viewOf(workload, world), ...referring.map((rollout) => viewOf(rollout, others))];
}

/**
 * Returns the view of a running Pod's workload with the Pod as it will run: what is changed in place is not compiled again,
 * so the Pod itself is judged by its workload's class and profile.
 */
export function viewOfRunningPod(pod: Pod, workload: Workload, world: ViewWorld): WorkloadView {
  return { ...viewOf(workload, world), podAsWritten: pod, pod, isRunning: true };
}

function foreignBudgetsOf(
  workload: Workload,
  of: BudgetWorld & {
    readonly binding: Binding;
    readonly labels: Labels | undefined;
    readonly judged: PodDisruptionBudget | undefined;
    readonly contract: CompiledContract | undefined;
  },
): readonly PodDisruptionBudget[] {
  const selecting = budgetsSelecting({ workload, labels: of.labels }, of.snapshot);
  if (selecting.length === 0) return selecting;
  const foreign: PodDisruptionBudget[] = [];
  for (const budget of selecting) {
    // The list is sorted by name, and stays so.
    if (foreign.length >= foreignBudgetsMax && budget !== of.judged) continue;
    const isOurs = isCompiledFor(budget, { workload, ...of }) && (budget !== of.judged || isAsCompiled(budget, of.contract));
    if (!isOurs) foreign.push(budget);
  }
  return foreign;
}

/** Where a budget's own words are checked. */
interface BudgetWorld {
  readonly snapshot: ClusterSnapshot;
  readonly names: PlatformNames;
}

/**
 * Is true for a PodDisruptionBudget that the compiler made: it is judged by its profile. Label and owner are claims of whoever
 * writes them, so the profile must stand, under that uid, and the name be one that its budgets have: then its controller puts
 * the budget right, or takes it away.
 */
export function isCompiledBudget(budget: PodDisruptionBudget, world: BudgetWorld): boolean {
  return compilingProfile(budget, world) !== undefined;
}

/** Returns the name of the profile that compiles a budget; undefined where none does. */
export function compilingProfile({ metadata }: PodDisruptionBudget, { snapshot, names }: BudgetWorld): string | undefined {
  if (metadata.labels?.[managedByLabel] !== managedByProfile || metadata.deletionTimestamp !== undefined) return undefined;
  const owner = metadata.ownerReferences?.find(({ kind, apiVersion }) => kind === "WorkloadProfile" && apiVersion === names.apiVersion);
  if (owner === undefined) return undefined;
  const profile = snapshot.get("WorkloadProfile", { namespace: metadata.namespace ?? "", name: owner.name });
  // Objects in files have no uid: there the name is all that is known.
  if (profile === undefined || (profile.metadata.uid !== undefined && profile.metadata.uid !== owner.uid)) return undefined;
  // One in deletion puts nothing right any more, however long a finalizer keeps it.
  if (profile.metadata.deletionTimestamp !== undefined) return undefined;
  const { name = "" } = metadata;
  return name === owner.name || name.startsWith(`${owner.name}-`) ? owner.name : undefined;
}

/**
 * Is true for a budget of a request that is what its profile compiles to. One that only claims to be compiled is put right later, and a
 * finalizer may keep it from that: so it is judged as anybody's.
 */
export function isWrittenAsCompiled(
  budget: PodDisruptionBudget,
  world: BudgetWorld & { readonly views: readonly Pick<WorkloadView, "contract">[] },
): boolean {
  return isCompiledBudget(budget, world) && world.views.some(({ contract }) => isAsCompiled(budget, contract));
}

function isAsCompiled({ metadata, spec }: PodDisruptionBudget, contract: CompiledContract | undefined): boolean {
  if (contract?.budget.kind !== "budget") return false;
  const { budget } = contract.budget;
  return budget.metadata.name === metadata.name && jsonEquals(budget.spec, spec);
}

/** A compiled budget of another workload is as foreign to this one as a person's: it would count its Pods too. */
function isCompiledFor(
  budget: PodDisruptionBudget,
  { workload, binding, ...world }: BudgetWorld & { readonly workload: Workload; readonly binding: Binding },
): boolean {
  const profile = compilingProfile(budget, world);
  if (profile === undefined) return false;
  // While two profiles quarrel, or the budget's own binds no more, what is left of this workload is for that profile's controller to take
  // away. A deleted profile has none that would: its budget is foreign until the garbage collector has taken it.
  if (binding.kind === "bound" && profile !== binding.profile.metadata.name) return false;
  const of = { profile, kind: workload.kind, workload: workload.name };
  const { name = "" } = budget.metadata;
  return name === budgetName(of) || name === longBudgetName(of);
}

function classNameOf(answer: WorkloadContract): string | undefined {
  switch (answer.kind) {
    case "compiled":
      return answer.workloadClass.name;
    case "unknown-class":
      return answer.className;
    case "ambiguous":
      return undefined;
  }
}

/** A Pod arrives with what the namespace's LimitRanges give; a template is stored without. */
function podOf({ template, namespace, name }: Workload, snapshot: ClusterSnapshot): Pod {
  const spec = withLimitRangeDefaults(template.spec, snapshot.list("LimitRange", namespace));
  return { apiVersion: "v1", kind: "Pod", metadata: { name, ...template.metadata, namespace }, spec };
}

/**
 * Returns an object as the workload that a person is told about, or undefined where it is none.
 *
 * What a controller of Kubernetes made from a workload is judged there, where the person is; the
 * Pods of other owners are judged themselves.
 */
export function judgedWorkload(object: KubeObject, snapshot: ClusterSnapshot): Workload | undefined {
  return hasJudgedOwner(object) ? undefined : workloadIn(object, snapshot);
}

/** Every kind that may be a workload. */
export const workloadKinds = [
  "CronJob",
  "DaemonSet",
  "Deployment",
  "Job",
  "Pod",
  "ReplicaSet",
  "ReplicationController",
  "Rollout",
  "StatefulSet",
] as const satisfies readonly KindName[];

/** Returns the judged workloads of a namespace that have Pods to evict, sorted by kind, then name; those of one in deletion run on. */
export function workloadsOf(snapshot: ClusterSnapshot, namespace: string): readonly Workload[] {
  return workloadKinds.flatMap((kind) =>
    // What a Rollout's template is may stand elsewhere.
    kind === "Rollout"
      ? snapshot.list(kind, namespace).flatMap((object) => judgedWorkload(object, snapshot) ?? [])
      : judgedWorkloads(snapshot.list(kind, namespace)),
  );
}

/** Most objects of a cluster are Pods that are not judged: a list is sifted once, for as long as nothing in it changes. */
export const judgedWorkloads = remembered((objects: readonly KubeObject[]): readonly Workload[] =>
  standing(objects).flatMap((object) => judgedWorkloadOf(object).workload ?? []),
);

/** The list that a judged object stands in is another one for each review, and nearly all objects in it are not. */
const judgedWorkloadOf = remembered((object: KubeObject): { readonly workload: Workload | undefined } => ({
  workload: hasJudgedOwner(object) ? undefined : workloadOf(object),
}));

/** Returns what has Pods: what is being deleted, but for Pods, has them still. */
export function standing<T extends KubeObject>(objects: readonly T[]): readonly T[] {
  return objects.filter(({ kind, metadata }) => kind !== "Pod" || metadata.deletionTimestamp === undefined);
}

/**
 * Returns a scalable workload by name, as a scale request or an autoscaler addresses it. Its owner writes the object itself, so who
 * comes this way scales it apart from its owner: a ReplicaSet of a paused Deployment, too.
 */
export function targetedWorkload(
  snapshot: ClusterSnapshot,
  target: { readonly kind: string; readonly name: string; readonly namespace: string },
): Workload | undefined {
  const kind = workloadKinds.find((known) => known === target.kind);
  const object = kind === undefined ? undefined : snapshot.get(kind, { namespace: target.namespace, name: target.name });
  return object === undefined ? undefined : workloadIn(object, snapshot);
}
