/**
 * DRAIN-046: more replicas for a workload that is being deleted.
 *
 * Reads the workload and its replicas before and after. With a finalizer it stands for as long as that does, and its Pods run; but its
 * controller makes no new ones, while the disruption controller expects the number that is written.
 */
import type { Facts } from "../facts.ts";
import { workloadTitle } from "../../kube/workload.ts";
import { scaleExample } from "./drain-examples.ts";
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
