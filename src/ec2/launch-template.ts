/**
 * Launch templates: what every instance of a NodeClass is made with, under a name that says what is in it.
 *
 * Reads an EC2NodeClass, what it selects, and the claim's labels and taints. Returns the template's data; its name is the
 * hash of that data, so a template is never changed and two processes that need the same one agree.
 */
import type { RequestLaunchTemplateData, Tag } from "@aws-sdk/client-ec2";
import type { EC2NodeClass, EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { hashOf } from "../api/hash.ts";
import { clusterNameTag, nodeClassTag, nodePoolTag, unregisteredTaintKey } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import { err, ok, type Result } from "../api/result.ts";
import { wholeUnits } from "../kube/quantity.ts";
import { familyTrouble, profileTrouble } from "./class-trouble.ts";

/** What nodes need to know of the cluster that they join. */
export interface ClusterIdentity {
  readonly name: string;
  /** URL of the API server, its certificate authority in base64 and the service addresses: for families that configure the kubelet. */
  readonly endpoint?: string;
  readonly certificateAuthority?: string;
  readonly serviceCIDR?: string;
}

export interface LaunchTemplate {
  readonly name: string;
  readonly data: RequestLaunchTemplateData;
}

interface TemplateInput {
  readonly nodeClass: EC2NodeClass;
  readonly nodeClaim: NodeClaim;
  readonly imageID: string;
  readonly securityGroupIDs: readonly string[];
  readonly cluster: ClusterIdentity;
}

const gib = 1024 ** 3;
const boundary = "//";

/** Returns why this version can't make launch templates of a NodeClass; asked before anything is planned on it. */
export function templateTrouble(nodeClass: EC2NodeClass, cluster: ClusterIdentity): string | undefined {
  const spec: Partial<EC2NodeClassSpec> = nodeClass.spec ?? {};
  const trouble = profileTrouble(spec) ?? familyTrouble(spec);
  if (trouble !== undefined || spec.amiFamily === "Custom") return trouble;
  const isKnown = cluster.endpoint !== undefined && cluster.certificateAuthority !== undefined && cluster.serviceCIDR !== undefined;
  return isKnown
    ? undefined
    : "amiFamily AL2023 needs the cluster's endpoint, certificate authority and service CIDR in the provider's settings";
}

/** Returns the launch template of one image; the error is {@link templateTrouble}'s. */
export function launchTemplate(input: TemplateInput): Result<LaunchTemplate, string> {
  const { nodeClass, imageID, securityGroupIDs, cluster } = input;
  const { spec } = nodeClass;
  const trouble = templateTrouble(nodeClass, cluster);
  if (spec === undefined || trouble !== undefined) return err(trouble ?? "it has no spec");
  const userData = spec.amiFamily === "AL2023" ? nodeadmUserData(spec, input) : (spec.userData ?? "");
  const data: RequestLaunchTemplateData = {
    ImageId: imageID,
    ...(spec.instanceProfile === undefined ? {} : { IamInstanceProfile: { Name: spec.instanceProfile } }),
    ...(userData === "" ? {} : { UserData: Buffer.from(userData).toString("base64") }),
    ...(spec.blockDeviceMappings === undefined ? {} : { BlockDeviceMappings: spec.blockDeviceMappings.map(blockDevice) }),
    Monitoring: { Enabled: spec.detailedMonitoring ?? false },
    MetadataOptions: metadataOptions(spec),
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        Groups: [...securityGroupIDs],
        ...(spec.associatePublicIPAddress === undefined ? {} : { AssociatePublicIpAddress: spec.associatePublicIPAddress }),
      },
    ],
    ...(spec.enclaveOptions === undefined ? {} : { EnclaveOptions: { Enabled: spec.enclaveOptions.enabled } }),
    TagSpecifications: [{ ResourceType: "network-interface", Tags: clusterTags(input) }],
  };
  return ok({ name: `karpenter.k8s.aws/${hashOf({ data, cluster: cluster.name }).slice(0, 20)}`, data });
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

/** AL2023: a NodeConfig for nodeadm, after what the NodeClass itself says. JSON is YAML. */
function nodeadmUserData(spec: EC2NodeClassSpec, { cluster, nodeClaim }: TemplateInput): string {
  const { name, endpoint, certificateAuthority, serviceCIDR } = cluster;
  const labels = Object.entries(nodeClaim.metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  const taints = [
    { key: unregisteredTaintKey, effect: "NoExecute" },
    ...(nodeClaim.spec.taints ?? []),
    ...(nodeClaim.spec.startupTaints ?? []),
  ];
  const kubelet = typeof spec.kubelet === "object" ? spec.kubelet : {};
  const config = {
    apiVersion: "node.eks.aws/v1alpha1",
    kind: "NodeConfig",
    spec: {
      cluster: { name, apiServerEndpoint: endpoint, certificateAuthority, cidr: serviceCIDR },
      kubelet: { config: { ...kubelet, registerWithTaints: taints }, flags: [`--node-labels=${labels.sort().join(",")}`] },
    },
  };
  const parts = [
    ...(spec.userData === undefined ? [] : [mimePart("text/x-shellscript", spec.userData)]),
    mimePart("application/node.eks.aws", JSON.stringify(config)),
  ];
  return `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="${boundary}"\n\n${parts.join("")}--${boundary}--\n`;
}

function mimePart(type: string, text: string): string {
  return `--${boundary}\nContent-Type: ${type}; charset="us-ascii"\n\n${text}\n`;
}
