/** The estimate of a replica: the same answer for Pods that are placed in the same words, and another where size, place, pool or types differ. */
import { expect, it } from "vitest";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import { zoneLabel } from "../../../src/api/labels.ts";
import type { PodSpec } from "../../../src/api/pod.ts";
import { planEstimate } from "../../../src/policies/profile/plan-estimate.ts";
import { nodePool } from "../../support/objects.ts";

const pool = nodePool({ requirements: [{ key: zoneLabel, operator: "In", values: ["a", "b"] }] });
const onlyB = nodePool({ name: "only-b", requirements: [{ key: zoneLabel, operator: "In", values: ["b"] }] });
const instanceTypes = [type("even", { a: 0.2, b: 0.2 }), type("split", { a: 0.1, b: 0.4 })];
const dearer = [type("even", { a: 0.6, b: 0.6 })];

function type(name: string, prices: Readonly<Record<string, number>>): InstanceType {
  const offerings = Object.entries(prices).map(([zone, pricePerHour]) => ({
    ...{ zone, capacityType: "on-demand" as const, pricePerHour, available: true },
  }));
  return { name, requirements: [], capacity: {}, allocatable: { cpu: 4000, memory: 32 * 2 ** 30, pods: 100 }, offerings };
}

function spec(cpu: string, zone?: string): PodSpec {
  const containers = [{ name: "web", image: "web:1", resources: { requests: { cpu } } }];
  return { containers, ...(zone === undefined ? {} : { nodeSelector: { [zoneLabel]: zone } }) };
}

function check(what: string, of: Partial<Parameters<typeof planEstimate>[0]>, expected: readonly [string, number]): void {
  it(what, () => {
    for (let times = 0; times < 3; times++) {
      const estimate = planEstimate({ spec: spec("1"), nodePools: [pool], instanceTypes, ...of });
      expect([estimate?.candidateTypes[0], estimate?.replicaHourly.toFixed(3)]).toEqual([expected[0], expected[1].toFixed(3)]);
    }
  });
}

check("goes by the cheapest offering anywhere", {}, ["split", 0.025]);
check("goes by the cheapest offering in the Pod's zone", { spec: spec("1", "b") }, ["even", 0.05]);
check("grows with the Pod, in the same words of place", { spec: spec("2", "b") }, ["even", 0.1]);
check("goes by the pool's zones", { nodePools: [onlyB] }, ["even", 0.05]);
check("goes by the cheapest of several pools", { nodePools: [onlyB, pool] }, ["split", 0.025]);
check("goes by the types of now", { instanceTypes: dearer }, ["even", 0.15]);
