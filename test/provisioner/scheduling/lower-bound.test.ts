/**
 * The lower bound: never above the program that it stands for, never far below, and never above a plan.
 */
import { describe, expect, it } from "vitest";
import { diverseInput } from "../../../bench/scheduling-input.ts";
import { resourceBound } from "../../../bench/scheduling-bound.ts";
import { capacityTypeLabel, hostnameLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import type { Pod, PodSpec } from "../../../src/api/pod.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { catalogZones } from "../../../src/catalog/zones.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import { lowerBound, placedOf } from "../../../src/provisioner/scheduling/lower-bound.ts";
import { solve, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { casesOf } from "../../support/long-run.ts";
import { nodePool } from "../../support/objects.ts";
import fc from "../../support/properties.ts";
import { coverTwin } from "./cover-twin.ts";
import { randomCluster } from "./random-cluster.ts";

const types = catalogInstanceTypes({ zones: catalogZones });
const twin = await coverTwin();
const timeoutMs = 120_000;
/** What the twin's own tolerance may make of its answer. */
const slack = 1e-6;

function check(input: SolveInput): void {
  const [ours, theirs] = [lowerBound(input), twin(input)];
  expect(ours).toBeLessThanOrEqual(theirs * (1 + slack) + slack);
  expect(ours).toBeGreaterThanOrEqual(theirs * 0.999 - slack);
}

const selectors: readonly NonNullable<PodSpec["nodeSelector"]>[] = [
  {},
  {},
  {},
  { [zoneLabel]: "ap-southeast-1a" },
  { [zoneLabel]: "ap-southeast-1b", [capacityTypeLabel]: "on-demand" },
  { "kubernetes.io/arch": "arm64" },
  { "karpenter.k8s.aws/instance-category": "r" },
  { "karpenter.k8s.aws/instance-family": "c7i", [zoneLabel]: "ap-southeast-1c" },
];

interface Drawn {
  readonly cpu: number;
  readonly memory: number;
  readonly selector: NonNullable<PodSpec["nodeSelector"]>;
  readonly apart: boolean;
  readonly replicas: number;
}

const shape: fc.Arbitrary<Drawn> = fc.record({
  cpu: fc.oneof(fc.integer({ min: 10, max: 2_000 }), fc.integer({ min: 1_000, max: 60_000 })),
  memory: fc.oneof(fc.integer({ min: 16, max: 8_000 }), fc.integer({ min: 4_000, max: 300_000 })),
  selector: fc.constantFrom(...selectors),
  apart: fc.nat(9).map((drawn) => drawn === 0),
  replicas: fc.integer({ min: 1, max: 60 }),
});

function podsOf(shapes: readonly Drawn[]): SolveInput["pods"] {
  return shapes.flatMap(({ cpu, memory, selector, apart, replicas }, index) => {
    const labels = { app: `app-${index}` };
    const terms = [{ topologyKey: hostnameLabel, labelSelector: { matchLabels: labels } }];
    const spec: PodSpec = {
      containers: [{ name: "main", resources: { requests: { cpu: `${cpu}m`, memory: `${memory}Mi` } } }],
      nodeSelector: selector,
      ...(apart ? { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } } } : undefined),
    };
    return Array.from({ length: replicas }, (_unused, replica) => {
      const name = `app-${index}-${replica}`;
      const pod: Pod = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "default", labels }, spec };
      return { key: `default/${name}`, pod };
    });
  });
}

const standing: fc.Arbitrary<NodeState> = fc
  .record({ zone: fc.constantFrom(...catalogZones), cpu: fc.integer({ min: 0, max: 16_000 }), memory: fc.integer({ min: 0, max: 64_000 }) })
  .map(({ zone, cpu, memory }) => ({
    name: `node-${zone}-${cpu}-${memory}`,
    labels: { [zoneLabel]: zone, [capacityTypeLabel]: "on-demand", "kubernetes.io/arch": "amd64" },
    taints: [],
    allocatable: { cpu, memory: memory * 1024 ** 2, pods: 12 },
    capacity: {},
    pods: [],
    initialized: true,
    accepting: true,
    planned: new Map<string, number>(),
  }));

const ec2Cluster: fc.Arbitrary<SolveInput> = fc
  .record({ shapes: fc.array(shape, { minLength: 1, maxLength: 8 }), nodes: fc.array(standing, { maxLength: 6 }), spot: fc.boolean() })
  .map(({ shapes, nodes, spot }) => ({
    pods: podsOf(shapes),
    nodePools: [nodePool({ name: "all", requirements: spot ? [] : [{ key: capacityTypeLabel, operator: "In", values: ["on-demand"] }] })],
    instanceTypes: new Map([["all", types.filter(({ offerings }) => offerings.length > 0)]]),
    daemonSets: [{ name: "agent", spec: { containers: [{ name: "agent", resources: { requests: { cpu: "100m", memory: "128Mi" } } }] } }],
    nodes,
    namespaces: new Map(),
  }));

