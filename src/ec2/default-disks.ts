/**
 * The volumes of a node whose EC2NodeClass names none.
 *
 * Reads the image family. Returns block device mappings in the NodeClass's own words, as karpenter-provider-aws 1.15 has them
 * (pkg/providers/amifamily): without them a node has the image's own small disk, not what its types are counted with. A custom
 * image keeps its own.
 */
import type { EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { isWindows, type AmiFamily } from "../catalog/node-storage.ts";

type Disks = NonNullable<EC2NodeClassSpec["blockDeviceMappings"]>;

/** Returns the volumes of a family; none for a custom image. */
export function defaultDisks(family: AmiFamily): Disks | undefined {
  if (family === "Custom") return undefined;
  if (isWindows(family)) return [disk("/dev/sda1", "50Gi")];
  return family === "Bottlerocket" ? [disk("/dev/xvda", "6Gi"), disk("/dev/xvdb", "20Gi")] : [disk("/dev/xvda", "20Gi")];
}

function disk(deviceName: string, volumeSize: string): Disks[number] {
  return { deviceName, ebs: { volumeSize, volumeType: "gp3", encrypted: true } };
}
