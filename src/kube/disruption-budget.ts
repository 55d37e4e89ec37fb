/**
 * PodDisruptionBudget arithmetic: how many evictions a budget allows, and when it allows none.
 *
 * Reads budgets, Pods and replica counts. Returns what Kubernetes' disruption controller would write into the status. The
 * admission rules, the simulator and the provisioner share these functions, so a budget that admission accepts is a budget
 * that a drain gets through. The eviction subresource's answers are in eviction.ts.
 */
import { assertNever } from "../api/assert.ts";
import type { Condition, IntOrPercent } from "../api/object.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { controllerOf } from "./owner.ts";
import { isReady, isTerminating } from "./pod-state.ts";
import type { ReplicaRange } from "./workload-scale.ts";

/** The two bounds of a budget; a valid one states at most one. */
export type BudgetBounds = Pick<PodDisruptionBudget["spec"], "minAvailable" | "maxUnavailable">;

/** What the disruption controller finds when it asks for the scale of a Pod's controller. */
export type PodScale =
  | { readonly kind: "scale"; readonly uid: string; readonly replicas: number }
  /** The Pod has no controller: it is skipped in the expected count. */
  | { readonly kind: "unmanaged" }
  /** The controller is of a kind without a scale subresource (Job, DaemonSet, Node): the whole sync fails. */
  | { readonly kind: "no-scale"; readonly controller: string }
  /** The controller is gone. */
  | { readonly kind: "not-found" };

export interface DisruptionStatus {
  /** The generation that the counts are of; a failed sync leaves the old one, so evictions stay "still being processed". */
  readonly observedGeneration: number;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  /** Evicted Pods that are not deleted yet and for which the controller still waits: name to RFC 3339 time. */
  readonly disruptedPods: Readonly<Record<string, string>>;
  readonly condition: Pick<Condition, "type" | "status" | "reason" | "message">;
  /** When a waited-for Pod stops counting as disrupted, and the status must be computed again. */
  readonly recheckAt?: Instant;
  /** Names of Pods without a controller, which the API server reports as the event UnmanagedPods. */
  readonly unmanagedPods: readonly string[];
}

/** An evicted Pod counts as disrupted for this long; then the controller assumes that nobody will delete it. */
export const deletionTimeoutMs = 2 * 60 * 1000;

const percentPattern = /^(\d+)%$/;
/** A longer one is no number to Kubernetes either. */
const percentLengthMax = 20;
const shownLengthMax = 40;

/**
 * Returns a count, or a percentage of a total rounded up, as disruption budgets do ("20%" of 6 is 2). The error says that
 * the value is neither.
 */
export function scaledValue(value: IntOrPercent, total: number): Result<number, string> {
  if (typeof value === "number") return Number.isInteger(value) ? ok(value) : err(notAValue(value));
  const percent = value.length > percentLengthMax ? undefined : percentPattern.exec(value)?.[1];
  return percent === undefined ? err(notAValue(value)) : ok(Math.ceil((Number(percent) * total) / 100));
}

/**
 * Returns how many evictions a budget allows at once while all replicas of one workload with a scale subresource are
 * healthy. A budget without bounds, and one with an unreadable bound, allows none, as in the controller.
 */
export function evictionsAllowed({ budget, replicas }: { readonly budget: BudgetBounds; readonly replicas: number }): number {
  const desired = desiredHealthyOf(budget, replicas);
  return desired.ok ? allowedOf({ healthy: replicas, desired: desired.value, expected: replicas }) : 0;
}

/**
 * Returns the replica counts from `from` to `to` (both included) at which the budget blocks every eviction. Zero replicas
 * never block: there is no Pod to evict.
 */
export function blockingReplicas({ budget, range }: { readonly budget: BudgetBounds; readonly range: ReplicaRange }): readonly number[] {
  const blocking: number[] = [];
  for (let replicas = Math.max(1, range.from); replicas <= range.to; replicas += 1) {
    if (evictionsAllowed({ budget, replicas }) === 0) blocking.push(replicas);
  }
  return blocking;
}

/** Returns the smallest replica count of the range, above zero, at which the budget allows an eviction. */
export function smallestReplicasWithEviction({
  budget,
  range,
}: {
  readonly budget: BudgetBounds;
  readonly range: ReplicaRange;
}): number | undefined {
  for (let replicas = Math.max(1, range.from); replicas <= range.to; replicas += 1) {
    if (evictionsAllowed({ budget, replicas }) > 0) return replicas;
  }
  return undefined;
}

