/**
 * The types that admission judges by while no provider answers: the catalog's, where NodePools are.
 */
import { expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import type { InstanceType } from "../../src/api/instance-type.ts";
import { placesOf } from "../../src/catalog/places.ts";
import { catalogTypesOf } from "../../src/cli/offered-types.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { deployment, nodePool } from "../support/objects.ts";

const poolIn = (name: string, zone: string): KubeObject =>
  nodePool({ name, requirements: [{ key: "topology.kubernetes.io/zone", operator: "In", values: [zone] }] });

function zonesOf(types: readonly InstanceType[]): readonly string[] {
  return [...new Set(types.flatMap((type) => placesOf(type).map(({ zone }) => zone)))].sort();
}

const [a, b, c] = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];

it("are there in the zones of the NodePool that is asked for, as they will be once it is there", () => {
  const types = catalogTypesOf({ snapshot: () => snapshotOf([poolIn("one", b)]) });
  expect(zonesOf(types())).toEqual([b]);
  expect(zonesOf(types(poolIn("two", c)))).toEqual([b, c]);
  expect(zonesOf(types(poolIn("one", a)))).toEqual([a]);
  expect(zonesOf(types(deployment()))).toEqual([b]);
});

it("are made once while the zones are the same", () => {
  const types = catalogTypesOf({ snapshot: () => snapshotOf([poolIn("one", b)]) });
  expect(types(deployment())).toBe(types());
});

it("are not made again for requests about NodePools in other zones", () => {
  const types = catalogTypesOf({ snapshot: () => snapshotOf([poolIn("one", b)]) });
  const [standing, judged] = [types(), types(poolIn("two", c))];
  expect(types()).toBe(standing);
  expect(types(poolIn("three", b))).toBe(standing);
  expect(types(poolIn("two", c))).toBe(judged);
});

it("types cost what the given prices say", () => {
  const prices = { asOf: "today", onDemand: () => 5, spot: () => 1 };
  const types = catalogTypesOf({ snapshot: () => snapshotOf([]) }, { prices })();
  expect(types.find(({ name }) => name === "c5.large")?.offerings.map(({ pricePerHour }) => pricePerHour)).toContain(5);
});
