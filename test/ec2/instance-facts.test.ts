/** Instance types are decoded as Karpenter reads them. */
import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { ok } from "../../src/api/result.ts";
import { decodeInstanceType, instanceFacts } from "../../src/ec2/instance-facts.ts";

const info: InstanceTypeInfo = {
  InstanceType: "m5.large",
  CurrentGeneration: true,
  SupportedUsageClasses: ["on-demand", "spot"],
  Hypervisor: "nitro",
  ProcessorInfo: { SupportedArchitectures: ["x86_64"], Manufacturer: "Intel", SustainedClockSpeedInGhz: 3.2 },
  VCpuInfo: { DefaultVCpus: 2 },
  MemoryInfo: { SizeInMiB: 8192 },
  EbsInfo: {
    EbsOptimizedSupport: "default",
    EbsOptimizedInfo: { BaselineBandwidthInMbps: 650, MaximumBandwidthInMbps: 10_000 },
    MaximumEbsAttachments: 27,
    AttachmentLimitType: "shared",
  },
  NetworkInfo: {
    EncryptionInTransitSupported: true,
    Ipv4AddressesPerInterface: 10,
    MaximumNetworkInterfaces: 6,
    DefaultNetworkCardIndex: 1,
    NetworkCards: [
      { NetworkCardIndex: 0, MaximumNetworkInterfaces: 4, BaselineBandwidthInGbps: 1.876 },
      { NetworkCardIndex: 1, MaximumNetworkInterfaces: 2, BaselineBandwidthInGbps: 1 },
    ],
  },
};
const here = { region: "eu-west-1", zones: ["eu-west-1b", "eu-west-1a"] };

describe("an instance type", () => {
  check("is read", info, {
    name: "m5.large",
    architecture: "amd64",
    manufacturer: "intel",
    clockSpeedMhz: 3200,
    networkInterfacesMax: 2,
    networkBandwidthMbps: 2876,
    ebsBandwidthMbps: 10_000,
    ebsAttachments: { max: 27, sharedWithInterfaces: true },
    offeredIn: { region: "eu-west-1", zones: ["eu-west-1a", "eu-west-1b"] },
  });
  check("of a Mac is no node", { ...info, ProcessorInfo: { SupportedArchitectures: ["arm64_mac"] } }, undefined);
  check("that is not sold as Spot", { ...info, SupportedUsageClasses: ["on-demand"] }, { capacityTypes: ["on-demand"] });
  check(
    "of capacity blocks is sold on demand too",
    { ...info, SupportedUsageClasses: ["capacity-block", "on-demand"] },
    {
      capacityTypes: ["on-demand"],
    },
  );
  check("of the previous generation", { ...info, CurrentGeneration: false }, { previousGeneration: true });
  check(
    "whose EBS optimisation costs extra has no bandwidth",
    { ...info, EbsInfo: { EbsOptimizedSupport: "supported" } },
    {
      name: "m5.large",
    },
  );

  function check(title: string, of: InstanceTypeInfo, expected: object | undefined): void {
    it(title, () => {
      const facts = decodeInstanceType(of, here);
      if (expected === undefined) expect(facts).toBeUndefined();
      else expect(facts).toMatchObject(expected);
    });
  }
});

it("types are sorted, each with the zones of its own offerings", async () => {
  const facts = await instanceFacts(
    {
      instanceTypes: () => Promise.resolve(ok([info, { ...info, InstanceType: "a1.large" }])),
      instanceTypeOfferings: () => Promise.resolve(ok([{ InstanceType: "m5.large" as const, Location: "eu-west-1a" as const }])),
    },
    "eu-west-1",
  );
  expect(facts.ok && facts.value.map(({ name, offeredIn }) => [name, offeredIn?.zones])).toEqual([
    ["a1.large", []],
    ["m5.large", ["eu-west-1a"]],
  ]);
});
