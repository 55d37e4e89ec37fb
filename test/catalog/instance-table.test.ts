/** The table of instance types says again what was written into it, and refuses what is no table. */
import { describe, expect, it } from "vitest";
import { recording } from "../../src/catalog/generated/instance-types.ts";
import { formatInstanceTable, parseInstanceTable } from "../../src/catalog/instance-table.ts";

describe("the table", () => {
  it("of the recording is the text of what it reads as", () => {
    const table = parseInstanceTable(recording.text);
    expect(table.ok && formatInstanceTable(table.value)).toBe(recording.text);
  });

  it("reads every kind of value", () => {
    const table = parseInstanceTable(recording.text);
    const facts = new Map((table.ok ? table.value.facts : []).map((of) => [of.name, of]));
    expect(facts.get("p5.48xlarge")).toEqual({
      name: "p5.48xlarge",
      vcpus: 192,
      memoryMiB: 2_097_152,
      architecture: "amd64",
      manufacturer: "amd",
      clockSpeedMhz: 3600,
      hypervisor: "nitro",
      encryptionInTransit: true,
      networkInterfacesMax: 2,
      ipv4PerInterface: 50,
      networkBandwidthMbps: 3_200_000,
      ebsBandwidthMbps: 80_000,
      ebsAttachments: { max: 64, sharedWithInterfaces: false },
      instanceStoreGB: 30_400,
      gpus: [{ name: "H100", manufacturer: "NVIDIA", count: 8, memoryMiB: 81_920 }],
      efaInterfacesMax: 32,
      offeredIn: { region: "ap-southeast-1", zones: [] },
    });
    expect(facts.get("trn1.2xlarge")?.neuron).toEqual({ name: "Trainium", devices: 1, coresPerDevice: 2 });
    expect(facts.get("m7i.metal-24xl")).toMatchObject({ bareMetal: true, hypervisor: "" });
    expect(facts.get("m4.large")).toMatchObject({ previousGeneration: true, ebsAttachments: { sharedWithInterfaces: true } });
  });
});

describe("a text that is no table is refused:", () => {
  const lines = recording.text.split("\n");

  check("an empty one", "", /line 1: a table starts with source, region and date/);
  check("other columns", lines.with(3, "name|cpu").join("\n"), /line 4: the columns must be name\|vCPUs/);
  check("a row of too few values", lines.with(5, "m7i.large|2").join("\n"), /line 6: m7i\.large\|2 is no row/);
  check("a row without numbers", lines.with(4, (lines[4] ?? "").replace("|8|", "|eight|")).join("\n"), /line 5: a1\.2xlarge\|eight/);
  check("no rows", lines.slice(0, 4).join("\n"), /no rows/);

  function check(title: string, text: string, expected: RegExp): void {
    it(title, () => {
      const table = parseInstanceTable(text);
      expect(table.ok ? "a table" : table.error).toMatch(expected);
    });
  }
});
