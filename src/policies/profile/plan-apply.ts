/**
 * planApply: which PodDisruptionBudgets a profile must write, and which it must take away.
 *
 * Reads the budgets that the contracts want and those that the namespace has. Returns the smallest set of writes, and what
 * was refused: a budget of somebody else's under a name that we need is never taken over in silence (PDB-004).
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import { managedByLabel, managedByProfile } from "./budget.ts";

/** A name that somebody else's budget holds; `text` and `fix` are the rule's sentences. */
export interface RefusedBudget {
  readonly rule: "PDB-004";
  readonly name: string;
  readonly text: string;
  readonly fix: string;
}

export interface BudgetPlan {
  /** Under names that nobody was seen to hold: should somebody hold one by now, the API server refuses (409). */
  readonly create: readonly PodDisruptionBudget[];
  /**
   * Ours that differ, and foreign ones that the profile adopts, each with the uid and resourceVersion that were seen, so that
   * only that very budget is written over (else 409). Whole objects: what is applied beside a foreign bound would leave two
   * bounds, and a budget may have only one; deleted and made again, the workload would be without a budget in between.
   */
  readonly replace: readonly PodDisruptionBudget[];
  /** To be deleted first: ours that nothing wants any more. */
  readonly remove: readonly PodDisruptionBudget[];
  readonly refused: readonly RefusedBudget[];
}

export interface BudgetPlanInput {
  readonly profile: WorkloadProfile;
  readonly desired: readonly PodDisruptionBudget[];
  readonly observed: readonly PodDisruptionBudget[];
  /**
   * True where what is desired can't be told for now (an unknown class, two profiles for one workload): then a budget that
   * stands is kept, since a doubt must not take a workload's protection away.
   */
  readonly inDoubt: boolean;
}

/** Returns what to write so that the namespace has exactly the wanted budgets of this profile; each list is sorted by name. */
export function planApply({ profile, desired, observed, inDoubt }: BudgetPlanInput): BudgetPlan {
  const living = observed.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const adopt = profile.spec.disruption?.adopt === true;
  const wanted = new Set(desired.map(({ metadata }) => metadata.name));
  const holders = new Map(living.map((budget) => [budget.metadata.name, budget]));
  const pairs = desired.toSorted(byName).map((budget) => ({ budget, holder: holders.get(budget.metadata.name) }));
  const isForeign = (holder: PodDisruptionBudget): boolean => !isBudgetOf(holder, profile);
  return {
    create: pairs.flatMap(({ budget, holder }) => (holder === undefined ? [budget] : [])),
    replace: pairs.flatMap(({ budget, holder }) => {
      if (holder === undefined || isAsWanted(holder, budget) || (isForeign(holder) && !adopt)) return [];
      return [replacementOf(holder, budget)];
    }),
    remove: living.filter((budget) => !inDoubt && !isForeign(budget) && !wanted.has(budget.metadata.name)).sort(byName),
    refused: pairs.flatMap(({ holder }) =>
      holder === undefined || adopt || !isForeign(holder) ? [] : [refusal(holder.metadata.name ?? "")],
    ),
  };
}

/** Says whether a budget is this very profile's: marked as ours and owned by it. */
export function isBudgetOf(budget: PodDisruptionBudget, profile: WorkloadProfile): boolean {
  const { labels, ownerReferences } = budget.metadata;
  if (labels?.[managedByLabel] !== managedByProfile) return false;
  return (ownerReferences ?? []).some(({ kind, uid }) => kind === "WorkloadProfile" && uid === profile.metadata.uid);
}

/** Labels and annotations of others stay; owner and spec are ours alone. */
function replacementOf(holder: PodDisruptionBudget, wanted: PodDisruptionBudget): PodDisruptionBudget {
  const labels = { ...holder.metadata.labels, ...wanted.metadata.labels };
  return { ...wanted, metadata: { ...holder.metadata, ...wanted.metadata, labels } };
}

function isAsWanted(holder: PodDisruptionBudget, wanted: PodDisruptionBudget): boolean {
  const labels = Object.entries(wanted.metadata.labels ?? {}).every(([key, value]) => holder.metadata.labels?.[key] === value);
  return labels && jsonEquals(holder.metadata.ownerReferences, wanted.metadata.ownerReferences) && jsonEquals(holder.spec, wanted.spec);
}

function refusal(name: string): RefusedBudget {
  return {
    rule: "PDB-004",
    name,
    text: `PodDisruptionBudget "${name}" exists and is not owned by this profile`,
    fix: "delete it, or set disruption.adopt: true",
  };
}

function byName(a: PodDisruptionBudget, b: PodDisruptionBudget): number {
  return (a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1;
}
