/**
 * The lab's checkout-api, as its Pods enter: the workload that the solver's rows are about.
 *
 * Returns Pods and NodePools over the catalogue's types and three zones, and the steps of a plan's life: claims, and the
 * nodes that come of them.
 */
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { catalogZones } from "../../../src/catalog/zones.ts";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import {
  capacityTypeLabel,
  hostnameLabel,
  initializedLabel,
  instanceTypeLabel,
  platformNames,
  zoneLabel,
} from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Node } from "../../../src/api/node.ts";
import type { Pod, PodSpec, TopologySpreadConstraint } from "../../../src/api/pod.ts";
import { toResourceList } from "../../../src/kube/resources.ts";
import { toNodeClaim } from "../../../src/provisioner/scheduling/node-claim.ts";
import type { PlannedNode } from "../../../src/provisioner/scheduling/planned-node.ts";
import type { PendingPod } from "../../../src/provisioner/scheduling/pod-class.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { nodePool, pod } from "../../support/objects.ts";

export const zones = catalogZones;
export const types = catalogInstanceTypes({ zones });
const app = { app: "checkout-api" };

export const zoneSpread: TopologySpreadConstraint = {
  maxSkew: 1,
  topologyKey: zoneLabel,
  whenUnsatisfiable: "DoNotSchedule",
  minDomains: 3,
  nodeTaintsPolicy: "Honor",
  labelSelector: { matchLabels: app },
};
const hostSpread: TopologySpreadConstraint = {
  maxSkew: 1,
  topologyKey: hostnameLabel,
  whenUnsatisfiable: "ScheduleAnyway",
  labelSelector: { matchLabels: app },
};

/** The Pods of checkout-api that wait, with what a row changes in their spec. */
export function checkoutPods(count: number, spec: Partial<PodSpec> = {}): readonly PendingPod[] {
  return Array.from({ length: count }, (_, index) => ({ key: `shop/Deployment/checkout-api#${index}`, pod: checkoutPod(index, spec) }));
}

/** One of its Pods as the Deployment controller and the API server make it. */
export function liveCheckoutPod(index: number, nodeName?: string): Pod {
  const made = checkoutPod(index);
  const tolerations = ["not-ready", "unreachable"].map((name) => ({
    key: `node.kubernetes.io/${name}`,
    operator: "Exists" as const,
    effect: "NoExecute" as const,
    tolerationSeconds: 300,
  }));
  return {
    ...made,
    metadata: { ...made.metadata, name: `checkout-api-5d8f-${index}`, labels: { ...made.metadata.labels, "pod-template-hash": "5d8f" } },
    spec: { ...made.spec, tolerations, ...(nodeName === undefined ? {} : { nodeName }) },
  };
}

/** The pool of the lab: on-demand, three zones, limits. */
export function generalFlex(
  options: { readonly limits?: Readonly<Record<string, string>>; readonly weight?: number; readonly name?: string } = {},
): NodePool {
  return nodePool({
    ...options,
    labels: { "workload-class": "general" },
    requirements: [{ key: capacityTypeLabel, operator: "In", values: ["on-demand"] }],
    limits: options.limits ?? { cpu: "200", memory: "400Gi" },
  });
}

/** Solves for Pods on an otherwise empty cluster, with what a row changes. */
export function plan(pods: readonly PendingPod[], changes: Partial<SolveInput> = {}): SchedulingResults {
  const nodePools = changes.nodePools ?? [generalFlex()];
  return solve({
    pods,
    nodePools,
    instanceTypes: new Map(nodePools.map(({ metadata }) => [metadata.name ?? "", types])),
    daemonSets: [],
    nodes: [],
    namespaces: new Map([["shop", {}]]),
    ...changes,
  });
}

/** The types without available offerings in some zones. */
export function typesWithout(...lost: readonly string[]): readonly InstanceType[] {
  return types.map((type) => ({
    ...type,
    offerings: type.offerings.map((offering) => ({ ...offering, available: !lost.includes(offering.zone) })),
  }));
}

/** The NodeClaims of a plan, not yet launched. */
export function claimsOf(results: SchedulingResults): readonly NodeClaim[] {
  return results.newNodes.map((planned, index) => toNodeClaim(planned, { ...platformNames(), name: `general-flex-${index}` }));
}

/** The Node that a claim's launch would bring. */
export function nodeOf(claim: NodeClaim, planned: PlannedNode): { readonly node: Node; readonly claim: NodeClaim } {
  const name = `node-${claim.metadata.name ?? ""}`;
  const type = planned.instanceTypes.find((one) => one.name === planned.instanceType);
  if (type === undefined) throw new Error("the planned type is among the types");
  const labels = {
    ...claim.metadata.labels,
    [zoneLabel]: planned.zone,
    [capacityTypeLabel]: planned.capacityType,
    [instanceTypeLabel]: type.name,
    [hostnameLabel]: name,
    [initializedLabel]: "true",
  };
  const providerID = `test:///${name}`;
  return {
    node: {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels },
      spec: { providerID },
      status: { capacity: toResourceList(type.capacity), allocatable: toResourceList(type.allocatable) },
    },
    claim: { ...claim, status: { providerID, nodeName: name } },
  };
}

/** How many Pods a plan puts into each zone, new nodes and existing ones together. */
export function podsByZone(results: SchedulingResults): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  const add = (zone: string, pods: number) => (counts[zone] = (counts[zone] ?? 0) + pods);
  for (const { zones: possible, pods } of results.newNodes) add(possible.join("|"), pods.length);
  for (const { node, pods } of results.existing) add(node.labels[zoneLabel] ?? zoneOf(node.requirements ?? []), pods.length);
  return counts;
}

function zoneOf(requirements: readonly { readonly key: string; readonly values?: readonly string[] }[]): string {
  return (requirements.find(({ key }) => key === zoneLabel)?.values ?? []).join("|");
}

function checkoutPod(index: number, spec: Partial<PodSpec> = {}): Pod {
  const base = pod({ name: `checkout-api-${index}`, labels: app, requests: { cpu: "1", memory: "2Gi" } });
  return {
    ...base,
    spec: {
      ...base.spec,
      nodeSelector: { "workload-class": "general" },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: capacityTypeLabel, operator: "In", values: ["on-demand"] }] }],
          },
        },
      },
      topologySpreadConstraints: [zoneSpread, hostSpread],
      ...spec,
    },
  };
}
