/**
 * When capacity blocks end: each is asked for alone, and an unanswered question is no answer.
 */
import type { DescribeCapacityReservationsCommandInput } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { err, ok } from "../../../src/api/result.ts";
import { blockEnds } from "../../../src/ec2/interruption/block-ends.ts";

const at = new Date("2026-03-01T12:00:00Z");
const known: Readonly<Record<string, { readonly EndDate?: Date }>> = { "cr-1": { EndDate: at }, "cr-open": {} };
const ids = ({ CapacityReservationIds = [] }: DescribeCapacityReservationsCommandInput): readonly string[] => CapacityReservationIds;

test("ends are told of the blocks that EC2 knows, though it does not know another", async () => {
  // As EC2: one unknown id fails the whole call, which the port tells as nothing found.
  const reservations = blockEnds({
    capacityReservations: (input) =>
      Promise.resolve(ok(ids(input).every((id) => id in known) ? ids(input).flatMap((id) => known[id] ?? []) : [])),
  });
  expect(await reservations.endsOf(["cr-gone", "cr-1", "cr-open"])).toEqual(ok(new Map([["cr-1", at.getTime()]])));
});

test("no end is told where EC2 did not answer about one of them", async () => {
  const reservations = blockEnds({
    capacityReservations: (input) =>
      Promise.resolve(
        ids(input).includes("cr-2")
          ? err({ kind: "other", code: "RequestLimitExceeded", message: "slow down" } as const)
          : ok([known["cr-1"] ?? {}]),
      ),
  });
  const answer = await reservations.endsOf(["cr-1", "cr-2"]);
  expect(answer.ok ? "" : answer.error).toContain("when capacity block cr-2 ends is not known");
});
