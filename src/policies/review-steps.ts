/**
 * Review steps: what a review is going to cost, counted before it is judged.
 *
 * Reads the workloads that a request touches and how much there is of what they are held against: NodePools, instance types, profiles,
 * budgets, Nodes. Returns steps, by what they are of. They follow from sizes alone: never from time, nor from what is remembered, so the
 * same request in the same cluster always ends the same way. Only products are counted; what grows with the object alone is bounded by
 * the size of a review. A step is some ten nanoseconds.
 */
import type { LabelSelector } from "../api/object.ts";
import type { PodSpec } from "../api/pod.ts";
import { heapBytesOf } from "../kube/heap-bytes.ts";
import { heldFieldMaxBytes, heldMapMaxBytes, heldSpecMaxBytes, heldWholeMaxBytes } from "../kube/held-part.ts";
import { isWorkloadKind } from "../kube/workload.ts";
import { sizeOf } from "./pod-size.ts";
import { type Asked, podSpendings, requestSpendings, type Spending, type StepsInput, type StepsWorld } from "./review-spendings.ts";
import { triedOneByOne } from "./selecting-objects.ts";

/** A review that would take more is refused: on two cores of 2024 some 100 ms. */
export const reviewStepsMax = 10_000_000;

export interface ReviewSteps {
  readonly steps: number;
  /** Why it is not judged: what most of the steps are for, where they are more than {@link reviewStepsMax}, or what no view would hold. */
  readonly tooMuch: TooMuch | undefined;
}

export interface TooMuch {
  readonly message: string;
  readonly fix: string;
}

/** Counts the steps of a request. */
export function reviewSteps(input: StepsInput, { snapshot, instanceTypes }: StepsWorld): ReviewSteps {
  const most = input.isTwice === true ? reviewStepsMax / 2 : reviewStepsMax;
  const whole: Asked = {
    input,
    spec: noSpec,
    size: sizeOf(noSpec),
    tried: triedOneByOne(input.namespace, snapshot),
    snapshot,
    instanceTypes,
  };
  let steps = stepsUpTo(most, requestSpendings, whole);
  for (const { template } of input.workloads) {
    if (steps > most) break;
    steps += stepsUpTo(most - steps, podSpendings, ofSpec(whole, template.spec));
  }
  if (input.pod !== undefined && steps <= most) steps += stepsUpTo(most - steps, podSpendings, ofSpec(whole, input.pod.spec));
  return { steps, tooMuch: steps > most ? tooMany(whole, most) : unheld(input) };
}

const noSpec: PodSpec = { containers: [] };

function ofSpec(whole: Asked, spec: PodSpec): Asked {
  return { ...whole, spec, size: sizeOf(spec) };
}

/** Counts no further than to the first that is too much: what counts later ones may itself cost what the earlier ones bound. */
function stepsUpTo(most: number, spendings: readonly Spending[], asked: Asked): number {
  let sum = 0;
  for (const { steps } of spendings) {
    sum += steps(asked);
    if (sum > most) break;
  }
  return sum;
}

/** Says what takes most of the steps, of all that was counted. */
function tooMany(whole: Asked, most: number): TooMuch {
  const { input } = whole;
  const specs = [...input.workloads.map(({ template }) => template.spec), ...(input.pod === undefined ? [] : [input.pod.spec])];
  const counted = [
    ...requestSpendings.map((spending) => ({ spending, asked: whole })),
    ...specs.slice(0, toldSpecsMax).flatMap((spec) => podSpendings.map((spending) => ({ spending, asked: ofSpec(whole, spec) }))),
  ];
  let [sum, dearest, told] = [0, 0, counted[0]];
  for (const one of counted) {
    const steps = one.spending.steps(one.asked);
    if (steps > dearest) [dearest, told] = [steps, one];
    sum += steps;
    if (sum > most) break;
  }
  const words = input.isTwice === true ? `${most} an update, which is judged before and after` : `${most} a review`;
  const what = told?.spending.what(told.asked) ?? "";
  return { message: `too much to judge: ${what} take ${dearest} steps, of at most ${words}`, fix: told?.spending.fix ?? "" };
}

/** Of very many workloads the first are looked at for what takes most. */
const toldSpecsMax = 1_000;

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
  const podLabels = judged?.template.metadata?.labels ?? pod?.metadata?.labels;
  // Of a kind without Pods the spec is held whole, or not at all.
  const spec = !isWorkloadKind(own.kind) && "spec" in own ? own.spec : undefined;
  const part = largePart({ spec, labels: own.metadata.labels, podLabels, selector: judged?.selector });
  // The whole object is measured last, since few have anything large in them.
  if (part === undefined || heapBytesOf(own, heldWholeMaxBytes) <= heldWholeMaxBytes) return undefined;
  const { what, most } = part;
  return {
    message: `too much to hold: of an object of more than ${heldWholeMaxBytes / 1024} KiB the ${what} may take ${most / 1024} KiB of memory`,
    fix: what === "spec" ? "make the spec smaller" : "use fewer labels, or make the rest of the object smaller",
  };
}

interface HeldParts {
  readonly spec: unknown;
  readonly labels: unknown;
  readonly podLabels: unknown;
  readonly selector: unknown;
}

/** Every review is asked: nothing is made where nothing is large. */
function largePart({ spec, labels, podLabels, selector }: HeldParts): { readonly what: string; readonly most: number } | undefined {
  if (isOver(spec, heldSpecMaxBytes)) return { what: "spec", most: heldSpecMaxBytes };
  if (isOver(labels, heldMapMaxBytes)) return { what: "labels", most: heldMapMaxBytes };
  if (isOver(podLabels, heldMapMaxBytes)) return { what: "labels of its pods", most: heldMapMaxBytes };
  return isOver(selector, heldFieldMaxBytes) ? { what: "selector", most: heldFieldMaxBytes } : undefined;
}

function isOver(value: unknown, most: number): boolean {
  return value !== undefined && heapBytesOf(value, most) > most;
}
