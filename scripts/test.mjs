/**
 * `npm test`: everything. Set-up, types, lint, format, then every test, real control plane and real EC2 protocol included
 * where the machine has Go and Python. Prints what was left out, and a last line `N passed, N failed`, however it ends.
 *
 * Further arguments go to vitest, so `npm test -- test/kube` runs one room with the same set-up.
 */
import { ensureBuilt, ensureMoto, ensurePackages, run, say } from "./setup.mjs";
import { runVitest } from "./vitest-run.mjs";

// A step before the tests that fails ends this process where it stands.
const endEarly = (status) => {
  if (status !== 0) console.log("0 passed, 1 failed");
};
process.on("exit", endEarly);

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
process.off("exit", endEarly);
const env = python === undefined ? {} : { PLIMSOLL_TEST_PYTHON: python };
process.exit(await runVitest({ command: "npx", args: ["--no", "vitest", "run", ...rest], env }));
