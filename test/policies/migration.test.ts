/**
 * The migration overlay: what Pods of a class get while it has not moved, and what is told of a move (seed sections 3.3, 19, 20).
 */
import { describe, expect, it } from "vitest";
import type { Pod } from "../../src/api/pod.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { applyJsonPatch } from "../../src/kube/json-patch.ts";
import { evaluate } from "../../src/policies/evaluate.ts";
import { contextOf, policiesText, policySet, requestFor } from "../support/admission.ts";
import { deployment, nodePool, pod, profile } from "../support/objects.ts";

const withMigration = (section: string, text = policiesText) => policySet(`${text}\nmigration: ${section}\n`);
const world = [deployment(), profile({ spec: { runtimeClass: "general" } })];
const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f", uid: "u", controller: true };

function compiled(policies: ReturnType<typeof policySet>): Pod["spec"] {
  const arriving = pod({ owner, labels: { app: "web", "pod-template-hash": "5d4f" } });
  const { patch } = evaluate({ policySet: policies, request: requestFor(arriving), context: contextOf(world) });
  const patched = applyJsonPatch(arriving, patch);
  if (!patched.ok) throw new Error(patched.error);
  return patched.value.spec;
}

function findings(policies: ReturnType<typeof policySet>, object: KubeObject, others: readonly KubeObject[] = []) {
  return evaluate({ policySet: policies, request: requestFor(object), context: contextOf(others) }).findings;
}

describe("a class that is still to move", () => {
  it("S226: opts in by the toleration of the taint, beside its own placement", () => {
    const spec = compiled(withMigration("{active: true, taint: migration.platform.example.com/karpenter, classesDone: [batch]}"));
    expect(spec.tolerations).toEqual([
      { key: "migration.platform.example.com/karpenter", operator: "Equal", value: "true", effect: "NoSchedule" },
    ]);
    expect(spec.nodeSelector).toEqual({ "workload-class": "general" });
  });

  it("S052, S230: on EKS Auto Mode opts in by its taint and its nodes' label", () => {
    const auto = policiesText.replace("kind: karpenter", "kind: eks-auto");
    const spec = compiled(withMigration("{active: true}", auto));
    expect(spec.tolerations).toEqual([{ key: "eks-auto-mode", operator: "Equal", value: "true", effect: "NoSchedule" }]);
    expect(spec.nodeSelector).toEqual({ "workload-class": "general", "eks.amazonaws.com/compute-type": "auto" });
  });

  it("S052: gets nothing of it once the migration or its own part is over", () => {
    for (const section of ["{active: false}", "{active: true, classesDone: [general]}"]) {
      expect(compiled(withMigration(section)).tolerations).toBeUndefined();
    }
  });
});

describe("what is told of a migration", () => {
  const active = withMigration("{active: true, until: '2026-11-30', classesDone: [batch]}");
  const tainted = (key: string, value: string) => nodePool({ taints: [{ key, value, effect: "NoSchedule" }] });

  it("S225: an untainted NodePool, but not one of a class that has moved", () => {
    expect(findings(active, nodePool()).filter(({ rule }) => rule === "MIG-001")).toMatchObject([
      {
        action: "deny",
        message: 'NodePool "general-flex" is untainted while migration is active and would attract every pod',
        fix: "add taint migration.platform.example.com/karpenter=true:NoSchedule",
      },
    ]);
    expect(findings(active, nodePool({ name: "batch-spot" })).filter(({ rule }) => rule === "MIG-001")).toEqual([]);
    expect(findings(withMigration("{active: false}"), nodePool()).filter(({ rule }) => rule === "MIG-001")).toEqual([]);
  });

  it("S230: a taint of the migration's key with another value than those who opt in tolerate", () => {
    const [finding] = findings(active, tainted("migration.platform.example.com/karpenter", "yes")).filter(({ rule }) => rule === "MIG-001");
    expect(finding?.message).toBe(
      'NodePool "general-flex" has taint migration.platform.example.com/karpenter=yes:NoSchedule, which Pods that opt in by migration.platform.example.com/karpenter=true:NoSchedule do not tolerate',
    );
  });

  it("S053, S227: what a class that has moved still carries", () => {
    const carrying = deployment({
      labels: { "platform.example.com/workload-class": "batch" },
      podSpec: { tolerations: [{ key: "migration.platform.example.com/karpenter", operator: "Exists" }] },
    });
    expect(findings(active, carrying).filter(({ rule }) => rule === "MIG-002")).toMatchObject([
      {
        action: "warn",
        message: 'class "batch" finished migrating; toleration migration.platform.example.com/karpenter is leftover',
        path: "/spec/template/spec/tolerations",
      },
    ]);
  });

  it("S044: a migration past its day, on every workload that it still places", () => {
    const told = findings(active, deployment(), [profile({ spec: { runtimeClass: "general" } })]).filter(({ rule }) => rule === "MIG-003");
    expect(told.map(({ action, message }) => `${action} ${message}`)).toEqual([
      'warn the migration was to end on 2026-11-30, and class "general" is still placed by it',
    ]);
    const later = withMigration("{active: true, until: '2027-11-30'}");
    expect(findings(later, deployment(), [profile()]).filter(({ rule }) => rule === "MIG-003")).toEqual([]);
  });
});
