/**
 * The checker of plans is itself checked: for each rule, a plan that holds and the same plan with one thing changed, which the
 * checker refuses by that rule and no other.
 */
import { describe, expect, it } from "vitest";
import { capacityTypeLabel, hostnameLabel, instanceTypeLabel, osLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Pod, PodAffinityTerm, PodSpec, TopologySpreadConstraint } from "../../../src/api/pod.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { nodePool, pod } from "../../support/objects.ts";
import type { Rule } from "./fault.ts";
import { planFaults } from "./plan-checker.ts";
import { statedPlan, type StatedNode, type StatedPlan } from "./stated-plan.ts";

const gibibyte = 1024 ** 3;

function type(name: string, of: { readonly cpu: number; readonly price: number }): InstanceType {
  const amounts = { cpu: of.cpu * 1000, memory: of.cpu * 4 * gibibyte, pods: 10 };
  return {
    name,
    requirements: [
      { key: instanceTypeLabel, operator: "In", values: [name] },
      { key: osLabel, operator: "In", values: ["linux"] },
      { key: zoneLabel, operator: "In", values: ["a", "b", "c"] },
      { key: capacityTypeLabel, operator: "In", values: ["on-demand", "spot"] },
    ],
    capacity: amounts,
    allocatable: amounts,
    offerings: ["a", "b", "c"].flatMap((zone) => [
      { zone, capacityType: "on-demand" as const, pricePerHour: of.price, available: true },
      { zone, capacityType: "spot" as const, pricePerHour: of.price / 2, available: zone === "a" },
    ]),
  };
}

const types = [type("small", { cpu: 2, price: 0.1 }), type("large", { cpu: 8, price: 0.4 })];
const pool = nodePool({ name: "pool", labels: {} });

interface Words {
  readonly pods?: readonly Pod[];
  readonly pools?: readonly NodePool[];
  readonly nodes?: readonly NodeState[];
  readonly daemonSets?: SolveInput["daemonSets"];
}

function input({ pods = [], pools = [pool], nodes = [], daemonSets = [] }: Words): SolveInput {
  return {
    pods: pods.map((one) => ({ key: `shop/${one.metadata.name ?? ""}`, pod: one })),
    nodePools: pools,
    instanceTypes: new Map(pools.map(({ metadata }) => [metadata.name ?? "", types])),
    daemonSets,
    nodes,
    namespaces: new Map([["shop", { tier: "front" }]]),
  };
}

function app(name: string, spec: Partial<PodSpec> = {}, cpu = "900m"): Pod {
  return pod({ name, labels: { app: name.split("-")[0] ?? "" }, requests: { cpu }, spec });
}

const term = (topologyKey: string, of: string): PodAffinityTerm => ({ topologyKey, labelSelector: { matchLabels: { app: of } } });
const apart = (...terms: PodAffinityTerm[]): Partial<PodSpec> => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const together = (...terms: PodAffinityTerm[]): Partial<PodSpec> => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const spread = (of: Partial<TopologySpreadConstraint> = {}): Partial<PodSpec> => ({
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: zoneLabel, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { app: "web" } }, ...of },
  ],
});
const port = (hostPort: number, hostIP?: string): Partial<PodSpec> => ({
  containers: [{ name: "app", ports: [{ containerPort: 80, hostPort, ...(hostIP === undefined ? {} : { hostIP }) }] }],
});

const small = (pods: readonly string[], zone = "a"): StatedNode => ({ pods, types: ["small"], zones: [zone] });

function standing(name: string, of: Partial<NodeState> = {}): NodeState {
  const amounts = { cpu: 2000, memory: 8 * gibibyte, pods: 10 };
  return {
    name,
    labels: { [zoneLabel]: "a", [hostnameLabel]: name },
    taints: [],
    allocatable: amounts,
    capacity: amounts,
    pods: [],
    initialized: true,
    accepting: true,
    planned: new Map<string, number>(),
    ...of,
  };
}

