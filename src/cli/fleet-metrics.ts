/**
 * Metrics of the fleet: what nodes, NodePools and classes are now, under Karpenter's names.
 *
 * Reads a snapshot when somebody scrapes, so nothing outlives its object. Nodes with the same labels are summed: what dashboards ask for
 * are sums, and a series for each node and resource would be tens of thousands that another thread has to copy. Whoever wants to see single
 * nodes has `plimsoll nodes`. Nothing is told while another process provisions.
 */
import { Gauge, type Registry } from "prom-client";
import type { Condition, Resources } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { addResources, toResources } from "../kube/resources.ts";
import { poolAllowances } from "../provisioner/controllers/node-disruption.ts";
import type { MetricDefinition } from "../webhook/metrics.ts";
import { groupLabels, nodeGroups, rememberedPodSums, type NodeSums, type PodSumsOf } from "./node-groups.ts";

const ofNodes = [...groupLabels, "resource_type"];
const conditionLabels = ["type", "status", "reason"] as const;
const summed = "of the provisioner's nodes, summed over nodes with the same labels";

export const fleetMetricDefinitions = {
  allocatable: { name: "karpenter_nodes_allocatable", kind: "gauge", help: `What Pods may have ${summed}.`, labels: ofNodes },
  requests: {
    name: "karpenter_nodes_total_pod_requests",
    kind: "gauge",
    help: `What Pods request, DaemonSets' too, ${summed}.`,
    labels: ofNodes,
  },
  limits: {
    name: "karpenter_nodes_total_pod_limits",
    kind: "gauge",
    help: `The limits of Pods, DaemonSets' too, ${summed}.`,
    labels: ofNodes,
  },
  daemonRequests: {
    name: "karpenter_nodes_total_daemon_requests",
    kind: "gauge",
    help: `What Pods of DaemonSets request ${summed}.`,
    labels: ofNodes,
  },
  daemonLimits: {
    name: "karpenter_nodes_total_daemon_limits",
    kind: "gauge",
    help: `The limits of Pods of DaemonSets ${summed}.`,
    labels: ofNodes,
  },
  overhead: {
    name: "karpenter_nodes_system_overhead",
    kind: "gauge",
    help: `What the system keeps (capacity less allocatable) ${summed}.`,
    labels: ofNodes,
  },
  utilization: {
    name: "karpenter_cluster_utilization_percent",
    kind: "gauge",
    help: "What Pods request in per cent of what they may have, of all nodes of the provisioner.",
    labels: ["resource_type"],
  },
  nodeCount: { name: "karpenter_cluster_state_node_count", kind: "gauge", help: "Nodes of the provisioner.", labels: [] },
  usage: {
    name: "karpenter_nodepools_usage",
    kind: "gauge",
    help: "What the nodes of a NodePool have.",
    labels: ["nodepool", "resource_type"],
  },
  limit: { name: "karpenter_nodepools_limit", kind: "gauge", help: "The limits of a NodePool.", labels: ["nodepool", "resource_type"] },
  allowed: {
    name: "karpenter_nodepools_allowed_disruptions",
    kind: "gauge",
    help: "Nodes that the budgets of a NodePool let go now, by reason (empty, underutilized, drifted, unhealthy); 2147483647 where none is active.",
    labels: ["nodepool", "reason"],
  },
  claimConditions: {
    name: "operator_nodeclaim_status_condition_count",
    kind: "gauge",
    help: "Conditions of NodeClaims, counted by type, status and reason.",
    labels: conditionLabels,
  },
  poolConditions: {
    name: "operator_nodepool_status_condition_count",
    kind: "gauge",
    help: "1 for each condition of a NodePool as it is.",
    labels: ["name", ...conditionLabels],
  },
  classConditions: {
    name: "operator_ec2nodeclass_status_condition_count",
    kind: "gauge",
    help: "1 for each condition of an EC2NodeClass as it is.",
    labels: ["name", ...conditionLabels],
  },
} as const satisfies Record<string, MetricDefinition>;

/** Whose fleet is told; `lead` when a term begins, and what it returns when it ends. */
export interface FleetMetrics {
  lead(of: { readonly snapshot: () => ClusterSnapshot; readonly now: () => Instant }): () => void;
}

/** Pools and classes that are told of. */
const objectsMax = 500;
/** What was looked at counts so long while nothing changes: windows of budgets open and close by the minute. */
const lookMs = 1_000;
const int32Max = 2_147_483_647;

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

type FleetSeries = Readonly<Record<keyof typeof fleetMetricDefinitions, readonly Series[]>>;

