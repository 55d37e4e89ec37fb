/** An EC2NodeClass narrows what may be launched to its zones, its images and its settings, and offers its reservations. */
import { describe, expect, test } from "vitest";
import type { EC2NodeClass } from "../../src/api/ec2-node-class.ts";
import type { InstanceType } from "../../src/api/instance-type.ts";
import { classInstanceTypes, type ClassOffer } from "../../src/catalog/class-types.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";

const [zoneA, zoneB] = ["ap-southeast-1a", "ap-southeast-1b"];
const zones = [zoneA, zoneB];
const all = catalogInstanceTypes({ zones });

function nodeClass({
  spec = {},
  status,
}: { readonly spec?: Partial<EC2NodeClass["spec"]>; readonly status?: EC2NodeClass["status"] } = {}): EC2NodeClass {
  const terms = {
    subnetSelectorTerms: [{ id: "subnet-1" }],
    securityGroupSelectorTerms: [{ id: "sg-1" }],
    amiSelectorTerms: [{ id: "ami-1" }],
  };
  return {
    apiVersion: "karpenter.k8s.aws/v1",
    kind: "EC2NodeClass",
    metadata: { name: "default" },
    spec: { ...terms, amiFamily: "AL2023", instanceProfile: "nodes", ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

function typesOf(offer: Partial<ClassOffer>): readonly InstanceType[] {
  const types = classInstanceTypes({ nodeClass: nodeClass(), zones, ...offer });
  if (!types.ok) throw new Error(types.error);
  return types.value;
}

function offered(types: readonly InstanceType[], name = "m7i.large"): readonly string[] {
  return types.find((type) => type.name === name)?.offerings.map(({ zone, capacityType }) => `${zone} ${capacityType}`) ?? ["no such type"];
}

const image = (
  id: string,
  ...requirements: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[]
) => ({
  id,
  requirements: requirements.map(({ key, operator, values }) => ({
    key,
    operator,
    ...(values === undefined ? {} : { values: [...values] }),
  })),
});
const arch = (...values: readonly string[]) => ({ key: "kubernetes.io/arch", operator: "In", values });

test("a class that says nothing leaves the catalogue as it is, but for what its image family can't boot", () => {
  expect(typesOf({})).toEqual(all.filter(({ name }) => !name.startsWith("a1.")));
  expect(typesOf({ nodeClass: nodeClass({ spec: { amiFamily: "Bottlerocket" } }) }).map(({ name }) => name)).toEqual(
    all.map(({ name }) => name),
  );
});

describe("zones are", () => {
  const known = nodeClass({
    status: {
      subnets: [
        { id: "subnet-2", zone: zoneB },
        { id: "subnet-3", zone: zoneB },
      ],
    },
  });

  test("those of the class's subnets, where its status tells them", () => {
    expect(offered(typesOf({ nodeClass: known }))).toEqual([`${zoneB} on-demand`, `${zoneB} spot`]);
    expect(typesOf({ nodeClass: known }).find(({ name }) => name === "m7i.large")?.requirements).toContainEqual({
      key: "topology.kubernetes.io/zone",
      operator: "In",
      values: [zoneB],
    });
  });

  test("those that the cloud tells before those of the status", () => {
    expect(offered(typesOf({ nodeClass: known, subnetZones: [zoneA] }))).toEqual([`${zoneA} on-demand`, `${zoneA} spot`]);
  });

  test("those that are asked for while nobody tells any", () => {
    expect(offered(typesOf({ nodeClass: nodeClass({ status: { subnets: [] } }) }))).toHaveLength(4);
  });
});

describe("types are only those", () => {
  const architectures = (types: readonly InstanceType[]) =>
    new Set(types.flatMap(({ requirements }) => requirements.find(({ key }) => key === "kubernetes.io/arch")?.values ?? []));
  const isGpu = ({ requirements }: InstanceType) =>
    requirements.find(({ key }) => key === "karpenter.k8s.aws/instance-gpu-count")?.operator === "In";

  test("of the architectures of its images", () => {
    expect(architectures(typesOf({ nodeClass: nodeClass({ status: { amis: [image("ami-1", arch("arm64"))] } }) }))).toEqual(
      new Set(["arm64"]),
    );
    expect(
      architectures(
        typesOf({ nodeClass: nodeClass({ status: { amis: [image("ami-1", arch("arm64")), image("ami-2", arch("amd64"))] } }) }),
      ),
    ).toEqual(new Set(["amd64", "arm64"]));
    expect(
      architectures(typesOf({ nodeClass: nodeClass({ status: { amis: [image("ami-1", arch("arm64"))] } }), architectures: ["amd64"] })),
    ).toEqual(new Set(["amd64"]));
  });

  test("that one of its images is for: GPUs need an image of their own where images say so", () => {
    const noGpu = { key: "karpenter.k8s.aws/instance-gpu-count", operator: "DoesNotExist" };
    const gpu = { key: "karpenter.k8s.aws/instance-gpu-count", operator: "Exists" };
    const standard = typesOf({ nodeClass: nodeClass({ status: { amis: [image("ami-1", arch("amd64"), noGpu)] } }) });
    expect([standard.length > 500, standard.some(isGpu)]).toEqual([true, false]);
    const nvidia = typesOf({ nodeClass: nodeClass({ status: { amis: [image("ami-1", arch("amd64"), gpu)] } }) });
    expect([nvidia.length > 20, nvidia.every(isGpu)]).toEqual([true, true]);
  });

  test("of the Nitro hypervisor where connections are tracked", () => {
    const names = typesOf({ nodeClass: nodeClass({ spec: { connectionTracking: { udpTimeout: 30 } } }) }).map(({ name }) => name);
    expect([names.includes("m7i.large"), names.includes("c4.large"), names.includes("c5.metal")]).toEqual([true, false, false]);
  });

  test("with as many interfaces as the class names", () => {
    const card = (deviceIndex: number, interfaceType: "interface" | "efa-only" = "interface") => ({
      networkCardIndex: 0,
      deviceIndex,
      interfaceType,
    });
    const names = (...networkInterfaces: readonly ReturnType<typeof card>[]) =>
      typesOf({ nodeClass: nodeClass({ spec: { networkInterfaces } }) }).map(({ name }) => name);
    expect(names(card(0), card(3))).toContain("m7i.xlarge");
    expect(names(card(0), card(3))).not.toContain("m7i.large");
    expect(names(card(0), card(1, "efa-only"))).not.toContain("m7i.large");
    expect(names(card(0), card(1, "efa-only"))).toContain("c5n.18xlarge");
  });
});

describe("allocatable", () => {
  test("is what the class's kubelet leaves", () => {
    const kubelet = { maxPods: 20, kubeReserved: { cpu: "500m" }, systemReserved: { memory: "1Gi" } };
    const of = (types: readonly InstanceType[]) => types.find(({ name }) => name === "m7i.large");
    const [plain, tuned] = [of(all), of(typesOf({ nodeClass: nodeClass({ spec: { kubelet } }) }))];
    expect(tuned?.allocatable).toMatchObject({ cpu: 1500, pods: 20, memory: (plain?.allocatable["memory"] ?? 0) - 1024 ** 3 });
  });

  test("of a kubelet that can't be counted with is refused by class, field and value", () => {
    const types = classInstanceTypes({ nodeClass: nodeClass({ spec: { kubelet: { maxPods: "many" } } }), zones });
    const [error] = types.ok ? [] : [types.error];
    expect(error).toMatch(
      /^EC2NodeClass "default": spec\.kubelet\.maxPods: "many" is neither a quantity nor an expression that can be read: .*many/,
    );
  });
});

describe("a capacity reservation", () => {
  const reservation = {
    id: "cr-1",
    instanceType: "m7i.large",
    availabilityZone: zoneB,
    ownerID: "123456789012",
    instanceMatchCriteria: "targeted" as const,
  };
  const withReservations = (...capacityReservations: NonNullable<NonNullable<EC2NodeClass["status"]>["capacityReservations"]>) =>
    nodeClass({ status: { capacityReservations } });
  const reservedOf = (offer: Partial<ClassOffer>, name = "m7i.large") =>
    typesOf(offer)
      .find((type) => type.name === name)
      ?.offerings.filter(({ capacityType }) => capacityType === "reserved") ?? [];
  const counts = new Map([["cr-1", 3]]);

  test("is offered in its zone, almost free, with the room that it has", () => {
    expect(reservedOf({ nodeClass: withReservations(reservation), reservationCounts: counts })).toEqual([
      {
        zone: zoneB,
        capacityType: "reserved",
        available: true,
        pricePerHour: 0.126 / 10_000_000,
        reservation: { id: "cr-1", kind: "default", isInterruptible: false, remaining: 3 },
      },
    ]);
    const labels = typesOf({ nodeClass: withReservations(reservation), reservationCounts: counts }).find(
      ({ name }) => name === "m7i.large",
    )?.requirements;
    expect(labels).toContainEqual({ key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand", "spot", "reserved"] });
    expect(reservedOf({ nodeClass: withReservations(reservation), reservationCounts: counts }, "m7i.xlarge")).toEqual([]);
  });

  test("is offered for a type without a price too, at 0, and says what it is", () => {
    const block = {
      ...reservation,
      instanceType: "p4de.24xlarge",
      availabilityZone: zoneA,
      reservationType: "capacity-block" as const,
      interruptible: true,
    };
    expect(reservedOf({ nodeClass: withReservations(block), reservationCounts: counts }, "p4de.24xlarge")).toMatchObject([
      { pricePerHour: 0, reservation: { kind: "capacity-block", isInterruptible: true } },
    ]);
  });

  test("is not offered where nobody counts how much room it has", () => {
    expect(reservedOf({ nodeClass: withReservations(reservation) })).toEqual([]);
  });

  test.each([
    ["full", { nodeClass: withReservations(reservation), reservationCounts: new Map([["cr-1", 0]]) }],
    ["not counted", { nodeClass: withReservations(reservation), reservationCounts: new Map([["cr-2", 5]]) }],
    ["about to end", { nodeClass: withReservations({ ...reservation, state: "expiring" as const }), reservationCounts: counts }],
    ["in a zone without a subnet", { nodeClass: withReservations(reservation), reservationCounts: counts, subnetZones: [zoneA] }],
    [
      "known to lack capacity",
      {
        nodeClass: withReservations(reservation),
        reservationCounts: counts,
        isAvailable: ({ capacityType }: { readonly capacityType: string }) => capacityType !== "reserved",
      },
    ],
  ])("that is %s is none to plan with", (_what, offer) => {
    expect(reservedOf(offer).map(({ available }) => available)).toEqual([false]);
  });
});
