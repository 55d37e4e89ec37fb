/**
 * Why a Pod goes where it goes, or nowhere.
 *
 * Reads what the solver was asked and what it answered, and one Pod of it. Returns data: the place, what that costs beside
 * the next best, and what kept the Pod from each other node and NodePool. What the plan does not say is asked of the solver
 * again, on an input that was changed for the question.
 */
import { capacityTypeLabel, hostnameLabel, instanceTypeLabel, nodePoolLabel, wellKnownLabels, zoneLabel } from "../api/labels.ts";
import type { PodSpec } from "../api/pod.ts";
import { nodeNameField, podRequirements } from "../kube/pod-requirements.ts";
import { podRequests } from "../kube/pod-requests.ts";
import { exactly } from "../kube/requirement.ts";
import { compatible, decidedLabels, fromLabels, intersection, requirementsOf } from "../kube/requirements.ts";
import { addResources, exceeding, formatAmount, subtractResources, toResourceList } from "../kube/resources.ts";
import { runningRequests } from "../kube/running-requests.ts";
import { formatTaint, untoleratedTaint } from "../kube/taint.ts";
import type { NodeWhy } from "../provisioner/scheduling/node-why.ts";
import type { LeftOut } from "../provisioner/scheduling/obstacle.ts";
import type { NodeState } from "../provisioner/scheduling/node-state.ts";
import type { PlannedNode } from "../provisioner/scheduling/planned-node.ts";
import type { PendingPod } from "../provisioner/scheduling/pod-class.ts";
import { solve, type SchedulingResults, type SolveInput } from "../provisioner/scheduling/solve.ts";
import { poolOfferings, type PoolOfferings } from "./why-offerings.ts";

export interface WhyAnswer {
  readonly pod: string;
  /** What it asks for, as Kubernetes writes it. */
  readonly asks: Readonly<Record<string, string>>;
  readonly place: WhyPlace;
  /** Other nodes, those of the plan included, with what keeps the Pod from each. */
  readonly otherNodes: readonly { readonly node: string; readonly reason: string }[];
  /** How many more nodes there are that were not asked. */
  readonly otherNodesLeft: number;
  /** NodePools in the order of the input, with what a node of its own would be, once the rest of the plan stands. */
  readonly pools: readonly (PoolOfferings & { readonly ownNode?: PricedType; readonly reason?: string })[];
}

export interface PricedType {
  readonly instanceType: string;
  readonly pricePerHour: number;
}

export type WhyPlace =
  | { readonly kind: "existing"; readonly node: string }
  | (LeftOut & { readonly kind: "none" })
  | (PricedType & {
      readonly kind: "new";
      readonly nodePool: string;
      readonly zone: string;
      readonly capacityType: string;
      /** The plan's other Pods on it. */
      readonly besides: readonly string[];
      /** How many types would hold all of them. */
      readonly types: number;
      /** Why this shape, and what the next best would cost. */
      readonly why: NodeWhy;
      /** The whole plan, solved again without this type in the pool. */
      readonly withoutType: { readonly pricePerHour: number; readonly morePerHour: number; readonly unschedulable: number };
    });

/** Nodes that are asked one by one; beyond, only the first ones are. */
const nodesAskedMax = 200;

/** Answers for one of the input's Pods. */
export function whyAnswer(
  input: SolveInput,
  { results, pending }: { readonly results: SchedulingResults; readonly pending: PendingPod },
): WhyAnswer {
  const place = placeOf(input, { results, pending });
  const states = afterPlan(input, { results, without: pending });
  const own = ownNode(results, pending);
  const others = states.filter(({ name }) => name !== own);
  const asked = others.slice(0, nodesAskedMax);
  return {
    pod: pending.key,
    asks: toResourceList(podRequests(pending.pod.spec)),
    place,
    otherNodesLeft: others.length - asked.length,
    otherNodes: asked.map((node) => ({ node: node.name, reason: nodeReason(input, { pending, states, node }) })),
    pools: input.nodePools.map((nodePool) => {
      const alone = solve({
        ...input,
        pods: [pending],
        nodePools: [nodePool],
        nodes: states.map((state) => ({ ...state, accepting: false })),
      });
      const [node] = alone.newNodes;
      const found = poolOfferings(input, { nodePool, spec: pending.pod.spec });
      if (node !== undefined) return { ...found, ownNode: { instanceType: node.instanceType, pricePerHour: node.pricePerHour } };
      const reason = alone.unschedulable[0]?.reasons[0] ?? "";
      return { ...found, reason: reason.replace(`NodePool ${found.nodePool}: `, "") };
    }),
  };
}

