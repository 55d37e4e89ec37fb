/**
 * Random offers: instance types with their offerings, and the NodePools that may buy them.
 *
 * Returns fast-check arbitraries. The list of shapes is short and prices are close to each other, so that Pods compete for nodes
 * and a careless choice costs something; every type states every label that a Pod may ask for, as a real catalogue does.
 */
import fc from "../../support/properties.ts";
import type { InstanceType, Offering } from "../../../src/api/instance-type.ts";
import { archLabel, capacityTypeLabel, instanceTypeLabel, osLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { NodeSelectorRequirement, Taint } from "../../../src/api/pod.ts";

export const zones = ["zone-a", "zone-b", "zone-c"] as const;
export const sizeLabel = "karpenter.k8s.aws/instance-size";
export const categoryLabel = "karpenter.k8s.aws/instance-category";
export const cpuLabel = "karpenter.k8s.aws/instance-cpu";
export const gpuLabel = "karpenter.k8s.aws/instance-gpu-count";
export const gpuResource = "nvidia.com/gpu";
/** A label of the pools' own, which no type has. */
export const teamLabel = "example.com/team";
export const batchTaint: Taint = { key: "team", value: "batch", effect: "NoSchedule" };

const gibibyte = 1024 ** 3;
const mebibyte = 1024 ** 2;

interface Shape {
  readonly name: string;
  readonly cpu: number;
  readonly gi: number;
  readonly price: number;
  readonly gpu?: number;
  readonly arch?: string;
}

const shapes: readonly Shape[] = [
  { name: "c1.medium", cpu: 1, gi: 2, price: 0.05 },
  { name: "c1.large", cpu: 2, gi: 4, price: 0.09 },
  { name: "m1.large", cpu: 2, gi: 8, price: 0.11 },
  { name: "a1.large", cpu: 2, gi: 8, price: 0.085, arch: "arm64" },
  { name: "m1.xlarge", cpu: 4, gi: 16, price: 0.21 },
  { name: "c1.2xlarge", cpu: 8, gi: 16, price: 0.33 },
  { name: "g1.xlarge", cpu: 4, gi: 16, price: 0.6, gpu: 1 },
];

/** A few types, each sold in some zones, where some offerings have run out. */
export const instanceTypes: fc.Arbitrary<readonly InstanceType[]> = fc
  .subarray([...shapes], { minLength: 3 })
  .chain((chosen) => fc.tuple(...chosen.map(instanceType)));

function instanceType(shape: Shape): fc.Arbitrary<InstanceType> {
  return fc
    .record({
      soldIn: fc.oneof({ weight: 3, arbitrary: fc.constant([...zones]) }, fc.subarray([...zones], { minLength: 1 })),
      dearer: fc.constantFrom(0, 0, 0.01, 0.03),
      discount: fc.constantFrom(0.3, 0.5, 0.9),
      gone: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 6 }),
      pods: fc.constantFrom(5, 8, 20),
    })
    .map(({ soldIn, dearer, discount, gone, pods }) => {
      const offerings = soldIn.flatMap((zone, index): readonly Offering[] => {
        const pricePerHour = Math.round((shape.price + dearer * index) * 1e4) / 1e4;
        const spotPrice = Math.round(pricePerHour * discount * 1e4) / 1e4;
        return [
          { zone, capacityType: "on-demand", pricePerHour, available: gone[index] !== 0 },
          { zone, capacityType: "spot", pricePerHour: spotPrice, available: (gone[index + 3] ?? 0) > 2 },
        ];
      });
      return { name: shape.name, requirements: labelsOfShape(shape, soldIn), ...amountsOf(shape, pods), offerings };
    });
}

function labelsOfShape(shape: Shape, soldIn: readonly string[]): readonly NodeSelectorRequirement[] {
  const [category = ""] = shape.name;
  const one = (key: string, value: string): NodeSelectorRequirement => ({ key, operator: "In", values: [value] });
  return [
    one(instanceTypeLabel, shape.name),
    one(archLabel, shape.arch ?? "amd64"),
    one(osLabel, "linux"),
    one(sizeLabel, shape.name.split(".")[1] ?? ""),
    one(categoryLabel, category),
    one(cpuLabel, String(shape.cpu)),
    shape.gpu === undefined ? { key: gpuLabel, operator: "DoesNotExist" } : one(gpuLabel, String(shape.gpu)),
    { key: zoneLabel, operator: "In", values: soldIn },
    { key: capacityTypeLabel, operator: "In", values: ["on-demand", "spot"] },
  ];
}

