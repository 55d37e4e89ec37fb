/**
 * NodeClass of EKS Auto Mode (eks.amazonaws.com/v1): how AWS launches nodes on our behalf.
 *
 * One schema; the TypeScript type, the validator and the docs table come from it. AWS owns the CRD and changes it, so we
 * install none; the schema is what a review needs to tell a slip from a setting. Fields are those of the EKS user guide.
 */
import type { KubeObject } from "./object.ts";
import { choice, flag, list, mapOf, object, open, optional, text, whole, type Shape } from "./schema-field.ts";
import { securityGroupSelectorTerms, subnetSelectorTerms } from "./selector-term.ts";

const capacityReservationTerms = list(
  "Which capacity reservations may be used.",
  object("One way to find capacity reservations.", {
    id: optional(text("The reservation's id.", { pattern: "capacityReservationId" })),
    owner: optional(text("The account that owns the reservation.", { pattern: "accountId" })),
    tags: optional(mapOf("Tags that must all be there.", text("The value of the tag."))),
  }),
);

const ephemeralStorage = object("The volume that Pods write to.", {
  size: optional(text("Size of the volume.", { pattern: "volumeSize", "x-plimsoll-default": "80Gi" })),
  iops: optional(whole("Operations a second.", { minimum: 3000, maximum: 16000, "x-plimsoll-default": "3000" })),
  throughput: optional(whole("MiB a second.", { minimum: 125, maximum: 1000, "x-plimsoll-default": "125" })),
  kmsKeyID: optional(text("The key it is encrypted with; without it, one that AWS manages.")),
});

const advancedNetworking = object("What few clusters need of the network.", {
  associatePublicIPAddress: optional(flag("Whether nodes get a public address; without it, the subnet decides.")),
  ipv4PrefixSize: optional(
    choice("Auto gives a node prefixes of addresses, 32 single ones.", ["Auto", "32"], { "x-plimsoll-default": "Auto" }),
  ),
  enableV4Egress: optional(flag("Whether Pods of an IPv6 cluster reach IPv4 addresses.")),
  httpsProxy: optional(text("The proxy for what leaves over HTTPS.")),
  noProxy: optional(list("What is reached without the proxy.", text("A host, domain or CIDR."))),
});

export const autoNodeClassSpecSchema = object("How nodes are launched.", {
  role: optional(text("IAM role of the nodes, by its name.")),
  instanceProfile: optional(text("IAM instance profile of the nodes, in place of a role.")),
  subnetSelectorTerms: optional(subnetSelectorTerms),
  securityGroupSelectorTerms: optional(securityGroupSelectorTerms),
  podSubnetSelectorTerms: optional(subnetSelectorTerms),
  podSecurityGroupSelectorTerms: optional(securityGroupSelectorTerms),
  capacityReservationSelectorTerms: optional(capacityReservationTerms),
  snatPolicy: optional(choice("Whether Pods' addresses are translated on their way out.", ["Random", "Disabled"])),
  networkPolicy: optional(choice("What happens to traffic that no NetworkPolicy mentions.", ["DefaultAllow", "DefaultDeny"])),
  networkPolicyEventLogs: optional(choice("Whether decisions on traffic are logged.", ["Enabled", "Disabled"])),
  ephemeralStorage: optional(ephemeralStorage),
  advancedNetworking: optional(advancedNetworking),
  advancedSecurity: optional(open("What few clusters need of security, such as fips.")),
  certificateBundles: optional(
    list(
      "Certificate authorities that nodes trust besides the usual ones.",
      object("One bundle.", { name: text("Its name."), data: text("Certificates in base64.") }),
    ),
  ),
  tags: optional(mapOf("Tags of all that is made for a node.", text("The value of the tag."))),
});

export const autoNodeClassSchema = object("How AWS launches nodes in EKS Auto Mode.", { spec: autoNodeClassSpecSchema });

/** A NodeClass of EKS Auto Mode, as on the wire; read for review, never written. */
export interface AutoNodeClass extends KubeObject, Shape<typeof autoNodeClassSchema> {}

export type AutoNodeClassSpec = Shape<typeof autoNodeClassSpecSchema>;
