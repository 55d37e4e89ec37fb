/**
 * The fake instance types of Karpenter's scheduling benchmark: 400 sizes whose price is strictly linear in size.
 *
 * Type i has i+1 CPU, 2(i+1) Gi, room for 10(i+1) Pods, 100m and 10Mi of kube-reserved, and five offerings at one price.
 * Many packings cost the same, so only what a packing wastes tells it from another.
 */
import { archLabel, capacityTypeLabel, instanceTypeLabel, osLabel, zoneLabel } from "../src/api/labels.ts";
import type { InstanceType, Offering } from "../src/api/instance-type.ts";
import type { NodeSelectorRequirement } from "../src/api/pod.ts";

const gibibyte = 1024 ** 3;
const mebibyte = 1024 ** 2;
export const reservedCpuMillis = 100;
export const reservedMemoryBytes = 10 * mebibyte;
/** Price of one CPU with its 2 Gi, in USD an hour: 0.31475. */
export const pricePerUnit = 0.1 + (0.1 * 2 * gibibyte) / 1e9;
const zones = ["test-zone-1", "test-zone-2", "test-zone-3"] as const;

/** Returns the first `count` fake types; the benchmark uses 400. */
export function fakeInstanceTypes(count: number): readonly InstanceType[] {
  return Array.from({ length: count }, (_, index) => fakeInstanceType(index + 1));
}

function fakeInstanceType(units: number): InstanceType {
  const capacity = { cpu: units * 1000, memory: units * 2 * gibibyte, pods: units * 10 };
  const large = units > 4;
  return {
    name: `fake-it-${units - 1}`,
    requirements: [
      within(instanceTypeLabel, `fake-it-${units - 1}`),
      within(archLabel, "amd64"),
      within(osLabel, "linux", "windows", "darwin"),
      within(zoneLabel, ...zones),
      within(capacityTypeLabel, "spot", "on-demand"),
      within("size", large ? "large" : "small"),
      large ? within("special", "optional") : { key: "special", operator: "DoesNotExist" },
      within("integer", String(units)),
    ],
    capacity,
    allocatable: { ...capacity, cpu: capacity.cpu - reservedCpuMillis, memory: capacity.memory - reservedMemoryBytes },
    offerings: offeringsAt(units * pricePerUnit),
  };
}

function offeringsAt(pricePerHour: number): readonly Offering[] {
  const spot = zones.slice(0, 2).map((zone): Offering => ({ zone, capacityType: "spot", pricePerHour, available: true }));
  const onDemand = zones.map((zone): Offering => ({ zone, capacityType: "on-demand", pricePerHour, available: true }));
  return [...spot, ...onDemand];
}

function within(key: string, ...values: readonly string[]): NodeSelectorRequirement {
  return { key, operator: "In", values };
}
