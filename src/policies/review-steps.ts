/**
 * Review steps: what a review is going to cost, counted before it is judged.
 *
 * Reads the workloads that a request touches and how much there is of what they are held against: NodePools, instance types, profiles,
 * budgets, Nodes. Returns steps, by what they are of. They follow from sizes alone: never from time, nor from what is remembered, so the
 * same request in the same cluster always ends the same way. Only products are counted; what grows with the object alone is bounded by
 * the size of a review. A step is some ten nanoseconds.
 */
import type { NodePool } from "../api/node-pool.ts";
import type { KubeObject, LabelSelector, ObjectMeta } from "../api/object.ts";
import type { PodSpec } from "../api/pod.ts";
import { wellKnownLabels } from "../api/labels.ts";
import type { InstanceType } from "../api/instance-type.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { inKarpenterWords, isAutoPool } from "../kube/auto-labels.ts";
import { heapBytesOf } from "../kube/heap-bytes.ts";
import { heldFieldMaxBytes, heldMapMaxBytes, heldSpecMaxBytes, heldWholeMaxBytes } from "../kube/held-part.ts";
import { podRequirements } from "../kube/pod-requirements.ts";
import { isCompatible } from "../kube/requirements.ts";
import { isWorkloadKind, type Workload } from "../kube/workload.ts";
import { countText } from "./count-words.ts";
import { mergesOf, sizeOf } from "./pod-size.ts";
import { machineRequirements, typesOfPool } from "./pool-types.ts";
import { candidateBudgets, triedOneByOne } from "./selecting-objects.ts";
import { autoscalerCount } from "./workload-autoscalers.ts";

/** A review that would take more is refused: on two cores of 2024 some 100 ms. */
export const reviewStepsMax = 10_000_000;

/** What the judged object is held against, beside its own workloads. */
export interface StepsWorld {
  readonly snapshot: ClusterSnapshot;
  readonly instanceTypes: readonly InstanceType[];
}

/** Steps of one sort. */
interface Spending {
  readonly steps: number;
  /** Says what is multiplied: "12000 nodeSelectorTerms x 700 instance types". Few reviews are ever told. */
  readonly what: () => string;
  readonly fix: string;
}

export interface ReviewSteps {
  readonly steps: number;
  /** Why it is not judged: what most of the steps are for, where they are more than {@link reviewStepsMax}, or what no view would hold. */
  readonly tooMuch: TooMuch | undefined;
}

