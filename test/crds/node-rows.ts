// The rows that NodePool's template and NodeClaim have in common: class reference, requirements, taints, lifetimes.
import { fields, values, type Row } from "./row.ts";

// Written out here too, as karpenter.sh lists them: a key that slips out of the product's own list must not slip out of its test.
const openAwsLabels = [
  "instance-category",
  "instance-family",
  "instance-generation",
  "instance-size",
  "instance-cpu",
  "instance-cpu-manufacturer",
  "instance-cpu-sustained-clock-speed-mhz",
  "instance-memory",
  "instance-hypervisor",
  "instance-encryption-in-transit-supported",
  "instance-capability-flex",
  "instance-local-nvme",
  "instance-ebs-bandwidth",
  "instance-network-bandwidth",
  "instance-gpu-name",
  "instance-gpu-manufacturer",
  "instance-gpu-count",
  "instance-gpu-memory",
  "instance-accelerator-name",
  "instance-accelerator-manufacturer",
  "instance-accelerator-count",
  "instance-tenancy",
  "capacity-reservation-id",
  "capacity-reservation-type",
  "capacity-reservation-interruptible",
  "placement-group-id",
  "placement-group-partition",
  "ec2nodeclass",
].map((name) => `karpenter.k8s.aws/${name}`);

/** Label keys that are open to users and keys that aren't, for requirements and for labels alike. */
export const openKeys: readonly string[] = [
  "karpenter.sh/capacity-type",
  ...openAwsLabels,
  "team",
  "example.com/team",
  "node.kubernetes.io/instance-type",
  "topology.kubernetes.io/zone",
  "topology.k8s.aws/zone-id",
  "kubernetes.io/arch",
];
export const restrictedKeys: readonly string[] = [
  "karpenter.sh/initialized",
  "karpenter.sh/anything",
  "sub.karpenter.sh/anything",
  "kubernetes.io/hostname",
  "karpenter.k8s.aws/anything",
  "karpenter.k8s.aws/nitro-sandbox",
  "sub.karpenter.k8s.aws/anything",
];

/** Rows under the prefix of the node's spec ("/spec" or "/spec/template/spec"). */
export function nodeRows(prefix: string): readonly Row[] {
  return [...classReferenceRows(prefix), ...requirementRows(prefix), ...taintRows(prefix), ...lifetimeRows(prefix)];
}

function classReferenceRows(prefix: string): readonly Row[] {
  const reference = `${prefix}/nodeClassRef`;
  return [
    ...values(reference, "refused", undefined, {}, "default"),
    ...["group", "kind", "name"].flatMap((field) => values(`${reference}/${field}`, "refused", undefined, "", 1)),
    ...values(`${reference}/group`, "refused", "karpenter.k8s.aws/v1"),
    ...values(`${reference}/name`, "accepted", "other"),
    ...values(`${reference}/foo`, "refused", "unknown fields are refused where asked strictly"),
  ];
}

function requirementRows(prefix: string): readonly Row[] {
  const list = `${prefix}/requirements`;
  const one = (requirement: object) => [{ key: "team", operator: "In", values: ["a"], ...requirement }];
  const numbers = ["Gt", "Lt", "Gte", "Lte"];
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `team-${index}`, operator: "Exists" }));
  const manyValues = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);
  return [
    ...values(list, "refused", undefined, "a", many(101)),
    ...values(list, "accepted", [], many(100)),
    ...openKeys.flatMap((key) => values(list, "accepted", one({ key }))),
    ...restrictedKeys.flatMap((key) => values(list, "refused", one({ key }))),
    ...values(list, "refused", one({ key: undefined }), one({ key: "" }), one({ key: "a b" }), one({ key: "-a" }), one({ key: "a/b/c" })),
    ...values(list, "refused", one({ key: "Example.com/team" }), one({ key: "a".repeat(317) }), one({ key: 1 })),
    ...values(list, "accepted", one({ key: "a".repeat(316) })),
    ...values(list, "refused", one({ operator: undefined }), one({ operator: "in" }), one({ operator: "Equals" })),
    ...values(list, "refused", one({ values: undefined }), one({ values: [] }), one({ values: "a" }), one({ values: [1] })),
    ...values(
      list,
      "accepted",
      one({ operator: "NotIn" }),
      one({ operator: "NotIn", values: [] }),
      one({ operator: "NotIn", values: undefined }),
    ),
    ...values(list, "accepted", one({ operator: "Exists", values: undefined }), one({ operator: "DoesNotExist", values: undefined })),
    ...numbers.flatMap((operator) => [
      ...values(list, "accepted", one({ operator, values: ["0"] }), one({ operator, values: ["15"] })),
      ...values(list, "refused", one({ operator, values: ["-1"] }), one({ operator, values: ["a"] }), one({ operator, values: ["1.5"] })),
      ...values(
        list,
        "refused",
        one({ operator, values: [] }),
        one({ operator, values: ["1", "2"] }),
        one({ operator, values: undefined }),
      ),
    ]),
    // Upstream states length and form of values on the list, where they do nothing; its controller checks them.
    ...values(list, "accepted", one({ values: ["a".repeat(64)] }), one({ values: ["not a label value!"] })),
    ...values(
      list,
      "refused",
      one({ minValues: 0 }),
      one({ minValues: 51, values: manyValues(51) }),
      one({ minValues: 2 }),
      one({ minValues: "1" }),
    ),
    ...values(list, "accepted", one({ minValues: 1 }), one({ minValues: 50, values: manyValues(50) })),
    ...values(list, "accepted", one({ minValues: 5, operator: "Exists", values: undefined })),
    ...values(list, "refused", one({ foo: 1 })),
  ];
}

function taintRows(prefix: string): readonly Row[] {
  return ["taints", "startupTaints"].flatMap((name) => {
    const list = `${prefix}/${name}`;
    const one = (taint: object) => [{ key: "dedicated", value: "batch", effect: "NoSchedule", ...taint }];
    return [
      ...values(
        list,
        "accepted",
        [],
        one({}),
        one({ value: undefined }),
        one({ effect: "PreferNoSchedule" }),
        one({ effect: "NoExecute" }),
      ),
      ...values(list, "accepted", one({ key: "example.com/dedicated" }), one({ timeAdded: "2026-01-01T00:00:00Z" })),
      ...values(list, "refused", one({ key: undefined }), one({ key: "" }), one({ key: "a b" }), one({ key: "/a" })),
      ...values(list, "refused", one({ value: "" }), one({ value: "a b" }), one({ value: 1 })),
      ...values(list, "refused", one({ effect: undefined }), one({ effect: "" }), one({ effect: "Evict" })),
      ...values(list, "refused", one({ timeAdded: "yesterday" }), "none"),
    ];
  });
}

function lifetimeRows(prefix: string): readonly Row[] {
  return [
    ...values(`${prefix}/expireAfter`, "accepted", undefined, "Never", "720h", "1h30m", "10s", "0s"),
    ...values(`${prefix}/expireAfter`, "refused", "", "never", "30", "1d", "1.5h", "-1h", 720),
    ...values(`${prefix}/terminationGracePeriod`, "accepted", undefined, "30s", "1h30m"),
    ...values(`${prefix}/terminationGracePeriod`, "refused", "", "Never", "30", "1d", 30),
    fields("null where there is a default", "accepted", { [`${prefix}/expireAfter`]: null }),
  ];
}
