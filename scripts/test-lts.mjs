/** `npm run test:lts`: the fast tests on the current LTS, whatever Node runs this script. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ensureBuilt, ensureLts, ensurePackages } from "./setup.mjs";

ensurePackages();
ensureBuilt();
const node = join(ensureLts(), "node");
const result = spawnSync(node, ["node_modules/vitest/vitest.mjs", "run", "--exclude", "**/*.real.test.ts"], {
  stdio: ["ignore", "inherit", "inherit"],
});
process.exit(result.status ?? 1);
