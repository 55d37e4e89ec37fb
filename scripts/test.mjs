/**
 * `npm test`: everything. Set-up, types, lint, format, then every test, real control plane and real EC2 protocol included
 * where the machine has Go and Python. Prints what was left out, and a last line `N passed, N failed`.
 *
 * Further arguments go to vitest, so `npm test -- test/kube` runs one room with the same set-up.
 */
import { spawnSync } from "node:child_process";
import { ensureBuilt, ensureMoto, ensurePackages, run, say } from "./setup.mjs";

ensurePackages();
ensureBuilt();
const python = ensureMoto();
run("npx", ["--no", "tsx", "test/support/build-control-plane.ts"]);

const rest = process.argv.slice(2);
if (rest.length === 0) {
  for (const [what, script] of [
    ["types", "check"],
    ["lint", "lint"],
    ["format", "format:check"],
  ]) {
    say(`checking ${what}`);
    run("npm", ["run", "--silent", script]);
  }
}
const result = spawnSync("npx", ["--no", "vitest", "run", ...rest], {
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, ...(python === undefined ? {} : { PLIMSOLL_TEST_PYTHON: python }) },
});
process.exit(result.status ?? 1);
