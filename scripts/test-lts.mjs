/**
 * `npm run test:lts`: the fast tests on the current LTS, whatever Node runs this script.
 *
 * Left out, since `npm test` runs them and another Node computes no other way: the tests that try many cases, by what they import, and
 * the benches.
 */
import { join } from "node:path";
import { ensureBuilt, ensureLts, ensurePackages } from "./setup.mjs";
import { testsThatImport } from "./test-files.mjs";
import { runVitest } from "./vitest-run.mjs";

ensurePackages();
ensureBuilt();
const left = ["**/*.real.test.ts", "test/bench/**", ...testsThatImport("support/long-run.ts"), ...testsThatImport("support/properties.ts")];
const args = ["node_modules/vitest/vitest.mjs", "run", ...left.flatMap((file) => ["--exclude", file])];
process.exit(await runVitest({ command: join(ensureLts(), "node"), args }));
