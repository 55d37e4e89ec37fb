/**
 * Golden texts: what a person reads who is refused or warned. The seed's own profile must be accepted.
 */
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { KubeObject } from "../../src/api/object.ts";
import type { Scale } from "../../src/api/workload.ts";
import type { WorkloadProfile } from "../../src/api/workload-profile.ts";
import { denialMessage, denialStatus } from "../../src/policies/denial.ts";
import { validate } from "../../src/policies/evaluate.ts";
import { contextOf, policySet, requestFor, type RequestOptions } from "../support/admission.ts";
import { foundingProfile } from "../support/founding-profile.ts";
import { autoscaler, budget, deployment, namespaceObject, profile } from "../support/objects.ts";

const policies = policySet();
const { bundle } = policies;

const scaleTo = (replicas: number, name = "web"): Scale => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name, namespace: "shop" },
  spec: { replicas },
});

function answer(object: KubeObject, world: readonly KubeObject[], options: RequestOptions = {}) {
  const request = requestFor(object, options);
  const verdict = validate({ policySet: policies, request, context: contextOf(world) });
  return { verdict, request, message: denialMessage({ verdict, request, policySet: policies }) };
}

/** The whole text of a refusal; the places of rules in policies.yaml are read from the file. */
function check(name: string, judged: () => ReturnType<typeof answer>, lines: readonly string[], rule: string): void {
  it(name, () => {
    const line = policies.rules.get(rule)?.line ?? 0;
    const exempted = [...new Set(lines.flatMap((text) => /\[([A-Z0-9-]+)\]/.exec(text)?.[1] ?? []))].join(", ");
    const hint = `exemption: ask the owners of policies.yaml for an entry in exemptions (${exempted})`;
    const last = `policies.yaml:${line}; ${hint}; see https://platform.example.com/rules/${rule}`;
    expect(judged().message.split("\n")).toEqual([...lines, last]);
  });
}

const generalProfile = profile({ spec: { runtimeClass: "general" } });

describe("a refusal", () => {
  check(
    "of the budget that comes second names the replicas that would do",
    () => answer(budget({ name: "web-pdb", minAvailable: 1, selector: { matchLabels: { app: "web" } } }), [deployment({ replicas: 1 })]),
    [
      `PodDisruptionBudget shop/web-pdb: [DRAIN-002] PodDisruptionBudget "web-pdb" (minAvailable: 1) leaves 0 evictions at 1 replica: its nodes can never be drained, bundle ${bundle}`,
      "  fix: use maxUnavailable: 1, or 2 replicas, or delete the PDB",
    ],
    "DRAIN-002",
  );

  check(
    "of the workload that comes second is the same rule in the same words",
    () => answer(deployment({ replicas: 1 }), [budget({ name: "web-pdb", minAvailable: 1, selector: { matchLabels: { app: "web" } } })]),
    [
      `Deployment shop/web: [DRAIN-002] PodDisruptionBudget "web-pdb" (minAvailable: 1) leaves 0 evictions at 1 replica: its nodes can never be drained, bundle ${bundle}`,
      "  fix: use maxUnavailable: 1, or 2 replicas, or delete the PDB",
    ],
    "DRAIN-002",
  );

  check(
    "of a scale names both counts",
    () =>
      answer(scaleTo(1), [
        deployment({ replicas: 2 }),
        budget({ name: "web-pdb", minAvailable: 1, selector: { matchLabels: { app: "web" } } }),
      ]),
    [
      `Deployment shop/web: [DRAIN-007] scaling Deployment web from 2 to 1 leaves PDB "web-pdb" with 0 allowed evictions, bundle ${bundle}`,
      "  fix: keep >= 2 replicas, or first use maxUnavailable: 1, or delete the PDB",
    ],
    "DRAIN-007",
  );

  check(
    "of a single replica under a general profile carries both rules, sorted",
    () => answer(deployment({ replicas: 1 }), [generalProfile]),
    [
      `Deployment shop/web: [DRAIN-001] 1 replica in class "general" whose nodes are consolidated and replaced: every drain is an outage (+1 more), bundle ${bundle}`,
      '[DRAIN-001] 1 replica in class "general" whose nodes are consolidated and replaced: every drain is an outage',
      "  fix: set replicas/minReplicas 2, or class with singletons allowed, or an exemption",
      "[SCALE-001] 1 replica is below availability.minReplicas 2 of profile web",
      "  fix: change the profile first, or keep it at 2 or more",
    ],
    "DRAIN-001",
  );

  check(
    "of a budget under an autoscaler names the autoscaler's minimum",
    () => answer(budget({ minAvailable: "80%" }), [deployment({ replicas: 9 }), autoscaler({ minReplicas: 3 })]),
    [
      `PodDisruptionBudget shop/web: [DRAIN-002] PodDisruptionBudget "web" (minAvailable: 80%) leaves 0 evictions at 3 replicas, the minReplicas of HorizontalPodAutoscaler "web": its nodes…, bundle ${bundle}`,
      '[DRAIN-002] PodDisruptionBudget "web" (minAvailable: 80%) leaves 0 evictions at 3 replicas, the minReplicas of HorizontalPodAutoscaler "web": its nodes can never be drained',
      "  fix: use maxUnavailable: 1, or set minReplicas 5 on HorizontalPodAutoscaler web, or delete the PDB",
    ],
    "DRAIN-002",
  );

  check(
    "of two faults at once is one reply, sorted, each with its fix",
    () =>
      answer(deployment({ replicas: 1, requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "4", memory: "8Gi" } }), [
        budget({ minAvailable: 1 }),
      ]),
    [
      `Deployment shop/web: [DRAIN-002] PodDisruptionBudget "web" (minAvailable: 1) leaves 0 evictions at 1 replica: its nodes can never be drained (+1 more), bundle ${bundle}`,
      '[DRAIN-002] PodDisruptionBudget "web" (minAvailable: 1) leaves 0 evictions at 1 replica: its nodes can never be drained',
      "  fix: use maxUnavailable: 1, or 2 replicas, or delete the PDB",
      '[REQ-002] container "app" may use 80x its cpu request and 64x its memory request (caps 10x, 2x): requests 50m/128Mi, limits 4/8Gi',
      "  fix: cpu: request 400m or limit 500m; memory: request 4Gi or limit 256Mi",
    ],
    "DRAIN-002",
  );

  it("carries code, reason and a cause for each problem", () => {
    const { verdict, request } = answer(deployment({ replicas: 1 }), [generalProfile]);
    const status = denialStatus({ verdict, request, policySet: policies });
    expect({ code: status.code, reason: status.reason, details: status.details }).toEqual({
      code: 403,
      reason: "Forbidden",
      details: {
        group: "apps",
        kind: "Deployment",
        name: "web",
        causes: [
          {
            reason: "DRAIN-001",
            field: "spec.replicas",
            message: '1 replica in class "general" whose nodes are consolidated and replaced: every drain is an outage',
          },
          { reason: "SCALE-001", field: "spec.replicas", message: "1 replica is below availability.minReplicas 2 of profile web" },
        ],
      },
    });
  });

  it("stays within 200 characters on its first line and 4 KiB in all, whatever users write", () => {
    const names = Array.from({ length: 60 }, (_, index) => `field${"é\n\u202e".repeat(90)}${index}`);
    const spec: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, 1]));
    const { message } = answer({ ...profile({ name: "n".repeat(250) }), ...{ spec } }, []);
    const [first = ""] = message.split("\n");
    expect(first.length).toBeLessThanOrEqual(200);
    expect(first).toMatch(/\[WP-005\] .*… \(\+20 more\), bundle [0-9a-f]{8}$/);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4096);
    expect(message).toMatch(/\n\+\d+ more$/);
    expect(message.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });
});

