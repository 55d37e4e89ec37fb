// The Go binary of the test control plane (test/cluster), built when it isn't there yet.
//
// Reads test/cluster's Go files and the machine's Go; returns the path of the binary, or one sentence that says why there is none.
// The binary lies in .cache/control-plane/<hash>, the hash being of the module's files and the Go version: a change builds anew, and
// nothing else does. The first build takes minutes, so it says on stderr how far it is; a lock keeps two test workers from building twice.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const moduleFolder = join(repository, "test", "cluster");
const cacheFolder = join(repository, ".cache", "control-plane");

const lockPollMs = 250;
const lockWaitMsMax = 30 * 60_000;
const progressEveryMs = 10_000;
const unusedMsMax = 24 * 60 * 60_000;

/**
 * Returns the control plane's binary, which it builds first if need be (minutes on the first build, seconds from Go's cache).
 * `missing` is one sentence for a test run to print: this machine has no Go. A build that fails throws with the compiler's words.
 */
export async function ensureControlPlane(): Promise<{ readonly binary: string } | { readonly missing: string }> {
  const goVersion = await readGoVersion();
  if (goVersion === undefined)
    return { missing: "The real control plane was left out: it is built with Go, and there is no `go` on the PATH." };
  const folder = join(cacheFolder, await hashModule(goVersion));
  const binary = join(folder, "control-plane");
  if (await exists(binary)) {
    await markUsed(folder);
    return { binary };
  }
  await mkdir(folder, { recursive: true });
  const release = await lock(join(folder, "lock"));
  try {
    if (!(await exists(binary))) await build(binary);
    await markUsed(folder);
    await removeUnused();
  } finally {
    await release();
  }
  return { binary };
}

async function readGoVersion(): Promise<string | undefined> {
  try {
    const { code, stdout } = await run(["env", "GOVERSION", "GOOS", "GOARCH"]);
    return code === 0 ? stdout : undefined;
  } catch {
    return undefined; // there is no such command
  }
}

async function hashModule(goVersion: string): Promise<string> {
  const hash = createHash("sha256").update(goVersion);
  const names = (await readdir(moduleFolder)).filter((name) => name.endsWith(".go") || name === "go.mod" || name === "go.sum");
  for (const name of names.sort()) {
    hash.update(`\0${name}\0`).update(await readFile(join(moduleFolder, name)));
  }
  return hash.digest("hex").slice(0, 16);
}

async function build(binary: string): Promise<void> {
  const startedMs = Date.now();
  const compiled = { count: 0 };
  say("building the control plane for the tests (minutes the first time, seconds from then on)");
  const progress = setInterval(() => {
    say(`still building: ${secondsSince(startedMs)} s, ${compiled.count} packages compiled`);
  }, progressEveryMs);
  const unfinished = `${binary}.unfinished`;
  try {
    const { code, stderr } = await run(["build", "-v", "-buildvcs=false", "-ldflags", await linkerFlags(), "-o", unfinished, "."], () => {
      compiled.count += 1;
    });
    if (code !== 0) throw new Error(`go build in test/cluster failed:\n${stderr.slice(-4000)}`);
  } finally {
    clearInterval(progress);
  }
  await rename(unfinished, binary);
  say(`the control plane is built (${secondsSince(startedMs)} s)`);
}

/** The version that the components report: without it they call themselves v0.0.0, and clients gate features on that. */
async function linkerFlags(): Promise<string> {
  const goMod = await readFile(join(moduleFolder, "go.mod"), "utf8");
  const version = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)/.exec(goMod);
  if (version === null) throw new Error("test/cluster/go.mod requires no released version of k8s.io/kubernetes");
  const [, git, major, minor] = version;
  const packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"];
  const settings = packages.map((name) => `-X ${name}.gitVersion=${git} -X ${name}.gitMajor=${major} -X ${name}.gitMinor=${minor}`);
  return ["-s", "-w", ...settings].join(" ");
}

function run(
  args: readonly string[],
  onErrorLine: () => void = () => undefined,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, { cwd: moduleFolder, stdio: ["ignore", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output.stdout += text;
    });
    createInterface({ input: child.stderr }).on("line", (line) => {
      output.stderr += `${line}\n`;
      onErrorLine();
    });
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, ...output });
    });
  });
}

/** Takes the lock file, waiting for another builder; one whose process is gone holds nothing. Returns the function that gives it back. */
async function lock(path: string): Promise<() => Promise<void>> {
  const deadlineMs = Date.now() + lockWaitMsMax;
  let said = false;
  while (Date.now() < deadlineMs) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!hasCode(error, "EEXIST")) throw error;
    }
    const owner = Number(await readFile(path, "utf8").catch(() => ""));
    if (owner > 0 && !isAlive(owner)) await rm(path, { force: true });
    else if (!said) {
      said = true;
      say("waiting for another process that is building the control plane");
    }
    await sleep(lockPollMs);
  }
  throw new Error(`another process has been building the control plane for too long; if it isn't, remove ${path}`);
}

async function markUsed(folder: string): Promise<void> {
  const now = new Date();
  await utimes(folder, now, now);
}

/** Keeps the cache small: what no run has used for a day goes. */
async function removeUnused(): Promise<void> {
  for (const name of await readdir(cacheFolder)) {
    const folder = join(cacheFolder, name);
    if (Date.now() - (await stat(folder)).mtimeMs > unusedMsMax) await rm(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !hasCode(error, "ESRCH");
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function secondsSince(startedMs: number): number {
  return Math.round((Date.now() - startedMs) / 1000);
}

function say(text: string): void {
  process.stderr.write(`control plane: ${text}\n`);
}
