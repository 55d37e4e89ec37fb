/**
 * No false denial: each finding on a well-known public workload is argued in findings.yaml, and each argument has its finding.
 */
import { describe, expect, it } from "vitest";
import { yamlText } from "../support/yaml-objects.ts";
import { policiesText, policySet } from "../support/admission.ts";
import { arguedFindings, judgeCorpus, type JudgedObject, workloads } from "./corpus.ts";

const judged = judgeCorpus(policySet());
const argued = arguedFindings();

/** "DRAIN-001 warn: grafana Deployment monitoring/grafana", once for each rule, action and object. */
function linesOf(objects: readonly JudgedObject[]): readonly string[] {
  const lines = objects.flatMap(({ workload, object, verdict }) =>
    verdict.findings.map(({ rule, action }) => `${rule} ${action}: ${workload} ${object}`),
  );
  return [...new Set(lines)].sort();
}

describe("the corpus of public workloads", () => {
  it("holds at least twenty workloads, each with something that admission judges", () => {
    expect(workloads.length).toBeGreaterThanOrEqual(20);
    expect(workloads.filter((workload) => !judged.some((one) => one.workload === workload))).toEqual([]);
  });

  it("names the source and the licence of each, and what was looked up in it, at which commit", () => {
    const headed = /^# .+\n(?:# .*\n)*# Source: .+\((?:Apache-2\.0|AGPL-3\.0|MPL-2\.0)[^)]*\).*\n# Looked up.*(?:\n# .*)*\b[0-9a-f]{12}\b/;
    expect(workloads.filter((workload) => !headed.test(yamlText(`test/corpus/workloads/${workload}.yaml`)))).toEqual([]);
  });

  it("gets no finding that isn't argued, and every argument is about a finding", () => {
    const expected = argued.flatMap(({ rule, action, on }) => on.map((object) => `${rule} ${action}: ${object}`));
    expect(linesOf(judged)).toEqual(expected.sort());
  });

  it("is argued in words, each object once for a rule and an action", () => {
    expect(argued.filter(({ argument }) => argument.length < 30).map(({ rule }) => rule)).toEqual([]);
    const lines = argued.flatMap(({ rule, action, on }) => on.map((object) => `${rule} ${action}: ${object}`));
    expect(lines.length).toBe(new Set(lines).size);
  });

  it("is refused as a whole only where the arguments say so", () => {
    const denied = judged.filter(({ verdict }) => !verdict.allowed).map(({ workload, object }) => `${workload} ${object}`);
    expect(denied.sort()).toEqual([...new Set(argued.filter(({ action }) => action === "deny").flatMap(({ on }) => on))].sort());
  });

  it("S003: gets the same verdicts where the nodes are EKS Auto Mode's", () => {
    const auto = policySet(policiesText.replace("provider: { kind: karpenter }", "provider: { kind: eks-auto }"));
    expect(auto.settings.provider).toBe("eks-auto");
    expect(linesOf(judged).length).toBeGreaterThan(20);
    expect(linesOf(judgeCorpus(auto))).toEqual(linesOf(judged));
  });
});
