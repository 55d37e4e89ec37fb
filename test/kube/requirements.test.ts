/** Maps of requirements meet as in Karpenter: Compatible asks for known labels, Intersects only compares common ones. */
import { describe, expect, it } from "vitest";
import { wellKnownLabels } from "../../src/api/labels.ts";
import type { NodeSelectorRequirement } from "../../src/api/pod.ts";
import {
  compatible,
  decidedLabels,
  formatRequirements,
  fromLabels,
  intersection,
  intersects,
  isCompatible,
  requirementsOf,
  toRequirementList,
} from "../../src/kube/requirements.ts";

const zone = "topology.kubernetes.io/zone";
const custom = "example.com/team";

type Text = string;

describe("Node side against Pod side", () => {
  // Columns: Node side, Pod side, Intersects, Compatible without and with well-known labels left undefined.
  check("", "", true, true, true);
  check(`${zone} In a,b`, `${zone} In b`, true, true, true);
  check(`${zone} In a`, `${zone} In b`, false, false, false);
  check(`${zone} In a`, `${zone} NotIn a`, false, false, false);
  check(`${zone} In a`, `${zone} DoesNotExist`, false, false, false);
  check(`${zone} Exists`, `${zone} DoesNotExist`, false, false, false);
  check(`${zone} DoesNotExist`, `${zone} NotIn a`, true, true, true);
  check(`${zone} NotIn a`, `${zone} DoesNotExist`, true, true, true);
  check(`${zone} DoesNotExist`, `${zone} DoesNotExist`, true, true, true);
  check(`${zone} DoesNotExist`, `${zone} Exists`, false, false, false);
  check(`${zone} NotIn a`, `${zone} In a`, false, false, false);
  check("", `${zone} In a`, true, false, true);
  check("", `${zone} Exists`, true, false, true);
  check("", `${zone} NotIn a`, true, true, true);
  check("", `${custom} In x`, true, false, false);
  check("", `${custom} Gt 3`, true, false, false);
  check("", `${custom} NotIn x`, true, true, true);
  check("", `${custom} DoesNotExist`, true, true, true);
  check(`${custom} In x`, "", true, true, true);
  check(`${custom} Gt 3`, `${custom} Lt 4`, false, false, false);
  check(`${custom} Gt 3`, `${custom} Lte 4`, true, true, true);
  check(`${custom} In x; ${zone} In a`, `${custom} In x; ${zone} In b`, false, false, false);
  check(`beta.kubernetes.io/arch In amd64`, `kubernetes.io/arch In arm64`, false, false, false);

  function check(node: Text, pod: Text, doIntersect: boolean, strictly: boolean, wellKnown: boolean): void {
    it(`{${node}} and {${pod}}: intersects ${doIntersect}, compatible ${strictly}, with well-known undefined ${wellKnown}`, () => {
      const [a, b] = [read(node), read(pod)];
      expect(intersects(a, b) === undefined).toBe(doIntersect);
      expect(compatible(a, b) === undefined).toBe(strictly);
      expect(compatible(a, b, { allowUndefined: wellKnownLabels }) === undefined).toBe(wellKnown);
      expect(isCompatible(a, b)).toBe(strictly);
      expect(isCompatible(a, b, wellKnownLabels)).toBe(wellKnown);
    });
  }
});

describe("the sentence", () => {
  check(`${zone} In a`, `${zone} In b`, `key ${zone}, ${zone} In [b] not in ${zone} In [a]`);
  check("", `${custom} In x`, `label "${custom}" does not have known values`);
  check(
    "",
    "zone In a",
    `label "zone" does not have known values (typo of "failure-domain.beta.kubernetes.io/zone"?)`,
    new Set(["failure-domain.beta.kubernetes.io/zone"]),
  );
  check("", "karpenter.sh/zone In a", `label "karpenter.sh/zone" does not have known values (typo of "${zone}"?)`, new Set([zone]));
  check(`${custom} In x`, "example.org/team In x", `label "example.org/team" does not have known values (typo of "${custom}"?)`);
  check("", `b In x; a In x`, `label "a" does not have known values; label "b" does not have known values`);

  function check(node: Text, pod: Text, expected: string, allowUndefined: ReadonlySet<string> = new Set()): void {
    it(expected, () => {
      expect(compatible(read(node), read(pod), { allowUndefined })).toBe(expected);
    });
  }
});

describe("maps", () => {
  it("intersect key by key and keep keys of either side", () => {
    const both = intersection(read(`${zone} In a,b; ${custom} Exists`), read(`${zone} NotIn a; x In 1`));
    expect(formatRequirements(both)).toBe(`${custom} Exists, ${zone} In [b], x In [1]`);
  });
  it("intersect requirements on one key of one list, also under an old name of the key", () => {
    expect(formatRequirements(read(`${zone} In a,b; failure-domain.beta.kubernetes.io/zone In b,c`))).toBe(`${zone} In [b]`);
  });
  it("leave their arguments as they were", () => {
    const [a, b] = [read(`${zone} In a,b`), read(`${zone} In b`)];
    intersection(a, b);
    expect([formatRequirements(a), formatRequirements(b)]).toEqual([`${zone} In [a b]`, `${zone} In [b]`]);
  });
  it("come from labels, and give back the labels that are decided", () => {
    const labels = { [zone]: "a", [custom]: "" };
    expect(decidedLabels(intersection(fromLabels(labels), read("x In 1,2; y NotIn 1")))).toEqual(labels);
  });
  it("are written as a list sorted by key", () => {
    expect(toRequirementList(read(`${zone} In b,a; ${custom} Gt 3`))).toEqual([
      { key: custom, operator: "Gte", values: ["4"] },
      { key: zone, operator: "In", values: ["a", "b"] },
    ]);
  });
});

/** Reads "key Operator value,value; …". */
function read(text: Text): ReturnType<typeof requirementsOf> {
  const parts = text.split(";").filter((part) => part.trim() !== "");
  return requirementsOf(
    parts.map((part) => {
      const [key = "", operator = "", values] = part.trim().split(" ");
      return { key, operator: operatorNamed(operator), ...(values === undefined ? {} : { values: values.split(",") }) };
    }),
  );
}

function operatorNamed(text: string): NodeSelectorRequirement["operator"] {
  const operators = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Gte", "Lte"] as const;
  const found = operators.find((operator) => operator === text);
  if (found === undefined) throw new Error(`no operator ${text}`);
  return found;
}
