/** The flood bench runs on the real server: every case is measured, and its strangers really flood; figures need a quiet machine. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { FloodRow } from "../../bench/flood-rows.ts";

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

describe("npm run bench:flood", () => {
  it("measures reviews quiet, beside slow sockets, beside floods, and the floor of the machine", { timeout: 240_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
    try {
      const file = join(folder, "rows.json");
      const words = ["--rounds", "1", "--seconds", "1", "--json", file];
      const { stdout } = await run(process.execPath, ["--import", "tsx", "bench/flood.ts", ...words], { cwd: root });
      expect(stdout).toMatch(/closed, flood, other address: p99 is \d+\.\d+ times the quiet one/);
      const { rows } = JSON.parse(readFileSync(file, "utf8")) as { readonly rows: readonly FloodRow[] };
      const names = ["quiet", "slow sockets", "flood, other address", "flood, own address", "without the word", "floor"];
      expect(rows.map(({ tier, name }) => [tier, name])).toEqual(["closed", "open"].flatMap((tier) => names.map((name) => [tier, name])));
      for (const { name, sent, answered, flooded } of rows) {
        if (name !== "without the word") expect([name, answered]).toEqual([name, sent]);
        expect(flooded.opened).toBeGreaterThanOrEqual({ quiet: 0, "slow sockets": 200 }[name as string] ?? 50);
        // Beside the API server strangers have a tenth of the time: in a second on a busy machine that may be none.
        if (name === "floor") expect(flooded.answers["200"]).toBeGreaterThan(0);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses to run without bound", async () => {
    for (const words of [
      ["--rounds", "0"],
      ["--seconds", "1.5"],
    ])
      await expect(run(process.execPath, ["--import", "tsx", "bench/flood.ts", ...words], { cwd: root })).rejects.toMatchObject({
        code: 2,
      });
  });
});
