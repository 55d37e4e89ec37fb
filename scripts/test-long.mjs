/**
 * `npm run test:long`: the checks whose bounds CI can't afford, one after the other, with the minutes of each.
 *
 * A test file that asks test/support/long-run.ts how much to try runs alone, since it wants the machine; the properties of
 * test/support/properties.ts run together, on fresh cases; the proof of the checklist comes last. Files as arguments run in
 * place of all that. Exits 1 if one failed; the last line is the count. docs/checks.md keeps the figures.
 */
import { spawnSync } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuilt, ensureMoto, ensurePackages, run, say } from "./setup.mjs";
import { testsThatImport } from "./test-files.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

ensurePackages();
ensureBuilt();
const python = ensureMoto();
run("npx", ["--no", "tsx", "test/support/build-control-plane.ts"]);

const asked = process.argv.slice(2);
const checks = asked.length > 0 ? asked.map((file) => checkOf(file, [file])) : allChecks();
const results = checks.map(({ name, command }) => {
  say(`long run: ${name}`);
  const startedAt = performance.now();
  const { status } = spawnSync("npx", ["--no", ...command], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...(python === undefined ? {} : { PLIMSOLL_TEST_PYTHON: python }), PLIMSOLL_LONG: "1" },
  });
  return { name, holds: status === 0, minutes: (performance.now() - startedAt) / 60_000 };
});
for (const { name, holds, minutes } of results)
  console.log(`${holds ? "holds " : "FAILED"} ${minutes.toFixed(1).padStart(6)} min  ${name}`);
const failed = results.filter(({ holds }) => !holds).length;
console.log(`${results.length - failed} checks hold, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

function allChecks() {
  return [
    ...testsThatImport("support/long-run.ts").map((file) => checkOf(file, [file])),
    checkOf("properties on fresh cases", testsThatImport("support/properties.ts")),
    { name: "npm run checklist -- --prove", command: ["tsx", "scripts/checklist.ts", "--prove"] },
  ];
}

function checkOf(name, files) {
  return { name, command: ["vitest", "run", ...files] };
}
