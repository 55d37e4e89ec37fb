/** NodeOverlays change prices and extended resources as Karpenter's do: by weight, never twice, and whole or not at all. */
import { describe, expect, test } from "vitest";
import type { InstanceType } from "../../src/api/instance-type.ts";
import type { NodeOverlay } from "../../src/api/node-overlay.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { overlaidTypes, type OverlaidCatalogue } from "../../src/catalog/node-overlay.ts";

const [zoneA, zoneB] = ["ap-southeast-1a", "ap-southeast-1b"];
const types = catalogInstanceTypes({ zones: [zoneA, zoneB] });
const general = { name: "general", labels: { team: "shop" }, instanceTypes: types };
const batch = { name: "batch", labels: {}, instanceTypes: types };

type Spec = NodeOverlay["spec"];
const only = (key: string, ...values: readonly string[]) => ({ key, operator: "In" as const, values: [...values] });
const large = only("node.kubernetes.io/instance-type", "m7i.large");
const spot = only("karpenter.sh/capacity-type", "spot");

function overlay(name: string, spec: Partial<Spec>): NodeOverlay {
  return { apiVersion: "karpenter.sh/v1alpha1", kind: "NodeOverlay", metadata: { name }, spec: { requirements: [], ...spec } };
}

function laid(...overlays: readonly NodeOverlay[]): OverlaidCatalogue {
  const both = overlaidTypes({ overlays, pools: [general, batch] });
  expect(overlaidTypes({ overlays: overlays.toReversed(), pools: [general, batch] })).toEqual(both);
  return both;
}

function typeIn(catalogue: OverlaidCatalogue, pool: string, name = "m7i.large"): InstanceType | undefined {
  return catalogue.instanceTypes.get(pool)?.find((type) => type.name === name);
}

/** The prices of a type in a pool, by "<zone's letter> <capacity type>". */
function prices(catalogue: OverlaidCatalogue, pool = "general", name?: string): Readonly<Record<string, number>> {
  const offerings = typeIn(catalogue, pool, name)?.offerings ?? [];
  return Object.fromEntries(offerings.map(({ zone, capacityType, pricePerHour }) => [`${zone.slice(-1)} ${capacityType}`, pricePerHour]));
}

const known = { "a on-demand": 0.126, "a spot": 0.0504, "b on-demand": 0.126, "b spot": 0.0504 };

