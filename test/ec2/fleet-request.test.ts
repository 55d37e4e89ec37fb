/**
 * The CreateFleet request: what is asked for, under which token, and what the answers mean.
 */
import { describe, expect, test } from "vitest";
import type { EC2NodeClass } from "../../src/api/ec2-node-class.ts";
import type { InstanceType, Offering } from "../../src/api/instance-type.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { failureKindOf, type Ec2FailureKind } from "../../src/ec2/errors.ts";
import { fleetAnswer, fleetRequest, launchOffers, type FleetRequest } from "../../src/ec2/fleet-request.ts";
import { launchTemplate } from "../../src/ec2/launch-template.ts";
import type { NodeClassResources } from "../../src/ec2/node-class-resources.ts";
import { customNodeClass } from "./custom-node-class.ts";

const [a, b] = ["ap-southeast-1a", "ap-southeast-1b"];
const cluster = { name: "prod" };
const resources: NodeClassResources = {
  images: { amd64: "ami-1" },
  subnets: { [a]: "subnet-a", [b]: "subnet-b" },
  securityGroupIDs: ["sg-1"],
  amis: [],
  subnetList: [],
  securityGroups: [],
  instanceProfile: "nodes",
  reservations: [],
  cluster,
};
const nodeClass: EC2NodeClass = {
  ...customNodeClass,
  spec: {
    ...customNodeClass.spec,
    tags: { team: "shop", "karpenter.sh/nodepool": "spoofed" },
    blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { volumeSize: "80Gi", volumeType: "gp3", encrypted: true } }],
  },
};

function type(name: string, offerings: readonly (readonly [Offering["capacityType"], string, number])[], arch = "amd64"): InstanceType {
  return {
    name,
    requirements: [{ key: "kubernetes.io/arch", operator: "In", values: [arch] }],
    capacity: {},
    allocatable: {},
    offerings: offerings.map(([capacityType, zone, pricePerHour]) => ({ capacityType, zone, pricePerHour, available: true })),
  };
}

function claim(uid = "uid-1"): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-1", uid, labels: { "karpenter.sh/nodepool": "general" } },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
  };
}

function request(types: readonly InstanceType[], nodeClaim = claim()): FleetRequest {
  const offers = launchOffers(types, resources);
  if (offers === undefined) throw new Error("nothing on offer");
  return fleetRequest({ nodeClaim, nodeClass, offers, resources, templates: { amd64: "lt-amd64" }, cluster });
}

const large = type("m7i.large", [
  ["on-demand", a, 0.12],
  ["on-demand", b, 0.12],
]);

describe("what is asked for", () => {
  test("one on-demand instance at once, an override for each type and zone with its price", () => {
    expect(request([large])).toMatchObject({
      Type: "instant",
      TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: "on-demand" },
      OnDemandOptions: { AllocationStrategy: "lowest-price" },
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: { LaunchTemplateName: "lt-amd64", Version: "$Latest" },
          Overrides: [
            { InstanceType: "m7i.large", AvailabilityZone: a, SubnetId: "subnet-a", ImageId: "ami-1", Priority: 0.12 },
            { InstanceType: "m7i.large", AvailabilityZone: b, SubnetId: "subnet-b", ImageId: "ami-1", Priority: 0.12 },
          ],
        },
      ],
    });
  });

  test("our tags are on the instance, its volumes and the fleet, and the NodeClass can't overrule them", () => {
    const { TagSpecifications = [] } = request([large]);
    expect(TagSpecifications.map(({ ResourceType }) => ResourceType)).toEqual(["instance", "volume", "fleet"]);
    for (const { Tags = [] } of TagSpecifications)
      expect(Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))).toEqual({
        team: "shop",
        "eks:eks-cluster-name": "prod",
        "kubernetes.io/cluster/prod": "owned",
        "karpenter.sh/nodepool": "general",
        "karpenter.k8s.aws/ec2nodeclass": "default",
        "karpenter.sh/nodeclaim": "general-1",
      });
  });

  test("Spot where there is some, but none that is dearer than the cheapest on-demand offering", () => {
    const cheap = type("c7i.large", [
      ["spot", a, 0.05],
      ["on-demand", a, 0.1],
    ]);
    const dear = type("r7i.large", [["spot", a, 0.11]]);
    expect(launchOffers([cheap, dear], resources)).toMatchObject({ capacityType: "spot", types: [{ name: "c7i.large" }] });
    expect(request([cheap, dear])).toMatchObject({ SpotOptions: { AllocationStrategy: "price-capacity-optimized" } });
    expect(launchOffers([dear], resources)).toMatchObject({ capacityType: "spot", types: [{ name: "r7i.large" }] });
  });

  test("no zone without a subnet, and no architecture without an image", () => {
    expect(launchOffers([type("m7i.large", [["on-demand", "ap-southeast-1c", 0.1]])], resources)).toBeUndefined();
    expect(launchOffers([type("m7g.large", [["on-demand", a, 0.1]], "arm64")], resources)).toBeUndefined();
  });

  test("at most 60 types, the cheapest", () => {
    const many = Array.from({ length: 70 }, (_unused, index) => type(`m${index}.large`, [["on-demand", a, 1 - index / 100]]));
    const names = launchOffers(many, resources)?.types.map(({ name }) => name);
    expect(names).toHaveLength(60);
    expect(names?.[0]).toBe("m69.large");
    expect(names).not.toContain("m9.large");
  });
});

