/** What a NodeClass says of its Nodes changes what Pods may have of them, as Karpenter counts it. */
import { describe, expect, it } from "vitest";
import type { AutoNodeClassSpec } from "../../src/api/auto-node-class.ts";
import type { EC2NodeClassSpec } from "../../src/api/ec2-node-class.ts";
import { nodeResources } from "../../src/catalog/allocatable.ts";
import { knownInstanceFacts } from "../../src/catalog/known-instances.ts";
import { amiFamilyOf, autoNodeSettingsOf, nodeSettingsOf } from "../../src/catalog/node-settings.ts";

const mib = 1024 * 1024;
const gib = 1024 * mib;

const facts = (name: string) => {
  const found = knownInstanceFacts().find((of) => of.name === name);
  if (found === undefined) throw new Error(`no facts of ${name}`);
  return found;
};

interface Vector {
  readonly cpu?: number;
  readonly memoryMiB?: number;
  readonly pods?: number;
  readonly storageGiB?: number;
  readonly resource?: readonly [string, number | undefined];
}

describe("allocatable of m7i.xlarge (4 vCPU, 15155 MiB of capacity, 58 addresses) with", () => {
  const base = 15_155;
  const linux = (pods: number) => base - (11 * pods + 255) - 100;

  check("no settings", {}, { cpu: 3920, memoryMiB: linux(58), pods: 58, storageGiB: 17 });
  check("family AL2", { amiFamily: "AL2" }, { memoryMiB: linux(58), pods: 58 });
  check("an alias of Bottlerocket", { amiSelectorTerms: [{ alias: "bottlerocket@1.43.0" }] }, { memoryMiB: linux(58), pods: 58 });
  check("Bottlerocket and maxPods", { amiFamily: "Bottlerocket", kubelet: { maxPods: 30 } }, { memoryMiB: linux(30), pods: 30 });
  check("Bottlerocket and podsPerCore, which it does not know", { amiFamily: "Bottlerocket", kubelet: { podsPerCore: 2 } }, { pods: 58 });
  check("AL2023 and maxPods", { kubelet: { maxPods: 30 } }, { memoryMiB: linux(58), pods: 30 });
  check("AL2023 and podsPerCore", { kubelet: { podsPerCore: 2 } }, { pods: 8 });
  check("a custom image", { amiFamily: "Custom" }, { memoryMiB: linux(110), pods: 110 });
  check(
    "Windows",
    { amiFamily: "Windows2022" },
    {
      memoryMiB: linux(110),
      pods: 110,
      storageGiB: 44,
      resource: ["vpc.amazonaws.com/PrivateIPv4Address", 14],
    },
  );
  check("kubeReserved by resource", { kubelet: { kubeReserved: { cpu: "200m", memory: "100Mi" } } }, { cpu: 3800, memoryMiB: base - 200 });
  check("systemReserved", { kubelet: { systemReserved: { cpu: "100m", memory: "100Mi" } } }, { cpu: 3820, memoryMiB: linux(58) - 100 });
  check("evictionHard in quantities", { kubelet: { evictionHard: { "memory.available": "500Mi" } } }, { memoryMiB: linux(58) - 400 });
  check("evictionHard in percent, rounded up", { kubelet: { evictionHard: { "nodefs.available": "15%" } } }, { storageGiB: 16 });
  check(
    "evictionHard of 100%, which switches it off",
    { kubelet: { evictionHard: { "memory.available": "100%" } } },
    {
      memoryMiB: linux(58) + 100,
    },
  );
  check("evictionSoft, which takes nothing", { kubelet: { evictionSoft: { "memory.available": "5Gi" } } }, { memoryMiB: linux(58) });
  check(
    "an efa-only interface on card 0",
    { networkInterfaces: [interfaceOf(0, "interface"), interfaceOf(1, "efa-only")] },
    {
      pods: 3 * 14 + 2,
      resource: ["vpc.amazonaws.com/efa", 1],
    },
  );
  check("ipPrefixCount, which Karpenter does not count: maxPods says it", { ipPrefixCount: 4 }, { pods: 58 });

  function interfaceOf(deviceIndex: number, interfaceType: "interface" | "efa-only") {
    return { networkCardIndex: 0, deviceIndex, interfaceType };
  }

  function check(title: string, spec: Partial<EC2NodeClassSpec>, expected: Vector): void {
    it(title, () => {
      const settings = nodeSettingsOf(spec);
      expect(settings.ok).toBe(true);
      const { allocatable } = nodeResources(facts("m7i.xlarge"), settings.ok ? settings.value : {});
      if (expected.cpu !== undefined) expect(allocatable["cpu"]).toBe(expected.cpu);
      if (expected.memoryMiB !== undefined) expect((allocatable["memory"] ?? 0) / mib).toBe(expected.memoryMiB);
      if (expected.pods !== undefined) expect(allocatable["pods"]).toBe(expected.pods);
      if (expected.storageGiB !== undefined) expect(Math.floor((allocatable["ephemeral-storage"] ?? 0) / gib)).toBe(expected.storageGiB);
      if (expected.resource !== undefined) expect(allocatable[expected.resource[0]]).toBe(expected.resource[1]);
    });
  }

  it("a kubelet block that can't be counted with is told by its field", () => {
    const settings = nodeSettingsOf({ kubelet: { maxPods: "vcpus *" } });
    expect(settings.ok ? "" : settings.error).toContain("kubelet.maxPods");
  });
});

