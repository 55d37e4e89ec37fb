/** NP-003, NP-004, NP-008, NP-019 and NP-020: what a NodePool leaves to choose from. */
import { describe, expect, it } from "vitest";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import { applyJsonPatch } from "../../../src/kube/json-patch.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import { typesOfPool } from "../../../src/policies/pool-types.ts";
import { contextOf, policySet, requestFor } from "../../support/admission.ts";
import { autoPool, pool } from "../review/pools.ts";
import { checkerOf } from "./findings.ts";

const zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];
const instanceTypes = catalogInstanceTypes({ zones });
const byCategory = "{key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m, r]}";
const listing = (...names: readonly string[]): readonly [string, string] => [
  byCategory,
  `{key: node.kubernetes.io/instance-type, operator: In, values: [${names.join(", ")}]}`,
];
const six = listing("m7i.large", "m7i.xlarge", "m7a.large", "m7a.xlarge", "c7i.large", "c7i.xlarge");
const justified = (reason: string, until = ""): readonly [string, string] => [
  "metadata: {name: general-flex,",
  `metadata: {name: general-flex, annotations: {platform.example.com/justification: "${reason}"${until === "" ? "" : `, platform.example.com/justification-until: "${until}"`}},`,
];
const where = "ap-southeast-1a, ap-southeast-1b, ap-southeast-1c";
const reasons = "licence, performance-certified, accelerator, storage-throughput, regulatory, capacity-reservation";

describe("instance types by name", () => {
  const check = checkerOf("NP-003", "NP-004");

  check("S089: categories, a generation and an architecture are broad enough", { judge: pool(), instanceTypes, finds: [] });
  check("S056: six types by name are told, and that four of them are there at all", {
    judge: pool(six),
    instanceTypes,
    finds: [
      "NP-003 warn: node.kubernetes.io/instance-type lists 6 types (m7i.large, m7i.xlarge, m7a.large, m7a.xlarge, c7i.large, c7i.xlarge) without a justification",
      `NP-004 warn: 4 instance types can be had as on-demand in ${where} (at least 5): c7i.large, c7i.xlarge, m7i.large, m7i.xlarge`,
    ],
  });
  check("S088: one type is told with its count", {
    judge: pool(listing("m7i.large")),
    instanceTypes,
    finds: [
      "NP-003 warn: node.kubernetes.io/instance-type lists 1 type (m7i.large) without a justification",
      `NP-004 warn: 1 instance type can be had as on-demand in ${where} (at least 5): m7i.large`,
    ],
  });
  check("S008: Spot needs more types than on demand", {
    judge: pool(listing("m7i.large", "m7i.xlarge", "c7i.large", "c7i.xlarge", "r7i.large"), ["values: [on-demand]", "values: [spot]"]),
    instanceTypes,
    finds: [
      "NP-003 warn: node.kubernetes.io/instance-type lists 5 types (m7i.large, m7i.xlarge, c7i.large, c7i.xlarge, r7i.large) without a justification",
      `NP-004 warn: 5 instance types can be had as spot in ${where} (at least 10): c7i.large, c7i.xlarge, m7i.large, m7i.xlarge, r7i.large`,
    ],
  });
  check("S248: a pool that reads broad is counted after everything is intersected", {
    judge: pool([
      "values: [c, m, r]",
      'values: [c, m, r]}\n        - {key: karpenter.k8s.aws/instance-memory, operator: In, values: ["2097152"]',
    ]),
    instanceTypes,
    finds: [`NP-004 warn: 0 instance types can be had as on-demand in ${where} (at least 5)`],
  });
  check("of an Auto Mode pool the types are counted in its own words", {
    judge: autoPool([
      "eks.amazonaws.com/instance-category, operator: In, values: [c, m, r]",
      "eks.amazonaws.com/instance-family, operator: In, values: [u-3tb1]",
    ]),
    instanceTypes,
    finds: [`NP-004 warn: 0 instance types can be had as on-demand in ${where} (at least 5)`],
  });
  check("without a catalog only the list itself is judged", {
    judge: pool(listing("m7i.large")),
    finds: ["NP-003 warn: node.kubernetes.io/instance-type lists 1 type (m7i.large) without a justification"],
  });
});

