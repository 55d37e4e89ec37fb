/**
 * The capacity reservations that an EC2NodeClass selects: which of them something may still be bought from.
 */
import type { CapacityReservation } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { ok } from "../../../src/api/result.ts";
import { nodeReservations } from "../../../src/ec2/node-class-reservations.ts";
import { blockLeadMs } from "../../../src/provisioner/disruption/block-end.ts";

const minute = 60_000;
const endsAt = Date.parse("2026-03-01T12:00:00Z");
const block: CapacityReservation = {
  CapacityReservationId: "cr-1",
  InstanceType: "p5.48xlarge",
  AvailabilityZone: "ap-southeast-1a",
  InstanceMatchCriteria: "targeted",
  ReservationType: "capacity-block",
  AvailableInstanceCount: 2,
  EndDate: new Date(endsAt),
};

async function seen(reservation: CapacityReservation, before: number) {
  const calls = { capacityReservations: () => Promise.resolve(ok([reservation])) };
  const found = await nodeReservations(calls, [{ id: "cr-1" }], endsAt - before);
  return found.ok ? found.value.map(({ isExpiring }) => (isExpiring ? "expiring" : "active")) : found;
}

test("a capacity block is bought from until two minutes before its nodes are asked away, and is none once it is over", async () => {
  expect(await seen(block, blockLeadMs + 2 * minute + 1)).toEqual(["active"]);
  expect(await seen(block, blockLeadMs + 2 * minute)).toEqual(["expiring"]);
  expect(await seen(block, 1)).toEqual(["expiring"]);
  expect(await seen(block, 0)).toEqual([]);
});

test("a reservation whose instances run on after its end is bought from to the last", async () => {
  const plain: CapacityReservation = { ...block, ReservationType: "default" };
  expect(await seen(plain, 1)).toEqual(["active"]);
  expect(await seen(plain, 0)).toEqual([]);
});
