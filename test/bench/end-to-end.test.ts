/**
 * The parts of bench:end-to-end that need no cluster: its market, its rows, and how it counts Pods.
 */
import { describe, expect, test } from "vitest";
import { atRate } from "../../bench/end-to-end/controller-manager.ts";
import { boughtBy, marketTypes } from "../../bench/end-to-end/market.ts";
import type { RunFigures } from "../../bench/end-to-end/measure-run.ts";
import { podSight } from "../../bench/end-to-end/pod-watch.ts";
import { comparisonTable, rowOf, rowTable } from "../../bench/end-to-end/rows.ts";
import { deployments } from "../../bench/end-to-end/workload.ts";
import { parseKwokInstanceTypes } from "../../src/kwok/kwok-instance-types.ts";

const figures: RunFigures = {
  firstClaimMs: 1_000,
  allMadeMs: 8_000,
  allRunningMs: 9_000,
  claimsMade: 8,
  claimsAtEnd: 8,
  vcpu: 208,
  pricePerHour: 5,
  cpuSeconds: 3,
  peakMemoryMiB: 180,
};
const usual = { pods: 200, qps: 20, joinSeconds: 0 };

describe("the market", () => {
  test("is Karpenter's kwok catalogue: 144 types, each in four zones, on demand and as Spot", () => {
    const types = parseKwokInstanceTypes(JSON.stringify(marketTypes()));
    if (!types.ok) throw new Error(types.error);
    expect(types.value).toHaveLength(144);
    expect(types.value.every(({ offerings }) => offerings.length === 8)).toBe(true);
    const [first] = types.value;
    expect(first).toMatchObject({ name: "c-1x-amd64-linux", capacity: { cpu: 1000, memory: 2 * 1024 ** 3, pods: 16 } });
    expect(first?.offerings.find(({ capacityType }) => capacityType === "on-demand")?.pricePerHour).toBeCloseTo(0.027147483648, 12);
    expect(first?.offerings.find(({ capacityType }) => capacityType === "spot")?.pricePerHour).toBeCloseTo(0.0190032385536, 12);
  });

  const labels = {
    "node.kubernetes.io/instance-type": "m-64x-amd64-linux",
    "topology.kubernetes.io/zone": "test-zone-d",
    "karpenter.sh/capacity-type": "on-demand",
  };

  test("tells what a node has and costs by its labels", () => {
    expect(boughtBy(labels)).toEqual({ vcpu: 64, pricePerHour: 0.025 * 64 + (0.001 * 512 * 1024 ** 3) / 1e9 });
  });

  test("knows no node that it doesn't sell", () => {
    expect(() => boughtBy({ ...labels, "topology.kubernetes.io/zone": "test-zone-e" })).toThrow("the market sells no such node");
  });
});

test("1,000 Pods are five Deployments of 200, and 250 are one of 200 and one of 50", () => {
  const replicas = (pods: number) =>
    deployments(pods).map((one) => (one as { readonly spec: { readonly replicas: number } }).spec.replicas);
  expect(replicas(1_000)).toEqual([200, 200, 200, 200, 200]);
  expect(replicas(250)).toEqual([200, 50]);
});

test("a controller manager keeps its other arguments at another rate", () => {
  const args = ["--leader-elect=false", "--kube-api-qps=1000", "--kube-api-burst=2000"];
  expect(atRate(args, 20)).toEqual(["--leader-elect=false", "--kube-api-qps=20", "--kube-api-burst=30"]);
});

test("a Pod counts once as made and once as running, whatever a watch repeats", () => {
  const { see, made, running } = podSight();
  const event = (uid: string, phase: string) => ({ type: "MODIFIED", object: { metadata: { uid }, status: { phase } } });
  see(event("a", "Pending"), 10);
  see(event("a", "Running"), 20);
  see(event("b", "Running"), 30);
  see(event("a", "Running"), 40);
  expect({ made, running }).toEqual({ made: [10, 30], running: [20, 30] });
});

describe("a row", () => {
  test("has the median of its runs, and the most claims and memory that any of them had", () => {
    const runs = [figures, { ...figures, firstClaimMs: 3_000, claimsMade: 9, peakMemoryMiB: 170 }, { ...figures, firstClaimMs: 1_500 }];
    expect(rowOf("plimsoll", usual, runs)).toMatchObject({
      runs: 3,
      firstClaimMs: 1_500,
      claimsMade: 9,
      claimsAtEnd: 8,
      peakMemoryMiB: 180,
    });
  });

  test("stands beside Karpenter's of the same case alone", () => {
    const ours = rowOf("plimsoll", usual, [{ ...figures, claimsMade: 9 }]);
    const theirs = rowOf("karpenter", usual, [{ ...figures, firstClaimMs: 10_000, allRunningMs: 18_000, pricePerHour: 6.25 }]);
    const other = rowOf("karpenter", { ...usual, joinSeconds: 30 }, [figures]);
    const [, , line] = comparisonTable([ours, other, theirs]);
    expect(line?.split("|").map((cell) => cell.trim())).toEqual([
      "",
      "200",
      "20",
      "0 s",
      "0.100",
      "0.500",
      "0.800",
      "1.000",
      "1.0",
      "1.0",
      "1",
      "",
    ]);
    expect(comparisonTable([ours, other])).toEqual([]);
    expect(rowTable([ours, theirs, other])).toHaveLength(5);
  });
});
