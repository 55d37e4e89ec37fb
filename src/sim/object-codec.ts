/**
 * The codec between the world's JSON and the shapes of src/api.
 *
 * Reads JSON that the schema has been checked against (a write is decoded before it is stored). Returns it under its type; this is the only
 * place of the embedded world that claims a shape.
 */
import type { LabelSelector } from "../api/object.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import { isJsonObject, type JsonValue } from "./json.ts";

/** Returns a label selector; undefined where there is none. */
export function labelSelectorOf(value: JsonValue | undefined): LabelSelector | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** Returns a stored Pod as a Pod. */
export function podOf(value: JsonValue): Pod {
  return value as unknown as Pod;
}

/** Returns a stored budget as a PodDisruptionBudget. */
export function budgetOf(value: JsonValue): PodDisruptionBudget {
  return value as unknown as PodDisruptionBudget;
}
