/**
 * EC2NodeClass (karpenter.k8s.aws/v1): how nodes are launched on EC2.
 *
 * One schema; the TypeScript type, the CRD, the validator and the docs table come from it. Fields, defaults and
 * validations are Karpenter 1.15's, so that its manifests apply unchanged.
 */
import { blockDeviceMappings } from "./block-device-mapping.ts";
import { ec2NodeClassStatusSchema } from "./ec2-node-class-status.ts";
import { connectionTracking, cpuOptions, enclaveOptions, metadataOptions, networkInterfaces } from "./instance-options.ts";
import type { KubeObject } from "./object.ts";
import { choice, flag, mapOf, object, open, optional, text, whole, type CelRule, type Shape } from "./schema-field.ts";
import {
  amiSelectorTerms,
  capacityReservationSelectorTerms,
  placementGroupSelector,
  securityGroupSelectorTerms,
  subnetSelectorTerms,
} from "./selector-term.ts";

const families = ["AL2", "AL2023", "Bottlerocket", "Custom", "Windows2019", "Windows2022", "Windows2025"] as const;

const tags = mapOf("Tags of all that is made for a node.", text("The value of the tag."), {
  "x-kubernetes-validations": [
    { rule: "self.all(key, key != '')", message: "tag keys may not be empty" },
    ...["eks:eks-cluster-name", "karpenter.sh/nodepool", "karpenter.sh/nodeclaim", "karpenter.k8s.aws/ec2nodeclass"].map((key) => ({
      rule: `self.all(key, key != '${key}')`,
      message: `tag ${key} is set by the provisioner`,
    })),
    { rule: "self.all(key, !key.startsWith('kubernetes.io/cluster'))", message: "tags kubernetes.io/cluster/… are set by the provisioner" },
  ],
});

const identity = (field: string) => ({ "x-kubernetes-validations": [{ rule: "self != ''", message: `${field} may not be empty` }] });

export const ec2NodeClassSpecSchema = object(
  "How nodes are launched.",
  {
    subnetSelectorTerms,
    securityGroupSelectorTerms,
    amiSelectorTerms,
    amiFamily: optional(choice("How nodes of the image are set up; without it, the family of the alias.", families)),
    userData: optional(text("Start-up script or settings, merged with what the family needs.")),
    role: optional(text("IAM role of the nodes.", identity("role"))),
    instanceProfile: optional(text("IAM instance profile of the nodes, in place of a role.", identity("instanceProfile"))),
    capacityReservationSelectorTerms: optional(capacityReservationSelectorTerms),
    placementGroupSelector: optional(placementGroupSelector),
    associatePublicIPAddress: optional(flag("Whether nodes get a public address; without it, the subnet decides.")),
    ipPrefixCount: optional(whole("Address prefixes of the primary network interface.", { format: "int32", minimum: 0 })),
    networkInterfaces: optional(networkInterfaces),
    connectionTracking: optional(connectionTracking),
    tags: optional(tags),
    kubelet: optional(
      open("Settings of the kubelet, in KubeletConfiguration's words.", { "x-plimsoll-check": "the provisioner checks each field" }),
    ),
    blockDeviceMappings: optional(blockDeviceMappings),
    instanceStorePolicy: optional(choice("What becomes of local disks: RAID0 joins them into the volume that Pods write to.", ["RAID0"])),
    metadataOptions: optional(metadataOptions),
    detailedMonitoring: optional(flag("Whether EC2 measures each minute instead of every five.")),
    cpuOptions: optional(cpuOptions),
    enclaveOptions: optional(enclaveOptions),
    context: optional(text("Context of the CreateFleet request.")),
  },
  {
    "x-kubernetes-validations": [
      { rule: "has(self.role) != has(self.instanceProfile)", message: "exactly one of role and instanceProfile must be set" },
      ...families.filter((family) => family !== "Custom").map(aliasMatches),
      {
        rule: "has(self.amiFamily) || self.amiSelectorTerms.exists(x, has(x.alias))",
        message: "amiFamily must be set where no term is an alias",
      },
    ],
  },
);

export const ec2NodeClassSchema = object("How nodes are launched on EC2.", {
  spec: optional(ec2NodeClassSpecSchema),
  status: optional(ec2NodeClassStatusSchema),
});

/** An EC2NodeClass, as on the wire. */
export interface EC2NodeClass extends KubeObject, Shape<typeof ec2NodeClassSchema> {}

export type EC2NodeClassSpec = Shape<typeof ec2NodeClassSpecSchema>;

function aliasMatches(family: string): CelRule {
  const alias = family.toLowerCase();
  return {
    rule: `!has(self.amiFamily) || self.amiFamily in ['${family}', 'Custom'] || !self.amiSelectorTerms.exists(x, has(x.alias) && x.alias.find('^[^@]+') == '${alias}')`,
    message: `with an alias of ${alias}, amiFamily is ${family} or Custom`,
  };
}
