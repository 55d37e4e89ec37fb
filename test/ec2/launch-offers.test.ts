/**
 * What one launch asks for: the filters of Karpenter's launch, in their order.
 */
import { describe, expect, test } from "vitest";
import type { InstanceType, Offering } from "../../src/api/instance-type.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { launchGroups } from "../../src/ec2/launch-groups.ts";
import { launchOffers, type OfferInput } from "../../src/ec2/launch-offers.ts";

const [a, b, c] = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];

type Sold = readonly [Offering["capacityType"], string, number, Offering["reservation"]?];

function type(name: string, sold: readonly Sold[], change: Partial<InstanceType> = {}): InstanceType {
  return {
    name,
    requirements: [
      { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
      { key: "karpenter.k8s.aws/instance-family", operator: "In", values: [name.split(".")[0] ?? ""] },
    ],
    capacity: { pods: 58 },
    allocatable: {},
    offerings: sold.map(([capacityType, zone, pricePerHour, reservation]) => ({
      ...{ capacityType, zone, pricePerHour, available: true },
      ...(reservation === undefined ? {} : { reservation }),
    })),
    ...change,
  };
}

function claim(requirements: NodeClaim["spec"]["requirements"] = [], requests: Readonly<Record<string, string>> = {}): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-1", uid: "uid-1" },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements, resources: { requests } },
  };
}

function offers(candidates: readonly InstanceType[], change: Partial<OfferInput> = {}) {
  const subnets = { [a]: "subnet-a", [b]: "subnet-b" };
  return launchOffers({ nodeClaim: claim(), candidates, imageOf: () => "ami-1", subnets, isAvailable: () => true, ...change });
}

function namesOf(found: ReturnType<typeof offers>): readonly string[] {
  return found.ok ? found.value.types.map(({ name }) => name) : [found.error];
}

describe("the way to buy", () => {
  test("is Spot where there is some, but none that is dearer than the cheapest on-demand offering", () => {
    const cheap = type("c7i.large", [
      ["spot", a, 0.05],
      ["on-demand", a, 0.1],
    ]);
    const dear = type("r7i.large", [["spot", a, 0.11]]);
    expect(offers([cheap, dear])).toMatchObject({ ok: true, value: { capacityType: "spot", types: [{ name: "c7i.large" }] } });
    expect(offers([dear])).toMatchObject({ ok: true, value: { capacityType: "spot", types: [{ name: "r7i.large" }] } });
  });

  test("is a reservation before Spot, one of the cheapest kind, and in each zone that with most room", () => {
    const reservation = (id: string, remaining: number, kind: "default" | "capacity-block" = "default") => ({
      ...{ id, kind, isInterruptible: false, remaining },
    });
    const mixed = type("m7i.large", [
      ["spot", a, 0.01],
      ["reserved", a, 0.000_1, reservation("cr-small", 1)],
      ["reserved", b, 0.000_1, reservation("cr-b", 2)],
    ]);
    const other = type("m7i.xlarge", [["reserved", a, 0.000_2, reservation("cr-large", 5)]]);
    const found = offers([mixed, other]);
    expect(found).toMatchObject({ ok: true, value: { capacityType: "reserved", reservationKind: "default" } });
    const ids = found.ok ? found.value.types.flatMap(({ offerings }) => offerings.map(({ reservation: one }) => one?.id)) : [];
    expect(ids.sort()).toEqual(["cr-b", "cr-large"]);
  });

  test("of capacity blocks is the single cheapest type, and a full reservation is none", () => {
    const block = (id: string, remaining: number) => ({ id, kind: "capacity-block" as const, isInterruptible: false, remaining });
    const small = type("p5.48xlarge", [["reserved", a, 0.000_1, block("cr-1", 1)]]);
    const large = type("p5e.48xlarge", [["reserved", b, 0.000_2, block("cr-2", 1)]]);
    expect(namesOf(offers([small, large]))).toEqual(["p5.48xlarge"]);
    const full = type("m7i.large", [
      ["reserved", a, 0.000_1, block("cr-3", 0)],
      ["on-demand", a, 0.1],
    ]);
    expect(offers([full])).toMatchObject({ ok: true, value: { capacityType: "on-demand" } });
  });
});

