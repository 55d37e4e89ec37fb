/**
 * PDB-004: a PodDisruptionBudget of the name that the profile's own would have.
 *
 * Reads the contract of each bound workload and the budgets of its namespace. Nobody's budget is taken over in silence: without one
 * of its own the workload would be drained by somebody else's words.
 */
import { aboutWorkload, pathIn } from "../facts.ts";
import { isChildOf } from "../profile/child-plan.ts";
import { deploymentManifest, profileManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const exampleOf = (disruption: string): string => `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---${profileManifest({ spec: `runtimeClass: general, scaling: {maxReplicas: 9}, disruption: {${disruption}}` })}---${deploymentManifest()}`;

export const pdb004: Rule = {
  id: "PDB-004",
  summary: "Somebody else's PodDisruptionBudget under the name of the profile's own.",
  defaultAction: "deny",
  subjects: ["profile", "workload", "budget"],
  examples: { admitted: exampleOf("adopt: true, maxUnavailable: 1"), denied: exampleOf("maxUnavailable: 1") },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const { binding, contract, workload } = view;
      if (binding.kind !== "bound" || contract?.budget.kind !== "budget" || binding.profile.spec.disruption?.adopt === true) return [];
      const { name = "" } = contract.budget.budget.metadata;
      const holder = facts.snapshot.get("PodDisruptionBudget", { namespace: workload.namespace, name });
      if (holder === undefined || isChildOf(holder, binding.profile)) return [];
      if (facts.subject.kind === "budget" && facts.subject.budget.metadata.name !== name) return [];
      return [
        {
          path: pathIn(facts, { profile: "/spec/disruption", budget: "/metadata/name" }),
          message: `${facts.subject.kind === "profile" ? aboutWorkload(facts, view) : ""}PodDisruptionBudget "${name}" exists and is not owned by this profile`,
          fix: "delete it, or set disruption.adopt: true",
          ...classOf(view),
        },
      ];
    }),
};
