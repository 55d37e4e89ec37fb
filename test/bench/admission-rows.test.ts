/** What rounds of requests come to: the least CPU time, ratios within a case, and tables that show only what was measured. */
import { describe, expect, it } from "vitest";
import { apiServerTable, peerTable, plimsollTable, rowsOf, type BenchTool, type Round } from "../../bench/admission-rows.ts";

const mebibyte = 1024 ** 2;

function rounds(...cpuMicros: readonly number[]): readonly Round[] {
  return cpuMicros.map((cpu, index) => ({ cpuMicros: cpu, p99Ms: index + 1, memoryBytes: (100 + index) * mebibyte }));
}

function rowsFor(measured: Partial<Record<BenchTool, readonly Round[]>>) {
  const tools: readonly BenchTool[] = ["baseline", "plimsoll", "pepr", "kyverno", "kube-apiserver", "kube-apiserver with policies"];
  const found = tools.flatMap((tool) => (measured[tool] === undefined ? [] : [[tool, measured[tool]] as const]));
  return rowsOf({ phase: "validate", bytes: 12_800 }, found);
}

describe("a row of the admission bench", () => {
  const [baseline, plimsoll, kyverno] = rowsFor({
    baseline: rounds(120, 100, 140),
    plimsoll: rounds(150, 170, 160),
    kyverno: rounds(1800, 1500, 1600),
  });

  it("counts the least CPU time of all rounds, the median p99 and the most memory", () => {
    expect(kyverno).toMatchObject({ tool: "kyverno", cpuMicros: 1500, p99Ms: 2, memoryMiB: 102 });
  });

  it("tells the ratio to the baseline and to Plimsoll", () => {
    expect(kyverno).toMatchObject({ ratio: 15, plimsollRatio: 10 });
    expect(plimsoll).toMatchObject({ ratio: 1.5, plimsollRatio: 1 });
    expect(baseline).toMatchObject({ ratio: 1, plimsollRatio: 0.67 });
  });
});

describe("the tables of the admission bench", () => {
  const rows = rowsFor({
    baseline: rounds(100),
    plimsoll: rounds(125),
    kyverno: rounds(1500),
    "kube-apiserver": rounds(2000),
    "kube-apiserver with policies": rounds(2600),
  });

  it("show a peer by milliseconds, and as a multiple of the baseline and of Plimsoll", () => {
    expect(peerTable(rows).at(-1)).toMatch(/^kyverno +validate +12800 +1\.50 +15\.0x +12\.0x +1\.0 +100$/);
  });

  it("show what the API server's own policies add", () => {
    expect(apiServerTable(rows).at(-1)).toMatch(/^ *validate +12800 +2\.00 +2\.60 +0\.60 +0\.13 +100$/);
  });

  it("are left out where nothing of theirs was measured", () => {
    const alone = rowsFor({ baseline: rounds(100), plimsoll: rounds(125) });
    expect(peerTable(alone)).toEqual([]);
    expect(apiServerTable(alone)).toEqual([]);
    expect(plimsollTable(alone)).toHaveLength(2);
  });
});
