/**
 * The CreateFleet request and its token, what the answers mean, and the launch template.
 */
import { describe, expect, test } from "vitest";
import type { EC2NodeClass } from "../../src/api/ec2-node-class.ts";
import type { InstanceType, Offering } from "../../src/api/instance-type.ts";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { failureKindOf, unavailableReasonOf, type Ec2FailureKind } from "../../src/ec2/errors.ts";
import { askedOfferings, fleetAnswer, refusedAnswer } from "../../src/ec2/fleet-answer.ts";
import { fleetRequest } from "../../src/ec2/fleet-request.ts";
import { launchAttempt, type LaunchAttempt } from "../../src/ec2/launch-attempt.ts";
import { launchGroups } from "../../src/ec2/launch-groups.ts";
import type { LaunchOffers } from "../../src/ec2/launch-offers.ts";
import { launchTemplate } from "../../src/ec2/launch-template.ts";
import { customNodeClass } from "./custom-node-class.ts";

const [a, b] = ["ap-southeast-1a", "ap-southeast-1b"];
const names = platformNames();
const cluster = { name: "prod" };
const nodeClass: EC2NodeClass = {
  ...customNodeClass,
  spec: {
    ...customNodeClass.spec,
    tags: { team: "shop", "karpenter.sh/nodepool": "spoofed" },
    blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { volumeSize: "80Gi", volumeType: "gp3", encrypted: true } }],
  },
};
const nodeClaim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1", uid: "uid-1", labels: { "karpenter.sh/nodepool": "general" } },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
};

function type(name: string, offerings: readonly Partial<Offering>[]): InstanceType {
  return {
    name,
    requirements: [{ key: "kubernetes.io/arch", operator: "In", values: ["amd64"] }],
    capacity: { pods: 29 },
    allocatable: {},
    offerings: offerings.map((offering) => ({ capacityType: "on-demand", zone: a, pricePerHour: 0.12, available: true, ...offering })),
  };
}

const large = type("m7i.large", [{}, { zone: b }]);

function request(offers: Partial<LaunchOffers> = {}) {
  const asked: LaunchOffers = { capacityType: "on-demand", types: [large], ...offers };
  const groups = launchGroups({ nodeClaim, offers: asked, imageOf: () => "ami-1" }).map((group) => ({ ...group, template: "lt-1" }));
  return fleetRequest({ nodeClaim, nodeClass, offers: asked, groups, subnets: { [a]: "subnet-a", [b]: "subnet-b" }, cluster });
}

const member = (index: number) => ({ name: `general-${index}`, uid: `uid-${index}` });

function attempt(change: Partial<Parameters<typeof launchAttempt>[0]> = {}): LaunchAttempt {
  return launchAttempt({ base: request(), bought: { capacityType: "on-demand" }, members: [member(1)], at: 0, names, ...change });
}

describe("what is asked for", () => {
  test("on-demand instances at once, an override for each type and zone with its price", () => {
    expect(request()).toMatchObject({
      Type: "instant",
      TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: "on-demand" },
      OnDemandOptions: { AllocationStrategy: "lowest-price" },
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: { LaunchTemplateName: "lt-1", Version: "$Latest" },
          Overrides: [
            { InstanceType: "m7i.large", AvailabilityZone: a, SubnetId: "subnet-a", ImageId: "ami-1", Priority: 0.12 },
            { InstanceType: "m7i.large", AvailabilityZone: b, SubnetId: "subnet-b", ImageId: "ami-1", Priority: 0.12 },
          ],
        },
      ],
    });
  });

  test("by the strategy of the way to buy, and by our prices where somebody has set them", () => {
    const overlaid = type("m7i.large", [{ isOverlaid: true }]);
    expect(request({ capacityType: "spot" })).toMatchObject({ SpotOptions: { AllocationStrategy: "price-capacity-optimized" } });
    expect(request({ capacityType: "spot", types: [overlaid] })).toMatchObject({
      SpotOptions: { AllocationStrategy: "capacity-optimized-prioritized" },
    });
    expect(request({ types: [overlaid] })).toMatchObject({ OnDemandOptions: { AllocationStrategy: "prioritized" } });
    const target = (kind: LaunchOffers["reservationKind"]) =>
      request({ capacityType: "reserved", ...(kind === undefined ? {} : { reservationKind: kind }) });
    expect(target("default").TargetCapacitySpecification).toMatchObject({ DefaultTargetCapacityType: "on-demand" });
    expect(target("capacity-block")).not.toHaveProperty("OnDemandOptions");
    expect(target("capacity-block").TargetCapacitySpecification).toMatchObject({ DefaultTargetCapacityType: "capacity-block" });
    expect(target("interruptible")).toMatchObject({
      TargetCapacitySpecification: { DefaultTargetCapacityType: "reserved-capacity" },
      ReservedCapacityOptions: { ReservationTypes: ["interruptible-capacity-reservation"] },
    });
  });

  test("with our tags on the instance, its volumes and the fleet, which the NodeClass can't overrule", () => {
    const { request: asked } = attempt();
    expect(asked.TagSpecifications?.map(({ ResourceType }) => ResourceType)).toEqual(["instance", "volume", "fleet"]);
    for (const { Tags = [] } of asked.TagSpecifications ?? [])
      expect(Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))).toEqual({
        team: "shop",
        "eks:eks-cluster-name": "prod",
        "kubernetes.io/cluster/prod": "owned",
        "karpenter.sh/nodepool": "general",
        "karpenter.k8s.aws/ec2nodeclass": "default",
        "karpenter.sh/nodeclaim": "general-1",
        "platform.example.com/launch": asked.ClientToken,
      });
  });

  test("for several claims, as many instances, none of which has a claim's name yet", () => {
    const { request: asked } = attempt({ members: [member(1), member(2)] });
    expect(asked.TargetCapacitySpecification).toMatchObject({ TotalTargetCapacity: 2, DefaultTargetCapacityType: "on-demand" });
    expect(JSON.stringify(asked.TagSpecifications)).not.toContain("karpenter.sh/nodeclaim");
  });
});

