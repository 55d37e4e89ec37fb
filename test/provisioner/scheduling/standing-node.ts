/**
 * Nodes as they would stand once everything has joined, and whether a Pod could run on one: read literally.
 *
 * Reads the input and the answer of solve. Returns nodes with their labels, and plain answers about taints, selectors and
 * room. Shares nothing with the solver but shapes and Pod requests.
 */
import type { InstanceType } from "../../../src/api/instance-type.ts";
import { capacityTypeLabel, hostnameLabel, nodePoolLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { Resources } from "../../../src/api/object.ts";
import type { NodeSelectorRequirement, Pod, PodSpec, Taint } from "../../../src/api/pod.ts";
import { podRequests } from "../../../src/kube/pod-requests.ts";
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";

export type Labels = Readonly<Record<string, string>>;

/** A node as it would stand once everything has joined. */
export interface StandingNode {
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  readonly allocatable: Resources;
  readonly accepting: boolean;
  /** A new node joins when its first Pod binds, and only then is its zone a domain. */
  readonly isNew: boolean;
  readonly bound: readonly Pod[];
  readonly planned: readonly Pod[];
}

export function standingNodes(input: SolveInput, results: SchedulingResults): readonly StandingNode[] {
  const existing = input.nodes.map((state): StandingNode => ({
    name: state.name,
    labels: { ...state.labels, ...decided(state.requirements ?? []), [hostnameLabel]: state.labels[hostnameLabel] ?? state.name },
    taints: state.taints,
    allocatable: state.allocatable,
    accepting: state.accepting,
    isNew: false,
    bound: state.pods,
    planned: results.existing.filter(({ node }) => node === state).flatMap(({ pods }) => pods.map(({ pod }) => pod)),
  }));
  const bought = results.newNodes.map((planned, index) => {
    const type = planned.instanceTypes.find(({ name }) => name === planned.instanceType);
    if (type === undefined) throw new Error("the chosen type is not among the types");
    return futureNode({ input, planned, type, offering: planned, name: `new-${index}` });
  });
  return [...existing, ...bought];
}

export function futureNode({
  planned,
  type,
  offering,
  name,
}: {
  input: SolveInput;
  planned: SchedulingResults["newNodes"][number];
  type: InstanceType;
  offering: { zone: string; capacityType: string };
  name: string;
}): StandingNode {
  const { metadata, spec } = planned.nodePool.spec.template;
  return {
    name,
    labels: nodeLabels({
      pool: planned.nodePool.metadata.name ?? "",
      labels: { ...metadata?.labels, ...decided(planned.requirements) },
      type,
      offering,
      name,
    }),
    taints: spec.taints ?? [],
    allocatable: type.allocatable,
    accepting: true,
    isNew: true,
    bound: [],
    planned: planned.pods.map(({ pod }) => pod),
  };
}

export function nodeLabels(input: {
  pool: string;
  labels: Labels;
  type: InstanceType;
  offering: { zone: string; capacityType: string };
  name: string;
}): Labels {
  const { zone, capacityType } = input.offering;
  return {
    ...input.labels,
    ...labelsOf(input.type),
    [nodePoolLabel]: input.pool,
    [zoneLabel]: zone,
    [capacityTypeLabel]: capacityType,
    [hostnameLabel]: input.name,
  };
}

export function labelsOf(type: InstanceType): Labels {
  return decided(type.requirements);
}

export function zoneOf(type: InstanceType): Labels {
  return { [zoneLabel]: type.offerings[0]?.zone ?? "" };
}

function decided(requirements: readonly NodeSelectorRequirement[]): Labels {
  return Object.fromEntries(
    requirements.flatMap(({ key, operator, values = [] }) => (operator === "In" && values.length === 1 ? [[key, values[0]!]] : [])),
  );
}

export function allows(requirements: readonly NodeSelectorRequirement[], offering: { zone: string; capacityType: string }): boolean {
  const labels: Labels = { [zoneLabel]: offering.zone, [capacityTypeLabel]: offering.capacityType };
  return requirements.every((requirement) => !(requirement.key in labels) || isMet(requirement, labels));
}

export function isMet({ key, operator, values = [] }: NodeSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  if (operator === "In") return value !== undefined && values.includes(value);
  if (operator === "NotIn") return value === undefined || !values.includes(value);
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  const bound = Number(values[0]);
  return (
    value !== undefined &&
    (operator === "Gt"
      ? Number(value) > bound
      : operator === "Gte"
        ? Number(value) >= bound
        : operator === "Lt"
          ? Number(value) < bound
          : Number(value) <= bound)
  );
}

export function fitFault({ spec }: Pod, node: StandingNode): string | undefined {
  for (const taint of node.taints) {
    if (taint.effect !== "PreferNoSchedule" && !isTolerated(spec, taint)) return `taint ${taint.key} is not tolerated`;
  }
  return matchesNode(spec, node.labels) ? undefined : "node selector or affinity does not match";
}

export function isTolerated(spec: PodSpec, taint: Taint): boolean {
  return (spec.tolerations ?? []).some(({ key, operator, value = "", effect }) => {
    if (effect !== undefined && effect !== taint.effect) return false;
    if (key === undefined) return operator === "Exists";
    return key === taint.key && (operator === "Exists" || value === (taint.value ?? ""));
  });
}

export function matchesNode({ nodeSelector = {}, affinity }: PodSpec, labels: Labels): boolean {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return (
    Object.entries(nodeSelector).every(([key, value]) => labels[key] === value) &&
    (terms === undefined ||
      terms.some(({ matchExpressions = [] }) => matchExpressions.length > 0 && matchExpressions.every((one) => isMet(one, labels))))
  );
}

/** All Pods and the DaemonSet Pods that would run there fit together. */
export function holdsAll(input: SolveInput, node: StandingNode): boolean {
  const running = [...node.bound, ...node.planned].map(({ spec }) => podRequests(spec));
  const daemons = input.daemonSets
    .filter(
      ({ spec }) =>
        node.taints.every((taint) => taint.effect === "PreferNoSchedule" || isTolerated(spec, taint)) && matchesNode(spec, node.labels),
    )
    .map(({ spec }) => podRequests(spec));
  const all = node.planned.length === 0 ? running : [...running, ...daemons];
  const names = new Set(all.flatMap((requests) => Object.keys(requests)));
  if (node.planned.length === 0) return true;
  return [...names].every((name) => all.reduce((sum, requests) => sum + (requests[name] ?? 0), 0) <= (node.allocatable[name] ?? 0));
}
