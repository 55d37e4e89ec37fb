/**
 * The law of patches: a finding's JSON Patch, applied to the judged object, removes the finding; where several findings of a rule
 * stand, each removes its own.
 */
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../../src/api/object.ts";
import { applyJsonPatch } from "../../../src/kube/json-patch.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import { allRules } from "../../../src/policies/rules/all-rules.ts";
import type { Finding } from "../../../src/policies/verdict.ts";
import { contextOf, policiesText, policySet, requestFor } from "../../support/admission.ts";
import { autoscaler, deployment, job, profile } from "../../support/objects.ts";

const policies = policySet();

function findingsOf(judged: KubeObject, world: readonly KubeObject[], sections?: string): readonly Finding[] {
  const set = sections === undefined ? policies : policySet(`${policiesText}\n${sections}`);
  return validate({ policySet: set, request: requestFor(judged), context: contextOf(world) }).findings;
}

function expectRemoved(finding: Finding, judged: KubeObject, world: readonly KubeObject[], sections?: string): void {
  const patched = applyJsonPatch(judged, finding.patch ?? []);
  if (!patched.ok) throw new Error(`${finding.rule}: ${patched.error}`);
  const words = ({ rule, message }: Finding): string => `${rule} ${message}`;
  const standing = (object: KubeObject): number =>
    findingsOf(object, world, sections).filter((one) => words(one) === words(finding)).length;
  // Two places of a list may be told in the same words; each patch takes one of them away.
  expect(standing(patched.value)).toBe(standing(judged) - 1);
}

describe("a patch removes its finding", () => {
  for (const { id, examples } of allRules) {
    const objects = parseAllDocuments(examples.denied).map((document) => document.toJS() as KubeObject);
    const judged = objects.at(-1);
    if (judged === undefined) continue;
    it(`${id}, in its denied example`, () => {
      const world = objects.slice(0, -1);
      const patched = findingsOf(judged, world, examples.policies).filter(({ patch }) => patch !== undefined);
      for (const finding of patched) expectRemoved(finding, judged, world, examples.policies);
    });
  }

  const tolerations = [
    { key: "CriticalAddonsOnly", operator: "Exists" as const },
    { key: "example.com/other", operator: "Exists" as const },
    { key: "CriticalAddonsOnly", operator: "Equal" as const, value: "true" },
  ];
  const compute = { "platform.example.com/workload-class": "compute" };
  const neverRetried = job({ labels: compute });
  const rows: readonly (readonly [string, KubeObject, readonly KubeObject[], string])[] = [
    ["two tolerations", deployment({ podSpec: { tolerations } }), [], "PLACE-003"],
    ["a node's name", deployment({ podSpec: { nodeName: "a" } }), [], "PLACE-005"],
    ["a hostname", deployment({ podSpec: { nodeSelector: { "kubernetes.io/hostname": "a" } } }), [], "PLACE-005"],
    ["Spot that is switched off", profile({ spec: { cost: { spotAllowed: true } } }), [], "SPOT-006"],
    ["no spread", profile({ spec: { availability: { minReplicas: 6, zoneSpread: "none" } } }), [], "TOPO-001"],
    ["a Job's tries", { ...neverRetried, spec: { ...neverRetried.spec, backoffLimit: 0 } } as KubeObject, [], "JOB-001"],
    ["a Job's evictions", neverRetried, [], "JOB-003"],
    [
      "an autoscaler's bounds",
      autoscaler({ maxReplicas: 12 }),
      [profile({ spec: { availability: { minReplicas: 3 }, scaling: { maxReplicas: 9 } } }), deployment({ replicas: 3 })],
      "CONF-002",
    ],
  ];
  it.each(rows)("%s", (_, judged, world, rule) => {
    const found = findingsOf(judged, world).filter((finding) => finding.rule === rule);
    expect(found.length).toBeGreaterThan(0);
    for (const finding of found) {
      expect(finding.patch).toBeDefined();
      expectRemoved(finding, judged, world);
    }
  });
});
