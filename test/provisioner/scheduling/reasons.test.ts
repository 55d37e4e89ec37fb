/**
 * Why a Pod has no place: one row for each constraint, as data and in words.
 */
import { describe, expect, it } from "vitest";
import { archLabel, capacityTypeLabel, hostnameLabel, instanceTypeLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { PodSpec } from "../../../src/api/pod.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import type { Obstacle } from "../../../src/provisioner/scheduling/obstacle.ts";
import { fewPodsMax } from "../../../src/provisioner/scheduling/pod-class.ts";
import { nodePool } from "../../support/objects.ts";
import { checkoutPods, generalFlex, plan, types, typesWithout, zones, zoneSpread } from "./checkout.ts";

type Spec = Partial<PodSpec>;
const bare: Spec = { topologySpreadConstraints: [] };
const [zoneA = "", zoneB = "", zoneC = ""] = zones;

interface Row {
  readonly spec?: Spec;
  readonly count?: number;
  readonly changes?: Parameters<typeof plan>[1];
  readonly obstacles: readonly Obstacle[];
  readonly words: readonly string[];
}

function check(name: string, { spec = {}, count = 1, changes = {}, obstacles, words }: Row): void {
  it(name, () => {
    const [left] = plan(checkoutPods(count, { ...bare, ...spec }), changes).unschedulable;
    expect(left?.obstacles).toEqual(obstacles);
    expect(left?.reasons).toEqual(words);
    expect(left?.alternativesLeft).toBe(0);
  });
}

const asks = (requests: Readonly<Record<string, string>>): Spec => ({ containers: [{ name: "app", resources: { requests } }] });
const terms = (...all: readonly (readonly [string, string])[]): Spec => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: all.map(([key, value]) => ({ matchExpressions: [{ key, operator: "In", values: [value] }] })),
      },
    },
  },
});
const pool = "general-flex";
/** A node of another pool with room for one Pod. */
const nodeIn = (zone: string): NodeState => ({
  name: zone,
  labels: { [zoneLabel]: zone, [hostnameLabel]: zone, [capacityTypeLabel]: "on-demand", "workload-class": "general" },
  taints: [],
  allocatable: { cpu: 4000, memory: 2 ** 34, pods: 1 },
  capacity: {},
  pods: [],
  initialized: true,
  accepting: true,
  planned: new Map(),
});
const poolOf = (...requirements: NonNullable<Parameters<typeof nodePool>[0]>["requirements"] & object) =>
  nodePool({ name: pool, requirements });
const priceFix = "give them a price: in a rate card, a price list or a NodeOverlay";
/** Nothing is to be had; of some zones more is known than that they lack capacity. */
const lacking = (lacks: Readonly<Record<string, "vcpu-quota" | "addresses">>) =>
  types.map((type) => ({
    ...type,
    offerings: type.offerings.map((offering) => {
      const lack = lacks[offering.zone];
      return { ...offering, available: false, ...(lack === undefined ? {} : { lack }) };
    }),
  }));
const only = (...names: readonly string[]) => new Map([[pool, types.filter(({ name }) => names.includes(name))]]);

