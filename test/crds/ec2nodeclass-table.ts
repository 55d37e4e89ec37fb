// Each validation and default of EC2NodeClass, kept once and broken once.
import { conditionRows } from "./condition-rows.ts";
import { fields, statusValues, values, type ParityTable, type Row, type Verdict } from "./row.ts";
import { selectorRows } from "./selector-rows.ts";

export const ec2NodeClassTable: ParityTable = {
  kind: "EC2NodeClass",
  good: {
    apiVersion: "karpenter.k8s.aws/v1",
    kind: "EC2NodeClass",
    metadata: { name: "default" },
    spec: {
      role: "nodes",
      amiSelectorTerms: [{ alias: "al2023@latest" }],
      subnetSelectorTerms: [{ tags: { discovery: "main" } }],
      securityGroupSelectorTerms: [{ tags: { discovery: "main" } }],
    },
  },
  rows: [
    ...values("/spec", "accepted", undefined),
    ...values("/spec/foo", "refused", 1),
    ...selectorRows(),
    ...familyRows(),
    ...identityRows(),
    ...tagRows(),
    ...volumeRows(),
    ...interfaceRows(),
    ...metadataRows(),
    ...optionRows(),
    ...statusRows(),
  ],
};

function familyRows(): readonly Row[] {
  const families = ["AL2", "AL2023", "Bottlerocket", "Windows2019", "Windows2022", "Windows2025"];
  const aliasAndFamily = (verdict: Verdict, alias: string, amiFamily: string): Row =>
    fields(`alias ${alias} with amiFamily ${amiFamily}`, verdict, {
      "/spec/amiSelectorTerms": [{ alias: `${alias}@latest` }],
      "/spec/amiFamily": amiFamily,
    });
  const byId = { "/spec/amiSelectorTerms": [{ id: "ami-0abc" }] };
  return [
    ...families.flatMap((family) => [
      aliasAndFamily("accepted", family.toLowerCase(), family),
      aliasAndFamily("accepted", family.toLowerCase(), "Custom"),
      ...families.filter((other) => other !== family).map((other) => aliasAndFamily("refused", family.toLowerCase(), other)),
    ]),
    ...values("/spec/amiFamily", "refused", "", "al2023", "Ubuntu"),
    fields("an image by id without amiFamily", "refused", byId),
    ...[...families, "Custom"].map((family) => fields(`an image by id with ${family}`, "accepted", { ...byId, "/spec/amiFamily": family })),
  ];
}

function identityRows(): readonly Row[] {
  return [
    ...values("/spec/role", "refused", undefined, "", 1),
    fields("an instance profile in place of the role", "accepted", { "/spec/role": undefined, "/spec/instanceProfile": "nodes" }),
    fields("an empty instance profile", "refused", { "/spec/role": undefined, "/spec/instanceProfile": "" }),
    fields("both role and instance profile", "refused", { "/spec/instanceProfile": "nodes" }),
  ];
}

function tagRows(): readonly Row[] {
  const ours = ["eks:eks-cluster-name", "karpenter.sh/nodepool", "karpenter.sh/nodeclaim", "karpenter.k8s.aws/ec2nodeclass"];
  const cluster = ["kubernetes.io/cluster/main", "kubernetes.io/cluster", "kubernetes.io/clusters"];
  return [
    ...values("/spec/tags", "accepted", {}, { team: "a" }, { team: "" }, { "karpenter.sh/other": "a" }, { Name: "node" }),
    ...values("/spec/tags", "refused", { "": "a" }, { team: 1 }, ...[...ours, ...cluster].map((key) => ({ [key]: "a" }))),
  ];
}

