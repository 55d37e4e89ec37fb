/**
 * The benchmark's Pods and types are Karpenter's, and the solver packs them well.
 */
import { describe, expect, it } from "vitest";
import { diverseFingerprints, diverseRows, diverseSizes, fingerprint } from "../../../bench/diverse-pods.ts";
import { fakeInstanceTypes } from "../../../bench/fake-instance-types.ts";
import { resourceBound } from "../../../bench/scheduling-bound.ts";
import { diverseInput } from "../../../bench/scheduling-input.ts";
import { solve } from "../../../src/provisioner/scheduling/solve.ts";

describe("the diverse Pods", () => {
  it("are the recorded ones, at every size", () => {
    for (const size of diverseSizes()) expect([size, fingerprint(diverseRows(size))]).toEqual([size, diverseFingerprints[size]]);
  });

  it("meet 400 types at a price that is linear in size", () => {
    const all = fakeInstanceTypes(400);
    expect(all).toHaveLength(400);
    expect(all.map(({ offerings }) => offerings.length)).toEqual(all.map(() => 5));
    expect(all[0]?.offerings[0]?.pricePerHour).toBeCloseTo(0.31475, 5);
    expect(all[399]?.allocatable).toEqual({ cpu: 399_900, memory: 800 * 1024 ** 3 - 10 * 1024 ** 2, pods: 4000 });
  });

  it("are all placed, on no more nodes than their anti-affinity forces, within 15 % of the bound", () => {
    const { newNodes, unschedulable, pricePerHour } = solve(diverseInput(500));
    expect(unschedulable).toEqual([]);
    expect(newNodes).toHaveLength(100);
    expect(pricePerHour / resourceBound({ count: 500, nodes: newNodes.length })).toBeLessThan(1.15);
  });
});
