/**
 * Block device mappings of EC2NodeClass: the volumes of a node.
 *
 * Returns the list's schema. The volume size's bounds are EBS's, in the four units that people write.
 */
import { choice, flag, list, object, optional, text, whole } from "./schema-field.ts";

const volume = object(
  "The EBS volume.",
  {
    volumeSize: optional(text("Size of the volume.", { pattern: "volumeSize" })),
    volumeType: optional(choice("Type of the volume.", ["standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"])),
    iops: optional(whole("Operations a second, for io1, io2 and gp3.", { format: "int64" })),
    throughput: optional(whole("MiB a second, for gp3.", { format: "int64" })),
    encrypted: optional(flag("Whether the volume is encrypted.")),
    kmsKeyID: optional(text("The key it is encrypted with.")),
    snapshotID: optional(text("The snapshot it starts from.")),
    volumeInitializationRate: optional(
      whole("MiB a second at which the snapshot is loaded.", { format: "int32", minimum: 100, maximum: 300 }),
    ),
    deleteOnTermination: optional(flag("Whether the volume goes with the instance.")),
  },
  {
    "x-kubernetes-validations": [
      { rule: "has(self.snapshotID) || has(self.volumeSize)", message: "snapshotID or volumeSize must be set" },
      {
        rule: "!has(self.volumeInitializationRate) || (has(self.snapshotID) && self.snapshotID != '')",
        message: "volumeInitializationRate needs a snapshotID",
      },
    ],
  },
);

export const blockDeviceMappings = list(
  "Volumes of the nodes; without it, those that the image family needs.",
  object("One volume.", {
    deviceName: optional(text("Device name such as /dev/xvda.")),
    ebs: optional(volume),
    rootVolume: optional(flag("Whether this is the volume that kubelet and containers write to.")),
  }),
  {
    maxItems: 50,
    "x-kubernetes-validations": [
      {
        rule: "self.filter(x, has(x.rootVolume) && x.rootVolume).size() <= 1",
        message: "only one volume may be the rootVolume",
      },
    ],
  },
);
