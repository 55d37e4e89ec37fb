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
  /** To be applied, sorted by name; those that are as wanted already are left out. */
  readonly apply: readonly PodDisruptionBudget[];
  /**
   * To be deleted first: ours that nothing wants any more, and a foreign one that the profile adopts (a server-side apply
   * over it would leave its own bound beside ours, and a budget may have only one).
   */
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

/** Returns what to write so that the namespace has exactly the wanted budgets of this profile. */
export function planApply({ profile, desired, observed, inDoubt }: BudgetPlanInput): BudgetPlan {
  const living = observed.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const adopt = profile.spec.disruption?.adopt === true;
  const wanted = new Set(desired.map(({ metadata }) => metadata.name));
  const holders = new Map(living.map((budget) => [budget.metadata.name, budget]));
  const foreign = desired.flatMap(({ metadata }) => {
    const holder = holders.get(metadata.name);
    return holder === undefined || isBudgetOf(holder, profile) ? [] : [holder];
  });
  const held = new Set(foreign.map(({ metadata }) => metadata.name));
  const writable = desired.filter(({ metadata }) => adopt || !held.has(metadata.name));
  return {
    apply: writable.filter((budget) => !isAsWanted(holders.get(budget.metadata.name), budget)).sort(byName),
    remove: [
      ...living.filter((budget) => !inDoubt && isBudgetOf(budget, profile) && !wanted.has(budget.metadata.name)),
      ...(adopt ? foreign : []),
    ].sort(byName),
    refused: adopt ? [] : foreign.map(({ metadata }) => refusal(metadata.name ?? "")),
  };
}

/** Says whether a budget is this very profile's: marked as ours and owned by it. */
export function isBudgetOf(budget: PodDisruptionBudget, profile: WorkloadProfile): boolean {
  const { labels, ownerReferences } = budget.metadata;
  if (labels?.[managedByLabel] !== managedByProfile) return false;
  return (ownerReferences ?? []).some(({ kind, uid }) => kind === "WorkloadProfile" && uid === profile.metadata.uid);
}

function isAsWanted(holder: PodDisruptionBudget | undefined, wanted: PodDisruptionBudget): boolean {
  if (holder === undefined) return false;
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