function amountsOf({ cpu, gi, gpu }: Shape, pods: number): Pick<InstanceType, "capacity" | "allocatable"> {
  const others = { pods, "ephemeral-storage": 20 * gibibyte, ...(gpu === undefined ? {} : { [gpuResource]: gpu }) };
  return {
    capacity: { cpu: cpu * 1000, memory: gi * gibibyte, ...others },
    allocatable: { cpu: cpu * 1000 - 80, memory: gi * gibibyte - 300 * mebibyte, ...others, "ephemeral-storage": 17 * gibibyte },
  };
}

const poolRequirement: fc.Arbitrary<NodeSelectorRequirement> = fc.constantFrom<NodeSelectorRequirement>(
  { key: zoneLabel, operator: "In", values: ["zone-a", "zone-b"] },
  { key: zoneLabel, operator: "In", values: ["zone-c"] },
  { key: zoneLabel, operator: "NotIn", values: ["zone-b"] },
  { key: capacityTypeLabel, operator: "In", values: ["on-demand"] },
  { key: capacityTypeLabel, operator: "In", values: ["spot", "on-demand"] },
  { key: archLabel, operator: "In", values: ["amd64"] },
  { key: sizeLabel, operator: "NotIn", values: ["medium"] },
  { key: cpuLabel, operator: "Gt", values: ["1"] },
  { key: cpuLabel, operator: "Lt", values: ["8"] },
  { key: gpuLabel, operator: "DoesNotExist" },
  { key: categoryLabel, operator: "In", values: ["c", "m", "g"] },
  { key: teamLabel, operator: "In", values: ["red"] },
  { key: teamLabel, operator: "In", values: ["blue", "red"] },
  { key: instanceTypeLabel, operator: "Exists", minValues: 2 },
);

const taints: fc.Arbitrary<readonly Taint[]> = fc.oneof(
  { weight: 9, arbitrary: fc.constant([]) },
  fc.constant([batchTaint]),
  fc.constant<readonly Taint[]>([{ key: "team", value: "batch", effect: "NoExecute" }]),
  fc.constant<readonly Taint[]>([{ key: "team", value: "batch", effect: "PreferNoSchedule" }]),
);

/** One NodePool; some are static or on their way out, and buy nothing for Pods. */
export function nodePool(name: string): fc.Arbitrary<NodePool> {
  return fc
    .record({
      requirements: fc.uniqueArray(poolRequirement, { maxLength: 2, selector: ({ key }) => key }),
      labels: fc.constantFrom<Readonly<Record<string, string>>>({}, {}, { [teamLabel]: "red" }, { "example.com/tier": name }),
      taints,
      startupTaint: fc.constantFrom(false, false, false, true),
      weight: fc.constantFrom(undefined, undefined, 10, 50),
      limits: fc.constantFrom(
        undefined,
        undefined,
        undefined,
        { cpu: "8" },
        { nodes: "2" },
        { cpu: "5", memory: "20Gi" },
        { [gpuResource]: "1" },
      ),
      state: fc.constantFrom<"open" | "static" | "deleted">(...Array.from({ length: 18 }, () => "open" as const), "static", "deleted"),
    })
    .map((drawn): NodePool => {
      const own = drawn.labels[teamLabel] === undefined ? drawn.requirements : drawn.requirements.filter(({ key }) => key !== teamLabel);
      return {
        apiVersion: "karpenter.sh/v1",
        kind: "NodePool",
        metadata: { name, uid: name, ...(drawn.state === "deleted" ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
        spec: {
          template: {
            metadata: { labels: drawn.labels },
            spec: {
              nodeClassRef: { group: "example.com", kind: "TestClass", name: "default" },
              requirements: own.map((one) => ({ ...one, values: [...(one.values ?? [])] })),
              taints: [...drawn.taints],
              ...(drawn.startupTaint ? { startupTaints: [{ key: "starting", effect: "NoSchedule" as const }] } : {}),
            },
          },
          ...(drawn.limits === undefined ? {} : { limits: drawn.limits }),
          ...(drawn.weight === undefined || drawn.state === "static" ? {} : { weight: drawn.weight }),
          ...(drawn.state === "static" ? { replicas: 1 } : {}),
        },
      };
    });
}