interface Row {
  readonly says: string;
  readonly rule: Rule;
  readonly of: Words;
  readonly good: StatedPlan;
  /** The words of the plan, or a change of the good plan that words can't say. */
  readonly bad: StatedPlan | ((good: SchedulingResults) => SchedulingResults);
  /** What is different in the world of the bad plan. */
  readonly badOf?: Words;
}

function changed(first: Partial<SchedulingResults["newNodes"][number]>) {
  return (good: SchedulingResults): SchedulingResults => ({
    ...good,
    newNodes: good.newNodes.map((planned, index) => (index === 0 ? { ...planned, ...first } : planned)),
  });
}

const pair = [app("web-1"), app("web-2")];
const onePair: StatedPlan = { newNodes: [small(["web-1", "web-2"])] };

function check(rows: readonly Row[]): void {
  it.each(rows)("$rule: $says", ({ rule, of, good, bad, badOf }) => {
    const held = input(of);
    const plan = statedPlan(held, good);
    expect(planFaults(held, plan)).toEqual([]);
    const broken = input({ ...of, ...badOf });
    const worse = typeof bad === "function" ? bad(statedPlan(broken, good)) : statedPlan(broken, bad);
    expect([...new Set(planFaults(broken, worse).map((fault) => fault.rule))]).toEqual([rule]);
  });
}

describe("the checker of plans refuses, of the answer as a whole", () => {
  check([
    { says: "a Pod that is missing", rule: "accounts", of: { pods: pair }, good: onePair, bad: { newNodes: [small(["web-1"])] } },
    {
      says: "a Pod that stands twice",
      rule: "accounts",
      of: { pods: pair },
      good: onePair,
      bad: { newNodes: [small(["web-1", "web-2"]), small(["web-1"])] },
    },
    {
      says: "a sum that is not that of the nodes",
      rule: "price",
      of: { pods: pair },
      good: onePair,
      bad: (good) => ({ ...good, pricePerHour: 1 }),
    },
    {
      says: "a Pod left out without a word",
      rule: "accounts",
      of: { pods: [app("big-1", {}, "20")] },
      good: { unschedulable: ["big-1"] },
      bad: (good) => ({ ...good, unschedulable: good.unschedulable.map((one) => ({ ...one, reasons: [] })) }),
    },
  ]);
});

describe("the checker of plans refuses, of a NodeClaim", () => {
  const two: StatedPlan = { newNodes: [{ pods: ["web-1", "web-2"], types: ["small", "large"], zones: ["a", "b"] }] };
  check([
    {
      says: "types that its requirements do not name",
      rule: "claim",
      of: { pods: pair },
      good: two,
      bad: changed({ instanceTypes: types.slice(0, 1) }),
    },
    {
      says: "a zone that its requirements do not name",
      rule: "claim",
      of: { pods: pair },
      good: two,
      bad: changed({ zones: ["a", "b", "c"] }),
    },
    {
      says: "an offering that is not to be had",
      rule: "claim",
      of: { pods: pair },
      good: two,
      bad: changed({ capacityType: "spot", pricePerHour: 0.1 }),
    },
    { says: "that nobody needs it", rule: "claim", of: { pods: pair }, good: two, bad: { newNodes: [...(two.newNodes ?? []), small([])] } },
    {
      says: "that it starts with what is dearer",
      rule: "price",
      of: { pods: pair },
      good: two,
      bad: (good) => ({ ...changed({ instanceType: "large", pricePerHour: 0.4 })(good), pricePerHour: 0.4 }),
    },
    {
      says: "types that do not stand cheapest first",
      rule: "price",
      of: { pods: pair },
      good: two,
      bad: changed({ instanceTypes: types.toReversed() }),
    },
    {
      says: "a static NodePool",
      rule: "pool",
      of: { pods: pair },
      good: two,
      bad: two,
      badOf: { pools: [{ ...pool, spec: { ...pool.spec, replicas: 1 } }] },
    },
    {
      says: "what its NodePool does not allow",
      rule: "pool",
      of: { pods: pair },
      good: two,
      bad: two,
      badOf: { pools: [nodePool({ name: "pool", labels: {}, requirements: [{ key: zoneLabel, operator: "NotIn", values: ["b"] }] })] },
    },
    {
      says: "fewer values than minValues asks for",
      rule: "minValues",
      of: { pods: pair },
      good: onePair,
      bad: onePair,
      badOf: {
        pools: [nodePool({ name: "pool", labels: {}, requirements: [{ key: instanceTypeLabel, operator: "Exists", minValues: 2 }] })],
      },
    },
    {
      says: "what would break a limit if it were launched as its largest type",
      rule: "limits",
      of: { pods: pair, pools: [nodePool({ name: "pool", labels: {}, limits: { cpu: "8" } })] },
      good: two,
      bad: two,
      badOf: { pools: [nodePool({ name: "pool", labels: {}, limits: { cpu: "7" } })] },
    },
    {
      says: "what breaks a limit together with the nodes that the pool has",
      rule: "limits",
      of: { pods: pair, pools: [nodePool({ name: "pool", labels: {}, limits: { nodes: "1" } })] },
      good: onePair,
      bad: onePair,
      badOf: { nodes: [standing("node-1", { nodePool: "pool", accepting: false })] },
    },
  ]);
});

