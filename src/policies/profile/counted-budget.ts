/**
 * The counted budget: the PodDisruptionBudget of a workload whose kind nobody here knows.
 *
 * Reads the profile's terms and the Pods' own label. Returns a minAvailable of a whole number: the disruption controller
 * can't ask an unknown owner for its scale, and then reports 0 disruptions for every other form (getExpectedPodCount of
 * pkg/controller/disruption). The selector is the profile's label, which admission writes into each Pod: the owner's own selector can't
 * be read.
 */
import { budgetObject, evictionsOf } from "./budget.ts";
import type { BudgetIntent, CompiledBudget, ProfileReference } from "./contract.ts";
import type { CompileSurroundings } from "./pod-parts.ts";
import type { ResolvedProfile } from "./resolve.ts";

/** Returns a budget that keeps as many Pods as are asked at minReplicas, and always lets one of them go. */
export function countedBudget(
  input: Pick<CompileSurroundings, "workload" | "names"> & { readonly resolved: ResolvedProfile; readonly reference: ProfileReference },
): CompiledBudget {
  const { workload, names, resolved, reference } = input;
  const minReplicas = resolved.minReplicas.value;
  if (minReplicas < 2) return { kind: "none", reason: "singleton" };
  const allowed = Math.max(1, evictionsOf(resolved.budget.value, minReplicas));
  const intent: BudgetIntent = { field: "minAvailable", value: minReplicas - allowed };
  const selector = workload.selector ?? { matchLabels: { [names.profileLabel]: reference.name } };
  const budget = budgetObject({ profile: reference, profileApiVersion: names.apiVersion, workload, selector, intent });
  return { kind: "budget", budget, adjusted: false, asked: intent, interruptible: false };
}