describe("the founding profile", () => {
  const founding = { ...(parse(foundingProfile) as WorkloadProfile) };
  const inShop: WorkloadProfile = { ...founding, metadata: { ...founding.metadata, namespace: "shop" } };
  const paidFor = namespaceObject("shop", { "platform.example.com/cost-owner": "billing" });

  it("is accepted with exactly one warning", () => {
    const { verdict } = answer(inShop, [paidFor]);
    expect({ allowed: verdict.allowed, warnings: verdict.warnings }).toEqual({
      allowed: true,
      warnings: ["[DRAIN-003] minAvailable 80% of 3 is 3: 0 evictions. PDB compiled as maxUnavailable: 1 (80% works from minReplicas 5)"],
    });
  });

  it("is accepted with a second warning where nobody pays", () => {
    const { verdict } = answer(inShop, [namespaceObject("shop")]);
    expect(verdict.warnings).toEqual([
      "[COST-001] no cost owner: set label platform.example.com/cost-owner on the profile or namespace",
      "[DRAIN-003] minAvailable 80% of 3 is 3: 0 evictions. PDB compiled as maxUnavailable: 1 (80% works from minReplicas 5)",
    ]);
  });

  it("lets its Deployment of 3 in without a word", () => {
    const { verdict } = answer(deployment({ name: "billing-api", replicas: 3 }), [paidFor, inShop]);
    expect(verdict).toMatchObject({ allowed: true, findings: [], warnings: [], patch: [] });
  });

  it("refuses a scale to 1 by SCALE-001 and DRAIN-001, for its own budget would still allow an eviction", () => {
    const { verdict } = answer(scaleTo(1, "billing-api"), [paidFor, inShop, deployment({ name: "billing-api", replicas: 3 })]);
    expect(verdict.findings.map(({ rule, action, message }) => [rule, action, message])).toEqual([
      ["DRAIN-001", "deny", '1 replica in class "general" whose nodes are consolidated and replaced: every drain is an outage'],
      ["SCALE-001", "deny", "1 replica is below availability.minReplicas 3 of profile billing-api"],
    ]);
  });

  it("names the nearest field where one is misspelled", () => {
    const misspelled = { ...inShop, spec: { ...inShop.spec, cost: { spotAlowed: false } } };
    const { verdict } = answer(misspelled, [paidFor]);
    expect(verdict.findings.filter(({ rule }) => rule === "WP-005")).toEqual([
      {
        rule: "WP-005",
        action: "deny",
        path: "/spec/cost/spotAlowed",
        message: "unknown field spec.cost.spotAlowed; nearest known field is spec.cost.spotAllowed",
        fix: "correct the name",
      },
    ]);
  });
});
