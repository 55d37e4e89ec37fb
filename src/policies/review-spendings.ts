/**
 * Review spendings: what the steps of a review are of.
 *
 * Each sort of work multiplies sizes of the request with sizes of the cluster. Returns numbers alone for every review, and words only for
 * one that takes too many: most reviews take a few thousand steps, and counting them may not cost what it saves.
 */
import type { InstanceType } from "../api/instance-type.ts";
import { wellKnownLabels } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { KubeObject, ObjectMeta } from "../api/object.ts";
import type { NodeSelectorRequirement, PodSpec } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { inKarpenterWords, isAutoPool } from "../kube/auto-labels.ts";
import { podRequirements } from "../kube/pod-requirements.ts";
import { remembered } from "../kube/remembered.ts";
import { isCompatible } from "../kube/requirements.ts";
import type { Workload } from "../kube/workload.ts";
import { countText } from "./count-words.ts";
import { mergesOf, type PodSize } from "./pod-size.ts";
import { machineRequirements, typesOfPool } from "./pool-types.ts";
import { candidateBudgets } from "./selecting-objects.ts";
import { autoscalerCount } from "./workload-autoscalers.ts";

/** What the judged object is held against, beside its own workloads. */
export interface StepsWorld {
  readonly snapshot: ClusterSnapshot;
  readonly instanceTypes: readonly InstanceType[];
}

/** What is held against the world: the whole request, or one Pod's spec of it. */
export interface Asked extends StepsWorld {
  readonly input: StepsInput;
  readonly spec: PodSpec;
  readonly size: PodSize;
  /** Budgets and Services of the namespace that are tried one by one. */
  readonly tried: number;
}

/** Steps of one sort. */
export interface Spending {
  readonly steps: (asked: Asked) => number;
  /** Says what is multiplied: "12000 nodeSelectorTerms x 700 instance types". */
  readonly what: (asked: Asked) => string;
  readonly fix: string;
}

/** What the steps of a request are counted from. */
export interface StepsInput {
  /** The workloads that the request touches. */
  readonly workloads: readonly Workload[];
  /** A Pod whose own words count beside its workload's. */
  readonly pod?: { readonly metadata?: ObjectMeta; readonly spec: PodSpec } | undefined;
  /** The object of the request, which a view is going to hold. */
  readonly own?: KubeObject | undefined;
  readonly namespace: string;
  /** Whether nodes are looked for, which is asked of workloads and profiles alone. */
  readonly placed: boolean;
  /** Whether running Pods of the namespace are held against its budgets. */
  readonly walksPods?: boolean;
  /** The NodePool that is judged. */
  readonly nodePool?: NodePool | undefined;
  /** Whether the object is judged as it was, too: each time it may take half of the steps. */
  readonly isTwice?: boolean;
}

/** Making a view and asking every rule about it. */
const viewSteps = 500;
const podSteps = 100;
/** A selector over labels that controllers add, against one Pod. */
const selectorSteps = 20;
const labelSteps = 16;
const profileSteps = 2;
const taintSteps = 2;
/** Most rules look at each container, some at all others beside it; a toleration or a finalizer may be a problem of its own. */
const containerSteps = 5_000;
const tolerationSteps = 300;
const finalizerSteps = 100;
const amountSteps = 10;
const typeSteps = 25;
/** A budget that may select a workload, and an autoscaler that aims at it, of which each may be a problem of its own. */
const budgetSteps = 4;
const autoscalerSteps = 500;
/** What one label is asked for again and again is intersected each time: by value that stood already. */
const mergeSteps = 4;
/** A value that a NodePool requires of its nodes, which several rules look at. */
const poolValueSteps = 300;

