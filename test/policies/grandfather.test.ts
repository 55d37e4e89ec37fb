/**
 * Grandfathering: old workloads live on, are scaled and made again; a new template is a new workload (scenario 27).
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { auditObject } from "../../src/policies/audit.ts";
import { changeOf } from "../../src/policies/policy-change.ts";
import { evaluate } from "../../src/policies/evaluate.ts";
import { autoscalerAccount, contextOf, policiesText, policySet, requestFor, testNow, type RequestOptions } from "../support/admission.ts";
import { budget, deployment, pod } from "../support/objects.ts";

const withFields = (fields: string) =>
  policySet(
    policiesText.replace(
      "settings:\n",
      `settings:\n  grandfather: { before: "2026-11-01T00:00:00Z", until: "2027-07-01", unlessChanged: ${fields} }\n`,
    ),
  );
const policies = withFields("[spec.template, spec.replicas]");
const world = [budget({ minAvailable: 1 })];

/** Violates DRAIN-002 under the budget, and REQ-001. */
function old(replicas: number, created = "2026-10-01T00:00:00Z"): KubeObject & { readonly spec: object } {
  const written = deployment({ replicas, requests: {} });
  return { ...written, metadata: { ...written.metadata, creationTimestamp: created } };
}

const scaleTo = (replicas: number): KubeObject & { readonly spec: object } => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: "web", namespace: "shop" },
  spec: { replicas },
});

function denied(
  object: KubeObject,
  options: RequestOptions & { at?: number; world?: readonly KubeObject[]; policies?: typeof policies } = {},
) {
  const context = { ...contextOf([...world, ...(options.world ?? [])]), now: options.at ?? testNow };
  const { findings } = evaluate({ policySet: options.policies ?? policies, request: requestFor(object, options), context });
  return [...new Set(findings.filter(({ action }) => action === "deny").map(({ rule }) => rule))];
}

describe("a workload from before the day", () => {
  it("is scaled by its autoscaler", () => {
    expect(denied(scaleTo(1), { world: [old(2)], userInfo: autoscalerAccount })).toEqual([]);
    expect(denied(old(1), { old: old(2), userInfo: autoscalerAccount })).toEqual([]);
  });

  it("has its Pods made again by an owner that nobody judges", () => {
    const rollout = { ...old(1), apiVersion: "apps/v1", kind: "StatefulSet", metadata: { ...old(1).metadata, name: "web" } };
    const owner = { apiVersion: "example.com/v1", kind: "Game", name: "web", uid: "u1", controller: true };
    const again = pod({ requests: {}, owner });
    expect(denied(again)).toContain("REQ-001");
    const known = { ...owner, apiVersion: "apps/v1", kind: "StatefulSet" };
    expect(denied(pod({ requests: {}, owner: { ...known, uid: "uid-shop-web" } }), { world: [rollout] })).toEqual([]);
  });

  it("is refused a new template, and a new number where the file says so", () => {
    const edited = {
      ...old(1),
      spec: { ...deployment({ replicas: 1, requests: {}, podSpec: { terminationGracePeriodSeconds: 45 } }).spec },
    };
    expect(denied(edited, { old: old(1) })).toEqual(["DRAIN-002", "REQ-001"]);
    expect(denied(old(1), { old: old(2) })).toEqual(["DRAIN-007"]);
    expect(denied(scaleTo(1), { world: [old(2)] })).toEqual(["DRAIN-007"]);
  });

  it("may have its template edited where the file does not name it, with a warning that says until when", () => {
    const edited = {
      ...old(2),
      spec: { ...deployment({ replicas: 2, requests: {}, podSpec: { terminationGracePeriodSeconds: 45 } }).spec },
    };
    const lenient = withFields("[spec.strategy]");
    expect(denied(edited, { old: old(2), policies: lenient })).toEqual([]);
    const { warnings } = evaluate({ policySet: lenient, request: requestFor(edited, { old: old(2) }), context: contextOf() });
    expect(warnings.find((text) => text.startsWith("[REQ-001]"))).toMatch(/^\[REQ-001\] let be until 2027-07-01: container "app"/);
  });

  it("is let be by an audit too, and by what tells of an edit of the policies", () => {
    const context = contextOf([...world, old(1)]);
    const word = (object: KubeObject) => auditObject(object, { policySet: policies, context, registeredAt: undefined }).findings;
    expect(word(old(1)).filter(({ action }) => action === "deny")).toEqual([]);
    expect(word(old(1)).find(({ rule }) => rule === "REQ-001")?.lifted).toEqual({ kind: "grandfather", until: "2027-07-01" });
    expect(word(old(1, "2026-11-02T00:00:00Z")).some(({ action }) => action === "deny")).toBe(true);
    const plain = policySet();
    expect(changeOf(old(1), { before: policies, after: plain, context })).toMatchObject({ before: "warned", after: "denied" });
  });

  it("is refused once the day has come, and where it is not that old", () => {
    const lenient = withFields("[spec.strategy]");
    const edited = {
      ...old(2),
      spec: { ...deployment({ replicas: 2, requests: {}, podSpec: { terminationGracePeriodSeconds: 45 } }).spec },
    };
    expect(denied(edited, { old: old(2), policies: lenient, at: Date.parse("2027-07-01") })).toEqual(["REQ-001"]);
    expect(denied(edited, { old: old(2, "2026-11-02T00:00:00Z"), policies: lenient })).toEqual(["REQ-001"]);
    expect(denied(old(2), { policies: lenient })).toEqual(["REQ-001"]);
  });
});
