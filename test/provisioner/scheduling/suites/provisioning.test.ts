/**
 * Limits, DaemonSets, several NodePools and the NodeClaims that come of them, as Karpenter's users count on them (its suite of provisioning).
 */
import { describe, expect, it } from "vitest";
import {
  archLabel,
  capacityTypeLabel,
  instanceTypeLabel,
  nodePoolLabel,
  osLabel,
  platformNames,
  zoneLabel,
} from "../../../../src/api/labels.ts";
import type { NodePool } from "../../../../src/api/node-pool.ts";
import type { Container, PodSpec } from "../../../../src/api/pod.ts";
import type { DaemonSetPods } from "../../../../src/provisioner/scheduling/daemon-overhead.ts";
import { toNodeClaim } from "../../../../src/provisioner/scheduling/node-claim.ts";
import type { SchedulingResults } from "../../../../src/provisioner/scheduling/solve.ts";
import { a, b, type Case, full, onNodes, planned, pods, poolOf } from "./suite-world.ts";

const container = (cpu: string, more: Partial<Container> = {}): Container => ({
  name: `c${cpu}`,
  resources: { requests: { cpu } },
  ...more,
});
const sidecar = (cpu: string): Container => container(cpu, { restartPolicy: "Always" });
const limited = (limits: Readonly<Record<string, string>>) => poolOf({}, { limits });
const left = (given: Case): number => planned(given).unschedulable.length;

describe("a NodePool's limit", () => {
  const used = { ...full("used", { [zoneLabel]: a }), nodePool: "general-flex", capacity: { cpu: 2_000, memory: 2 ** 30, pods: 50 } };
  it.each<readonly [string, Case, number]>([
    ["lets nothing in once it is exceeded", { pods: pods(1), nodePools: [limited({ cpu: "1" })], nodes: [used] }, 1],
    ["lets in what meets it", { pods: pods(1), nodePools: [limited({ cpu: "2" })] }, 0],
    ["lets in the part that meets it", { pods: pods(2, { cpu: "1500m" }), nodePools: [limited({ cpu: "3" })] }, 1],
    ["lets nothing in that would exceed it", { pods: pods(1, { cpu: "3" }), nodePools: [limited({ cpu: "8" })] }, 1],
    ["counts what stands already", { pods: pods(1), nodePools: [limited({ cpu: "3" })], nodes: [used] }, 1],
    ["on the number of nodes is kept", { pods: pods(2, { cpu: "10" }), nodePools: [limited({ nodes: "1" })] }, 1],
  ])("%s", (_what, given, expected) => {
    expect(left(given)).toBe(expected);
  });
});

describe("a Pod's amounts are", () => {
  it.each<readonly [string, Partial<PodSpec>, number]>([
    [
      "the larger of its init container's and its sidecar's with its own, where the sidecar starts last",
      { initContainers: [container("10"), sidecar("4900m")], containers: [container("1")] },
      10_000,
    ],
    [
      "its sidecar's and its own, where the init container beside the sidecar asks for less",
      { initContainers: [sidecar("4900m"), container("5")], containers: [container("6")] },
      10_900,
    ],
    [
      "its sidecar's and its init container's, where that asks for more than its own",
      { initContainers: [sidecar("4900m"), container("10")], containers: [container("6")] },
      14_900,
    ],
    ["those of the Pod as a whole, where it states them", { resources: { requests: { cpu: "5" } }, containers: [container("1")] }, 5_000],
  ])("%s", (_what, spec, cpu) => {
    expect(planned({ pods: pods(1, { spec }) }).newNodes.map(({ requests }) => requests["cpu"])).toEqual([cpu]);
  });
});