describe("an overlay", () => {
  test("that is not there changes nothing, not even the lists", () => {
    expect(laid().instanceTypes.get("general")).toBe(types);
    const elsewhere = laid(overlay("gpu", { requirements: [only("example.com/rack", "7")], price: "1" }));
    expect(elsewhere).toEqual({
      instanceTypes: new Map([
        ["general", types],
        ["batch", types],
      ]),
      refused: [],
    });
    expect(elsewhere.instanceTypes.get("general")).toBe(types);
  });

  test("leaves the types that it is not about as the same objects", () => {
    const catalogue = laid(overlay("dear", { requirements: [large], price: "1" }));
    expect(typeIn(catalogue, "general", "m7i.xlarge")).toBe(types.find(({ name }) => name === "m7i.xlarge"));
  });

  test.each([
    ["its price", { price: "0.5" }, { "a on-demand": 0.5, "a spot": 0.5, "b on-demand": 0.5, "b spot": 0.5 }],
    ["an amount more", { priceAdjustment: "+.01" }, { "a on-demand": 0.136, "a spot": 0.0604, "b on-demand": 0.136, "b spot": 0.0604 }],
    ["an amount less, down to 0", { priceAdjustment: "-0.1" }, { "a on-demand": 0.026, "a spot": 0, "b on-demand": 0.026, "b spot": 0 }],
    ["a share less", { priceAdjustment: "-50%" }, { "a on-demand": 0.063, "a spot": 0.0252, "b on-demand": 0.063, "b spot": 0.0252 }],
    ["a share more", { priceAdjustment: "+100%" }, { "a on-demand": 0.252, "a spot": 0.1008, "b on-demand": 0.252, "b spot": 0.1008 }],
    ["nothing", { priceAdjustment: "-100%" }, { "a on-demand": 0, "a spot": 0, "b on-demand": 0, "b spot": 0 }],
  ])("makes a type cost %s", (_what, spec, expected) => {
    const catalogue = laid(overlay("price", { requirements: [large], ...spec }));
    expect([prices(catalogue), prices(catalogue, "batch")]).toEqual([expected, expected]);
    expect(typeIn(catalogue, "general")?.offerings.every(({ isOverlaid }) => isOverlaid)).toBe(true);
  });

  test("is about the places alone that its requirements name", () => {
    const catalogue = laid(overlay("price", { requirements: [large, spot, only("topology.kubernetes.io/zone", zoneB)], price: "0.01" }));
    expect(prices(catalogue)).toEqual({ ...known, "b spot": 0.01 });
    expect(typeIn(catalogue, "general")?.offerings.map(({ isOverlaid }) => isOverlaid)).toEqual([undefined, undefined, undefined, true]);
  });

  test("is about the NodePools alone that its requirements name, by name or by a label of their template", () => {
    for (const requirement of [only("karpenter.sh/nodepool", "general"), only("team", "shop")]) {
      const catalogue = laid(overlay("price", { requirements: [large, requirement], price: "1" }));
      expect([prices(catalogue)["a spot"], prices(catalogue, "batch")]).toEqual([1, known]);
    }
  });

  test("compares labels as NodePools do: bounds, exclusions, and labels that a type lacks", () => {
    const cpus = (operator: "Gt" | "Lt", bound: string) => ({ key: "karpenter.k8s.aws/instance-cpu", operator, values: [bound] });
    const noGpu = { key: "karpenter.k8s.aws/instance-gpu-count", operator: "DoesNotExist" as const };
    const gpu = { key: "karpenter.k8s.aws/instance-gpu-count", operator: "Exists" as const };
    const family = only("karpenter.k8s.aws/instance-family", "m7i");
    const priced = (...requirements: Spec["requirements"]) =>
      (laid(overlay("price", { requirements: [family, ...requirements], price: "9" })).instanceTypes.get("general") ?? [])
        .filter(({ offerings }) => offerings.some(({ isOverlaid }) => isOverlaid))
        .map(({ name }) => name);
    expect(priced(cpus("Gt", "2"), cpus("Lt", "16"))).toEqual(["m7i.2xlarge", "m7i.xlarge"]);
    expect(priced(cpus("Lt", "4"), noGpu)).toEqual(["m7i.large"]);
    expect(priced(gpu)).toEqual([]);
  });

  test("prices a type that had no price, where it is sold; an adjustment does not", () => {
    const unpriced = only("node.kubernetes.io/instance-type", "c5.large");
    const before = types.find(({ name }) => name === "c5.large");
    expect([before?.offerings, before?.soldIn?.length]).toEqual([[], 4]);
    const catalogue = laid(overlay("price", { requirements: [unpriced, spot], price: "12" }));
    expect(prices(catalogue, "general", "c5.large")).toEqual({ "a spot": 12, "b spot": 12 });
    const adjusted = laid(overlay("price", { requirements: [unpriced], priceAdjustment: "-10%" }));
    expect(typeIn(adjusted, "general", "c5.large")).toEqual(before);
  });

  test("adds extended resources to capacity and to what Pods may have", () => {
    const catalogue = laid(
      overlay("dongles", { requirements: [large], capacity: { "example.com/dongle": "4", "smarter-devices/fuse": 1 } }),
    );
    const [before, after] = [types.find(({ name }) => name === "m7i.large"), typeIn(catalogue, "general")];
    const added = { "example.com/dongle": 4, "smarter-devices/fuse": 1 };
    expect(after).toEqual({ ...before, capacity: { ...before?.capacity, ...added }, allocatable: { ...before?.allocatable, ...added } });
    expect(after?.offerings).toBe(before?.offerings);
  });
});

