/**
 * Changes that a controller undoes or replaces: the reply warns of each.
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { validate } from "../../src/policies/evaluate.ts";
import { contextOf, policySet, requestFor } from "../support/admission.ts";
import { autoscaler, budget, deployment, profile } from "../support/objects.ts";

const web = profile({
  spec: {
    ...{ runtimeClass: "general", availability: { minReplicas: 3 }, scaling: { maxReplicas: 9 } },
    compute: { mode: "set", cpuRequest: "500m", memoryRequest: "256Mi" },
  },
});
const running = deployment({ replicas: 3 });
const policies = policySet();

function warningsOf(object: KubeObject, old: KubeObject, world: readonly KubeObject[]): readonly string[] {
  const verdict = validate({ policySet: policies, request: requestFor(object, { old }), context: contextOf(world) });
  expect(verdict.findings.filter(({ action }) => action === "deny")).toEqual([]);
  return verdict.warnings.filter((text) => !/^\[|^how to start/.test(text));
}

function deletionOf(object: KubeObject, world: readonly KubeObject[]): readonly string[] {
  const { uid, kind, resource, name, namespace, userInfo, dryRun } = requestFor(object);
  const request = { uid, operation: "DELETE", kind, resource, name, namespace, oldObject: object, userInfo, dryRun } as const;
  const verdict = validate({ policySet: policies, request, context: contextOf(world) });
  expect(verdict.allowed).toBe(true);
  return verdict.warnings;
}

describe("kubectl set resources", () => {
  const larger = deployment({ replicas: 3, requests: { cpu: "2", memory: "128Mi" } });

  it("warn where the profile sets the sizes", () => {
    expect(warningsOf(larger, running, [web, running])).toEqual([
      'container "app": Pods keep the cpu request 500m of WorkloadProfile web, not 2: change spec.compute',
    ]);
  });

  it("is not where nothing sets them, nor for what the update leaves alone", () => {
    expect(warningsOf(larger, running, [running])).toEqual([]);
    expect(warningsOf(deployment({ replicas: 4 }), running, [web, running])).toEqual([]);
  });
});

describe("kubectl edit of the replicas beside an autoscaler", () => {
  const scaler = autoscaler({ minReplicas: 3, maxReplicas: 9 });

  it("warn where they go below the profile's minimum, which the autoscaler sets again", () => {
    expect(warningsOf(deployment({ replicas: 2 }), running, [web, running, scaler])).toEqual([
      "2 replicas is below minReplicas 3 of WorkloadProfile web: HorizontalPodAutoscaler web sets them again",
    ]);
    expect(warningsOf(deployment({ replicas: 4 }), running, [web, running, scaler])).toEqual([]);
  });
});

describe("a budget that a profile compiles", () => {
  const plain = budget({ maxUnavailable: 1 });
  const owner = { apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", name: "web", uid: web.metadata.uid ?? "" };
  const compiled = {
    ...plain,
    metadata: { ...plain.metadata, labels: { "app.kubernetes.io/managed-by": "workloadprofile" }, ownerReferences: [owner] },
    spec: { ...plain.spec, unhealthyPodEvictionPolicy: "AlwaysAllow" as const },
  };
  const patched = { ...compiled, spec: { ...compiled.spec, maxUnavailable: 2 } };

  it("warns that it comes back when a person patches or deletes it", () => {
    expect(warningsOf(patched, compiled, [web, running, compiled])).toEqual([
      "WorkloadProfile web compiles PodDisruptionBudget web and undoes this: change spec.disruption of the profile",
    ]);
    expect(deletionOf(compiled, [web, running, compiled])).toContain("WorkloadProfile web makes PodDisruptionBudget web again");
  });

  it("is no news where its profile's controller writes it, nor another budget", () => {
    expect(warningsOf(compiled, patched, [web, running, patched])).toEqual([]);
    expect(warningsOf(budget({ maxUnavailable: 2 }), plain, [running, plain])).toEqual([]);
  });
});

describe("the deletion of a profile", () => {
  it("names the workloads that run by it, and is let in", () => {
    expect(deletionOf(web, [web, running])).toContain("Deployment web runs by this profile: its next Pods get none of it");
    expect(deletionOf(web, [web])).toEqual([]);
  });
});