describe("a DaemonSet", () => {
  const agent = (spec: Partial<PodSpec>): readonly DaemonSetPods[] => [
    { name: "kube-system/agent", spec: { containers: [{ name: "agent" }], ...spec } },
  ];
  it.each<readonly [string, Partial<PodSpec>, readonly string[]]>([
    ["too large for any node leaves no place", { containers: [container("17")] }, []],
    [
      "counts the larger of its containers and its init containers",
      { containers: [container("1")], initContainers: [container("3")] },
      ["large-amd64"],
    ],
    [
      "whose containers together are too large leaves no place",
      { containers: [container("9"), container("8")], initContainers: [container("3")] },
      [],
    ],
    ["whose init container is too large leaves no place", { initContainers: [container("17")] }, []],
    ["that asks for nothing takes nothing", {}, ["small-amd64"]],
    [
      "of one instance type counts on that alone",
      { containers: [container("17")], ...onNodes({ [instanceTypeLabel]: ["small-amd64", "large-amd64"] }) },
      ["small-arm64"],
    ],
  ])("%s", (_what, spec, types) => {
    const plan = planned({ pods: pods(1), daemonSets: agent(spec) });
    expect([plan.newNodes.map(({ instanceType }) => instanceType), plan.unschedulable.length]).toEqual([types, 1 - types.length]);
  });
  it("is counted once, however many Pods a node has", () => {
    const plan = planned({ pods: pods(3), daemonSets: agent({ containers: [container("1")] }) });
    expect(plan.newNodes.map(({ requests }) => requests["cpu"])).toEqual([1_300]);
  });
});

describe("of several NodePools", () => {
  const poolNames = (plan: SchedulingResults): readonly string[] => plan.newNodes.map(({ nodePool }) => nodePool.metadata.name ?? "");
  const light = poolOf({}, { name: "light", weight: 1, labels: { team: "red" } });
  const heavy = poolOf({}, { name: "heavy", weight: 100 });
  const shy = poolOf({}, { name: "shy", weight: 100, taints: [{ key: "shy", effect: "PreferNoSchedule" }] });
  it.each<readonly [string, Partial<PodSpec>, readonly NodePool[], readonly string[]]>([
    ["the one of the most weight is taken", {}, [light, heavy], ["heavy"]],
    ["the one that the Pod names is taken, whatever its weight", { nodeSelector: { [nodePoolLabel]: "light" } }, [light, heavy], ["light"]],
    ["the one whose label the Pod asks for is taken", { nodeSelector: { team: "red" } }, [light, heavy], ["light"]],
    ["one that asks Pods to stay away is taken where there is no other", {}, [shy], ["shy"]],
    ["one that is full is passed over", {}, [light, poolOf({}, { name: "full", weight: 100, limits: { cpu: "0" } })], ["light"]],
  ])("%s", (_what, spec, nodePools, names) => {
    expect(poolNames(planned({ pods: pods(1, { spec }), nodePools }))).toEqual(names);
  });
  it("one that asks Pods to stay away is left alone where another of its weight takes them", () => {
    expect(poolNames(planned({ pods: pods(1), nodePools: [shy, heavy] }))).toEqual(["heavy"]);
  });
  it("none is there, and no Pod has a place", () => {
    expect(left({ pods: pods(2), nodePools: [] })).toBe(2);
  });
});

it("a preference is left out of account by the policy Ignore", () => {
  const preference = { matchExpressions: [{ key: capacityTypeLabel, operator: "In" as const, values: ["on-demand"] }] };
  const spec: Partial<PodSpec> = {
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference }] } },
  };
  const bought = (preferencePolicy: "Ignore" | "Respect") =>
    planned({ pods: pods(1, { spec }), preferencePolicy }).newNodes.map(({ capacityType }) => capacityType);
  expect([bought("Ignore"), bought("Respect")]).toEqual([["spot"], ["on-demand"]]);
});

describe("minValues of zones", () => {
  const needs = (minValues: number): NodePool => {
    const pool = poolOf({ [zoneLabel]: [a, b] });
    const { template } = pool.spec;
    const requirements = template.spec.requirements.map((one) => ({ ...one, minValues }));
    return { ...pool, spec: { ...pool.spec, template: { ...template, spec: { ...template.spec, requirements } } } };
  };
  it.each([
    ["that are met let a Pod in", 2, "Strict", 0],
    ["that are not met keep it out", 3, "Strict", 1],
    ["that are not met give way by the policy BestEffort", 3, "BestEffort", 0],
  ] as const)("%s", (_what, minValues, minValuesPolicy, expected) => {
    expect(left({ pods: pods(1), nodePools: [needs(minValues)], minValuesPolicy })).toBe(expected);
  });
});

