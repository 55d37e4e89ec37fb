/** The catalog offers the types that the lab needs, labelled as Karpenter labels them. */
import { describe, expect, it } from "vitest";
import { wellKnownLabels } from "../../src/api/labels.ts";
import { catalogInstanceTypes, regionOfZone } from "../../src/catalog/instance-types.ts";
import { knownInstanceFacts, knownInstanceSource } from "../../src/catalog/known-instances.ts";
import { placesOf } from "../../src/catalog/places.ts";
import { fallbackPrices } from "../../src/catalog/price-table.ts";
import { intersects, requirementsOf } from "../../src/kube/requirements.ts";
import { fitsWithin } from "../../src/kube/resources.ts";

const zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];
const types = catalogInstanceTypes({ zones });

describe("the catalog", () => {
  it("S007: has every type that EC2 sells for nodes, in both architectures, sorted, and none twice", () => {
    const names = types.map((type) => type.name);
    expect(names.length).toBeGreaterThan(1_200);
    expect(names).toEqual([...new Set(names)].sort());
    const labels = (key: string) => new Set(types.flatMap((type) => type.requirements.find((of) => of.key === key)?.values ?? []));
    expect(labels("kubernetes.io/arch")).toEqual(new Set(["amd64", "arm64"]));
    expect([...labels("karpenter.k8s.aws/instance-category")]).toEqual(
      expect.arrayContaining(["c", "g", "inf", "m", "p", "r", "t", "trn"]),
    );
    expect(labels("karpenter.k8s.aws/instance-gpu-name")).toContain("h100");
    expect(names.filter((name) => name.startsWith("mac"))).toEqual([]);
  });

  it("says where and when it was read", () => {
    expect(knownInstanceSource()).toEqual({
      source: expect.stringContaining("DescribeInstanceTypes") as string,
      region: "ap-southeast-1",
      date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/) as string,
    });
  });

  it("offers each type of a known price in each zone where it is sold, on demand and as Spot, Spot being cheaper", () => {
    const priced = types.filter((type) => type.offerings.length > 0);
    expect(priced.length).toBeGreaterThanOrEqual(70);
    const soldIn = new Map(knownInstanceFacts().map(({ name, offeredIn }) => [name, offeredIn?.zones ?? []]));
    for (const type of priced) {
      const own = zones.filter((zone) => soldIn.get(type.name)?.includes(zone) === true);
      expect(type.offerings, type.name).toHaveLength(own.length * 2);
      for (const zone of own) {
        const price = (capacityType: string) =>
          type.offerings.find((of) => of.zone === zone && of.capacityType === capacityType)?.pricePerHour ?? NaN;
        expect(price("spot")).toBeGreaterThan(0);
        expect(price("spot")).toBeLessThan(price("on-demand"));
      }
    }
  });

  it("sells a type without a price nowhere, but knows where it is sold", () => {
    const type = only("p4de.24xlarge");
    expect([type.offerings, placesOf(type).length]).toEqual([[], 4]);
  });

  it("knows the zones of its own region by type, and elsewhere takes a type to be offered everywhere", () => {
    const zonesOf = (name: string, asked: readonly string[]) => [...new Set(placesOf(only(name, asked)).map(({ zone }) => zone))];
    expect(zonesOf("m7a.large", zones)).toEqual([]);
    expect(zonesOf("a1.large", zones)).toEqual(["ap-southeast-1a", "ap-southeast-1b"]);
    expect(zonesOf("m7a.large", ["us-east-1a", "us-east-1b"])).toEqual(["us-east-1a", "us-east-1b"]);
  });

  it("fits one 7 CPU, 13Gi Pod on every c*.2xlarge, and not two", () => {
    const pod = { cpu: 7000, memory: 13 * 1024 ** 3, pods: 1 };
    const two = { cpu: 14_000, memory: 26 * 1024 ** 3, pods: 2 };
    const doubles = types.filter((type) => /^c[67][gi]\.2xlarge$/.test(type.name));
    expect(doubles.map((type) => type.name)).toEqual(["c6g.2xlarge", "c6i.2xlarge", "c7g.2xlarge", "c7i.2xlarge"]);
    for (const { allocatable } of doubles) expect([fitsWithin(pod, allocatable), fitsWithin(two, allocatable)]).toEqual([true, false]);
  });

  it("labels only with well-known labels, one value each but for zone, capacity type and tenancy", () => {
    const many = ["topology.kubernetes.io/zone", "karpenter.sh/capacity-type", "karpenter.k8s.aws/instance-tenancy"];
    for (const { requirements } of types) {
      for (const { key, operator, values } of requirements) {
        expect(wellKnownLabels.has(key), key).toBe(true);
        if (operator === "In") expect(values?.length === 1 || many.includes(key), key).toBe(true);
        else expect(operator).toBe("DoesNotExist");
      }
    }
  });

  it("has no label twice", () => {
    for (const { requirements } of types) expect(new Set(requirements.map((of) => of.key)).size).toBe(requirements.length);
  });
});