/** Makes the metrics in a registry. */
export function fleetMetrics(registry: Registry): FleetMetrics {
  const term: { current?: Parameters<FleetMetrics["lead"]>[0] } = {};
  // All gauges of a scrape are of one look: prom-client collects them one after the other, within one turn.
  const looked: { last?: { readonly snapshot: ClusterSnapshot; readonly at: Instant; readonly series: FleetSeries } } = {};
  const podSumsOf = rememberedPodSums();
  const series = (): FleetSeries | undefined => {
    if (term.current === undefined) return undefined;
    const [snapshot, at] = [term.current.snapshot(), term.current.now()];
    if (looked.last?.snapshot !== snapshot || at - looked.last.at >= lookMs) {
      looked.last = { snapshot, at, series: fleetSeries(snapshot, { at, podSumsOf }) };
    }
    return looked.last.series;
  };
  for (const [key, { name, help, labels }] of definitions()) {
    new Gauge({
      ...{ name, help, labelNames: labels, registers: [registry] },
      collect() {
        this.reset();
        // A gauge without labels is told as 0 by prom-client unless it is removed.
        if (labels.length === 0) this.remove();
        for (const { labels: own, value } of series()?.[key] ?? []) this.set(own, value);
      },
    });
  }
  return {
    lead: (of) => {
      term.current = of;
      return () => {
        delete term.current;
        delete looked.last;
      };
    },
  };
}

function definitions(): readonly (readonly [keyof FleetSeries, MetricDefinition])[] {
  return Object.entries(fleetMetricDefinitions) as [keyof FleetSeries, MetricDefinition][];
}

/** Everything that is told of a cluster. */
function fleetSeries(snapshot: ClusterSnapshot, { at, podSumsOf }: { readonly at: Instant; readonly podSumsOf: PodSumsOf }): FleetSeries {
  const groups = nodeGroups(snapshot, podSumsOf);
  const ofGroups = (pick: (sums: NodeSums) => Resources): readonly Series[] =>
    groups.flatMap((group) => byResource(group.labels, pick(group)));
  const total = (pick: (sums: NodeSums) => Resources): Resources => addResources(...groups.map(pick));
  const pools = snapshot.list("NodePool").slice(0, objectsMax);
  const [allocatable, requests] = [total((sums) => sums.allocatable), total((sums) => sums.requests)];
  return {
    allocatable: ofGroups((sums) => sums.allocatable),
    requests: ofGroups((sums) => sums.requests),
    limits: ofGroups((sums) => sums.limits),
    daemonRequests: ofGroups((sums) => sums.daemonRequests),
    daemonLimits: ofGroups((sums) => sums.daemonLimits),
    overhead: ofGroups((sums) => sums.overhead),
    utilization: Object.entries(allocatable).flatMap(([name, most]) =>
      most > 0 ? [{ labels: { resource_type: resourceType(name) }, value: ((requests[name] ?? 0) / most) * 100 }] : [],
    ),
    nodeCount: [{ labels: {}, value: groups.reduce((sum, { nodes }) => sum + nodes, 0) }],
    usage: pools.flatMap(({ metadata, status }) => byResource({ nodepool: metadata.name ?? "" }, toResources(status?.resources))),
    limit: pools.flatMap(({ metadata, spec }) => byResource({ nodepool: metadata.name ?? "" }, toResources(spec.limits))),
    allowed: pools.flatMap((nodePool) =>
      Object.entries(poolAllowances(snapshot, { nodePool, at })).map(([reason, allowed]) => ({
        labels: { nodepool: nodePool.metadata.name ?? "", reason: reason.toLowerCase() },
        value: Math.min(int32Max, allowed),
      })),
    ),
    claimConditions: counted(snapshot.list("NodeClaim").flatMap(({ status }) => status?.conditions ?? [])),
    poolConditions: pools.flatMap(conditionSeries),
    classConditions: snapshot.list("EC2NodeClass").slice(0, objectsMax).flatMap(conditionSeries),
  };
}

function byResource(labels: Series["labels"], amounts: Resources): readonly Series[] {
  // Cores and bytes, as Karpenter tells them.
  return Object.entries(amounts).map(([name, amount]) => ({
    labels: { ...labels, resource_type: resourceType(name) },
    value: name === "cpu" ? amount / 1000 : amount,
  }));
}

function resourceType(name: string): string {
  return name.toLowerCase().replaceAll("-", "_");
}

function counted(conditions: readonly Pick<Condition, "type" | "status" | "reason">[]): readonly Series[] {
  const counts = new Map<string, Series>();
  for (const { type, status, reason = "" } of conditions) {
    const key = JSON.stringify([type, status, reason]);
    counts.set(key, { labels: { type, status, reason }, value: (counts.get(key)?.value ?? 0) + 1 });
  }
  return [...counts.values()];
}

function conditionSeries(of: {
  readonly metadata: { readonly name?: string };
  readonly status?: { readonly conditions?: readonly Pick<Condition, "type" | "status" | "reason">[] };
}): readonly Series[] {
  return counted(of.status?.conditions ?? []).map(({ labels, value }) => ({ labels: { name: of.metadata.name ?? "", ...labels }, value }));
}
