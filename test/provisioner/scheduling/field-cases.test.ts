/**
 * What Karpenter's users count on, case by case (its scheduling and provisioning suites): DaemonSets, taints of nodes that start, labels, minValues,
 * dependent affinities, volumes, operating systems. The plan checker, which knows kube-scheduler's filters alone, must accept each plan.
 */
import { describe, expect, it } from "vitest";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import {
  archLabel,
  hostnameLabel,
  initializedLabel,
  instanceTypeLabel,
  nodePoolLabel,
  osLabel,
  platformNames,
  registeredLabel,
  zoneLabel,
} from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { NodeSelectorRequirement, PodAffinityTerm, PodSpec, Taint } from "../../../src/api/pod.ts";
import type { StorageClass } from "../../../src/api/storage.ts";
import type { DaemonSetPods } from "../../../src/provisioner/scheduling/daemon-overhead.ts";
import { nodeStates } from "../../../src/provisioner/scheduling/node-state.ts";
import type { PendingPod } from "../../../src/provisioner/scheduling/pod-class.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { nodePool, pod } from "../../support/objects.ts";
import { anyOrderFaults } from "../plan/any-order.ts";
import { planFaults } from "../plan/plan-checker.ts";

const cpuLabel = "karpenter.k8s.aws/instance-cpu";
const familyLabel = "karpenter.k8s.aws/instance-family";
const small = typeOf("small", { cpu: 2, price: 1 });
const large = typeOf("large", { cpu: 4, price: 2 });
const huge = typeOf("huge", { cpu: 8, price: 4 });

describe("a DaemonSet counts", () => {
  // With 2 CPUs of overhead a Pod of 1 needs the large type.
  const counts = (name: string, spec: Partial<PodSpec>, pool: Parameters<typeof nodePool>[0] = {}) => {
    overhead(name, { spec, pool }, "large");
  };
  counts(
    "with an affinity of several terms where any of them matches",
    terms([{ key: "foo", values: ["voo"] }], [{ key: "foo", values: ["bar"] }]),
    {
      labels: { foo: "bar" },
    },
  );
  counts("with a custom label of the NodePool in its nodeSelector", { nodeSelector: { foo: "bar" } }, { labels: { foo: "bar" } });
  counts("with a preference that no node meets", {
    affinity: {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: expressions({ key: "foo", values: ["no"] }) }],
      },
    },
  });
  counts("where a taint only asks to stay away", {}, { taints: [{ key: "test", effect: "PreferNoSchedule" }] });
  counts("with NotIn of a label that no node has", terms([{ key: "foo", operator: "NotIn", values: ["bar"] }]));
  overhead(
    "though it does not tolerate the pool's startup taint",
    { spec: {}, startupTaints: [{ key: "cni", effect: "NoSchedule" }] },
    "large",
  );
});

describe("a DaemonSet counts for nothing", () => {
  const nothing = (name: string, spec: Partial<PodSpec>, pool: Parameters<typeof nodePool>[0] = {}) => {
    overhead(name, { spec, pool }, "small");
  };
  nothing("where it does not tolerate a taint", {}, { taints: [{ key: "test", effect: "NoSchedule" }] });
  nothing("where its selector asks for a label that no node has", { nodeSelector: { foo: "bar" } });
  nothing("where no instance type meets its requirements", terms([{ key: instanceTypeLabel, values: ["unknown"] }]));

  it("on a type that it can't run on: neither its amounts nor its host ports", () => {
    const port = (hostPort: number) => [
      { name: "app", resources: { requests: { cpu: "500m" } }, ports: [{ containerPort: 80, hostPort }] },
    ];
    const onLarge = { ...agent({ nodeSelector: { [instanceTypeLabel]: "large" }, containers: port(8080) }), name: "kube-system/on-large" };
    const onSmall = { ...agent({ nodeSelector: { [instanceTypeLabel]: "small" }, containers: port(8081) }), name: "kube-system/on-small" };
    const asking = pending("web", { spec: { containers: port(8080) } });
    expect(typesOf(planned({ pods: [asking], daemonSets: [onLarge, onSmall] }))).toEqual(["small"]);
  });
});

