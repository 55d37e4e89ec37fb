/**
 * Capacity advice: what a workload means for the cluster, as data and in words.
 */
import { describe, expect, test } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { ok } from "../../src/api/result.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import { adviceWords } from "../../src/provisioner/advice-words.ts";
import { adviceOn } from "../../src/provisioner/advice.ts";
import { advisedPodsMax, capacityAdvice, othersMax, type CapacityAdvice } from "../../src/provisioner/capacity-advice.ts";
import type { ObservedCluster } from "../../src/provisioner/cluster-input.ts";
import { adviceDesk } from "../../src/provisioner/controllers/advice-desk.ts";
import type { ProvisionerShell } from "../../src/provisioner/controllers/shell.ts";
import { deployment, namespaceObject, nodePool, pod } from "../support/objects.ts";
import { yamlText } from "../support/yaml-objects.ts";

const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
const parsed = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });
const onDemand = { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] } as const;

function observed(objects: readonly KubeObject[], limits?: Readonly<Record<string, string>>): ObservedCluster {
  if (!parsed.ok) throw new Error("policies.yaml does not parse");
  const pool = nodePool({ requirements: [onDemand], ...(limits === undefined ? {} : { limits }) });
  const snapshot = snapshotOf([namespaceObject(), pool, ...objects]);
  return {
    world: { policySet: parsed.value, snapshot, names: platformNames(), instanceTypes },
    nodeClaims: [],
    nodePools: [pool],
    instanceTypes: new Map([[pool.metadata.name ?? "", instanceTypes]]),
  };
}

const web = (replicas: number, cpu = "1") => deployment({ name: "web", replicas, requests: { cpu, memory: "2Gi" } });
const wordsOf = (object: KubeObject, cluster: ObservedCluster): string | undefined => {
  const answer = adviceOn({ kind: "capacity", object }, cluster, { now: 0 });
  return answer.kind === "capacity" ? answer.words : undefined;
};

const allocatable = { cpu: "16", memory: "64Gi", pods: "110" };
const large = { apiVersion: "v1", kind: "Node", metadata: { name: "n1", uid: "n1" }, status: { allocatable, capacity: allocatable } };

describe("a workload that asks for more Pods is told", () => {
  test("which nodes it needs, what they cost, and how full the pool is then", () => {
    expect(wordsOf(web(30), observed([], { cpu: "100" }))).toMatch(
      /^30 replicas need \+\d+ nodes? \([^)]+, general-flex\), about \$\d+\.\d\d\/h; \d+% of the pool's limit$/,
    );
    expect(wordsOf(web(30), observed([]))).toMatch(/\/h$/);
  });

  test("the price and the number of the nodes that the provisioner would make", () => {
    const advice = capacityAdvice(web(30), observed([]), { now: 0 });
    expect(advice).toMatchObject({ asked: 30, planned: 30, isMore: false, leftOut: 0, limits: [] });
    expect(advice?.nodes.reduce((sum, { count }) => sum + count, 0)).toBe(advice?.nodesMore);
    expect(advice?.pricePerHour).toBeGreaterThan(0);
    const twice = capacityAdvice(web(60), observed([]), { now: 0 });
    expect(twice?.pricePerHour).toBeGreaterThan(advice?.pricePerHour ?? NaN);
  });

  test("that it fits where it does", () => {
    expect(wordsOf(web(3), observed([large]))).toBe("3 replicas fit on nodes that are there or on their way");
  });

  test("only what it adds to what waits already", () => {
    const other = pod({ name: "other", requests: { cpu: "7", memory: "8Gi" } });
    const [alone, beside] = [capacityAdvice(web(10), observed([]), { now: 0 }), capacityAdvice(web(10), observed([other]), { now: 0 })];
    expect(beside?.pricePerHour).toBeLessThanOrEqual((alone?.pricePerHour ?? 0) * 1.5);
    expect(beside?.pricePerHour).toBeGreaterThan(0);
  });

  test("what it grows by, where some are there", () => {
    const before = web(2);
    const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: before.metadata.uid ?? "", controller: true };
    const set = { ...web(2), kind: "ReplicaSet", metadata: { name: "web-1", namespace: "shop", uid: "set", ownerReferences: [owner] } };
    const ofSet = { ...owner, kind: "ReplicaSet", name: "web-1", uid: "set" };
    const pods = ["a", "b"].map((id) => pod({ name: `web-1-${id}`, owner: ofSet, labels: { app: "web" }, spec: { nodeName: "n1" } }));
    const advice = capacityAdvice(web(12), observed([large, before, set, ...pods]), { now: 0 });
    expect(advice).toMatchObject({ asked: 10, isMore: true });
  });

  test("why it has no place", () => {
    expect(wordsOf(web(3, "10000"), observed([]))).toMatch(/^3 replicas have no place: NodePool general-flex: /);
    expect(wordsOf(web(30), observed([], { cpu: "8" }))).toMatch(/^30 replicas need \+\d+ nodes? .*; \d+ have no place: /);
  });

  test("why no capacity is planned for it", () => {
    const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "team", namespace: "shop" }, spec: { hard: { pods: "0" } } };
    expect(wordsOf(web(3), observed([quota as KubeObject]))).toBe(
      'no capacity is planned for 3 replicas: ResourceQuota "team" leaves pods for 0 of 3 more Pods',
    );
  });

  test("nothing, where it asks for nothing or where too many others wait", () => {
    expect(wordsOf(web(0), observed([]))).toBeUndefined();
    const others = Array.from({ length: othersMax + 1 }, (_unused, index) => pod({ name: `other-${index}` }));
    expect(wordsOf(web(3), observed(others))).toBeUndefined();
  });

  test("nothing, where it or others to come ask for so many that a plan would hold everybody up", () => {
    expect(wordsOf(web(advisedPodsMax + 1), observed([]))).toBeUndefined();
    expect(wordsOf(web(3), observed([deployment({ name: "other", replicas: othersMax + 1 })]))).toBeUndefined();
  });

  test("nothing, where time is up before the plan has ended", () => {
    let asked = 0;
    expect(capacityAdvice(web(30), observed([]), { now: 0, isAborted: () => (asked += 1) > 1 })).toBeUndefined();
    expect(asked).toBeGreaterThan(1);
  });
});

