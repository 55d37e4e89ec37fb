import { describe, expect, it } from "vitest";
import type { ScaledObject } from "../../../src/api/foreign-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "../../../src/api/horizontal-pod-autoscaler.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { WorkloadProfileSpec } from "../../../src/api/workload-profile.ts";
import { planAutoscalers } from "../../../src/policies/profile/autoscaler-plan.ts";
import { autoscaler, cronJob, deployment, profile, statefulSet } from "../../support/objects.ts";
import { batchClass } from "../../support/workload-class.ts";
import { contractOf, workload } from "./contract-of.ts";

type Scaling = NonNullable<WorkloadProfileSpec["scaling"]>;

function compiled(scaling: Scaling, object: KubeObject = deployment({ replicas: 3 })) {
  return contractOf({ availability: { minReplicas: 3 }, scaling: { maxReplicas: 50, ...scaling } }, { workload: workload(object) })
    .autoscaler;
}

function made(scaling: Scaling = {}, object?: KubeObject): HorizontalPodAutoscaler {
  const answer = compiled({ manage: "hpa", ...scaling }, object);
  if (answer.kind !== "autoscaler") throw new Error(answer.kind);
  return answer.autoscaler;
}

describe("the autoscaler of a profile", () => {
  it("keeps its bounds, holds cpu at 70%, and grows by at most maxBurstPods a minute", () => {
    expect(made({ maxBurstPods: 20 })).toEqual({
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: {
        name: "web",
        namespace: "shop",
        labels: { "app.kubernetes.io/managed-by": "workloadprofile" },
        ownerReferences: [
          { apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", name: "web", uid: "uid-shop-web", controller: true },
        ],
      },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        minReplicas: 3,
        maxReplicas: 50,
        metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } }],
        behavior: { scaleUp: { selectPolicy: "Max", policies: [{ type: "Pods", value: 20, periodSeconds: 60 }] } },
      },
    });
    expect(made().spec.behavior?.scaleUp?.policies?.[0]?.value).toBe(47);
  });

  it("reads percentages as shares of the request, quantities as averages, and metrics from outside by name", () => {
    const metrics: Scaling["metrics"] = [
      { type: "cpu", target: "60%" },
      { type: "memory", target: "500Mi" },
      { type: "external", name: "queue", target: 30 },
      { type: "external", target: "5" },
    ];
    expect(made({ metrics, lagMetric: "lag" }).spec.metrics).toEqual([
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } } },
      { type: "Resource", resource: { name: "memory", target: { type: "AverageValue", averageValue: "500Mi" } } },
      { type: "External", external: { metric: { name: "queue" }, target: { type: "AverageValue", averageValue: "30" } } },
      { type: "External", external: { metric: { name: "lag" }, target: { type: "AverageValue", averageValue: "5" } } },
    ]);
  });

  it("is refused for a metric without a name", () => {
    expect(compiled({ manage: "hpa", metrics: [{ type: "external", target: 1 }] })).toMatchObject({ kind: "refused" });
  });

  it("is not made where nobody asks, where the kind has no scale, and where the profile only validates", () => {
    expect(compiled({}).kind).toBe("none");
    expect(contractOf({ scaling: { manage: "hpa" } }, { workload: workload(cronJob()) }).autoscaler.kind).toBe("none");
    expect(contractOf({ scaling: { manage: "hpa" }, validateOnly: true }).autoscaler.kind).toBe("none");
  });

  it("never asks for no replica, which the API server does not take", () => {
    const { autoscaler: of } = contractOf({ scaling: { manage: "hpa", maxReplicas: 9 } }, { class: batchClass() });
    expect(of).toMatchObject({ autoscaler: { spec: { minReplicas: 1 } } });
  });

  it("of another kind or name is named after both", () => {
    expect(made({}, statefulSet({ name: "db" })).metadata.name).toBe("web-statefulset-db");
  });
});

describe("what is written for a profile's autoscalers", () => {
  const web = profile();
  const wanted = made();
  /** As the API server gives it back: filled in. */
  const stored: HorizontalPodAutoscaler = {
    ...wanted,
    metadata: { ...wanted.metadata, uid: "u", resourceVersion: "7" },
    spec: {
      ...wanted.spec,
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 0, ...wanted.spec.behavior?.scaleUp },
        scaleDown: { selectPolicy: "Max", policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] },
      },
    },
  };
  const scaledObject: ScaledObject = {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name: "k", namespace: "shop" },
    spec: { scaleTargetRef: { name: "web" } },
  };
  function check(
    name: string,
    world: {
      readonly desired?: readonly HorizontalPodAutoscaler[];
      readonly observed?: readonly HorizontalPodAutoscaler[];
      readonly scaledObjects?: readonly ScaledObject[];
    },
    expected: { readonly create?: string[]; readonly replace?: string[]; readonly remove?: string[]; readonly refused?: string[] },
  ) {
    it(name, () => {
      const plan = planAutoscalers({ profile: web, inDoubt: false, desired: [wanted], observed: [], scaledObjects: [], ...world });
      const names = (list: readonly HorizontalPodAutoscaler[]) => list.map(({ metadata }) => metadata.name);
      const { create, replace, remove, refused } = plan;
      expect({ create: names(create), replace: names(replace), remove: names(remove), refused: refused.map(({ text }) => text) }).toEqual({
        ...{ create: [], replace: [], remove: [], refused: [] },
        ...expected,
      });
    });
  }
  check("one that is missing is made", {}, { create: ["web"] });
  check("one that the API server has filled in is left alone", { observed: [stored] }, {});
  check("one with other bounds is replaced", { observed: [{ ...stored, spec: { ...stored.spec, maxReplicas: 9 } }] }, { replace: ["web"] });
  check(
    "one with a further signal is replaced",
    { observed: [{ ...stored, spec: { ...stored.spec, metrics: [] } }] },
    { replace: ["web"] },
  );
  check("one that nobody wants is taken away", { desired: [], observed: [stored] }, { remove: ["web"] });
  check(
    "none is made beside somebody's autoscaler",
    { observed: [autoscaler({ name: "theirs", target: { kind: "Deployment", name: "web" } })] },
    {
      refused: ['HorizontalPodAutoscaler "theirs" already scales Deployment web'],
    },
  );
  check(
    "ours goes where KEDA scales the workload",
    { observed: [stored], scaledObjects: [scaledObject] },
    {
      remove: ["web"],
      refused: ['ScaledObject "k" already scales Deployment web'],
    },
  );
  check(
    "a name that somebody holds for another workload is not taken",
    { observed: [autoscaler({ name: "web", target: { kind: "Deployment", name: "other" } })] },
    { refused: ['HorizontalPodAutoscaler "web" exists and is not owned by this profile'] },
  );
  it("a quantity that the API server writes its own way is the same", () => {
    const half = made({ metrics: [{ type: "cpu", target: "0.5" }] });
    const metrics = [{ type: "Resource", resource: { name: "cpu", target: { type: "AverageValue", averageValue: "500m" } } }];
    const observed = [{ ...half, spec: { ...half.spec, metrics } }];
    expect(planAutoscalers({ profile: web, inDoubt: false, desired: [half], observed, scaledObjects: [] }).replace).toEqual([]);
  });
});