describe("a taint of a Node of ours", () => {
  const notReady: Taint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" };
  const cloud: Taint = { key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true", effect: "NoSchedule" };
  const startup: Taint = { key: "ignore-me", effect: "NoSchedule" };
  const placed = (taints: readonly Taint[], isInitialized: boolean): number =>
    planned({ pods: [pending("web")], nodes: standing({ taints, isInitialized, startupTaints: [startup] }) }).existing.length;

  it("that goes away by itself is no obstacle before the node is initialized, and one afterwards", () => {
    for (const taint of [notReady, cloud, { ...notReady, effect: "NoExecute" as const }]) {
      expect([placed([taint], false), placed([taint], true)]).toEqual([1, 0]);
    }
  });
  it("of its startup is no obstacle before the node is initialized, and one where it comes back", () => {
    expect([placed([startup], false), placed([startup], true)]).toEqual([1, 0]);
  });
  it("of any other kind is an obstacle all the time", () => {
    const own: Taint = { key: "team", value: "red", effect: "NoSchedule" };
    expect([placed([own], false), placed([own], true)]).toEqual([0, 0]);
  });
});

it("an extended resource that the kubelet reports as zero is its NodeClaim's until the node is initialized", () => {
  const gpu = { requests: { "nvidia.com/gpu": "1" } };
  const placed = (isInitialized: boolean): number =>
    planned({ pods: [pending("web", gpu)], nodes: standing({ isInitialized, allocatable: { "nvidia.com/gpu": "0" } }), types: [] }).existing
      .length;
  expect([placed(false), placed(true)]).toEqual([1, 0]);
});

it("Pods that spread over a custom label which two NodePools split go to both in its proportion", () => {
  const labels = { app: "web" };
  const spread = { maxSkew: 1, topologyKey: "split", whenUnsatisfiable: "DoNotSchedule" as const, labelSelector: { matchLabels: labels } };
  const pods = Array.from({ length: 20 }, (_, index) => pending(`web-${index}`, { labels, spec: { topologySpreadConstraints: [spread] } }));
  const pool = (name: string, values: readonly string[]) =>
    nodePool({ name, labels: {}, requirements: [{ key: "split", operator: "In", values }] });
  const { newNodes } = planned({ pods, nodePools: [pool("four", ["1", "2", "3", "4"]), pool("one", ["5"])], types: [huge] });
  const on = (name: string) => newNodes.filter((one) => one.nodePool.metadata.name === name).reduce((sum, one) => sum + one.pods.length, 0);
  expect([on("four"), on("one")]).toEqual([16, 4]);
});

it("a spread whose selector misses its own Pods keeps none of them off a node", () => {
  const spread = {
    maxSkew: 1,
    topologyKey: hostnameLabel,
    whenUnsatisfiable: "DoNotSchedule" as const,
    labelSelector: { matchLabels: { app: "no" } },
  };
  const pods = Array.from({ length: 5 }, (_, index) => pending(`web-${index}`, { spec: { topologySpreadConstraints: [spread] } }));
  expect(planned({ pods, types: [huge] }).newNodes).toHaveLength(1);
});

describe("a requirement of the NodePool", () => {
  it.each([
    ["Gt", "2", ["large", "huge"]],
    ["Gte", "4", ["large", "huge"]],
    ["Lt", "8", ["small", "large"]],
    ["Lte", "4", ["small", "large"]],
    ["Gt", "8", []],
  ] as const)("%s %s leaves its types", (operator, value, types) => {
    const nodePools = [nodePool({ labels: {}, requirements: [{ key: cpuLabel, operator, values: [value] }] })];
    const { newNodes, unschedulable } = planned({ pods: [pending("web")], nodePools });
    expect(newNodes.flatMap(({ instanceTypes }) => instanceTypes.map(({ name }) => name))).toEqual(types);
    expect(unschedulable).toHaveLength(types.length === 0 ? 1 : 0);
  });
});

describe("a beta label in a Pod's selector", () => {
  const arm = typeOf("arm", { cpu: 2, price: 3, labels: { [archLabel]: ["arm64"] } });
  it.each([
    ["beta.kubernetes.io/arch", "arm64", { type: "arm", zone: "a" }],
    ["beta.kubernetes.io/instance-type", "large", { type: "large", zone: "a" }],
    ["failure-domain.beta.kubernetes.io/zone", "b", { type: "small", zone: "b" }],
  ])("%s means what its successor does", (key, value, expected) => {
    const { newNodes } = solve(
      inputOf({ pods: [pending("web", { spec: { nodeSelector: { [key]: value } } })], types: [small, large, arm] }),
    );
    expect(newNodes.map(({ instanceType, zone }) => ({ type: instanceType, zone }))).toEqual([expected]);
  });
});

describe("minValues", () => {
  const types = ["a", "b", "c"].flatMap((family, at) =>
    [2, 4].map((cpu) => typeOf(`${family}${cpu}`, { cpu, price: cpu * (1 + at / 10), labels: { [familyLabel]: [family] } })),
  );
  const asking = (...requirements: readonly (NodeSelectorRequirement & { readonly minValues: number })[]) => [
    nodePool({ labels: {}, requirements }),
  ];

  it("of several keys are all kept, each by the types that hold the Pods", () => {
    const nodePools = asking(
      { key: instanceTypeLabel, operator: "Exists", minValues: 3 },
      { key: familyLabel, operator: "In", values: ["a", "b", "c"], minValues: 3 },
    );
    const shapes = (cpus: readonly string[]) =>
      planned({ pods: cpus.map((cpu, index) => pending(`web-${index}`, { requests: { cpu } })), nodePools, types }).newNodes.map(
        ({ instanceTypes }) => instanceTypes.length,
      );
    expect(shapes(["1"])).toEqual([6]);
    expect(shapes(["3"])).toEqual([3]);
    expect(shapes(["5"])).toEqual([]);
  });

  it("are kept where a claim may name no more than 600 types", () => {
    const many = Array.from({ length: 700 }, (_, index) =>
      typeOf(`many${index}`, { cpu: 2, price: 1 + index / 1000, labels: { [familyLabel]: ["many"] } }),
    );
    const rare = ["x", "y"].map((family) => typeOf(family, { cpu: 2, price: 9, labels: { [familyLabel]: [family] } }));
    const nodePools = asking({ key: familyLabel, operator: "Exists", minValues: 3 });
    const [node] = planned({ pods: [pending("web")], nodePools, types: [...many, ...rare] }).newNodes;
    expect(node?.instanceTypes).toHaveLength(600);
    expect(node?.instanceTypes.slice(-2).map(({ name }) => name)).toEqual(["x", "y"]);
  });
});

describe("affinities that depend on each other", () => {
  const near = (app: string): PodAffinityTerm => ({ topologyKey: hostnameLabel, labelSelector: { matchLabels: { app } } });
  const member = (app: string, to?: string) => {
    const affinity = to === undefined ? {} : { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near(to)] } } };
    return pending(app, { labels: { app }, spec: affinity });
  };
  const chain = [member("ui", "cache"), member("cache", "web"), member("web", "db"), member("db")];

  it("are met in whatever order the Pods come", () => {
    for (const pods of [chain, chain.toReversed()]) {
      const { newNodes, unschedulable } = planned({ pods, types: [huge] });
      expect([newNodes.length, unschedulable]).toEqual([1, []]);
    }
  });
  it("leave out what asks for a Pod that does not exist, and what depends on it", () => {
    expect(planned({ pods: chain.filter(({ key }) => key !== "shop/db") }).unschedulable.map(({ pod: { key } }) => key)).toEqual([
      "shop/cache",
      "shop/ui",
      "shop/web",
    ]);
  });
});