test("advice has a share of the thread's time, and beyond it nothing is planned", async () => {
  const clock = { time: 0, planMs: 900 };
  const now = (): number => clock.time;
  const { world } = observed([]);
  const plans: number[] = [];
  const shell = {
    clock: { now },
    world: () => world,
    snapshot: () => world.snapshot,
    provider: {
      serves: () => true,
      instanceTypes: () => {
        plans.push(clock.time);
        clock.time += clock.planMs;
        return Promise.resolve(ok(instanceTypes));
      },
    },
  } as unknown as ProvisionerShell;
  const desk = adviceDesk({ now });
  const ask = () => desk.answer(shell, { kind: "capacity", object: web(3) }, { until: clock.time + 60_000 });
  for (let count = 0; count < 20; count += 1) await ask();
  expect(plans.length).toBeLessThan(5);
  const before = plans.length;
  clock.time += 5_000;
  await ask();
  await ask();
  expect(plans).toHaveLength(before + 1);
});

describe("advice in words", () => {
  const usual: CapacityAdvice = {
    ...{ asked: 50, isMore: false, planned: 50, nodesMore: 4, pricePerHour: 1.6128, leftOut: 0 },
    nodes: [{ nodePool: "general-flex", instanceType: "m7i.2xlarge", capacityType: "on-demand", count: 4 }],
    limits: [{ nodePool: "general-flex", percent: 62 }],
  };
  const small = { nodePool: "general-flex", instanceType: "c6i.large", capacityType: "on-demand", count: 1 };
  const spot = { nodePool: "batch-spot", instanceType: "m6i.large", capacityType: "spot", count: 2 };
  const rows: readonly (readonly [string, Partial<CapacityAdvice>, string])[] = [
    ["the usual", {}, "50 replicas need +4 nodes (m7i.2xlarge, general-flex), about $1.61/h; 62% of the pool's limit"],
    [
      "one replica on one node",
      { asked: 1, planned: 1, nodesMore: 1, nodes: [small], limits: [] },
      "1 replica needs +1 node (c6i.large, general-flex), about $1.61/h",
    ],
    [
      "growth",
      { isMore: true, asked: 30, planned: 30, limits: [] },
      "30 more replicas need +4 nodes (m7i.2xlarge, general-flex), about $1.61/h",
    ],
    ["Spot", { nodesMore: 2, nodes: [spot], limits: [] }, "50 replicas need +2 nodes (m6i.large spot, batch-spot), about $1.61/h"],
    [
      "mixed types",
      { nodesMore: 5, nodes: [...usual.nodes, small], limits: [] },
      "50 replicas need +5 nodes (4x m7i.2xlarge, 1x c6i.large, general-flex), about $1.61/h",
    ],
    [
      "many types",
      { nodesMore: 7, nodes: [...usual.nodes, spot, small], limits: [] },
      "50 replicas need +7 nodes (4x m7i.2xlarge, general-flex; 2x m6i.large spot, batch-spot; 1 other kind), about $1.61/h",
    ],
    [
      "several pools",
      {
        nodes: [small, spot],
        nodesMore: 3,
        limits: [
          { nodePool: "a", percent: 10 },
          { nodePool: "batch-spot", percent: 90 },
        ],
      },
      "50 replicas need +3 nodes (1x c6i.large, general-flex; 2x m6i.large spot, batch-spot), about $1.61/h; 90% of batch-spot's limit",
    ],
    ["nothing to buy", { nodesMore: 0, nodes: [], limits: [] }, "50 replicas fit on nodes that are there or on their way"],
    [
      "no place",
      { leftOut: 50, nodesMore: 0, nodes: [], limits: [], because: "NodePool general-flex: limits exceeded" },
      "50 replicas have no place: NodePool general-flex: limits exceeded",
    ],
    [
      "some without a place",
      { leftOut: 1, limits: [], because: "limits exceeded" },
      "50 replicas need +4 nodes (m7i.2xlarge, general-flex), about $1.61/h; 1 has no place: limits exceeded",
    ],
    [
      "a quota for some",
      { planned: 20, limits: [], remark: "the quota leaves 20" },
      "20 replicas need +4 nodes (m7i.2xlarge, general-flex), about $1.61/h; the quota leaves 20",
    ],
    [
      "a refusal",
      { planned: 0, remark: "Pod Security refuses its Pods" },
      "no capacity is planned for 50 replicas: Pod Security refuses its Pods",
    ],
    ["Pods that wait for nothing of ours", { planned: 0 }, "50 replicas need no capacity of ours"],
  ];
  test.each(rows)("%s", (_name, over, expected) => {
    expect(adviceWords({ ...usual, ...over })).toBe(expected);
  });

  test("a word of a user's can't break the header", () => {
    const words = adviceWords({ ...usual, leftOut: 50, because: `label "a\nb" ${"x".repeat(500)}` });
    expect(words).not.toMatch(/\p{Cc}/u);
    expect(words.length).toBeLessThanOrEqual(200);
  });
});
