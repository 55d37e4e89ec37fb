/**
 * planApply: which PodDisruptionBudgets a profile must write, and which it must take away.
 *
 * Reads the budgets that the contracts want and those that the namespace has. Returns the smallest set of writes, and what
 * was refused: a budget of somebody else's under a name that we need is never taken over in silence (PDB-004).
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import { planChildren, type ChildPlan } from "./child-plan.ts";

/** An object that could not be written, since somebody else's is in its way; `text` and `fix` are the rule's sentences. */
export interface RefusedChild {
  readonly rule: "PDB-004" | "CONF-003";
  readonly kind: "PodDisruptionBudget" | "HorizontalPodAutoscaler";
  readonly name: string;
  readonly text: string;
  readonly fix: string;
}

export interface BudgetPlan extends Omit<ChildPlan<PodDisruptionBudget>, "foreign"> {
  readonly refused: readonly RefusedChild[];
}

export interface BudgetPlanInput {
  readonly profile: WorkloadProfile;
  readonly desired: readonly PodDisruptionBudget[];
  readonly observed: readonly PodDisruptionBudget[];
  /** As in a child plan: what stands is kept while what is wanted can't be told. */
  readonly inDoubt: boolean;
}

/** Returns what to write so that the namespace has exactly the wanted budgets of this profile; each list is sorted by name. */
export function planApply(input: BudgetPlanInput): BudgetPlan {
  const adopt = input.profile.spec.disruption?.adopt === true;
  const { foreign, ...plan } = planChildren({ ...input, adopt, isSpecAsWanted: jsonEquals });
  return { ...plan, refused: foreign.map(({ metadata }) => refusal(metadata.name ?? "")) };
}

function refusal(name: string): RefusedChild {
  return {
    rule: "PDB-004",
    kind: "PodDisruptionBudget",
    name,
    text: `PodDisruptionBudget "${name}" exists and is not owned by this profile`,
    fix: "delete it, or set disruption.adopt: true",
  };
}