describe("the labels of c7i.2xlarge", () => {
  const requirements = new Map(types.find((type) => type.name === "c7i.2xlarge")?.requirements.map((of) => [of.key, of]));
  const aws = "karpenter.k8s.aws";

  check(`${aws}/instance-family`, ["c7i"]);
  check(`${aws}/instance-size`, ["2xlarge"]);
  check(`${aws}/instance-generation`, ["7"]);
  check(`${aws}/instance-cpu`, ["8"]);
  check(`${aws}/instance-cpu-manufacturer`, ["intel"]);
  check(`${aws}/instance-cpu-sustained-clock-speed-mhz`, ["3200"]);
  check(`${aws}/instance-memory`, ["16384"]);
  check(`${aws}/instance-network-bandwidth`, ["3125"]);
  check(`${aws}/instance-ebs-bandwidth`, ["10000"]);
  check(`${aws}/instance-hypervisor`, ["nitro"]);
  check(`${aws}/instance-encryption-in-transit-supported`, ["true"]);
  check(`${aws}/instance-capability-flex`, ["false"]);
  check(`${aws}/instance-tenancy`, ["default", "dedicated"]);
  check(`${aws}/instance-local-nvme`, undefined);
  check(`${aws}/instance-gpu-count`, undefined);
  check("topology.kubernetes.io/region", ["ap-southeast-1"]);
  check("topology.kubernetes.io/zone", zones);
  check("karpenter.sh/capacity-type", ["on-demand", "spot"]);
  check("node.kubernetes.io/windows-build", undefined);

  function check(key: string, values: readonly string[] | undefined): void {
    it(`${key} is ${values?.join(" or ") ?? "absent"}`, () => {
      expect(requirements.get(key)).toEqual(values === undefined ? { key, operator: "DoesNotExist" } : { key, operator: "In", values });
    });
  }

  it("answer a NodePool's bounds", () => {
    const type = requirementsOf([...requirements.values()]);
    const above = (bound: string) => requirementsOf([{ key: `${aws}/instance-generation`, operator: "Gt", values: [bound] }]);
    expect(intersects(type, above("6"))).toBeUndefined();
    expect(intersects(type, above("7"))).toContain("instance-generation");
  });
});

describe("an offering", () => {
  it("without capacity stays, marked, and its zone is no longer a label value once all of the zone is gone", () => {
    const type = catalogInstanceTypes({ zones, isAvailable: ({ zone }) => zone !== "ap-southeast-1b" }).find(
      ({ name }) => name === "c7i.large",
    );
    expect(type?.offerings.filter((of) => !of.available).map((of) => of.zone)).toEqual(["ap-southeast-1b", "ap-southeast-1b"]);
    expect(type?.requirements.find((of) => of.key === "topology.kubernetes.io/zone")?.values).toEqual([
      "ap-southeast-1a",
      "ap-southeast-1c",
    ]);
  });
  it("without a price does not exist", () => {
    const prices = { ...fallbackPrices(), spot: () => undefined };
    const type = catalogInstanceTypes({ zones, prices }).find(({ name }) => name === "c7i.large");
    expect(new Set(type?.offerings.map((of) => of.capacityType))).toEqual(new Set(["on-demand"]));
  });
});

describe("the fallback prices", () => {
  const prices = fallbackPrices();
  it("grow with a type's size", () => {
    expect([prices.onDemand("m7i.large"), prices.onDemand("m7i.xlarge"), prices.onDemand("m7i.8xlarge")]).toEqual([0.126, 0.252, 2.016]);
  });
  it("know in Singapore no other family and no bare metal", () => {
    expect([prices.onDemand("x1.16xlarge"), prices.onDemand("m7i.metal-24xl"), prices.spot("t3.large", "ap-southeast-1a")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("a zone's region", () => {
  check("ap-southeast-1a", "ap-southeast-1");
  check("us-gov-west-1b", "us-gov-west-1");
  check("us-west-2-lax-1a", "us-west-2");

  function check(zone: string, region: string): void {
    it(`of ${zone} is ${region}`, () => {
      expect(regionOfZone(zone)).toBe(region);
    });
  }
});

function only(name: string, of: readonly string[] = zones) {
  const found = (of === zones ? types : catalogInstanceTypes({ zones: of })).find((type) => type.name === name);
  if (found === undefined) throw new Error(`no type ${name}`);
  return found;
}
