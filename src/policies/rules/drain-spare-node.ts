/**
 * DRAIN-027 and DRAIN-028: workloads of which a node takes one Pod, with no node to spare.
 *
 * Reads the Pod as it will be compiled and the Nodes that there are. Where NodePools are known a replacement gets a new node,
 * so nothing is told; where nobody buys nodes, the Pod that is evicted has nowhere to go and the drain waits for ever.
 */
import { hostnameLabel } from "../../api/labels.ts";
import type { PodSpec } from "../../api/pod.ts";
import { ownAntiAffinity, ownSpread } from "../../kube/pods-apart.ts";
import { matchesSelector } from "../../kube/selector.ts";
import { countText } from "../count-words.ts";
import { isServing, podFieldPath } from "../drain-pod.ts";
import type { Facts } from "../facts.ts";
import type { RuleParams } from "../policy-set.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentExample } from "./drain-examples.ts";
import { classOf, type Problem, type Rule, type RuleParam } from "./rule.ts";

const params: Readonly<Record<string, RuleParam>> = {
  nodes: {
    kind: "number",
    default: 0,
    min: 0,
    meaning: "how many nodes such Pods may count on; 0 counts the cluster's, where no NodePool is known",
  },
};

const node = (name: string): string => `
apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {kubernetes.io/hostname: ${name}}}
spec: {}
`;
const nodes = `${node("node-1")}---${node("node-2")}---${node("node-3")}`;
const apart =
  "affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}";

export const drain027: Rule = {
  id: "DRAIN-027",
  summary: "As many replicas that must not share a node as there are nodes: an evicted Pod has nowhere to go, and the drain waits.",
  defaultAction: "warn",
  subjects: ["workload", "scale"],
  params,
  examples: {
    admitted: `${nodes}---${deploymentExample({ replicas: 2, pod: apart })}`,
    denied: `${nodes}---${deploymentExample({ replicas: 3, pod: apart })}`,
  },
  judge: (facts, given) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const rule = apartRule(view);
      const short = rule === undefined ? undefined : shortOfNodes(facts, { view, given });
      if (rule === undefined || short === undefined) return [];
      return [
        {
          path: facts.subject.kind === "scale" ? "/spec/replicas" : podFieldPath(view, rule.field),
          message: `${rule.text} leaves no room for ${countText(short.replicas, "replica")} on ${countText(short.nodes, "node")} once one of them is drained`,
          fix: "make it preferred (ScheduleAnyway), or keep a spare node",
          ...classOf(view),
        },
      ];
    }),
};

export const drain028: Rule = {
  id: "DRAIN-028",
  summary: "As many replicas with a port of their host as there are nodes: an evicted Pod finds no node whose port is free.",
  defaultAction: "warn",
  needs: ["hostPort"],
  subjects: ["workload", "scale"],
  params,
  examples: {
    admitted: `${nodes}---${deploymentExample({ replicas: 2, container: "ports: [{containerPort: 80, hostPort: 80}]" })}`,
    denied: `${nodes}---${deploymentExample({ replicas: 3, container: "ports: [{containerPort: 80, hostPort: 80}]" })}`,
  },
  judge: (facts, given) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const port = hostPortOf(view.pod.spec);
      const short = port === undefined ? undefined : shortOfNodes(facts, { view, given });
      if (port === undefined || short === undefined) return [];
      return [
        {
          path: facts.subject.kind === "scale" ? "/spec/replicas" : podFieldPath(view, "containers"),
          message: `port ${port} of the host lets a node take one of ${countText(short.replicas, "replica")}, and there ${short.nodes === 1 ? "is" : "are"} ${countText(short.nodes, "node")}: no spare one for a drain`,
          fix: "use a Service instead of the host's port, or keep a spare node",
          ...classOf(view),
        },
      ];
    }),
};

/** What keeps two Pods of the workload from sharing a node; undefined where nothing does. */
function apartRule({ pod, workload }: WorkloadView): { readonly field: string; readonly text: string } | undefined {
  const own = { ...pod, workload };
  if (ownAntiAffinity(own).required.some(({ topologyKey }) => topologyKey === hostnameLabel))
    return { field: "affinity/podAntiAffinity", text: "required podAntiAffinity by hostname" };
  const constraint = ownSpread(own).find(
    ({ topologyKey, whenUnsatisfiable, maxSkew, nodeTaintsPolicy }) =>
      // A cordoned node counts as an empty one, unless taints are honoured.
      topologyKey === hostnameLabel && whenUnsatisfiable === "DoNotSchedule" && maxSkew === 1 && nodeTaintsPolicy !== "Honor",
  );
  if (constraint === undefined) return undefined;
  const index = pod.spec.topologySpreadConstraints?.indexOf(constraint) ?? 0;
  return { field: `topologySpreadConstraints/${index}`, text: "the spread over hostnames" };
}

function hostPortOf({ containers, hostNetwork }: PodSpec): number | undefined {
  const ports = containers.flatMap((container) => container.ports ?? []);
  // With the host's network each port of a container is one of the host.
  return ports.map(({ hostPort, containerPort }) => (hostNetwork === true ? containerPort : hostPort)).find((port) => (port ?? 0) > 0);
}

/** The workload's most replicas and the nodes for them, where these are no more than those. */
function shortOfNodes(
  { snapshot }: Facts,
  { view, given }: { readonly view: WorkloadView; readonly given: RuleParams },
): { readonly replicas: number; readonly nodes: number } | undefined {
  const replicas = view.scale.range.to;
  if (!isServing(view.workload) || replicas < 2) return undefined;
  const stated = Number(given["nodes"]);
  const count = stated > 0 ? stated : snapshot.list("NodePool").length > 0 ? undefined : nodesFor(view, snapshot);
  return count === undefined || count === 0 || replicas < count ? undefined : { replicas, nodes: count };
}

function nodesFor({ pod }: WorkloadView, snapshot: Facts["snapshot"]): number {
  const wanted = { matchLabels: pod.spec.nodeSelector ?? {} };
  return snapshot.list("Node").filter(({ metadata, spec }) => spec?.unschedulable !== true && matchesSelector(wanted, metadata.labels))
    .length;
}
