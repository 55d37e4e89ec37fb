/** Capacity and allocatable agree with the numbers that Karpenter's users know. */
import { describe, expect, it } from "vitest";
import { eniLimitedPods, nodeResources, type NodeSettings } from "../../src/catalog/allocatable.ts";
import type { Ec2InstanceFacts } from "../../src/catalog/ec2-facts.ts";
import { knownInstanceFacts } from "../../src/catalog/known-instances.ts";

const mib = 1024 * 1024;
const gib = 1024 * mib;

describe("allocatable by default settings", () => {
  // cpu in millicores, memory in MiB, Pods by network interfaces.
  check("c7i.2xlarge", { cpu: 7910, memoryMiB: 14_162, pods: 58 });
  check("m7i.xlarge", { cpu: 3920, memoryMiB: 14_162, pods: 58 });
  check("c7i.large", { cpu: 1930, memoryMiB: 4096 - 308 - (11 * 29 + 255) - 100, pods: 29 });
  check("m7i.8xlarge", { cpu: 31_850, memoryMiB: 131_072 - 9831 - (11 * 234 + 255) - 100, pods: 234 });
  check("c7g.2xlarge", { cpu: 7910, memoryMiB: 16_320 - 1224 - (11 * 58 + 255) - 100, pods: 58 });

  function check(name: string, expected: { readonly cpu: number; readonly memoryMiB: number; readonly pods: number }): void {
    it(`of ${name} is ${expected.cpu} millicores and ${expected.memoryMiB} MiB for ${expected.pods} Pods`, () => {
      const { allocatable } = nodeResources(facts(name));
      expect({ cpu: allocatable["cpu"], memoryMiB: (allocatable["memory"] ?? 0) / mib, pods: allocatable["pods"] }).toEqual(expected);
    });
  }

  it("reads as 7.91 CPU and 13.8Gi on c7i.2xlarge, as the contract's texts say", () => {
    const { cpu = 0, memory = 0 } = nodeResources(facts("c7i.2xlarge")).allocatable;
    expect([cpu / 1000, (memory / gib).toFixed(1)]).toEqual([7.91, "13.8"]);
  });

  it("keeps 1 GiB and a tenth of the 20 GiB volume back", () => {
    expect(nodeResources(facts("m7i.large"))).toMatchObject({
      capacity: { "ephemeral-storage": 20 * gib },
      allocatable: { "ephemeral-storage": 17 * gib },
    });
  });
});

describe("a setting of the NodeClass", () => {
  const base = nodeResources(facts("m7i.xlarge"));

  check(
    "maxPods replaces the network's number, but not Amazon Linux's memory reservation",
    { kubelet: { maxPods: 20 } },
    { pods: 20, memory: 0 },
  );
  check(
    "maxPods also sizes Bottlerocket's memory reservation",
    { amiFamily: "Bottlerocket", kubelet: { maxPods: 20 } },
    { pods: 20, memory: 11 * (58 - 20) * mib },
  );
  check("podsPerCore lowers the Pods of each vCPU", { kubelet: { podsPerCore: 5 } }, { pods: 20 });
  check("podsPerCore never raises them", { kubelet: { podsPerCore: 100 } }, { pods: 58 });
  check("podsPerCore is not known to Bottlerocket", { amiFamily: "Bottlerocket", kubelet: { podsPerCore: 5 } }, { pods: 58 });
  check("a custom image may run 110 Pods", { amiFamily: "Custom" }, { pods: 110, memory: -11 * (110 - 58) * mib });
  check("a reserved interface takes its Pods away", { reservedENIs: 1 }, { pods: 44 });
  check("kubeReserved overrides per resource", { kubelet: { kubeReserved: { cpu: 500 } } }, { cpu: 3500, memory: 0 });
  check("systemReserved comes on top", { kubelet: { systemReserved: { cpu: 100, memory: gib } } }, { cpu: 3820, memory: -gib });
  check(
    "an eviction threshold in bytes replaces 100Mi",
    { kubelet: { evictionMemory: { kind: "bytes", bytes: 500 * mib } } },
    { memory: -400 * mib },
  );
  check(
    "an eviction threshold of 100% is switched off",
    { kubelet: { evictionMemory: { kind: "percent", percent: 100 } } },
    { memory: 100 * mib },
  );
  check(
    "an eviction threshold by percentage is of the capacity",
    { kubelet: { evictionMemory: { kind: "percent", percent: 10 } } },
    { memory: 100 * mib - Math.ceil(15_155 * mib * 0.1) },
  );
  check("huge pages are taken from memory", { hugepages: { "hugepages-2Mi": gib } }, { memory: -gib });

  /** memory is the difference from the default, the others are absolute. */
  function check(
    title: string,
    settings: NodeSettings,
    expected: { readonly cpu?: number; readonly memory?: number; readonly pods?: number },
  ): void {
    it(title, () => {
      const { allocatable } = nodeResources(facts("m7i.xlarge"), settings);
      if (expected.pods !== undefined) expect(allocatable["pods"]).toBe(expected.pods);
      if (expected.cpu !== undefined) expect(allocatable["cpu"]).toBe(expected.cpu);
      if (expected.memory !== undefined) expect((allocatable["memory"] ?? 0) - (base.allocatable["memory"] ?? 0)).toBe(expected.memory);
    });
  }

  it("vmMemoryOverheadPercent changes the capacity, not what is reserved", () => {
    expect(nodeResources(facts("m7i.xlarge"), { vmMemoryOverheadPercent: 0 }).capacity["memory"]).toBe(16 * gib);
  });

  it("a reservation larger than the Node leaves nothing, not less than nothing", () => {
    expect(nodeResources(facts("c7i.large"), { kubelet: { systemReserved: { memory: 64 * gib } } }).allocatable["memory"]).toBe(0);
  });
});