function volumeRows(): readonly Row[] {
  const list = "/spec/blockDeviceMappings";
  const volume = (ebs: object) => [{ deviceName: "/dev/xvda", ebs: { volumeSize: "20Gi", ...ebs } }];
  const sizes = (verdict: Verdict, ...given: readonly string[]) =>
    given.flatMap((volumeSize) => values(list, verdict, volume({ volumeSize })));
  const mapping = { deviceName: "/dev/xvda", ebs: { volumeSize: "20Gi" } };
  return [
    ...values(
      list,
      "accepted",
      [],
      Array.from({ length: 50 }, () => mapping),
      [{}],
      [{ rootVolume: true }, { rootVolume: false }, {}],
    ),
    ...values(
      list,
      "refused",
      Array.from({ length: 51 }, () => mapping),
      [{ rootVolume: true }, { rootVolume: true }],
      [{ foo: 1 }],
    ),
    ...sizes("accepted", "1Gi", "59000Gi", "58999Gi", "64000G", "1G", "58Ti", "1Ti", "17Ti", "64T", "63T", "1T"),
    // Gaps of upstream's pattern: a bare Ti or T passes, and the tens from 18 to 58 miss the units 8 and 9.
    ...sizes("accepted", "Ti", "T", "50Ti"),
    ...sizes("refused", "18Ti", "29Ti"),
    ...sizes("refused", "", "0Gi", "59001Gi", "64001G", "59Ti", "65T", "20", "20GB", "20Mi", "1.5Gi", "-1Gi", "020Gi"),
    ...values(list, "refused", volume({ volumeSize: 20 }), volume({ volumeSize: undefined })),
    ...values(list, "accepted", volume({ volumeSize: undefined, snapshotID: "snap-1" }), volume({ volumeSize: undefined, snapshotID: "" })),
    ...values(list, "accepted", ...["standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"].map((volumeType) => volume({ volumeType }))),
    ...values(list, "refused", volume({ volumeType: "gp4" }), volume({ volumeType: "" })),
    ...values(list, "accepted", ...[100, 300].map((rate) => volume({ volumeInitializationRate: rate, snapshotID: "snap-1" }))),
    ...values(list, "refused", ...[99, 301].map((rate) => volume({ volumeInitializationRate: rate, snapshotID: "snap-1" }))),
    ...values(list, "refused", volume({ volumeInitializationRate: 100 }), volume({ volumeInitializationRate: 100, snapshotID: "" })),
    ...values(list, "accepted", volume({ iops: 3000, throughput: 125, encrypted: true, kmsKeyID: "key", deleteOnTermination: true })),
    ...values(list, "refused", volume({ iops: "3000" }), volume({ encrypted: "yes" }), volume({ foo: 1 })),
  ];
}

function interfaceRows(): readonly Row[] {
  const list = "/spec/networkInterfaces";
  const at = (networkCardIndex: number, deviceIndex: number, interfaceType = "interface") => ({
    networkCardIndex,
    deviceIndex,
    interfaceType,
  });
  const first = at(0, 0);
  const many = (count: number) => Array.from({ length: count }, (_, index) => at(index, 0));
  return [
    ...values(list, "accepted", [], [first], [first, at(0, 1, "efa-only")], [first, at(0, 1), at(1, 0, "efa-only")], many(150)),
    ...values(list, "refused", many(151), [at(1, 0)], [at(0, 1)], [at(0, 0, "efa-only")], [first, first]),
    ...values(
      list,
      "refused",
      [first, at(0, 1, "efa-only"), at(0, 2, "efa-only")],
      [first, at(-1, 0)],
      [first, at(0, -1)],
      [first, at(1, 0, "efa")],
    ),
    ...["networkCardIndex", "deviceIndex", "interfaceType"].flatMap((field) =>
      values(list, "refused", [first, { ...at(1, 0), [field]: undefined }]),
    ),
  ];
}

function metadataRows(): readonly Row[] {
  const options = "/spec/metadataOptions";
  return [
    ...values(options, "accepted", undefined, {}, { httpTokens: "optional" }),
    ...values(`${options}/httpEndpoint`, "accepted", "enabled", "disabled"),
    ...values(`${options}/httpEndpoint`, "refused", "", "on"),
    ...values(`${options}/httpProtocolIPv6`, "accepted", "enabled", "disabled"),
    ...values(`${options}/httpProtocolIPv6`, "refused", "", true),
    ...values(`${options}/httpPutResponseHopLimit`, "accepted", 1, 64),
    ...values(`${options}/httpPutResponseHopLimit`, "refused", 0, 65, "1"),
    ...values(`${options}/httpTokens`, "accepted", "required", "optional"),
    ...values(`${options}/httpTokens`, "refused", "", "none"),
    ...values(`${options}/foo`, "refused", 1),
  ];
}

