/** policies.yaml sets review rules in one of two places, and both are the same mechanism. */
import { describe, expect, it } from "vitest";
import { parsePolicySet } from "../../../src/policies/parse-policy-set.ts";
import { policySet } from "../../support/admission.ts";
import { checkerOf } from "../rules/findings.ts";
import { pool } from "./pools.ts";

const least = "apiVersion: platform.example.com/policies/v1\nclasses: {general: {}}\n";
const unlimited = pool(["  limits: {cpu: 200, memory: 400Gi}\n", ""]);
const found = "spec.limits is not set: the pool may grow without end";

describe("an action", () => {
  const check = checkerOf("NP-007");
  check("is the rule's own by default", { policies: policySet(least), judge: unlimited, finds: [`NP-007 deny: ${found}`] });
  check("stands in nodepoolReview.rules", {
    policies: policySet(`${least}nodepoolReview: {rules: {NP-007: warn}}\n`),
    judge: unlimited,
    finds: [`NP-007 warn: ${found}`],
  });
  check("or in rules, where it can be staged too", {
    policies: policySet(`${least}rules: {NP-007: {action: off, until: "2026-11-01", then: warn}}\n`),
    judge: unlimited,
    finds: [`NP-007 warn: ${found}`],
  });
  check("may be off", { policies: policySet(`${least}nodepoolReview: {rules: {NP-007: off}}\n`), judge: unlimited, finds: [] });

  it("in both places is one too many", () => {
    const parsed = parsePolicySet({
      text: `${least}nodepoolReview: {rules: {NP-007: warn}}\nrules: {NP-007: {action: deny}}\n`,
      fileName: "p",
    });
    expect(parsed.ok ? [] : parsed.error.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      "nodepoolReview.rules.NP-007: NP-007 is in rules too; keep one",
    ]);
  });

  it("of a review rule is told with the line that sets it", () => {
    const { rules } = policySet(`${least}nodepoolReview:\n  rules:\n    NP-007: warn\n`);
    expect([rules.get("NP-007")?.line, rules.get("NP-008")?.line]).toEqual([5, undefined]);
  });
});
