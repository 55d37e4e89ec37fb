/**
 * EvictionProof: at which scales of a workload a Pod of it can be evicted, and why not at the others.
 *
 * Reads the budgets that select the workload's Pods, everybody else's Pods under the same budgets, and the range of replicas.
 * Returns what the disruption controller would count and the eviction API would answer. The one door to that arithmetic for
 * rules, status, drain preview and disruption: who asks here agrees with the API server and with each other.
 */
import { assertNever } from "../api/assert.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import { allowedOf, countsScale, healthyNeeded, isFullyBlocking } from "./disruption-budget.ts";
import type { ReplicaRange } from "./workload-scale.ts";

/** Who keeps some Pods, as the disruption controller finds out when it asks for their scale. */
export type PodKeeper =
  /** A controller with a scale subresource that wants so many. */
  | { readonly kind: "scale"; readonly replicas: number }
  /** Nobody: the Pods are healthy or not, but nobody expects them. */
  | { readonly kind: "unmanaged" }
  /** A controller without a scale subresource, or one that is gone: the sync fails for every budget that counts scales. */
  | { readonly kind: "no-scale"; readonly controller: string };

/** Pods of one keeper under one budget. */
export interface PodGroup {
  readonly keeper: PodKeeper;
  /** Pods that exist; those that are still to come only count in the keeper's replicas. */
  readonly pods: number;
  /** Of these, ready and not on their way out. */
  readonly healthy: number;
}

/** A budget that selects the workload's Pods, and whose other Pods it guards. */
export interface CoveringBudget {
  readonly budget: Pick<PodDisruptionBudget, "metadata" | "spec">;
  readonly others: readonly PodGroup[];
}

/** Why no healthy Pod can be evicted. */
export type EvictionBlock =
  /** The eviction API answers 500 to a Pod under two budgets. */
  | { readonly kind: "two-budgets"; readonly budgets: readonly string[] }
  /** SyncFailed: one of the Pods has a controller without scale. */
  | { readonly kind: "no-scale"; readonly budget: string; readonly controller: string }
  /** Neither bound is set, or nothing but unmanaged Pods is there to count: 0 Pods are expected. */
  | { readonly kind: "nothing-expected"; readonly budget: string }
  /** A bound that is neither a count nor a percentage. */
  | { readonly kind: "unreadable"; readonly budget: string; readonly message: string }
  | { readonly kind: "too-few-healthy"; readonly budget: string; readonly desired: number; readonly healthy: number };

/** What evictions a workload allows at one scale. */
export interface EvictionsAtScale {
  readonly replicas: number;
  /** Healthy Pods of the workload that may go at once. */
  readonly allowed: number;
  /** Undefined where at least one may go, and where there is no healthy Pod to evict. */
  readonly block: EvictionBlock | undefined;
  /** Whether a running Pod that is not ready may go: unhealthyPodEvictionPolicy decides. */
  readonly unhealthyMayGo: boolean;
}

export interface EvictionQuestion {
  /** All budgets that select the workload's Pods, sorted by name. */
  readonly budgets: readonly CoveringBudget[];
  /** Who keeps the workload's own Pods; a scale is asked at each count of the range. */
  readonly keeper: PodKeeper["kind"];
  /** Names the controller where the keeper has no scale. */
  readonly controller?: string;
}

/** Returns what may be evicted while the workload has so many replicas, of which `unhealthy` run without being ready. */
export function evictionsAtScale(
  question: EvictionQuestion & { readonly replicas: number; readonly unhealthy?: number },
): EvictionsAtScale {
  const { budgets, replicas, unhealthy = 0 } = question;
  const healthy = replicas - unhealthy;
  const [only, second] = budgets;
  if (only === undefined) return { replicas, allowed: healthy, block: undefined, unhealthyMayGo: true };
  if (second !== undefined) {
    const names = budgets.map(({ budget }) => budget.metadata.name ?? "");
    return { replicas, allowed: 0, block: replicas === 0 ? undefined : { kind: "two-budgets", budgets: names }, unhealthyMayGo: false };
  }
  const groups = [{ keeper: keeperAt(question, replicas), pods: replicas, healthy }, ...only.others];
  const answer = answerOf(only.budget, groups);
  const alwaysAllow = only.budget.spec.unhealthyPodEvictionPolicy === "AlwaysAllow";
  if (answer.kind === "blocked") {
    return { replicas, allowed: 0, block: healthy === 0 ? undefined : answer.block, unhealthyMayGo: alwaysAllow || answer.unhealthyMayGo };
  }
  return { replicas, allowed: Math.min(healthy, answer.allowed), block: undefined, unhealthyMayGo: true };
}

/** What holds over a range of scales, with every Pod healthy. */
export interface EvictionProof {
  readonly atMin: EvictionsAtScale;
  readonly atMax: EvictionsAtScale;
  /** The scales of the range at which no Pod can go: more replicas never allow fewer evictions, so they are its lower part. */
  readonly blocked: ReplicaRange | undefined;
  /** The smallest scale from the range's start on, beyond its end if need be, at which a Pod can go; undefined where none is near. */
  readonly worksFrom: number | undefined;
}

/** How far above the range a scale that works is looked for: beyond it, the budget itself is the problem. */
const replicasExaminedMax = 1_000;