describe("types", () => {
  const plain = type("m7i.large", [["on-demand", a, 0.1]]);

  test("are at most 60, the cheapest", () => {
    const many = Array.from({ length: 70 }, (_unused, index) => type(`m${index}.large`, [["on-demand", a, 1 - index / 100]]));
    const names = namesOf(offers(many));
    expect(names).toHaveLength(60);
    expect(names[0]).toBe("m69.large");
    expect(names).not.toContain("m9.large");
  });

  test("of bare metal and with accelerators are left out, unless there is nothing else or the pool wants variety", () => {
    const metal = type("m7i.metal-24xl", [["on-demand", a, 0.05]]);
    const gpu = type("g6.xlarge", [["on-demand", a, 0.04]], { capacity: { "nvidia.com/gpu": 1 } });
    expect(namesOf(offers([gpu, metal, plain]))).toEqual(["m7i.large"]);
    expect(namesOf(offers([gpu, metal]))).toEqual(["g6.xlarge", "m7i.metal-24xl"]);
    const varied = claim([{ key: "karpenter.k8s.aws/instance-family", operator: "Exists", minValues: 2 }]);
    expect(namesOf(offers([gpu, plain], { nodeClaim: varied }))).toEqual(["g6.xlarge", "m7i.large"]);
  });

  test("that show too few values for minValues are none, and it is said which", () => {
    const varied = claim([{ key: "karpenter.k8s.aws/instance-family", operator: "Exists", minValues: 2 }]);
    const found = offers([plain, type("m7i.xlarge", [["on-demand", a, 0.2]])], { nodeClaim: varied });
    expect(found).toMatchObject({
      ok: false,
      error: expect.stringContaining("minValues of karpenter.k8s.aws/instance-family is 2") as string,
    });
  });

  test("are none without a subnet in their zone, an image of their architecture, or an offering that is to be had", () => {
    expect(offers([type("m7i.large", [["on-demand", c, 0.1]])]).ok).toBe(false);
    expect(offers([plain], { imageOf: () => undefined }).ok).toBe(false);
    expect(offers([plain], { isAvailable: () => false }).ok).toBe(false);
    expect(offers([]).ok).toBe(false);
  });
});

describe("groups of one launch template", () => {
  test("are told apart by density, reservation and the EFA interfaces that the claim asks for", () => {
    const reserved = (id: string) => ({ id, kind: "default" as const, isInterruptible: false, remaining: 1 });
    const types = [
      type("m7i.large", [["reserved", a, 0.1, reserved("cr-1")]], { capacity: { pods: 29 } }),
      type("c7i.large", [["reserved", a, 0.1, reserved("cr-1")]], { capacity: { pods: 29 } }),
      type("m7i.xlarge", [["reserved", b, 0.2, reserved("cr-2")]], { capacity: { pods: 58, "vpc.amazonaws.com/efa": 2 } }),
    ];
    const groupsOf = (nodeClaim: NodeClaim) =>
      launchGroups({ nodeClaim, offers: { capacityType: "reserved", reservationKind: "default", types }, imageOf: () => "ami-1" }).map(
        ({ maxPods, efaCount, reservation, types: own }) => [maxPods, efaCount, reservation?.id, own.map(({ name }) => name)],
      );
    expect(groupsOf(claim())).toEqual([
      [29, 0, "cr-1", ["m7i.large", "c7i.large"]],
      [58, 0, "cr-2", ["m7i.xlarge"]],
    ]);
    expect(groupsOf(claim([], { "vpc.amazonaws.com/efa": "1" }))[1]).toEqual([58, 2, "cr-2", ["m7i.xlarge"]]);
  });
});