/** Workloads are bound to the profiles of their namespace one by one, and those under one budget are added up for each of them. */
const views: Spending = {
  steps: ({ input: { workloads, namespace }, snapshot, tried }) => {
    const count = workloads.length;
    let steps = count * (viewSteps + profilesIn(namespace, snapshot) * profileSteps + tried * selectorSteps + count);
    for (const workload of workloads)
      steps += candidateBudgets(workload, snapshot) * budgetSteps + autoscalerCount(workload, snapshot) * autoscalerSteps;
    return steps;
  },
  what: ({ input: { workloads, namespace }, snapshot, tried }) => {
    const budgets = workloads.reduce((sum, workload) => sum + candidateBudgets(workload, snapshot), 0);
    const autoscalers = workloads.reduce((sum, workload) => sum + autoscalerCount(workload, snapshot), 0);
    const profiles = countText(profilesIn(namespace, snapshot), "profile");
    return `${countText(workloads.length, "workload")} x ${profiles}${triedText(tried)}${beside(budgets, autoscalers)}`;
  },
  fix: "select fewer workloads, or spread them over several namespaces",
};

function profilesIn(namespace: string, snapshot: ClusterSnapshot): number {
  return snapshot.list("WorkloadProfile", namespace).length;
}

function beside(budgets: number, autoscalers: number): string {
  return budgets + autoscalers === 0
    ? ""
    : ` with ${countText(budgets, "budget")} that may select them and ${countText(autoscalers, "autoscaler")}`;
}

function triedText(count: number): string {
  return count === 0 ? "" : ` x ${countText(count, "selector")} over labels that controllers add`;
}

const pods: Spending = {
  steps: (asked) => walkedPods(asked) * (podSteps + asked.tried * selectorSteps),
  what: (asked) => `${countText(walkedPods(asked), "pod")} that budgets may select${triedText(asked.tried)}`,
  fix: "spread the pods over several namespaces",
};

/** A namespace without budgets has none to hold its Pods against. */
function walkedPods({ input: { namespace, walksPods }, snapshot }: Asked): number {
  if (walksPods !== true || snapshot.list("PodDisruptionBudget", namespace).length === 0) return 0;
  return snapshot.list("Pod", namespace).length;
}

const finalizers: Spending = {
  steps: (asked) => finalizersOf(asked) * finalizerSteps,
  what: (asked) => `${countText(finalizersOf(asked), "finalizer")} of pods`,
  fix: "write fewer finalizers",
};

function finalizersOf({ input: { workloads, pod } }: Asked): number {
  let count = pod?.metadata?.finalizers?.length ?? 0;
  for (const { template } of workloads) count += template.metadata?.finalizers?.length ?? 0;
  return count;
}

/** Rules hold each value that a pool requires against what is sold. */
const poolValues: Spending = {
  steps: ({ input: { nodePool } }) =>
    nodePool === undefined ? 0 : valuesOf(nodePool) * poolValueSteps + mergesOf(requirementsOf(nodePool)) * mergeSteps,
  what: ({ input: { nodePool } }) => {
    const requirements = nodePool === undefined ? [] : requirementsOf(nodePool);
    return `${countText(requirements.length, "requirement")} with ${countText(nodePool === undefined ? 0 : valuesOf(nodePool), "value")}`;
  },
  fix: "require fewer values: name what they have in common, such as an instance family or a size",
};

function requirementsOf({ spec }: NodePool): readonly NodeSelectorRequirement[] {
  return spec.template.spec.requirements;
}

function valuesOf(pool: NodePool): number {
  return requirementsOf(pool).reduce((sum, { values }) => sum + 1 + (values?.length ?? 0), 0);
}

/** What a request takes as a whole. */
export const requestSpendings: readonly Spending[] = [views, pods, finalizers, poolValues];

const lessTerms = "ask for nodes in fewer nodeSelectorTerms: name all values of a label in one expression";
const lessAmounts = "name fewer resources in requests and limits";

const containers: Spending = {
  steps: ({ size }) => size.containers * containerSteps,
  what: ({ size }) => countText(size.containers, "container"),
  fix: "run fewer containers in one pod",
};