export interface TooMuch {
  readonly message: string;
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

/** Counts the steps of a request. */
export function reviewSteps(input: StepsInput, world: StepsWorld): ReviewSteps {
  const spendings: Spending[] = [];
  const most = input.isTwice === true ? reviewStepsMax / 2 : reviewStepsMax;
  let steps = 0;
  const spend = (spending: Spending): boolean => {
    steps += spending.steps;
    spendings.push(spending);
    return steps <= most;
  };
  const specs = input.workloads.map(({ template }) => template.spec);
  if (input.pod !== undefined) specs.push(input.pod.spec);
  const tried = triedOneByOne(input.namespace, world.snapshot);
  const isWithin =
    spend(ofViews(input, world, tried)) &&
    spend(ofPods(input, world, tried)) &&
    spend(ofFinalizers(input)) &&
    spend(ofNodePool(input)) &&
    specs.every((spec) => spendPod(spec, { spend, world, placed: input.placed }));
  if (isWithin) return { steps, tooMuch: unheld(input) };
  const { what, steps: dearest, fix } = spendings.reduce((a, b) => (b.steps > a.steps ? b : a));
  const words = input.isTwice === true ? `${most} an update, which is judged before and after` : `${most} a review`;
  return { steps, tooMuch: { message: `too much to judge: ${what()} take ${dearest} steps, of at most ${words}`, fix } };
}

/** Whoever selects by more names every Pod by itself; each later review of the namespace would walk through them. */
const selectorEntriesMax = 1_000;

/** Returns why a selector is too large to be held against the workloads of its namespace. */
export function tooLargeSelector(selector: LabelSelector | undefined): TooMuch | undefined {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const count = matchExpressions.reduce((sum, { values = [] }) => sum + 1 + values.length, Object.keys(matchLabels).length);
  if (count <= selectorEntriesMax) return undefined;
  return {
    message: `too much to judge: a selector of ${count} labels and values, of at most ${selectorEntriesMax}`,
    fix: "select by a label that the pods have in common",
  };
}

/** Later requests are judged by what a view of the cluster holds: of an object that is cut, whom it selects and who selects it has to be left. */
function unheld({ workloads, pod, own }: StepsInput): TooMuch | undefined {
  if (own === undefined) return undefined;
  const judged = workloads.find(({ object }) => object.metadata.name === own.metadata.name && object.kind === own.kind);
  const parts: readonly (readonly [string, unknown, number])[] = [
    // Of a kind without Pods the spec is held whole, or not at all.
    ["spec", !isWorkloadKind(own.kind) && "spec" in own ? own.spec : undefined, heldSpecMaxBytes],
    ["labels", own.metadata.labels, heldMapMaxBytes],
    ["labels of its pods", judged?.template.metadata?.labels ?? pod?.metadata?.labels, heldMapMaxBytes],
    ["selector", judged?.selector, heldFieldMaxBytes],
  ];
  const large = parts.find(([, value, most]) => value !== undefined && heapBytesOf(value, most) > most);
  // The whole object is measured last, since few have anything large in them.
  if (large === undefined || heapBytesOf(own, heldWholeMaxBytes) <= heldWholeMaxBytes) return undefined;
  const [what, , most] = large;
  return {
    message: `too much to hold: of an object of more than ${heldWholeMaxBytes / 1024} KiB the ${what} may take ${most / 1024} KiB of memory`,
    fix: what === "spec" ? "make the spec smaller" : "use fewer labels, or make the rest of the object smaller",
  };
}

/** Workloads are bound to the profiles of their namespace one by one, and those under one budget are added up for each of them. */
function ofViews({ workloads, namespace }: StepsInput, { snapshot }: StepsWorld, tried: number): Spending {
  const count = workloads.length;
  const profiles = snapshot.list("WorkloadProfile", namespace).length;
  const budgets = workloads.reduce((sum, workload) => sum + candidateBudgets(workload, snapshot), 0);
  const autoscalers = workloads.reduce((sum, workload) => sum + autoscalerCount(workload, snapshot), 0);
  return {
    steps:
      count * (viewSteps + profiles * profileSteps + tried * selectorSteps + count) + budgets * budgetSteps + autoscalers * autoscalerSteps,
    what: () => `${countText(count, "workload")} x ${countText(profiles, "profile")}${triedText(tried)}${beside(budgets, autoscalers)}`,
    fix: "select fewer workloads, or spread them over several namespaces",
  };
}

function beside(budgets: number, autoscalers: number): string {
  return budgets + autoscalers === 0
    ? ""
    : ` with ${countText(budgets, "budget")} that may select them and ${countText(autoscalers, "autoscaler")}`;
}

/** Rules hold each value that a pool requires against what is sold. */
function ofNodePool({ nodePool }: StepsInput): Spending {
  const requirements = nodePool?.spec.template.spec.requirements ?? [];
  const values = requirements.reduce((sum, requirement) => sum + 1 + (requirement.values?.length ?? 0), 0);
  return {
    steps: values * poolValueSteps + mergesOf(requirements) * mergeSteps,
    what: () => `${countText(requirements.length, "requirement")} with ${countText(values, "value")}`,
    fix: "require fewer values: name what they have in common, such as an instance family or a size",
  };
}

/** A namespace without budgets has none to hold its Pods against. */
function ofPods({ namespace, walksPods }: StepsInput, { snapshot }: StepsWorld, tried: number): Spending {
  const walks = walksPods === true && snapshot.list("PodDisruptionBudget", namespace).length > 0;
  const count = walks ? snapshot.list("Pod", namespace).length : 0;
  return {
    steps: count * (podSteps + tried * selectorSteps),
    what: () => `${countText(count, "pod")} that budgets may select${triedText(tried)}`,
    fix: "spread the pods over several namespaces",
  };
}

function ofFinalizers({ workloads, pod }: StepsInput): Spending {
  const count = workloads.reduce(
    (sum, { template }) => sum + (template.metadata?.finalizers?.length ?? 0),
    pod?.metadata?.finalizers?.length ?? 0,
  );
  return { steps: count * finalizerSteps, what: () => `${countText(count, "finalizer")} of pods`, fix: "write fewer finalizers" };
}

function triedText(count: number): string {
  return count === 0 ? "" : ` x ${countText(count, "selector")} over labels that controllers add`;
}

interface Spender {
  readonly spend: (spending: Spending) => boolean;
  readonly world: StepsWorld;
  readonly placed: boolean;
}

function spendPod(spec: PodSpec, { spend, world, placed }: Spender): boolean {
  const size = sizeOf(spec);
  const pools = world.snapshot.list("NodePool");
  const { terms, labels, merges, amounts, initContainers, containers, tolerations } = size;
  const lessTerms = "ask for nodes in fewer nodeSelectorTerms: name all values of a label in one expression";
  const lessAmounts = "name fewer resources in requests and limits";
  if (
    !spend({
      steps: containers * containerSteps,
      what: () => countText(containers, "container"),
      fix: "run fewer containers in one pod",
    }) ||
    !spend({
      steps: labels * (pools.length + 4) * labelSteps + merges * mergeSteps,
      what: () => `${countText(terms, "nodeSelectorTerm")} with ${countText(labels, "label")} x ${countText(pools.length, "NodePool")}`,
      fix: lessTerms,
    }) ||
    !spend({
      steps: initContainers * amounts * amountSteps,
      what: () => `${countText(initContainers, "init container")} x ${countText(amounts, "resource")}`,
      fix: lessAmounts,
    }) ||
    !spend({
      steps: tolerations * (pools.length * taintSteps + tolerationSteps),
      what: () => `${countText(tolerations, "toleration")} x ${countText(pools.length, "NodePool")}`,
      fix: "write fewer tolerations",
    })
  )
    return false;
  if (!placed) return true;
  const taking = pools.map((pool) => ({ terms: takingTerms(pool, spec), types: typesOfPool(pool, world.instanceTypes).length }));
  const types = taking.reduce((sum, of) => sum + (of.terms > 0 ? of.types : 0), 0);
  return (
    spend({
      steps: taking.reduce((sum, of) => sum + of.terms * of.types, 0) * typeSteps,
      what: () =>
        `${countText(terms, "nodeSelectorTerm")} x ${countText(types, "instance type")} of ${countText(pools.length, "NodePool")}`,
      fix: lessTerms,
    }) &&
    spend({
      steps: amounts * types * amountSteps,
      what: () => `${countText(amounts, "resource")} x ${countText(types, "instance type")} of ${countText(pools.length, "NodePool")}`,
      fix: lessAmounts,
    })
  );
}

/** Labels are compared in the words that the rules compare them in. */
function takingTerms(pool: NodePool, spec: PodSpec): number {
  const own = machineRequirements(pool);
  const asked = podRequirements(spec);
  const inWords = isAutoPool(pool) ? asked.map(inKarpenterWords) : asked;
  return inWords.reduce((count, alternative) => count + Number(isCompatible(own, alternative, wellKnownLabels)), 0);
}
