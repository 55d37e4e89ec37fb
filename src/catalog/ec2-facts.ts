/**
 * EC2 facts: what an instance type is made of.
 *
 * Reads nothing. Returns the shape in which ec2/ decodes DescribeInstanceTypes, and twenty current c, m and r types (facts
 * as DescribeInstanceTypes tells them) for the simulator, the kwok provider and `plimsoll check`, which must answer without
 * a cloud. All twenty are offered in the three zones of ap-southeast-1.
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
  /** Network interfaces of the default network card. */
  readonly networkInterfacesMax: number;
  readonly ipv4PerInterface: number;
  /** Baseline, in megabits a second. */
  readonly networkBandwidthMbps?: number;
  /** Maximum, in megabits a second; absent on types that are not EBS-optimised by default. */
  readonly ebsBandwidthMbps?: number;
  /** All NVMe instance store disks together. */
  readonly instanceStoreGB?: number;
  readonly gpus?: readonly Ec2Gpu[];
  readonly neuron?: { readonly name: string; readonly devices: number; readonly coresPerDevice: number };
  readonly efaInterfacesMax?: number;
  /** Branch interfaces for security groups of Pods, on types that can trunk. */
  readonly branchInterfacesMax?: number;
}

export interface Ec2Gpu {
  readonly name: string;
  readonly manufacturer: "NVIDIA" | "AMD" | "Habana";
  readonly count: number;
  readonly memoryMiB: number;
}

/** Returns the twenty types that this program knows without asking EC2, sorted by name. */
export function knownInstanceFacts(): readonly Ec2InstanceFacts[] {
  return table
    .trim()
    .split("\n")
    .map(factsOfRow)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Columns: name, vCPUs, MiB, architecture, manufacturer, MHz, interfaces, IPv4 per interface, network and EBS Mbps. */
const table = `
c6i.2xlarge   8  16384 amd64 intel 3500 4 15  3125 10000
c6i.4xlarge  16  32768 amd64 intel 3500 8 30  6250 10000
c7g.xlarge    4   8192 arm64 aws   2600 4 15  1876 10000
c7g.2xlarge   8  16384 arm64 aws   2600 4 15  3750 10000
c7i.large     2   4096 amd64 intel 3200 3 10   781 10000
c7i.xlarge    4   8192 amd64 intel 3200 4 15  1562 10000
c7i.2xlarge   8  16384 amd64 intel 3200 4 15  3125 10000
c7i.4xlarge  16  32768 amd64 intel 3200 8 30  6250 10000
m6i.2xlarge   8  32768 amd64 intel 3500 4 15  3125 10000
m7g.large     2   8192 arm64 aws   2600 3 10   937 10000
m7g.xlarge    4  16384 arm64 aws   2600 4 15  1876 10000
m7i.large     2   8192 amd64 intel 3200 3 10   781 10000
m7i.xlarge    4  16384 amd64 intel 3200 4 15  1562 10000
m7i.2xlarge   8  32768 amd64 intel 3200 4 15  3125 10000
m7i.4xlarge  16  65536 amd64 intel 3200 8 30  6250 10000
m7i.8xlarge  32 131072 amd64 intel 3200 8 30 12500 10000
r7g.2xlarge   8  65536 arm64 aws   2600 4 15  3750 10000
r7i.large     2  16384 amd64 intel 3200 3 10   781 10000
r7i.xlarge    4  32768 amd64 intel 3200 4 15  1562 10000
r7i.4xlarge  16 131072 amd64 intel 3200 8 30  6250 10000
`;

function factsOfRow(row: string): Ec2InstanceFacts {
  const [name = "", vcpus, memoryMiB, architecture, manufacturer = "", clockSpeedMhz, interfaces, ipv4, network, ebs] = row.split(/\s+/);
  return {
    name,
    vcpus: Number(vcpus),
    memoryMiB: Number(memoryMiB),
    architecture: architecture === "arm64" ? "arm64" : "amd64",
    manufacturer,
    clockSpeedMhz: Number(clockSpeedMhz),
    hypervisor: "nitro",
    encryptionInTransit: true,
    networkInterfacesMax: Number(interfaces),
    ipv4PerInterface: Number(ipv4),
    networkBandwidthMbps: Number(network),
    ebsBandwidthMbps: Number(ebs),
  };
}
