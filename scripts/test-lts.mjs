/**
 * `npm run test:lts`: the fast tests on the current LTS, whatever Node runs this script.
 *
 * The registry carries Node itself as a package per platform; it is put in .cache, not in the lock file, since the lock
 * must install on every platform.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuilt, ensurePackages, run, say } from "./setup.mjs";

const ltsVersion = "24.21.0";
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, ".cache", `node-${ltsVersion}`);
const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const binary = join(folder, "node_modules", name, "bin", "node");

ensurePackages();
ensureBuilt();
if (!existsSync(binary)) {
  say(`installing Node ${ltsVersion} (package ${name})`);
  run("npm", ["install", "--silent", "--no-save", "--ignore-scripts", "--prefix", folder, `${name}@${ltsVersion}`]);
}
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const result = spawnSync(binary, [vitest, "run", "--exclude", "**/*.real.test.ts"], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
process.exit(result.status ?? 1);
