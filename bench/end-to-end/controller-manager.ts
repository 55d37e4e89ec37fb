/**
 * The controller manager at another rate: how many requests a second it may send is what most makes Pods late.
 *
 * Reads the command line of the one that runs (Linux's /proc), ends it, and starts the same with another `--kube-api-qps`. Upstream's
 * default is 20 requests a second with a burst of 30; the burst keeps that ratio. Its life hangs on this process, as that of all parts.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ControlPlane } from "../../test/support/control-plane.ts";
import { answers } from "./controller-process.ts";

const burstPerQps = 1.5;
const readyWaitMsMax = 60_000;
const readyPollMs = 100;
const rateOption = /^--kube-api-(qps|burst)=/;

/** Returns the way to end it, once it is ready. */
export async function controllerManagerAt(plane: ControlPlane, qps: number): Promise<() => Promise<void>> {
  const pid = plane.pids["kube-controller-manager"];
  if (pid === undefined) throw new Error("the control plane runs no controller manager");
  const words = (name: string): readonly string[] =>
    readFileSync(`/proc/${pid}/${name}`, "utf8")
      .split("\0")
      .filter((word) => word !== "");
  const [binary = "", ...args] = words("cmdline");
  const environment = words("environ").map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]);
  await plane.stop("kube-controller-manager");
  const child = spawn(binary, atRate(args, qps), {
    cwd: plane.dir,
    env: Object.fromEntries(environment) as Record<string, string>,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const gone = once(child, "exit");
  const port = plane.ports["kube-controller-manager"];
  for (const end = Date.now() + readyWaitMsMax; !(await answers({ protocol: "https:", port, path: "/healthz" }));) {
    if (Date.now() > end || child.exitCode !== null)
      throw new Error(`the controller manager did not get ready at ${qps} requests a second`);
    await sleep(readyPollMs);
  }
  return async () => {
    child.kill("SIGTERM");
    await gone;
  };
}

/** Returns a controller manager's arguments with its rate exchanged. */
export function atRate(args: readonly string[], qps: number): readonly string[] {
  const others = args.filter((arg) => !rateOption.test(arg));
  return [...others, `--kube-api-qps=${qps}`, `--kube-api-burst=${Math.round(qps * burstPerQps)}`];
}
