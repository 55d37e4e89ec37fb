import { describe, expect, it } from "vitest";
import type { InstanceType } from "../../src/api/instance-type.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { nextZoneLoss, offeredZonesIn, type OfferedZones, type ZoneSights } from "../../src/provisioner/zone-loss.ts";
import { nodePool, pod } from "../support/objects.ts";

const [a, b, c] = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] as const;
const types = catalogInstanceTypes({ zones: [a, b, c] });
const general = nodePool({
  requirements: [
    { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
    { key: "karpenter.k8s.aws/instance-family", operator: "In", values: ["m7i", "c7i"] },
  ],
});
const spec = {
  ...pod({ requests: { cpu: "1", memory: "1Gi" } }).spec,
  nodeSelector: { "workload-class": "general" },
};

/** The types while what is named is not to be had. */
function without(isGone: (type: InstanceType, zone: string) => boolean): readonly InstanceType[] {
  return types.map((type) => ({
    ...type,
    offerings: type.offerings.map((offering) => (isGone(type, offering.zone) ? { ...offering, available: false } : offering)),
  }));
}

describe("zones that lack everything the Pods could run on", () => {
  function check(name: string, offered: readonly InstanceType[], lacking: readonly string[], over: Partial<typeof general.spec> = {}) {
    it(name, () => {
      const pool = { ...general, spec: { ...general.spec, ...over } };
      const zonesOf = offeredZonesIn({ nodePools: [pool], instanceTypes: new Map([["general-flex", offered]]) });
      expect(zonesOf(spec)).toEqual({ all: [a, b, c], lacking });
    });
  }
  const isUsual = (type: InstanceType): boolean => /^[mc]7i\.(large|xlarge|2xlarge|4xlarge)$/.test(type.name);
  check(
    "are none while each has one type",
    without((type, zone) => zone === c && type.name !== "m7i.xlarge"),
    [],
  );
  check(
    "are those of which no type is left",
    without((_type, zone) => zone === c),
    [c],
  );
  check(
    "are those that have only what the pool excludes",
    without((type, zone) => zone === c && /^[mc]7i\./.test(type.name)),
    [c],
  );
  check(
    "are those that have only types of many times the price",
    without((type, zone) => zone === c && isUsual(type)),
    [c],
  );
  check(
    "are those that have only types above the pool's limit",
    without((type, zone) => zone === c && /^[mc]7i\.(large|xlarge)$/.test(type.name)),
    [c],
    { limits: { cpu: "4" } },
  );
  check(
    "do not count what is too small",
    without((type, zone) => zone === c && !type.name.endsWith(".large")),
    [],
  );
});

describe("a zone that lacks everything", () => {
  /** Looks every ten seconds from one to another; `lacking` tells what each sees. Returns when what is lost changed. */
  function changes(until: number, lacking: (second: number) => readonly string[], begin: readonly string[] = []): readonly string[] {
    let [lost, sights]: [readonly string[], ZoneSights] = [begin, new Map()];
    const told: string[] = [];
    for (let second = 0; second <= until; second += 10) {
      const before = lost.join();
      const zones: OfferedZones = { all: [a, b, c], lacking: lacking(second) };
      ({ lost, sights } = nextZoneLoss(sights, { zones, lost, now: second * 1000 }));
      if (lost.join() !== before) told.push(`${second}: ${lost.join() || "none"}`);
    }
    return told;
  }
  function check(
    name: string,
    of: readonly [until: number, lacking: (second: number) => readonly string[], begin?: readonly string[]],
    expected: readonly string[],
  ) {
    it(name, () => {
      expect(changes(...of)).toEqual(expected);
    });
  }
  check("is lost after two minutes", [600, () => [c]], [`120: ${c}`]);
  check("is not lost for less", [600, (second) => (second < 110 ? [c] : [])], []);
  check("is lost though a mark ends for a moment now and then", [600, (second) => (second % 50 === 40 ? [] : [c])], [`120: ${c}`]);
  check("is not lost where it lacks now and then", [600, (second) => (second % 100 < 50 ? [c] : [])], []);
  check("is back once something has been on offer for a while", [600, (second) => (second < 300 ? [c] : [])], [`120: ${c}`, "330: none"]);
  check(
    "is lost at once where it lacks everything again soon",
    [900, (second) => (second >= 300 && second < 400 ? [] : [c])],
    [`120: ${c}`, "330: none", `400: ${c}`],
  );
  check("is not lost where every zone lacks everything: that is no zone", [600, () => [a, b, c]], []);
  check("stays lost while the others lack everything too", [600, (second) => (second < 300 ? [c] : [a, b, c])], [`120: ${c}`]);
  check("is believed lost by who has just begun to look", [100, () => [c], [c]], []);
  check("is back soon where who has just begun to look sees nothing lacking", [100, () => [], [c]], ["40: none"]);
  it("is no longer lost where no pool is in it any more", () => {
    expect(nextZoneLoss(new Map(), { zones: { all: [a, b], lacking: [] }, lost: [c], now: 0 }).lost).toEqual([]);
  });
});
