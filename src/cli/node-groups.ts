/**
 * Groups of nodes with the same labels: what they can give together, and what stands on them.
 *
 * Reads the Nodes of NodePools and their Pods. Returns sums; of more than a few hundred sets of labels the smallest share one.
 */
import { archLabel, capacityTypeLabel, instanceTypeLabel, nodePoolLabel, osLabel, regionLabel, zoneLabel } from "../api/labels.ts";
import type { Node } from "../api/node.ts";
import type { Resources } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { podLimits } from "../kube/pod-requests.ts";
import { isDaemonPod, isTerminal } from "../kube/pod-state.ts";
import { addResources, subtractResources, toResources } from "../kube/resources.ts";
import { runningRequests } from "../kube/running-requests.ts";

/** Label names of Karpenter's metrics of nodes, with the label of the Node that each is. */
const nodeLabels = {
  nodepool: nodePoolLabel,
  instance_type: instanceTypeLabel,
  capacity_type: capacityTypeLabel,
  region: regionLabel,
  zone: zoneLabel,
  arch: archLabel,
  os: osLabel,
} as const;

export const groupLabels = Object.keys(nodeLabels);

/** Distinct sets of labels that are told apart. */
const groupsMax = 200;
const others = "(others)";

export interface NodeSums {
  readonly allocatable: Resources;
  readonly requests: Resources;
  readonly limits: Resources;
  readonly daemonRequests: Resources;
  readonly daemonLimits: Resources;
  readonly overhead: Resources;
}

export interface NodeGroup extends NodeSums {
  readonly labels: Readonly<Record<string, string>>;
  readonly nodes: number;
}

/** Returns the nodes of pools, by their labels; those with the most nodes for themselves. */
export function nodeGroups(snapshot: ClusterSnapshot, podSumsOf: PodSumsOf): readonly NodeGroup[] {
  const groups = new Map<string, NodeGroup>();
  for (const node of snapshot.list("Node")) {
    if (node.metadata.labels?.[nodePoolLabel] === undefined) continue;
    const labels = Object.fromEntries(Object.entries(nodeLabels).map(([name, label]) => [name, node.metadata.labels?.[label] ?? ""]));
    const key = JSON.stringify(labels);
    const pods = podSumsOf(snapshot.by("Pod", "node", node.metadata.name ?? ""));
    groups.set(key, joined(groups.get(key), { labels, nodes: 1, ...pods, ...nodeSums(node) }));
  }
  const sorted = [...groups].sort(([a, one], [b, other]) => other.nodes - one.nodes || (a < b ? -1 : 1)).map(([, group]) => group);
  const rest = sorted.slice(groupsMax);
  const [first, ...more] = rest;
  if (first === undefined) return sorted;
  const shared = Object.fromEntries(Object.keys(nodeLabels).map((name) => [name, others]));
  return [...sorted.slice(0, groupsMax), { ...more.reduce(joined, first), labels: shared }];
}

function joined(before: NodeGroup | undefined, group: NodeGroup): NodeGroup {
  if (before === undefined) return group;
  return {
    labels: before.labels,
    nodes: before.nodes + group.nodes,
    allocatable: addResources(before.allocatable, group.allocatable),
    requests: addResources(before.requests, group.requests),
    limits: addResources(before.limits, group.limits),
    daemonRequests: addResources(before.daemonRequests, group.daemonRequests),
    daemonLimits: addResources(before.daemonLimits, group.daemonLimits),
    overhead: addResources(before.overhead, group.overhead),
  };
}

function nodeSums({ status }: Node): Pick<NodeSums, "allocatable" | "overhead"> {
  const allocatable = toResources(status?.allocatable);
  return { allocatable, overhead: subtractResources(toResources(status?.capacity), allocatable) };
}

type PodSums = Omit<NodeSums, "allocatable" | "overhead">;
export type PodSumsOf = (pods: readonly Pod[]) => PodSums;

/** Returns how the sums are made; a snapshot hands out the same list of a node's Pods as long as none of them changes: quantities are read anew only then. */
export function rememberedPodSums(): PodSumsOf {
  const known = new WeakMap<readonly Pod[], PodSums>();
  return (pods) => {
    const before = known.get(pods);
    if (before !== undefined) return before;
    const sums = podSums(pods);
    known.set(pods, sums);
    return sums;
  };
}

function podSums(pods: readonly Pod[]): PodSums {
  const living = pods.filter((pod) => !isTerminal(pod));
  const daemons = living.filter(isDaemonPod);
  return {
    requests: addResources(...living.map(runningRequests)),
    limits: addResources(...living.map(({ spec }) => podLimits(spec))),
    daemonRequests: addResources(...daemons.map(runningRequests)),
    daemonLimits: addResources(...daemons.map(({ spec }) => podLimits(spec))),
  };
}