describe("the client token", () => {
  test("is the same for the same request, within EC2's 64 characters", () => {
    expect(request([large]).ClientToken).toBe(request([large]).ClientToken);
    expect(request([large]).ClientToken).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is another for another request, and for another claim of the same name", () => {
    const other = type("m7i.large", [["on-demand", a, 0.13]]);
    expect(request([other]).ClientToken).not.toBe(request([large]).ClientToken);
    expect(request([large], claim("uid-2")).ClientToken).not.toBe(request([large]).ClientToken);
  });
});

describe("what answers mean", () => {
  const asked = request([large]);

  test("an instance, with the zone of the override's subnet where EC2 does not repeat it", () => {
    const answer = {
      Instances: [
        { InstanceIds: ["i-1"], InstanceType: "m7i.large" as const, LaunchTemplateAndOverrides: { Overrides: { SubnetId: "subnet-b" } } },
      ],
    };
    expect(fleetAnswer(asked, answer)).toEqual({
      kind: "launched",
      instanceID: "i-1",
      instanceType: "m7i.large",
      zone: b,
      imageID: "ami-1",
      capacityType: "on-demand",
    });
  });

  test("no capacity, with the offerings that lack it", () => {
    const lacking = { LaunchTemplateAndOverrides: { Overrides: { InstanceType: "m7i.large" as const, AvailabilityZone: a } } };
    const answer = { Errors: [{ ErrorCode: "InsufficientInstanceCapacity", ErrorMessage: "none", ...lacking }] };
    expect(fleetAnswer(asked, answer)).toMatchObject({
      kind: "nothing",
      isCapacity: true,
      lacking: [{ instanceType: "m7i.large", zone: a, capacityType: "on-demand" }],
    });
  });

  test("another error is not taken for a lack of capacity", () => {
    const answer = { Errors: [{ ErrorCode: "UnauthorizedOperation", ErrorMessage: "no" }] };
    expect(fleetAnswer(asked, answer)).toMatchObject({ kind: "nothing", isCapacity: false, message: "UnauthorizedOperation: no" });
    expect(fleetAnswer(asked, {})).toMatchObject({ kind: "nothing", isCapacity: false });
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
    ["InvalidInstanceID.NotFound", "not-found"],
    ["InvalidLaunchTemplateName.AlreadyExistsException", "already-exists"],
    ["InvalidLaunchTemplateName.NotFoundException", "launch-template-not-found"],
    ["RequestLimitExceeded", "other"],
  ];
  test.each(codes)("%s is %s", (code, kind) => {
    expect(failureKindOf(code)).toBe(kind);
  });
});

describe("the launch template", () => {
  const made = (
    change: Partial<NonNullable<EC2NodeClass["spec"]>> = {},
    settings: Parameters<typeof launchTemplate>[0]["cluster"] = cluster,
  ) => {
    const spec = { ...nodeClass.spec!, ...change };
    return launchTemplate({
      nodeClass: { ...nodeClass, spec },
      nodeClaim: claim(),
      imageID: "ami-1",
      securityGroupIDs: ["sg-1"],
      instanceProfile: "nodes",
      cluster: settings,
    });
  };

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
          UserData: Buffer.from("#!/bin/sh").toString("base64"),
        },
      },
    });
    expect(made()).toEqual(made());
    expect(made({ detailedMonitoring: true })).not.toEqual(made());
  });

  test("configures AL2023 for its cluster, with the taint that keeps Pods off until the node is registered", () => {
    const settings = { name: "prod", endpoint: "https://api.example.com", certificateAuthority: "Q0E=", serviceCIDR: "10.96.0.0/16" };
    const answer = made({ amiFamily: "AL2023" }, settings);
    const userData = answer.ok ? Buffer.from(answer.value.data.UserData ?? "", "base64").toString("utf8") : "";
    expect(userData).toContain("application/node.eks.aws");
    expect(userData).toContain("registerWithTaints:\n        - effect: NoExecute\n          key: karpenter.sh/unregistered");
    expect(userData).toContain('--node-labels="karpenter.sh/do-not-sync-taints=true,karpenter.sh/nodepool=general"');
  });

  test("says what lacks of the cluster, and what is too long", () => {
    expect(made({ amiFamily: "Bottlerocket" })).toMatchObject({
      ok: false,
      error: expect.stringContaining("--cluster-endpoint") as string,
    });
    expect(made({ userData: "x".repeat(17_000) })).toMatchObject({ ok: false, error: expect.stringContaining("17000 bytes") as string });
  });
});
