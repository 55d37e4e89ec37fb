/**
 * WorkloadScale: which replica counts a workload may have, and who says so.
 */
import { describe, expect, it } from "vitest";
import type { ScaledObject } from "../../src/api/foreign-autoscaler.ts";
import { workloadScale, type WorkloadScale } from "../../src/kube/workload-scale.ts";
import { autoscaler } from "../support/objects.ts";

function scaledObject(spec: Partial<ScaledObject["spec"]>): ScaledObject {
  return {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name: "queue", namespace: "shop" },
    spec: { scaleTargetRef: { name: "web" }, ...spec },
  };
}

function check(name: string, of: Partial<Parameters<typeof workloadScale>[0]>, expected: WorkloadScale): void {
  it(name, () => {
    expect(workloadScale({ replicas: 3, autoscalers: [], scaledObjects: [], ...of })).toEqual(expected);
  });
}

describe("the scale of a workload", () => {
  check("is its own replicas while nobody scales it", {}, { range: { from: 3, to: 3 }, mayBeZero: false, source: { kind: "workload" } });
  check("of 0 replicas has no Pod", { replicas: 0 }, { range: { from: 1, to: 0 }, mayBeZero: true, source: { kind: "workload" } });
  check("is its autoscaler's range", { autoscalers: [autoscaler({ minReplicas: 2, maxReplicas: 8 })] }, byAutoscaler(2, 8));
  check("of an autoscaler without a minimum starts at 1", { autoscalers: [autoscaler({ maxReplicas: 8 })] }, byAutoscaler(1, 8));
  check(
    "of two autoscalers that quarrel is the widest",
    { autoscalers: [autoscaler({ minReplicas: 4, maxReplicas: 20, name: "second" }), autoscaler({ minReplicas: 2, maxReplicas: 8 })] },
    byAutoscaler(2, 20),
  );
  check(
    "of a ScaledObject starts at the first Pod above 0",
    { scaledObjects: [scaledObject({})] },
    byKeda({ min: 0, from: 1, to: 100, zero: true }),
  );
  check(
    "of a ScaledObject with an idle count leaves out what is between",
    { scaledObjects: [scaledObject({ minReplicaCount: 3, idleReplicaCount: 0, maxReplicaCount: 9 })] },
    byKeda({ min: 3, from: 3, to: 9, zero: true }),
  );
  check(
    "of the autoscaler that KEDA made is the ScaledObject's",
    {
      scaledObjects: [scaledObject({ minReplicaCount: 2, maxReplicaCount: 9 })],
      autoscalers: [
        {
          ...autoscaler({ name: "keda-hpa-queue", minReplicas: 1 }),
          metadata: {
            name: "keda-hpa-queue",
            ownerReferences: [{ apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", name: "queue", uid: "u", controller: true }],
          },
        },
      ],
    },
    byKeda({ min: 2, from: 2, to: 9, zero: false }),
  );
});

function byAutoscaler(from: number, to: number): WorkloadScale {
  return { range: { from, to }, mayBeZero: false, source: { kind: "HorizontalPodAutoscaler", name: "web", minReplicas: from } };
}

function byKeda(of: { min: number; from: number; to: number; zero: boolean }): WorkloadScale {
  const source = { kind: "ScaledObject" as const, name: "queue", minReplicaCount: of.min };
  return { range: { from: of.from, to: of.to }, mayBeZero: of.zero, source };
}
