/** The benches' command lines: a help that teaches, and one line about a mistake. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

function run(bench: string, argument: string) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", `bench/${bench}.ts`, argument], {
    cwd: root,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

it.each(["scheduling", "admission"])("bench:%s shows its options and examples", { timeout: 30_000 }, (bench) => {
  const { code, stdout, stderr } = run(bench, "--help");
  expect(stdout).toMatch(/^ {2}--json FILE /m);
  expect(stdout).toContain(`\n  npm run bench:${bench} -- `);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

it.each(["scheduling", "admission"])("bench:%s tells an unknown option in one line", { timeout: 30_000 }, (bench) => {
  expect(run(bench, "--nope")).toEqual({ code: 2, stdout: "", stderr: "Unknown option '--nope'; --help shows the options\n" });
});
