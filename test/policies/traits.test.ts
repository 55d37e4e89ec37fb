/**
 * Traits against their twin, which asks every rule: a rule that is not asked would have found nothing.
 *
 * Over every rule's own examples, alone and thrown together, with each of their objects judged in turn, and the scales of those
 * that have one.
 */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../src/api/object.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { gatherFacts } from "../../src/policies/facts.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";
import { allRules } from "../../src/policies/rules/all-rules.ts";
import { usualSubjects } from "../../src/policies/rules/rule.ts";
import { meetsNeeds, traitsOf } from "../../src/policies/traits.ts";
import { contextOf, policiesText, policySet, requestFor } from "../support/admission.ts";

const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
const usual = policySet();

interface Case {
  readonly objects: readonly KubeObject[];
  readonly policies: PolicySet;
}

const cases = allRules.flatMap(({ examples }): readonly Case[] => {
  const policies = examples.policies === undefined ? usual : policySet(`${policiesText}\n${examples.policies}`);
  return [examples.admitted, examples.denied].map((text) => ({
    objects: parseAllDocuments(text).map((document) => document.toJS() as KubeObject),
    policies,
  }));
});

function scaleOf({ metadata: { name, namespace } }: KubeObject, replicas: number): KubeObject & { readonly spec: object } {
  return {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { ...(name && { name }), ...(namespace && { namespace }) },
    spec: { replicas },
  };
}

/** Returns the rules that find something in an object, and those of them that its traits leave out. */
function judged(
  object: KubeObject,
  { objects, policies }: Case,
): { readonly finding: readonly string[]; readonly leftOut: readonly string[] } {
  const isIt = ({ kind, metadata }: KubeObject) => kind === object.kind && metadata.name === object.metadata.name;
  const old = objects.find((one) => isIt(one) && one !== object);
  const request = requestFor(object, old === undefined ? {} : { old });
  const facts = gatherFacts({
    policySet: policies,
    request,
    context: contextOf(
      objects.filter((one) => one !== object),
      instanceTypes,
    ),
  });
  const traits = traitsOf(facts);
  const { kind } = facts.subject;
  const asked = allRules.filter(({ subjects = usualSubjects }) => subjects.some((one) => one === kind));
  const finding = asked.filter((rule) => rule.judge(facts, policies.rules.get(rule.id)?.params ?? {}).length > 0);
  return {
    finding: finding.map(({ id }) => id),
    leftOut: finding.filter(({ needs = [] }) => !meetsNeeds(needs, traits)).map(({ id }) => id),
  };
}

describe("a rule that needs what a request lacks", () => {
  it("would have found nothing in any object of any rule's examples", () => {
    const found = cases.flatMap((one) => one.objects.map((object) => judged(object, one)));
    expect(new Set(found.flatMap(({ finding }) => finding)).size).toBeGreaterThan(100);
    expect(found.flatMap(({ leftOut }) => leftOut)).toEqual([]);
  });

  it("would have found nothing where the objects of several examples stand together", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...cases], { minLength: 2, maxLength: 6 }), fc.nat(), fc.nat(4), (several, rank, replicas) => {
        const [{ policies } = { policies: usual }] = several;
        const objects = several.flatMap((one) => one.objects);
        const object = objects[rank % objects.length];
        if (object === undefined) return;
        expect(judged(object, { objects, policies }).leftOut).toEqual([]);
        expect(judged(scaleOf(object, replicas), { objects, policies }).leftOut).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});
