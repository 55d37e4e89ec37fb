/**
 * Exemptions: whom they let in and with which words, when they end, and what a file may not exempt.
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import type { AdmissionContext } from "../../src/policies/admission-context.ts";
import { denialMessage } from "../../src/policies/denial.ts";
import { evaluate } from "../../src/policies/evaluate.ts";
import { daysLeft } from "../../src/policies/exemption.ts";
import { contextOf, policiesText, policySet, requestFor, testNow, type RequestOptions } from "../support/admission.ts";
import { budget, deployment, pod, statefulSet } from "../support/objects.ts";

const dayMs = 86_400_000;
const entry = (over: string): string => `
exemptions:
  - id: EX-2026-014
    rules: [DRAIN-001, DRAIN-002]
    match: {namespace: shop, kind: StatefulSet, name: ledger-db}
    owner: dba
    reason: single-writer database, failover tested (ticket OPS-881)
    approved: "2026-11-01"
    expires: "2027-04-30"
    approvedBy: platform-oncall
    ${over}
`;
const policies = policySet(policiesText + entry(""));

const ledger = statefulSet({ name: "ledger-db", replicas: 1 });
const world = [budget({ name: "ledger-db", minAvailable: 1, selector: { matchLabels: { app: "ledger-db" } } })];

function judge(object: KubeObject, options: RequestOptions & { readonly world?: readonly KubeObject[]; readonly at?: string } = {}) {
  const context: AdmissionContext = {
    ...contextOf(options.world ?? world),
    now: options.at === undefined ? testNow : Date.parse(options.at),
  };
  const request = requestFor(object, options);
  const verdict = evaluate({ policySet: policies, request, context });
  return { verdict, message: denialMessage({ verdict, request, policySet: policies }) };
}

describe("an exemption", () => {
  it("S245: lets a workload in with a warning that names owner and days left", () => {
    const { verdict } = judge(ledger, { at: "2027-04-04T12:00:00Z" });
    expect(verdict.allowed).toBe(true);
    expect(verdict.warnings).toContain(
      '[DRAIN-002] exempted by EX-2026-014, 26 days left, owner dba: PodDisruptionBudget "ledger-db" (minAvailable: 1) leaves…',
    );
    expect(verdict.findings.find(({ rule }) => rule === "DRAIN-002")).toMatchObject({
      action: "warn",
      lifted: { kind: "exemption", id: "EX-2026-014", owner: "dba", daysLeft: 26 },
    });
  });

  it("S245: lets in the budget that concerns nothing but the exempt workload", () => {
    const both = budget({ name: "ledger-db", minAvailable: 2, selector: { matchLabels: { app: "ledger-db" } } });
    expect(judge(both, { world: [ledger] }).verdict.allowed).toBe(true);
    const other = statefulSet({ name: "other-db", replicas: 1, podLabels: { app: "ledger-db" } });
    expect(judge(both, { world: [ledger, other] }).verdict.allowed).toBe(false);
  });

  it("lifts only the rules that it names, only for what it names", () => {
    const unsized = statefulSet({ name: "ledger-db", replicas: 1, requests: {} });
    expect(judge(unsized).verdict.findings.map(({ rule, action }) => `${rule} ${action}`)).toContain("REQ-001 deny");
    expect(judge(statefulSet({ name: "ledger-db2", replicas: 1, podLabels: { app: "ledger-db" } })).verdict.allowed).toBe(false);
    expect(judge(deployment({ name: "ledger-db", replicas: 1 })).verdict.allowed).toBe(false);
  });

  it("refuses a new change once it has ended, in the words of EX-001 and of the rule", () => {
    const { verdict, message } = judge(ledger, { at: "2027-04-30T00:00:00Z" });
    expect(verdict.findings.filter(({ action }) => action === "deny").map(({ rule, message: text }) => [rule, text])).toEqual([
      ["DRAIN-002", 'PodDisruptionBudget "ledger-db" (minAvailable: 1) leaves 0 evictions at 1 replica: its nodes can never be drained'],
      ["EX-001", "exemption EX-2026-014 for DRAIN-002 expired on 2027-04-30 (owner dba)"],
    ]);
    expect(message).toContain(
      "[EX-001] exemption EX-2026-014 for DRAIN-002 expired on 2027-04-30 (owner dba)\n  fix: renew in policies.yaml or fix",
    );
  });

  it("that has ended leaves running Pods and their restarts alone", () => {
    const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "ledger-db", uid: "uid-shop-ledger-db", controller: true };
    const again = pod({ name: "ledger-db-0", labels: { app: "ledger-db" }, owner });
    expect(judge(again, { world: [...world, ledger], at: "2027-05-01T00:00:00Z" }).verdict.allowed).toBe(true);
    const touched = { ...ledger, metadata: { ...ledger.metadata, annotations: { restarted: "yes" } } };
    expect(judge(touched, { old: ledger, at: "2027-05-01T00:00:00Z" }).verdict.allowed).toBe(true);
  });

  it("counts a begun day, and ends at the start of its last one", () => {
    const end = Date.parse("2027-04-30");
    const left = (at: number) => policies.exemptions.map((exemption) => daysLeft(exemption, at))[0];
    expect([left(end - 1), left(end - dayMs), left(end - dayMs - 1)]).toEqual([1, 1, 2]);
  });
});
