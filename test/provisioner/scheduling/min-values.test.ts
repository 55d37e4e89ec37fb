/**
 * minValues: what a NodeClaim must stay able to become, by the policies Strict and BestEffort (Karpenter's --min-values-policy).
 */
import { describe, expect, it } from "vitest";
import { instanceTypeLabel, minValuesRelaxedAnnotation, zoneLabel } from "../../../src/api/labels.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { NodeSelectorRequirement } from "../../../src/api/pod.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { solve } from "../../../src/provisioner/scheduling/solve.ts";
import { nodePool, pod } from "../../support/objects.ts";
import { numberedCases, usualCase } from "../plan/random-case.ts";
import { planFaults } from "../plan/plan-checker.ts";
import { claimsOf, types } from "./checkout.ts";

type Asked = NodeSelectorRequirement & { readonly minValues?: number };

const twoTypes: Asked = { key: instanceTypeLabel, operator: "In", values: ["m6i.large", "m6i.xlarge"] };
const twoZones: Asked = { key: zoneLabel, operator: "In", values: ["ap-southeast-1a", "ap-southeast-1b"] };

describe("by the policy BestEffort", () => {
  it("a Pod is scheduled though there are fewer values than minValues, and the claim asks for those there are and says so", () => {
    const pools = [
      poolOf("general", [
        { ...twoTypes, minValues: 2 },
        { ...twoZones, minValues: 2 },
      ]),
    ].map((pool) => asking(pool, 3));
    expect(placed(pools, "Strict")).toEqual([]);
    expect(placed(pools, "BestEffort")).toEqual([
      { pool: "general", relaxed: "true", minValues: { [instanceTypeLabel]: 2, [zoneLabel]: 2 } },
    ]);
  });

  it("minValues are given up before a pool of lower weight is asked", () => {
    const pools = [poolOf("heavy", [{ ...twoTypes, minValues: 3 }], 50), poolOf("light", [{ ...twoTypes, minValues: 2 }], 10)];
    expect(placed(pools, "Strict")).toEqual([{ pool: "light", relaxed: "false", minValues: { [instanceTypeLabel]: 2 } }]);
    expect(placed(pools, "BestEffort")).toEqual([{ pool: "heavy", relaxed: "true", minValues: { [instanceTypeLabel]: 2 } }]);
  });

  it("what can be met is not given up, though a node without it would cost no more", () => {
    const pools = [poolOf("general", [{ ...twoTypes, minValues: 2 }])];
    // Three Pods of 1 CPU fill an xlarge, which leaves one type.
    const found = placed(pools, "BestEffort", ["1", "1", "1"]);
    expect(found.every(({ relaxed }) => relaxed === "false")).toBe(true);
    expect(found).toHaveLength(3);
  });

  it("a Pod that only one type holds gets a claim of that type", () => {
    const pools = [poolOf("general", [{ ...twoTypes, minValues: 2 }])];
    expect(placed(pools, "Strict", ["3"])).toEqual([]);
    expect(placed(pools, "BestEffort", ["3"])).toEqual([{ pool: "general", relaxed: "true", minValues: { [instanceTypeLabel]: 1 } }]);
  });

  it("a Pod without a place is not told of minValues", () => {
    const pools = [poolOf("general", [{ ...twoTypes, minValues: 3 }])];
    const reasons = (minValuesPolicy: Policy, cpu: string) =>
      solve(inputOf(pools, minValuesPolicy, [cpu])).unschedulable.flatMap((one) => one.obstacles.map(({ constraint }) => constraint));
    expect(reasons("Strict", "1")).toEqual(["minValues"]);
    expect(reasons("BestEffort", "100")).toEqual(["resources"]);
  });

  it("the checker accepts every plan, and none leaves out a Pod that minValues alone keep out", () => {
    for (const { name, input } of numberedCases(usualCase, 30)) {
      const asked: SolveInput = { ...input, nodePools: input.nodePools.map((pool) => asking(pool, 3)), minValuesPolicy: "BestEffort" };
      expect({ name, faults: planFaults(asked, solve(asked)) }).toEqual({ name, faults: [] });
    }
  });
});

it("a claim of a pool without minValues says nothing of them", () => {
  expect(placed([poolOf("general", [twoTypes])], "BestEffort")).toEqual([{ pool: "general", relaxed: undefined, minValues: {} }]);
});

type Policy = NonNullable<SolveInput["minValuesPolicy"]>;

function poolOf(name: string, requirements: readonly Asked[], weight?: number): NodePool {
  return nodePool({ name, labels: {}, requirements, ...(weight === undefined ? {} : { weight }) });
}

/** The pool with minValues of so many types. */
function asking(pool: NodePool, minValues: number): NodePool {
  const { template } = pool.spec;
  const others = template.spec.requirements.filter(({ key }) => key !== instanceTypeLabel);
  const own = template.spec.requirements.find(({ key }) => key === instanceTypeLabel) ?? {
    key: instanceTypeLabel,
    operator: "Exists" as const,
  };
  const spec = { ...template.spec, requirements: [...others, { ...own, minValues }] };
  return { ...pool, spec: { ...pool.spec, template: { ...template, spec } } };
}

function inputOf(nodePools: readonly NodePool[], minValuesPolicy: Policy, cpus: readonly string[]): SolveInput {
  return {
    pods: cpus.map((cpu, index) => ({ key: `shop/web-${index}`, pod: pod({ name: `web-${index}`, requests: { cpu } }) })),
    nodePools,
    instanceTypes: new Map(nodePools.map(({ metadata }) => [metadata.name ?? "", types])),
    ...{ daemonSets: [], nodes: [], namespaces: new Map(), minValuesPolicy },
  };
}

/** The claims of a plan, which the checker must accept: of which pool, and what they say of minValues. */
function placed(pools: readonly NodePool[], policy: Policy, cpus: readonly string[] = ["1"]) {
  const input = inputOf(pools, policy, cpus);
  const results = solve(input);
  expect(planFaults(input, results)).toEqual([]);
  return claimsOf(results).map(({ metadata, spec }) => ({
    pool: metadata.labels?.["karpenter.sh/nodepool"],
    relaxed: metadata.annotations?.[minValuesRelaxedAnnotation],
    minValues: Object.fromEntries(spec.requirements.flatMap(({ key, minValues }) => (minValues === undefined ? [] : [[key, minValues]]))),
  }));
}