describe("a NodeClaim", () => {
  const claimOf = (pool: NodePool, spec: Partial<PodSpec> = {}, cpu = "1") => {
    const [one] = planned({ pods: pods(1, { cpu, spec: { tolerations: [{ operator: "Exists" }], ...spec } }), nodePools: [pool] }).newNodes;
    if (one === undefined) throw new Error("a node is planned");
    return toNodeClaim(one, { ...platformNames(), name: "claim" });
  };
  const valuesOf = (claim: ReturnType<typeof claimOf>, key: string) => claim.spec.requirements.find((one) => one.key === key)?.values;

  it("asks for what its NodePool and its Pods require", () => {
    const claim = claimOf(poolOf({ [zoneLabel]: [a, b], team: ["red"] }), onNodes({ [zoneLabel]: [b], [archLabel]: ["arm64"] }));
    expect([valuesOf(claim, zoneLabel), valuesOf(claim, archLabel), valuesOf(claim, "team")]).toEqual([[b], ["arm64"], ["red"]]);
  });
  it.each([
    ["architecture", { [archLabel]: ["arm64"] }, "1", ["large-arm64", "small-arm64"]],
    ["operating system", { [osLabel]: ["linux"] }, "1", ["large-amd64", "large-arm64", "small-amd64", "small-arm64"]],
    ["Pods' size", {}, "3", ["large-amd64", "large-arm64"]],
  ])("names the instance types that its %s leaves", (_what, values, cpu, types) => {
    expect([...(valuesOf(claimOf(poolOf(values), {}, cpu), instanceTypeLabel) ?? [])].sort()).toEqual(types);
  });
  it("is its NodePool's, with its NodeClass, amounts, labels, annotations and taints", () => {
    const taint = { key: "team", value: "red", effect: "NoSchedule" as const };
    const pool = poolOf(
      {},
      { labels: { team: "red", "node.kubernetes.io/team": "red", "sub.node.kubernetes.io/x": "y" }, taints: [taint] },
    );
    const { template } = pool.spec;
    const noted = {
      ...pool,
      spec: { ...pool.spec, template: { ...template, metadata: { ...template.metadata, annotations: { note: "kept" } } } },
    };
    const { metadata, spec } = claimOf(noted);
    expect(metadata).toMatchObject({
      labels: { team: "red", "node.kubernetes.io/team": "red", "sub.node.kubernetes.io/x": "y", [nodePoolLabel]: "general-flex" },
      annotations: { note: "kept" },
      ownerReferences: [{ kind: "NodePool", name: "general-flex", uid: "uid-nodepool-general-flex", blockOwnerDeletion: true }],
    });
    expect(spec).toMatchObject({
      nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
      resources: { requests: { cpu: "1" } },
    });
    // A Pod's toleration of everything adds no taint.
    expect(spec.taints).toEqual([taint]);
  });
  it("has no labels of what its NodePool only requires of well-known ones", () => {
    expect(Object.keys(claimOf(poolOf({ [zoneLabel]: [a], [archLabel]: ["arm64"] })).metadata.labels ?? {})).not.toContain(archLabel);
  });
  it("has its NodePool's terminationGracePeriod, and none where that has none", () => {
    const pool = poolOf({});
    const { template } = pool.spec;
    const patient = {
      ...pool,
      spec: { ...pool.spec, template: { ...template, spec: { ...template.spec, terminationGracePeriod: "1h" } } },
    };
    expect([claimOf(patient).spec.terminationGracePeriod, claimOf(pool).spec.terminationGracePeriod]).toEqual(["1h", undefined]);
  });
});
