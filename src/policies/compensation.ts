/**
 * Compensation: what is done in return for an exemption. Its workload may not be drained as others are, so the nodes of a NodePool are
 * drained in a window only, when its owner is there.
 *
 * Reads the disruption budgets of a NodePool. Returns where they keep another promise: a window in which nothing may go, or disruption
 * at its edges. Budgets combine by their minimum, so nothing goes while one of them says 0.
 */
import type { NodePool } from "../api/node-pool.ts";
import type { Instant } from "../api/ports.ts";
import { isWindowOpen, nextAfter, parseCron, parseGoDuration, type CronSchedule } from "../kube/schedule.ts";

export interface Compensation {
  /** Name of the NodePool. */
  readonly pool: string;
  readonly schedule: CronSchedule;
  readonly durationMs: number;
  /** As written: "0 2 * * 6 for 2h". */
  readonly windowText: string;
}

const minuteMs = 60_000;

/** Returns one entry of policies.yaml as a compensation; undefined where its words are no window that ever opens. */
export function toCompensation(entry: {
  readonly pool: string;
  readonly drainWindow: string;
  readonly duration: string;
}): Compensation | undefined {
  const [schedule, duration] = [parseCron(entry.drainWindow), parseGoDuration(entry.duration)];
  if (!schedule.ok || !duration.ok || duration.value < minuteMs || nextAfter(schedule.value, 0) === undefined) return undefined;
  return {
    pool: entry.pool,
    schedule: schedule.value,
    durationMs: duration.value,
    windowText: `${entry.drainWindow} for ${entry.duration}`,
  };
}

/** Says how a NodePool keeps to a compensation: "kept", "never-open" in its window, or "open-outside" of it. */
export function keeping(nodePool: NodePool, { schedule, durationMs }: Compensation, now: Instant): "kept" | "never-open" | "open-outside" {
  const opens = nextAfter(schedule, now);
  if (opens === undefined || !mayDisrupt(nodePool, opens + durationMs / 2)) return "never-open";
  const closes = opens + durationMs;
  const next = nextAfter(schedule, closes) ?? closes;
  // A minute beside each edge, and half way to the next one; a window that runs into its next opening has no outside.
  const outside = [opens - minuteMs, closes + minuteMs, (closes + next) / 2].filter(
    (instant) => !isWindowOpen({ schedule, durationMs, instant }),
  );
  return outside.some((instant) => mayDisrupt(nodePool, instant)) ? "open-outside" : "kept";
}

function mayDisrupt({ spec }: NodePool, instant: Instant): boolean {
  return !(spec.disruption?.budgets ?? []).some(
    ({ nodes, reasons, schedule, duration }) => /^0%?$/.test(nodes) && reasons === undefined && isActive({ schedule, duration }, instant),
  );
}

/** Without a schedule a budget always holds; one that can't be read holds never, and NP-012 tells of it. */
function isActive(budget: { readonly schedule: string | undefined; readonly duration: string | undefined }, instant: Instant): boolean {
  if (budget.schedule === undefined) return true;
  const [schedule, duration] = [parseCron(budget.schedule), parseGoDuration(budget.duration ?? "")];
  return schedule.ok && duration.ok && isWindowOpen({ schedule: schedule.value, durationMs: duration.value, instant });
}
