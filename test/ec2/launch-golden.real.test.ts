/**
 * What goes over the wire for each way to launch: golden files, so that every change of a request is seen and meant.
 *
 * The provider launches one NodeClaim of each NodeClass on the stand-in; ids have names and tokens are left out. A golden file is
 * written anew with `npx vitest run test/ec2/launch-golden.real.test.ts -u`, and read before it is committed.
 */
import { CreateSecurityGroupCommand, CreateTagsCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EC2NodeClass, EC2NodeClassSpec } from "../../src/api/ec2-node-class.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { startMoto, type Moto } from "../support/ec2-moto.ts";
import { startEc2Proxy, type Ec2Proxy } from "../support/ec2-proxy.ts";
import { decodedUserData, tagsOf, withoutToken, type SentLaunch } from "./launch-meaning.ts";
import { wireLaunches, wireRegion } from "./wire-launch.ts";

type Requirements = NodeClaim["spec"]["requirements"];

interface Combination {
  readonly name: string;
  readonly spec?: Partial<EC2NodeClassSpec>;
  readonly requirements?: Requirements;
  /** Kubernetes of the cluster; default 1.36. */
  readonly version?: string;
  /** Of the cluster's DNS; default: one of IPv4. */
  readonly dnsAddress?: string;
}

const zone = "ap-southeast-1a";
const reservation = { instanceType: "m7i.large", zone, total: 2 };
const only = (key: string, ...values: readonly string[]): Requirements[number] => ({ key, operator: "In", values: [...values] });
const capacity = (...values: readonly string[]) => only("karpenter.sh/capacity-type", ...values);
const reservations = {
  reservation: "cr-00000000000000001",
  "capacity-block": "cr-00000000000000002",
  "interruptible-reservation": "cr-00000000000000003",
};
const reserved = (name: keyof typeof reservations): Combination => ({
  name,
  spec: { capacityReservationSelectorTerms: [{ id: reservations[name] }] },
  requirements: [capacity("reserved", "on-demand")],
});

const combinations: readonly Combination[] = [
  { name: "spot", requirements: [capacity("spot")] },
  { name: "spot-or-on-demand", requirements: [capacity("spot", "on-demand")] },
  {
    name: "min-values",
    requirements: [capacity("on-demand"), { ...only("karpenter.k8s.aws/instance-family", "c7i", "m7i"), minValues: 2 }],
  },
  reserved("reservation"),
  reserved("capacity-block"),
  reserved("interruptible-reservation"),
  { name: "beside-reservations", spec: { capacityReservationSelectorTerms: [{ id: reservations.reservation }] } },
  { name: "dedicated", requirements: [capacity("on-demand"), only("karpenter.k8s.aws/instance-tenancy", "dedicated")] },
  {
    name: "partition",
    spec: { placementGroupSelector: { name: "ring" } },
    requirements: [capacity("on-demand"), only("karpenter.k8s.aws/placement-group-partition", "2")],
  },
  { name: "ipv6", spec: { ipPrefixCount: 1 }, dnsAddress: "fd00:10:96::a" },
  {
    name: "instance-options",
    spec: {
      connectionTracking: { tcpEstablishedTimeout: 600, udpStreamTimeout: 90, udpTimeout: 40 },
      cpuOptions: { nestedVirtualization: "enabled" },
      enclaveOptions: { enabled: true },
      networkInterfaces: [
        { networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" },
        { networkCardIndex: 0, deviceIndex: 1, interfaceType: "interface" },
      ],
    },
  },
  { name: "two-architectures", requirements: [capacity("on-demand"), only("kubernetes.io/arch", "amd64", "arm64")] },
  {
    name: "bottlerocket",
    spec: { amiSelectorTerms: [{ alias: "bottlerocket@latest" }], userData: '[settings.kernel]\nlockdown = "integrity"\n' },
  },
  { name: "al2", spec: { amiSelectorTerms: [{ alias: "al2@latest" }], kubelet: { maxPods: 42 } }, version: "1.32" },
  {
    name: "windows",
    spec: { amiSelectorTerms: [{ alias: "windows2022@latest" }] },
    requirements: [capacity("on-demand"), only("kubernetes.io/os", "windows")],
  },
  {
    name: "custom-user-data",
    spec: {
      userData: "#!/bin/bash\necho hello\n",
      instanceStorePolicy: "RAID0",
      kubelet: { maxPods: 42, systemReserved: { cpu: "100m" } },
      blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { volumeSize: "80Gi", volumeType: "gp3", iops: 4000, encrypted: true } }],
    },
  },
  {
    name: "custom-family",
    spec: {
      amiFamily: "Custom",
      amiSelectorTerms: [{ id: "ami-05c2b717d1c760a21" }],
      userData: "#!/bin/sh\nexit 0\n",
      detailedMonitoring: true,
      associatePublicIPAddress: false,
      metadataOptions: { httpEndpoint: "enabled", httpProtocolIPv6: "disabled", httpPutResponseHopLimit: 2, httpTokens: "required" },
      context: "fleet-context",
      tags: { team: "shop" },
    },
  },
];

const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  describe("launches on the wire", () => {
    goldenTests(moto);
  });

