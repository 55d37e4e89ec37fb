/** The admission bench runs as its users run it, checks every answer, and prints and writes a row for each case. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { answerProblem, benchReviews, type BenchReview } from "../../bench/admission-reviews.ts";

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

interface Row {
  readonly case: string;
  readonly tool: string;
  readonly bytes: number;
  readonly cpuMicros: number;
  readonly p99Ms: number;
  readonly ratio: number;
  readonly memoryMiB: number;
}

describe("npm run bench:admission", () => {
  it("measures mutate and validate at three sizes beside the baseline", { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
    try {
      const file = join(folder, "rows.json");
      const { stdout } = await run(
        process.execPath,
        ["--import", "tsx", "bench/admission.ts", "--rounds", "1", "--requests", "8", "--no-peers", "--json", file],
        {
          cwd: root,
        },
      );
      expect(stdout.trim().split("\n")).toHaveLength(7);
      expect(stdout).toMatch(/case +bytes +baseline us\/req +plimsoll us\/req +ratio/);
      const { rows } = JSON.parse(readFileSync(file, "utf8")) as { readonly rows: readonly Row[] };
      const cases = rows.map((row) => `${row.case} ${row.bytes} ${row.tool}`);
      expect(cases).toEqual(
        ["mutate", "validate"].flatMap((phase) =>
          [1536, 12_800, 51_200].flatMap((bytes) => [`${phase} ${bytes} baseline`, `${phase} ${bytes} plimsoll`]),
        ),
      );
      for (const row of rows) expect([row.cpuMicros, row.p99Ms, row.ratio, row.memoryMiB].every((value) => value > 0)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("refuses to run without bound", async () => {
    const words = ["--import", "tsx", "bench/admission.ts", "--rounds", "0"];
    await expect(run(process.execPath, words, { cwd: root })).rejects.toMatchObject({ code: 2 });
  });

  it("posts reviews of exactly the asked size", () => {
    for (const bytes of [1536, 12_800, 51_200]) {
      for (const phase of ["mutate", "validate"] as const) {
        expect(new Set(benchReviews(phase, bytes).map(({ body }) => body.length))).toEqual(new Set([bytes]));
      }
    }
  });
});

describe("an answer of the bench is wrong", () => {
  const right = { uid: "u", allowed: true, patchType: "JSONPatch", patch: Buffer.from('[{"op":"add"}]').toString("base64") };
  const rows: readonly [string, number, object, RegExp][] = [
    ["with another status", 500, right, /answered 500/],
    ["with another uid", 200, { ...right, uid: "v" }, /uid v instead of u/],
    ["when it refuses", 200, { ...right, allowed: false, status: { message: "no" } }, /refuses: no/],
    ["without a patch", 200, { uid: "u", allowed: true }, /no patch/],
    ["with an empty patch", 200, { ...right, patch: Buffer.from("[]").toString("base64") }, /empty patch/],
  ];
  it.each(rows)("%s", (_what, status, response, problem) => {
    expect(problemOf(status, response)).toMatch(problem);
  });

  it("where it lets a violating object in, or names none of its rules", () => {
    expect(problemOf(200, { uid: "u", allowed: true }, { violating: true })).toMatch(/allows what breaks rules/);
    const refusal = { uid: "u", allowed: false, status: { message: "[SCALE-001] too few" } };
    expect(problemOf(200, refusal, { violating: true })).toMatch(/does not name \[REQ-002\]/);
  });

  it("and right otherwise", () => {
    expect(problemOf(200, right)).toBeUndefined();
    expect(problemOf(200, { uid: "u", allowed: true }, { violating: false })).toBeUndefined();
  });
});

function problemOf(status: number, response: object, review: Partial<Pick<BenchReview, "violating">> = {}): string | undefined {
  const text = JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response });
  const expected = review.violating === undefined ? "patch" : "verdict";
  return answerProblem({ review: { uid: "u", violating: false, ...review }, expected, status, text });
}
