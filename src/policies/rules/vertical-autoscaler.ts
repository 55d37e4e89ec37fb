/**
 * CONF-004: two who set the requests of one workload.
 *
 * Reads the VerticalPodAutoscalers of the namespace and the profile of each workload. One that evicts Pods to change what the
 * profile has set would do so for ever; a profile that leaves requests to one that is not there leaves them unset, and what it
 * states beside that has no effect. An autoscaler that counts shares of requests which a VPA changes is chased by it.
 */
import type { VerticalContainerPolicy, VerticalPodAutoscaler } from "../../api/foreign-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "../../api/horizontal-pod-autoscaler.ts";
import type { QuantityText } from "../../api/object.ts";
import type { WorkloadProfileSpec } from "../../api/workload-profile.ts";
import { compareQuantities, isQuantity } from "../../kube/quantity.ts";
import { pathIn, type Facts } from "../facts.ts";
import { autoscalersOf } from "../workload-autoscalers.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, profileManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";
import { workloadTitle } from "../../kube/workload.ts";

const exampleOf = (mode: string): string => `
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, updatePolicy: {updateMode: ${mode}}}
---${profileManifest({ spec: "runtimeClass: general, scaling: {maxReplicas: 9}, compute: {cpuRequest: 500m, memoryRequest: 256Mi}" })}---${deploymentManifest({ pod: "containers: [{name: app}]" })}`;

export const conf004: Rule = {
  id: "CONF-004",
  summary:
    "A VerticalPodAutoscaler and a profile that both set the requests of one workload. It warns of requests that no autoscaler sets, amounts without effect, bounds beyond the class, and an autoscaler by the same resource.",
  defaultAction: "deny",
  needs: ["vertical"],
  subjects: ["workload", "profile"],
  examples: { admitted: exampleOf('"Off"'), denied: exampleOf("Auto") },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const own = facts.snapshot.list("VerticalPodAutoscaler", view.workload.namespace).filter((vpa) => targets(vpa, view));
      return [...ownerProblems(facts, view, own), ...chasing(facts, view, own)];
    }),
};

function ownerProblems(facts: Facts, view: WorkloadView, own: readonly VerticalPodAutoscaler[]): readonly Problem[] {
  if (view.binding.kind !== "bound") return [];
  const { compute } = view.binding.profile.spec;
  switch (compute?.managedBy ?? "profile") {
    case "profile":
      return twoOwners(facts, view, own);
    case "vpa":
      return [...unset(facts, view, own), ...dropped(facts, view, compute), ...own.flatMap((vpa) => outOfClass(facts, view, vpa))];
    case "none":
      return dropped(facts, view, compute);
  }
}

function twoOwners(facts: Facts, view: WorkloadView, own: readonly VerticalPodAutoscaler[]): readonly Problem[] {
  const writing = own.find((vpa) => modeOf(vpa) !== "Off");
  if (writing === undefined) return [];
  return [
    told(facts, view, {
      message: `VPA "${writing.metadata.name ?? ""}" in mode ${modeOf(writing)} also sets requests of ${workloadTitle(view.workload)}`,
      fix: "compute.managedBy: vpa or VPA Off",
    }),
  ];
}

/** It may come a moment later, so this only warns. */
function unset(facts: Facts, view: WorkloadView, own: readonly VerticalPodAutoscaler[]): readonly Problem[] {
  if (own.some((vpa) => modeOf(vpa) !== "Off")) return [];
  return [
    {
      ...told(facts, view, {
        message: `compute.managedBy is vpa, but no VerticalPodAutoscaler sets requests of ${workloadTitle(view.workload)}`,
        fix: "add one, or compute.managedBy: profile",
      }),
      action: "warn",
    },
  ];
}

/** Amounts that the profile states and no controller writes. */
function dropped(facts: Facts, view: WorkloadView, compute: WorkloadProfileSpec["compute"]): readonly Problem[] {
  const stated = amounts.filter((name) => compute?.[name] !== undefined);
  if (stated.length === 0) return [];
  const have = stated.length === 1 ? "has" : "have";
  return [
    {
      ...told(facts, view, {
        message: `compute.${stated.join(", ")} ${have} no effect: compute.managedBy is ${compute?.managedBy ?? ""}, so Pods of ${workloadTitle(view.workload)} keep what their template says`,
        fix: `remove ${stated.length === 1 ? "it" : "them"}, or compute.managedBy: profile`,
      }),
      action: "warn",
    },
  ];
}