describe("what is in the way of each NodePool", () => {
  check("taint: which one, and the toleration that would help", {
    changes: { nodePools: [nodePool({ name: "batch", taints: [{ key: "team", value: "batch", effect: "NoSchedule" }] })] },
    obstacles: [
      {
        pool: "batch",
        constraint: "taint",
        key: "team",
        value: "team=batch:NoSchedule",
        fix: "add a toleration of team=batch:NoSchedule to the Pod",
      },
    ],
    words: ["NodePool batch: the Pod does not tolerate its taint team=batch:NoSchedule"],
  });
  check("requirements: a value that the pool does not allow", {
    spec: { nodeSelector: { "workload-class": "batch-jobs" } },
    obstacles: [
      {
        pool,
        constraint: "requirements",
        key: "workload-class",
        asked: "workload-class In [batch-jobs]",
        available: "workload-class In [general]",
        fix: "ask for workload-class In [general], or let NodePool general-flex allow workload-class In [batch-jobs]",
      },
    ],
    words: ["NodePool general-flex: key workload-class, workload-class In [batch-jobs] not in workload-class In [general]"],
  });
  check("requirements: a value that is a slip of the hand", {
    spec: { nodeSelector: { "workload-class": "genreal" } },
    obstacles: [
      {
        pool,
        constraint: "requirements",
        key: "workload-class",
        asked: "workload-class In [genreal]",
        available: "workload-class In [general]",
        meant: "general",
        fix: "write general",
      },
    ],
    words: [
      'NodePool general-flex: key workload-class, workload-class In [genreal] not in workload-class In [general] (typo of "general"?)',
    ],
  });
  check("requirements: a label that nobody knows, near to one that is known", {
    spec: { nodeSelector: { "workload-clas": "general" } },
    obstacles: [
      {
        pool,
        constraint: "requirements",
        key: "workload-clas",
        asked: "workload-clas In [general]",
        meant: "workload-class",
        fix: "write workload-class",
      },
    ],
    words: ['NodePool general-flex: label "workload-clas" does not have known values (typo of "workload-class"?)'],
  });
  check("requirements: each term of the Pod's node affinity by itself", {
    spec: terms(["shape", "round"], ["colour", "red"]),
    obstacles: [
      expect.objectContaining({ pool, term: 0, constraint: "requirements", key: "shape" }) as Obstacle,
      expect.objectContaining({ pool, term: 1, constraint: "requirements", key: "colour" }) as Obstacle,
    ],
    words: ['NodePool general-flex: label "shape" does not have known values; or label "colour" does not have known values'],
  });
  check("offerings: nothing that the pool allows is to be had", {
    changes: { instanceTypes: new Map([[pool, typesWithout(...zones)]]) },
    obstacles: [{ pool, constraint: "offerings" }],
    words: ["NodePool general-flex: no instance type that it allows is offered now"],
  });
  check("offerings: a quota and full subnets keep them from being had, and the rest lacks capacity", {
    changes: { instanceTypes: new Map([[pool, lacking({ [zoneA]: "vcpu-quota", [zoneB]: "addresses" })]]) },
    obstacles: [
      {
        pool,
        constraint: "offerings",
        value: "the account's quota of vCPUs is used up; its subnets have no free addresses; the rest lacks capacity now",
        fix: "ask for more vCPUs in Service Quotas, and add subnets to the NodeClass, or free addresses",
      },
    ],
    words: [
      "NodePool general-flex: no instance type that it allows is offered now: the account's quota of vCPUs is used up; its subnets have no free addresses; the rest lacks capacity now",
    ],
  });
  check("types: the first requirement of the pool that alone leaves none, with what was meant", {
    changes: { nodePools: [poolOf({ key: capacityTypeLabel, operator: "In", values: ["onn-demand"] })] },
    obstacles: [
      {
        pool,
        constraint: "types",
        key: capacityTypeLabel,
        asked: `${capacityTypeLabel} In [onn-demand]`,
        available: "on-demand, spot",
        meant: "on-demand",
        fix: `write on-demand in NodePool ${pool}`,
      },
    ],
    words: [
      `NodePool ${pool}: its requirement ${capacityTypeLabel} In [onn-demand] leaves no instance type (typo of "on-demand"?), known is on-demand, spot`,
    ],
  });
  check("types: requirements of the pool that leave none together", {
    changes: {
      nodePools: [
        poolOf({ key: archLabel, operator: "In", values: ["arm64"] }, { key: instanceTypeLabel, operator: "In", values: ["m7i.large"] }),
      ],
    },
    obstacles: [{ pool, constraint: "types", fix: `ask for less in the requirements of NodePool ${pool}` }],
    words: [`NodePool ${pool}: its requirements together leave no instance type, though each alone leaves some`],
  });
  check("places: types that are not sold where the pool may buy", {
    changes: { nodePools: [poolOf({ key: instanceTypeLabel, operator: "In", values: ["g5.2xlarge", "g5.xlarge"] })] },
    obstacles: [
      {
        pool,
        constraint: "places",
        value: "g5.xlarge, g5.2xlarge",
        fix: `let NodePool ${pool} use other instance types, zones or capacity types`,
      },
    ],
    words: [`NodePool ${pool}: the instance types that it allows are not sold where it may buy: g5.xlarge, g5.2xlarge`],
  });
  check("prices: types of the pool of which none is known", {
    changes: { nodePools: [poolOf({ key: instanceTypeLabel, operator: "In", values: ["m1.xlarge", "m1.large"] })] },
    obstacles: [{ pool, constraint: "prices", value: "m1.large, m1.xlarge", fix: priceFix }],
    words: [`NodePool ${pool}: no price is known for m1.large, m1.xlarge, and nothing is bought without one`],
  });
  check("prices: of a type that the Pod asks for, and the pool allows beside others", {
    spec: { nodeSelector: { [instanceTypeLabel]: "m1.large" } },
    changes: { nodePools: [poolOf()] },
    obstacles: [{ pool, constraint: "prices", value: "m1.large", fix: priceFix }],
    words: [`NodePool ${pool}: no price is known for m1.large, and nothing is bought without one`],
  });
  check("prices: of types with a resource that nothing with a price has; a pool that would need other types is farther", {
    spec: asks({ "aws.amazon.com/neuron": "1" }),
    changes: {
      nodePools: [
        nodePool({ name: "small", requirements: [{ key: instanceTypeLabel, operator: "In", values: ["m7i.large"] }] }),
        poolOf({ key: instanceTypeLabel, operator: "In", values: ["m7i.large", "inf2.xlarge"] }),
      ],
      instanceTypes: new Map([
        [pool, types],
        ["small", types],
      ]),
    },
    obstacles: [
      { pool: "small", constraint: "resources", key: "aws.amazon.com/neuron", asked: "1", available: "0" },
      { pool, constraint: "prices", value: "inf2.xlarge", fix: priceFix },
    ],
    words: [
      "NodePool small: no instance type is large enough: the Pod asks for aws.amazon.com/neuron 1, and there is at most aws.amazon.com/neuron 0 beside DaemonSets",
      `NodePool ${pool}: no price is known for inf2.xlarge, and nothing is bought without one`,
    ],
  });
  check("offerings: a zone that is written wrong", {
    spec: { nodeSelector: { [zoneLabel]: "ap-sotheast-1b" } },
    obstacles: [
      {
        pool,
        constraint: "offerings",
        key: zoneLabel,
        asked: `${zoneLabel} In [ap-sotheast-1b]`,
        available: zones.join(", "),
        meant: zoneB,
        fix: `write ${zoneB}`,
      },
    ],
    words: [
      `NodePool general-flex: no instance type that it allows and the Pod asks for is offered now: the Pod asks for ${zoneLabel} In [ap-sotheast-1b], offered is ${zones.join(", ")} (typo of "${zoneB}"?)`,
    ],
  });
  check("offerings: a zone that is lost for now is no slip of the hand", {
    spec: { nodeSelector: { [zoneLabel]: zoneC } },
    changes: { instanceTypes: new Map([[pool, typesWithout(zoneC)]]) },
    obstacles: [{ pool, constraint: "offerings", key: zoneLabel, asked: `${zoneLabel} In [${zoneC}]`, available: `${zoneA}, ${zoneB}` }],
    words: [
      `NodePool general-flex: no instance type that it allows and the Pod asks for is offered now: the Pod asks for ${zoneLabel} In [${zoneC}], offered is ${zoneA}, ${zoneB}`,
    ],
  });
  check("resources: how much there is at most", {
    spec: asks({ cpu: "8" }),
    changes: { instanceTypes: only("m7i.large", "m7i.xlarge") },
    obstacles: [
      {
        pool,
        constraint: "resources",
        key: "cpu",
        asked: "8",
        available: "3920m",
        fix: "ask for at most cpu 3920m, or let NodePool general-flex use types with more cpu",
      },
    ],
    words: [
      "NodePool general-flex: no instance type is large enough: the Pod asks for cpu 8, and there is at most cpu 3920m beside DaemonSets",
    ],
  });
  check("resources: a device that no type has", {
    spec: asks({ "nvidia.com/gpu": "1" }),
    changes: { instanceTypes: only("m7i.large") },
    obstacles: [
      {
        pool,
        constraint: "resources",
        key: "nvidia.com/gpu",
        asked: "1",
        available: "0",
        fix: "let NodePool general-flex use types with nvidia.com/gpu",
      },
    ],
    words: [
      "NodePool general-flex: no instance type is large enough: the Pod asks for nvidia.com/gpu 1, and there is at most nvidia.com/gpu 0 beside DaemonSets",
    ],
  });
  check("resources: each amount is to be had, but not on one type", {
    spec: asks({ cpu: "3", memory: "12Gi" }),
    changes: { instanceTypes: only("c7i.xlarge", "r7i.large") },
    obstacles: [{ pool, constraint: "resources", asked: "cpu 3, memory 12Gi" }],
    words: ["NodePool general-flex: no instance type holds all that the Pod asks for at once"],
  });
  check("minValues: of which label, and how many there are", {
    changes: {
      nodePools: [
        nodePool({
          name: pool,
          labels: { "workload-class": "general" },
          requirements: [{ key: instanceTypeLabel, operator: "Exists", minValues: 3 }],
        }),
      ],
      instanceTypes: only("m7i.large", "m7i.xlarge"),
    },
    obstacles: [
      {
        pool,
        constraint: "minValues",
        key: instanceTypeLabel,
        asked: "3",
        available: "2",
        fix: `let NodePool general-flex use more values of ${instanceTypeLabel}, or lower its minValues to 2`,
      },
    ],
    words: [`NodePool general-flex: too few instance types hold the Pod for the pool's minValues of ${instanceTypeLabel}`],
  });
  check("limits: what the cheapest node would need and what is left, each by itself", {
    changes: { nodePools: [generalFlex({ limits: { memory: "1Gi", cpu: "1" } })], instanceTypes: only("m7i.large") },
    obstacles: [
      {
        pool,
        constraint: "limits",
        key: "cpu",
        asked: "2",
        available: "1",
        fix: "raise spec.limits.cpu of NodePool general-flex by 1 or more",
      },
      expect.objectContaining({ pool, constraint: "limits", key: "memory", available: "1Gi" }) as Obstacle,
    ],
    words: ["NodePool general-flex: its limits leave cpu 1, memory 1Gi"],
  });
  check("topology: a spread whose minDomains waits for a zone that can't be had", {
    count: 3,
    spec: { topologySpreadConstraints: [zoneSpread] },
    changes: { instanceTypes: new Map([[pool, typesWithout(zoneC)]]) },
    obstacles: [
      {
        pool,
        constraint: "topology",
        key: zoneLabel,
        available: `${zoneA} (1 Pod, maxSkew 1), ${zoneB} (1 Pod, maxSkew 1)`,
        domains: { asked: 3, found: 2 },
        fix: `let NodePool general-flex use 1 more value of ${zoneLabel}, or lower the spread's minDomains to 2`,
      },
    ],
    words: [
      `NodePool general-flex: its spread over ${zoneLabel} has minDomains 3, only 2 can be had, and those are full: ${zoneA} (1 Pod, maxSkew 1), ${zoneB} (1 Pod, maxSkew 1)`,
    ],
  });
  check("topology: a spread that refuses every zone that the pool has, while nodes stand in another, with its counts", {
    count: 5,
    spec: { topologySpreadConstraints: [{ ...zoneSpread, minDomains: 1 }] },
    changes: { instanceTypes: new Map([[pool, typesWithout(zoneB, zoneC)]]), nodes: [nodeIn(zoneB), nodeIn(zoneC)] },
    obstacles: [
      { pool, constraint: "topology", key: zoneLabel, available: `${zoneA} (2 Pods, maxSkew 1)` },
      expect.objectContaining({ constraint: "resources" }) as Obstacle,
    ],
    words: [
      `NodePool general-flex: its spread or Pod (anti-)affinity over ${zoneLabel} refuses every value: ${zoneA} (2 Pods, maxSkew 1)`,
      "existing nodes: 2 without room",
    ],
  });
  check("topology: a host with another Pod on it", {
    spec: {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: hostnameLabel, labelSelector: { matchLabels: { app: "nobody" } } },
          ],
        },
      },
    },
    obstacles: [{ pool, constraint: "topology", key: hostnameLabel }],
    words: ["NodePool general-flex: its Pod affinity needs a node where another Pod already is"],
  });
  check("topology: a label that no node has", {
    spec: { topologySpreadConstraints: [{ ...zoneSpread, topologyKey: "rack" }] },
    obstacles: [{ pool, constraint: "topology", key: "rack" }],
    words: ["NodePool general-flex: its constraint over rack needs nodes with that label"],
  });
  check("pools: there is none", {
    changes: { nodePools: [] },
    obstacles: [{ constraint: "pools", fix: "create a NodePool" }],
    words: ["there is no NodePool to buy a node from"],
  });
  check("requirements: a node affinity of empty terms alone", {
    spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } } },
    obstacles: [{ constraint: "requirements" }],
    words: ["its required node affinity has only empty terms, which select no node"],
  });
  check("unsupported: a resource claim", {
    spec: { resourceClaims: [{ name: "gpu" }] },
    obstacles: [{ constraint: "unsupported", asked: expect.stringContaining('"gpu"') as string }],
    words: [expect.stringContaining('spec.resourceClaims ("gpu")') as string],
  });
});

