/**
 * Instance facts: what EC2 tells of its instance types, as the catalog keeps it.
 *
 * Reads DescribeInstanceTypes and DescribeInstanceTypeOfferings of one region. Returns facts, or why there are none. Only
 * types that can be nodes are asked for, as Karpenter does: hardware virtual machines of x86_64 and arm64, so no Macs.
 */
import type { InstanceTypeInfo, NetworkCardInfo } from "@aws-sdk/client-ec2";
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2Gpu, Ec2InstanceFacts } from "../catalog/ec2-facts.ts";
import type { Ec2TypeCalls } from "./ec2-calls.ts";
import { failureText } from "./errors.ts";

const typesPerPage = 100;
const offeringsPerPage = 1_000;

/** Asks EC2 for all types and their zones; the facts are sorted by name. */
export async function instanceFacts(ec2: Ec2TypeCalls, region: string): Promise<Result<readonly Ec2InstanceFacts[], string>> {
  const [types, offerings] = await Promise.all([
    ec2.instanceTypes({
      MaxResults: typesPerPage,
      Filters: [
        { Name: "supported-virtualization-type", Values: ["hvm"] },
        { Name: "processor-info.supported-architecture", Values: ["x86_64", "arm64"] },
      ],
    }),
    ec2.instanceTypeOfferings({ MaxResults: offeringsPerPage, LocationType: "availability-zone" }),
  ]);
  if (!types.ok) return err(`DescribeInstanceTypes: ${failureText(types.error)}`);
  if (!offerings.ok) return err(`DescribeInstanceTypeOfferings: ${failureText(offerings.error)}`);
  const zones = new Map<string, string[]>();
  for (const { InstanceType, Location } of offerings.value) {
    if (InstanceType === undefined || Location === undefined) continue;
    zones.set(InstanceType, [...(zones.get(InstanceType) ?? []), Location]);
  }
  const facts = types.value.flatMap((info) => decodeInstanceType(info, { region, zones: zones.get(info.InstanceType ?? "") ?? [] }) ?? []);
  return ok(facts.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
}

/** Returns the facts of one type, or undefined where it is no node or EC2 says too little of it. */
export function decodeInstanceType(
  info: InstanceTypeInfo,
  offeredIn: { readonly region: string; readonly zones: readonly string[] },
): Ec2InstanceFacts | undefined {
  const { InstanceType: name, VCpuInfo, MemoryInfo, ProcessorInfo, NetworkInfo } = info;
  const architecture = architectureOf(ProcessorInfo?.SupportedArchitectures ?? []);
  if (name === undefined || architecture === undefined) return undefined;
  const cards = NetworkInfo?.NetworkCards ?? [];
  const card = cards.find(({ NetworkCardIndex }) => NetworkCardIndex === (NetworkInfo?.DefaultNetworkCardIndex ?? 0));
  const clockSpeedMhz = Math.round((ProcessorInfo?.SustainedClockSpeedInGhz ?? 0) * 1000);
  const networkBandwidthMbps = bandwidthOf(cards);
  return {
    name,
    vcpus: VCpuInfo?.DefaultVCpus ?? 0,
    memoryMiB: MemoryInfo?.SizeInMiB ?? 0,
    architecture,
    manufacturer: (ProcessorInfo?.Manufacturer ?? "").toLowerCase(),
    hypervisor: info.Hypervisor ?? "",
    encryptionInTransit: NetworkInfo?.EncryptionInTransitSupported === true,
    networkInterfacesMax: card?.MaximumNetworkInterfaces ?? NetworkInfo?.MaximumNetworkInterfaces ?? 0,
    ipv4PerInterface: NetworkInfo?.Ipv4AddressesPerInterface ?? 0,
    ...(clockSpeedMhz === 0 ? undefined : { clockSpeedMhz }),
    ...(networkBandwidthMbps === 0 ? undefined : { networkBandwidthMbps }),
    ...saleOf(info),
    ...storageOf(info),
    ...devicesOf(info),
    offeredIn: { region: offeredIn.region, zones: [...offeredIn.zones].sort() },
  };
}

function architectureOf(architectures: readonly string[]): Ec2InstanceFacts["architecture"] | undefined {
  if (architectures.includes("x86_64")) return "amd64";
  return architectures.includes("arm64") ? "arm64" : undefined;
}

/** Truncated, as Karpenter's table of bandwidths is: 1.876 Gbps are 1876 Mbps. */
function bandwidthOf(cards: readonly NetworkCardInfo[]): number {
  return Math.round(cards.reduce((sum, { BaselineBandwidthInGbps = 0 }) => sum + BaselineBandwidthInGbps * 1000, 0));
}

function saleOf({
  BareMetal,
  CurrentGeneration,
  SupportedUsageClasses = [],
}: InstanceTypeInfo): Pick<Ec2InstanceFacts, "bareMetal" | "previousGeneration" | "capacityTypes"> {
  const capacityTypes = (["on-demand", "spot"] as const).filter((one) => SupportedUsageClasses.includes(one));
  return {
    ...(BareMetal === true ? { bareMetal: true } : undefined),
    ...(CurrentGeneration === false ? { previousGeneration: true } : undefined),
    ...(capacityTypes.length === 2 ? undefined : { capacityTypes }),
  };
}

function storageOf({
  EbsInfo,
  InstanceStorageInfo,
}: InstanceTypeInfo): Pick<Ec2InstanceFacts, "ebsBandwidthMbps" | "ebsAttachments" | "instanceStoreGB"> {
  const ebsBandwidthMbps = EbsInfo?.EbsOptimizedSupport === "default" ? EbsInfo.EbsOptimizedInfo?.MaximumBandwidthInMbps : undefined;
  const max = EbsInfo?.MaximumEbsAttachments;
  const instanceStoreGB = InstanceStorageInfo?.NvmeSupport === "unsupported" ? undefined : InstanceStorageInfo?.TotalSizeInGB;
  return {
    ...(ebsBandwidthMbps === undefined ? undefined : { ebsBandwidthMbps }),
    ...(max === undefined ? undefined : { ebsAttachments: { max, sharedWithInterfaces: EbsInfo?.AttachmentLimitType === "shared" } }),
    ...(instanceStoreGB === undefined ? undefined : { instanceStoreGB }),
  };
}

/** Devices of Qualcomm and Xilinx are left out: nothing in Karpenter's model counts them. */
function devicesOf({ GpuInfo, NeuronInfo, NetworkInfo }: InstanceTypeInfo): Pick<Ec2InstanceFacts, "gpus" | "neuron" | "efaInterfacesMax"> {
  const gpus = (GpuInfo?.Gpus ?? []).map(({ Name = "", Manufacturer = "", Count = 0, MemoryInfo }): Ec2Gpu => ({
    name: Name,
    manufacturer: Manufacturer,
    count: Count,
    memoryMiB: MemoryInfo?.SizeInMiB ?? 0,
  }));
  const [device] = NeuronInfo?.NeuronDevices ?? [];
  const efaInterfacesMax = NetworkInfo?.EfaInfo?.MaximumEfaInterfaces;
  return {
    ...(gpus.length === 0 ? undefined : { gpus }),
    ...(device === undefined
      ? undefined
      : { neuron: { name: device.Name ?? "", devices: device.Count ?? 0, coresPerDevice: device.CoreInfo?.Count ?? 0 } }),
    ...(efaInterfacesMax === undefined ? undefined : { efaInterfacesMax }),
  };
}