describe("a volume", () => {
  const annotations = { "storageclass.kubernetes.io/is-default-class": "true" };
  const classOf = (name: string, zone: string, creationTimestamp: string): StorageClass => ({
    ...{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name, annotations, creationTimestamp } },
    ...{ provisioner: "ebs.csi.aws.com", volumeBindingMode: "WaitForFirstConsumer" },
    allowedTopologies: [{ matchLabelExpressions: [{ key: zoneLabel, values: [zone] }] }],
  });

  it("of a claim without a class is made by the newest of several default StorageClasses", () => {
    const classes = [classOf("new", "b", "2026-02-01T00:00:00Z"), classOf("old", "a", "2026-01-01T00:00:00Z")];
    const ephemeral = [{ name: "data", ephemeral: { volumeClaimTemplate: { spec: {} } } }];
    const { newNodes } = planned({
      pods: [pending("db", { spec: { volumes: ephemeral } })],
      volumes: { claims: [], volumes: [], classes },
    });
    expect(newNodes.map(({ zones }) => zones)).toEqual([["b"]]);
  });

  const bound = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "shop", annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
  };
  const mounting = pending("db", { spec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] } });
  const pv = (terms: readonly object[], of: object = {}) => ({
    ...{ apiVersion: "v1", kind: "PersistentVolume", metadata: { name: "pv", ...of } },
    spec: { nodeAffinity: { required: { nodeSelectorTerms: terms.map((one) => ({ matchExpressions: [one] })) } } },
  });
  const world = (one: ReturnType<typeof pv>) =>
    ({ claims: [{ ...bound, spec: { volumeName: "pv" } }], volumes: [one], classes: [] }) as SolveInput["volumes"];

  it("that is bound is waited for nowhere else, also while it is in deletion: its claim keeps it, and kube-scheduler binds its Pod", () => {
    const volumes = world(pv([{ key: zoneLabel, operator: "In", values: ["b"] }], { deletionTimestamp: "2026-01-01T00:00:00Z" }));
    expect(planned({ pods: [mounting], ...(volumes === undefined ? {} : { volumes }) }).newNodes.map(({ zones }) => zones)).toEqual([
      ["b"],
    ]);
  });

  it("on a host's own disk takes its Pod to that host alone: kube-scheduler would let it run on no new node", () => {
    const volumes = world(pv([{ key: hostnameLabel, operator: "In", values: ["node-1"] }]));
    const around = volumes === undefined ? {} : { volumes };
    expect(planned({ pods: [mounting], ...around }).newNodes).toEqual([]);
    const { existing, newNodes } = planned({ pods: [mounting], nodes: standing({ isInitialized: true }), ...around });
    expect([existing.length, newNodes.length]).toEqual([1, 0]);
  });
});

