/**
 * Small random clusters for the solver's properties: few enough Pods to check literally, with every constraint it knows.
 *
 * Returns fast-check arbitraries of SolveInput. Prices, zones and labels are drawn from short lists, so that Pods meet,
 * compete and refuse each other often.
 */
import fc from "../../support/properties.ts";
import type { InstanceType, Offering } from "../../../src/api/instance-type.ts";
import { capacityTypeLabel, hostnameLabel, instanceTypeLabel, nodePoolLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Affinity, Pod, PodSpec, Taint, TopologySpreadConstraint } from "../../../src/api/pod.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";

const gibibyte = 1024 ** 3;
const zones = ["zone-a", "zone-b", "zone-c"];
const apps = ["red", "green", "blue"];
const batchTaint: Taint = { key: "team", value: "batch", effect: "NoSchedule" };

const offering = (price: number): fc.Arbitrary<readonly Offering[]> =>
  fc
    .record({ available: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 6, maxLength: 6 }), spread: fc.constantFrom(0, 0, 0.01) })
    .map(({ available, spread }) =>
      zones.flatMap((zone, index): readonly Offering[] => [
        { zone, capacityType: "on-demand", pricePerHour: price + spread * index, available: available[index] !== 0 },
        { zone, capacityType: "spot", pricePerHour: (price + spread * index) / 2, available: (available[index + 3] ?? 0) > 3 },
      ]),
    );

const instanceType = ({ cpu, gi, price }: { cpu: number; gi: number; price: number }): fc.Arbitrary<InstanceType> =>
  offering(price).map((offerings) => ({
    name: `t-${cpu}-${gi}`,
    requirements: [
      { key: instanceTypeLabel, operator: "In", values: [`t-${cpu}-${gi}`] },
      { key: "karpenter.k8s.aws/instance-size", operator: "In", values: [cpu > 2 ? "large" : "small"] },
      { key: zoneLabel, operator: "In", values: zones },
      { key: capacityTypeLabel, operator: "In", values: ["on-demand", "spot"] },
    ],
    capacity: { cpu: cpu * 1000, memory: gi * gibibyte, pods: 10 },
    allocatable: { cpu: cpu * 1000 - 100, memory: gi * gibibyte, pods: 8 },
    offerings,
  }));

const types = fc
  .tuple(
    instanceType({ cpu: 1, gi: 4, price: 0.1 }),
    instanceType({ cpu: 2, gi: 4, price: 0.17 }),
    instanceType({ cpu: 2, gi: 8, price: 0.2 }),
    instanceType({ cpu: 4, gi: 8, price: 0.34 }),
    instanceType({ cpu: 8, gi: 32, price: 0.75 }),
  )
  .chain((all) => fc.subarray([...all], { minLength: 1 }));

const nodePool = (name: string): fc.Arbitrary<NodePool> =>
  fc
    .record({
      weight: fc.constantFrom(undefined, 10, 50),
      zones: fc.constantFrom(undefined, zones.slice(0, 2), ["zone-c"]),
      onDemand: fc.boolean(),
      tainted: fc.constantFrom(false, false, true),
      limits: fc.constantFrom(undefined, undefined, { cpu: "8" }, { nodes: "2" }, { cpu: "5", memory: "20Gi" }),
      label: fc.boolean(),
    })
    .map((drawn) => ({
      apiVersion: "karpenter.sh/v1",
      kind: "NodePool",
      metadata: { name, uid: name },
      spec: {
        template: {
          metadata: { labels: drawn.label ? { team: name } : {} },
          spec: {
            nodeClassRef: { group: "example.com", kind: "TestClass", name: "default" },
            requirements: [
              ...(drawn.zones === undefined ? [] : [{ key: zoneLabel, operator: "In" as const, values: drawn.zones }]),
              ...(drawn.onDemand ? [{ key: capacityTypeLabel, operator: "In" as const, values: ["on-demand"] }] : []),
            ],
            ...(drawn.tainted ? { taints: [batchTaint] } : {}),
          },
        },
        ...(drawn.limits === undefined ? {} : { limits: drawn.limits }),
        ...(drawn.weight === undefined ? {} : { weight: drawn.weight }),
      },
    }));

const spread: fc.Arbitrary<TopologySpreadConstraint> = fc
  .record({
    topologyKey: fc.constantFrom(zoneLabel, zoneLabel, hostnameLabel),
    maxSkew: fc.constantFrom(1, 1, 2),
    whenUnsatisfiable: fc.constantFrom("DoNotSchedule" as const, "DoNotSchedule" as const, "ScheduleAnyway" as const),
    app: fc.constantFrom(...apps),
    minDomains: fc.constantFrom(undefined, undefined, 2, 3),
    nodeTaintsPolicy: fc.constantFrom(undefined, "Honor" as const),
  })
  .map(({ app, minDomains, nodeTaintsPolicy, ...rest }) => ({
    ...rest,
    labelSelector: { matchLabels: { app } },
    ...(minDomains === undefined || rest.whenUnsatisfiable === "ScheduleAnyway" ? {} : { minDomains }),
    ...(nodeTaintsPolicy === undefined ? {} : { nodeTaintsPolicy }),
  }));

