/**
 * How many volumes of Pods a Node of an instance type can attach.
 *
 * Reads EC2 facts and the volumes that a NodeClass gives its nodes. Returns the count by CSI driver, as the driver will write it in the
 * Node's CSINode; where EC2 has not told the type's limit, nothing, and no limit is known.
 *
 * EC2 counts a type's limit without the first network interface and without the type's own disks, and in a shared limit each further
 * interface takes one (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/volume_limits.html). The driver takes off what its instance
 * has attached as it starts: the root volume, other volumes of the launch, and interfaces
 * (https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/pkg/cloud/volume_limits.go, and getVolumesLimit beside it).
 */
import type { Ec2InstanceFacts } from "./ec2-facts.ts";
import type { AmiFamily, NodeStorage } from "./node-storage.ts";

/** The driver that clusters install, and the one that EKS Auto Mode brings: both attach EBS volumes. */
const ebsDrivers = ["ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com"] as const;
/** The network plugin keeps a second interface warm (WARM_ENI_TARGET is 1), which is there by the time the driver counts. */
const warmInterfaces = 1;

/** Returns the limit of each driver, never below 1: Kubernetes takes 0 for no limit, so the driver does not say it either. */
export function attachableVolumes(
  { ebsAttachments, networkInterfacesMax }: Ec2InstanceFacts,
  { amiFamily, storage }: { readonly amiFamily?: AmiFamily; readonly storage?: NodeStorage } = {},
): Readonly<Record<string, number>> | undefined {
  if (ebsAttachments === undefined) return undefined;
  const interfaces = ebsAttachments.sharedWithInterfaces ? Math.min(warmInterfaces, networkInterfacesMax - 1) : 0;
  const mapped = storage?.blockDeviceMappings?.filter(({ ebs }) => ebs !== undefined).length ?? 0;
  const count = Math.max(1, ebsAttachments.max - interfaces - Math.max(ownVolumes(amiFamily), mapped));
  return Object.fromEntries(ebsDrivers.map((driver) => [driver, count]));
}

/** Bottlerocket keeps its system and what Pods write on a volume each. */
function ownVolumes(amiFamily: AmiFamily | undefined): number {
  return amiFamily === "Bottlerocket" ? 2 : 1;
}
