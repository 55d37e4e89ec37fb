/**
 * DRAIN-046 and -047: workloads in deletion.
 *
 * Reads the workload, its replicas before and after, and the budgets that select its Pods. With a finalizer it stands for as long as that
 * does, and its Pods run; but its controller makes no new ones, while the disruption controller expects the number that is written.
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { evictionsAtScale } from "../../kube/eviction-proof.ts";
import { workloadTitle } from "../../kube/workload.ts";
import { budgetNameOf, budgetText } from "../budget-words.ts";
import { covering, guardsOf } from "../drain-cover.ts";
import type { Facts } from "../facts.ts";
import { podsOf } from "../stray-pods.ts";
import { isOrphaning, leavesPodsAlone } from "../workload-deletion.ts";
import type { WorkloadView } from "../workload-view.ts";
import { budgetExample, scaleExample } from "./drain-examples.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const held = (deletion: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, finalizers: [example.com/hold]${deletion}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
`;

export const drain046: Rule = {
  id: "DRAIN-046",
  summary: "More replicas for a workload in deletion: no controller makes its Pods, and a budget waits for them for ever.",
  defaultAction: "deny",
  subjects: ["workload", "scale"],
  examples: {
    admitted: `${held("")}---${scaleExample(4)}`,
    denied: `${held(", deletionTimestamp: '2026-11-30T00:00:00Z'")}---${scaleExample(4)}`,
  },
  judge: ({ views }: Facts) =>
    views.flatMap((view): readonly Problem[] => {
      const { workload, previousReplicas: from } = view;
      if (from === undefined || workload.replicas <= from || workload.object.metadata.deletionTimestamp === undefined) return [];
      return [
        {
          path: "/spec/replicas",
          message: `${workloadTitle(workload)} is being deleted: its controller makes no pods any more, and budgets would wait for ${workload.replicas}`,
          fix: `keep ${from} or fewer, or take off its finalizers and create it anew`,
          ...classOf(view),
        },
      ];
    }),
};

const leaving = `
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}, ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: a, controller: true}]}
spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: shop, uid: a, finalizers: [example.com/hold], deletionTimestamp: '2026-11-30T00:00:00Z'}
spec:
  replicas: 2
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
`;

export const drain047: Rule = {
  id: "DRAIN-047",
  summary:
    "A PodDisruptionBudget over Pods of a workload in deletion: no controller makes them again, and the last of them can't be evicted.",
  defaultAction: "deny",
  why: "A deletion is never refused: it gets a warning, an Event and a result in the report. A new budget over such Pods is refused.",
  subjects: ["workload", "budget"],
  examples: {
    admitted: `${leaving}---${budgetExample("minAvailable: 0")}`,
    denied: `${leaving}---${budgetExample("minAvailable: 1")}`,
  },
  judge: ({ views, subject, snapshot }: Facts) =>
    views.flatMap((view): readonly Problem[] => {
      const { workload } = view;
      if (!leavesPodsAlone(workload.object) || podsOf(workload, snapshot).length === 0) return [];
      const only = subject.kind === "budget" ? budgetNameOf(subject.budget) : undefined;
      const budgets = guardsOf(view).filter((budget) => only === undefined || budgetNameOf(budget) === only);
      return budgets
        .filter((budget) => keepsLast(budget, view, snapshot))
        .map((budget) => ({
          path: "",
          message: `${budgetText(budget)} keeps the last pod: ${workloadTitle(workload)} is being deleted, and no controller makes its pods again`,
          fix: `delete the PDB, or ${isOrphaning(workload.object) ? "create the workload again" : "take off the finalizers of the workload"}`,
          ...classOf(view),
        }));
    }),
};

/** Others under the budget may be enough for it. */
function keepsLast(budget: PodDisruptionBudget, { workload }: WorkloadView, snapshot: ClusterSnapshot): boolean {
  const replicas = Math.max(1, workload.replicas);
  const budgets = [covering(budget, { workload, snapshot })];
  const last = isOrphaning(workload.object)
    ? evictionsAtScale({ budgets, keeper: "unmanaged", replicas: 1 })
    : evictionsAtScale({ budgets, keeper: "scale", replicas, unhealthy: replicas - 1 });
  return last.block !== undefined;
}
