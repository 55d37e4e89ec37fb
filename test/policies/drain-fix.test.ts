/**
 * What rules and drain preview say would let a drain go on does: each alternative of a fix, written into the objects, ends the block at every
 * scale that the workload may have.
 */
import { describe, expect, it } from "vitest";
import type { DaemonSet } from "../../src/api/workload.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { PodDisruptionBudget } from "../../src/api/pod-disruption-budget.ts";
import { platformNames } from "../../src/api/labels.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { drainPreview, type DrainPreview } from "../../src/policies/drain-preview.ts";
import { validate } from "../../src/policies/evaluate.ts";
import { viewOf, workloadsOf } from "../../src/policies/workload-view.ts";
import { contextOf, policySet, requestFor } from "../support/admission.ts";
import { autoscaler, budget, deployment, pod } from "../support/objects.ts";

const policies = policySet();
const selector = { matchLabels: { app: "web" } };
const { template } = deployment().spec;
const agent: DaemonSet = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "agent", namespace: "shop" },
  spec: { selector, template },
};

function previewOf(objects: readonly KubeObject[]): DrainPreview {
  const snapshot = snapshotOf(objects);
  const workload = workloadsOf(snapshot, "shop").find(({ name }) => name === "web");
  if (workload === undefined) throw new Error("no workload");
  return drainPreview(viewOf(workload, { policySet: policies, names: platformNames(), snapshot, instanceTypes: [] }), snapshot);
}

function fixOf(objects: readonly KubeObject[]): string {
  const { verdict } = previewOf(objects);
  return verdict.kind === "stuck" ? verdict.fix : "";
}

describe("the fix that drain preview tells", () => {
  const bounds = [
    { minAvailable: "80%" },
    { minAvailable: 1 },
    { minAvailable: 4 },
    { minAvailable: "100%" },
    { maxUnavailable: 0 },
    { maxUnavailable: "0%" },
    { maxUnavailable: 1 },
    {},
  ];
  const beside: readonly (readonly [string, readonly KubeObject[]])[] = [
    ["alone", []],
    ["beside a DaemonSet", [agent]],
    ["beside another Deployment", [deployment({ name: "other", replicas: 2, podLabels: { app: "web" } })]],
    ["under an autoscaler from 1 to 4", [autoscaler({ minReplicas: 1, maxReplicas: 4 })]],
    ["under an autoscaler from 2 to 9", [autoscaler({ minReplicas: 2, maxReplicas: 9 })]],
    ["under a second budget that lets one go", [budget({ name: "second", maxUnavailable: 1, selector })]],
    ["under a second budget that lets none go", [budget({ name: "second", minAvailable: "100%", selector })]],
    ["under three budgets", [budget({ name: "a", maxUnavailable: 1, selector }), budget({ name: "b", maxUnavailable: 0, selector })]],
  ];
  for (const [name, others] of beside) {
    for (const bound of bounds) {
      for (const replicas of [1, 2, 3, 5]) {
        it(`lets Pods go: ${replicas} under ${JSON.stringify(bound)}, ${name}`, () => {
          const world = [deployment({ replicas }), budget(bound), ...others];
          const { verdict } = previewOf(world);
          if (verdict.kind !== "stuck") return;
          expect(verdict.fix).not.toBe("");
          for (const fix of alternatives(verdict.fix)) {
            const after = previewOf(mended(world, fix));
            expect([fix, after.verdict.kind, after.evictions.blockedReplicas]).toEqual([fix, "drains", undefined]);
          }
        });
      }
    }
  }

  it("is the smallest change first, with numbers: 1 replica under 80 % needs 5, not 2", () => {
    expect(fixOf([deployment({ replicas: 1 }), budget({ minAvailable: "80%" })])).toBe(
      "use maxUnavailable: 1, or 5 replicas, or delete the PDB",
    );
    expect(fixOf([deployment({ replicas: 3 }), budget({ minAvailable: 3 })])).toBe(
      "use maxUnavailable: 1, or 4 replicas, or delete the PDB",
    );
  });

  it("is not another form of the budget while who has no scale stops its sync", () => {
    expect(fixOf([deployment({ replicas: 1 }), budget({ minAvailable: "80%" }), agent])).toBe(
      "select the pods of Deployment web alone, with maxUnavailable: 1, or delete the PDB",
    );
  });

  it("is that unready Pods come back, where nothing else stands in the way", () => {
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "rs", controller: true };
    const set: KubeObject = {
      ...deployment(),
      kind: "ReplicaSet",
      metadata: {
        name: "web-1",
        namespace: "shop",
        uid: "rs",
        ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "d", controller: true }],
      },
    };
    const pods = ["False", "True", "True"].map((status, index): KubeObject => ({
      ...pod({ name: `web-1-${index}`, labels: { app: "web" }, owner }),
      ...{ status: { phase: "Running", conditions: [{ type: "Ready", status }] } },
    }));
    expect(fixOf([deployment({ replicas: 3 }), set, budget({ maxUnavailable: 1 }), ...pods])).toBe("bring its 1 unready pod back");
  });
});

