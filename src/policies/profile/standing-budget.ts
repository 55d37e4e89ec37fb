/**
 * Standing budget: the PodDisruptionBudget that a target's contract has become, and what the disruption controller says of it.
 *
 * Reads a profile's view. Returns the budget of that name and profile, if it stands, and what its status says once it is of this generation.
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import { isChildOf } from "./child-plan.ts";
import type { ProfileTarget, ProfileView } from "./profile-view.ts";

/** Returns the budget of a target as it stands; undefined where the profile has none there yet. */
export function standingBudget({ profile, budgets }: Pick<ProfileView, "profile" | "budgets">, { contract }: ProfileTarget) {
  const { budget } = contract;
  if (budget.kind === "none") return undefined;
  return budgets.find((held) => held.metadata.name === budget.budget.metadata.name && isChildOf(held, profile));
}

/** Returns why the disruption controller can't count a budget's Pods: it then allows no eviction. Undefined where it can, or has not looked. */
export function syncFailureOf({ status }: PodDisruptionBudget): string | undefined {
  const failed = status?.conditions?.find(({ type, reason }) => type === "DisruptionAllowed" && reason === "SyncFailed");
  return failed === undefined ? undefined : (failed.message ?? "");
}

/** Returns how many Pods may be evicted now, as the disruption controller counts them; undefined until it has looked at this budget. */
export function evictionsCounted({ metadata, status }: PodDisruptionBudget): number | undefined {
  if (status?.disruptionsAllowed === undefined || (status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return undefined;
  return status.disruptionsAllowed;
}
