/**
 * Drain cover: who else stands under a budget that selects a workload's Pods, and what that means for evictions.
 *
 * Reads a workload's view, a budget and a snapshot. Returns the question for the eviction proof (kube/eviction-proof.ts). A
 * budget counts everybody that its selector matches, so two workloads under one budget are proven together, each at the
 * smallest scale that it may have.
 */
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { LabelSelector } from "../api/object.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { assertNever } from "../api/assert.ts";
import { type CoveringBudget, evictionProof, type EvictionProof, type PodGroup, type PodKeeper } from "../kube/eviction-proof.ts";
import { controllerOf } from "../kube/owner.ts";
import { asksForAdded, podSelection } from "../kube/controller-labels.ts";
import type { ReplicaRange } from "../kube/workload-scale.ts";
import { type Workload, workloadTitle } from "../kube/workload.ts";
import { labelledWorkloads, type LabelPair } from "./labelled-workloads.ts";
import { autoscalersOf } from "./workload-autoscalers.ts";
import { workloadsOf, type WorkloadView } from "./workload-view.ts";

/** Whether the disruption controller can ask a workload's controller for its scale. */
export type ScaleAnswer =
  | { readonly kind: "scale" }
  /** A Pod without a controller: it is left out of the count. */
  | { readonly kind: "unmanaged" }
  /** Without scale: the whole budget fails to sync. `controller` is its kind and name. */
  | { readonly kind: "no-scale"; readonly controller: string }
  /** A kind of somebody else's: only its CustomResourceDefinition tells. */
  | { readonly kind: "unknown"; readonly controller: string };

/** Kinds of others whose definitions have a scale subresource, by group and kind. */
const foreignWithScale: ReadonlySet<string> = new Set([
  "argoproj.io/Rollout",
  "leaderworkerset.x-k8s.io/LeaderWorkerSet",
  "apps.kruise.io/CloneSet",
  "apps.kruise.io/StatefulSet",
  "apps.openshift.io/DeploymentConfig",
  "postgresql.cnpg.io/Cluster",
]);

/** Kinds of others that own Pods and whose definitions have none. */
const foreignWithoutScale: ReadonlySet<string> = new Set([
  "argoproj.io/Workflow",
  "core.strimzi.io/StrimziPodSet",
  "tekton.dev/TaskRun",
  "tekton.dev/PipelineRun",
  "ray.io/RayCluster",
  "sparkoperator.k8s.io/SparkApplication",
  "actions.github.com/EphemeralRunner",
]);

/** Says what the disruption controller hears when it asks for the scale of a workload's Pods. */
export function scaleAnswer(workload: Workload): ScaleAnswer {
  if (workload.hasScale) return { kind: "scale" };
  if (workload.object.kind !== "Pod") return { kind: "no-scale", controller: workloadTitle(workload) };
  const owner = controllerOf(workload.object);
  if (owner === undefined) return { kind: "unmanaged" };
  const key = `${owner.apiVersion.split("/")[0] ?? ""}/${owner.kind}`;
  const controller = `${owner.kind} ${owner.name}`;
  if (foreignWithScale.has(key)) return { kind: "scale" };
  return foreignWithoutScale.has(key) ? { kind: "no-scale", controller } : { kind: "unknown", controller };
}

/** Returns the other workloads of the namespace whose Pods a budget selects, sorted by kind, then name. */
export function othersUnder(
  budget: PodDisruptionBudget,
  at: { readonly workload: Workload; readonly snapshot: ClusterSnapshot },
): readonly Workload[] {
  return candidates(budget, at).filter((other) => selects(budget, other));
}

/** A selector that asks for a label of templates selects no workload without it. */
function candidates(
  { spec }: PodDisruptionBudget,
  { workload, snapshot }: { readonly workload: Workload; readonly snapshot: ClusterSnapshot },
): readonly Workload[] {
  const label = spec.selector === undefined || asksForAdded(spec.selector) ? undefined : firstLabel(spec.selector);
  if (label !== undefined) return labelledWorkloads(snapshot, workload.namespace, { ...label, but: workload });
  return workloadsOf(snapshot, workload.namespace).filter(({ kind, name }) => kind !== workload.kind || name !== workload.name);
}

function firstLabel({ matchLabels }: LabelSelector): LabelPair | undefined {
  for (const key in matchLabels) if (Object.hasOwn(matchLabels, key)) return { key, value: matchLabels[key] ?? "" };
  return undefined;
}

function selects({ spec }: PodDisruptionBudget, workload: Workload): boolean {
  return podSelection(spec.selector, { workload, labels: workload.template.metadata?.labels }).kind !== "none";
}

/** Proves a workload with a scale under one budget, over a range of replicas (its own, where none is given). */
export type Prover = (budget: PodDisruptionBudget, of: { readonly view: WorkloadView; readonly range?: ReplicaRange }) => EvictionProof;

/**
 * Returns a prover for one snapshot.
 *
 * Others under the budget only ever help healthy Pods to go, or stop the sync (which rules of their own tell), so they are
 * looked for only where the workload alone is blocked, and added up once: a budget over thousands of workloads asks of each.
 */
export function proverOf(snapshot: ClusterSnapshot, cover: Coverer = covererOf(snapshot)): Prover {
  return (budget, { view, range = view.scale.range }) => {
    const alone = evictionProof({ budgets: [{ budget, others: [] }], keeper: "scale", range });
    if (alone.blocked === undefined) return alone;
    const others = cover(budget, view.workload).filter(({ keeper }) => keeper.kind === "scale");
    return others.length === 0 ? alone : evictionProof({ budgets: [{ budget, others }], keeper: "scale", range });
  };
}

/** Tells everybody else under a budget that guards a workload: who is counted as one group, and the first who has no scale. */
export type Coverer = (budget: PodDisruptionBudget, workload: Workload) => readonly PodGroup[];