describe("the checker of plans refuses, of a node and its Pods", () => {
  const taint = { key: "team", value: "batch", effect: "NoSchedule" } as const;
  const wants = (labels: Readonly<Record<string, string>>) => [app("web-1", { nodeSelector: labels }), app("web-2")];
  const inZone = (zone: string): Partial<PodSpec> => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "gone", operator: "Exists" }] },
            { matchExpressions: [{ key: zoneLabel, operator: "In", values: [zone] }] },
          ],
        },
      },
    },
  });
  const agent = { name: "kube-system/agent", spec: { containers: [{ name: "agent", resources: { requests: { cpu: "300m" } } }] } };
  const portAgent = { name: "kube-system/agent", spec: { containers: [], ...port(8080) } };
  check([
    {
      says: "a taint that a Pod does not tolerate",
      rule: "TaintToleration",
      of: { pods: pair },
      good: onePair,
      bad: onePair,
      badOf: { pools: [nodePool({ name: "pool", labels: {}, taints: [taint] })] },
    },
    {
      says: "a node selector",
      rule: "NodeAffinity",
      of: { pods: wants({ [zoneLabel]: "a" }) },
      good: onePair,
      bad: { newNodes: [small(["web-1", "web-2"], "b")] },
    },
    {
      says: "a node selector that one of the zones of a claim does not meet",
      rule: "NodeAffinity",
      of: { pods: wants({ [zoneLabel]: "a" }) },
      good: onePair,
      bad: { newNodes: [{ ...small(["web-1", "web-2"]), zones: ["a", "b"] }] },
    },
    {
      says: "every term of a node affinity",
      rule: "NodeAffinity",
      of: { pods: [app("web-1", inZone("a")), app("web-2")] },
      good: onePair,
      bad: onePair,
      badOf: { pods: [app("web-1", inZone("c")), app("web-2")] },
    },
    {
      says: "Pods that are too many for the smallest of its types",
      rule: "NodeResourcesFit",
      of: { pods: [...pair, app("web-3")] },
      good: { newNodes: [{ pods: ["web-1", "web-2", "web-3"], types: ["large"], zones: ["a"] }] },
      bad: { newNodes: [{ pods: ["web-1", "web-2", "web-3"], types: ["large", "small"], zones: ["a"] }] },
    },
    {
      says: "no room beside a DaemonSet",
      rule: "NodeResourcesFit",
      of: { pods: pair },
      good: onePair,
      bad: onePair,
      badOf: { daemonSets: [agent] },
    },
    {
      says: "an init container that needs more than all that runs later",
      rule: "NodeResourcesFit",
      of: { pods: pair },
      good: onePair,
      bad: onePair,
      badOf: { pods: [app("web-1", { initContainers: [{ name: "init", resources: { requests: { cpu: "1500m" } } }] }), app("web-2")] },
    },
    {
      says: "a host port that two Pods want",
      rule: "NodePorts",
      of: { pods: [app("web-1", port(80)), app("web-2", port(81))] },
      good: onePair,
      bad: onePair,
      badOf: { pods: [app("web-1", port(80)), app("web-2", port(80, "10.0.0.1"))] },
    },
    {
      says: "a host port of a DaemonSet",
      rule: "NodePorts",
      of: { pods: [app("web-1", port(8080))] },
      good: { newNodes: [small(["web-1"])] },
      bad: { newNodes: [small(["web-1"])] },
      badOf: { daemonSets: [portAgent] },
    },
    {
      says: "a standing node without room",
      rule: "NodeResourcesFit",
      of: { pods: pair, nodes: [standing("node-1")] },
      good: { existing: { "node-1": ["web-1", "web-2"] } },
      bad: { existing: { "node-1": ["web-1", "web-2"] } },
      badOf: { nodes: [standing("node-1", { pods: [app("old-1")] })] },
    },
    {
      says: "a standing node that takes no more",
      rule: "NodeUnschedulable",
      of: { pods: pair, nodes: [standing("node-1")] },
      good: { existing: { "node-1": ["web-1", "web-2"] } },
      bad: { existing: { "node-1": ["web-1", "web-2"] } },
      badOf: { nodes: [standing("node-1", { accepting: false })] },
    },
  ]);
});