describe("a justification", () => {
  const check = checkerOf("NP-003", "NP-004");
  const one = listing("m7i.metal-24xl");

  for (const reason of reasons.split(", ")) {
    check(`S090: ${reason} is a reason`, { judge: pool(one, justified(reason)), instanceTypes, finds: [] });
  }
  for (const reason of [
    "we used this instance type before",
    "it feels safer",
    "the team asked for a big machine",
    "we do not know the workload requests",
  ]) {
    check(`S091: "${reason}" is none`, {
      judge: pool(one, justified(reason)),
      finds: [
        `NP-003 warn: node.kubernetes.io/instance-type lists 1 type (m7i.metal-24xl) and justification "${reason}" is none of ${reasons}`,
      ],
    });
  }
  check("holds until its day", { judge: pool(one, justified("licence", "2027-01-31")), finds: [] });
  check("S090: ends on its day", {
    judge: pool(one, justified("licence", "2026-11-30")),
    finds: ["NP-003 warn: node.kubernetes.io/instance-type lists 1 type (m7i.metal-24xl) and justification licence ended on 2026-11-30"],
  });
});

describe("S089: the patch for a list of types", () => {
  const judge = pool(six) as NodePool;
  const findings = (object: NodePool) =>
    validate({ policySet: policySet(), request: requestFor(object), context: contextOf([], instanceTypes) }).findings;
  const patch = findings(judge).find(({ rule }) => rule === "NP-003")?.patch ?? [];
  const patched = applyJsonPatch(judge, patch);

  it("removes the finding", () => {
    expect(patch).not.toEqual([]);
    expect(patched.ok && findings(patched.value).map(({ rule }) => rule)).not.toContain("NP-003");
  });
  it("keeps every type that the list had, and more", () => {
    const names = (of: NodePool) => typesOfPool(of, instanceTypes).map(({ name }) => name);
    const after = patched.ok ? names(patched.value) : [];
    expect(after).toEqual(expect.arrayContaining([...names(judge)]));
    expect(after.length).toBeGreaterThan(100);
  });
});

describe("zones, generations and ways to buy", () => {
  const zoneLine =
    "\n        - {key: topology.kubernetes.io/zone, operator: In, values: [ap-southeast-1a, ap-southeast-1b, ap-southeast-1c]}";
  const ofZones = checkerOf("NP-008");

  ofZones("named zones of the class are good", { judge: pool(), instanceTypes, finds: [] });
  ofZones("S079: zones that are not named are left to subnets", {
    judge: pool([zoneLine, ""]),
    instanceTypes,
    finds: ["NP-008 warn: the pool does not name its zones; the subnets of its NodeClass decide"],
  });
  ofZones("S248: a zone of no class is told", {
    judge: pool(["ap-southeast-1c]", "ap-southeast-1d]"]),
    instanceTypes,
    finds: ["NP-008 warn: zone ap-southeast-1d is not of any class"],
  });

  const ofGenerations = checkerOf("NP-019");
  ofGenerations("c, m and r are counted together", { judge: pool(), finds: [] });
  ofGenerations("one category may be compared with itself", { judge: pool(["values: [c, m, r]", "values: [g]"]), finds: [] });
  ofGenerations("g and t beside c are not", {
    judge: pool(["values: [c, m, r]", "values: [c, g, t]"]),
    finds: ["NP-019 warn: instance-generation Gt 5 is compared over categories c, g, t, whose generations are not counted together"],
  });

  const ofCapacity = checkerOf("NP-020");
  ofCapacity("what the class allows is good", { judge: pool(), finds: [] });
  ofCapacity("S056: Spot beside on demand is wider than class general", {
    judge: pool(["values: [on-demand]", "values: [on-demand, spot]"]),
    finds: ['NP-020 deny: the pool may buy spot; class "general" allows on-demand'],
  });
  ofCapacity("a pool that names no capacity type may buy both", {
    judge: pool(["\n        - {key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}", ""]),
    finds: ['NP-020 deny: the pool may buy spot (it names no capacity type); class "general" allows on-demand'],
  });
});
