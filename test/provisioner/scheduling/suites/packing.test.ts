/**
 * Packing, and nodes that stand or come, as Karpenter's users count on them (its suite of scheduling).
 */
import { describe, expect, it } from "vitest";
import { hostnameLabel, instanceTypeLabel, zoneLabel } from "../../../../src/api/labels.ts";
import type { NodeState } from "../../../../src/provisioner/scheduling/node-state.ts";
import { a, b, c, countsBy, full, planned, pods, poolOf, spread, spreadOver } from "./suite-world.ts";

const gi = 2 ** 30;
/** A node with room for 4 CPUs. */
const node = (name: string, more: Partial<NodeState> = {}): NodeState => ({
  ...full(name, { [zoneLabel]: a, ...more.labels }),
  allocatable: { cpu: 4_000, memory: 16 * gi, pods: 50 },
  ...more,
  ...(more.labels === undefined ? {} : { labels: { ...full(name, { [zoneLabel]: a }).labels, ...more.labels } }),
});
const sizes = (plan: ReturnType<typeof planned>) =>
  plan.newNodes.map(({ instanceType, pods: held }) => `${instanceType.replace(/-.*/, "")} ${held.length}`);

describe("Pods on new nodes", () => {
  it.each([
    ["one that is small takes the smallest type", pods(1), ["small 1"]],
    ["a few that are small share the smallest type", pods(5), ["small 5"]],
    ["whose overhead is large take a larger type", pods(1, { cpu: "1", spec: { overhead: { cpu: "2", memory: "0" } } }), ["large 1"]],
    ["that ask for nothing share the smallest type", pods(3, { cpu: "0" }), ["small 3"]],
    ["beyond the number that a node may run take another", pods(60, { cpu: "0" }), ["small 50", "small 10"]],
    ["larger than any type have no place", pods(1, { cpu: "17" }), []],
    [
      "whose init containers are large take a type for those",
      pods(1, { spec: { initContainers: [{ name: "init", resources: { requests: { cpu: "3" } } }] } }),
      ["large 1"],
    ],
    [
      "whose init containers are larger than any type have no place",
      pods(1, { spec: { initContainers: [{ name: "init", resources: { requests: { cpu: "17" } } }] } }),
      [],
    ],
  ] as const)("%s", (_what, of, expected) => {
    const plan = planned({ pods: of });
    expect(sizes(plan)).toEqual(expected);
    expect(plan.unschedulable).toHaveLength(expected.length === 0 ? of.length : 0);
  });

  it("beyond what a node holds take another", () => {
    const { newNodes, unschedulable } = planned({
      pods: pods(9, { cpu: "2", spec: { nodeSelector: { [instanceTypeLabel]: "large-amd64" } } }),
    });
    expect([newNodes.map((one) => one.pods.length), unschedulable.length]).toEqual([[8, 1], 0]);
  });
  it("large and small share nodes, and none is bought for small ones alone", () => {
    const plan = planned({ pods: [...pods(4, { name: "big", cpu: "1500m" }), ...pods(4, { name: "tiny", cpu: "400m" })] });
    expect(plan.newNodes.every(({ pods: held }) => held.some(({ key }) => key.startsWith("shop/big")))).toBe(true);
  });
  it("of which one has a host port each take a node of their own", () => {
    const spec = { containers: [{ name: "app", ports: [{ containerPort: 80, hostPort: 80 }] }] };
    expect(planned({ pods: pods(2, { spec }) }).newNodes).toHaveLength(2);
  });
  it("take a dearer type where the cheaper ones are not theirs", () => {
    const plan = planned({ pods: pods(1, { spec: { nodeSelector: { [instanceTypeLabel]: "large-arm64" } } }) });
    expect(sizes(plan)).toEqual(["large 1"]);
  });
});

describe.each([
  ["that stands", true],
  ["that comes", false],
])("a node %s", (_what, initialized) => {
  const some = (name = "n", more: Partial<NodeState> = {}) => node(name, { initialized, ...more });
  const counts = (given: Parameters<typeof planned>[0]) => {
    const { existing, newNodes } = planned(given);
    return [existing.reduce((sum, { pods: held }) => sum + held.length, 0), newNodes.reduce((sum, { pods: held }) => sum + held.length, 0)];
  };
  it.each([
    ["takes a Pod that fits", {}, some(), [1, 0]],
    ["takes a Pod that selects it", { nodeSelector: { [zoneLabel]: a } }, some(), [1, 0]],
    ["leaves a Pod of another zone", { nodeSelector: { [zoneLabel]: b } }, some(), [0, 1]],
    ["leaves a Pod while it is to go", {}, some("n", { accepting: false }), [0, 1]],
    ["leaves a Pod that does not tolerate its taint", {}, some("n", { taints: [{ key: "red", effect: "NoSchedule" as const }] }), [0, 1]],
  ])("%s", (_title, spec, one, expected) => {
    expect(counts({ pods: pods(1, { cpu: "1", spec }), nodes: [one] })).toEqual(expected);
  });
  it("leaves a Pod that does not fit", () => {
    expect(counts({ pods: pods(1, { cpu: "5" }), nodes: [some()] })).toEqual([0, 1]);
  });
  it("is filled before others are bought", () => {
    expect(counts({ pods: pods(12, { cpu: "1" }), nodes: [some("one"), some("two")] })).toEqual([8, 4]);
  });
  it("counts in a spread over zones", () => {
    const nodes = [some("one", { pods: pods(2).map(({ pod }) => pod) })];
    const plan = planned({ pods: pods(4, { name: "more", spec: spread(spreadOver(zoneLabel)) }), nodes });
    expect(countsBy(zoneLabel, plan, nodes)).toEqual([2, 2, 2]);
  });
  it("counts in a spread over hosts", () => {
    const nodes = [some("one", { pods: pods(1).map(({ pod }) => pod) })];
    const plan = planned({ pods: pods(3, { name: "more", spec: spread(spreadOver(hostnameLabel)) }), nodes });
    expect(countsBy(hostnameLabel, plan, nodes)).toEqual([1, 1, 1, 1]);
  });
});

it("a node that stands takes Pods before one that comes", () => {
  const plan = planned({ pods: pods(1, { cpu: "1" }), nodes: [node("coming", { initialized: false }), node("there")] });
  expect(plan.existing.map(({ node: { name } }) => name)).toEqual(["there"]);
});

it("a Pod that no standing node takes goes to a new one of the NodePool that does", () => {
  const plan = planned({
    pods: pods(1, { spec: { nodeSelector: { team: "red" } } }),
    nodes: [node("there")],
    nodePools: [poolOf({}, { labels: { team: "red" } })],
  });
  expect([plan.existing.length, plan.newNodes.length]).toEqual([0, 1]);
});

it("Pods have no place where a NodePool's requirements leave no type, and the reason names them", () => {
  for (const pool of [
    poolOf({ [zoneLabel]: ["nowhere"] }),
    poolOf({ [instanceTypeLabel]: ["unknown"] }),
    poolOf({ [zoneLabel]: [c], "kubernetes.io/arch": ["s390x"] }),
  ]) {
    const plan = planned({ pods: pods(2), nodePools: [pool] });
    expect(plan.unschedulable.map(({ reasons }) => reasons.join())).toEqual(Array(2).fill(expect.stringMatching(/general-flex/)));
  }
});
