/**
 * A Pod gets the cheapest instance that its NodePool and it leave, as Karpenter's users count on it (its suite of instance selection).
 *
 * Every type has a price of its own in each zone, drawn; a dumb twin looks at all of them.
 */
import { describe, expect, it } from "vitest";
import type { InstanceType } from "../../../../src/api/instance-type.ts";
import { archLabel, capacityTypeLabel, instanceTypeLabel, osLabel, zoneLabel } from "../../../../src/api/labels.ts";
import { randomOf } from "../../../webhook/seeded-random.ts";
import { a, b, c, onNodes, planned, pods, poolOf } from "./suite-world.ts";

type Values = Readonly<Record<string, readonly string[]>>;

const [onDemand, spot] = ["on-demand", "spot"] as const;
const [amd, arm, windows, linux] = [
  { [archLabel]: ["amd64"] },
  { [archLabel]: ["arm64"] },
  { [osLabel]: ["windows"] },
  { [osLabel]: ["linux"] },
];
const [inA, inB, asSpot, asOnDemand] = [
  { [zoneLabel]: [a] },
  { [zoneLabel]: [b] },
  { [capacityTypeLabel]: [spot] },
  { [capacityTypeLabel]: [onDemand] },
];

function fleetOf(seed: number): readonly InstanceType[] {
  const random = randomOf(seed);
  return [2, 4, 8].flatMap((cpu) =>
    ["amd64", "arm64"].flatMap((arch) =>
      ["linux", "windows"].map((os): InstanceType => {
        const name = `t${cpu}-${arch}-${os}`;
        const labels = { [instanceTypeLabel]: [name], [archLabel]: [arch], [osLabel]: [os], [zoneLabel]: [a, b, c] };
        const amounts = { cpu: cpu * 1_000, memory: cpu * 4 * 2 ** 30, pods: 50 };
        const offerings = [a, b, c].flatMap((zone) =>
          [onDemand, spot].map((capacityType) => ({
            zone,
            capacityType,
            available: true,
            pricePerHour: 0.01 + Math.floor(random() * 1_000) / 1_000,
          })),
        );
        const requirements = Object.entries(labels).map(([key, values]) => ({ key, operator: "In" as const, values }));
        return { name, requirements, capacity: amounts, allocatable: amounts, offerings };
      }),
    ),
  );
}

/** Looks at each offering of each type. */
function cheapest(types: readonly InstanceType[], cpu: number, ...asked: readonly Values[]): number | undefined {
  const allows = (key: string, value: string): boolean => asked.every((values) => values[key]?.includes(value) ?? true);
  const prices = types
    .filter(({ capacity }) => (capacity["cpu"] ?? 0) >= cpu * 1_000)
    .filter(({ requirements }) => requirements.every(({ key, values = [] }) => key === zoneLabel || allows(key, values[0] ?? "")))
    .flatMap(({ offerings }) => offerings.filter((one) => allows(zoneLabel, one.zone) && allows(capacityTypeLabel, one.capacityType)))
    .map(({ pricePerHour }) => pricePerHour);
  return prices.length === 0 ? undefined : Math.min(...prices);
}

describe("a Pod gets the cheapest instance there is", () => {
  it.each<readonly [string, Values, Values]>([
    ["of all", {}, {}],
    ["of the architecture that it asks for, amd64", {}, amd],
    ["of the architecture that it asks for, arm64", {}, arm],
    ["of its NodePool's architecture, amd64", amd, {}],
    ["of its NodePool's architecture, arm64", arm, {}],
    ["of its NodePool's operating system, windows", windows, {}],
    ["of the operating system that it asks for, windows", {}, windows],
    ["of its NodePool's operating system, linux", linux, {}],
    ["of the operating system that it asks for, linux", {}, linux],
    ["in its NodePool's zone", inB, {}],
    ["in the zone that it asks for", {}, inB],
    ["of its NodePool's capacity type", asSpot, {}],
    ["of the capacity type that it asks for", {}, asSpot],
    ["of its NodePool's capacity type and zone", { ...asOnDemand, ...inA }, {}],
    ["of the capacity type and zone that it asks for", {}, { ...asSpot, ...inA }],
    ["of its NodePool's capacity type, in the zone that it asks for", asSpot, inB],
    ["of all that its NodePool can ask for", { ...asOnDemand, ...inA, ...arm, ...windows }, {}],
    ["of what NodePool and Pod ask for together", { ...asSpot, ...inB }, { ...amd, ...linux }],
    ["of all that a Pod can ask for", {}, { ...asSpot, ...inB, ...amd, ...linux }],
    ["of no architecture at all", {}, { [archLabel]: ["arm"] }],
    ["of no architecture, in a zone", {}, { [archLabel]: ["arm"], ...inB }],
    ["of a NodePool without any, in a zone", { [archLabel]: ["arm"] }, inB],
  ])("%s", (_what, ofPool, ofPod) => {
    // An empty term takes no node.
    const spec = Object.keys(ofPod).length === 0 ? {} : onNodes(ofPod);
    for (let seed = 1; seed <= 10; seed++)
      for (const cpu of [1, 3, 7]) {
        const types = fleetOf(seed);
        const plan = planned({ pods: pods(1, { cpu: String(cpu), spec }), nodePools: [poolOf(ofPool)], types });
        expect([seed, cpu, plan.newNodes[0]?.pricePerHour]).toEqual([seed, cpu, cheapest(types, cpu, ofPool, ofPod)]);
      }
  });

  it("by the price of the capacity type that is bought, whatever the other's order is", () => {
    const [first, second] = fleetOf(1);
    if (first === undefined || second === undefined) throw new Error("the fleet has two types");
    const priced = (type: InstanceType, name: string, ofSpot: number, ofOnDemand: number): InstanceType => ({
      ...type,
      name,
      requirements: [
        ...first.requirements.filter(({ key }) => key !== instanceTypeLabel),
        { key: instanceTypeLabel, operator: "In", values: [name] },
      ],
      offerings: [
        { zone: a, capacityType: spot, available: true, pricePerHour: ofSpot },
        { zone: a, capacityType: onDemand, available: true, pricePerHour: ofOnDemand },
      ],
    });
    const types = [priced(first, "cheap-spot", 0.1, 0.9), priced(second, "cheap-on-demand", 0.2, 0.5)];
    const plan = planned({ pods: pods(1), nodePools: [poolOf(asOnDemand)], types });
    expect(plan.newNodes.map(({ instanceType }) => instanceType)).toEqual(["cheap-on-demand"]);
  });
});
