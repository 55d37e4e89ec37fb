/** The patch of a review finding, applied, removes the finding and leaves an object that can be patched no further. */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/api/object.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { applyJsonPatch } from "../../../src/kube/json-patch.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import { allRules } from "../../../src/policies/rules/all-rules.ts";
import { contextOf, policySet, requestFor } from "../../support/admission.ts";
import { objectsOf } from "./pools.ts";

const policies = policySet();
const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
const findings = (object: KubeObject, beside: readonly KubeObject[]) =>
  validate({ policySet: policies, request: requestFor(object), context: contextOf(beside, instanceTypes) }).findings;

/** Rules whose fix needs no choice of a person. */
const patching = ["NC-008", "NP-003", "NP-005", "NP-006", "NP-008", "NP-016", "NP-020"];

describe("the rules with a patch", () => {
  const withPatch = allRules
    .filter(({ id }) => /^N[CP]-/.test(id))
    .filter(({ id, examples }) => {
      const objects = objectsOf(examples.denied);
      const judged = objects.at(-1);
      return judged !== undefined && findings(judged, objects.slice(0, -1)).some(({ rule, patch }) => rule === id && patch !== undefined);
    });

  it("are those that can have one", () => {
    expect(withPatch.map(({ id }) => id)).toEqual(patching);
  });

  for (const { id, examples } of withPatch) {
    it(`${id}: its patch removes what it found`, () => {
      const objects = objectsOf(examples.denied);
      const [beside, judged] = [objects.slice(0, -1), objects.at(-1)];
      if (judged === undefined) throw new Error("an example without a document");
      const patch = findings(judged, beside).find(({ rule }) => rule === id)?.patch ?? [];
      const patched = applyJsonPatch(judged, patch);
      expect(patched.ok && findings(patched.value, beside).map(({ rule }) => rule)).not.toContain(id);
    });
  }
});
