/**
 * The drift hash of an EC2NodeClass, equal to Karpenter's.
 *
 * Reads the spec and the cluster's certificate authority. Returns the text that stands in the annotation
 * karpenter.k8s.aws/ec2nodeclass-hash. Selectors are left out: what they find is compared instead. Version v6 is that of
 * karpenter-provider-aws 1.15; v5, of 1.14, is the same without the kubelet's settings as text.
 */
import type { EC2NodeClass, EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { canonicalJson } from "../api/hash.ts";
import { amiFamilyOf } from "../catalog/node-settings.ts";
import { canonicalQuantity } from "../kube/quantity.ts";
import { structureHash, type GoValue } from "./structure-hash.ts";

/** Says which fields count, and how; hashes of two versions are never compared. */
export const nodeClassHashVersion = "v6";

/** Returns the hash of a class; the certificate authority is base64, as it stands in the settings. */
export function nodeClassHash(
  { spec = absentSpec }: Pick<EC2NodeClass, "spec">,
  certificateAuthority: string | undefined,
  version: "v5" | "v6" = nodeClassHashVersion,
): string {
  const items = [specValue(spec), text(amiFamilyOf(spec) ?? "Custom"), text(certificateAuthority ?? "")];
  return structureHash({ kind: "list", items: version === "v5" ? items : [...items, text(kubeletText(spec.kubelet))] });
}

const absentSpec: EC2NodeClassSpec = { subnetSelectorTerms: [], securityGroupSelectorTerms: [], amiSelectorTerms: [] };

/** As Go's encoding/json writes it: sorted keys, and no characters that HTML could read. */
function kubeletText(kubelet: EC2NodeClassSpec["kubelet"]): string {
  if (kubelet === undefined || Object.keys(kubelet).length === 0) return "null";
  return canonicalJson(kubelet).replace(/[<>&\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The fields in the order of Karpenter's struct, less those that it leaves out. */
function specValue(spec: EC2NodeClassSpec): GoValue {
  return struct("EC2NodeClassSpec", [
    ["PlacementGroupSelector", placementGroup(spec.placementGroupSelector)],
    ["AssociatePublicIPAddress", flag(spec.associatePublicIPAddress)],
    ["UserData", text(spec.userData)],
    // The only text of the spec that is no pointer: empty, it counts as absent.
    ["Role", spec.role === "" ? undefined : text(spec.role)],
    ["InstanceProfile", text(spec.instanceProfile)],
    ["Tags", spec.tags === undefined ? undefined : { kind: "map", entries: spec.tags }],
    ["BlockDeviceMappings", listOf(spec.blockDeviceMappings, blockDevice)],
    ["InstanceStorePolicy", text(spec.instanceStorePolicy)],
    ["NetworkInterfaces", listOf(spec.networkInterfaces, networkInterface)],
    ["DetailedMonitoring", flag(spec.detailedMonitoring)],
    ["MetadataOptions", metadataOptions(spec.metadataOptions)],
    ["EnclaveOptions", enclaveOptions(spec.enclaveOptions)],
    ["ConnectionTracking", connectionTracking(spec.connectionTracking)],
    ["Context", text(spec.context)],
    ["CPUOptions", cpuOptions(spec.cpuOptions)],
  ]);
}

type Field<Name extends keyof EC2NodeClassSpec> = NonNullable<EC2NodeClassSpec[Name]>;

function placementGroup(selector: EC2NodeClassSpec["placementGroupSelector"]): GoValue | undefined {
  if (selector === undefined) return undefined;
  return struct("PlacementGroupSelector", [
    ["Name", text(selector.name)],
    ["ID", text(selector.id)],
  ]);
}

function blockDevice({ deviceName, ebs, rootVolume }: Field<"blockDeviceMappings">[number]): GoValue {
  return struct("BlockDeviceMapping", [
    ["DeviceName", text(deviceName)],
    ["EBS", ebs === undefined ? undefined : volume(ebs)],
    ["RootVolume", rootVolume === true ? flag(true) : undefined],
  ]);
}

function volume(ebs: NonNullable<Field<"blockDeviceMappings">[number]["ebs"]>): GoValue {
  const size = ebs.volumeSize === undefined ? undefined : canonicalQuantity(ebs.volumeSize);
  return struct("BlockDevice", [
    ["DeleteOnTermination", flag(ebs.deleteOnTermination)],
    ["Encrypted", flag(ebs.encrypted)],
    ["IOPS", whole(ebs.iops, 64)],
    ["KMSKeyID", text(ebs.kmsKeyID)],
    ["SnapshotID", text(ebs.snapshotID)],
    ["Throughput", whole(ebs.throughput, 64)],
    ["VolumeInitializationRate", whole(ebs.volumeInitializationRate, 32)],
    ["VolumeSize", text(size?.ok === true ? size.value : ebs.volumeSize)],
    ["VolumeType", text(ebs.volumeType)],
  ]);
}

/** Its numbers are no pointers: 0 counts as absent. */
function networkInterface({ networkCardIndex, deviceIndex, interfaceType }: Field<"networkInterfaces">[number]): GoValue {
  return struct("NetworkInterface", [
    ["NetworkCardIndex", networkCardIndex === 0 ? undefined : whole(networkCardIndex, 32)],
    ["DeviceIndex", deviceIndex === 0 ? undefined : whole(deviceIndex, 32)],
    ["InterfaceType", text(interfaceType)],
  ]);
}

function metadataOptions(options: EC2NodeClassSpec["metadataOptions"]): GoValue | undefined {
  if (options === undefined) return undefined;
  return struct("MetadataOptions", [
    ["HTTPEndpoint", text(options.httpEndpoint)],
    ["HTTPProtocolIPv6", text(options.httpProtocolIPv6)],
    ["HTTPPutResponseHopLimit", whole(options.httpPutResponseHopLimit, 64)],
    ["HTTPTokens", text(options.httpTokens)],
  ]);
}

function enclaveOptions(options: EC2NodeClassSpec["enclaveOptions"]): GoValue | undefined {
  if (options === undefined) return undefined;
  return struct("EnclaveOptions", [["Enabled", options.enabled ? flag(true) : undefined]]);
}

function connectionTracking(tracking: EC2NodeClassSpec["connectionTracking"]): GoValue | undefined {
  if (tracking === undefined) return undefined;
  return struct("ConnectionTracking", [
    ["TCPEstablishedTimeout", whole(tracking.tcpEstablishedTimeout, 32)],
    ["UDPStreamTimeout", whole(tracking.udpStreamTimeout, 32)],
    ["UDPTimeout", whole(tracking.udpTimeout, 32)],
  ]);
}

function cpuOptions(options: EC2NodeClassSpec["cpuOptions"]): GoValue | undefined {
  return options === undefined ? undefined : struct("CPUOptions", [["NestedVirtualization", text(options.nestedVirtualization)]]);
}

function struct(name: string, fields: readonly (readonly [string, GoValue | undefined])[]): GoValue {
  return { kind: "struct", name, fields };
}

function listOf<T>(items: readonly T[] | undefined, toValue: (item: T) => GoValue): GoValue | undefined {
  return items === undefined ? undefined : { kind: "list", items: items.map(toValue) };
}

function text(value: string): GoValue;
function text(value: string | undefined): GoValue | undefined;
function text(value: string | undefined): GoValue | undefined {
  return value === undefined ? undefined : { kind: "text", text: value };
}

function flag(value: boolean | undefined): GoValue | undefined {
  return value === undefined ? undefined : { kind: "flag", flag: value };
}

function whole(value: number | undefined, bits: 32 | 64): GoValue | undefined {
  return value === undefined ? undefined : { kind: "whole", whole: value, bits };
}
