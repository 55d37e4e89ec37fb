/**
 * CONF-002 and CONF-003: two who set the replicas of one workload.
 *
 * Reads the HorizontalPodAutoscalers and KEDA ScaledObjects at each workload, and its profile. Whoever comes second is told; what a
 * profile makes itself, and what KEDA makes of a ScaledObject, is told where it was asked for.
 */
import type { HorizontalPodAutoscaler } from "../../api/horizontal-pod-autoscaler.ts";
import { controllerOf } from "../../kube/owner.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { termsOf } from "../profile-terms.ts";
import { isChildOf } from "../profile/child-plan.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, profileManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const deployment = deploymentManifest({ replicas: 3 });

const profile = profileManifest({ spec: "runtimeClass: general, availability: {minReplicas: 3}, scaling: {maxReplicas: 9}" });

const autoscalerOf = (minReplicas: number): string => `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {minReplicas: ${minReplicas}, maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
`;

const scaledObjectOf = (target: string): string => `
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web, namespace: shop}
spec: {minReplicaCount: 3, maxReplicaCount: 9, scaleTargetRef: {name: ${target}}, triggers: []}
`;

export const conf002: Rule = {
  id: "CONF-002",
  summary: "An autoscaler that may leave the bounds of the profile.",
  defaultAction: "deny",
  needs: ["autoscaled"],
  subjects: ["autoscaler", "scaled-object", "profile", "workload"],
  examples: {
    admitted: `${profile}---${deployment}---${autoscalerOf(3)}`,
    denied: `${profile}---${deployment}---${autoscalerOf(1)}`,
  },
  judge: (facts) => facts.views.flatMap((view) => boundsOf(facts, view)),
};

export const conf003: Rule = {
  id: "CONF-003",
  summary: "Two autoscalers of one workload: each undoes what the other does.",
  defaultAction: "deny",
  needs: ["autoscaled"],
  subjects: ["autoscaler", "scaled-object", "profile", "workload"],
  examples: {
    admitted: `${deployment}---${autoscalerOf(3)}---${scaledObjectOf("other")}`,
    denied: `${deployment}---${autoscalerOf(3)}---${scaledObjectOf("web")}`,
  },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const text = quarrelOf(view);
      if (text === undefined) return [];
      return [
        {
          path: pathIn(facts, { autoscaler: "/spec/scaleTargetRef", "scaled-object": "/spec/scaleTargetRef", profile: "/spec/scaling" }),
          message: text.message,
          fix: text.fix,
          ...classOf(view),
        },
      ];
    }),
};

interface Bounds {
  readonly kind: "HorizontalPodAutoscaler" | "ScaledObject";
  readonly name: string;
  readonly min: { readonly field: string; readonly value: number };
  readonly max: { readonly field: string; readonly value: number };
}

function boundsOf(facts: Facts, view: WorkloadView): readonly Problem[] {
  const { binding } = view;
  if (binding.kind !== "bound" || (view.autoscalers.length === 0 && view.scaledObjects.length === 0)) return [];
  const terms = termsOf(binding.profile, facts);
  if (terms === undefined) return [];
  const minimum = terms.resolved.minReplicas.value;
  // As for SCALE-001, only a written maximum bounds.
  const maximum = binding.profile.spec.scaling?.maxReplicas;
  return boundsAt(view).flatMap(({ kind, name, min, max }): readonly Problem[] => {
    const short = kind === "HorizontalPodAutoscaler" ? "HPA" : kind;
    const told = (of: { readonly field: string; readonly value: number; readonly bound: string; readonly wanted: number }): Problem => ({
      path: pathIn(facts, {
        autoscaler: `/spec/${of.field}`,
        "scaled-object": `/spec/${of.field}`,
        profile: of.wanted === minimum ? "/spec/availability" : "/spec/scaling",
      }),
      message: `${workloadWords(facts, view)}${kind} "${name}" ${of.field} ${of.value} is ${of.bound} ${of.wanted}`,
      fix: `set ${short} ${of.field} ${of.wanted}`,
      ...(isJudged(facts, name)
        ? {
            patch: [
              {
                op: of.value === defaultOf(of.field) ? ("add" as const) : ("replace" as const),
                path: `/spec/${of.field}`,
                value: of.wanted,
              },
            ],
          }
        : {}),
      ...classOf(view),
    });
    return [
      ...(min.value < minimum ? [told({ ...min, bound: "below profile minReplicas", wanted: minimum })] : []),
      ...(maximum !== undefined && max.value > maximum ? [told({ ...max, bound: "above profile maxReplicas", wanted: maximum })] : []),
    ];
  });
}

