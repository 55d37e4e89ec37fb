/**
 * Budget words: how a PodDisruptionBudget is named in findings, and the change that always lets a drain through.
 *
 * Reads budgets. Returns texts and patches, so that every rule speaks of budgets alike.
 */
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import { cutText } from "./warning.ts";
import type { JsonPatchOperation } from "../kube/json-patch.ts";

/** Returns a budget's name. */
export function budgetNameOf({ metadata }: PodDisruptionBudget): string {
  return metadata.name ?? "";
}

/** Returns `PodDisruptionBudget "web" (minAvailable: 80%)`. */
export function budgetText(budget: PodDisruptionBudget): string {
  return `PodDisruptionBudget "${budgetNameOf(budget)}" (${boundText(budget)})`;
}

/** Returns what a budget asks for: "minAvailable: 80%", or that it asks for nothing. */
export function boundText({ spec }: PodDisruptionBudget): string {
  if (spec.maxUnavailable !== undefined) return `maxUnavailable: ${shortText(spec.maxUnavailable)}`;
  return spec.minAvailable === undefined ? "neither minAvailable nor maxUnavailable" : `minAvailable: ${shortText(spec.minAvailable)}`;
}

/** A percentage may have as many digits as an object has room for. */
const boundLengthMax = 40;

function shortText(bound: number | string): string {
  return cutText(String(bound), boundLengthMax);
}

/** Returns the name of the field that bounds evictions; minAvailable where neither is set. */
export function boundField({ spec }: PodDisruptionBudget): "minAvailable" | "maxUnavailable" {
  return spec.maxUnavailable === undefined ? "minAvailable" : "maxUnavailable";
}

/** Is true for maxUnavailable 0 or 0%, which DRAIN-004 tells by itself. */
export function isZeroBudget({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable === 0 || spec.maxUnavailable === "0%";
}

/** Returns the patch of a budget to maxUnavailable: 1, the form that allows an eviction at every scale. */
export function oneAtATimePatch({ spec }: PodDisruptionBudget): readonly JsonPatchOperation[] {
  const add: JsonPatchOperation = { op: "add", path: "/spec/maxUnavailable", value: 1 };
  return spec.minAvailable === undefined ? [add] : [{ op: "remove", path: "/spec/minAvailable" }, add];
}
