/** A claim that starts with Spot keeps many types to fall back on: where one pool of Spot capacity dries up, the others still serve. */
import { describe, expect, test } from "vitest";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { solve } from "../../../src/provisioner/scheduling/solve.ts";
import { nodePool, pod } from "../../support/objects.ts";

/** What EC2's price-capacity-optimized strategy chooses among; Karpenter asks for as many before it replaces Spot by Spot. */
const spotTypesMin = 15;
const zones = ["a", "b", "c"];

describe("the Spot claims of a plan over the EC2 catalogue", () => {
  test.each([
    { sizes: "small Pods", scale: 1 },
    { sizes: "Pods of up to 20 CPUs", scale: 16 },
    { sizes: "Pods of up to 52 CPUs", scale: 40 },
  ])("name at least 15 types, for $sizes", ({ scale }) => {
    const pool = nodePool();
    const plan = solve({
      pods: Array.from({ length: 120 }, (_, index) => ({ key: `default/p${index}`, pod: sized(index, scale) })),
      nodePools: [pool],
      instanceTypes: new Map([[pool.metadata.name ?? "", spotTypes()]]),
      daemonSets: [],
      nodes: [],
      namespaces: new Map(),
    });
    expect(plan.unschedulable).toEqual([]);
    expect(new Set(plan.newNodes.map(({ capacityType }) => capacityType))).toEqual(new Set(["spot"]));
    expect(Math.min(...plan.newNodes.map(({ instanceTypes }) => instanceTypes.length))).toBeGreaterThanOrEqual(spotTypesMin);
  });
});

/** Thirteen by seventeen sizes of Pods. */
function sized(index: number, scale: number): ReturnType<typeof pod> {
  const cpu = `${(1 + ((index * 7) % 13)) * 100 * scale}m`;
  const memory = `${(1 + ((index * 11) % 17)) * 200 * scale}Mi`;
  return pod({ name: `p${index}`, spec: { containers: [{ name: "app", resources: { requests: { cpu, memory } } }] } });
}

/** Every type of the catalogue, at a price that follows its size. */
function spotTypes(): readonly InstanceType[] {
  return catalogInstanceTypes({ zones }).map((type) => {
    const { cpu = 0, memory = 0 } = type.allocatable;
    const pricePerHour = (cpu / 1000) * 0.02 + (memory / 2 ** 30) * 0.002;
    return { ...type, offerings: zones.map((zone) => ({ zone, capacityType: "spot" as const, available: true, pricePerHour })) };
  });
}