const labels: Spending = {
  steps: (asked) => {
    const { size } = asked;
    return size.labels * (poolsOf(asked).length + 4) * labelSteps + size.merges * mergeSteps;
  },
  what: (asked) =>
    `${countText(asked.size.terms, "nodeSelectorTerm")} with ${countText(asked.size.labels, "label")} x ${countText(poolsOf(asked).length, "NodePool")}`,
  fix: lessTerms,
};

const initAmounts: Spending = {
  steps: ({ size }) => size.initContainers * size.amounts * amountSteps,
  what: ({ size }) => `${countText(size.initContainers, "init container")} x ${countText(size.amounts, "resource")}`,
  fix: lessAmounts,
};

const tolerations: Spending = {
  steps: (asked) => asked.size.tolerations * (poolsOf(asked).length * taintSteps + tolerationSteps),
  what: (asked) => `${countText(asked.size.tolerations, "toleration")} x ${countText(poolsOf(asked).length, "NodePool")}`,
  fix: "write fewer tolerations",
};

const types: Spending = {
  steps: (asked) => {
    if (!asked.input.placed) return 0;
    const most = Math.max(1, asked.size.terms) * soldTypes(poolsOf(asked))(asked.instanceTypes) * typeSteps;
    return most <= roughStepsMax ? most : termTypes(asked) * typeSteps;
  },
  what: (asked) => `${countText(asked.size.terms, "nodeSelectorTerm")} x ${typesText(asked)}`,
  fix: lessTerms,
};

const typeAmounts: Spending = {
  steps: (asked) => {
    if (!asked.input.placed) return 0;
    const { amounts } = asked.size;
    const most = amounts * soldTypes(poolsOf(asked))(asked.instanceTypes) * amountSteps;
    return most <= roughStepsMax ? most : amounts * typesOf(takingPools(asked), asked.instanceTypes) * amountSteps;
  },
  what: (asked) => `${countText(asked.size.amounts, "resource")} x ${typesText(asked)}`,
  fix: lessAmounts,
};

/** Up to so many steps every pool counts as one that takes the Pod: finding out would cost more than it is worth, and these stay far below any bound. */
const roughStepsMax = 100_000;

function typesText(asked: Asked): string {
  return `${countText(typesOf(takingPools(asked), asked.instanceTypes), "instance type")} of ${countText(poolsOf(asked).length, "NodePool")}`;
}

const soldTypes = remembered((pools: readonly NodePool[]) =>
  remembered((instanceTypes: readonly InstanceType[]) => typesOf(pools, instanceTypes)),
);

function typesOf(pools: readonly NodePool[], instanceTypes: readonly InstanceType[]): number {
  return pools.reduce((count, pool) => count + typesOfPool(pool, instanceTypes).length, 0);
}

function termTypes(asked: Asked): number {
  return poolsOf(asked).reduce((sum, pool) => sum + takingTerms(pool, asked.spec) * typesOfPool(pool, asked.instanceTypes).length, 0);
}

function takingPools(asked: Asked): readonly NodePool[] {
  return poolsOf(asked).filter((pool) => takingTerms(pool, asked.spec) > 0);
}

/** Labels are compared in the words that the rules compare them in. */
function takingTerms(pool: NodePool, spec: PodSpec): number {
  const own = machineRequirements(pool);
  const asked = podRequirements(spec);
  const inWords = isAutoPool(pool) ? asked.map(inKarpenterWords) : asked;
  return inWords.reduce((count, alternative) => count + Number(isCompatible(own, alternative, wellKnownLabels)), 0);
}

function poolsOf({ snapshot }: Asked): readonly NodePool[] {
  return snapshot.list("NodePool");
}

/** What each Pod takes. */
export const podSpendings: readonly Spending[] = [containers, labels, initAmounts, tolerations, types, typeAmounts];