/** Proves a workload over the scales of a range; scales of 0 have no Pod to evict and are left out. */
export function evictionProof(question: EvictionQuestion & { readonly range: ReplicaRange }): EvictionProof {
  const from = Math.max(1, question.range.from);
  const to = Math.max(from, question.range.to);
  const at = (replicas: number): EvictionsAtScale => evictionsAtScale({ ...question, replicas });
  const [atMin, atMax] = [at(from), at(to)];
  if (atMin.block === undefined) return { atMin, atMax, blocked: undefined, worksFrom: from };
  const worksFrom = canEverWork(question) ? firstThatWorks(at, from) : undefined;
  return { atMin, atMax, blocked: { from, to: worksFrom === undefined ? to : Math.min(to, worksFrom - 1) }, worksFrom };
}

/** Says in few words why no Pod can be evicted. */
export function blockText(block: EvictionBlock): string {
  switch (block.kind) {
    case "two-budgets":
      return severalText(block.budgets);
    case "no-scale":
      return `PodDisruptionBudget ${block.budget} fails to sync: ${block.controller} has no scale subresource`;
    case "nothing-expected":
      return `PodDisruptionBudget ${block.budget} expects 0 pods, and so allows no eviction`;
    case "unreadable":
      return `PodDisruptionBudget ${block.budget}: ${block.message}`;
    case "too-few-healthy":
      return `PodDisruptionBudget ${block.budget} needs ${block.desired} healthy pods and has ${block.healthy}`;
    default:
      return assertNever(block);
  }
}

function severalText(names: readonly string[]): string {
  const budgets = names.map((name) => `PodDisruptionBudget ${name}`);
  if (budgets.length < 3) return `${budgets.join(" and ")} both select its pods: the eviction API refuses pods with two budgets`;
  return `${budgets.slice(0, -1).join(", ")} and ${budgets.at(-1) ?? ""} all select its pods: the eviction API refuses pods with more than one budget`;
}

type BudgetAnswer =
  | { readonly kind: "allowed"; readonly allowed: number }
  | { readonly kind: "blocked"; readonly block: EvictionBlock; readonly unhealthyMayGo: boolean };

function answerOf(budget: CoveringBudget["budget"], groups: readonly PodGroup[]): BudgetAnswer {
  const name = budget.metadata.name ?? "";
  const scale = countsScale(budget.spec) ? scaleOf(groups) : { kind: "scale" as const, replicas: 0 };
  if (scale.kind === "no-scale") return blocked({ kind: "no-scale", budget: name, controller: scale.controller });
  const counts = healthyNeeded({ bounds: budget.spec, pods: sum(groups, ({ pods }) => pods), scale: scale.replicas });
  if (!counts.ok) return blocked({ kind: "unreadable", budget: name, message: counts.error });
  const { expected, desired } = counts.value;
  const healthy = sum(groups, (group) => group.healthy);
  const allowed = allowedOf({ healthy, desired, expected });
  if (allowed > 0) return { kind: "allowed", allowed };
  // Enough healthy Pods and nothing expected: the budget counts nobody.
  if (expected === 0) return blocked({ kind: "nothing-expected", budget: name });
  return {
    kind: "blocked",
    block: { kind: "too-few-healthy", budget: name, desired, healthy },
    unhealthyMayGo: desired > 0 && healthy >= desired,
  };
}

function blocked(block: EvictionBlock): BudgetAnswer {
  return { kind: "blocked", block, unhealthyMayGo: false };
}

/** The controllers' scales together, or the first controller that has none. */
function scaleOf(groups: readonly PodGroup[]): Exclude<PodKeeper, { kind: "unmanaged" }> {
  let replicas = 0;
  for (const { keeper, pods } of groups) {
    if (keeper.kind === "no-scale" && pods > 0) return keeper;
    // A controller is only found through a Pod of it.
    if (keeper.kind === "scale" && pods > 0) replicas += keeper.replicas;
  }
  return { kind: "scale", replicas };
}

function keeperAt({ keeper, controller = "" }: EvictionQuestion, replicas: number): PodKeeper {
  switch (keeper) {
    case "scale":
      return { kind: "scale", replicas };
    case "no-scale":
      return { kind: "no-scale", controller };
    case "unmanaged":
      return { kind: "unmanaged" };
    default:
      return assertNever(keeper);
  }
}

/** Is false where no scale helps; beside other Pods only trying tells, since they may be fewer or more than their controllers want. */
function canEverWork({ budgets, keeper }: EvictionQuestion): boolean {
  const [only, second] = budgets;
  if (only === undefined || second !== undefined) return false;
  if (keeper === "no-scale" && countsScale(only.budget.spec)) return false;
  if (keeper === "unmanaged" && countsScale(only.budget.spec) && only.others.length === 0) return false;
  return only.others.length > 0 || !isFullyBlocking(only.budget.spec);
}

function firstThatWorks(at: (replicas: number) => EvictionsAtScale, from: number): number | undefined {
  let [blocked, works] = [from, from + replicasExaminedMax];
  if (at(works).block !== undefined) return undefined;
  // More replicas never allow fewer evictions, so the first that works is found by halving.
  while (works - blocked > 1) {
    const middle = Math.floor((blocked + works) / 2);
    if (at(middle).block === undefined) works = middle;
    else blocked = middle;
  }
  return works;
}

function sum(groups: readonly PodGroup[], of: (group: PodGroup) => number): number {
  return groups.reduce((total, group) => total + of(group), 0);
}
