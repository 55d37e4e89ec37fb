/**
 * DRAIN-045: a running Pod that is labelled into a budget.
 *
 * Reads the Pod as it would be, the budgets that select it, and the Pods beside it; for a budget that selects no workload, the
 * running Pods that it selects by labels which somebody put on them. Taking a Pod out of its ReplicaSet and its budgets, to look at
 * it, is nobody's harm.
 */
import type { KubeObject } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import { allowedOf, countsScale, healthyNeeded } from "../../kube/disruption-budget.ts";
import { controllerOf } from "../../kube/owner.ts";
import { isActive } from "../../kube/pod-state.ts";
import { matchesSelector } from "../../kube/selector.ts";
import { budgetNameOf, budgetText } from "../budget-words.ts";
import { scaleAnswer } from "../drain-cover.ts";
import type { Facts } from "../facts.ts";
import { workloadOfPod } from "../pod-owner.ts";
import { budgetExample } from "./drain-examples.ts";
import type { Problem, Rule } from "./rule.ts";

const labelled = `
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}, ownerReferences: [{apiVersion: batch/v1, kind: Job, name: web, uid: a, controller: true}]}
spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
`;

export const drain045: Rule = {
  id: "DRAIN-045",
  summary: "A running Pod under a PodDisruptionBudget that can let none of its Pods go, by a label that somebody put on it.",
  defaultAction: "deny",
  subjects: ["pod-update", "budget"],
  examples: {
    admitted: `${labelled}---${budgetExample("minAvailable: 0")}`,
    denied: `${labelled}---${budgetExample("minAvailable: 2")}`,
  },
  judge(facts) {
    const { subject, views, snapshot } = facts;
    if (subject.kind === "budget") {
      // A plain number that must stay is held against the Pods that there are; what else is over bare Pods, other rules tell.
      const { minAvailable } = subject.budget.spec;
      const isAbove = typeof minAvailable === "number" && minAvailable > views.length;
      const isCounted = isAbove && views.every(({ workload }) => isBare(workload.object));
      if ((views.length > 0 && !isCounted) || podsUnder(subject.budget, facts).length === 0) return [];
      return blockedProblem(subject.budget, facts, "/spec/selector");
    }
    if (subject.kind !== "pod-update") return [];
    const { metadata } = subject.pod;
    const budgets = snapshot
      .list("PodDisruptionBudget", metadata.namespace ?? "")
      .filter((budget) => "spec" in budget && matchesSelector(budget.spec.selector, metadata.labels));
    const [only, second] = budgets;
    if (only === undefined) return [];
    if (second === undefined) return blockedProblem(only, facts, "/metadata/labels");
    return [
      {
        path: "/metadata/labels",
        message: `PodDisruptionBudgets ${budgets.map((budget) => `"${budgetNameOf(budget)}"`).join(", ")} would select this pod; the eviction API refuses pods with several budgets`,
        fix: "use labels that one of them selects",
      },
    ];
  },
};

function isBare(object: KubeObject): boolean {
  return object.kind === "Pod" && controllerOf(object) === undefined;
}

function blockedProblem(budget: PodDisruptionBudget, facts: Facts, path: string): readonly Problem[] {
  const why = whyBlocked(budget, facts);
  if (why === undefined) return [];
  return [
    {
      path,
      message: `${budgetText(budget)} lets none of the pods go that it would select: ${why}`,
      fix: "select pods by labels of their template",
    },
  ];
}

/** Why a budget allows nothing with every one of its running Pods healthy; undefined where it allows something. */
function whyBlocked(budget: PodDisruptionBudget, facts: Facts): string | undefined {
  const pods = podsUnder(budget, facts);
  const scales = new Map<string, number>();
  for (const pod of pods) {
    const namespace = pod.metadata.namespace ?? "";
    const workload = workloadOfPod({ pod, namespace, snapshot: facts.snapshot });
    if (workload === undefined) continue;
    const answer = scaleAnswer(workload);
    if (answer.kind === "scale") scales.set(`${workload.kind}/${workload.name}`, workload.replicas);
    if (answer.kind === "no-scale" && countsScale(budget.spec)) return `${answer.controller} has no scale`;
  }
  const scale = [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  const needed = healthyNeeded({ bounds: budget.spec, pods: pods.length, scale });
  if (!needed.ok || allowedOf({ healthy: pods.length, ...needed.value }) > 0) return undefined;
  return `it needs ${needed.value.desired} of ${needed.value.expected} and has ${pods.length}`;
}

function podsUnder({ metadata, spec }: PodDisruptionBudget, { snapshot }: Facts): readonly Pod[] {
  return snapshot
    .list("Pod", metadata.namespace ?? "")
    .filter((pod) => "spec" in pod && isActive(pod) && matchesSelector(spec.selector, pod.metadata.labels));
}
