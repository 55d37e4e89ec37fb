// Defaults are filled in as the API server fills them in; test/crds/parity.test.ts compares the two on every row of its tables.
import { expect, test } from "vitest";
import { withCrdDefaults } from "../../src/api/schema-default.ts";

const template = { spec: { nodeClassRef: { group: "a", kind: "b", name: "c" }, requirements: [] } };
const filledTemplate = { spec: { ...template.spec, expireAfter: "720h" } };
const filledDisruption = {
  consolidateAfter: "0s",
  consolidationPolicy: "WhenEmptyOrUnderutilized",
  budgets: [{ nodes: "10%" }],
};

function check(title: string, given: object, filled: object): void {
  test(title, () => {
    const before = structuredClone(given);
    expect(withCrdDefaults("NodePool", { spec: { template, ...given } })).toEqual({ spec: { template: filledTemplate, ...filled } });
    expect(given).toEqual(before);
  });
}

check("a field that is missing, and the defaults inside its default", {}, { disruption: filledDisruption });
check("null counts as missing where there is a default", { disruption: null }, { disruption: filledDisruption });
check("null stays where there is none", { limits: null }, { disruption: filledDisruption, limits: null });
check(
  "what is given stays",
  { disruption: { consolidateAfter: "30s", budgets: [] } },
  { disruption: { ...filledDisruption, consolidateAfter: "30s", budgets: [] } },
);
check(
  "entries of lists",
  { disruption: { budgets: [{}, { nodes: "1" }] } },
  { disruption: { ...filledDisruption, budgets: [{ nodes: "10%" }, { nodes: "1" }] } },
);
check("wrong values stay wrong", { disruption: ["no"] }, { disruption: ["no"] });

test("a WorkloadProfile has no defaults: what the class decides is not written into the spec", () => {
  const profile = { metadata: { name: "a" }, spec: { availability: {} } };
  expect(withCrdDefaults("WorkloadProfile", profile)).toEqual(profile);
});
