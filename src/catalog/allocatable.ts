/**
 * What a Node of an instance type has, and what of it is left for Pods.
 *
 * Reads EC2 facts and the settings of a NodeClass. Returns capacity and allocatable by Karpenter's formulas, because a plan
 * that is off by one Pod buys a node too many, or one on which a Pod never fits. All amounts are integers: millicores,
 * bytes, counts.
 */
import type { Resources } from "../api/object.ts";
import type { Ec2InstanceFacts } from "./ec2-facts.ts";
import type { EvictionThreshold, KubeletSettings } from "./kubelet-settings.ts";
import { ephemeralStorageBytes, isWindows, type AmiFamily, type NodeStorage } from "./node-storage.ts";

/** What a NodeClass and the provisioner's own settings say about every Node. All defaults are Karpenter's. */
export interface NodeSettings {
  /** Default AL2023. */
  readonly amiFamily?: AmiFamily;
  readonly kubelet?: KubeletSettings;
  /** Where the kubelet is set otherwise for each type; counts before `kubelet`. */
  readonly kubeletOf?: (facts: Ec2InstanceFacts) => KubeletSettings;
  readonly storage?: NodeStorage;
  /** Memory that the hypervisor keeps, as a share of what is sold; default 0.075. */
  readonly vmMemoryOverheadPercent?: number;
  /** Network interfaces that Pods may not use; default 0. */
  readonly reservedENIs?: number;
  /** Interfaces for EFA traffic alone; those of card 0 are no interfaces for Pods. Absent: every EFA that the type has. */
  readonly efaOnlyInterfaces?: { readonly all: number; readonly onCard0: number };
  /** Pods that a node takes where the network does not say, as with address prefixes; default 110. */
  readonly prefixedPodsMax?: number;
  /** Bytes of pre-allocated huge pages by resource name ("hugepages-2Mi"). */
  readonly hugepages?: Resources;
}

export interface NodeResources {
  readonly capacity: Resources;
  readonly allocatable: Resources;
}

const mib = 1024 * 1024;
const gib = 1024 * mib;
const defaultVmMemoryOverheadPercent = 0.075;
/** Memory that Graviton reserves for contiguous allocation. */
const gravitonReservedMiB = 64;
const defaultPodsMax = 110;
const evictionMemoryBytes = 100 * mib;
const evictionStoragePercent = 10;
const kubeReservedStorageBytes = gib;

/** Shares of CPU that Kubernetes keeps, by millicores: 6% of the first core, 1% of the second, 0.5% of two, 0.25% of the rest. */
const kubeReservedCpu = [
  { from: 0, to: 1000, tenThousandths: 600 },
  { from: 1000, to: 2000, tenThousandths: 100 },
  { from: 2000, to: 4000, tenThousandths: 50 },
  { from: 4000, to: Infinity, tenThousandths: 25 },
];

/** Returns the capacity of a Node of this type and what Pods may have of it. Formulas: Karpenter's EC2 instance types. */
export function nodeResources(facts: Ec2InstanceFacts, of: NodeSettings = {}): NodeResources {
  const settings = of.kubeletOf === undefined ? of : { ...of, kubelet: of.kubeletOf(facts) };
  const capacity = capacityOf(facts, settings);
  const reserved = { ...kubeReservedOf(facts, settings), ...settings.kubelet?.kubeReserved };
  const systemReserved = settings.kubelet?.systemReserved ?? {};
  const eviction = evictionOf(capacity, settings.kubelet);
  const hugepageBytes = Object.values(settings.hugepages ?? {}).reduce((sum, bytes) => sum + bytes, 0);
  const allocatable: Record<string, number> = {};
  for (const [name, amount] of Object.entries(capacity)) {
    const kept = (reserved[name] ?? 0) + (systemReserved[name] ?? 0) + (eviction[name] ?? 0) + (name === "memory" ? hugepageBytes : 0);
    allocatable[name] = Math.max(0, amount - kept);
  }
  return { capacity, allocatable };
}

/** Returns how many Pods the network interfaces can address: one address of each is the interface's own, and two Pods use the host's. */
export function eniLimitedPods(facts: Ec2InstanceFacts, reservedENIs = 0): number {
  const usable = Math.max(0, facts.networkInterfacesMax - reservedENIs);
  return usable === 0 ? 0 : usable * (facts.ipv4PerInterface - 1) + 2;
}