describe("the volume that Pods write to", () => {
  const mapping = (deviceName: string, volumeSize: string, rootVolume = false) => ({ deviceName, rootVolume, ebs: { volumeSize } });

  check("is the family's device", { storage: { blockDeviceMappings: [mapping("/dev/xvda", "80Gi")] } }, 80 * gib);
  check("is not another device", { storage: { blockDeviceMappings: [mapping("/dev/xvdz", "80Gi")] } }, 20 * gib);
  check(
    "is Bottlerocket's second device",
    { amiFamily: "Bottlerocket", storage: { blockDeviceMappings: [mapping("/dev/xvda", "4Gi"), mapping("/dev/xvdb", "50Gi")] } },
    50 * gib,
  );
  check(
    "is the volume marked as root before any other",
    { storage: { blockDeviceMappings: [mapping("/dev/xvda", "80Gi"), mapping("/dev/sdb", "90Gi", true)] } },
    90 * gib,
  );
  check(
    "is the last volume of a custom image",
    { amiFamily: "Custom", storage: { blockDeviceMappings: [mapping("/dev/a", "8Gi"), mapping("/dev/b", "30Gi")] } },
    30 * gib,
  );
  check("is the type's own disks under RAID0", { storage: { instanceStorePolicy: "RAID0" } }, 474_000_000_000, {
    ...facts("c7g.2xlarge"),
    instanceStoreGB: 474,
  });
  check("stays EBS under RAID0 where the type has no disks", { storage: { instanceStorePolicy: "RAID0" } }, 20 * gib);

  function check(title: string, settings: NodeSettings, expected: number, of = facts("m7i.large")): void {
    it(title, () => {
      expect(nodeResources(of, settings).capacity["ephemeral-storage"]).toBe(expected);
    });
  }
});

describe("devices", () => {
  it("are counted by manufacturer, and a device that the type lacks is no resource of it", () => {
    const of: Ec2InstanceFacts = {
      ...facts("m7i.xlarge"),
      gpus: [{ name: "T4", manufacturer: "NVIDIA", count: 4, memoryMiB: 16_384 }],
      neuron: { name: "Inferentia2", devices: 2, coresPerDevice: 2 },
      branchInterfacesMax: 18,
    };
    expect(nodeResources(of).allocatable).toMatchObject({
      "nvidia.com/gpu": 4,
      "aws.amazon.com/neuron": 2,
      "aws.amazon.com/neuroncore": 4,
      "vpc.amazonaws.com/pod-eni": 18,
    });
    expect(nodeResources(of).capacity).not.toHaveProperty("amd.com/gpu");
  });
  it("no usable interface leaves no Pod", () => {
    expect(eniLimitedPods(facts("m7i.large"), 9)).toBe(0);
  });
});

function facts(name: string): Ec2InstanceFacts {
  const found = knownInstanceFacts().find((of) => of.name === name);
  if (found === undefined) throw new Error(`no facts of ${name}`);
  return found;
}