describe("the lower bound", () => {
  it(
    "is the linear program's answer on small clusters with every constraint, less a thousandth at most",
    () => {
      fc.assert(fc.property(randomCluster, check), { numRuns: casesOf({ ci: 150, long: 3_000 }) });
    },
    timeoutMs,
  );

  it(
    "is the linear program's answer on the whole EC2 catalogue, less a thousandth at most",
    () => {
      fc.assert(fc.property(ec2Cluster, check), { numRuns: casesOf({ ci: 12, long: 200 }) });
    },
    timeoutMs,
  );

  it(
    "is never above a plan for the Pods that it placed",
    () => {
      fc.assert(
        fc.property(randomCluster, (input) => {
          const plan = solve(input);
          expect(lowerBound(placedOf(input, plan))).toBeLessThanOrEqual(plan.pricePerHour * (1 + 1e-9));
        }),
        { numRuns: casesOf({ ci: 150, long: 3_000 }) },
      );
    },
    timeoutMs,
  );

  it("is the same to the last digit whatever the order of Pods, pools, types and nodes", () => {
    const turned = <T>(list: readonly T[]): readonly T[] => [...list].reverse();
    fc.assert(
      fc.property(ec2Cluster, (input) => {
        const other = {
          ...input,
          pods: turned(input.pods),
          nodes: turned(input.nodes),
          nodePools: turned(input.nodePools),
          instanceTypes: new Map([...input.instanceTypes].map(([name, list]) => [name, turned(list)])),
        };
        expect(lowerBound(other)).toBe(lowerBound(input));
      }),
      { numRuns: 20 },
    );
  });

  it("is the resource bound where every type costs the same a share, nodes that Pods force apart included", () => {
    expect(lowerBound(diverseInput(500))).toBeCloseTo(resourceBound({ count: 500, nodes: 100 }), 4);
  });

  it("counts Pods that may not share a host as so many nodes", () => {
    const apart = podsOf([{ cpu: 10, memory: 16, selector: { "karpenter.k8s.aws/instance-family": "c7i" }, apart: true, replicas: 30 }]);
    const cheapest = Math.min(
      ...types.filter(({ name }) => name.startsWith("c7i.")).flatMap(({ offerings }) => offerings.map((one) => one.pricePerHour)),
    );
    expect(lowerBound({ ...base, pods: apart })).toBeCloseTo(30 * cheapest, 6);
    expect(lowerBound({ ...base, pods: apart, nodes: [room] })).toBeCloseTo(29 * cheapest, 6);
  });

  it("is nothing where there are no Pods, where what stands there holds them, and where nothing may hold them", () => {
    const small = podsOf([{ cpu: 100, memory: 100, selector: {}, apart: false, replicas: 3 }]);
    expect(lowerBound({ ...base, pods: [] })).toBe(0);
    expect(lowerBound({ ...base, pods: small, nodes: [room] })).toBe(0);
    expect(lowerBound({ ...base, pods: podsOf([{ cpu: 1, memory: 1, selector: { planet: "mars" }, apart: false, replicas: 3 }]) })).toBe(0);
  });

  it("takes what is left of a reservation for free, and no more of it than there is", () => {
    const pods = podsOf([{ cpu: 4_000, memory: 16, selector: {}, apart: false, replicas: 5 }]);
    const place = { zone: "zone-a", available: true } as const;
    const reservation = { id: "cr-1", kind: "default", isInterruptible: false, remaining: 2 } as const;
    const type: InstanceType = {
      name: "four",
      requirements: [],
      capacity: {},
      allocatable: { cpu: 4_000, memory: 16 * 1024 ** 3, pods: 50 },
      offerings: [
        { ...place, capacityType: "on-demand", pricePerHour: 0.5 },
        { ...place, capacityType: "reserved", pricePerHour: 5e-8, reservation },
      ],
    };
    expect(lowerBound({ ...base, pods, instanceTypes: new Map([["all", [type]]]) })).toBeCloseTo(3 * 0.5, 6);
  });

  it("does not count a DaemonSet of one zone as overhead in the others", () => {
    const pods = podsOf([{ cpu: 1_000, memory: 1_000, selector: {}, apart: false, replicas: 50 }]);
    const heavy: PodSpec = {
      containers: [{ name: "a", resources: { requests: { cpu: "900m" } } }],
      nodeSelector: { [zoneLabel]: "ap-southeast-1a" },
    };
    expect(lowerBound({ ...base, pods, daemonSets: [{ name: "heavy", spec: heavy }] })).toBe(lowerBound({ ...base, pods }));
  });
});

const base: SolveInput = {
  pods: [],
  nodePools: [nodePool({ name: "all", requirements: [] })],
  instanceTypes: new Map([["all", types]]),
  daemonSets: [],
  nodes: [],
  namespaces: new Map(),
};
const room: NodeState = {
  name: "room",
  labels: { [zoneLabel]: "ap-southeast-1a", "karpenter.k8s.aws/instance-family": "c7i" },
  taints: [],
  allocatable: { cpu: 4_000, memory: 16 * 1024 ** 3, pods: 50 },
  capacity: {},
  pods: [],
  initialized: true,
  accepting: true,
  planned: new Map(),
};
