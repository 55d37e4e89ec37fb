/**
 * The disk that Pods write to.
 *
 * Reads a NodeClass's volumes and the type's own disks. Returns the size of the one that kubelet and containers use.
 */
import { wholeUnits } from "../kube/quantity.ts";
import type { Ec2InstanceFacts } from "./ec2-facts.ts";

/** The image families of EC2NodeClass. */
export type AmiFamily = "AL2" | "AL2023" | "Bottlerocket" | "Custom" | "Windows2019" | "Windows2022" | "Windows2025";

/** The fields of an EC2NodeClass that size the disk. */
export interface NodeStorage {
  readonly blockDeviceMappings?: readonly BlockDevice[];
  /** RAID0 joins the type's own disks into the volume that Pods write to. */
  readonly instanceStorePolicy?: "RAID0";
}

export interface BlockDevice {
  readonly deviceName?: string;
  readonly rootVolume?: boolean;
  readonly ebs?: { readonly volumeSize?: string };
}

const defaultVolumeBytes = 20 * 1024 ** 3;
const windowsVolumeBytes = 50 * 1024 ** 3;
const bytesPerGB = 1_000_000_000;

/** The device that kubelet and containers use, by image family; a custom image's is not known. */
const podDevices: Readonly<Record<AmiFamily, string | undefined>> = {
  AL2: "/dev/xvda",
  AL2023: "/dev/xvda",
  Bottlerocket: "/dev/xvdb",
  Custom: undefined,
  Windows2019: "/dev/sda1",
  Windows2022: "/dev/sda1",
  Windows2025: "/dev/sda1",
};

/** Says whether nodes of the family run Windows. */
export function isWindows(family: AmiFamily): boolean {
  return family.startsWith("Windows");
}

/**
 * Returns the bytes of the volume that Pods write to, in Karpenter's order: the type's own disks under RAID0, the volume
 * marked rootVolume, the family's device (the last volume of a Custom image), else 20 GiB, or 50 on Windows. Volume sizes are
 * valid (schema).
 */
export function ephemeralStorageBytes(of: { readonly facts: Ec2InstanceFacts; readonly amiFamily: AmiFamily } & NodeStorage): number {
  const { facts, amiFamily, blockDeviceMappings = [], instanceStorePolicy } = of;
  if (instanceStorePolicy === "RAID0" && facts.instanceStoreGB !== undefined) return facts.instanceStoreGB * bytesPerGB;
  const root = sizeOf(blockDeviceMappings.find((device) => device.rootVolume === true));
  if (root !== undefined) return root;
  const device =
    amiFamily === "Custom"
      ? blockDeviceMappings.at(-1)
      : blockDeviceMappings.find((candidate) => candidate.deviceName === podDevices[amiFamily]);
  return sizeOf(device) ?? (isWindows(amiFamily) ? windowsVolumeBytes : defaultVolumeBytes);
}

function sizeOf(device: BlockDevice | undefined): number | undefined {
  const size = device?.ebs?.volumeSize === undefined ? undefined : wholeUnits(device.ebs.volumeSize);
  return size?.ok === true ? size.value : undefined;
}
