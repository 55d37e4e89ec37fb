/**
 * Suite world: few types in three zones, two architectures and both capacity types, and Pods that are counted by a label's values.
 *
 * Returns what a plan makes of a case. The plan checker, which knows kube-scheduler's filters alone, must accept each plan.
 */
import { expect } from "vitest";
import type { InstanceType } from "../../../../src/api/instance-type.ts";
import { archLabel, capacityTypeLabel, hostnameLabel, instanceTypeLabel, osLabel, zoneLabel } from "../../../../src/api/labels.ts";
import type { NodePool } from "../../../../src/api/node-pool.ts";
import type { Pod, PodAffinityTerm, PodSpec, Taint, TopologySpreadConstraint } from "../../../../src/api/pod.ts";
import type { NodeState } from "../../../../src/provisioner/scheduling/node-state.ts";
import type { PendingPod } from "../../../../src/provisioner/scheduling/pod-class.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../../src/provisioner/scheduling/solve.ts";
import { nodePool, pod } from "../../../support/objects.ts";
import { anyOrderFaults } from "../../plan/any-order.ts";
import { planFaults } from "../../plan/plan-checker.ts";

export const [a, b, c] = ["zone-a", "zone-b", "zone-c"] as const;

const suiteTypes = ["amd64", "arm64"].flatMap((arch) => [typeOf(`small-${arch}`, arch, 2), typeOf(`large-${arch}`, arch, 16)]);

function typeOf(name: string, arch: string, cpu: number): InstanceType {
  const zones = [a, b, c];
  const labels = { [instanceTypeLabel]: [name], [archLabel]: [arch], [osLabel]: ["linux"], [zoneLabel]: zones };
  const amounts = { cpu: cpu * 1_000, memory: cpu * 4 * 2 ** 30, pods: 50 };
  const offered = zones.flatMap((zone) => [
    { zone, capacityType: "spot" as const, available: true, pricePerHour: 0.4 * cpu },
    { zone, capacityType: "on-demand" as const, available: true, pricePerHour: cpu },
  ]);
  const requirements = Object.entries(labels).map(([key, values]) => ({ key, operator: "In" as const, values }));
  return { name, requirements, capacity: amounts, allocatable: amounts, offerings: offered };
}

/** A NodePool of nodes with these labels' values only. */
export function poolOf(
  values: Readonly<Record<string, readonly string[]>>,
  more: Omit<NonNullable<Parameters<typeof nodePool>[0]>, "requirements"> = {},
): NodePool {
  const requirements = Object.entries(values).map(([key, list]) => ({ key, operator: "In" as const, values: list }));
  return nodePool({ labels: {}, ...more, requirements });
}

export interface PodWords {
  readonly name?: string;
  readonly cpu?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Partial<PodSpec>;
}

/** Pods of a workload; labelled app=web unless told otherwise. */
export function pods(count: number, { name = "web", cpu = "100m", namespace = "shop", ...rest }: PodWords = {}): readonly PendingPod[] {
  const { labels = { app: "web" }, spec = {} } = rest;
  return Array.from({ length: count }, (_, index) => ({
    key: `${namespace}/${name}-${index}`,
    pod: pod({ name: `${name}-${index}`, namespace, labels, requests: { cpu }, spec }),
  }));
}

/** A constraint of skew 1 over the Pods of app=web. */
export function spreadOver(topologyKey: string, more: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint {
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { app: "web" } }, ...more };
}

/** The same without a selector, which matches no Pod. */
export function spreadOverNone(topologyKey: string): TopologySpreadConstraint {
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: "DoNotSchedule" };
}

export function spread(...topologySpreadConstraints: readonly TopologySpreadConstraint[]): Partial<PodSpec> {
  return { topologySpreadConstraints };
}

/** A term that seeks Pods with this label app. */
export function near(topologyKey: string, app: string, more: Partial<PodAffinityTerm> = {}): PodAffinityTerm {
  return { topologyKey, labelSelector: { matchLabels: { app } }, ...more };
}

export function seeks(...terms: readonly PodAffinityTerm[]): Partial<PodSpec> {
  return { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } };
}