const amounts = ["cpuRequest", "memoryRequest", "ephemeralStorageRequest", "cpuLimit", "memoryLimit", "containers"] as const;

/** Bounds of a VPA beyond those of the class: it would set what the profile may not ask for. */
function outOfClass(facts: Facts, view: WorkloadView, vpa: VerticalPodAutoscaler): readonly Problem[] {
  const { workloadClass } = view;
  if (workloadClass === undefined || modeOf(vpa) === "Off") return [];
  const problems = policiesOf(vpa).flatMap(({ minAllowed, maxAllowed }) =>
    controlled.flatMap((resource) => {
      const { min, max } = workloadClass.requests[resource];
      const [low, high] = [minAllowed?.[resource], maxAllowed?.[resource]];
      return [
        ...(high !== undefined && max !== undefined && isMore(high, max)
          ? [{ field: `maxAllowed ${resource} ${high}`, bound: `at most ${max}` }]
          : []),
        ...(low !== undefined && min !== undefined && isMore(min, low)
          ? [{ field: `minAllowed ${resource} ${low}`, bound: `at least ${min}` }]
          : []),
      ];
    }),
  );
  return problems.map(({ field, bound }) => ({
    ...told(facts, view, {
      message: `VPA "${vpa.metadata.name ?? ""}" may set what class "${workloadClass.name}" does not allow: ${field}, where requests are ${bound}`,
      fix: `bound the VPA as the class does, ${bound}`,
    }),
    action: "warn",
  }));
}

function isMore(one: QuantityText, other: QuantityText): boolean {
  return isQuantity(one) && isQuantity(other) && compareQuantities(one, other) > 0;
}

/** An autoscaler that counts shares of a request, and one that changes the request, answer each other for ever. */
function chasing(facts: Facts, view: WorkloadView, own: readonly VerticalPodAutoscaler[]): readonly Problem[] {
  const writing = own.find((vpa) => modeOf(vpa) !== "Off");
  if (writing === undefined) return [];
  const set = controlledBy(writing);
  return autoscalersOf(view.workload, facts.snapshot).autoscalers.flatMap((autoscaler): readonly Problem[] => {
    const shared = scaledBy(autoscaler).filter((resource) => set.has(resource));
    if (shared.length === 0) return [];
    const what = shared.join(" and ");
    return [
      {
        ...told(facts, view, {
          message: `HorizontalPodAutoscaler "${autoscaler.metadata.name ?? ""}" scales ${workloadTitle(view.workload)} by ${what} and VPA "${writing.metadata.name ?? ""}" sets its ${what} requests: each undoes the other`,
          fix: `leave ${what} out of the VPA's controlledResources, or scale by another metric`,
        }),
        action: "warn",
      },
    ];
  });
}

const controlled = ["cpu", "memory"] as const;

function policiesOf({ spec }: VerticalPodAutoscaler): readonly VerticalContainerPolicy[] {
  return (spec.resourcePolicy?.containerPolicies ?? []).filter(({ mode }) => mode !== "Off");
}

/** Containers without a policy of their own, or a policy for all others, are controlled whole. */
function controlledBy(vpa: VerticalPodAutoscaler): ReadonlySet<string> {
  const policies = vpa.spec.resourcePolicy?.containerPolicies ?? [];
  if (!policies.some(({ containerName }) => containerName === "*")) return new Set(controlled);
  return new Set(policiesOf(vpa).flatMap(({ controlledResources }) => controlledResources ?? controlled));
}

/** Resources whose share of the request an autoscaler holds; without metrics it holds 80 % of CPU. */
function scaledBy({ spec }: HorizontalPodAutoscaler): readonly string[] {
  if ((spec.metrics ?? []).length === 0) return ["cpu"];
  const metrics = (spec.metrics ?? []).flatMap(({ resource }) =>
    resource?.target.averageUtilization === undefined ? [] : [resource.name],
  );
  return [...new Set(metrics)].sort();
}

function told(facts: Facts, view: WorkloadView, of: { readonly message: string; readonly fix: string }): Problem {
  return { path: pathIn(facts, { profile: "/spec/compute" }), ...of, ...classOf(view) };
}

function targets({ spec }: VerticalPodAutoscaler, { workload }: WorkloadView): boolean {
  return spec.targetRef?.kind === workload.kind && spec.targetRef.name === workload.name;
}

function modeOf({ spec }: VerticalPodAutoscaler): string {
  return spec.updatePolicy?.updateMode ?? "Auto";
}
