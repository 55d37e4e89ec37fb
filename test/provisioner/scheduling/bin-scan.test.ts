/**
 * The look over all planned nodes, against its dumb twin: every node is asked in full, and nothing is known from a table.
 */
import { expect, it } from "vitest";
import { attempt } from "../../../src/provisioner/scheduling/attempt.ts";
import { bestBin, cheapestFit } from "../../../src/provisioner/scheduling/bin-scan.ts";
import type { Bin } from "../../../src/provisioner/scheduling/bin.ts";
import { openBulk, openSmall } from "../../../src/provisioner/scheduling/opening.ts";
import { planCut } from "../../../src/provisioner/scheduling/plan-cut.ts";
import { isAllowedHost, probeOf, type Probe } from "../../../src/provisioner/scheduling/probe.ts";
import { holds, minus, shareOf } from "../../../src/provisioner/scheduling/resource-space.ts";
import { casesOf } from "../../support/long-run.ts";
import { numberedCases, usualCase } from "../plan/random-case.ts";
import { bareProblem } from "./bare-problem.ts";

interface Asked {
  readonly price: number;
  readonly left: number;
}

/** What a node adds to the price, and what its own cheapest type that holds the Pod leaves, in shares; undefined where it takes none. */
function asked(probe: Probe, bin: Bin): Asked | undefined {
  const { state, used, committedIndex } = bin;
  const own = state.candidates.find(({ usable }, index) => index >= committedIndex && holds(usable, used, probe.added));
  const fit = isAllowedHost(probe, bin.id) ? cheapestFit(probe, bin) : undefined;
  if (own === undefined || fit === undefined) return undefined;
  return { price: fit.addedPrice, left: shareOf(minus(own.usable, used), probe.packing.problem.weights) };
}

it("finds the planned node that adds least to the price, and of equal ones the one that is filled most", () => {
  let [found, several, grown] = [0, 0, 0];
  const compare = (probe: Probe): void => {
    const all = probe.packing.bins.flatMap((bin) => asked(probe, bin) ?? []);
    const price = Math.min(...all.map((one) => one.price));
    const left = Math.min(...all.filter((one) => one.price === price).map((one) => one.left));
    const best = bestBin(probe);
    const told = best === undefined ? undefined : asked(probe, best.bin);
    expect(told?.price).toBe(all.length === 0 ? undefined : price);
    if (told !== undefined) expect(told.left).toBeCloseTo(left, 9);
    found += Number(best !== undefined);
    several += Number(all.length > 1);
    grown += Number(price > 0 && price < Infinity);
  };
  for (const { input } of numberedCases(usualCase, casesOf({ ci: 60, long: 2_000 }))) {
    for (const opening of [openSmall, openBulk]) {
      const problem = bareProblem(input);
      attempt(problem, {
        strategy: {
          name: "watched",
          opening: (of) => {
            for (const podClass of problem.classes) compare(probeOf(of.packing, podClass, { rude: false }));
            return opening(of);
          },
        },
        cut: planCut(),
      });
    }
  }
  // The cases are worth something: often there is a node to find, one of several, and one that has to become a larger type.
  expect(Math.min(found, several, grown)).toBeGreaterThan(100);
});
