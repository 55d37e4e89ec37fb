/**
 * Priorities where limits bind: no Pod is left out while one of lower priority has what it needs.
 *
 * The law, as the independent checker reads it: take every planned Pod of lower priority away, and the Pod that was left out
 * still has no place, neither on the nodes that are left nor on one more that the limits then allow.
 */
import { describe, expect, it } from "vitest";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { priorityOf } from "../../../src/kube/pod-priority.ts";
import type { PendingPod } from "../../../src/provisioner/scheduling/pod-class.ts";
import { casesOf, isLongRun } from "../../support/long-run.ts";
import { nodePool, pod } from "../../support/objects.ts";
import { generalFlex, plan, types } from "../scheduling/checkout.ts";
import { leftOutFaults } from "./left-out.ts";
import { worldAsPlanned } from "./plan-checker.ts";
import { numberedCases, usualCase } from "./random-case.ts";

const count = casesOf({ ci: 300, long: 20_000 });
const timeoutMs = isLongRun ? 7_200_000 : 180_000;
const priorities = [0, 1000, -10] as const;

describe("priorities, on random cases", () => {
  it(
    "leave no Pod out for the sake of one below it",
    () => {
      const failures: string[] = [];
      let outranked = 0;
      for (const { name, input } of numberedCases(usualCase, count)) {
        const ranked = withPriorities(input);
        const planned = solve(ranked);
        outranked += planned.unschedulable.filter(({ pod: left }) => placedOf(planned).some((one) => rankOf(one) < rankOf(left))).length;
        failures.push(...envies(ranked, planned).map((says) => `${name} ${says}`));
      }
      expect(failures).toEqual([]);
      // The cases are worth something: Pods are often left out while others below them have a place.
      expect(outranked / count).toBeGreaterThan(0.3);
    },
    timeoutMs,
  );
});

describe("priorities, case by case", () => {
  const size = { cpu: "3500m", memory: "4Gi" };
  const pending = (name: string, priority?: number): PendingPod => ({
    key: `shop/${name}`,
    pod: pod({ name, requests: size, spec: priority === undefined ? {} : { priority } }),
  });

  it("give what limits allow to the higher priority, though its Pods come last by every other order", () => {
    const { unschedulable, newNodes } = plan([pending("a"), pending("b"), pending("z", 10)], {
      nodePools: [generalFlex({ limits: { cpu: "4" } })],
    });
    expect(newNodes.flatMap(({ pods }) => pods.map(({ key }) => key))).toEqual(["shop/z"]);
    expect(unschedulable.map(({ pod: left }) => left.key)).toEqual(["shop/a", "shop/b"]);
  });

  it("give a smaller Pod of higher priority the room before a larger one", () => {
    const small: PendingPod = {
      key: "shop/small",
      pod: pod({ name: "small", requests: { cpu: "1", memory: "1Gi" }, spec: { priority: 1 } }),
    };
    const { unschedulable } = plan([pending("large"), small], { nodePools: [generalFlex({ limits: { cpu: "4" } })] });
    expect(unschedulable.map(({ pod: left }) => left.key)).toEqual(["shop/large"]);
  });

  it("count a Pod without a priority as 0, above the negative ones", () => {
    const { unschedulable } = plan([pending("low", -1), pending("usual")], { nodePools: [generalFlex({ limits: { cpu: "4" } })] });
    expect(unschedulable.map(({ pod: left }) => left.key)).toEqual(["shop/low"]);
  });

  it("change no plan where all are equal", () => {
    const pools = [nodePool({ name: "general-flex", limits: { cpu: "8" } })];
    const changes = { nodePools: pools, instanceTypes: new Map([["general-flex", types]]) };
    const names = ["a", "b", "c", "d"];
    const keysOf = ({ newNodes, unschedulable }: SchedulingResults) => [
      newNodes.map(({ pods, instanceType }) => [instanceType, ...pods.map(({ key }) => key)]),
      unschedulable.map(({ pod: left }) => left.key),
    ];
    expect(
      keysOf(
        plan(
          names.map((name) => pending(name, 7)),
          changes,
        ),
      ),
    ).toEqual(
      keysOf(
        plan(
          names.map((name) => pending(name)),
          changes,
        ),
      ),
    );
  });
});

function withPriorities(input: SolveInput): SolveInput {
  const templates = [...new Set(input.pods.map(({ pod: { spec } }) => spec))];
  const pods = input.pods.map(({ key, pod: made }) => {
    const priority = priorities[templates.indexOf(made.spec) % priorities.length] ?? 0;
    return { key, pod: { ...made, spec: { ...made.spec, priority } } };
  });
  return { ...input, pods };
}

/** Pods that would have a place if all planned ones below them were not there. */
function envies(input: SolveInput, planned: SchedulingResults): readonly string[] {
  return priorities.flatMap((priority) => {
    const left = planned.unschedulable.filter(({ pod: one }) => rankOf(one) === priority);
    if (left.length === 0 || !placedOf(planned).some((one) => rankOf(one) < priority)) return [];
    const above = (pods: readonly PendingPod[]) => pods.filter((one) => rankOf(one) >= priority);
    const without: SchedulingResults = {
      ...planned,
      newNodes: planned.newNodes.map((node) => ({ ...node, pods: above(node.pods) })).filter(({ pods }) => pods.length > 0),
      existing: planned.existing.map(({ node, pods }) => ({ node, pods: above(pods) })),
      unschedulable: left,
    };
    const { binding } = worldAsPlanned(input, without);
    // Some that stay had their place only beside others that went.
    if (binding.stuck.length > 0) return [];
    return leftOutFaults({ input, plan: without, world: binding.world })
      .filter(({ rule }) => rule === "left out")
      .map(({ says }) => `priority ${priority}: ${says}`);
  });
}

function placedOf({ newNodes, existing }: SchedulingResults): readonly PendingPod[] {
  return [...newNodes, ...existing].flatMap(({ pods }) => pods);
}

function rankOf({ pod: { spec } }: PendingPod): number {
  return priorityOf(spec);
}