function optionRows(): readonly Row[] {
  const tracking = "/spec/connectionTracking";
  return [
    ...values("/spec/associatePublicIPAddress", "accepted", true, false),
    ...values("/spec/associatePublicIPAddress", "refused", "true"),
    ...values("/spec/ipPrefixCount", "accepted", 0, 5),
    ...values("/spec/ipPrefixCount", "refused", -1, "5"),
    ...values("/spec/kubelet", "accepted", {}, { maxPods: 110, anything: { at: ["all"] } }),
    ...values("/spec/kubelet", "refused", "text", []),
    ...values("/spec/instanceStorePolicy", "accepted", "RAID0"),
    ...values("/spec/instanceStorePolicy", "refused", "", "RAID1"),
    ...values("/spec/detailedMonitoring", "accepted", true),
    ...values("/spec/detailedMonitoring", "refused", 1),
    ...values(tracking, "refused", {}, { foo: 1 }),
    ...values(`${tracking}/tcpEstablishedTimeout`, "accepted", 60, 432000),
    ...values(`${tracking}/tcpEstablishedTimeout`, "refused", 59, 432001, "60"),
    ...values(`${tracking}/udpStreamTimeout`, "accepted", 60, 180),
    ...values(`${tracking}/udpStreamTimeout`, "refused", 59, 181),
    ...values(`${tracking}/udpTimeout`, "accepted", 30, 60),
    ...values(`${tracking}/udpTimeout`, "refused", 29, 61),
    ...values("/spec/cpuOptions", "accepted", {}, { nestedVirtualization: "enabled" }, { nestedVirtualization: "disabled" }),
    ...values("/spec/cpuOptions", "refused", { nestedVirtualization: "" }, { nestedVirtualization: true }),
    ...values("/spec/enclaveOptions", "accepted", { enabled: true }, { enabled: false }),
    ...values("/spec/enclaveOptions", "refused", {}, { enabled: "true" }),
    ...["userData", "context"].flatMap((field) => [
      ...values(`/spec/${field}`, "accepted", "", "text"),
      ...values(`/spec/${field}`, "refused", 1),
    ]),
  ];
}

function statusRows(): readonly Row[] {
  const reservation = {
    id: "cr-1",
    instanceType: "m7i.large",
    availabilityZone: "ap-southeast-1a",
    ownerID: "123456789012",
    instanceMatchCriteria: "open",
  };
  const reservations = (verdict: Verdict, ...given: readonly object[]) =>
    given.flatMap((change) => statusValues("/status/capacityReservations", verdict, [{ ...reservation, ...change }]));
  const image = { id: "ami-1", requirements: [{ key: "kubernetes.io/arch", operator: "In", values: ["amd64"] }] };
  return [
    ...conditionRows({ reasonNeeded: true, typesUnique: false }),
    ...reservations(
      "accepted",
      {},
      { reservationType: "capacity-block", state: "expiring", interruptible: true, endTime: "2027-01-01T00:00:00Z" },
    ),
    ...reservations(
      "refused",
      { id: "1" },
      { ownerID: "1" },
      { instanceMatchCriteria: "all" },
      { reservationType: "other" },
      { endTime: "soon" },
      { state: "gone" },
    ),
    ...Object.keys(reservation).flatMap((field) => reservations("refused", { [field]: undefined })),
    ...statusValues(
      "/status/amis",
      "accepted",
      [image],
      [{ ...image, name: "al2023", deprecated: true }],
      [{ id: "ami-1", requirements: [] }],
    ),
    ...statusValues(
      "/status/amis",
      "refused",
      [{ id: "ami-1" }],
      [{ requirements: [] }],
      [{ ...image, requirements: [{ key: "a" }, { operator: "In" }] }],
    ),
    ...statusValues("/status/subnets", "accepted", [{ id: "subnet-1", zone: "a", zoneID: "az1" }], [{ id: "subnet-1", zone: "a" }]),
    ...statusValues("/status/subnets", "refused", [{ id: "subnet-1" }], [{ zone: "a" }]),
    ...statusValues("/status/securityGroups", "accepted", [{ id: "sg-1" }], [{ id: "sg-1", name: "nodes" }]),
    ...statusValues("/status/securityGroups", "refused", [{ name: "nodes" }]),
    ...statusValues("/status/instanceProfile", "accepted", "nodes"),
    ...statusValues("/status/instanceProfile", "refused", 1),
  ];
}
