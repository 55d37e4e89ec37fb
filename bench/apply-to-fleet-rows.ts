/**
 * What one apply of bench:apply-to-fleet came to, and what of it was the API server's own.
 *
 * Reads two instants and the audited writes of ours. Returns milliseconds: in all, and without those in which the API server was at a
 * write of ours, and without what it takes for a Deployment that no webhook sees.
 */
import type { AuditEvent } from "../test/support/control-plane.ts";

export interface AppliedFleet {
  readonly totalMs: number;
  readonly ownMs: number;
}

export interface AppliedTimes {
  /** Milliseconds since 1970: the apply was sent. */
  readonly appliedAt: number;
  /** CreateFleet arrived. */
  readonly fleetAt: number;
  /** What the same apply takes where no webhook looks. */
  readonly bareApplyMs: number;
  readonly events: readonly AuditEvent[];
}

/** Returns the row. Writes that overlap count once. */
export function fleetRowOf({ appliedAt, fleetAt, bareApplyMs, events }: AppliedTimes): AppliedFleet {
  const spans = events
    .map(({ requestReceivedTimestamp, stageTimestamp }) => [Date.parse(requestReceivedTimestamp), Date.parse(stageTimestamp)] as const)
    .filter(([from, to]) => from >= appliedAt && to <= fleetAt)
    .sort(([a], [b]) => a - b);
  let [writing, until] = [0, 0];
  for (const [from, to] of spans) {
    writing += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  const totalMs = fleetAt - appliedAt;
  return { totalMs, ownMs: Math.max(0, totalMs - writing - bareApplyMs) };
}

/** Returns the value that a share of all don't exceed; NaN of none. */
export function percentileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
}
