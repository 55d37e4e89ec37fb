/**
 * What one family of rules finds in a request: the rows of every rule table.
 */
import { expect, it } from "vitest";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import type { PolicySet } from "../../../src/policies/policy-set.ts";
import { contextOf, policySet, requestFor, type RequestOptions } from "../../support/admission.ts";

export interface Row extends RequestOptions {
  readonly judge: KubeObject;
  /** What is in the cluster already. */
  readonly world?: readonly KubeObject[];
  readonly instanceTypes?: readonly InstanceType[];
  readonly policies?: PolicySet;
  /** Findings of the family as "RULE action: message", in order. */
  readonly finds: readonly string[];
}

const sample = policySet();

/** Returns a checker whose rows see only the findings of rules whose id starts with one of these words. */
export function checkerOf(...families: readonly string[]): (name: string, row: Row) => void {
  return (name, row) => {
    it(name, () => {
      const { findings } = validate({
        policySet: row.policies ?? sample,
        request: requestFor(row.judge, row),
        context: contextOf(row.world ?? [], row.instanceTypes ?? []),
      });
      const own = findings.filter(({ rule }) => families.some((family) => rule.startsWith(family)));
      expect(own.map(({ rule, action, message }) => `${rule} ${action}: ${message}`)).toEqual(row.finds);
    });
  };
}