/** Returns a coverer for one snapshot, which goes through the namespace once for each budget. */
export function covererOf(snapshot: ClusterSnapshot): Coverer {
  const sums = new Map<PodDisruptionBudget, UnderBudget>();
  return (budget, workload) => {
    const under = sums.get(budget) ?? underBudget(budget, { namespace: workload.namespace, snapshot });
    sums.set(budget, under);
    const counted = othersTogether(under, workload);
    const unscaled = under.unscaled.find(({ kind, name }) => kind !== workload.kind || name !== workload.name);
    return [...(counted === undefined ? [] : [counted]), ...(unscaled === undefined ? [] : [unscaled.group])];
  };
}

/** The counted workloads under a budget, by kind and name, and what they come to together. */
interface UnderBudget {
  readonly groups: ReadonlyMap<string, PodGroup>;
  readonly pods: number;
  readonly replicas: number;
  /** The first two that have no scale: one may be who asks. */
  readonly unscaled: readonly { readonly kind: string; readonly name: string; readonly group: PodGroup }[];
}

function underBudget(
  budget: PodDisruptionBudget,
  { namespace, snapshot }: { readonly namespace: string; readonly snapshot: ClusterSnapshot },
): UnderBudget {
  const groups = new Map<string, PodGroup>();
  const unscaled: UnderBudget["unscaled"][number][] = [];
  for (const workload of workloadsOf(snapshot, namespace)) {
    if (!selects(budget, workload)) continue;
    const { kind, name } = workload;
    const group = groupOf(workload, snapshot);
    if (group !== undefined) groups.set(`${kind}/${name}`, group);
    else if (unscaled.length < 2) unscaled.push(...unscaledOf(workload).map((of) => ({ kind, name, group: of })));
  }
  const all = [...groups.values()];
  return {
    groups,
    unscaled,
    pods: all.reduce((total, { pods }) => total + pods, 0),
    replicas: all.reduce((total, group) => total + replicasOf(group), 0),
  };
}

/** Everybody but one workload as a single group: the disruption controller only adds up. */
function othersTogether({ groups, pods, replicas }: UnderBudget, { kind, name }: Workload): PodGroup | undefined {
  const own = groups.get(`${kind}/${name}`);
  if (groups.size === (own === undefined ? 0 : 1)) return undefined;
  const left = pods - (own?.pods ?? 0);
  return { keeper: { kind: "scale", replicas: replicas - (own === undefined ? 0 : replicasOf(own)) }, pods: left, healthy: left };
}

function replicasOf({ keeper }: PodGroup): number {
  return keeper.kind === "scale" ? keeper.replicas : 0;
}

/** Returns the budgets that guard a workload: foreign ones, and the one that its profile compiles, unless one of its name stands there. */
export function guardsOf({ foreignBudgets, contract }: WorkloadView): readonly PodDisruptionBudget[] {
  const compiled = contract?.budget.kind === "budget" ? contract.budget.budget : undefined;
  if (compiled === undefined || foreignBudgets.some(({ metadata }) => metadata.name === compiled.metadata.name)) return foreignBudgets;
  return [...foreignBudgets, compiled];
}

/** A profile may bind hundreds of workloads, and each look goes over the namespace; what they share, the first of them show. */
const compiledCoversMax = 20;

/** Returns the budget that a workload's profile compiles, with everybody else whom its selector takes in; of many workloads the first. */
export function compiledCover(
  view: WorkloadView,
  { views, snapshot }: { readonly views: readonly WorkloadView[]; readonly snapshot: ClusterSnapshot },
): { readonly budget: PodDisruptionBudget; readonly others: readonly Workload[] } | undefined {
  const { contract, workload } = view;
  if (contract?.budget.kind !== "budget" || views.indexOf(view) >= compiledCoversMax) return undefined;
  const { budget } = contract.budget;
  return { budget, others: othersUnder(budget, { workload, snapshot }) };
}

/** Returns a budget with everybody else under it, for a proof that also tells who stops the sync. */
export function covering(
  budget: PodDisruptionBudget,
  at: { readonly workload: Workload; readonly snapshot: ClusterSnapshot },
): CoveringBudget {
  const others = othersUnder(budget, at).flatMap((other): readonly PodGroup[] => {
    const group = groupOf(other, at.snapshot);
    return group === undefined ? unscaledOf(other) : [group];
  });
  return { budget, others };
}

function unscaledOf(workload: Workload): readonly PodGroup[] {
  const answer = scaleAnswer(workload);
  return answer.kind === "no-scale" ? [{ keeper: answer, pods: 1, healthy: 0 }] : [];
}

/** The Pods of another workload at its smallest scale; undefined for who comes and goes, or is not counted. */
function groupOf(workload: Workload, snapshot: ClusterSnapshot): PodGroup | undefined {
  // The Pods of one in deletion are there and gone the next moment: nobody may lean on them.
  if (workload.object.metadata.deletionTimestamp !== undefined) return undefined;
  const keeper = keeperOf(workload, snapshot);
  if (keeper === undefined) return undefined;
  const pods = keeper.kind === "scale" ? keeper.replicas : 1;
  return { keeper, pods, healthy: pods };
}

function keeperOf(workload: Workload, snapshot: ClusterSnapshot): PodKeeper | undefined {
  const answer = scaleAnswer(workload);
  switch (answer.kind) {
    case "scale": {
      const { range, mayBeZero } = autoscalersOf(workload, snapshot).scale;
      return { kind: "scale", replicas: mayBeZero ? 0 : range.from };
    }
    case "unmanaged":
      return { kind: "unmanaged" };
    case "no-scale":
    case "unknown":
      return undefined;
    default:
      return assertNever(answer);
  }
}
