/**
 * minValues as Karpenter's users count on them (its suite of instance selection).
 *
 * Two Pods of 900m share a node of the large type where nothing asks for several types: minValues take them apart, or leave them out.
 */
import { describe, expect, it } from "vitest";
import type { InstanceType } from "../../../../src/api/instance-type.ts";
import { archLabel, instanceTypeLabel, osLabel, zoneLabel } from "../../../../src/api/labels.ts";
import type { NodeSelectorRequirement, PodSpec } from "../../../../src/api/pod.ts";
import { nodePool } from "../../../support/objects.ts";
import { a, planned, pods } from "./suite-world.ts";

const generation = "karpenter.k8s.aws/instance-generation";
const small = typeOf("small", 1, { generation: 2, price: 0.52 });
const middle = typeOf("middle", 1, { generation: 3, price: 1 });
const large = typeOf("large", 4, { generation: 4, price: 0.9 });

function typeOf(name: string, cpu: number, of: { readonly generation: number; readonly price: number }): InstanceType {
  const labels = {
    [instanceTypeLabel]: name,
    [archLabel]: "amd64",
    [osLabel]: "linux",
    [zoneLabel]: a,
    [generation]: String(of.generation),
  };
  const amounts = { cpu: cpu * 1_000, memory: cpu * 2 ** 30, pods: 50 };
  return {
    name,
    requirements: Object.entries(labels).map(([key, value]) => ({ key, operator: "In" as const, values: [value] })),
    ...{ capacity: amounts, allocatable: amounts },
    offerings: [{ zone: a, capacityType: "spot", available: true, pricePerHour: of.price }],
  };
}

type Ask = NodeSelectorRequirement;
const ask = (key: string, operator: Ask["operator"], values: readonly string[], minValues?: number): Ask => ({
  ...{ key, operator },
  ...(values.length === 0 ? {} : { values }),
  ...(minValues === undefined ? {} : { minValues }),
});

/** The nodes of two Pods: how many, and the fewest values of a label that one of them may have. */
function nodesOf(
  requirements: readonly Ask[],
  types: readonly InstanceType[],
  { key, spec = {} }: { readonly key: string; readonly spec?: Partial<PodSpec> },
) {
  const plan = planned({ pods: pods(2, { cpu: "900m", spec }), nodePools: [nodePool({ labels: {}, requirements })], types });
  const distinct = plan.newNodes.map(({ instanceTypes }) => {
    const values = instanceTypes.flatMap((type) => type.requirements.filter((one) => one.key === key).flatMap((one) => one.values ?? []));
    return new Set(values).size;
  });
  return { nodes: plan.newNodes.length, least: Math.min(...distinct), left: plan.unschedulable };
}

describe("minValues", () => {
  it("take nothing apart where none are asked for", () => {
    expect(nodesOf([], [small, middle, large], { key: instanceTypeLabel })).toMatchObject({ nodes: 1, left: [] });
  });
  it.each<readonly [string, string, readonly Ask[], readonly InstanceType[]]>([
    ["of instance types", instanceTypeLabel, [ask(instanceTypeLabel, "In", ["small", "large"], 2)], [small, large]],
    ["beside Gt", generation, [ask(generation, "Gt", ["2"], 2)], [small, middle, large]],
    [
      "beside Lt",
      generation,
      [ask(generation, "Lt", ["4"], 2)],
      [small, { ...middle, allocatable: large.allocatable, capacity: large.capacity }],
    ],
    [
      "of In and NotIn, the larger",
      instanceTypeLabel,
      [ask(instanceTypeLabel, "In", ["small", "middle", "large"], 1), ask(instanceTypeLabel, "NotIn", ["middle"], 2)],
      [small, middle, large],
    ],
    ["of Gt and Lt, the larger", generation, [ask(generation, "Gt", ["2"], 1), ask(generation, "Lt", ["9"], 2)], [small, middle, large]],
    [
      "of In and Exists, the larger",
      instanceTypeLabel,
      [ask(instanceTypeLabel, "In", ["small", "large"], 1), ask(instanceTypeLabel, "Exists", [], 2)],
      [small, large],
    ],
    ["of two labels", generation, [ask(instanceTypeLabel, "Exists", [], 2), ask(generation, "Exists", [], 2)], [small, large]],
  ])("%s are kept on each node", (_what, key, requirements, types) => {
    const { nodes, least, left } = nodesOf(requirements, types, { key });
    expect([nodes, least >= 2, left]).toEqual([2, true, []]);
  });
  it.each<readonly [string, readonly Ask[], NodeSelectorRequirement | undefined]>([
    ["of more instance types than there are", [ask(instanceTypeLabel, "Exists", [], 4)], undefined],
    ["that a Pod's Gt leaves too few for", [ask(generation, "Exists", [], 2)], ask(generation, "Gt", ["3"])],
    ["that a Pod's Lt leaves too few for", [ask(generation, "Exists", [], 2)], ask(generation, "Lt", ["3"])],
  ])("%s leave Pods out, and the reason names the label", (_what, requirements, asked) => {
    const matchExpressions = asked === undefined ? [] : [asked];
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } };
    const { left } = nodesOf(requirements, [small, middle, large], {
      key: generation,
      ...(asked === undefined ? {} : { spec: { affinity: { nodeAffinity } } }),
    });
    const key = requirements[0]?.key ?? "";
    expect(left.map(({ reasons }) => reasons.join())).toEqual(Array(2).fill(expect.stringMatching(new RegExp(`minValues.*${key}`))));
  });
});
