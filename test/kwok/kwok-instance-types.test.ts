/**
 * Instance types of one's own for the kwok provider: what the JSON of Karpenter's kwok provider means, and what is refused.
 */
import { describe, expect, test } from "vitest";
import { isCompatible, requirementsOf } from "../../src/kube/requirements.ts";
import { parseKwokInstanceTypes } from "../../src/kwok/kwok-instance-types.ts";

const spot = offering({ Price: 0.019, capacityType: "spot", zone: "test-zone-a" });
const onDemand = offering({ Price: 0.0271, capacityType: "on-demand", zone: "test-zone-b" });
const small = {
  name: "c-1x-amd64-linux",
  architecture: "amd64",
  operatingSystems: ["linux"],
  resources: { cpu: "1", memory: "2Gi", pods: "16", "ephemeral-storage": "20Gi" },
  offerings: [spot, onDemand],
};

function offering({ Price, capacityType, zone }: { readonly Price: unknown; readonly capacityType: string; readonly zone: string }) {
  return {
    Price,
    Available: true,
    Requirements: [
      { key: "karpenter.sh/capacity-type", operator: "In", values: [capacityType] },
      { key: "topology.kubernetes.io/zone", operator: "In", values: [zone] },
    ],
  };
}

function typesOf(list: unknown) {
  const types = parseKwokInstanceTypes(JSON.stringify(list));
  if (!types.ok) throw new Error(types.error);
  return types.value;
}

describe("a file of Karpenter's kwok provider", () => {
  test("tells capacity, what is left of it for Pods, and what each place costs", () => {
    const gibibyte = 1024 ** 3;
    expect(typesOf([small])).toMatchObject([
      {
        name: "c-1x-amd64-linux",
        capacity: { cpu: 1000, memory: 2 * gibibyte, pods: 16 },
        allocatable: { cpu: 900, memory: 2 * gibibyte - 10 * 1024 ** 2, pods: 16 },
        offerings: [
          { zone: "test-zone-a", capacityType: "spot", available: true, pricePerHour: 0.019 },
          { zone: "test-zone-b", capacityType: "on-demand", available: true, pricePerHour: 0.0271 },
        ],
      },
    ]);
  });

  test("gives each type the labels that NodePools ask for", () => {
    const [type] = typesOf([small]);
    const asks = (key: string, value: string) =>
      isCompatible(requirementsOf(type?.requirements ?? []), requirementsOf([{ key, operator: "In", values: [value] }]), new Set());
    expect(asks("karpenter.kwok.sh/instance-cpu", "1")).toBe(true);
    expect(asks("karpenter.kwok.sh/instance-family", "c")).toBe(true);
    expect(asks("karpenter.kwok.sh/instance-size", "1")).toBe(true);
    expect(asks("karpenter.kwok.sh/instance-memory", "2Gi")).toBe(true);
    expect(asks("topology.kubernetes.io/zone", "test-zone-b")).toBe(true);
    expect(asks("topology.kubernetes.io/zone", "test-zone-c")).toBe(false);
    expect(asks("kubernetes.io/arch", "arm64")).toBe(false);
  });

  test("reads the size out of EC2's names, and counts 110 Pods where none are told", () => {
    const [type] = typesOf([{ ...small, name: "m7i.large", resources: { cpu: 2, memory: "8Gi" } }]);
    expect(type?.capacity["pods"]).toBe(110);
    expect(type?.requirements).toContainEqual({ key: "karpenter.kwok.sh/instance-size", operator: "In", values: ["large"] });
    expect(type?.requirements).toContainEqual({ key: "karpenter.kwok.sh/instance-family", operator: "In", values: ["m7i"] });
  });

  test("has everything in stock, whatever it says: Karpenter takes it so", () => {
    expect(typesOf([{ ...small, offerings: [{ ...spot, Available: false }] }])[0]?.offerings[0]?.available).toBe(true);
  });
});

describe("a file that can't be read is refused with the field and what to write", () => {
  test.each<readonly [string, unknown, string]>([
    ["no list", {}, "the file must be a list of instance types"],
    ["no type", ["c-1x"], "[0] must be an object"],
    ["no name", [{ ...small, name: "" }], "[0].name is missing"],
    ["a name twice", [small, small], "[1].name is c-1x-amd64-linux a second time"],
    ["no architecture", [{ ...small, architecture: undefined }], "[0] (c-1x-amd64-linux).architecture is missing; write amd64 or arm64"],
    ["systems that are no list", [{ ...small, operatingSystems: "linux" }], '.operatingSystems is "linux"; write a list'],
    ["no memory", [{ ...small, resources: { cpu: "1" } }], ".resources.memory is missing; write a quantity"],
    ["no quantity", [{ ...small, resources: { cpu: "one", memory: "2Gi" } }], '.resources.cpu is "one"; write a quantity'],
    ["no offerings", [{ ...small, offerings: [] }], ".offerings must be a list"],
    ["no price", [{ ...small, offerings: [{ ...spot, Price: "0.1" }] }], '.offerings[0].Price is "0.1"; write USD an hour'],
    ["a price below 0", [{ ...small, offerings: [{ ...spot, Price: -1 }] }], ".offerings[0].Price is -1; write USD an hour"],
    ["two ways to buy", [{ ...small, offerings: [offering({ Price: 1, capacityType: "lease", zone: "a" })] }], "on-demand or spot"],
    ["no zone", [{ ...small, offerings: [{ ...spot, Requirements: [spot.Requirements[0]] }] }], "one value of topology.kubernetes.io/zone"],
  ])("%s", (_, list, problem) => {
    const types = parseKwokInstanceTypes(JSON.stringify(list));
    expect(types.ok ? "no error" : types.error).toContain(problem);
  });

  test("text that is not JSON", () => {
    expect(parseKwokInstanceTypes("types:")).toMatchObject({ ok: false, error: expect.stringContaining("the file is not JSON") as string });
  });
});