it("where spread leaves one zone open, tells what is in the way there", () => {
  const smallInC = types
    .filter(({ name }) => ["m7i.large", "m7i.4xlarge"].includes(name))
    .map((type) => ({
      ...type,
      offerings: type.offerings.map((one) => ({ ...one, available: type.name === "m7i.large" || one.zone !== zoneC })),
    }));
  const large = checkoutPods(3, { topologySpreadConstraints: [zoneSpread], ...asks({ cpu: "6" }) });
  const [left] = plan(large, { instanceTypes: new Map([[pool, smallInC]]) }).unschedulable;
  expect(left?.obstacles).toMatchObject([{ constraint: "resources", key: "cpu", asked: "6", available: "1930m", within: zoneC }]);
  expect(left?.reasons).toEqual([
    `NodePool general-flex: in ${zoneC}, where spread and affinity would let it, no instance type is large enough: the Pod asks for cpu 6, and there is at most cpu 1930m beside DaemonSets`,
  ]);
});

describe("what is in the way of nodes that are there", () => {
  const node = (name: string, changes: Partial<NodeState> = {}): NodeState => ({
    name,
    labels: { [zoneLabel]: zoneA, [hostnameLabel]: name, [capacityTypeLabel]: "on-demand", "workload-class": "general" },
    taints: [],
    allocatable: { cpu: 500, memory: 2 ** 30, pods: 10 },
    capacity: {},
    pods: [],
    initialized: true,
    accepting: true,
    planned: new Map(),
    ...changes,
  });
  const taints = [{ key: "team", value: "x", effect: "NoSchedule" as const }];
  const labels = { [hostnameLabel]: "d" };
  check("is counted by kind, with a few names", {
    changes: {
      nodePools: [],
      nodes: [
        ...["a", "b", "c", "e"].map((name) => node(name)),
        node("d", { labels }),
        node("f", { taints }),
        node("g", { accepting: false }),
      ],
    },
    obstacles: [
      { constraint: "pools", fix: "create a NodePool" },
      { nodes: { count: 4, names: ["a", "b", "c"] }, constraint: "resources", key: "cpu", asked: "1" },
      { nodes: { count: 1, names: ["d"] }, constraint: "requirements", key: "workload-class", asked: "workload-class In [general]" },
      { nodes: { count: 1, names: ["f"] }, constraint: "taint", key: "team", value: "team=x:NoSchedule" },
      { nodes: { count: 1, names: ["g"] }, constraint: "accepting" },
    ],
    words: [
      "there is no NodePool to buy a node from",
      "existing nodes: 1 going away or cordoned, 1 with a taint that the Pod does not tolerate, 1 with other labels, 4 without room",
    ],
  });
});

it("asks a bounded number of alternatives, and counts the rest", () => {
  const nodePools = Array.from({ length: 60 }, (_, index) => generalFlex({ name: `pool-${index}` }));
  const many = Array.from({ length: 10 }, (_, index) => ["colour", `c-${index}`] as const);
  const [left] = plan(checkoutPods(1, { ...bare, ...terms(...many) }), { nodePools }).unschedulable;
  expect(left?.obstacles).toHaveLength(50 * 8);
  expect(left?.alternativesLeft).toBe(60 * 10 - 50 * 8);
  expect(left?.reasons).toHaveLength(51);
  expect(left?.reasons.at(-1)).toBe("and 200 more alternatives that were not asked");
});

it("shares one answer among Pods that are alike", () => {
  const { unschedulable } = plan(checkoutPods(fewPodsMax + 1, { ...bare, ...asks({ cpu: "1000" }) }));
  expect(unschedulable).toHaveLength(fewPodsMax + 1);
  expect(unschedulable[0]?.obstacles).toBe(unschedulable[1]?.obstacles);
});
