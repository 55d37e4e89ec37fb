/**
 * CONF-004: two who set the requests of one workload.
 *
 * Reads the VerticalPodAutoscalers of the namespace and the profile of each workload. One that evicts Pods to change what the
 * profile has set would do so for ever; a profile that leaves requests to one that is not there leaves them to nobody.
 */
import type { VerticalPodAutoscaler } from "../../api/foreign-autoscaler.ts";
import { pathIn, type Facts } from "../facts.ts";
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
  summary: "A VerticalPodAutoscaler and a profile that both set the requests of one workload. Requests that are left to nobody warn.",
  defaultAction: "deny",
  needs: ["vertical"],
  subjects: ["workload", "profile"],
  examples: { admitted: exampleOf('"Off"'), denied: exampleOf("Auto") },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      if (view.binding.kind !== "bound") return [];
      const owner = view.binding.profile.spec.compute?.managedBy ?? "profile";
      if (owner === "none") return [];
      const own = facts.snapshot.list("VerticalPodAutoscaler", view.workload.namespace).filter((vpa) => targets(vpa, view));
      return owner === "profile" ? twoOwners(facts, view, own) : nobody(facts, view, own);
    }),
};

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
function nobody(facts: Facts, view: WorkloadView, own: readonly VerticalPodAutoscaler[]): readonly Problem[] {
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

function told(facts: Facts, view: WorkloadView, of: { readonly message: string; readonly fix: string }): Problem {
  return { path: pathIn(facts, { profile: "/spec/compute" }), ...of, ...classOf(view) };
}

function targets({ spec }: VerticalPodAutoscaler, { workload }: WorkloadView): boolean {
  return spec.targetRef?.kind === workload.kind && spec.targetRef.name === workload.name;
}

function modeOf({ spec }: VerticalPodAutoscaler): string {
  return spec.updatePolicy?.updateMode ?? "Auto";
}
