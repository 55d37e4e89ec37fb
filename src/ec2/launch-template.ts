/**
 * Launch templates: what every instance of a NodeClass is made with, under a name that says what is in it.
 *
 * Reads an EC2NodeClass, what it selects, and the claim's labels and taints. Returns the template's data; its name is the
 * hash of that data, so a template is never changed and two processes that need the same one agree.
 */
import type { RequestLaunchTemplateData, Tag } from "@aws-sdk/client-ec2";
import type { EC2NodeClass, EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { hashOf } from "../api/hash.ts";
import { capacityTypeLabel, clusterNameTag, nodeClassTag, nodePoolTag } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import { err, ok, type Result } from "../api/result.ts";
import { wholeUnits } from "../kube/quantity.ts";
import { isIPv6, type ClusterIdentity } from "./cluster-identity.ts";
import { defaultDisks } from "./default-disks.ts";
import type { LaunchGroup } from "./launch-groups.ts";
import { networkInterfaces } from "./launch-interfaces.ts";
import type { CapacityType } from "./launch-offers.ts";
import { launchPlacement } from "./launch-placement.ts";
import type { NodePlacementGroup } from "./node-class-reservations.ts";
import { familyOf, userData, userDataSizeTrouble } from "./user-data/user-data.ts";

export interface LaunchTemplate {
  readonly name: string;
  /** Of the template itself. */
  readonly tags: readonly Tag[];
  readonly data: RequestLaunchTemplateData;
}

export interface TemplateInput extends Omit<LaunchGroup, "types"> {
  readonly nodeClass: EC2NodeClass;
  readonly nodeClaim: NodeClaim;
  readonly capacityType: CapacityType;
  readonly securityGroupIDs: readonly string[];
  readonly instanceProfile: string;
  readonly cluster: ClusterIdentity;
  /** The group that the class selects. */
  readonly placementGroup?: NodePlacementGroup;
}

const gib = 1024 ** 3;

/** Returns the launch template of one image; the error names the field. */
export function launchTemplate(input: TemplateInput): Result<LaunchTemplate, string> {
  const { nodeClass, nodeClaim, imageID, instanceProfile, cluster, placementGroup } = input;
  const { spec } = nodeClass;
  if (spec === undefined) return err("it has no spec");
  const started = startText(spec, input);
  if (!started.ok) return started;
  const disks = spec.blockDeviceMappings ?? defaultDisks(familyOf(spec));
  const data: RequestLaunchTemplateData = {
    ImageId: imageID,
    IamInstanceProfile: { Name: instanceProfile },
    ...(started.value === "" ? {} : { UserData: Buffer.from(started.value).toString("base64") }),
    ...(disks === undefined ? {} : { BlockDeviceMappings: disks.map(blockDevice) }),
    Monitoring: { Enabled: spec.detailedMonitoring ?? false },
    MetadataOptions: metadataOptions(spec),
    NetworkInterfaces: networkInterfaces(spec, { ...input, isIPv6: isIPv6(cluster) }),
    ...launchPlacement(nodeClaim, placementGroup),
    ...cpuOptions(spec),
    ...reservedFrom(spec, input),
    ...(spec.enclaveOptions === undefined ? {} : { EnclaveOptions: { Enabled: spec.enclaveOptions.enabled } }),
    TagSpecifications: templateTags(input),
  };
  return ok({ name: `karpenter.k8s.aws/${hashOf({ data, cluster: cluster.name }).slice(0, 20)}`, tags: clusterTags(input), data });
}

/** What the instance reads when it starts: the claim's labels and taints are in it, the startup taints too. */
function startText(
  spec: EC2NodeClassSpec,
  { nodeClaim, cluster, imageID, maxPods, kubelet, capacityType }: TemplateInput,
): Result<string, string> {
  const { taints = [], startupTaints = [] } = nodeClaim.spec;
  const labels = { ...nodeClaim.metadata.labels, [capacityTypeLabel]: capacityType };
  const text = userData({
    spec: kubelet === undefined ? spec : { ...spec, kubelet },
    cluster,
    labels,
    taints: [...taints, ...startupTaints],
    images: [{ id: imageID }],
    ...(maxPods === undefined ? {} : { maxPods }),
  });
  if (!text.ok) return text;
  const size = userDataSizeTrouble(text.value);
  return size === undefined ? text : err(size);
}

/** What an instance brings with it is tagged here or nowhere, and permissions may ask for these tags. */
function templateTags(input: TemplateInput): NonNullable<RequestLaunchTemplateData["TagSpecifications"]> {
  const kinds = ["network-interface", ...(input.capacityType === "spot" ? (["spot-instances-request"] as const) : [])] as const;
  return kinds.map((ResourceType) => ({ ResourceType, Tags: clusterTags(input) }));
}

/** Tags of everything that is made for a claim's nodes; the NodeClass's own come first, so that ours win. */
export function clusterTags({ nodeClass, nodeClaim, cluster }: Pick<TemplateInput, "nodeClass" | "nodeClaim" | "cluster">): Tag[] {
  const tags: Readonly<Record<string, string>> = {
    ...nodeClass.spec?.tags,
    [clusterNameTag]: cluster.name,
    [`kubernetes.io/cluster/${cluster.name}`]: "owned",
    [nodePoolTag]: nodeClaim.metadata.labels?.[nodePoolTag] ?? "",
    [nodeClassTag]: nodeClass.metadata.name ?? "",
  };
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

function cpuOptions({ cpuOptions: options }: EC2NodeClassSpec): Pick<RequestLaunchTemplateData, "CpuOptions"> {
  const { nestedVirtualization } = options ?? {};
  return nestedVirtualization === undefined ? {} : { CpuOptions: { NestedVirtualization: nestedVirtualization } };
}

/**
 * A reservation is used by instances that are told of it; EC2 does not launch them elsewhere when it is full. A class that selects
 * reservations keeps its other nodes out of all of them: EC2 would put them into an open one, whose room is counted for the next launch.
 */
function reservedFrom(
  { capacityReservationSelectorTerms: terms = [] }: EC2NodeClassSpec,
  { reservation }: TemplateInput,
): Pick<RequestLaunchTemplateData, "CapacityReservationSpecification" | "InstanceMarketOptions"> {
  if (reservation === undefined)
    return terms.length === 0 ? {} : { CapacityReservationSpecification: { CapacityReservationPreference: "none" } };
  const { id, kind } = reservation;
  return {
    CapacityReservationSpecification: {
      CapacityReservationPreference: "capacity-reservations-only",
      CapacityReservationTarget: { CapacityReservationId: id },
    },
    ...(kind === "capacity-block" ? { InstanceMarketOptions: { MarketType: "capacity-block" } } : {}),
    ...(kind === "interruptible" ? { InstanceMarketOptions: { MarketType: "interruptible-capacity-reservation" } } : {}),
  };
}

function blockDevice({ deviceName, ebs }: NonNullable<EC2NodeClassSpec["blockDeviceMappings"]>[number]) {
  const size = ebs?.volumeSize === undefined ? undefined : wholeUnits(ebs.volumeSize);
  return {
    ...(deviceName === undefined ? {} : { DeviceName: deviceName }),
    ...(ebs === undefined
      ? {}
      : {
          Ebs: {
            ...(size?.ok === true ? { VolumeSize: Math.ceil(size.value / gib) } : {}),
            ...(ebs.volumeType === undefined ? {} : { VolumeType: ebs.volumeType }),
            ...(ebs.iops === undefined ? {} : { Iops: ebs.iops }),
            ...(ebs.throughput === undefined ? {} : { Throughput: ebs.throughput }),
            ...(ebs.encrypted === undefined ? {} : { Encrypted: ebs.encrypted }),
            ...(ebs.kmsKeyID === undefined ? {} : { KmsKeyId: ebs.kmsKeyID }),
            ...(ebs.snapshotID === undefined ? {} : { SnapshotId: ebs.snapshotID }),
            ...(ebs.volumeInitializationRate === undefined ? {} : { VolumeInitializationRate: ebs.volumeInitializationRate }),
            DeleteOnTermination: ebs.deleteOnTermination ?? true,
          },
        }),
  };
}

/** Instance tags are never shown through the metadata service: some keys of ours can't be (Karpenter does the same). */
function metadataOptions({ metadataOptions: options }: EC2NodeClassSpec) {
  return {
    HttpEndpoint: options?.httpEndpoint ?? "enabled",
    HttpProtocolIpv6: options?.httpProtocolIPv6 ?? "disabled",
    HttpPutResponseHopLimit: options?.httpPutResponseHopLimit ?? 1,
    HttpTokens: options?.httpTokens ?? "required",
    InstanceMetadataTags: "disabled",
  } as const;
}
