/**
 * Budget arithmetic: how many more nodes of a NodePool may be disrupted for a reason now.
 *
 * Reads the pool's budgets and its nodes. Returns a count, by Karpenter's rules: a percentage is of the nodes that count (initialized or
 * rebooting, and not yet ending), rounded up; the smallest of the budgets that are active and meant for the reason holds; nodes that are
 * going or not ready have used their share. What can't be read lets nobody go.
 */
import type { VoluntaryReason } from "../../api/disruption.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { Instant } from "../../api/ports.ts";
import { scaledValue } from "../../kube/disruption-budget.ts";
import { isWindowOpen, parseCron, parseGoDuration } from "../../kube/schedule.ts";

/** What budgets are asked about: "any" is bound by those alone that name no reason. */
export type BudgetReason = VoluntaryReason | "any";

/** One node of a pool, by what budgets ask of it. */
export interface BudgetedNode {
  readonly isInitialized: boolean;
  readonly isReady: boolean;
  readonly isRebooting: boolean;
  /** Asked to go, or being deleted. */
  readonly isLeaving: boolean;
  /** Its instance is ending: it counts no more. */
  readonly isTerminating: boolean;
}

type Budget = NonNullable<NonNullable<NodePool["spec"]["disruption"]>["budgets"]>[number];

/** What the CRD fills in where nobody wrote budgets. */
const defaultBudgets: readonly Budget[] = [{ nodes: "10%" }];

/** Returns how many more nodes may go; Infinity where no budget is active for the reason. */
export function allowedDisruptions(of: {
  readonly nodePool: NodePool;
  readonly nodes: readonly BudgetedNode[];
  readonly reason: BudgetReason;
  readonly now: Instant;
}): number {
  const { nodePool, reason, now } = of;
  const counted = of.nodes.filter(({ isInitialized, isRebooting, isTerminating }) => (isInitialized || isRebooting) && !isTerminating);
  const used = counted.filter((node) => hasUsedShare(node, reason)).length;
  const { budgets = defaultBudgets } = nodePool.spec.disruption ?? {};
  const bounds = budgets
    .filter(({ reasons = [] }) => reasons.length === 0 || (reason !== "any" && reasons.includes(reason)))
    .map((budget) => boundOf(budget, { total: counted.length, now }));
  return Math.max(0, Math.min(...bounds) - used);
}

/** A node that is repaired is not ready by definition. */
function hasUsedShare({ isLeaving, isRebooting, isReady }: BudgetedNode, reason: BudgetReason): boolean {
  return isLeaving || isRebooting || (!isReady && reason !== "Unhealthy");
}

function boundOf(budget: Budget, { total, now }: { readonly total: number; readonly now: Instant }): number {
  const isActive = isActiveAt(budget, now);
  if (isActive === undefined) return 0;
  if (!isActive) return Infinity;
  const { nodes } = budget;
  const bound = scaledValue(/^\d+$/.test(nodes) ? Number(nodes) : nodes, total);
  return bound.ok ? bound.value : 0;
}

/** Undefined where the budget's time can't be read. */
function isActiveAt({ schedule, duration }: Budget, now: Instant): boolean | undefined {
  if (schedule === undefined && duration === undefined) return true;
  const [cron, length] = [parseCron(schedule ?? ""), parseGoDuration(duration ?? "")];
  if (!cron.ok || !length.ok) return undefined;
  return isWindowOpen({ schedule: cron.value, durationMs: length.value, instant: now });
}
