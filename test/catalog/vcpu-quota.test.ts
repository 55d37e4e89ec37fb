/**
 * Which quota counts an instance, told by the names that AWS gives its quotas.
 */
import { describe, expect, test } from "vitest";
import { knownInstanceFacts } from "../../src/catalog/known-instances.ts";
import { decodeVcpuQuota, quotasByPlace } from "../../src/catalog/vcpu-quota.ts";

/** As Service Quotas lists them for EC2. */
const names = [
  "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
  "Running On-Demand G and VT instances",
  "Running On-Demand P instances",
  "Running On-Demand F instances",
  "Running On-Demand Inf instances",
  "Running On-Demand Trn instances",
  "Running On-Demand DL instances",
  "Running On-Demand HPC instances",
  "Running On-Demand High Memory instances",
  "Running On-Demand X instances",
  "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests",
  "All G and VT Spot Instance Requests",
  "All P4, P3 and P2 Spot Instance Requests",
  "All P5 Spot Instance Requests",
];
const quotas = names.flatMap((name, index) => decodeVcpuQuota({ code: `L-${index}`, name, value: 64 }) ?? []);
const quotaOf = quotasByPlace(quotas);

test("every such name is understood", () => {
  expect(quotas.map(({ name }) => name)).toEqual(names);
});

test.each([
  "Running Dedicated m5 Hosts",
  "EC2-VPC Elastic IPs",
  "AMIs",
  "Running On-Demand instances",
  "Number of EIPs - VPC EIPs",
  "Concurrent operations per Capacity Manager export",
])("%s counts no vCPUs", (name) => {
  expect(decodeVcpuQuota({ code: "L-0", name, value: 5 })).toBeUndefined();
});

describe("a place is counted by one quota", () => {
  test.each([
    ["m7i.large", "on-demand", "Running On-Demand Standard"],
    ["c7i-flex.large", "on-demand", "Running On-Demand Standard"],
    ["im4gn.xlarge", "on-demand", "Running On-Demand Standard"],
    ["is4gen.xlarge", "spot", "All Standard"],
    ["g5.xlarge", "on-demand", "Running On-Demand G and VT"],
    ["gr6.4xlarge", "spot", "All G and VT"],
    ["vt1.3xlarge", "on-demand", "Running On-Demand G and VT"],
    ["p4d.24xlarge", "on-demand", "Running On-Demand P"],
    ["p4de.24xlarge", "spot", "All P4, P3 and P2"],
    ["p5.48xlarge", "spot", "All P5"],
    ["inf2.xlarge", "on-demand", "Running On-Demand Inf"],
    ["trn1.2xlarge", "on-demand", "Running On-Demand Trn"],
    ["dl1.24xlarge", "on-demand", "Running On-Demand DL"],
    ["hpc7a.12xlarge", "on-demand", "Running On-Demand HPC"],
    ["u-6tb1.metal", "on-demand", "Running On-Demand High Memory"],
    ["u7i-12tb.224xlarge", "on-demand", "Running On-Demand High Memory"],
    ["x2gd.large", "on-demand", "Running On-Demand X"],
    ["f2.6xlarge", "on-demand", "Running On-Demand F"],
  ] as const)("%s %s", (instanceType, capacityType, start) => {
    expect(quotaOf({ instanceType, capacityType })?.name.startsWith(start)).toBe(true);
  });

  test("unless none names it", () => {
    expect(quotaOf({ instanceType: "trn1.2xlarge", capacityType: "spot" })).toBeUndefined();
    expect(quotaOf({ instanceType: "mac2.metal", capacityType: "on-demand" })).toBeUndefined();
    expect(quotaOf({ instanceType: "m7i.large", capacityType: "reserved" })).toBeUndefined();
  });

  test("of all known types on demand", () => {
    const uncounted = knownInstanceFacts().filter(({ name }) => quotaOf({ instanceType: name, capacityType: "on-demand" }) === undefined);
    expect(uncounted.map(({ name }) => name)).toEqual([]);
  });
});