function goldenTests(server: Moto): void {
  let proxy: Ec2Proxy;

  beforeAll(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
    proxy = await startEc2Proxy(server.url, { limits: {} });
    proxy.setReservations([
      { ...reservation, id: reservations.reservation },
      { ...reservation, id: reservations["interruptible-reservation"], match: "targeted", interruptible: true },
      { ...reservation, id: reservations["capacity-block"], type: "capacity-block", match: "targeted", endsAt: "2027-01-01T00:00:00.000Z" },
    ]);
    proxy.setPlacementGroups([{ id: "pg-00000000000000001", name: "ring", strategy: "partition", partitions: 3 }]);
    const client = new EC2Client({ region: wireRegion, endpoint: proxy.url });
    const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
    const group = await client.send(new CreateSecurityGroupCommand({ GroupName: "nodes", Description: "nodes" }));
    const Resources = [group.GroupId ?? "", ...Subnets.flatMap(({ SubnetId }) => SubnetId ?? [])];
    await client.send(new CreateTagsCommand({ Resources, Tags: [{ Key: "discovery", Value: "prod" }] }));
    const role = { RoleName: "nodes", AssumeRolePolicyDocument: "{}" };
    await new IAMClient({ region: wireRegion, endpoint: proxy.url }).send(new CreateRoleCommand(role));
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  test.each(combinations)("$name is launched by the requests of its golden file", async (combination) => {
    const { name, version = "1.36", dnsAddress } = combination;
    proxy.setCluster({
      name: "prod",
      endpoint: "https://api.example.com",
      certificateAuthority: "Q0E=",
      serviceIPv4CIDR: "10.96.0.0/16",
      version,
    });
    const nodeClaims = [claimOf(combination)];
    const nodeClass = classOf(combination);
    const cluster = { cluster: "prod", minor: version.slice(2), ...(dnsAddress === undefined ? {} : { dnsAddress }) };
    const [launch] = await wireLaunches({ proxy, ...cluster, nodeClass, nodeClaims });
    await expect(`${JSON.stringify(readable(launch!.sent), undefined, 1)}\n`).toMatchFileSnapshot(`golden/launch-${name}.json`);
    expect(launch!.outcome).toMatchObject({ kind: "launched" });
  });
}

function classOf({ name, spec }: Combination): EC2NodeClass {
  return {
    apiVersion: "karpenter.k8s.aws/v1",
    kind: "EC2NodeClass",
    metadata: { name, uid: `uid-${name}`, generation: 1 },
    spec: {
      amiSelectorTerms: [{ alias: "al2023@latest" }],
      subnetSelectorTerms: [{ tags: { discovery: "prod" } }],
      securityGroupSelectorTerms: [{ tags: { discovery: "prod" } }],
      role: "nodes",
      ...spec,
    },
  };
}

function claimOf({ name, requirements = [capacity("on-demand")] }: Combination): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: `general-${name}`, uid: `uid-claim-${name}`, resourceVersion: "1", labels: { "karpenter.sh/nodepool": "general" } },
    spec: {
      nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name },
      requirements: [
        only("node.kubernetes.io/instance-type", "c7i.large", "m7g.large", "m7i.large"),
        only("topology.kubernetes.io/zone", zone),
        ...requirements,
      ],
      resources: { requests: { cpu: "1", memory: "1Gi", pods: "2" } },
      taints: [{ key: "dedicated", value: "batch", effect: "NoSchedule" }],
    },
  };
}

/** The requests as a person reads them: ids have names, templates numbers, tags, overrides and user data lines; tokens are gone. */
function readable({ templates, fleet, names }: SentLaunch): object {
  const { LaunchTemplateConfigs, TagSpecification, ...asked } = withoutToken(fleet);
  const fleetConfigs = LaunchTemplateConfigs as readonly FleetConfig[];
  const used = [...new Set(fleetConfigs.map((config) => config.LaunchTemplateSpecification.LaunchTemplateName))];
  const numbers = new Map(used.map((name, index) => [name, `template ${index + 1}`]));
  const configs = fleetConfigs.map(({ LaunchTemplateSpecification, Overrides }) => [
    LaunchTemplateSpecification.LaunchTemplateName,
    Overrides.map((override) => Object.values(override).join(", ")),
  ]);
  const made = used.map((name) => {
    const { UserData, TagSpecification: tags, OwnTagSpecification: own, ...data } = templates.get(name) ?? {};
    return [name, { ...data, tags: { ...tagsOf(tags), ...tagsOf(own) }, userData: decodedUserData(UserData).split("\n") }];
  });
  const text = {
    CreateFleet: { ...asked, configs: Object.fromEntries(configs) as object, tags: tagsOf(TagSpecification) },
    templates: Object.fromEntries(made) as object,
  };
  const named = [...names, ...numbers].reduce((from, [id, name]) => (id === "" ? from : from.replaceAll(id, name)), JSON.stringify(text));
  return JSON.parse(named) as object;
}

interface FleetConfig {
  readonly LaunchTemplateSpecification: { readonly LaunchTemplateName: string };
  readonly Overrides: readonly Readonly<Record<string, string>>[];
}
