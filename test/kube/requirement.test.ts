/** One label's requirement is a set: every operation agrees with asking about each value in turn. */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import type { NodeSelectorRequirement } from "../../src/api/pod.ts";
import {
  formatRequirement,
  has,
  hasIntersection,
  intersect,
  isEmpty,
  operatorOf,
  type Requirement,
  requirementOf,
  toNodeSelectorRequirements,
  values,
} from "../../src/kube/requirement.ts";

/** Every value that a row or a generator names, and some that none does. */
const universe = ["a", "b", "c", "z", "-1", "0", "1", "2", "3", "4", "5", "9", "1.5", ""];
const key = "example.com/size";

const anyRequirement: fc.Arbitrary<NodeSelectorRequirement> = fc.oneof(
  fc.record({
    key: fc.constant(key),
    operator: fc.constantFrom("In" as const, "NotIn" as const),
    values: fc.subarray(["a", "b", "1", "2", "3", "4", "1.5"]),
  }),
  fc.record({ key: fc.constant(key), operator: fc.constantFrom("Exists" as const, "DoesNotExist" as const) }),
  fc.record({
    key: fc.constant(key),
    operator: fc.constantFrom("Gt" as const, "Lt" as const, "Gte" as const, "Lte" as const),
    values: fc.constantFrom(["0"], ["1"], ["2"], ["3"], ["4"]),
  }),
);

describe("the set algebra", () => {
  it("reads one requirement as its operator says", () => {
    fc.assert(
      fc.property(anyRequirement, (raw) => {
        const requirement = requirementOf(raw);
        for (const value of universe) expect(has(requirement, value)).toBe(allows(raw, value));
      }),
    );
  });

  it("intersects any chain of requirements as if each were asked about each value", () => {
    fc.assert(
      fc.property(fc.array(anyRequirement, { minLength: 1, maxLength: 5 }), (chain) => {
        const requirement = intersectAll(chain);
        for (const value of universe) expect(has(requirement, value)).toBe(chain.every((raw) => allows(raw, value)));
      }),
      { numRuns: 500 },
    );
  });

  it("is commutative in everything but the printed form", () => {
    fc.assert(
      fc.property(anyRequirement, anyRequirement, (a, b) => {
        expect(intersect(requirementOf(a), requirementOf(b))).toEqual(intersect(requirementOf(b), requirementOf(a)));
      }),
    );
  });

  it("knows without building it whether an intersection is empty", () => {
    fc.assert(
      fc.property(
        fc.array(anyRequirement, { minLength: 1, maxLength: 3 }),
        fc.array(anyRequirement, { minLength: 1, maxLength: 3 }),
        (a, b) => {
          const [left, right] = [intersectAll(a), intersectAll(b)];
          expect(hasIntersection(left, right)).toBe(!isEmpty(intersect(left, right)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("survives being written as node selector requirements and read again", () => {
    fc.assert(
      fc.property(fc.array(anyRequirement, { minLength: 1, maxLength: 4 }), (chain) => {
        const requirement = intersectAll(chain);
        const again = intersectAll(toNodeSelectorRequirements(requirement));
        for (const value of universe) expect(has(again, value)).toBe(has(requirement, value));
        expect(operatorOf(again)).toBe(operatorOf(requirement));
      }),
    );
  });

  function intersectAll(chain: readonly NodeSelectorRequirement[]): Requirement {
    return chain.map(requirementOf).reduce(intersect);
  }

  /** The dumb twin: one value against one operator, in Kubernetes' words. */
  function allows(raw: NodeSelectorRequirement, value: string): boolean {
    const listed = raw.values ?? [];
    const isInteger = /^-?\d+$/.test(value);
    const bound = Number(listed[0]);
    switch (raw.operator) {
      case "In":
        return listed.includes(value);
      case "NotIn":
        return !listed.includes(value);
      case "Exists":
        return true;
      case "DoesNotExist":
        return false;
      case "Gt":
        return isInteger && Number(value) > bound;
      case "Lt":
        return isInteger && Number(value) < bound;
      case "Gte":
        return isInteger && Number(value) >= bound;
      case "Lte":
        return isInteger && Number(value) <= bound;
    }
  }
});

describe("a requirement reads as", () => {
  check([{ key, operator: "In", values: ["b", "a"] }], "example.com/size In [a b]");
  check([{ key, operator: "In", values: ["a", "b", "c", "d", "e", "f", "g"] }], "example.com/size In [a b c d e and 2 others]");
  check([{ key, operator: "In", values: [] }], "example.com/size DoesNotExist");
  check([{ key, operator: "NotIn", values: ["a"] }], "example.com/size NotIn [a]");
  check([{ key, operator: "Gt", values: ["4"] }], "example.com/size Exists >=5");
  check(
    [
      { key, operator: "Gte", values: ["4"] },
      { key, operator: "Lte", values: ["8"] },
    ],
    "example.com/size Exists >=4 <=8",
  );
  check(
    [
      { key, operator: "Gt", values: ["4"] },
      { key, operator: "Lt", values: ["5"] },
    ],
    "example.com/size DoesNotExist",
  );
  check(
    [
      { key, operator: "Gt", values: ["4"] },
      { key, operator: "In", values: ["3", "5", "six"] },
    ],
    "example.com/size In [5]",
  );
  check([{ key, operator: "In", values: ["a"], minValues: 2 }], "example.com/size In [a] minValues 2");
  check([{ key, operator: "Gt", values: ["many"] }], "example.com/size DoesNotExist");
  check([{ key: "beta.kubernetes.io/arch", operator: "In", values: ["arm64"] }], "kubernetes.io/arch In [arm64]");
  check([{ key: "topology.ebs.csi.aws.com/zone", operator: "Exists" }], "topology.kubernetes.io/zone Exists");
  check([{ key: "failure-domain.beta.kubernetes.io/region", operator: "Exists" }], "topology.kubernetes.io/region Exists");

  function check(chain: readonly NodeSelectorRequirement[], expected: string): void {
    it(expected, () => {
      expect(formatRequirement(chain.map(requirementOf).reduce(intersect))).toBe(expected);
    });
  }
});

describe("details that the solver relies on", () => {
  it("the larger minValues survives an intersection, also one that comes out empty", () => {
    const wide = requirementOf({ key, operator: "Exists", minValues: 3 });
    const narrow = requirementOf({ key, operator: "In", values: ["a"], minValues: 2 });
    expect(intersect(wide, narrow)).toMatchObject({ minValues: 3 });
    expect(intersect(wide, requirementOf({ key, operator: "DoesNotExist" }))).toMatchObject({ minValues: 3 });
  });
  it("a plain result drops the bounds that made it", () => {
    const bounded = intersect(requirementOf({ key, operator: "Gt", values: ["1"] }), requirementOf({ key, operator: "In", values: ["2"] }));
    expect(bounded).toEqual({ key, complement: false, values: new Set(["2"]) });
  });
  it("values are listed in order, and not at all for a complement", () => {
    expect(values(requirementOf({ key, operator: "In", values: ["b", "a"] }))).toEqual(["a", "b"]);
    expect(values(requirementOf({ key, operator: "NotIn", values: ["b"] }))).toBeUndefined();
  });
  it("an inherited property name is no normalised key", () => {
    expect(requirementOf({ key: "constructor", operator: "Exists" }).key).toBe("constructor");
  });
});
