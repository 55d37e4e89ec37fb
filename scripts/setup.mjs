/**
 * Set-up: makes a fresh clone ready for `npm start` and `npm test`, and says what it is doing while it does.
 *
 * Plain JavaScript with no imports of ours, since it runs before anything is installed or built. Each step looks whether
 * its result is there and newer than what it is made of, and does nothing if so.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => join(root, ...parts);

/** Pinned like the npm packages: its recorded gaps are what the tests' proxy stands in for. */
const motoRequirement = "moto[server]==5.2.1";

export function ensurePackages() {
  const installed = at("node_modules", ".package-lock.json");
  if (existsSync(installed) && modified(installed) >= modified(at("package-lock.json"))) return;
  say("installing npm packages (about a minute)");
  run("npm", ["ci", "--no-fund", "--no-audit"]);
  // npm keeps the lock file's own time where nothing changed.
  if (existsSync(installed)) touch(installed);
}

export function ensureBuilt() {
  const entry = at("dist", "main.js");
  if (existsSync(entry) && modified(entry) >= newest(at("src")) && modified(entry) >= modified(at("tsconfig.build.json"))) return;
  say("compiling src/ to dist/");
  rmSync(at("dist"), { recursive: true, force: true });
  run(process.execPath, [at("node_modules", "typescript", "bin", "tsc"), "-p", at("tsconfig.build.json")]);
  // npx runs the file itself, and a compiler writes no executables.
  chmodSync(entry, 0o755);
  touch(entry);
}

/** Returns the Python virtual environment's folder, or undefined where there is no Python 3. */
export function ensureMoto() {
  const python = ["python3", "python"].find((name) => spawnSync(name, ["--version"]).status === 0);
  if (python === undefined) return undefined;
  const environment = at(".cache", "python");
  const marker = join(environment, `.${motoRequirement.replaceAll(/[^a-z0-9.]/g, "-")}`);
  if (existsSync(marker)) return environment;
  say(`installing ${motoRequirement} into a Python virtual environment (about a minute)`);
  rmSync(environment, { recursive: true, force: true });
  run(python, ["-m", "venv", environment]);
  run(join(environment, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", motoRequirement]);
  writeFileSync(marker, "");
  return environment;
}

/** The current LTS: what the image runs on and what `npm run test:lts` tests with. */
export const ltsVersion = "24.21.0";

/**
 * Returns the folder of the LTS's node binary. The registry carries Node itself as a package per platform; it is put in
 * .cache, not in the lock file, since the lock must install on every platform.
 */
export function ensureLts() {
  const folder = at(".cache", `node-${ltsVersion}`);
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const binaries = join(folder, "node_modules", name, "bin");
  if (!existsSync(join(binaries, "node"))) {
    say(`installing Node ${ltsVersion} (package ${name})`);
    run("npm", ["install", "--silent", "--no-save", "--ignore-scripts", "--prefix", folder, `${name}@${ltsVersion}`]);
  }
  return binaries;
}

/** A step that takes longer hangs. */
const stepMsMax = 30 * 60_000;

/** Says one line about what is being done, on stderr, so that stdout stays the program's own. */
export function say(text) {
  process.stderr.write(`plimsoll: ${text}\n`);
}

export function run(command, args, options = {}) {
  // A step's own output goes to stderr for the same reason.
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2], timeout: stepMsMax, killSignal: "SIGKILL", ...options });
  if (result.error) throw result.error;
  if (result.status !== 0) {
    say(`${command} ${args.join(" ")} failed (exit ${result.status})`);
    process.exit(result.status ?? 1);
  }
}

function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function newest(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, modified(join(entry.parentPath, entry.name))), 0);
}

function touch(path) {
  const now = new Date();
  utimesSync(path, now, now);
}
