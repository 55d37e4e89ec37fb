/**
 * DRAIN-044: a PodDisruptionBudget over some Pods of a workload, told apart by a label that no template has.
 *
 * Reads the foreign budgets of each workload that a request touches, where their selector asks for a StatefulSet's Pod name or
 * ordinal, or for the zone that newer Kubernetes writes on Pods (kube/controller-labels.ts).
 */
import { budgetNameOf, budgetText } from "../budget-words.ts";
import { aboutWorkload, pathIn } from "../facts.ts";
import { partialBlock } from "../partial-cover.ts";
import { budgetExample, deploymentExample } from "./drain-examples.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";
import { workloadTitle } from "../../kube/workload.ts";

const members = deploymentExample({ kind: "StatefulSet", replicas: 3 });

export const drain044: Rule = {
  id: "DRAIN-044",
  summary: "A PodDisruptionBudget over some Pods of a workload that leaves them 0 evictions: its controller counts all replicas.",
  defaultAction: "deny",
  needs: ["budget"],
  subjects: ["workload", "scale", "budget", "autoscaler", "scaled-object"],
  examples: {
    admitted: `${members}---${budgetExample("maxUnavailable: 1")}`,
    denied: `${members}---${budgetExample("maxUnavailable: 1", { selector: "{matchLabels: {statefulset.kubernetes.io/pod-name: web-0}}" })}`,
  },
  judge(facts) {
    const { subject, views, snapshot } = facts;
    const only = subject.kind === "budget" ? budgetNameOf(subject.budget) : undefined;
    return views.flatMap((view) =>
      view.foreignBudgets
        .filter((budget) => only === undefined || budgetNameOf(budget) === only)
        .flatMap((budget): readonly Problem[] => {
          const block = partialBlock(budget, view, snapshot);
          if (block === undefined) return [];
          return [
            {
              path: pathIn(facts, { budget: "/spec/selector" }),
              message: `${aboutWorkload(facts, view)}${budgetText(budget)} selects ${block.selected} of ${block.replicas} pods of ${workloadTitle(view.workload)} by ${block.label}, and leaves them 0 evictions`,
              fix: "select all pods of the workload by labels of its Pod template",
              ...classOf(view),
            },
          ];
        }),
    );
  },
};
