/**
 * `npm run test:faults -- --runs N --seed S`: compiles the runs with faults once, and plays them (scripts/test-faults.ts).
 *
 * Thousands of runs want plain JavaScript: a loader that translates in each process names every function again each time it is made, which
 * costs a good part of a run. Young garbage gets room enough to die young.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./setup.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** A folder a process, so that two at once do not compile over each other. */
const compiled = join(root, ".cache", `faults-${process.pid}`);

const compiler = join(root, "node_modules", "typescript7", "bin", "tsc");
const settings = ["--noEmit", "false", "--noCheck", "--rootDir", root, "--outDir", compiled];
try {
  run(process.execPath, [compiler, "-p", join(root, "tsconfig.json"), ...settings]);
  // What runs read besides code, where the code looks for it.
  copyFileSync(join(root, "policies.yaml"), join(compiled, "policies.yaml"));
  const script = join(compiled, "scripts", "test-faults.js");
  const { status } = spawnSync(process.execPath, ["--max-semi-space-size=32", script, ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(compiled, { recursive: true, force: true });
}