describe("the client token", () => {
  test("is the same for the same attempt, within EC2's 64 characters", () => {
    expect(attempt().request.ClientToken).toBe(attempt().request.ClientToken);
    expect(attempt().request.ClientToken).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is another for another request, other members, another order of them, and a later attempt at the same", () => {
    const [one, two] = [member(1), member(2)];
    const others = [
      attempt(),
      attempt({ base: request({ types: [type("m7i.large", [{ pricePerHour: 0.13 }])] }) }),
      attempt({ members: [{ ...one, uid: "uid-2" }] }),
      attempt({ members: [one, two] }),
      attempt({ members: [two, one] }),
      attempt({ at: 1 }),
    ];
    expect(new Set(others.map(({ request: asked }) => asked.ClientToken)).size).toBe(others.length);
  });
});

describe("what answers mean", () => {
  const asked = attempt();

  test("instances in the order of their ids, with the zone of the override's subnet where EC2 does not repeat it", () => {
    const LaunchTemplateAndOverrides = { Overrides: { SubnetId: "subnet-b" } };
    const answer = { Instances: [{ InstanceIds: ["i-2", "i-1"], InstanceType: "m7i.large" as const, LaunchTemplateAndOverrides }] };
    const place = { instanceType: "m7i.large", zone: b, imageID: "ami-1", subnetID: "subnet-b", capacityType: "on-demand" };
    expect(fleetAnswer(asked, answer).instances).toEqual([
      { instanceID: "i-1", ...place },
      { instanceID: "i-2", ...place },
    ]);
  });

  test("no capacity, with the offerings that lack it; of a reservation, that one alone", () => {
    const lacking = { LaunchTemplateAndOverrides: { Overrides: { InstanceType: "m7i.large" as const, AvailabilityZone: a } } };
    const answer = { Errors: [{ ErrorCode: "ReservationCapacityExceeded", ErrorMessage: "none", ...lacking }] };
    const reserved = attempt({ bought: { capacityType: "reserved", reservations: { [a]: "cr-1" } } });
    expect(fleetAnswer(reserved, answer)).toMatchObject({
      isCapacity: true,
      lacking: [
        { offering: { instanceType: "m7i.large", zone: a, capacityType: "reserved", reservation: "cr-1" }, why: "reservation-full" },
      ],
    });
    expect(askedOfferings(reserved).map(({ reservation }) => reservation)).toEqual(["cr-1", undefined]);
  });

  test("a subnet without addresses, which is no lack of the offering", () => {
    const lacking = {
      LaunchTemplateAndOverrides: { Overrides: { InstanceType: "m7i.large" as const, AvailabilityZone: a, SubnetId: "subnet-a" } },
    };
    const answer = fleetAnswer(asked, { Errors: [{ ErrorCode: "InsufficientFreeAddressesInSubnet", ...lacking }] });
    expect(answer).toMatchObject({ isCapacity: true, lacking: [], exhausted: ["subnet-a"] });
  });

  test("that the account may not buy Spot is about every type and zone, told of one or of the whole call", () => {
    const spot = attempt({ bought: { capacityType: "spot" } });
    const code = "AuthFailure.ServiceLinkedRoleCreationNotPermitted";
    const lacking = { LaunchTemplateAndOverrides: { Overrides: { InstanceType: "m7i.large" as const, AvailabilityZone: a } } };
    const all = [{ offering: { instanceType: "*", zone: "*", capacityType: "spot" }, why: "unsupported" }];
    expect(fleetAnswer(spot, { Errors: [{ ErrorCode: code, ErrorMessage: "no", ...lacking }] })).toMatchObject({
      isCapacity: true,
      lacking: all,
    });
    expect(refusedAnswer(spot, { code, message: "no" })).toMatchObject({ isCapacity: true, lacking: all, instances: [] });
  });

  test("a call that is refused whole is about all that it asked for, or about its subnets", () => {
    const refused = (code: string) => refusedAnswer(asked, { code, message: "no" });
    expect(refused("InsufficientInstanceCapacity").lacking.map(({ offering }) => offering)).toEqual(askedOfferings(asked));
    expect(refused("InsufficientFreeAddressesInSubnet")).toMatchObject({ lacking: [], exhausted: ["subnet-a", "subnet-b"] });
  });

  test("another error is not taken for a lack of capacity", () => {
    const answer = { Errors: [{ ErrorCode: "UnauthorizedOperation", ErrorMessage: "no" }] };
    expect(fleetAnswer(asked, answer)).toMatchObject({ isCapacity: false, message: "UnauthorizedOperation: no" });
    expect(fleetAnswer(asked, {})).toMatchObject({ instances: [], isCapacity: false });
  });

  const codes: readonly (readonly [string, Ec2FailureKind])[] = [
    ...[
      "InsufficientInstanceCapacity",
      "MaxSpotInstanceCountExceeded",
      "VcpuLimitExceeded",
      "UnfulfillableCapacity",
      "Unsupported",
      "InsufficientFreeAddressesInSubnet",
      "MaxFleetCountExceeded",
      "ReservationCapacityExceeded",
      "SpotMaxPriceTooLow",
      "InvalidCapacityReservationState.Unavailable",
    ].map((code) => [code, "insufficient-capacity"] as const),
    ["IdempotentParameterMismatch", "token-mismatch"],
    ["AuthFailure.ServiceLinkedRoleCreationNotPermitted", "unauthorized"],
    ["InvalidInstanceID.NotFound", "not-found"],
    ["InvalidLaunchTemplateName.AlreadyExistsException", "already-exists"],
    ["InvalidLaunchTemplateName.NotFoundException", "launch-template-not-found"],
    ["InvalidSubnetID.NotFound", "invalid"],
    ["MissingParameter", "invalid"],
    ["RequestLimitExceeded", "other"],
    ["Unknown", "other"],
  ];
  test.each(codes)("%s is %s", (code, kind) => {
    expect(failureKindOf(code)).toBe(kind);
  });

  test("quotas, addresses and reservations are told apart from capacity", () => {
    const reasons = [
      "VcpuLimitExceeded",
      "InsufficientFreeAddressesInSubnet",
      "ReservationCapacityExceeded",
      "InsufficientInstanceCapacity",
    ];
    expect(reasons.map(unavailableReasonOf)).toEqual(["quota", "addresses", "reservation-full", "capacity"]);
  });
});

