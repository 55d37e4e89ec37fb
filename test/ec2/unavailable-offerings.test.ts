/**
 * Offerings that lacked capacity stay away for a while, each by itself.
 */
import { expect, test } from "vitest";
import { unavailableMs, unavailableOfferings } from "../../src/ec2/unavailable-offerings.ts";

test("a mark holds for its time, for that type, zone and way to buy alone; a new one starts it again", () => {
  let now = 0;
  const marks = unavailableOfferings({ now: () => now });
  const offering = { instanceType: "m7i.large", zone: "ap-southeast-1a", capacityType: "on-demand" };
  marks.mark(offering);
  expect(marks.has(offering)).toBe(true);
  for (const other of [{ instanceType: "m7i.xlarge" }, { zone: "ap-southeast-1b" }, { capacityType: "spot" }]) {
    expect(marks.has({ ...offering, ...other })).toBe(false);
  }
  now = unavailableMs - 1;
  expect(marks.has(offering)).toBe(true);
  marks.mark(offering);
  now = unavailableMs;
  expect(marks.has(offering)).toBe(true);
  now = 2 * unavailableMs - 1;
  expect(marks.has(offering)).toBe(false);
});