describe("the checker of plans refuses, of all nodes together", () => {
  const spreading = [app("web-1", spread()), app("web-2", spread()), app("web-3", spread())];
  const overThree: StatedPlan = { newNodes: [small(["web-1"], "a"), small(["web-2"], "b"), small(["web-3"], "c")] };
  const spreadPlan: StatedPlan = { newNodes: [small(["web-1", "web-2"], "a"), small(["web-3"], "b")] };
  const refusing = app("old-1", apart(term(zoneLabel, "web")));
  check([
    {
      says: "a skew",
      rule: "PodTopologySpread",
      of: { pods: spreading },
      good: spreadPlan,
      bad: { newNodes: [small(["web-1", "web-2"], "a"), small(["web-3"], "a")] },
      badOf: { nodes: [standing("node-1", { labels: { [zoneLabel]: "b", [hostnameLabel]: "node-1" } })] },
    },
    {
      says: "an empty zone that minDomains counts",
      rule: "PodTopologySpread",
      of: { pods: spreading },
      good: spreadPlan,
      bad: spreadPlan,
      badOf: { pods: ["web-1", "web-2", "web-3"].map((name) => app(name, spread({ minDomains: 3 }))) },
    },
    {
      says: "a zone that the plan opens and leaves to others",
      rule: "PodTopologySpread",
      of: { pods: [...spreading, app("db-1")] },
      good: { newNodes: [small(["web-1", "web-2"], "a"), small(["web-3", "db-1"], "b")] },
      bad: { newNodes: [small(["web-1", "web-2"], "a"), small(["web-3"], "b"), small(["db-1"], "c")] },
    },
    {
      says: "Pods in one zone that want to be apart",
      rule: "InterPodAffinity",
      of: { pods: pair.map(({ metadata }) => app(metadata.name ?? "", apart(term(zoneLabel, "web")))) },
      good: { newNodes: [small(["web-1"], "a"), small(["web-2"], "b")] },
      bad: { newNodes: [small(["web-1"], "a"), small(["web-2"], "a")] },
    },
    {
      says: "a Pod that one that runs keeps away",
      rule: "InterPodAffinity",
      of: { pods: [app("web-1")], nodes: [standing("node-1", { pods: [refusing] })] },
      good: { newNodes: [small(["web-1"], "b")] },
      bad: { existing: { "node-1": ["web-1"] } },
    },
    {
      says: "Pods of two zones that want to be together",
      rule: "InterPodAffinity",
      of: { pods: pair.map(({ metadata }) => app(metadata.name ?? "", together(term(zoneLabel, "web")))) },
      good: { newNodes: [small(["web-1"], "a"), small(["web-2"], "a")] },
      bad: { newNodes: [small(["web-1"], "a"), small(["web-2"], "b")] },
    },
    {
      says: "two Pods that wait for each other",
      rule: "InterPodAffinity",
      of: { pods: [app("web-1", together(term(zoneLabel, "db"))), app("db-1")] },
      good: { newNodes: [small(["web-1", "db-1"], "a")] },
      bad: { newNodes: [small(["web-1", "db-1"], "a")] },
      badOf: { pods: [app("web-1", together(term(zoneLabel, "db"))), app("db-1", together(term(zoneLabel, "web")))] },
    },
    {
      says: "a claim whose zone matters and is open",
      rule: "other launch",
      of: { pods: spreading },
      good: overThree,
      bad: { newNodes: [{ ...small(["web-1"]), zones: ["a", "b"] }, small(["web-2"], "b"), small(["web-3"], "c")] },
      badOf: { pods: ["web-1", "web-2", "web-3"].map((name) => app(name, apart(term(zoneLabel, "web")))) },
    },
    {
      says: "a Pod left out for which there are nodes to buy",
      rule: "left out",
      of: { pods: pair },
      good: onePair,
      bad: { newNodes: [small(["web-1"])], unschedulable: ["web-2"] },
    },
    {
      says: "a Pod left out for which a standing node has room",
      rule: "left out",
      of: { pods: pair, nodes: [standing("node-1")], pools: [nodePool({ name: "pool", labels: {}, limits: { nodes: "0" } })] },
      good: { existing: { "node-1": ["web-1", "web-2"] } },
      bad: { existing: { "node-1": ["web-1"] }, unschedulable: ["web-2"] },
    },
    {
      says: "a Pod left out for which another NodePool would do",
      rule: "left out",
      of: { pods: pair, pools: [nodePool({ name: "pool", labels: {}, limits: { cpu: "2" } }), nodePool({ name: "other", labels: {} })] },
      good: onePair,
      bad: { newNodes: [small(["web-1"])], unschedulable: ["web-2"] },
    },
    {
      says: "a Pod that is kept for a zone that nobody has bought",
      rule: "left out",
      of: { pods: spreading.slice(0, 2), pools: [nodePool({ name: "pool", labels: {}, limits: { nodes: "2" } })] },
      good: { newNodes: [small(["web-1"], "a"), small(["web-2"], "b")] },
      bad: { newNodes: [small(["web-1"], "a")], unschedulable: ["web-2"] },
      badOf: { pools: [nodePool({ name: "pool", labels: {}, limits: { nodes: "1" } })] },
    },
  ]);
});