/** A field that may have been left out is added, which sets it either way. */
function defaultOf(field: string): number | undefined {
  return { minReplicas: 1, minReplicaCount: 0, maxReplicaCount: 100 }[field];
}

function isJudged({ subject }: Facts, name: string): boolean {
  if (subject.kind === "autoscaler") return subject.autoscaler.metadata.name === name;
  return subject.kind === "scaled-object" && subject.scaledObject.metadata.name === name;
}

/** Only a profile may bind several workloads; an autoscaler has one target. */
function workloadWords(facts: Facts, view: WorkloadView): string {
  return facts.subject.kind === "profile" ? aboutWorkload(facts, view) : "";
}

/** A ScaledObject that may go to zero asks the profile for a minimum of zero; its idle count is below its minimum. */
function boundsAt(view: WorkloadView): readonly Bounds[] {
  const autoscalers = foreignAutoscalers(view).map(({ metadata, spec }): Bounds => ({
    kind: "HorizontalPodAutoscaler",
    name: metadata.name ?? "",
    min: { field: "minReplicas", value: spec.minReplicas ?? 1 },
    max: { field: "maxReplicas", value: spec.maxReplicas },
  }));
  const scaledObjects = view.scaledObjects.map(({ metadata, spec }): Bounds => ({
    kind: "ScaledObject",
    name: metadata.name ?? "",
    min:
      spec.idleReplicaCount === undefined
        ? { field: "minReplicaCount", value: spec.minReplicaCount ?? 0 }
        : { field: "idleReplicaCount", value: spec.idleReplicaCount },
    max: { field: "maxReplicaCount", value: spec.maxReplicaCount ?? 100 },
  }));
  return [...autoscalers, ...scaledObjects];
}

/** Those that a person wrote: neither KEDA's nor the profile's own. */
function foreignAutoscalers({ autoscalers, binding }: WorkloadView): readonly HorizontalPodAutoscaler[] {
  return autoscalers.filter(
    (autoscaler) =>
      controllerOf(autoscaler)?.kind !== "ScaledObject" && !(binding.kind === "bound" && isChildOf(autoscaler, binding.profile)),
  );
}

function quarrelOf(view: WorkloadView): { readonly message: string; readonly fix: string } | undefined {
  const autoscalers = foreignAutoscalers(view).map(({ metadata }) => metadata.name ?? "");
  const scaledObjects = view.scaledObjects.map(({ metadata }) => metadata.name ?? "");
  const workload = `${view.workload.kind} ${view.workload.name}`;
  const fix = "delete one";
  const [keda, otherKeda] = scaledObjects;
  const [first, second] = autoscalers;
  if (keda !== undefined && first !== undefined) return { message: `HPA and KEDA ScaledObject "${keda}" both scale ${workload}`, fix };
  if (first !== undefined && second !== undefined) return { message: `HPAs "${first}" and "${second}" both scale ${workload}`, fix };
  if (keda !== undefined && otherKeda !== undefined)
    return { message: `KEDA ScaledObjects "${keda}" and "${otherKeda}" both scale ${workload}`, fix };
  const rival = keda === undefined ? first : keda;
  if (rival === undefined || view.contract?.autoscaler.kind !== "autoscaler") return undefined;
  const kind = keda === undefined ? "HorizontalPodAutoscaler" : "ScaledObject";
  return { message: `${kind} "${rival}" already scales ${workload}`, fix: "delete it, or set scaling.manage: none" };
}
