/**
 * Checks of one class entry: bounds that leave room, defaults inside them, one form of a budget.
 *
 * Reads an entry of the catalogue, or a namespace's with the catalogue's below it. Returns problems at the entry's own place.
 */
import type { QuantityText } from "../api/object.ts";
import type { WorkloadClassEntry } from "../api/workload-class.ts";
import { compareQuantities } from "../kube/quantity.ts";
import { mergeClass, toWorkloadClass } from "./class-entry.ts";
import { problemAt, type PolicyProblem } from "./policy-problem.ts";

export interface ClassCheck {
  readonly entry: WorkloadClassEntry;
  /** The catalogue's entry, where `entry` is a namespace's. */
  readonly base?: WorkloadClassEntry;
  readonly at: readonly string[];
}

/** Returns what is wrong within one class. */
export function classProblems({ entry, base, at }: ClassCheck): readonly PolicyProblem[] {
  const whole = base === undefined ? entry : mergeClass(base, entry);
  const { requests = {}, allowSpot, capacityTypes } = whole;
  // What nobody wrote holds too, so bounds are compared with the filled class.
  const { limits, disruption } = toWorkloadClass(at.at(-1) ?? "", whole);
  const problems: PolicyProblem[] = (["cpu", "memory", "ephemeralStorage"] as const).flatMap((resource) =>
    rangeProblems(requests[resource] ?? {}).map((message) => problemAt([...at, "requests", resource], message)),
  );
  const { min, max } = requests.gibPerCpu ?? {};
  if (min !== undefined && max !== undefined && min > max)
    problems.push(problemAt([...at, "requests", "gibPerCpu"], `min ${min} above max ${max}`));
  if (disruption.minAvailable !== undefined && disruption.maxUnavailable !== undefined) {
    problems.push(problemAt([...at, "disruption"], "minAvailable and maxUnavailable are both set; keep one"));
  }
  if (limits.maxMemoryRatio !== undefined && limits.memoryRatio > limits.maxMemoryRatio) {
    const written = whole.limits?.memoryRatio === undefined ? [] : ["memoryRatio"];
    problems.push(
      problemAt([...at, "limits", ...written], `memoryRatio ${limits.memoryRatio} above maxMemoryRatio ${limits.maxMemoryRatio}`),
    );
  }
  if (allowSpot === true && capacityTypes !== undefined && !capacityTypes.includes("spot")) {
    problems.push(problemAt([...at, "allowSpot"], "allowSpot needs spot among capacityTypes"));
  }
  const { gracePeriodSeconds, maxGraceSeconds } = disruption;
  if (maxGraceSeconds !== undefined && gracePeriodSeconds > maxGraceSeconds) {
    problems.push(problemAt([...at, "disruption"], `gracePeriodSeconds ${gracePeriodSeconds} above maxGraceSeconds ${maxGraceSeconds}`));
  }
  return problems;
}

function rangeProblems(range: {
  readonly min?: QuantityText;
  readonly max?: QuantityText;
  readonly default?: QuantityText;
}): readonly string[] {
  const { min, max, default: standard } = range;
  const isAbove = (a: QuantityText | undefined, b: QuantityText | undefined): boolean =>
    a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
  return [
    ...(isAbove(min, max) ? [`min ${min} above max ${max}`] : []),
    ...(isAbove(standard, max) ? [`default ${standard} above max ${max}`] : []),
    ...(isAbove(min, standard) ? [`default ${standard} below min ${min}`] : []),
  ];
}
