/**
 * Karpenter whole, with its own kwok provider: built from its published Go module, and run as a process beside the control plane.
 *
 * Reads the Go module by the Go command. Returns a folder with the binary and Karpenter's CRDs, made once into .cache/peers, and a started
 * controller. Its settings are its defaults, but for ports, leader election and the file of instance types.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ControlPlane } from "../../test/support/control-plane.ts";
import { builtFolder, runBuild } from "../peers/peer-build.ts";
import { freePort } from "../../test/support/loopback.ts";
import { karpenterVersion } from "../scheduling/karpenter-build.ts";
import { answers, type ControllerProcess } from "./controller-process.ts";

const goMod = resolve(import.meta.dirname, "../karpenter/go.mod");
const readyWaitMsMax = 60_000;
const readyPollMs = 100;
const logCharactersMax = 4_000;

export interface KarpenterWhole {
  readonly binary: string;
  readonly version: string;
  /** Files of its CRDs, kwok's NodeClass among them. */
  readonly crds: readonly string[];
}

/** Builds Karpenter's kwok controller where need be; throws where that can't be done, as without Go or a network. */
export async function builtKarpenterWhole(): Promise<KarpenterWhole> {
  const version = karpenterVersion(readFileSync(goMod, "utf8"));
  const folder = await builtFolder(`karpenter-kwok-${version}`, async (unfinished) => {
    process.stderr.write(`bench: building Karpenter ${version} with its kwok provider (once, a minute or more)\n`);
    const answer = await runBuild("go", { args: ["mod", "download", "-json", `sigs.k8s.io/karpenter@${version}`], cwd: unfinished });
    const { Dir: source } = JSON.parse(answer) as { readonly Dir: string };
    const flags = ["-mod=readonly", "-buildvcs=false", "-ldflags=-s -w"];
    await runBuild("go", {
      args: ["build", ...flags, "-o", join(unfinished, "karpenter"), "./kwok"],
      cwd: source,
      env: { GOWORK: "off" },
    });
    mkdirSync(join(unfinished, "crds"));
    // Read and written, since copies would be as read-only as Go's cache of modules is.
    for (const path of ["pkg/apis/crds", "kwok/apis/crds"].map((folder) => join(source, folder))) {
      for (const name of readdirSync(path)) writeFileSync(join(unfinished, "crds", name), readFileSync(join(path, name)));
    }
  });
  const crds = readdirSync(join(folder, "crds"))
    .sort()
    .map((name) => join(folder, "crds", name));
  return { binary: join(folder, "karpenter"), version, crds };
}

/** Makes its CRDs, starts the controller and returns once it says that it is ready; throws with the end of its log when it doesn't get there. */
export async function startKarpenter(
  { binary, crds }: KarpenterWhole,
  { plane, marketFile }: { readonly plane: ControlPlane; readonly marketFile: string },
): Promise<ControllerProcess> {
  const made = await plane.kubectl(["create", ...crds.flatMap((file) => ["-f", file])]);
  if (made.code !== 0) throw new Error(`kubectl create of Karpenter's CRDs: ${made.stderr}`);
  await plane.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
  const [metrics, health] = [await freePort(), await freePort()];
  const child = spawn(binary, [], {
    cwd: plane.dir,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: plane.dir,
      KUBECONFIG: plane.kubeconfig,
      SYSTEM_NAMESPACE: "kube-system",
      DISABLE_LEADER_ELECTION: "true",
      METRICS_PORT: String(metrics),
      HEALTH_PROBE_PORT: String(health),
      INSTANCE_TYPES_FILE_PATH: marketFile,
    },
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const gone = once(child, "exit");
  const log = { tail: "" };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log.tail = `${log.tail}${text}`.slice(-logCharactersMax);
    });
  }
  for (const end = Date.now() + readyWaitMsMax; !(await answers({ protocol: "http:", port: health, path: "/readyz" }));) {
    if (Date.now() > end || child.exitCode !== null) throw new Error(`Karpenter did not get ready: ${log.tail}`);
    await sleep(readyPollMs);
  }
  if (child.pid === undefined) throw new Error("a controller that is ready has a process id");
  return {
    pid: child.pid,
    stop: async () => {
      child.kill("SIGTERM");
      await gone;
      process.off("exit", kill);
    },
  };
}
