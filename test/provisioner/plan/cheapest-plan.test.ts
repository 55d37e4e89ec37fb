/**
 * Prices of plans against the cheapest plan there is: for a few Pods everything is tried.
 */
import { describe, expect, it } from "vitest";
import type { Pod } from "../../../src/api/pod.ts";
import { lowerBound, placedOf } from "../../../src/provisioner/scheduling/lower-bound.ts";
import { solve, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { casesOf, isLongRun } from "../../support/long-run.ts";
import { cheapestAlone, cheapestTogether, type Cheapest } from "./cheapest-plan.ts";
import { planFaults } from "./plan-checker.ts";
import type { NumberedCase } from "./random-case.ts";
import { smallCaseCalled, smallCases } from "./small-case.ts";

const timeoutMs = isLongRun ? 7_200_000 : 120_000;
const alone = { podsMax: 8, alone: true };
const together = { podsMax: 5, alone: false };
const nearly = 1e-9;

/** Cases that long runs have found dear, each with what is to be seen for the least price. */
const foundCases: ReadonlyMap<string, string> = new Map([
  ["20261122:54", "a node that stands is in a zone that is dear for the Pods that must follow"],
  ["20261123:48", "the zone that is cheapest for one Pod is dear for two on one node"],
  ["5550005:32", "Pods that a spread counts may crowd a zone in which none of those stands that have the spread"],
  ["5550006:90", "what crowds one zone leaves another to the Pod that has the spread"],
  ["104215142:28", "one of two equal Pods shares a node in another zone than the other's"],
  ["105964716:33", "two Pods in a dear zone let a third share small nodes in a cheap one"],
  ["105964712:60", "the first term of a node affinity leaves less open than the second, at the same price"],
  ["5550001:57", "the term of a node affinity that is cheapest for one Pod is not for two"],
]);

/** The same where no Pod minds another. */
const foundAlone: ReadonlyMap<string, string> = new Map([
  ["104215148:31", "large Pods and small ones share two nodes of unlike size, and each order of the two puts too many of one on the first"],
]);

interface Priced {
  readonly name: string;
  readonly plan: number;
  readonly bound: number;
  readonly cheapest: number;
  readonly isProven: boolean;
}

type Search = (input: SolveInput, of: { readonly pods: readonly Pod[]; readonly knownPrice: number }) => Cheapest;

describe("prices, against the cheapest plan of all", () => {
  it(
    "are never below the lower bound, at most 1.25 times the cheapest, and mostly at most 1.05, where no Pod minds another",
    () => {
      expectNear(priced(smallCases({ ...alone, count: casesOf({ ci: 100, long: 2_000 }) }), cheapestAlone));
    },
    timeoutMs,
  );

  it(
    "are as near where Pods spread, seek and avoid each other",
    () => {
      expectNear(priced(smallCases({ ...together, count: casesOf({ ci: 60, long: 1_000 }) }), cheapestTogether));
    },
    timeoutMs,
  );

  it.each([...foundCases])("are the least in case %s of a long run, in which %s", (name) => {
    expectCheapest(priced([smallCaseCalled(together, name)], cheapestTogether));
  });

  it.each([...foundAlone])("are the least in case %s of a long run, in which %s", (name) => {
    expectCheapest(priced([smallCaseCalled(alone, name)], cheapestAlone));
  });
});

describe("the two searches for the cheapest plan", () => {
  it(
    "agree where either may be asked",
    () => {
      const differing = smallCases({ podsMax: 5, alone: true, count: casesOf({ ci: 30, long: 300 }) }).flatMap(({ name, input }) => {
        const pods = podsOf(placedOf(input, solve(input)));
        const [one, other] = [cheapestAlone, cheapestTogether].map((search) => search(input, { pods, knownPrice: Infinity }));
        return one?.isProven !== true || other?.isProven !== true || Math.abs(one.pricePerHour - other.pricePerHour) < nearly
          ? []
          : [{ name, one, other }];
      });
      expect(differing).toEqual([]);
    },
    timeoutMs,
  );
});

/** Prices of the cases; what a wrong plan costs says nothing, and random-plans.test.ts tells of it. */
function priced(cases: readonly NumberedCase[], search: Search): readonly Priced[] {
  return cases.flatMap(({ name, input }) => {
    const plan = solve(input);
    if (planFaults(input, plan).length > 0) return [];
    const placed = placedOf(input, plan);
    const { pricePerHour, isProven } = search(input, { pods: podsOf(placed), knownPrice: plan.pricePerHour });
    return [{ name, plan: plan.pricePerHour, bound: lowerBound(placed), cheapest: pricePerHour, isProven }];
  });
}

function expectCheapest([found]: readonly Priced[]): void {
  expect(found?.isProven).toBe(true);
  expect(found?.plan).toBeCloseTo(found?.cheapest ?? NaN, 9);
}

function expectNear(all: readonly Priced[]): void {
  const told = all.map((one) => ({ ...one, ratio: one.plan < nearly ? 1 : one.plan / one.cheapest }));
  expect(told.filter(({ bound, cheapest }) => bound > cheapest + nearly)).toEqual([]);
  expect(told.filter(({ plan, cheapest }) => plan < cheapest - nearly)).toEqual([]);
  expect(told.filter(({ ratio }) => ratio > 1.25)).toEqual([]);
  expect(told.filter(({ ratio }) => ratio > 1.05).length / told.length).toBeLessThanOrEqual(0.05);
  expect(told.filter(({ isProven }) => !isProven).length / told.length).toBeLessThanOrEqual(0.05);
  // The cases are worth something: most plans cost money.
  expect(told.filter(({ cheapest }) => cheapest > 0).length).toBeGreaterThan(told.length / 2);
}

function podsOf({ pods }: SolveInput): readonly Pod[] {
  return pods.map(({ pod }) => pod);
}
