/**
 * Offerings that can't be had stay away for a while, each by itself, and longer each time.
 */
import { describe, expect, test } from "vitest";
import { capacityHoldMs, everywhere, holdMaxMs, unavailableOfferings } from "../../src/ec2/unavailable-offerings.ts";

const offering = { instanceType: "m7i.large", zone: "ap-southeast-1a", capacityType: "on-demand" };

function marksAt(start = 0) {
  const time = { now: start };
  return { time, marks: unavailableOfferings({ now: () => time.now }) };
}

test("what can't be had now is listed, the latest first, and goes with its time", () => {
  const { time, marks } = marksAt();
  marks.mark(offering);
  marks.mark({ ...offering, zone: "ap-southeast-1b" }, "quota");
  expect(marks.standing()).toMatchObject([
    { offering: { zone: "ap-southeast-1b" }, why: "quota" },
    { offering: { zone: "ap-southeast-1a" }, why: "capacity" },
  ]);
  time.now = capacityHoldMs;
  expect(marks.standing()).toEqual([]);
});

describe("a mark", () => {
  test("holds for its time, for that type, zone, way to buy and reservation alone", () => {
    const { time, marks } = marksAt();
    marks.mark(offering);
    expect(marks.get(offering)).toMatchObject({ why: "capacity", until: capacityHoldMs });
    for (const other of [{ instanceType: "m7i.xlarge" }, { zone: "ap-southeast-1b" }, { capacityType: "spot" }, { reservation: "cr-1" }]) {
      expect(marks.has({ ...offering, ...other })).toBe(false);
    }
    time.now = capacityHoldMs - 1;
    expect(marks.has(offering)).toBe(true);
    time.now = capacityHoldMs;
    expect(marks.has(offering)).toBe(false);
  });

  test("that holds longer than another is not cut short by it", () => {
    const { marks } = marksAt();
    marks.mark(offering, "unsupported");
    marks.mark(offering);
    expect(marks.get(offering)).toMatchObject({ why: "unsupported", until: holdMaxMs });
    const other = { ...offering, zone: "ap-southeast-1b" };
    marks.mark(other);
    marks.mark(other, "interrupted");
    expect(marks.get(other)).toMatchObject({ why: "interrupted", until: 3 * 60_000 });
  });

  test("of hardware of one's own is not one of shared hardware", () => {
    const { marks } = marksAt();
    marks.mark({ ...offering, tenancy: "dedicated" }, "unsupported");
    expect([marks.has(offering), marks.has({ ...offering, tenancy: "dedicated" })]).toEqual([false, true]);
  });

  test("of a whole way to buy holds for every type and zone that is bought so, until one launch of it comes off", () => {
    const { marks } = marksAt();
    marks.mark({ instanceType: everywhere, zone: everywhere, capacityType: "spot" }, "unsupported");
    expect(marks.get({ ...offering, capacityType: "spot" })).toMatchObject({ why: "unsupported", until: holdMaxMs });
    expect(marks.has(offering)).toBe(false);
    marks.clear({ ...offering, capacityType: "spot", zone: "ap-southeast-1c" });
    expect(marks.has({ ...offering, capacityType: "spot" })).toBe(false);
  });

  test("of several launches at one moment is one mark, and does not grow", () => {
    const { time, marks } = marksAt();
    marks.mark(offering);
    time.now = 10;
    marks.mark(offering);
    expect(marks.get(offering)?.until).toBe(capacityHoldMs);
  });

  test("that comes again right after its end holds twice as long, up to a bound", () => {
    const { time, marks } = marksAt();
    const holds: number[] = [];
    for (let round = 0; round < 9; round++) {
      marks.mark(offering);
      const until = marks.get(offering)?.until ?? 0;
      holds.push((until - time.now) / capacityHoldMs);
      time.now = until;
    }
    expect(holds).toEqual([1, 2, 4, 8, 16, 32, holdMaxMs / capacityHoldMs, holdMaxMs / capacityHoldMs, holdMaxMs / capacityHoldMs]);
  });

  test("begins anew after a launch that came off, and after a time of rest", () => {
    const { time, marks } = marksAt();
    const holdAfter = (change: () => void): number => {
      marks.mark(offering);
      time.now = marks.get(offering)?.until ?? 0;
      change();
      marks.mark(offering);
      return (marks.get(offering)?.until ?? 0) - time.now;
    };
    expect(
      holdAfter(() => {
        marks.clear(offering);
      }),
    ).toBe(capacityHoldMs);
    marks.clear(offering);
    expect(
      holdAfter(() => {
        time.now += 2 * capacityHoldMs;
      }),
    ).toBe(capacityHoldMs);
  });

  test("holds as long as its reason asks for", () => {
    const { marks } = marksAt();
    const until = (why: "interrupted" | "reservation-full" | "unsupported"): number => {
      marks.mark({ ...offering, zone: why }, why);
      return marks.get({ ...offering, zone: why })?.until ?? 0;
    };
    expect([until("interrupted"), until("reservation-full"), until("unsupported")]).toEqual([180_000, 60_000, holdMaxMs]);
  });
});

test("the sequence grows with each mark, with each one that ends and with each one that is cleared, and else stands still", () => {
  const { time, marks } = marksAt();
  const seen = [marks.sequence(), marks.sequence()];
  marks.mark(offering);
  seen.push(marks.sequence(), marks.sequence());
  time.now = capacityHoldMs;
  seen.push(marks.sequence(), marks.sequence());
  marks.clear(offering);
  seen.push(marks.sequence());
  expect(seen).toEqual([0, 0, 1, 1, 2, 2, 3]);
});