/** Says whether a budget blocks every eviction at any number of replicas: what Karpenter calls fully blocking. */
export function isFullyBlocking({ minAvailable, maxUnavailable }: BudgetBounds): boolean {
  if (maxUnavailable !== undefined) return maxUnavailable === 0 || maxUnavailable === "0%";
  return minAvailable === undefined || minAvailable === "100%";
}

/**
 * Computes the status of a budget as the disruption controller does. `pods` are the Pods of the budget's namespace that its
 * selector matches; `scaleOf` finds the scale of a Pod's controller. If one Pod's controller has no scale, a budget by
 * percentage or maxUnavailable allows nothing to anybody (SyncFailed).
 */
export function disruptionStatus(input: {
  readonly budget: PodDisruptionBudget;
  readonly pods: readonly Pod[];
  readonly scaleOf: (pod: Pod) => PodScale;
  readonly now: Instant;
}): DisruptionStatus {
  const { budget, pods, now } = input;
  const needed = neededHealthy(input);
  if (!needed.ok) return failSafe(budget, needed.error);
  const { disruptedPods, recheckAt } = stillDisrupted({ budget, pods, now });
  const healthy = pods.filter((pod) => isReady(pod) && !isTerminating(pod) && !isExpectedToGo({ pod, disruptedPods, now })).length;
  const { expected, desired, unmanagedPods } = needed.value;
  const disruptionsAllowed = allowedOf({ healthy, desired, expected });
  return {
    observedGeneration: budget.metadata.generation ?? 0,
    disruptionsAllowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    disruptedPods,
    condition:
      disruptionsAllowed > 0
        ? { type: "DisruptionAllowed", status: "True", reason: "SufficientPods", message: "" }
        : { type: "DisruptionAllowed", status: "False", reason: "InsufficientPods", message: "" },
    ...(recheckAt === undefined ? undefined : { recheckAt }),
    unmanagedPods,
  };
}

/** The controller's order: maxUnavailable, then minAvailable; neither needs nothing and so (expected 0) allows nothing. */
function desiredHealthyOf({ minAvailable, maxUnavailable }: BudgetBounds, expected: number): Result<number, string> {
  if (maxUnavailable !== undefined) {
    const unavailable = scaledValue(maxUnavailable, expected);
    return unavailable.ok ? ok(Math.max(0, expected - unavailable.value)) : unavailable;
  }
  return minAvailable === undefined ? ok(expected) : scaledValue(minAvailable, expected);
}

/** Returns the evictions that a budget allows at once: none while it expects no Pod, else what is healthy beyond what must be. */
export function allowedOf({
  healthy,
  desired,
  expected,
}: {
  readonly healthy: number;
  readonly desired: number;
  readonly expected: number;
}): number {
  return expected <= 0 ? 0 : Math.max(0, healthy - desired);
}

interface Needed {
  readonly expected: number;
  readonly desired: number;
  readonly unmanagedPods: readonly string[];
}

function neededHealthy({
  budget,
  pods,
  scaleOf,
}: Pick<Parameters<typeof disruptionStatus>[0], "budget" | "pods" | "scaleOf">): Result<Needed, string> {
  if (!countsScale(budget.spec)) {
    const counts = healthyNeeded({ bounds: budget.spec, pods: pods.length, scale: 0 });
    return counts.ok ? ok({ ...counts.value, unmanagedPods: [] }) : counts;
  }
  const scale = expectedScale(pods, scaleOf);
  if (!scale.ok) return scale;
  const counts = healthyNeeded({ bounds: budget.spec, pods: pods.length, scale: scale.value.expected });
  return counts.ok ? ok({ ...counts.value, unmanagedPods: scale.value.unmanagedPods }) : counts;
}

/** Says whether a budget counts the scale of the Pods' controllers; a whole number in minAvailable counts the Pods themselves. */
export function countsScale({ minAvailable, maxUnavailable }: BudgetBounds): boolean {
  return maxUnavailable !== undefined || typeof minAvailable === "string";
}