export function avoids(...terms: readonly PodAffinityTerm[]): Partial<PodSpec> {
  return { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } };
}

/** Nodes where a label has one of some values. */
export function onNodes(values: Readonly<Record<string, readonly string[]>>): Partial<PodSpec> {
  const matchExpressions = Object.entries(values).map(([key, list]) => ({ key, operator: "In" as const, values: list }));
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } } } };
}

/** A node that is full, with its Pods. */
export function full(
  name: string,
  labels: Readonly<Record<string, string>>,
  held: readonly (PendingPod | Pod)[] = [],
  taints: readonly Taint[] = [],
): NodeState {
  return {
    ...{ name, taints, allocatable: { cpu: 10, memory: 2 ** 30, pods: 50 }, capacity: {} },
    labels: { [hostnameLabel]: name, [archLabel]: "amd64", [osLabel]: "linux", ...labels },
    pods: held.map((one) => ("pod" in one ? one.pod : one)),
    ...{ initialized: true, accepting: true, planned: new Map() },
  };
}

/** A full node of one zone that holds so many Pods of app=web. */
export function inZone(zone: string, web: number): NodeState {
  return full(`in-${zone}`, { [zoneLabel]: zone }, pods(web, { name: `held-${zone}` }));
}

/** What is asked for, a case, and for each label how many Pods its values get. */
export type Row = readonly [string, Case, Counts];

type Counts = Readonly<Record<string, readonly number[]>>;

export type Case = Pick<SolveInput, "pods"> &
  Partial<Pick<SolveInput, "nodePools" | "nodes" | "namespaces" | "daemonSets" | "preferencePolicy" | "minValuesPolicy">> & {
    readonly types?: readonly InstanceType[];
  };

/** Returns the plan of a case, which the plan checker accepted in any order of binding. */
export function planned({ nodePools = [nodePool({ labels: {} })], types = suiteTypes, ...rest }: Case): SchedulingResults {
  const input: SolveInput = {
    ...{ nodePools, daemonSets: [], nodes: [], namespaces: new Map([["shop", {}]]) },
    instanceTypes: new Map(nodePools.map(({ metadata }) => [metadata.name ?? "", types])),
    ...rest,
  };
  const plan = solve(input);
  expect(planFaults(input, plan)).toEqual([]);
  expect(anyOrderFaults(input, plan)).toEqual([]);
  return plan;
}

/** Returns what a plan gives the labels of what was expected. */
export function found(given: Case, expected: Counts): Counts {
  const plan = planned(given);
  return Object.fromEntries(Object.keys(expected).map((key) => [key, countsBy(key, plan, given.nodes)]));
}

/** How many Pods of app=web each value of a label has, the fewest first; values without any are left out. */
export function countsBy(key: string, plan: SchedulingResults, nodes: readonly NodeState[] = []): readonly number[] {
  const counts = new Map<string, number>();
  const add = (value: string | undefined, held: readonly Pod[]): void => {
    const count = held.filter(isWeb).length;
    if (value !== undefined && count > 0) counts.set(value, (counts.get(value) ?? 0) + count);
  };
  for (const { labels, pods: held } of nodes) add(labels[key], held);
  for (const [index, one] of plan.newNodes.entries()) {
    const decided = one.requirements.find((requirement) => requirement.key === key)?.values ?? [];
    const own: Readonly<Record<string, string>> = {
      [hostnameLabel]: `new-${index}`,
      [zoneLabel]: one.zone,
      [capacityTypeLabel]: one.capacityType,
    };
    const value = own[key] ?? one.nodePool.spec.template.metadata?.labels?.[key] ?? (decided.length === 1 ? decided[0] : undefined);
    add(
      value,
      one.pods.map((each) => each.pod),
    );
  }
  return [...counts.values()].sort((x, y) => x - y);
}

function isWeb({ metadata, status }: Pod): boolean {
  return (
    metadata.labels?.["app"] === "web" &&
    metadata.namespace === "shop" &&
    metadata.deletionTimestamp === undefined &&
    status?.phase !== "Failed"
  );
}
