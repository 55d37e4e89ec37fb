/**
 * The figures of bench:apply-to-fleet: what counts as the API server's own.
 */
import { expect, test } from "vitest";
import { fleetRowOf, percentileOf } from "../../bench/apply-to-fleet-rows.ts";
import type { AuditEvent } from "../support/control-plane.ts";

const at = (ms: number): string => new Date(ms).toISOString();
const event = (from: number, to: number) => ({ requestReceivedTimestamp: at(from), stageTimestamp: at(to) }) as AuditEvent;

test("writes of ours between the apply and CreateFleet are the API server's, where they overlap once", () => {
  const events = [event(1_020, 1_030), event(1_025, 1_040), event(1_030, 1_035), event(900, 1_010), event(1_090, 1_120)];
  expect(fleetRowOf({ appliedAt: 1_000, fleetAt: 1_100, bareApplyMs: 5, events })).toEqual({ totalMs: 100, ownMs: 75 });
});

test.each([
  { values: [3, 1, 2], share: 0.5, is: 2 },
  { values: [3, 1, 2], share: 0.99, is: 3 },
  { values: [1], share: 0.5, is: 1 },
])("the $share of $values is $is", ({ values, share, is }) => {
  expect(percentileOf(values, share)).toBe(is);
});
