/**
 * Evictions: what the API server answers to a request for one.
 *
 * Reads a Pod and the budgets of its namespace that select it. Returns the decision with the API server's own words, for
 * the simulator to answer with and for the drain rules to foretell.
 */
import type { ApiStatus } from "../api/api-status.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import { isReady, isTerminal, isTerminating } from "./pod-state.ts";

export type EvictionAnswer =
  /** The Pod is deleted, and no budget pays for it. */
  | { readonly kind: "delete" }
  /** The Pod is deleted, and this budget allows one eviction less and records the Pod in status.disruptedPods. */
  | { readonly kind: "delete-and-count"; readonly budget: PodDisruptionBudget }
  | { readonly kind: "refused"; readonly status: ApiStatus };

/** More evictions that no controller has confirmed than this, and the API server refuses further ones. */
export const disruptedPodsMax = 2000;

const wouldViolate = "Cannot evict pod as it would violate the pod's disruption budget.";

/**
 * Decides an eviction. `budgets` are all budgets of the Pod's namespace whose selector matches it (absent selector: none,
 * empty selector: every Pod). Refusals: 429 while a budget allows none or is being processed, 500 where two budgets match,
 * 403 where the status is broken.
 */
export function evictionAnswer({ pod, budgets }: { readonly pod: Pod; readonly budgets: readonly PodDisruptionBudget[] }): EvictionAnswer {
  if (isUnguarded(pod)) return { kind: "delete" };
  const [budget, second] = budgets;
  if (budget === undefined) return { kind: "delete" };
  if (second !== undefined) {
    const message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    return { kind: "refused", status: { code: 500, message } };
  }
  if (!isReady(pod) && mayEvictUnhealthy(budget)) return { kind: "delete" };
  const status = refusalOf(budget);
  return status === undefined ? { kind: "delete-and-count", budget } : { kind: "refused", status };
}

/** Pods that do not run are deleted without asking a budget. */
function isUnguarded(pod: Pod): boolean {
  return pod.status?.phase === "Pending" || isTerminal(pod) || isTerminating(pod);
}

/** An unhealthy Pod goes freely under AlwaysAllow, else only while the budget is met and needs anybody at all. */
function mayEvictUnhealthy(budget: PodDisruptionBudget): boolean {
  if (budget.spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

function refusalOf(budget: PodDisruptionBudget): ApiStatus | undefined {
  const name = budget.metadata.name ?? "";
  const { observedGeneration = 0, disruptionsAllowed = 0, disruptedPods = {} } = budget.status ?? {};
  if (observedGeneration < (budget.metadata.generation ?? 0)) {
    return tooManyRequests(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  if (disruptionsAllowed < 0) return forbidden(name, "pdb disruptions allowed is negative");
  if (Object.keys(disruptedPods).length > disruptedPodsMax) {
    return forbidden(name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  }
  return disruptionsAllowed > 0 ? undefined : tooManyRequests(causeOf(name, budget.status), 0);
}

/** A failed sync is named first: its counts are not to be trusted. Enough healthy Pods and still none allowed has other causes. */
function causeOf(name: string, status: PodDisruptionBudget["status"]): string {
  const { currentHealthy = 0, desiredHealthy = 0, conditions = [] } = status ?? {};
  const condition = conditions.find(({ type }) => type === "DisruptionAllowed");
  const message = condition?.status === "False" && condition.message ? condition.message : undefined;
  const notNow = `The disruption budget ${name} does not allow evicting pods currently`;
  if (message !== undefined && condition?.reason === "SyncFailed") return `${notNow} because it failed sync: ${message}`;
  if (currentHealthy <= desiredHealthy) {
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  }
  return message === undefined ? notNow : `${notNow} (${condition?.reason ?? ""}): ${message}`;
}

function tooManyRequests(cause: string, retryAfterSeconds: number): ApiStatus {
  return {
    code: 429,
    reason: "TooManyRequests",
    message: wouldViolate,
    details: {
      ...(retryAfterSeconds === 0 ? undefined : { retryAfterSeconds }),
      causes: [{ reason: "DisruptionBudget", message: cause }],
    },
  };
}

function forbidden(name: string, why: string): ApiStatus {
  return {
    code: 403,
    reason: "Forbidden",
    message: `poddisruptionbudget.policy "${name}" is forbidden: ${why}`,
    details: { group: "policy", kind: "poddisruptionbudget", name },
  };
}