describe("of several overlays", () => {
  test("the one of more weight counts, for each place and each resource by itself", () => {
    const wide = overlay("wide", { requirements: [large], price: "1", capacity: { "example.com/a": "1", "example.com/b": "1" } });
    const narrow = overlay("narrow", { requirements: [large, spot], price: "2", weight: 10, capacity: { "example.com/b": "2" } });
    const catalogue = laid(wide, narrow);
    expect(prices(catalogue)).toEqual({ "a on-demand": 1, "a spot": 2, "b on-demand": 1, "b spot": 2 });
    expect(typeIn(catalogue, "general")?.capacity).toMatchObject({ "example.com/a": 1, "example.com/b": 2 });
    expect(catalogue.refused).toEqual([]);
  });

  test("with one weight and one place the earlier name is refused, whole, also with the same price", () => {
    const first = overlay("a", { requirements: [large], price: "1", capacity: { "example.com/a": "1" }, weight: 5 });
    const second = overlay("b", { requirements: [large, spot], price: "1", weight: 5 });
    const catalogue = laid(first, second);
    expect(prices(catalogue)).toEqual({ ...known, "a spot": 1, "b spot": 1 });
    expect(typeIn(catalogue, "general")?.capacity).not.toHaveProperty(["example.com/a"]);
    expect(catalogue.refused).toEqual([
      {
        name: "a",
        reason: "Conflict",
        message:
          'NodeOverlay "b" of the same weight (5) also prices m7i.large spot in ap-southeast-1a; ' +
          "give one of the two another spec.weight, or narrow its requirements",
      },
    ]);
  });

  test("a conflict in one pool refuses it in all", () => {
    const first = overlay("a", { requirements: [large], price: "1" });
    const second = overlay("b", { requirements: [large, only("karpenter.sh/nodepool", "batch")], price: "2" });
    const catalogue = laid(first, second);
    expect([prices(catalogue), prices(catalogue, "batch")["a spot"]]).toEqual([known, 2]);
    expect(catalogue.refused).toMatchObject([{ name: "a", reason: "Conflict" }]);
  });

  test("with one weight those that meet nowhere, or change different things, both count", () => {
    const price = overlay("a", { requirements: [large], price: "1" });
    const others = [
      overlay("b", { requirements: [only("node.kubernetes.io/instance-type", "m7i.xlarge")], price: "2" }),
      overlay("c", { requirements: [large], capacity: { "example.com/a": "1" } }),
      overlay("d", { requirements: [large], capacity: { "example.com/b": "1" } }),
    ];
    expect(laid(price, ...others).refused).toEqual([]);
  });

  test("one that lies below two others of more weight still conflicts with another of its own", () => {
    const heavy = overlay("z", { requirements: [large], price: "3", weight: 10 });
    const catalogue = laid(heavy, overlay("a", { requirements: [large], price: "1" }), overlay("b", { requirements: [large], price: "2" }));
    expect(prices(catalogue)["a spot"]).toBe(3);
    expect(catalogue.refused).toMatchObject([{ name: "a", reason: "Conflict" }]);
  });
});

describe("an overlay that can't be read is refused", () => {
  test.each([
    ["two prices", { price: "1", priceAdjustment: "+1" }, "spec.price and spec.priceAdjustment exclude each other; keep one of the two"],
    ["a price in words", { price: "cheap" }, 'spec.price is "cheap"; write USD an hour such as 0.25'],
    ["an adjustment without a sign", { priceAdjustment: "10%" }, /^spec.priceAdjustment is "10%"; write an amount with its sign/],
    ["more off than there is", { priceAdjustment: "-101%" }, /^spec.priceAdjustment is "-101%"/],
    [
      "a resource of the type's own",
      { capacity: { cpu: "1" } },
      "spec.capacity.cpu is the type's own and can't be overlaid; name extended resources only",
    ],
    ["no amount", { capacity: { "example.com/a": "many" } }, 'spec.capacity.example.com/a is "many"; write an amount such as 2'],
    [
      "a condition without values",
      { requirements: [{ key: "team", operator: "NotIn" as const }], price: "1" },
      "spec.requirements: team NotIn has no values; write at least one",
    ],
  ])("with %s", (_what, spec, message) => {
    const catalogue = laid(overlay("bad", spec));
    expect(catalogue.refused).toEqual([
      {
        name: "bad",
        reason: "RuntimeValidation",
        message: typeof message === "string" ? message : (expect.stringMatching(message) as string),
      },
    ]);
    expect(catalogue.instanceTypes.get("general")).toBe(types);
  });
});