it("Pods of different operating systems go to different nodes, though one type runs either", () => {
  const either = typeOf("either", { cpu: 8, price: 4, labels: { [osLabel]: ["linux", "windows"] } });
  const pods = ["linux", "windows", "linux"].map((os, index) => pending(`${os}-${index}`, { spec: { nodeSelector: { [osLabel]: os } } }));
  // The checker knows types of one system alone.
  const { newNodes } = solved({ pods, types: [either] });
  expect(newNodes.map((one) => one.pods.map(({ key }) => key)).sort()).toEqual([["shop/linux-0", "shop/linux-2"], ["shop/windows-1"]]);
});

interface TypeWords {
  readonly cpu: number;
  readonly price: number;
  readonly labels?: Readonly<Record<string, readonly string[]>>;
}

function typeOf(name: string, { cpu, price, labels = {} }: TypeWords): InstanceType {
  const own = {
    [instanceTypeLabel]: [name],
    [cpuLabel]: [String(cpu)],
    [archLabel]: ["amd64"],
    [osLabel]: ["linux"],
    [zoneLabel]: ["a", "b"],
    ...labels,
  };
  const amounts = { cpu: cpu * 1000, memory: cpu * 4 * 2 ** 30, pods: 50 };
  return {
    name,
    requirements: Object.entries(own).map(([key, values]) => ({ key, operator: "In", values })),
    ...{ capacity: amounts, allocatable: amounts },
    offerings: ["a", "b"].map((zone) => ({ zone, capacityType: "on-demand", available: true, pricePerHour: price })),
  };
}

type Words = Pick<SolveInput, "pods"> & Partial<SolveInput> & { readonly types?: readonly InstanceType[] };

function inputOf({ types = [small, large, huge], nodePools = [nodePool({ labels: {} })], ...words }: Words): SolveInput {
  return {
    ...{ nodePools, daemonSets: [], nodes: [], namespaces: new Map([["shop", {}]]) },
    instanceTypes: new Map(nodePools.map(({ metadata }) => [metadata.name ?? "", types])),
    ...words,
  };
}

