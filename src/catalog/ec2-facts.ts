/**
 * EC2 facts: what an instance type is made of.
 *
 * Shapes only: ec2/ decodes DescribeInstanceTypes to them, instance-table.ts keeps them as text, and the rest of the
 * catalog counts with them.
 */
export interface Ec2InstanceFacts {
  readonly name: string;
  /** DefaultVCpus. */
  readonly vcpus: number;
  /** SizeInMiB, as sold; what a Node reports is less (allocatable.ts). */
  readonly memoryMiB: number;
  readonly architecture: "amd64" | "arm64";
  /** In lower case: intel, amd, aws. */
  readonly manufacturer: string;
  readonly clockSpeedMhz?: number;
  /** "nitro", "xen", or "" on bare metal. */
  readonly hypervisor: string;
  readonly encryptionInTransit: boolean;
  readonly bareMetal?: boolean;
  /** True for types that AWS calls previous generation. */
  readonly previousGeneration?: boolean;
  /** How it is sold; absent: on demand and as Spot. */
  readonly capacityTypes?: readonly ("on-demand" | "spot")[];
  /** Network interfaces of the default network card. */
  readonly networkInterfacesMax: number;
  readonly ipv4PerInterface: number;
  /** Baseline of all network cards together, in megabits a second. */
  readonly networkBandwidthMbps?: number;
  /** Maximum, in megabits a second; absent on types that are not EBS-optimised by default. */
  readonly ebsBandwidthMbps?: number;
  /** EBS volumes that can be attached; a shared limit is also used up by network interfaces and local disks. */
  readonly ebsAttachments?: { readonly max: number; readonly sharedWithInterfaces: boolean };
  /** All NVMe instance store disks together. */
  readonly instanceStoreGB?: number;
  readonly gpus?: readonly Ec2Gpu[];
  /** Inferentia and Trainium. */
  readonly neuron?: { readonly name: string; readonly devices: number; readonly coresPerDevice: number };
  readonly efaInterfacesMax?: number;
  /** Branch interfaces for security groups of Pods, on types that can trunk. EC2 does not tell it; the recording has none. */
  readonly branchInterfacesMax?: number;
  /** The zones of one region in which it is offered; of other regions nothing is known. */
  readonly offeredIn?: { readonly region: string; readonly zones: readonly string[] };
}

export interface Ec2Gpu {
  readonly name: string;
  readonly manufacturer: string;
  readonly count: number;
  readonly memoryMiB: number;
}
