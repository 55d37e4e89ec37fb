/**
 * A list of types is the object of before as long as it says the same.
 */
import { describe, expect, test } from "vitest";
import type { InstanceType } from "../../src/api/instance-type.ts";
import { catalogInstanceTypes, type CatalogOptions } from "../../src/catalog/instance-types.ts";
import { fallbackPrices } from "../../src/catalog/price-table.ts";
import { sameTypes } from "../../src/catalog/same-types.ts";

const zones = ["ap-southeast-1a", "ap-southeast-1b"];
const made = (options: Partial<CatalogOptions> = {}) => catalogInstanceTypes({ zones, ...options });
const before = made();

/** How many types are other objects than before. */
function changed(fresh: readonly InstanceType[]): number {
  const shared = sameTypes(before, fresh);
  expect(shared).toEqual(fresh);
  return shared.filter((type) => !before.includes(type)).length;
}

test("a fresh list that says the same is the one of before", () => {
  const fresh = made();
  expect(fresh).not.toBe(before);
  expect(sameTypes(before, fresh)).toBe(before);
  expect(sameTypes(undefined, fresh)).toBe(fresh);
});

describe("a type is another object where it has", () => {
  const table = fallbackPrices();
  const check = (what: string, fresh: () => readonly InstanceType[], count: number): void => {
    test(what, () => {
      expect(changed(fresh())).toBe(count);
    });
  };
  const isLarge = (name: string): boolean => name === "m7i.large";
  check("another price", () => made({ prices: { ...table, spot: (type, zone) => (isLarge(type) ? 0.01 : table.spot(type, zone)) } }), 1);
  check(
    "a place that is not to be had",
    () => made({ isAvailable: ({ instanceType, zone }) => !isLarge(instanceType) || zone !== zones[0] }),
    1,
  );
  check(
    "something else that it lacks",
    () => made({ lackOf: ({ instanceType }) => (isLarge(instanceType) ? "vcpu-quota" : undefined) }),
    1,
  );
  check(
    "other room",
    () => before.map((type) => (isLarge(type.name) ? { ...type, allocatable: { ...type.allocatable, cpu: 1 } } : type)),
    1,
  );
  check(
    "another label",
    () => before.map((type) => (isLarge(type.name) ? { ...type, requirements: type.requirements.slice(1) } : type)),
    1,
  );
  check(
    "a reservation with less room",
    () => {
      const reservation = { id: "cr-1", kind: "default", isInterruptible: false, remaining: 3 } as const;
      const offering = { zone: zones[0] ?? "", capacityType: "reserved", available: true, pricePerHour: 0, reservation } as const;
      const reserved = (remaining: number) =>
        made({ reserved: (name) => (isLarge(name) ? [{ ...offering, reservation: { ...reservation, remaining } }] : []) });
      const last = sameTypes(reserved(3), reserved(2)).find(({ name }) => isLarge(name));
      expect(last?.offerings.at(-1)?.reservation?.remaining).toBe(2);
      return reserved(3);
    },
    1,
  );
});

test("a list that has lost a type, or has them in another order, is another", () => {
  expect(sameTypes(before, before.slice(1))).toEqual(before.slice(1));
  expect(sameTypes(before, before.toReversed())[0]).toBe(before.at(-1));
  expect(sameTypes(before, before.toReversed())).not.toBe(before);
});
