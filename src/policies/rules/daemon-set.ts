/**
 * DS-001: a DaemonSet that node sizing can't see.
 *
 * Reads each DaemonSet's Pod as it will be compiled. Its requests are taken off every node before anything else is packed: what it
 * does not request is taken from its neighbours instead.
 */
import { isSidecar } from "../../kube/pod-requests.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn } from "../facts.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const daemonSetOf = (resources: string): string => `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: app${resources}}]}
`;

export const ds001: Rule = {
  id: "DS-001",
  summary: "A DaemonSet without requests; it runs on every node and would be counted on none.",
  defaultAction: "deny",
  needs: ["daemonSet"],
  subjects: ["workload", "profile"],
  examples: { admitted: daemonSetOf(", resources: {requests: {cpu: 50m, memory: 64Mi}}"), denied: daemonSetOf("") },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const { workload, pod } = view;
      if (workload.kind !== "DaemonSet") return [];
      const ofPod = pod.spec.resources?.requests ?? pod.spec.resources?.limits ?? {};
      const running = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)];
      const missing = (["cpu", "memory"] as const).filter(
        (name) =>
          ofPod[name] === undefined &&
          running.some(({ resources }) => resources?.requests?.[name] === undefined && resources?.limits?.[name] === undefined),
      );
      if (missing.length === 0) return [];
      const nodes = workload.replicas > 0 ? workload.replicas : facts.snapshot.list("Node").length;
      return [
        {
          path: pathIn(facts, { workload: `${podSpecPath(workload.kind)}/containers` }),
          message: `${aboutWorkload(facts, view)}DaemonSet "${workload.name}" has no ${missing.join("/")} request; it would be invisible to node sizing (${nodes} ${nodes === 1 ? "node" : "nodes"})`,
          fix: "set requests",
          ...classOf(view),
        },
      ];
    }),
};
