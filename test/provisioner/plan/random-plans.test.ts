/**
 * Plans of random cases, read by the independent checker; and the same plan, byte for byte, whatever the order of the input.
 *
 * A failure names its cases; caseCalled of random-case.ts makes one again from its name.
 */
import { describe, expect, it } from "vitest";
import { solve, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { casesOf, isLongRun } from "../../support/long-run.ts";
import { anyOrderFaults } from "./any-order.ts";
import { withAttachLimits, withVolumes } from "./claimed-volumes.ts";
import { planFaults } from "./plan-checker.ts";
import { caseCalled, numberedCases, usualCase } from "./random-case.ts";
import { stirred } from "./stirred-case.ts";

const count = casesOf({ ci: 300, long: 20_000 });
const stirredCount = casesOf({ ci: 100, long: 20_000 });
const timeoutMs = isLongRun ? 7_200_000 : 180_000;
/** Failures that are worth reading in one run. */
const toldMax = 20;
/** Cases that long runs have found, each with what was wrong. */
const foundCases: ReadonlyMap<string, string> = new Map([
  ["20262001:8", "a claim needs types of both terms of a node affinity to keep its pool's minValues"],
  ["20264013:41", "a claim is fixed to one capacity type for a spread's sake, and keeps fewer types than minValues asks for"],
  ["8990000:11", "a Pod seeks others in both capacity types, and its pool has enough types for minValues in both together only"],
  ["73981292:85", "the zones of one spread are waited for in vain, and those of another are all that there are"],
  ["73981334:88", "a spread with minDomains may not lose a domain while another gives one up"],
  ["73981359:86", "a type with a GPU, of which limits allow one, is not what minValues should keep"],
  ["73981387:71", "a claim with one Pod more would be fixed to a capacity type, and keep too few types"],
  ["73981406:55", "a claim that may be launched in another zone would be an empty host there"],
  ["73981421:69", "a claim may have several values of a label, and gets the one that a spread does not count"],
  ["73981455:51", "the domains of a spread that helps nobody are closed with those of one that helps"],
  ["92096450:32", "a spread over capacity types counts Pods in one zone only, and those of others may be launched there or not"],
  ["105998482:80", "others keep away from Pods by capacity type, and the pool has enough types for minValues in both together only"],
]);
const foundStirred: ReadonlyMap<string, string> = new Map([
  [
    "20261130:66",
    "Pods that seek their like anywhere stand with one that waits for them, and another of their like elsewhere would keep them out",
  ],
]);
const foundWithVolumes: ReadonlyMap<string, string> = new Map([
  ["74422513:88", "a claim that may be launched as another capacity type would make an empty zone one that counts"],
  ["74422579:88", "closing domains leaves fewer than minDomains asks for"],
  ["74422592:69", "types meet a term of a node affinity each in the zone of the Pod's volume"],
]);
const foundWithLimits: ReadonlyMap<string, string> = new Map([
  ["79762920:33", "of two spreads of one Pod only one may give up a domain"],
  ["79762957:89", "a Pod that its own spread does not count may stay open to both capacity types"],
  ["79763021:25", "a term asks that nodes lack a label that no node of the pool has"],
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

  it(
    "plans beside DaemonSets that turn out otherwise, Nodes without labels and chains of affinity what binds in any order, or says the order",
    () => {
      expectLegal({ of: stirred, placedMin: 6, leftMin: 2, count: stirredCount, isAnyOrder: true });
    },
    timeoutMs,
  );

  it.each([...foundCases])("plans case %s of a long run, in which %s", (name) => {
    const input = caseCalled(usualCase, name);
    expect(planFaults(input, solve(input))).toEqual([]);
  });

  it.each([...foundStirred])("plans stirred case %s of a long run, in which %s", (name) => {
    const input = stirred(caseCalled(usualCase, name), name);
    const plan = solve(input);
    expect([...planFaults(input, plan), ...anyOrderFaults(input, plan)]).toEqual([]);
  });

  it.each([...foundWithVolumes])("plans case %s with volumes, in which %s", (name) => {
    const input = withVolumes(caseCalled(usualCase, name));
    expect(planFaults(input, solve(input))).toEqual([]);
  });

  it.each([...foundWithLimits])("plans case %s with attach limits, in which %s", (name) => {
    const input = withAttachLimits(caseCalled(usualCase, name));
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
  count: cases = count,
  isAnyOrder = false,
}: {
  readonly of: (input: SolveInput, name: string) => SolveInput;
  readonly placedMin: number;
  readonly leftMin: number;
  readonly count?: number;
  readonly isAnyOrder?: boolean;
}): void {
  const failures: string[] = [];
  let [placed, left] = [0, 0];
  for (const { name, input: drawn } of numberedCases(usualCase, cases)) {
    const input = of(drawn, name);
    const plan = solve(input);
    left += plan.unschedulable.length;
    placed += input.pods.length - plan.unschedulable.length;
    failures.push(
      ...[...planFaults(input, plan), ...(isAnyOrder ? anyOrderFaults(input, plan) : [])]
        .slice(0, 1)
        .map(({ rule, says }) => `${name} ${rule}: ${says}`),
    );
    if (failures.length >= toldMax) break;
  }
  expect(failures).toEqual([]);
  expect(placed / cases).toBeGreaterThan(placedMin);
  expect(left / cases).toBeGreaterThan(leftMin);
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
