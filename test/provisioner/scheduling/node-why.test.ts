/**
 * Why a planned node has its shape: what decides, the next best, and what speaks against cheaper types.
 */
import { describe, expect, it } from "vitest";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import { capacityTypeLabel, instanceTypeLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { PodSpec } from "../../../src/api/pod.ts";
import type { NodeWhy } from "../../../src/provisioner/scheduling/node-why.ts";
import { nodePool } from "../../support/objects.ts";
import { checkoutPods, generalFlex, plan, zones, zoneSpread } from "./checkout.ts";

const [zoneA = "", zoneB = ""] = zones;
const pool = "general-flex";

/** A type of so many cores and gibibytes, in two zones and both ways, Spot at half the price. */
function type(
  name: string,
  of: { readonly cpu: number; readonly gi: number; readonly price: number; readonly zones?: readonly string[] },
): InstanceType {
  const amounts = { cpu: of.cpu * 1000, memory: of.gi * 2 ** 30, pods: 20 };
  return {
    name,
    requirements: [
      { key: instanceTypeLabel, operator: "In", values: [name] },
      { key: zoneLabel, operator: "In", values: [zoneA, zoneB] },
      { key: capacityTypeLabel, operator: "In", values: ["on-demand", "spot"] },
    ],
    offerings: [zoneA, zoneB].flatMap((zone) =>
      (["on-demand", "spot"] as const).map((capacityType) => ({
        zone,
        capacityType,
        pricePerHour: capacityType === "spot" ? of.price / 2 : of.price,
        available: of.zones?.includes(zone) !== false,
      })),
    ),
    capacity: amounts,
    allocatable: amounts,
  };
}

const small = type("small", { cpu: 2, gi: 2, price: 0.1 });
const thin = type("thin", { cpu: 2, gi: 8, price: 0.15 });
const lost = type("lost", { cpu: 8, gi: 32, price: 0.12, zones: [] });
const best = type("best", { cpu: 4, gi: 8, price: 0.2 });
const next = type("next", { cpu: 4, gi: 16, price: 0.25 });

function whyOf(
  spec: Partial<PodSpec>,
  changes: Parameters<typeof plan>[1] = {},
  types = [small, thin, lost, best, next],
): NodeWhy | undefined {
  const pods = checkoutPods(1, { topologySpreadConstraints: [], ...spec });
  const nodePools = changes.nodePools ?? [generalFlex()];
  const instanceTypes = new Map(nodePools.map(({ metadata }) => [metadata.name ?? "", types]));
  return plan(pods, { instanceTypes, ...changes }).newNodes[0]?.why;
}

const asks = (cpu: string, memory: string): Partial<PodSpec> => ({
  containers: [{ name: "app", resources: { requests: { cpu, memory } } }],
});

describe("a node that one Pod needs", () => {
  it("has what cheaper types have too little of, each kind with its cheapest, and what the next best would cost", () => {
    expect(whyOf(asks("3", "5Gi"))).toEqual({
      driver: {
        resources: [
          { name: "cpu", used: "3", usable: "4", pod: "shop/Deployment/checkout-api#0" },
          { name: "memory", used: "5Gi", usable: "8Gi", pod: "shop/Deployment/checkout-api#0" },
        ],
        labels: [],
        pool: "only",
      },
      nextBest: { instanceType: "next", zone: zoneA, capacityType: "on-demand", pricePerHour: 0.25, difference: 0.05 },
      cheaper: [
        { by: "offerings", types: 1, cheapest: "lost", pricePerHour: 0.12 },
        { by: "resources", keys: ["cpu"], types: 1, cheapest: "thin", pricePerHour: 0.15 },
        { by: "resources", keys: ["cpu", "memory"], types: 1, cheapest: "small", pricePerHour: 0.1 },
      ],
    });
  });

  it("names first what is fullest of what cheaper types have too little of", () => {
    const why = whyOf(asks("3", "7Gi"));
    expect(why?.driver.resources.map(({ name, used }) => `${name} ${used}`)).toEqual(["memory 7Gi", "cpu 3"]);
  });

  it("names each resource that decides", () => {
    const why = whyOf(asks("1", "9Gi"));
    expect(why?.driver.resources.map(({ name }) => name)).toEqual(["memory"]);
    expect(why?.nextBest).toBeUndefined();
    expect(why?.cheaper).toEqual([
      { by: "resources", keys: ["memory"], types: 3, cheapest: "small", pricePerHour: 0.1 },
      { by: "offerings", types: 1, cheapest: "lost", pricePerHour: 0.12 },
    ]);
  });

  it("is the cheapest of all where nothing cheaper is refused, and names what is fullest", () => {
    const why = whyOf(asks("100m", "1Gi"), {}, [small, thin]);
    expect(why).toMatchObject({ driver: { resources: [{ name: "memory" }] }, nextBest: { instanceType: "thin" }, cheaper: [] });
  });
});

describe("labels that decide", () => {
  it("names the Pod's own words", () => {
    const why = whyOf({ ...asks("1", "1Gi"), nodeSelector: { [zoneLabel]: zoneB } });
    expect(why?.driver.labels).toEqual([
      { key: zoneLabel, requirement: `${zoneLabel} In [${zoneB}]`, by: "nodeSelector", pod: "shop/Deployment/checkout-api#0" },
    ]);
  });

  it("names the spread that fixes a zone", () => {
    const why = whyOf({ ...asks("1", "1Gi"), topologySpreadConstraints: [{ ...zoneSpread, minDomains: 1 }] });
    expect(why?.driver.labels).toMatchObject([{ key: zoneLabel, by: "spread" }]);
  });

  it("counts types that are cheaper only in another zone", () => {
    const elsewhere = type("elsewhere", { cpu: 4, gi: 8, price: 0.11, zones: [zoneA] });
    const why = whyOf({ ...asks("3", "5Gi"), nodeSelector: { [zoneLabel]: zoneB } }, {}, [elsewhere, best]);
    expect(why?.cheaper).toEqual([{ by: "requirements", keys: [zoneLabel], types: 1, cheapest: "elsewhere", pricePerHour: 0.11 }]);
  });

  it("counts types that are cheaper only on Spot, its own among them, where the Pod refuses it", () => {
    const either = nodePool({ name: pool, labels: { "workload-class": "general" } });
    const why = whyOf(asks("3", "5Gi"), { nodePools: [either] }, [best, next]);
    expect(why?.driver.labels).toMatchObject([{ key: capacityTypeLabel, by: "nodeAffinity" }]);
    expect(why?.cheaper).toEqual([{ by: "requirements", keys: [capacityTypeLabel], types: 2, cheapest: "best", pricePerHour: 0.1 }]);
  });

  it("counts types that the Pod itself refuses", () => {
    const why = whyOf({ ...asks("1", "1Gi"), nodeSelector: { [instanceTypeLabel]: "best" } });
    expect(why?.cheaper).toContainEqual({ by: "requirements", keys: [instanceTypeLabel], types: 2, cheapest: "small", pricePerHour: 0.1 });
  });
});

describe("the pool", () => {
  const pools = (...weights: readonly number[]) =>
    weights.map((weight, index) => generalFlex({ name: `pool-${index}`, ...(weight === 0 ? {} : { weight }) }));

  it.each([
    ["only", pools(0)],
    ["weight", pools(0, 10)],
    ["price", pools(0, 0)],
  ] as const)("is chosen as %s", (cause, nodePools) => {
    expect(whyOf(asks("1", "1Gi"), { nodePools })?.driver.pool).toBe(cause);
  });

  it("is the only one where taints keep the Pods from the others", () => {
    const tainted = nodePool({ name: "tainted", taints: [{ key: "team", value: "x", effect: "NoSchedule" }] });
    expect(whyOf(asks("1", "1Gi"), { nodePools: [generalFlex(), tainted] })?.driver.pool).toBe("only");
  });
});

it("counts a type that the pool's limits forbid", () => {
  const wide = type("wide", { cpu: 16, gi: 8, price: 0.05 });
  const why = whyOf(asks("3", "5Gi"), { nodePools: [generalFlex({ limits: { cpu: "8" } })] }, [wide, best]);
  expect(why?.cheaper).toEqual([{ by: "limits", types: 1, cheapest: "wide", pricePerHour: 0.05 }]);
});
