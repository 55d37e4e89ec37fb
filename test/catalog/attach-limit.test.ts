/**
 * How many volumes nodes of real types attach: rows of the recorded types, with what the EBS driver writes on them.
 */
import { describe, expect, it } from "vitest";
import type { NodeSettings } from "../../src/catalog/allocatable.ts";
import { attachableVolumes } from "../../src/catalog/attach-limit.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { catalogZones } from "../../src/catalog/zones.ts";
import { knownInstanceFacts } from "../../src/catalog/known-instances.ts";

const driver = "ebs.csi.aws.com";

function factsOf(name: string) {
  const facts = knownInstanceFacts().find((one) => one.name === name);
  if (facts === undefined) throw new Error(`${name} is not recorded`);
  return facts;
}

function check(name: string, expected: number, settings?: Parameters<typeof attachableVolumes>[1]): void {
  expect(attachableVolumes(factsOf(name), settings)?.[driver]).toBe(expected);
}

describe("a node attaches what its type leaves beside the root volume", () => {
  it.each([
    ["c6i.large", 25, "28 shared, less two interfaces and the root volume"],
    ["c5d.24xlarge", 21, "and less four disks of its own"],
    ["m4.large", 38, "40 without Nitro"],
    ["m7i.large", 31, "32 of its own, which interfaces do not share"],
    ["m7i.48xlarge", 127, "128 of its own"],
  ])("%s: %i, %s", (name, expected) => {
    check(name, expected);
  });

  it("less what the class gives each node, and the second volume of Bottlerocket", () => {
    const ebs = { volumeSize: "20Gi" };
    check("c6i.large", 23, { storage: { blockDeviceMappings: [{ ebs }, { ebs }, { ebs }] } });
    check("c6i.large", 24, { amiFamily: "Bottlerocket" });
    check("c6i.large", 25, { storage: { blockDeviceMappings: [{ deviceName: "/dev/sdb" }] } });
  });

  it("never less than one, and nothing that is not known", () => {
    expect(attachableVolumes({ ...factsOf("c6i.large"), ebsAttachments: { max: 1, sharedWithInterfaces: true } })?.[driver]).toBe(1);
    const { ebsAttachments, ...unknown } = factsOf("c6i.large");
    expect(ebsAttachments).toBeDefined();
    expect(attachableVolumes(unknown)).toBeUndefined();
    const [type] = catalogInstanceTypes({ zones: catalogZones, facts: [unknown] });
    expect(type).not.toHaveProperty("attachable");
  });

  it("which the catalogue says of its types, by the settings of a class", () => {
    const of = (settings?: NodeSettings) => {
      const [type] = catalogInstanceTypes({
        zones: catalogZones,
        facts: [factsOf("c6i.large")],
        ...(settings === undefined ? {} : { settings }),
      });
      return type?.attachable?.[driver];
    };
    expect([of(), of({ amiFamily: "Bottlerocket" })]).toEqual([25, 24]);
  });
});
