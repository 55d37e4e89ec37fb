/**
 * Plans that are cut short: wherever the end comes, what stands holds, and what was not done is told.
 */
import { describe, expect, it } from "vitest";
import { planCut, stepsUntil, type IsAborted } from "../../../src/provisioner/scheduling/plan-cut.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import fc from "../../support/properties.ts";
import { planFaults } from "../plan/plan-checker.ts";
import { checkoutPods, generalFlex, types } from "./checkout.ts";
import { randomCluster } from "./random-cluster.ts";

/** One seed, so that a failure is the change's own; give another to look further. */
const settings = { numRuns: 120, seed: 20261122 };
const timeoutMs = 90_000;

/** Says yes from the question on that has this number, the first being 0. */
function abortAt(question: number): { readonly isAborted: IsAborted; readonly asked: () => number } {
  let asked = 0;
  return { isAborted: () => asked++ >= question, asked: () => asked };
}

/** The plan that ends at a question, and how many the whole plan would be asked. */
function cutAt(input: SolveInput, question: number): SchedulingResults {
  return solve(input, { isAborted: abortAt(question).isAborted });
}

function questionsOf(input: SolveInput): number {
  const never = abortAt(Infinity);
  solve(input, never);
  return never.asked();
}

function unfinishedPods({ unschedulable }: SchedulingResults): readonly string[] {
  return unschedulable.filter(({ obstacles }) => obstacles.some(({ constraint }) => constraint === "unfinished")).map(({ pod }) => pod.key);
}

/** Faults, but that Pods are left out which the plan says that it did not come to. */
function faultsOf(input: SolveInput, plan: SchedulingResults): readonly string[] {
  const unfinished = new Set(unfinishedPods(plan));
  const names = plan.unschedulable.filter(({ pod }) => unfinished.has(pod.key)).map(({ pod }) => pod.pod.metadata.name ?? "");
  return planFaults(input, plan)
    .filter(({ rule, says }) => rule !== "left out" || !names.some((name) => says.startsWith(`${name} is left out`)))
    .map(({ rule, says }) => `${rule}: ${says}`);
}

describe("a plan that is cut short, on any cluster", () => {
  it(
    "is legal and says so, and one that is not is the whole plan",
    () => {
      let [cut, unfinished] = [0, 0];
      fc.assert(
        fc.property(randomCluster, fc.double({ min: 0, max: 1.1, noNaN: true }), (input, share) => {
          const questions = questionsOf(input);
          const question = Math.floor(share * questions);
          const plan = cutAt(input, question);
          expect(plan.truncated).toBe(question < questions);
          expect(faultsOf(input, plan)).toEqual([]);
          expect(JSON.stringify(cutAt(input, question))).toBe(JSON.stringify(plan));
          if (!plan.truncated) expect(JSON.stringify(plan)).toBe(JSON.stringify(solve(input)));
          cut += Number(plan.truncated);
          unfinished += unfinishedPods(plan).length;
        }),
        settings,
      );
      // The clusters are worth something: most plans were cut, and many in the midst of a first packing.
      expect(cut).toBeGreaterThan(settings.numRuns / 2);
      expect(unfinished).toBeGreaterThan(settings.numRuns / 10);
    },
    timeoutMs,
  );
});

describe("a plan for many Pods", () => {
  const nodePools = [generalFlex({ limits: { cpu: "2000" } })];
  const input: SolveInput = {
    pods: checkoutPods(300, { topologySpreadConstraints: [] }),
    nodePools,
    instanceTypes: new Map([["general-flex", types]]),
    daemonSets: [],
    nodes: [],
    namespaces: new Map([["shop", {}]]),
  };

  it("has the Pods that were placed before it was cut, and tells the others that it did not come to them", () => {
    const plan = cutAt(input, 2);
    expect(plan.newNodes.flatMap(({ pods }) => pods)).toHaveLength(128);
    expect(plan.unschedulable).toHaveLength(172);
    expect(plan.unschedulable[0]).toMatchObject({
      reasons: ["the plan was cut short before this Pod was looked at"],
      obstacles: [{ constraint: "unfinished", asked: "the plan was cut short before this Pod was looked at" }],
    });
    expect(faultsOf(input, plan)).toEqual([]);
  });

  it("buys nothing where it is cut at once", () => {
    expect(cutAt(input, 0)).toMatchObject({ truncated: true, newNodes: [], pricePerHour: 0 });
  });

  it("keeps a whole strategy rather than half of another one", () => {
    const whole = solve(input);
    const questions = questionsOf(input);
    const plans = Array.from({ length: questions + 1 }, (_, question) => cutAt(input, question));
    const left = plans.map(({ unschedulable }) => unschedulable.length);
    expect(left).toEqual([...left].sort((a, b) => b - a));
    const complete = plans.filter(({ unschedulable }) => unschedulable.length === 0);
    expect(complete.filter(({ truncated }) => truncated).length).toBeGreaterThan(5);
    for (const plan of complete) expect(plan.pricePerHour).toBeGreaterThanOrEqual(whole.pricePerHour - 1e-9);
    // The half of a strategy is dropped: nobody is told what it would have come to, for it would have come to something else.
    const told = complete.flatMap(({ decision }) => decision.rejected.map(({ reason }) => reason.message));
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter((message) => !message.endsWith(" 0 Pods without a place."))).toEqual([]);
    expect(plans.map(({ truncated }) => truncated)).toEqual(plans.map((_, question) => question < questions));
  });

  it("says of a Pod that waits for another that it was not looked at again", () => {
    const pods = checkoutPods(1, { topologySpreadConstraints: [], nodeSelector: { "workload-class": "nothing" } });
    const limited = { ...input, pods, nodePools: [generalFlex({ limits: { cpu: "8" } })] };
    const reasons = Array.from({ length: questionsOf(limited) }, (_, question) => cutAt(limited, question).unschedulable[0]?.reasons[0]);
    expect(reasons[0]).toBe("the plan was cut short before this Pod was looked at");
    expect(reasons).toContain("the plan was cut short before this Pod was looked at again");
  });
});

describe("a counter of steps", () => {
  it("asks every few thousand steps, and has none left once it is told to end", () => {
    const third = abortAt(2);
    const steps = stepsUntil(planCut(third.isAborted), 1_000_000);
    const left = Array.from({ length: 8 }, () => ((steps.left -= 2_500), steps.left));
    expect(left.slice(0, 6)).toEqual([997_500, 995_000, 992_500, 990_000, 987_500, 0]);
    expect(left.slice(6).every((steps) => steps <= 0)).toBe(true);
    expect(third.asked()).toBe(3);
  });
});