/**
 * Returns how many Pods a budget expects and how many of them must stay healthy. `pods` is how many it selects, `scale` the
 * sum of the scales of their controllers. A budget without bounds expects none, and so allows nothing.
 */
export function healthyNeeded(of: {
  readonly bounds: BudgetBounds;
  readonly pods: number;
  readonly scale: number;
}): Result<{ readonly expected: number; readonly desired: number }, string> {
  const { bounds, pods, scale } = of;
  if (bounds.maxUnavailable === undefined && bounds.minAvailable === undefined) return ok({ expected: 0, desired: 0 });
  const expected = countsScale(bounds) ? scale : pods;
  const desired = desiredHealthyOf(bounds, expected);
  return desired.ok ? ok({ expected, desired: desired.value }) : desired;
}

/** Adds up the scale of each distinct controller once. */
function expectedScale(pods: readonly Pod[], scaleOf: (pod: Pod) => PodScale): Result<Omit<Needed, "desired">, string> {
  const replicasByController = new Map<string, number>();
  const unmanagedPods: string[] = [];
  const asked = new Set<string>();
  for (const pod of pods) {
    const controllerUid = controllerOf(pod)?.uid;
    if (controllerUid !== undefined && asked.has(controllerUid)) continue;
    const scale = scaleOf(pod);
    switch (scale.kind) {
      case "scale":
        replicasByController.set(scale.uid, scale.replicas);
        break;
      case "unmanaged":
        unmanagedPods.push(pod.metadata.name ?? "");
        break;
      case "no-scale":
        return err(`${scale.controller} does not implement the scale subresource`);
      case "not-found":
        return err(`found no controllers for pod "${pod.metadata.name ?? ""}"`);
      default:
        return assertNever(scale);
    }
    if (controllerUid !== undefined) asked.add(controllerUid);
  }
  const expected = [...replicasByController.values()].reduce((sum, replicas) => sum + replicas, 0);
  return ok({ expected, unmanagedPods });
}

/** Keeps the evicted Pods that still run and whose deletion is not overdue. */
function stillDisrupted({ budget, pods, now }: { budget: PodDisruptionBudget; pods: readonly Pod[]; now: Instant }): {
  readonly disruptedPods: Readonly<Record<string, string>>;
  readonly recheckAt?: Instant;
} {
  const disruptedPods: Record<string, string> = {};
  const known = budget.status?.disruptedPods ?? {};
  let recheckAt: Instant | undefined;
  for (const pod of pods) {
    const name = pod.metadata.name ?? "";
    const evictedAt = Object.hasOwn(known, name) ? known[name] : undefined;
    if (evictedAt === undefined || isTerminating(pod)) continue;
    const expectedAt = Date.parse(evictedAt) + deletionTimeoutMs;
    if (Number.isNaN(expectedAt) || expectedAt < now) continue;
    disruptedPods[name] = evictedAt;
    recheckAt = Math.min(recheckAt ?? expectedAt, expectedAt);
  }
  return recheckAt === undefined ? { disruptedPods } : { disruptedPods, recheckAt };
}

/** The deadline itself already counts as missed, as in the controller. */
function isExpectedToGo(of: { pod: Pod; disruptedPods: Readonly<Record<string, string>>; now: Instant }): boolean {
  const name = of.pod.metadata.name ?? "";
  const evictedAt = Object.hasOwn(of.disruptedPods, name) ? of.disruptedPods[name] : undefined;
  return evictedAt !== undefined && Date.parse(evictedAt) + deletionTimeoutMs > of.now;
}

/** A sync that fails forbids every eviction and leaves everything else as the last good sync wrote it. */
function failSafe(budget: PodDisruptionBudget, message: string): DisruptionStatus {
  const { observedGeneration = 0, currentHealthy = 0, desiredHealthy = 0, expectedPods = 0, disruptedPods = {} } = budget.status ?? {};
  return {
    observedGeneration,
    disruptionsAllowed: 0,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    disruptedPods,
    condition: { type: "DisruptionAllowed", status: "False", reason: "SyncFailed", message },
    unmanagedPods: [],
  };
}

function notAValue(value: IntOrPercent): string {
  const shown = typeof value === "number" || value.length <= shownLengthMax ? value : `${value.slice(0, shownLengthMax)}…`;
  return `invalid value ${JSON.stringify(shown)}: write a whole number or a percentage such as "20%"`;
}