describe("accelerators and local disks", () => {
  check("g4dn.12xlarge", {}, { "nvidia.com/gpu": 4 });
  check("p5.48xlarge", {}, { "nvidia.com/gpu": 8, "vpc.amazonaws.com/efa": 32, pods: 2 * 49 + 2 });
  check("g4ad.xlarge", {}, { "amd.com/gpu": 1 });
  check("dl1.24xlarge", {}, { "habana.ai/gaudi": 8 });
  check("inf2.24xlarge", {}, { "aws.amazon.com/neuron": 6, "aws.amazon.com/neuroncore": 12 });
  check("trn1.32xlarge", {}, { "aws.amazon.com/neuron": 16, "aws.amazon.com/neuroncore": 32 });
  check("c6gd.xlarge", { instanceStorePolicy: "RAID0" }, { "ephemeral-storage": 237_000_000_000 });

  function check(name: string, spec: Partial<EC2NodeClassSpec>, expected: Readonly<Record<string, number>>): void {
    it(`of ${name}${spec.instanceStorePolicy === undefined ? "" : " under RAID0"} are ${JSON.stringify(expected)}`, () => {
      const settings = nodeSettingsOf(spec);
      expect(nodeResources(facts(name), settings.ok ? settings.value : {}).capacity).toMatchObject(expected);
    });
  }
});

describe("S280: an Auto Mode node", () => {
  check("is Bottlerocket with 80 GiB and 110 Pods", {}, { pods: 110, "ephemeral-storage": 80 * gib });
  check("has the volume that its NodeClass says", { ephemeralStorage: { size: "160Gi" } }, { "ephemeral-storage": 160 * gib });
  check("with single addresses takes as many Pods as those", { advancedNetworking: { ipv4PrefixSize: "32" } }, { pods: 58 });

  function check(title: string, spec: Partial<AutoNodeClassSpec>, expected: Readonly<Record<string, number>>): void {
    it(title, () => {
      expect(nodeResources(facts("m7i.xlarge"), autoNodeSettingsOf(spec)).capacity).toMatchObject(expected);
    });
  }

  it("reserves memory for the Pods it takes, not for the addresses that its interfaces have", () => {
    const { capacity, allocatable } = nodeResources(facts("m7i.xlarge"), autoNodeSettingsOf({}));
    expect(((capacity["memory"] ?? 0) - (allocatable["memory"] ?? 0)) / mib).toBe(11 * 110 + 255 + 100);
  });
});

it("a family is the field's, else the alias's, else unknown", () => {
  expect([
    amiFamilyOf({ amiFamily: "Custom", amiSelectorTerms: [{ alias: "al2023@latest" }] }),
    amiFamilyOf({ amiSelectorTerms: [{ alias: "windows2025@latest" }] }),
    amiFamilyOf({ amiSelectorTerms: [{ id: "ami-1" }] }),
  ]).toEqual(["Custom", "Windows2025", undefined]);
});
