/**
 * SCALE-001: replicas outside what the profile promises.
 *
 * Reads the replicas of each bound workload that a request touches. Where an autoscaler owns the replicas, the
 * number in the workload's manifest is only where it started, and is not judged; a move towards the bounds never is.
 */
import { countText } from "../count-words.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { termsOf } from "../profile-terms.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, documents, profileManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const exampleOf = (replicas: number): string =>
  documents(
    profileManifest({ spec: "runtimeClass: general, availability: {minReplicas: 3}, scaling: {maxReplicas: 9}" }),
    deploymentManifest({ replicas }),
  );

export const scale001: Rule = {
  id: "SCALE-001",
  summary: "Replicas below the profile's availability.minReplicas, or above its scaling.maxReplicas.",
  defaultAction: "deny",
  examples: { admitted: exampleOf(3), denied: exampleOf(2) },
  judge(facts) {
    const judged = facts.subject.kind === "workload" || facts.subject.kind === "scale" || facts.subject.kind === "profile";
    return judged ? facts.views.flatMap((view) => outOfBounds(facts, view)) : [];
  },
};

function outOfBounds(facts: Facts, view: WorkloadView): readonly Problem[] {
  const { binding, workload, scale } = view;
  const isScaledByOthers = scale.source.kind !== "workload" && facts.subject.kind !== "scale";
  if (binding.kind !== "bound" || !workload.hasScale || isScaledByOthers) return [];
  const terms = termsOf(binding.profile, facts);
  if (terms === undefined) return [];
  // Only a written maximum bounds: what the profile does not say must not refuse a workload that grows.
  const minimum = terms.resolved.minReplicas.value;
  const maximum = binding.profile.spec.scaling?.maxReplicas;
  const { replicas } = workload;
  const previous = view.previousReplicas;
  const name = binding.profile.metadata.name ?? "";
  const below = replicas < minimum && (previous === undefined || replicas < previous);
  const above = maximum !== undefined && replicas > maximum && (previous === undefined || replicas > previous);
  if (!below && !above) return [];
  const bound = below ? `below availability.minReplicas ${minimum}` : `above scaling.maxReplicas ${maximum ?? 0}`;
  return [
    {
      path: pathIn(facts, { workload: "/spec/replicas", scale: "/spec/replicas", profile: below ? "/spec/availability" : "/spec/scaling" }),
      message: `${aboutWorkload(facts, view)}${countText(replicas, "replica")} is ${bound} of profile ${name}`,
      fix: `change the profile first, or keep it ${rangeText(minimum, maximum)}`,
      ...classOf(view),
    },
  ];
}

function rangeText(minimum: number, maximum: number | undefined): string {
  return maximum === undefined ? `at ${minimum} or more` : `in ${minimum}..${maximum}`;
}