describe("the checker of plans agrees", () => {
  function agrees(of: Words, plan: StatedPlan): void {
    const world = input(of);
    expect(planFaults(world, statedPlan(world, plan))).toEqual([]);
  }

  it("that an order counts only if it works, whatever the plan's is", () => {
    agrees({ pods: [app("web-1", together(term(zoneLabel, "db"))), app("db-1")] }, { newNodes: [small(["web-1"]), small(["db-1"])] });
  });

  it("that a Pod is rightly left out where limits, taints, labels or neighbours refuse it everywhere", () => {
    const left: StatedPlan = { newNodes: [small(["web-1"])], unschedulable: ["web-2"] };
    agrees(
      { pods: [app("web-1", {}, "1500m"), app("web-2")], pools: [nodePool({ name: "pool", labels: {}, limits: { nodes: "1" } })] },
      left,
    );
    agrees({ pods: [app("web-1"), app("web-2", { nodeSelector: { gone: "yes" } })] }, left);
    agrees({ pods: [app("web-1"), app("web-2", together(term(hostnameLabel, "db")))] }, left);
    agrees({ pods: [app("web-1"), app("web-2", {}, "20")] }, left);
  });

  it("that a ScheduleAnyway constraint refuses nobody", () => {
    const soft = pair.map(({ metadata }) => app(metadata.name ?? "", spread({ whenUnsatisfiable: "ScheduleAnyway" })));
    agrees({ pods: soft, nodes: [standing("node-1", { labels: { [zoneLabel]: "b" } })] }, onePair);
  });
});
