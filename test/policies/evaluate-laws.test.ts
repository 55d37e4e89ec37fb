/**
 * The laws of a verdict: the world's order never shows, a fix removes what it fixes, and a change elsewhere removes nothing.
 *
 * Over every rule's own examples, with the objects around them, since those are the cases that the rules were written for.
 */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../src/api/object.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { applyJsonPatch } from "../../src/kube/json-patch.ts";
import { validate } from "../../src/policies/evaluate.ts";
import { denialMessage } from "../../src/policies/denial.ts";
import { allRules } from "../../src/policies/rules/all-rules.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";
import type { Finding } from "../../src/policies/verdict.ts";
import { contextOf, policiesText, policySet, requestFor } from "../support/admission.ts";

const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
const usual = policySet();

interface Case {
  readonly name: string;
  readonly object: KubeObject;
  readonly world: readonly KubeObject[];
  readonly policies: PolicySet;
}

const cases: readonly Case[] = allRules.flatMap(({ id, examples }) => {
  const policies = examples.policies === undefined ? usual : policySet(`${policiesText}\n${examples.policies}`);
  return (["admitted", "denied"] as const).flatMap((which) => {
    const objects = parseAllDocuments(examples[which]).map((document) => document.toJS() as KubeObject);
    const object = objects.at(-1);
    return object === undefined ? [] : [{ name: `${id} ${which}`, object, world: objects.slice(0, -1), policies }];
  });
});

function judge({ object, world, policies }: Pick<Case, "object" | "world" | "policies">) {
  return validate({ policySet: policies, request: requestFor(object), context: contextOf(world, instanceTypes) });
}

function wordsOf({ rule, path, message }: Finding): string {
  return `${rule} ${path} ${message}`;
}

const caseArbitrary = fc.constantFrom(...cases);

describe("the laws of a verdict", () => {
  it("the order of what is in the cluster never shows, and the same question has the same answer", () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...cases], { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
        (several, ranks) => {
          const [first] = several;
          if (first === undefined) return;
          const objects = new Map(
            several.flatMap(({ world, object }) => [...world, object]).map((one) => [`${one.kind}/${one.metadata.name ?? ""}`, one]),
          );
          const world = [...objects.values()].filter(
            (one) => one.kind !== first.object.kind || one.metadata.name !== first.object.metadata.name,
          );
          const shuffled = world.map((one, index) => ({ one, rank: ranks[index] ?? 0 })).sort((a, b) => a.rank - b.rank);
          const verdict = judge({ ...first, world });
          expect(judge({ ...first, world })).toEqual(verdict);
          expect(judge({ ...first, world: shuffled.map(({ one }) => one) })).toEqual(verdict);
        },
      ),
      { numRuns: 150 },
    );
  });

  for (const one of cases) {
    const patched = judge(one).findings.filter(({ patch }) => patch !== undefined);
    for (const finding of patched) {
      it(`of ${one.name}: the patch of ${finding.rule} at ${finding.path} removes its finding`, () => {
        const fixed = applyJsonPatch(one.object, finding.patch ?? []);
        if (!fixed.ok) throw new Error(fixed.error);
        expect(judge({ ...one, object: fixed.value }).findings.map(wordsOf)).not.toContain(wordsOf(finding));
      });
    }
  }

  it("a change that no rule reads keeps every finding, and every patch still fits", () => {
    fc.assert(
      fc.property(caseArbitrary, fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string({ maxLength: 8 })), (one, annotations) => {
        const { object } = one;
        const noted = { ...object, metadata: { ...object.metadata, annotations: { ...annotations, ...object.metadata.annotations } } };
        const [before, after] = [judge(one).findings, judge({ ...one, object: noted }).findings];
        expect(after.map(wordsOf)).toEqual(before.map(wordsOf));
        for (const { rule, path, message, patch } of after) {
          if (patch === undefined) continue;
          const fixed = applyJsonPatch(noted, patch);
          expect(fixed.ok && judge({ ...one, object: fixed.value }).findings.map(wordsOf)).not.toContain(`${rule} ${path} ${message}`);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("the texts of all rules", () => {
  const findings = cases.flatMap((one) => judge(one).findings.map((finding) => ({ one, finding })));

  it("S130: name no instance family unless narrowness is the fault", () => {
    const narrow = /^(PLACE-004|POOL-00\d|NP-0(03|04|06|19)|NC-\d+|NP-\d+)$/;
    const family = /\b[a-z]{1,3}[0-9][a-z]{0,3}\.(nano|micro|small|medium|large|xlarge|\d+xlarge|metal)\b|\binstance famil/;
    const told = findings
      .filter(({ finding }) => !narrow.test(finding.rule))
      .map(({ finding }) => `${finding.rule}: ${finding.message}; ${finding.fix}`);
    expect(told.length).toBeGreaterThan(50);
    expect(told.filter((text) => family.test(text))).toEqual([]);
  });

  it("S203: carry a fix each, in one line, and the strongest's stands in the denial", () => {
    for (const { finding } of findings) {
      expect(finding.fix.length, finding.rule).toBeGreaterThan(0);
      expect(`${finding.message}${finding.fix}`).not.toMatch(/\n|undefined|\[object|NaN/);
    }
    for (const one of cases) {
      const verdict = judge(one);
      const first = verdict.findings.find(({ action }) => action === "deny");
      if (verdict.allowed || first === undefined) continue;
      const message = denialMessage({ verdict, request: requestFor(one.object), policySet: one.policies });
      expect(message).toContain(`\n  fix: ${first.fix}\n`);
    }
  });

  it("fit the frame: a first line of at most 200 characters that names the object, and the last one says where the rule stands", () => {
    for (const one of cases) {
      const verdict = judge(one);
      if (verdict.allowed) continue;
      const message = denialMessage({ verdict, request: requestFor(one.object), policySet: one.policies });
      const [first = "", ...rest] = message.split("\n");
      expect(first.length, one.name).toBeLessThanOrEqual(200);
      expect(first).toMatch(/^\w+ \S+: \[[A-Z0-9-]+\] .+( \(\+\d+ more\))?, bundle [0-9a-f]{8}$/);
      expect(first).not.toMatch(/\w…\w/);
      expect(rest.at(-1)).toMatch(/^(policies\.yaml(:\d+)?(; exemption: .+)?; see https:\/\/\S+|\+\d+ more)$/);
      for (const warning of verdict.warnings) expect(warning.length, warning).toBeLessThanOrEqual(120);
    }
  });
});