describe("the fix that admission tells", () => {
  const told = (judge: KubeObject, world: readonly KubeObject[], rule: string): string | undefined =>
    validate({ policySet: policies, request: requestFor(judge), context: contextOf(world) }).findings.find((found) => found.rule === rule)
      ?.fix;

  it("is the one of drain preview, whichever object comes second", () => {
    const objects = [deployment({ replicas: 1 }), budget({ minAvailable: "80%" })] as const;
    const [web, guard] = objects;
    for (const fix of [told(web, [guard], "DRAIN-002"), told(guard, [web], "DRAIN-002")]) expect(fix).toBe(fixOf(objects));
  });

  it("counts bare Pods by a whole number, one less than there are", () => {
    const members = [0, 1, 2].map((index) => pod({ name: `web-${index}`, labels: { app: "web" } }));
    const fix = told(budget({ maxUnavailable: 1 }), members, "DRAIN-018");
    expect(fix).toBe("use minAvailable: 2, or delete the PDB");
    expect(
      previewOf([
        { ...members[0], metadata: { name: "web", namespace: "shop", labels: { app: "web" } } } as KubeObject,
        ...members.slice(1),
        budget({ minAvailable: 2 }),
      ]).verdict.kind,
    ).toBe("drains");
  });

  it("of two budgets names the one that has to go", () => {
    const zero = budget({ name: "zero", maxUnavailable: 0, selector });
    expect(told(deployment(), [budget({ maxUnavailable: 1 }), zero], "DRAIN-005")).toBe('delete PodDisruptionBudget "zero"');
    expect(told(deployment(), [budget({ maxUnavailable: 1 }), zero], "DRAIN-004")).toBe("delete the PDB");
    expect(
      told(deployment({ replicas: 1 }), [budget({ maxUnavailable: 1 }), budget({ name: "high", minAvailable: 1, selector })], "DRAIN-002"),
    ).toBe('delete PodDisruptionBudget "high"');
  });
});

function alternatives(fix: string): readonly string[] {
  return fix.split(", or ").map((text) => text.replace(/^use /, ""));
}

/** Writes one alternative into the objects, as a person would. */
function mended(objects: readonly KubeObject[], fix: string): readonly KubeObject[] {
  const [, count] = /^(\d+) replicas?$/.exec(fix) ?? [];
  const [, minReplicas] = /^set minReplicas (\d+) on/.exec(fix) ?? [];
  const [, gone] = /^delete PodDisruptionBudget "(.*)"/.exec(fix) ?? [];
  const [, kept] = /^keep PodDisruptionBudget "(.*?)"/.exec(fix) ?? [];
  const isGone = ({ metadata: { name } }: PodDisruptionBudget): boolean => {
    if (gone !== undefined) return name === gone;
    return kept === undefined ? /^delete (the|both|all \d+) PDBs?$/.test(fix) : name !== kept;
  };
  const isKeptFirst = /^(delete one of the two|keep one of the) PDBs$/.test(fix);
  let seen = 0;
  return objects.flatMap((object): readonly KubeObject[] => {
    if (isBudget(object)) {
      seen += 1;
      if (isGone(object) || (isKeptFirst && seen > 1)) return [];
      const { name = "" } = object.metadata;
      return [fix.includes("maxUnavailable: 1") ? budget({ name, maxUnavailable: 1, selector }) : object] as readonly KubeObject[];
    }
    if (object.kind === "Deployment" && object.metadata.name === "web" && count !== undefined)
      return [deployment({ replicas: Number(count) })];
    if (object.kind === "HorizontalPodAutoscaler" && minReplicas !== undefined)
      return [autoscaler({ minReplicas: Number(minReplicas), maxReplicas: 9 }), deployment({ replicas: Number(minReplicas) })];
    return fix.startsWith("select the pods of Deployment web alone") && object.kind === "DaemonSet" ? [] : [object];
  });
}

function isBudget(object: KubeObject): object is PodDisruptionBudget {
  return object.kind === "PodDisruptionBudget";
}