function placeOf(input: SolveInput, { results, pending }: { readonly results: SchedulingResults; readonly pending: PendingPod }): WhyPlace {
  const left = results.unschedulable.find(({ pod }) => pod.key === pending.key);
  if (left !== undefined) {
    const { reasons, obstacles, alternativesLeft } = left;
    return { kind: "none", reasons, obstacles, alternativesLeft };
  }
  const standing = results.existing.find(({ pods }) => pods.some(({ key }) => key === pending.key));
  if (standing !== undefined) return { kind: "existing", node: standing.node.name };
  const node = results.newNodes.find(({ pods }) => pods.some(({ key }) => key === pending.key));
  if (node === undefined) throw new Error("invariant broken: every Pod of the input is in the answer");
  const without = solve({ ...input, instanceTypes: withoutType(input, node) });
  return {
    kind: "new",
    nodePool: node.nodePool.metadata.name ?? "",
    instanceType: node.instanceType,
    zone: node.zone,
    capacityType: node.capacityType,
    pricePerHour: node.pricePerHour,
    besides: node.pods.map(({ key }) => key).filter((key) => key !== pending.key),
    types: node.instanceTypes.length,
    why: node.why,
    withoutType: {
      pricePerHour: without.pricePerHour,
      morePerHour: Math.round((without.pricePerHour - results.pricePerHour) * 1e6) / 1e6,
      unschedulable: without.unschedulable.length,
    },
  };
}

function withoutType({ instanceTypes }: SolveInput, { nodePool, instanceType }: PlannedNode): SolveInput["instanceTypes"] {
  const pool = nodePool.metadata.name ?? "";
  return new Map(
    [...instanceTypes].map(([name, types]) => [name, name === pool ? types.filter((type) => type.name !== instanceType) : types]),
  );
}

/** Every node as it would be once the plan stands, without the Pod in question. */
function afterPlan(
  input: SolveInput,
  { results, without }: { readonly results: SchedulingResults; readonly without: PendingPod },
): readonly NodeState[] {
  const bound = (pods: readonly PendingPod[], nodeName: string) =>
    pods.filter(({ key }) => key !== without.key).map(({ pod }) => ({ ...pod, spec: { ...pod.spec, nodeName } }));
  const added = new Map(results.existing.map(({ node, pods }) => [node.name, bound(pods, node.name)]));
  return [
    ...input.nodes.map((node) => ({ ...node, pods: [...node.pods, ...(added.get(node.name) ?? [])] })),
    ...results.newNodes.map((node, index): NodeState => {
      const name = plannedName(node, index);
      const type = node.instanceTypes.find((one) => one.name === node.instanceType);
      const nodePool = node.nodePool.metadata.name ?? "";
      return {
        name,
        nodePool,
        labels: {
          ...decidedLabels(requirementsOf(type?.requirements ?? [])),
          ...decidedLabels(requirementsOf(node.requirements)),
          [nodePoolLabel]: nodePool,
          [instanceTypeLabel]: node.instanceType,
          [zoneLabel]: node.zone,
          [capacityTypeLabel]: node.capacityType,
          [hostnameLabel]: name,
        },
        taints: node.nodePool.spec.template.spec.taints ?? [],
        allocatable: type?.allocatable ?? {},
        capacity: type?.capacity ?? {},
        pods: bound(node.pods, name),
        initialized: true,
        accepting: true,
        planned: new Map(),
      };
    }),
  ];
}

function plannedName({ nodePool, instanceType, zone }: PlannedNode, index: number): string {
  return `planned-${index + 1} (${nodePool.metadata.name ?? ""} ${instanceType} ${zone})`;
}

/** The name of the node that the plan gives the Pod; undefined where it has none. */
function ownNode({ existing, newNodes }: SchedulingResults, pending: PendingPod): string | undefined {
  const isIts = ({ key }: PendingPod): boolean => key === pending.key;
  const index = newNodes.findIndex(({ pods }) => pods.some(isIts));
  const node = newNodes[index];
  return node === undefined ? existing.find(({ pods }) => pods.some(isIts))?.node.name : plannedName(node, index);
}

/** The first thing that keeps the Pod away; what other Pods have to do with it is asked of the solver. */
function nodeReason(
  input: SolveInput,
  { pending, states, node }: { readonly pending: PendingPod; readonly states: readonly NodeState[]; readonly node: NodeState },
): string {
  const { spec } = pending.pod;
  if (!node.accepting) return "going away or cordoned";
  const taint = untoleratedTaint(node.taints, spec.tolerations);
  if (taint !== undefined) return `its taint ${formatTaint(taint)} is not tolerated`;
  const labels = labelReason(spec, node);
  if (labels !== undefined) return labels;
  const free = subtractResources(node.allocatable, addResources(...node.pods.map(runningRequests)));
  const [short] = exceeding(podRequests(spec), free);
  if (short !== undefined) return `no room: ${short} ${formatAmount(short, Math.max(0, free[short] ?? 0))} is free`;
  const nodes = states.map((state) => (state === node ? state : { ...state, accepting: false }));
  const { existing } = solve({ ...input, pods: [pending], nodePools: [], nodes });
  return existing.length > 0 ? "would take it too" : "refused by spread, Pod (anti-)affinity or DaemonSets that are yet to come";
}

function labelReason(spec: PodSpec, { name, labels, requirements }: NodeState): string | undefined {
  const decided = intersection(fromLabels(labels), new Map([[nodeNameField, exactly(nodeNameField, name)]]));
  const known = requirements === undefined ? decided : intersection(requirementsOf(requirements), decided);
  const reasons = podRequirements(spec).map((alternative) =>
    compatible(known, alternative, requirements === undefined ? {} : { allowUndefined: wellKnownLabels }),
  );
  return reasons.includes(undefined) ? undefined : `other labels: ${reasons.join("; or ")}`;
}
