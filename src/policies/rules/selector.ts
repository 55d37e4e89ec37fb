/**
 * SEL-001: a workload whose selector misses its own Pods.
 *
 * Reads the selector and the labels of the Pod template. The API server refuses such a workload of a built-in kind, in words that
 * name neither label; a Rollout it lets in, and its controller does nothing.
 */
import { missesOwnPods } from "../../kube/controller-labels.ts";
import { workloadTitle } from "../../kube/workload.ts";
import { deploymentManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

export const sel001: Rule = {
  id: "SEL-001",
  summary: "A workload whose selector does not match the labels of its own Pod template: it never has a Pod.",
  defaultAction: "deny",
  why: "The API server refuses it, too, for every kind of its own.",
  needs: ["unmet"],
  subjects: ["workload"],
  examples: {
    admitted: deploymentManifest(),
    denied: deploymentManifest().replace("selector: {matchLabels: {app: web}}", "selector: {matchLabels: {app: wbe}}"),
  },
  judge: ({ views }) =>
    views.flatMap((view): readonly Problem[] => {
      const { workload } = view;
      if (!missesOwnPods(workload)) return [];
      const { matchLabels = {} } = workload.selector ?? {};
      const labels = workload.template.metadata?.labels ?? {};
      const [wrong] = Object.entries(matchLabels).filter(([key, value]) => labels[key] !== value);
      const words =
        wrong === undefined
          ? "its expressions do not match them"
          : `it asks for ${wrong[0]}: ${wrong[1]}, and they have ${labels[wrong[0]] === undefined ? "none" : `${labels[wrong[0]]}`}`;
      return [
        {
          path: "/spec/selector",
          message: `the selector of ${workloadTitle(workload)} misses its own pods: ${words}`,
          fix: "give selector and template the same labels",
          ...classOf(view),
        },
      ];
    }),
};