describe("the launch template", () => {
  const made = (change: Partial<NonNullable<EC2NodeClass["spec"]>> = {}, input: Partial<Parameters<typeof launchTemplate>[0]> = {}) =>
    launchTemplate({
      nodeClass: { ...nodeClass, spec: { ...nodeClass.spec!, ...change } },
      nodeClaim,
      imageID: "ami-1",
      efaCount: 0,
      capacityType: "on-demand",
      securityGroupIDs: ["sg-1"],
      instanceProfile: "nodes",
      cluster,
      ...input,
    });

  test("holds what the NodeClass says, and its name follows from it", () => {
    expect(made()).toMatchObject({
      ok: true,
      value: {
        name: expect.stringMatching(/^karpenter\.k8s\.aws\/[0-9a-f]{20}$/) as string,
        data: {
          ImageId: "ami-1",
          IamInstanceProfile: { Name: "nodes" },
          BlockDeviceMappings: [
            { DeviceName: "/dev/xvda", Ebs: { VolumeSize: 80, VolumeType: "gp3", Encrypted: true, DeleteOnTermination: true } },
          ],
          MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 1, InstanceMetadataTags: "disabled" },
          NetworkInterfaces: [{ DeviceIndex: 0, Groups: ["sg-1"] }],
          Placement: { Tenancy: "default" },
          UserData: Buffer.from("#!/bin/sh").toString("base64"),
        },
      },
    });
    expect(made()).toEqual(made());
    expect(made({ detailedMonitoring: true })).not.toEqual(made());
  });

  test("has the disks of its image family where the class names none, and of a custom image none", () => {
    const settings = { name: "prod", endpoint: "https://api.example.com", certificateAuthority: "Q0E=", serviceCIDR: "10.96.0.0/16" };
    const disks = (amiFamily: "AL2023" | "Bottlerocket" | "Windows2022" | "Custom") => {
      const { blockDeviceMappings, ...spec } = nodeClass.spec!;
      expect(blockDeviceMappings).toHaveLength(1);
      const answer = made({}, { nodeClass: { ...nodeClass, spec: { ...spec, amiFamily, userData: "" } }, cluster: settings });
      return answer.ok
        ? answer.value.data.BlockDeviceMappings?.map(({ DeviceName, Ebs }) => [DeviceName, Ebs?.VolumeSize, Ebs?.Encrypted])
        : answer.error;
    };
    expect(disks("AL2023")).toEqual([["/dev/xvda", 20, true]]);
    expect(disks("Bottlerocket")).toEqual([
      ["/dev/xvda", 6, true],
      ["/dev/xvdb", 20, true],
    ]);
    expect(disks("Windows2022")).toEqual([["/dev/sda1", 50, true]]);
    expect(disks("Custom")).toBeUndefined();
  });

  test("is found by its cluster and its NodeClass, whose end it does not outlive", () => {
    const answer = made();
    const tags = new Map(answer.ok ? answer.value.tags.map(({ Key, Value }) => [Key, Value]) : []);
    expect([tags.get("eks:eks-cluster-name"), tags.get("karpenter.k8s.aws/ec2nodeclass")]).toEqual(["prod", "default"]);
  });

  test("points at the reservation that it is for, and says how a block is paid", () => {
    const reserved = (kind: "default" | "capacity-block" | "interruptible") => made({}, { reservation: { id: "cr-1", kind } });
    expect(reserved("default")).toMatchObject({
      value: {
        data: {
          CapacityReservationSpecification: {
            CapacityReservationPreference: "capacity-reservations-only",
            CapacityReservationTarget: { CapacityReservationId: "cr-1" },
          },
        },
      },
    });
    expect(reserved("capacity-block")).toMatchObject({ value: { data: { InstanceMarketOptions: { MarketType: "capacity-block" } } } });
    expect(made()).not.toMatchObject({ value: { data: { CapacityReservationSpecification: {} } } });
  });

  test("stands on hardware of its own only where its claim asks for that, and its way to buy is remembered apart", () => {
    const tenancy = (values: readonly string[], labels: Readonly<Record<string, string>> = {}) => {
      const requirements =
        values.length === 0 ? [] : [{ key: "karpenter.k8s.aws/instance-tenancy", operator: "In" as const, values: [...values] }];
      const asked = { ...nodeClaim, metadata: { ...nodeClaim.metadata, labels }, spec: { ...nodeClaim.spec, requirements } };
      const answer = made({}, { nodeClaim: asked });
      return answer.ok ? answer.value.data.Placement : answer.error;
    };
    expect(tenancy([])).toEqual({ Tenancy: "default" });
    expect(tenancy(["default", "dedicated"])).toEqual({ Tenancy: "default" });
    expect(tenancy(["dedicated"])).toEqual({ Tenancy: "dedicated" });
    expect(tenancy([], { "karpenter.k8s.aws/instance-tenancy": "dedicated" })).toEqual({ Tenancy: "dedicated" });
    const dedicated = attempt({ bought: { capacityType: "on-demand", tenancy: "dedicated" } });
    expect(askedOfferings(dedicated)[0]).toEqual({ instanceType: "m7i.large", zone: a, capacityType: "on-demand", tenancy: "dedicated" });
  });

  test("stands in the placement group that the class selects, in the partition that the claim has decided", () => {
    const placement = (strategy: string, values: readonly string[] = []) => {
      const requirements =
        values.length === 0 ? [] : [{ key: "karpenter.k8s.aws/placement-group-partition", operator: "In" as const, values: [...values] }];
      const placementGroup = { id: "pg-1", name: "ring", strategy, partitions: strategy === "partition" ? 3 : 0 };
      const answer = made({}, { nodeClaim: { ...nodeClaim, spec: { ...nodeClaim.spec, requirements } }, placementGroup });
      return answer.ok ? answer.value.data.Placement : answer.error;
    };
    expect(placement("cluster")).toEqual({ Tenancy: "default", GroupId: "pg-1" });
    expect(placement("partition")).toEqual({ Tenancy: "default", GroupId: "pg-1" });
    expect(placement("partition", ["1", "3"])).toEqual({ Tenancy: "default", GroupId: "pg-1" });
    expect(placement("partition", ["3"])).toEqual({ Tenancy: "default", GroupId: "pg-1", PartitionNumber: 3 });
    expect(placement("partition", ["4"])).toEqual({ Tenancy: "default", GroupId: "pg-1" });
  });

  test("stays out of reservations where its class selects some and it is not bought from one", () => {
    const reserved = made({ capacityReservationSelectorTerms: [{ id: "cr-1" }] });
    expect(reserved).toMatchObject({ value: { data: { CapacityReservationSpecification: { CapacityReservationPreference: "none" } } } });
  });

  test("has an IPv6 address, and prefixes of IPv6, where the cluster's DNS has one", () => {
    const answer = made({ ipPrefixCount: 2 }, { cluster: { ...cluster, dnsAddress: "fd00:10:96::a" }, efaCount: 2 });
    expect(answer.ok && answer.value.data.NetworkInterfaces).toEqual([
      {
        ...{ NetworkCardIndex: 0, DeviceIndex: 0, InterfaceType: "efa", Groups: ["sg-1"] },
        ...{ Ipv6PrefixCount: 2, PrimaryIpv6: true, Ipv6AddressCount: 1 },
      },
      { NetworkCardIndex: 1, DeviceIndex: 1, InterfaceType: "efa", Groups: ["sg-1"] },
    ]);
  });

  test("has the interfaces that the class names, or one for each EFA; prefixes and public addresses are the first one's", () => {
    const interfaces = (change: Partial<NonNullable<EC2NodeClass["spec"]>>, efaCount = 0) => {
      const answer = made(change, { efaCount });
      return answer.ok ? answer.value.data.NetworkInterfaces : answer.error;
    };
    expect(interfaces({ ipPrefixCount: 2, associatePublicIPAddress: false }, 2)).toEqual([
      { NetworkCardIndex: 0, DeviceIndex: 0, InterfaceType: "efa", Groups: ["sg-1"], AssociatePublicIpAddress: false, Ipv4PrefixCount: 2 },
      { NetworkCardIndex: 1, DeviceIndex: 1, InterfaceType: "efa", Groups: ["sg-1"] },
    ]);
    const named = [
      { networkCardIndex: 1, deviceIndex: 1, interfaceType: "efa-only" as const },
      { networkCardIndex: 0, deviceIndex: 0, interfaceType: "interface" as const },
    ];
    expect(interfaces({ networkInterfaces: named, connectionTracking: { udpTimeout: 30 } })).toMatchObject([
      { NetworkCardIndex: 0, DeviceIndex: 0, InterfaceType: "interface", ConnectionTrackingSpecification: { UdpTimeout: 30 } },
      { NetworkCardIndex: 1, DeviceIndex: 1, InterfaceType: "efa-only" },
    ]);
  });

  test("configures AL2023 for its cluster, with the taint that keeps Pods off until the node is registered", () => {
    const settings = { name: "prod", endpoint: "https://api.example.com", certificateAuthority: "Q0E=", serviceCIDR: "10.96.0.0/16" };
    const answer = made({ amiFamily: "AL2023" }, { cluster: settings, maxPods: 58 });
    const userData = answer.ok ? Buffer.from(answer.value.data.UserData ?? "", "base64").toString("utf8") : "";
    expect(userData).toContain("application/node.eks.aws");
    expect(userData).toContain("registerWithTaints:\n        - effect: NoExecute\n          key: karpenter.sh/unregistered");
    expect(userData).toContain("maxPods: 58");
    expect(userData).toContain(
      '--node-labels="karpenter.sh/capacity-type=on-demand,karpenter.sh/do-not-sync-taints=true,karpenter.sh/nodepool=general"',
    );
  });

  test("says what lacks of the cluster, and what is too long", () => {
    expect(made({ amiFamily: "Bottlerocket" })).toMatchObject({
      ok: false,
      error: expect.stringContaining("--cluster-endpoint") as string,
    });
    expect(made({ userData: "x".repeat(17_000) })).toMatchObject({ ok: false, error: expect.stringContaining("17000 bytes") as string });
  });
});
