/**
 * What plans say is in the way of Pods, on random cases: each claim is looked at by itself, and no alternative is passed over.
 *
 * A failure names its case; caseCalled of random-case.ts makes it again from its name.
 */
import { expect, it } from "vitest";
import { solve } from "../../../src/provisioner/scheduling/solve.ts";
import { casesOf, isLongRun } from "../../support/long-run.ts";
import { obstacleFaults } from "./obstacle-faults.ts";
import { numberedCases, usualCase } from "./random-case.ts";

const count = casesOf({ ci: 80, long: 10_000 });
const timeoutMs = isLongRun ? 7_200_000 : 180_000;
const toldMax = 20;
/** Cases of the runs in CI that are known to fail, each with what is wrong. */
const openCases: ReadonlyMap<string, string> = new Map<string, string>();

it(
  "names what is in the way of every alternative, and each claim is true",
  () => {
    const constraints = new Set<string>();
    const faults: string[] = [];
    for (const { name, input } of numberedCases(usualCase, count)) {
      const plan = solve(input);
      for (const { obstacles } of plan.unschedulable) for (const { constraint } of obstacles) constraints.add(constraint);
      const found = obstacleFaults(input, plan);
      if (openCases.has(name) !== found.length > 0) faults.push(`${name}: ${found[0] ?? "is open, and has no fault any more"}`);
    }
    expect(faults.slice(0, toldMax)).toEqual([]);
    // Cases in which nothing is left out would prove nothing.
    expect([...constraints]).toEqual(expect.arrayContaining(["requirements", "resources", "taint", "topology"]));
  },
  timeoutMs,
);
