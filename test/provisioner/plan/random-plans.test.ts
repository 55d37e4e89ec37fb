/**
 * Plans of random cases, read by the independent checker; and the same plan, byte for byte, whatever the order of the input.
 *
 * A failure names its cases; caseCalled of random-case.ts makes one again from its name.
 */
import { describe, expect, it } from "vitest";
import { solve, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { casesOf, isLongRun } from "../../support/long-run.ts";
import { withAttachLimits, withVolumes } from "./claimed-volumes.ts";
import { planFaults } from "./plan-checker.ts";
import { caseCalled, numberedCases, usualCase } from "./random-case.ts";

const count = casesOf({ ci: 300, long: 20_000 });
const timeoutMs = isLongRun ? 7_200_000 : 120_000;
/** Failures that are worth reading in one run. */
const toldMax = 20;
/** Cases that long runs have found, each with what was wrong. */
const foundCases: ReadonlyMap<string, string> = new Map([
  ["20262001:8", "a claim needs types of both terms of a node affinity to keep its pool's minValues"],
  ["20264013:41", "a claim is fixed to one capacity type for a spread's sake, and keeps fewer types than minValues asks for"],
]);

describe("solve, on random cases", () => {
  it(
    "plans what kube-scheduler binds, whatever its NodeClaims are launched as, and leaves out only what has no place",
    () => {
      expectLegal({ of: (input) => input, placedMin: 4, leftMin: 1 });
    },
    timeoutMs,
  );

  it(
    "plans Pods where their volumes are, or can be made",
    () => {
      expectLegal({ of: withVolumes, placedMin: 3, leftMin: 2 });
    },
    timeoutMs,
  );

  it(
    "plans no node for more volumes than it attaches, and leaves out only what no node attaches",
    () => {
      const failures: string[] = [];
      let [placed, limited] = [0, 0];
      for (const { name, input: bare } of numberedCases(usualCase, count)) {
        const input = withAttachLimits(bare);
        const plan = solve(input);
        placed += input.pods.length - plan.unschedulable.length;
        limited += plan.unschedulable.filter(({ obstacles }) => obstacles.some(({ constraint }) => constraint === "attachments")).length;
        const faults = planFaults(input, plan);
        failures.push(...faults.slice(0, 1).map(({ rule, says }) => `${name} ${rule}: ${says}`));
        if (failures.length >= toldMax) break;
      }
      expect(failures).toEqual([]);
      expect(placed / count).toBeGreaterThan(2);
      expect(limited).toBeGreaterThan(10);
    },
    timeoutMs,
  );

  it.each([...foundCases])("plans case %s of a long run, in which %s", (name) => {
    const input = caseCalled(usualCase, name);
    expect(planFaults(input, solve(input))).toEqual([]);
  });

  it(
    "gives the same bytes whatever the order of Pods, pools, types, nodes and DaemonSets",
    () => {
      const failures: string[] = [];
      for (const { name, input } of numberedCases(usualCase, count)) {
        if (JSON.stringify(solve(shuffled(input))) !== JSON.stringify(solve(input))) failures.push(name);
        if (failures.length >= toldMax) break;
      }
      expect(failures).toEqual([]);
    },
    timeoutMs,
  );
});

/** Asks the checker about all cases. They are worth something: so many Pods a case get a place, and so many do not. */
function expectLegal({
  of,
  placedMin,
  leftMin,
}: {
  readonly of: (input: SolveInput) => SolveInput;
  readonly placedMin: number;
  readonly leftMin: number;
}): void {
  const failures: string[] = [];
  let [placed, left] = [0, 0];
  for (const { name, input: drawn } of numberedCases(usualCase, count)) {
    const input = of(drawn);
    const plan = solve(input);
    left += plan.unschedulable.length;
    placed += input.pods.length - plan.unschedulable.length;
    failures.push(
      ...planFaults(input, plan)
        .slice(0, 1)
        .map(({ rule, says }) => `${name} ${rule}: ${says}`),
    );
    if (failures.length >= toldMax) break;
  }
  expect(failures).toEqual([]);
  expect(placed / count).toBeGreaterThan(placedMin);
  expect(left / count).toBeGreaterThan(leftMin);
}

/** The same input in another order, the same one each time. */
function shuffled(input: SolveInput): SolveInput {
  return {
    pods: reordered(input.pods),
    nodePools: reordered(input.nodePools),
    instanceTypes: new Map(reordered([...input.instanceTypes]).map(([pool, types]) => [pool, reordered(types)])),
    daemonSets: reordered(input.daemonSets),
    nodes: reordered(input.nodes),
    namespaces: new Map(reordered([...input.namespaces])),
  };
}

function reordered<T>(list: readonly T[]): readonly T[] {
  let state = list.length + 1;
  return list
    .map((one) => ({ one, rank: (state = (state * 48_271) % 2_147_483_647) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}
