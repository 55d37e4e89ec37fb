/** The bench of reviews beside plans runs on the real server, whose provisioner plans and rests as it is told; figures need a quiet machine. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);
/** Loose enough for a busy machine. */
const loopP99MaxMs = 500;

interface Row {
  readonly provisioner: "rests" | "plans";
  readonly reviews: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly loopP99Ms: number;
  readonly looks: number;
  readonly planShare: number;
}

describe("npm run bench:admission-beside-solves", () => {
  it("measures a pair of rounds: nothing is planned in the one, and again and again in the other", { timeout: 240_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
    try {
      const file = join(folder, "rows.json");
      const extent = ["--rounds", "1", "--seconds", "4", "--pods", "500"];
      const { stdout } = await run(process.execPath, ["--import", "tsx", "bench/admission-beside-solves.ts", ...extent, "--json", file], {
        cwd: root,
      });
      expect(stdout).toMatch(/pair +provisioner +reviews +p50 ms +p99 ms/);
      const { rows } = JSON.parse(readFileSync(file, "utf8")) as { readonly rows: readonly Row[] };
      expect(rows.map(({ provisioner }) => provisioner)).toEqual(["rests", "plans"]);
      const [rests, plans] = rows;
      expect([rests?.looks, rests?.planShare]).toEqual([0, 0]);
      expect(plans?.looks).toBeGreaterThan(1);
      expect(plans?.planShare).toBeGreaterThan(0.1);
      for (const { reviews, p50Ms, p99Ms } of rows) expect(reviews > 0 && p50Ms > 0 && p99Ms >= p50Ms).toBe(true);
      expect(plans?.loopP99Ms).toBeLessThan(loopP99MaxMs);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses to run without bound", async () => {
    for (const words of [
      ["--rounds", "0"],
      ["--pods", "49"],
      ["--seconds", "1.5"],
    ])
      await expect(
        run(process.execPath, ["--import", "tsx", "bench/admission-beside-solves.ts", ...words], { cwd: root }),
      ).rejects.toMatchObject({ code: 2 });
  });
});
