/**
 * bench:end-to-end on 20 Pods, Plimsoll alone: the built command buys from the bench's market, and all Pods run.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { marketTypes } from "../../bench/end-to-end/market.ts";
import { measureRun } from "../../bench/end-to-end/measure-run.ts";
import { plimsollWhole } from "../../bench/end-to-end/plimsoll-whole.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";

await describeOnControlPlane("20 Pods end to end", () => {
  test("run on nodes of the market, and no NodeClaim is made that is not kept", async () => {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-market-"));
    const marketFile = join(folder, "instance-types.json");
    writeFileSync(marketFile, JSON.stringify(marketTypes()));
    const figures = await measureRun(plimsollWhole(marketFile), { pods: 20, qps: 1_000, joinSeconds: 1 }, 3_000);
    rmSync(folder, { recursive: true });
    expect(figures.claimsMade).toBe(figures.claimsAtEnd);
    expect(figures.vcpu).toBeGreaterThanOrEqual(21);
    expect(figures.vcpu).toBeLessThanOrEqual(32);
    expect(figures.firstClaimMs).toBeGreaterThan(0);
    expect(figures.allRunningMs).toBeGreaterThan(figures.firstClaimMs + 1_000);
    expect(figures.cpuSeconds).toBeGreaterThan(0);
    expect(figures.peakMemoryMiB).toBeGreaterThan(50);
  }, 180_000);
});