function capacityOf(facts: Ec2InstanceFacts, settings: NodeSettings): Resources {
  const counted: Resources = {
    "vpc.amazonaws.com/pod-eni": facts.branchInterfacesMax ?? 0,
    "vpc.amazonaws.com/efa": settings.efaOnlyInterfaces?.all ?? facts.efaInterfacesMax ?? 0,
    "vpc.amazonaws.com/PrivateIPv4Address": isWindows(amiFamilyOf(settings)) ? facts.ipv4PerInterface - 1 : 0,
    "nvidia.com/gpu": gpusOf(facts, "NVIDIA"),
    "amd.com/gpu": gpusOf(facts, "AMD"),
    "habana.ai/gaudi": gpusOf(facts, "Habana"),
    "aws.amazon.com/neuron": facts.neuron?.devices ?? 0,
    "aws.amazon.com/neuroncore": facts.neuron === undefined ? 0 : facts.neuron.devices * facts.neuron.coresPerDevice,
    ...settings.hugepages,
  };
  return {
    cpu: facts.vcpus * 1000,
    memory: memoryBytesOf(facts, settings.vmMemoryOverheadPercent ?? defaultVmMemoryOverheadPercent),
    "ephemeral-storage": ephemeralStorageBytes({ facts, amiFamily: amiFamilyOf(settings), ...settings.storage }),
    pods: podsOf(facts, settings),
    ...Object.fromEntries(Object.entries(counted).filter(([, amount]) => amount > 0)),
  };
}

/** The overhead rounds up to whole MiB, so the capacity is never more than what a Node will report. */
function memoryBytesOf(facts: Ec2InstanceFacts, overheadPercent: number): number {
  const soldMiB = facts.architecture === "arm64" ? facts.memoryMiB - gravitonReservedMiB : facts.memoryMiB;
  return (soldMiB - Math.ceil(soldMiB * overheadPercent)) * mib;
}

/** Returns how many Pods a Node of the type takes. */
export function podsOf(facts: Ec2InstanceFacts, settings: NodeSettings): number {
  const { maxPods, podsPerCore = 0 } = settings.kubelet ?? {};
  const pods = maxPods ?? podsByNetwork(facts, settings);
  const honoursPodsPerCore = podsPerCore > 0 && amiFamilyOf(settings) !== "Bottlerocket";
  return honoursPodsPerCore ? Math.min(pods, podsPerCore * facts.vcpus) : pods;
}

/** Karpenter does not know the addresses of Windows and of custom images, nor how many a prefix gives. */
function podsByNetwork(facts: Ec2InstanceFacts, settings: NodeSettings): number {
  const family = amiFamilyOf(settings);
  if (settings.prefixedPodsMax !== undefined) return settings.prefixedPodsMax;
  if (family === "Custom" || isWindows(family)) return defaultPodsMax;
  return eniLimitedPods(facts, (settings.reservedENIs ?? 0) + (settings.efaOnlyInterfaces?.onCard0 ?? 0));
}

/** Amazon Linux sizes its memory reservation by the network's Pods, whatever maxPods says; other families by the Pods there can be. */
function kubeReservedOf(facts: Ec2InstanceFacts, settings: NodeSettings): Resources {
  const family = amiFamilyOf(settings);
  const pods = family === "AL2" || family === "AL2023" ? eniLimitedPods(facts) : podsOf(facts, settings);
  return { cpu: kubeReservedCpuMillis(facts.vcpus * 1000), memory: (11 * pods + 255) * mib, "ephemeral-storage": kubeReservedStorageBytes };
}

function kubeReservedCpuMillis(cpuMillis: number): number {
  return kubeReservedCpu.reduce((sum, { from, to, tenThousandths }) => {
    const within = Math.max(0, Math.min(cpuMillis, to) - from);
    return sum + Math.floor((within * tenThousandths) / 10_000);
  }, 0);
}

function evictionOf(capacity: Resources, kubelet: KubeletSettings | undefined): Resources {
  const storage = capacity["ephemeral-storage"] ?? 0;
  return {
    memory: thresholdBytes(kubelet?.evictionMemory, capacity["memory"] ?? 0) ?? evictionMemoryBytes,
    "ephemeral-storage": thresholdBytes(kubelet?.evictionStorage, storage) ?? Math.ceil((storage / 100) * evictionStoragePercent),
  };
}

/** 100% switches a threshold off (KubeletConfiguration). */
function thresholdBytes(threshold: EvictionThreshold | undefined, capacityBytes: number): number | undefined {
  if (threshold?.kind !== "percent") return threshold?.bytes;
  return threshold.percent === 100 ? 0 : Math.ceil((capacityBytes / 100) * threshold.percent);
}

function gpusOf(facts: Ec2InstanceFacts, manufacturer: string): number {
  return (facts.gpus ?? []).filter((gpu) => gpu.manufacturer === manufacturer).reduce((sum, gpu) => sum + gpu.count, 0);
}

function amiFamilyOf(settings: NodeSettings): AmiFamily {
  return settings.amiFamily ?? "AL2023";
}
