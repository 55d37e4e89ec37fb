/**
 * Every rule's own examples: the admitted one draws no finding of the rule, the denied one does.
 */
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../../src/api/object.ts";
import { evaluate } from "../../../src/policies/evaluate.ts";
import { allRules } from "../../../src/policies/rules/all-rules.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { contextOf, policiesText, policySet, requestFor } from "../../support/admission.ts";

const policies = policySet();
const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });

/** The rules that the last document of an example draws, with the others in the cluster. */
function rulesDrawnBy(example: string, sections: string | undefined): readonly string[] {
  const policySetOfExample = sections === undefined ? policies : policySet(`${policiesText}\n${sections}`);
  const objects = parseAllDocuments(example).map((document) => document.toJS() as KubeObject);
  const judged = objects.at(-1);
  if (judged === undefined) throw new Error("an example without a document");
  const context = { ...contextOf(objects.slice(0, -1), instanceTypes), speaksForOwner: false };
  return evaluate({ policySet: policySetOfExample, request: requestFor(judged), context }).findings.map(({ rule }) => rule);
}

describe("the examples that open each rule", () => {
  it("cover the list, sorted and without doubles", () => {
    const ids = allRules.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(ids.length).toBeGreaterThan(25);
  });

  for (const rule of allRules) {
    it(`${rule.id} leaves its admitted example alone`, () => {
      expect(rulesDrawnBy(rule.examples.admitted, rule.examples.policies)).not.toContain(rule.id);
    });

    it(`${rule.id} finds its denied example`, () => {
      expect(rulesDrawnBy(rule.examples.denied, rule.examples.policies)).toContain(rule.id);
    });
  }
});
