/** Resource arithmetic counts a missing name as nothing. */
import { describe, expect, it } from "vitest";
import {
  addResources,
  exceeding,
  fitsWithin,
  isZero,
  maxResources,
  subtractResources,
  toResourceList,
  toResources,
} from "../../src/kube/resources.ts";

describe("resources", () => {
  it("are read in millicores, bytes and units, and written back canonically", () => {
    const list = { cpu: "1500m", memory: "1.5Gi", "ephemeral-storage": "1G", pods: 58, "nvidia.com/gpu": "2", "hugepages-2Mi": "4Mi" };
    const resources = toResources(list);
    expect(resources).toEqual({
      cpu: 1500,
      memory: 1_610_612_736,
      "ephemeral-storage": 1_000_000_000,
      pods: 58,
      "nvidia.com/gpu": 2,
      "hugepages-2Mi": 4_194_304,
    });
    expect(toResourceList(resources)).toEqual({
      cpu: "1500m",
      memory: "1536Mi",
      "ephemeral-storage": "1000000000",
      pods: "58",
      "nvidia.com/gpu": "2",
      "hugepages-2Mi": "4Mi",
    });
  });
  it("stop the program on a quantity that the edge let through", () => {
    expect(() => toResources({ memory: "1gb" })).toThrow(/validated at the edge/);
  });
  it("add, subtract and take the larger, by name", () => {
    const [a, b] = [
      { cpu: 100, memory: 5 },
      { cpu: 50, gpu: 1 },
    ];
    expect(addResources(a, b, a)).toEqual({ cpu: 250, memory: 10, gpu: 1 });
    expect(subtractResources(a, b)).toEqual({ cpu: 50, memory: 5, gpu: -1 });
    expect(maxResources(a, b)).toEqual({ cpu: 100, memory: 5, gpu: 1 });
  });
  it("fit where every name fits, and name what does not", () => {
    const have = { cpu: 1000, memory: 10 };
    expect(fitsWithin({ cpu: 1000, gpu: 0 }, have)).toBe(true);
    expect(fitsWithin({ cpu: 1, gpu: 1 }, have)).toBe(false);
    expect(exceeding({ memory: 11, gpu: 1, cpu: 1 }, have)).toEqual(["gpu", "memory"]);
  });
  it("are zero where nothing is above or below nothing", () => {
    expect([isZero({}), isZero({ cpu: 0 }), isZero({ cpu: -1 })]).toEqual([true, true, false]);
  });

  it("counts what no Node has as the largest amount, so that no Pod can stop the program that adds it up", () => {
    expect(toResources({ memory: "1Ei", cpu: "9223372036854775807", "example.com/x": "-1e30" })).toEqual({
      memory: Number.MAX_SAFE_INTEGER,
      cpu: Number.MAX_SAFE_INTEGER,
      "example.com/x": -Number.MAX_SAFE_INTEGER,
    });
  });
});
