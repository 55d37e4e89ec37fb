/**
 * The list of a class's types is the same object as long as nothing in it has changed, whoever asks and however often.
 */
import { expect, test } from "vitest";
import type { EC2NodeClass } from "../../src/api/ec2-node-class.ts";
import type { InstanceType } from "../../src/api/instance-type.ts";
import { ok } from "../../src/api/result.ts";
import { fallbackPrices } from "../../src/catalog/price-table.ts";
import type { Ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { classTypeLists, type ReadyClass } from "../../src/ec2/class-type-list.ts";
import type { NodeClassResources } from "../../src/ec2/node-class-resources.ts";
import type { NumberedPrices } from "../../src/ec2/prices.ts";
import { liveQuotas } from "../../src/ec2/quotas.ts";
import { unavailableOfferings } from "../../src/ec2/unavailable-offerings.ts";
import { virtualTime } from "../cluster-io/virtual-clock.ts";
import { customNodeClass } from "./custom-node-class.ts";

const zone = "ap-southeast-1a";
const amd64 = { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] } as const;
const resources = (): NodeClassResources => ({
  images: { amd64: "ami-1" },
  subnets: { [zone]: "subnet-a" },
  securityGroupIDs: ["sg-1"],
  amis: [{ id: "ami-1", name: "one", deprecated: false, createdAt: "", requirements: [amd64] }],
  subnetList: [{ id: "subnet-a", zone, zoneID: "apse1-az1", freeAddresses: 100 }],
  securityGroups: [],
  instanceProfile: "nodes",
  reservations: [],
  cluster: { name: "prod" },
});

function world() {
  const time = virtualTime();
  const clock = time.clock();
  const unavailable = unavailableOfferings(clock);
  const live: { numbered: NumberedPrices } = { numbered: { sequence: 0, prices: fallbackPrices() } };
  const subnets = { free: 100 };
  const quotas = liveQuotas({ clock, ec2: { countInstances: () => Promise.resolve(ok(new Map())) } });
  const ec2: Pick<Ec2Calls, "createFleet" | "subnets"> = {
    createFleet: () => Promise.resolve(ok({})),
    subnets: () => Promise.resolve(ok([{ SubnetId: "subnet-a", AvailableIpAddressCount: subnets.free }])),
  };
  const calls = quotas.listening(ec2);
  const typesOf = classTypeLists({ unavailable, quotas, livePrices: { current: () => Promise.resolve(live.numbered) } });
  const ask = async (ready: ReadyClass = { nodeClass: customNodeClass, resources: resources() }): Promise<readonly InstanceType[]> => {
    const types = await typesOf(ready);
    if (!types.ok) throw new Error(types.error);
    return types.value;
  };
  return { time, unavailable, live, subnets, calls, ask };
}

const large = { instanceType: "m7i.large", zone, capacityType: "on-demand" } as const;
const offeringOf = (types: readonly InstanceType[]) =>
  types.find(({ name }) => name === large.instanceType)?.offerings.find(({ capacityType }) => capacityType === large.capacityType);

test("resources that are read anew and a status that is written leave it what it is", async () => {
  const { ask } = world();
  const first = await ask();
  expect(await ask()).toBe(first);
  expect(await ask({ nodeClass: { ...customNodeClass }, resources: resources() })).toBe(first);
});

test("a price makes another of it, in which all other types are those of before", async () => {
  const { ask, live } = world();
  const first = await ask();
  const table = fallbackPrices();
  const onDemand = (type: string): number | undefined => (type === large.instanceType ? 7 : table.onDemand(type));
  live.numbered = { sequence: 1, prices: { ...table, onDemand } };
  const second = await ask();
  expect(offeringOf(second)?.pricePerHour).toBe(7);
  expect(second.filter((type, index) => type !== first[index]).map(({ name }) => name)).toEqual([large.instanceType]);
});

test("a want of capacity makes another of it, and its end the next, though nobody marks anything", async () => {
  const { ask, unavailable, time } = world();
  const first = await ask();
  unavailable.mark(large);
  expect(offeringOf(await ask())).toMatchObject({ available: false });
  await time.advance(3_600_000);
  const third = await ask();
  expect(offeringOf(third)?.available).toBe(true);
  expect(third).toEqual(first);
});

test("a subnet without addresses keeps its zone from being had, and says so", async () => {
  const { ask, calls, subnets } = world();
  await ask();
  subnets.free = 0;
  await calls.subnets({});
  expect(offeringOf(await ask())).toMatchObject({ available: false, lack: "addresses" });
});

test("a reservation is offered as far as it has room, until its own slots are told to be gone", async () => {
  const { ask, unavailable } = world();
  const id = "cr-0a";
  const reserved = {
    id,
    instanceType: large.instanceType,
    availabilityZone: zone,
    ownerID: "123456789012",
    instanceMatchCriteria: "targeted",
  } as const;
  const nodeClass: EC2NodeClass = { ...customNodeClass, status: { capacityReservations: [reserved] } };
  const room = (remaining: number): NodeClassResources => ({
    ...resources(),
    reservations: [{ ...reserved, zone, kind: "default", isInterruptible: false, isExpiring: false, remaining }],
  });
  const offered = async (remaining: number) => {
    const types = await ask({ nodeClass, resources: room(remaining) });
    const offering = types.find(({ name }) => name === large.instanceType)?.offerings.find(({ reservation }) => reservation?.id === id);
    return [offering?.available, offering?.reservation?.remaining];
  };
  expect([await offered(2), await offered(0)]).toEqual([
    [true, 2],
    [false, 0],
  ]);
  unavailable.mark({ instanceType: large.instanceType, zone, capacityType: "reserved", reservation: id });
  expect(await offered(2)).toEqual([false, 2]);
});