const nothing = fc.constant({});
const nodeRules: fc.Arbitrary<Partial<PodSpec>> = fc.oneof(
  { weight: 5, arbitrary: nothing },
  fc.constantFrom("zone-a", "zone-b").map((zone) => ({ nodeSelector: { [zoneLabel]: zone } })),
  fc.constant({ nodeSelector: { [capacityTypeLabel]: "on-demand" } }),
  fc.constant({ nodeSelector: { team: "pool-1" } }),
  fc.constant({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: zoneLabel, operator: "In", values: ["zone-c"] }] },
            { matchExpressions: [{ key: "karpenter.k8s.aws/instance-size", operator: "In", values: ["large"] }] },
          ],
        },
      },
    },
  } satisfies Partial<PodSpec>),
);

const podRules: fc.Arbitrary<Affinity> = fc.oneof(
  { weight: 4, arbitrary: nothing },
  fc
    .record({
      kind: fc.constantFrom("podAffinity" as const, "podAntiAffinity" as const),
      topologyKey: fc.constantFrom(zoneLabel, hostnameLabel),
      app: fc.constantFrom(...apps),
    })
    .map(({ kind, topologyKey, app }): Affinity => ({
      [kind]: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels: { app } } }] },
    })),
);

interface App {
  readonly app: string;
  readonly replicas: number;
  readonly spec: PodSpec;
}

const appOf = (replicasMax: number): fc.Arbitrary<App> =>
  fc
    .record({
      app: fc.constantFrom(...apps),
      replicas: fc.integer({ min: 1, max: replicasMax }),
      cpu: fc.constantFrom("100m", "500m", "900m", "1500m", "3"),
      memory: fc.constantFrom("256Mi", "1Gi", "5Gi"),
      tolerates: fc.boolean(),
      spreads: fc.array(spread, { maxLength: 2 }),
      nodeRules,
      podRules,
    })
    .map(({ app, replicas, cpu, memory, tolerates, spreads, nodeRules: onNodes, podRules: onPods }) => ({
      app,
      replicas,
      spec: {
        containers: [{ name: "main", resources: { requests: { cpu, memory } } }],
        ...onNodes,
        affinity: { ...onNodes.affinity, ...onPods },
        ...(tolerates ? { tolerations: [{ key: "team", operator: "Exists" as const }] } : {}),
        topologySpreadConstraints: spreads.filter(
          (one, index) => spreads.findIndex((other) => other.topologyKey === one.topologyKey) === index,
        ),
      },
    }));

function podsOf(all: readonly App[], prefix: string): readonly Pod[] {
  return all.flatMap(({ app, replicas, spec }, index) =>
    Array.from({ length: replicas }, (_, replica): Pod => {
      const name = `${prefix}${index}-${app}-${replica}`;
      return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default", uid: name, labels: { app } }, spec };
    }),
  );
}

const nodeState = (index: number): fc.Arbitrary<NodeState> =>
  fc
    .record({
      zone: fc.constantFrom(...zones),
      cpu: fc.constantFrom(1000, 3900, 7900),
      pool: fc.constantFrom("pool-1", undefined),
      tainted: fc.constantFrom(false, false, true),
      initialized: fc.boolean(),
      accepting: fc.constantFrom(true, true, true, false),
      bound: fc.array(appOf(2), { maxLength: 2 }),
    })
    .map(({ zone, cpu, pool, tainted, initialized, accepting, bound }) => {
      const name = `node-${index}`;
      return {
        name,
        ...(pool === undefined ? {} : { nodePool: pool }),
        labels: {
          [zoneLabel]: zone,
          [hostnameLabel]: name,
          [capacityTypeLabel]: "on-demand",
          ...(pool === undefined ? {} : { [nodePoolLabel]: pool }),
        },
        taints: tainted ? [batchTaint] : [],
        allocatable: { cpu: cpu + 2000, memory: 16 * gibibyte, pods: 10 },
        capacity: { cpu: cpu + 2100, memory: 16 * gibibyte, pods: 10 },
        pods: podsOf(bound, `bound-${index}-`).map((pod) => ({ ...pod, spec: { ...pod.spec, nodeName: name } })),
        initialized,
        accepting,
        planned: new Map<string, number>(),
      };
    });

const daemonSets = fc.constantFrom(
  [],
  [{ name: "agent", spec: { containers: [{ name: "agent", resources: { requests: { cpu: "100m", memory: "64Mi" } } }] } }],
);

/** Clusters with up to some twenty Pods, three pools and three nodes. */
export const randomCluster: fc.Arbitrary<SolveInput> = fc
  .record({
    pools: fc
      .integer({ min: 1, max: 3 })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => nodePool(`pool-${index + 1}`)))),
    types,
    apps: fc.array(appOf(5), { minLength: 1, maxLength: 4 }),
    nodes: fc.integer({ min: 0, max: 3 }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => nodeState(index)))),
    daemonSets,
  })
  .map((drawn) => ({
    pods: podsOf(drawn.apps, "").map((pod) => ({ key: `default/${pod.metadata.name ?? ""}`, pod })),
    nodePools: drawn.pools,
    instanceTypes: new Map(drawn.pools.map((pool) => [pool.metadata.name ?? "", drawn.types])),
    daemonSets: drawn.daemonSets,
    nodes: drawn.nodes,
    namespaces: new Map([["default", {}]]),
  }));