function planned(words: Words): SchedulingResults {
  const input = inputOf(words);
  const plan = solve(input);
  expect(planFaults(input, plan)).toEqual([]);
  expect(anyOrderFaults(input, plan)).toEqual([]);
  return plan;
}

function solved(words: Words): SchedulingResults {
  return solve(inputOf(words));
}

function typesOf({ newNodes }: SchedulingResults): readonly string[] {
  return newNodes.map(({ instanceType }) => instanceType);
}

interface PodWords {
  readonly labels?: Readonly<Record<string, string>>;
  readonly requests?: Readonly<Record<string, string>>;
  readonly spec?: Partial<PodSpec>;
}

function pending(name: string, { requests = { cpu: "1" }, ...rest }: PodWords = {}): PendingPod {
  return { key: `shop/${name}`, pod: pod({ name, requests, ...rest }) };
}

function agent(spec: Partial<PodSpec>): DaemonSetPods {
  return { name: "kube-system/agent", spec: { containers: [{ name: "agent", resources: { requests: { cpu: "2" } } }], ...spec } };
}

type Expression = Partial<NodeSelectorRequirement> & Pick<NodeSelectorRequirement, "key">;

function expressions(...all: readonly Expression[]) {
  return { matchExpressions: all.map((one) => ({ operator: "In" as const, ...one })) };
}

function terms(...all: readonly (readonly Expression[])[]): Partial<PodSpec> {
  const nodeSelectorTerms = all.map((one) => expressions(...one));
  return { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } };
}

/** Which type a Pod of 1 CPU gets beside a DaemonSet of 2. */
function overhead(
  name: string,
  of: { readonly spec: Partial<PodSpec>; readonly pool?: Parameters<typeof nodePool>[0]; readonly startupTaints?: readonly Taint[] },
  type: string,
): void {
  it(name, () => {
    const pool = nodePool({ labels: {}, ...of.pool });
    const { template } = pool.spec;
    const startupTaints = of.startupTaints ?? [];
    const tainted = { ...pool, spec: { ...pool.spec, template: { ...template, spec: { ...template.spec, startupTaints } } } };
    const tolerant = pending("web", { spec: { tolerations: [{ operator: "Exists" }] } });
    expect(typesOf(planned({ pods: [tolerant], daemonSets: [agent(of.spec)], nodePools: [tainted] }))).toEqual([type]);
  });
}

/** One Node of ours of 4 CPUs, as the provisioner sees it. */
function standing(of: {
  readonly isInitialized: boolean;
  readonly taints?: readonly Taint[];
  readonly startupTaints?: readonly Taint[];
  readonly allocatable?: Readonly<Record<string, string>>;
}): SolveInput["nodes"] {
  const amounts = { cpu: "4", memory: "16Gi", pods: "50" };
  const labels = {
    ...{
      [hostnameLabel]: "node-1",
      [zoneLabel]: "a",
      [instanceTypeLabel]: "large",
      [nodePoolLabel]: "general-flex",
      [registeredLabel]: "true",
    },
    ...(of.isInitialized ? { [initializedLabel]: "true" } : {}),
  };
  const allocatable = { ...amounts, ...of.allocatable };
  const node: Node = {
    ...{ apiVersion: "v1", kind: "Node", metadata: { name: "node-1", labels } },
    spec: { providerID: "test:///node-1", taints: of.taints ?? [] },
    status: { capacity: allocatable, allocatable },
  };
  const told = { ...amounts, "nvidia.com/gpu": "1" };
  const claim: NodeClaim = {
    ...{ apiVersion: "karpenter.sh/v1", kind: "NodeClaim", metadata: { name: "claim-1", labels } },
    spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [], startupTaints: of.startupTaints ?? [] },
    status: { providerID: "test:///node-1", nodeName: "node-1", allocatable: told, capacity: told },
  };
  return nodeStates({ nodes: [node], nodeClaims: [claim], pods: [], instanceTypes: new Map(), names: platformNames() });
}
