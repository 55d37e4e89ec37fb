/**
 * `plimsoll serve` as a process of its own, on the world of solves-world-server.ts, with a probe of its event loop.
 *
 * Starts both and waits until reviews may be sent. Returns what a round needs: a client, the loop's delay, what the provisioner has
 * done so far, and how to let it plan or rest.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, setPriority, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, getLocal } from "../test/support/loopback.ts";
import { diversePods } from "./diverse-pods.ts";
import type { LoopDelay } from "./event-loop-probe.ts";
import { processUsage } from "./peers/process-usage.ts";
import { openReviewClient, type ReviewClient } from "./review-client.ts";
import { answerOf } from "./server-process.ts";
import type { Registered, ToWorld } from "./solves-world-server.ts";

/** What the provisioner's controller has done since its start. */
export interface Planned {
  readonly looks: number;
  readonly seconds: number;
}

export interface ServedProcess extends Pick<ReviewClient, "post"> {
  readonly port: number;
  /** What is registered now, as the API server reads it: its paths change with time. */
  registered(): Promise<Registered>;
  /** CPU time that the process has used since its start, in milliseconds. */
  cpuMs(): number;
  /** Percentiles since the call before. */
  loopDelay(): Promise<LoopDelay>;
  planned(): Promise<Planned>;
  /** Resolves when the provisioner plans again and again, or not at all. */
  turn(to: "solve" | "rest"): Promise<void>;
  stop(): Promise<void>;
}

/** Workloads of the admission bench that stand in the world. */
export const servedWorkloads = 50;

const root = resolve(import.meta.dirname, "..");
const built = resolve(root, ".cache/bench");
const waitMaxMs = 120_000;
const triesMax = 100;

/** Starts the world with so many waiting Pods, and a server on it. */
export async function startServed(pods: number): Promise<ServedProcess> {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-solves-"));
  // The program reads its version two folders above its modules.
  copyFileSync(resolve(root, "package.json"), join(built, "package.json"));
  const world = fork(join(built, "bench/solves-world-server.js"), {
    cwd: root,
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  // The API server is on another machine, or should be: it takes no core from the server.
  if (world.pid !== undefined) setPriority(world.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const tell = (message: ToWorld): void => {
    world.send(message);
  };
  tell({ pods: diversePods(pods), workloads: servedWorkloads });
  const { kubeconfig } = await answerOf<{ readonly kubeconfig: string }>(world);
  writeFileSync(join(folder, "kubeconfig"), kubeconfig, { mode: 0o600 });
  const port = await freePort();
  const server = spawnServe(port, join(folder, "kubeconfig"));
  await until("the server is ready", async () => (await getLocal(port, "/readyz")).status === 200);
  await until("the leader has looked at every profile", () => isQuiet(port));
  const registered = (): Promise<Registered> => {
    tell("registered");
    return answerOf<Registered>(world);
  };
  const { authorityPem } = await registered();
  const client = openReviewClient({ port, authorityPem });
  const planned = (): Promise<Planned> => freshPlanned(port);
  return {
    ...{ port, planned, registered },
    cpuMs: () => processUsage(server.pid ?? NaN).cpuMicros / 1_000,
    post: (burst) => client.post(burst),
    loopDelay: () => {
      server.send("delay");
      return answerOf<LoopDelay>(server);
    },
    turn: async (to) => {
      tell(to);
      await until(`the provisioner ${to === "solve" ? "plans" : "rests"}`, () => hasTurned(planned, to));
    },
    stop: async () => {
      client.close();
      for (const child of [server, world]) await end(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function spawnServe(port: number, kubeconfig: string): ChildProcess {
  const probe = join(built, "bench/event-loop-probe.js");
  const where = ["--host", "127.0.0.1", "--port", String(port), "--webhook-url", `https://127.0.0.1:${port}`, "--lame-duck", "0"];
  const late = ["a", "b", "c"].map((zone) => `ap-southeast-1${zone}=24h`).join(",");
  const what = ["--kubeconfig", kubeconfig, "--provider", "kwok", "--kwok-join-delay", late, "--log-level", "error", "--metrics-open"];
  const words = [...imageFlags(), "--import", probe, join(built, "src/main.js"), "serve", ...where, ...what];
  return spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

/** How the image runs Node. */
function imageFlags(): readonly string[] {
  const line = /^ENTRYPOINT (.+)$/m.exec(readFileSync(join(root, "deploy/Dockerfile"), "utf8"))?.[1] ?? "[]";
  return (JSON.parse(line) as readonly string[]).filter((word) => word.startsWith("--"));
}

/** It plans where looks end within a second; it rests where none does for two. */
async function hasTurned(planned: () => Promise<Planned>, to: "solve" | "rest"): Promise<boolean> {
  const before = await planned();
  await sleep(to === "solve" ? 1_000 : 2_000);
  const { looks } = await planned();
  return to === "solve" ? looks > before.looks : looks === before.looks;
}

/** What runs beside the webhooks on their thread has ended, for three seconds at least. */
async function isQuiet(port: number): Promise<boolean> {
  const ran = async (): Promise<string> =>
    (await getLocal(port, "/metrics")).text
      .split("\n")
      .filter((line) => /^plimsoll_controller_runs_total.*"(profile|audit)"/.test(line))
      .join();
  const before = await ran();
  await sleep(3_000);
  return before !== "" && (await ran()) === before;
}

/** A thread that is amid a plan does not answer in time, and its last metrics are told: then it is asked again. */
async function freshPlanned(port: number): Promise<Planned> {
  const lateOf = (text: string): string => /^plimsoll_provisioner_thread_late_total\{question="metrics"\} (\S+)$/m.exec(text)?.[1] ?? "0";
  let late = "";
  for (let tries = 0; tries < triesMax; tries++) {
    const { text } = await getLocal(port, "/metrics");
    if (lateOf(text) === late || (late === "" && lateOf(text) === "0")) return plannedOf(text);
    late = lateOf(text);
  }
  throw new Error(`the provisioner's thread has not told its metrics in ${triesMax} tries`);
}

function plannedOf(text: string): Planned {
  const valueOf = (name: string): number => {
    const found = new RegExp(`^plimsoll_controller_run_duration_seconds_${name}\\{controller="provisioner"\\} (\\S+)$`, "m").exec(text);
    return Number(found?.[1] ?? 0);
  };
  return { looks: valueOf("count"), seconds: valueOf("sum") };
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const start = Date.now(); Date.now() - start < waitMaxMs;) {
    if (await isSo()) return;
    await sleep(100);
  }
  throw new Error(`after ${waitMaxMs / 1000} s it is not so that ${what}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}
