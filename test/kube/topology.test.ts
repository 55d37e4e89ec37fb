/** Spread arithmetic counts as kube-scheduler does. */
import { describe, expect, it } from "vitest";
import { domainCounts, globalMinimum, skewAfter } from "../../src/kube/topology.ts";

const counts = domainCounts({
  domains: ["a", "b", "c"],
  items: ["a", "a", "b", "x", ""],
  domainOf: (item) => (item === "" ? undefined : item),
});

describe("counts by domain", () => {
  it("hold every known domain and no other", () => {
    expect(Object.fromEntries(counts)).toEqual({ a: 2, b: 1, c: 0 });
  });
  it("have a minimum over all domains, which is 0 where minDomains is not reached", () => {
    const full = new Map([
      ["a", 2],
      ["b", 1],
    ]);
    expect([globalMinimum(full), globalMinimum(full, 2), globalMinimum(full, 3), globalMinimum(new Map())]).toEqual([1, 1, 0, 0]);
  });
});

describe("the skew after one more Pod", () => {
  it("counts the Pod itself only where it matches its own constraint", () => {
    expect(skewAfter({ count: 1, selfMatches: true, minimum: 1 })).toBe(1);
    expect(skewAfter({ count: 1, selfMatches: false, minimum: 1 })).toBe(0);
  });
});
