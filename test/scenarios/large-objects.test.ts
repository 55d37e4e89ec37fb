/**
 * A replica in 512 MiB, as it is deployed, in a cluster whose tenants write objects of a megabyte: it does not end, and it answers.
 *
 * The embedded API server holds them in another process. Only in the long run: it takes minutes, and gigabytes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { type Filling, fillings, largeDeployment, startLargeCluster } from "../support/large-cluster.ts";
import { isLongRun } from "../support/long-run.ts";
import { freePort, getLocal, postLocal } from "../support/loopback.ts";
import { memoryLimit } from "../support/memory-limit.ts";
import { deployment } from "../support/objects.ts";

const root = resolve(import.meta.dirname, "../..");
/** deploy/base/deployment.yaml. */
const limitMebibytes = 512;
const deployments = Number(process.env["PLIMSOLL_LARGE_OBJECTS"] ?? 1_000);

describe.skipIf(!isLongRun || process.platform !== "linux")("a replica of 512 MiB", () => {
  it.each(Object.keys(fillings) as readonly Filling[])(
    `answers beside ${deployments} Deployments of a megabyte and one of a million replicas: %s`,
    { timeout: 1_800_000 },
    async (filling) => {
      const folder = mkdtempSync(join(tmpdir(), "plimsoll-large-"));
      const kubeconfig = join(folder, "kubeconfig");
      const cluster = await startLargeCluster({ filling, count: deployments, kubeconfig });
      const limit = memoryLimit(limitMebibytes);
      if ("missing" in limit) throw new Error(limit.missing);
      const port = await freePort();
      const { child, output } = startReplica([...limit.command], { kubeconfig, port });
      try {
        const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
        const isReady = async (): Promise<boolean> => (await getLocal(port, "/readyz")).status === 200;
        await expect.poll(async () => isOver() || (await isReady()), { timeout: 900_000 }).toBe(true);
        expect([child.exitCode, child.signalCode]).toEqual([null, null]);
        const answers: number[] = [];
        const reviewing = reviewEachSecond(port, filling, answers);
        await cluster.touch(2 * deployments);
        await new Promise((wait) => setTimeout(wait, 60_000));
        await reviewing.stop();
        const slowest = Math.max(...answers);
        console.log(
          `${filling}: ${answers.length} reviews, the slowest ${(slowest / 1_000).toFixed(1)} s; ${(limit.peakBytes() / 2 ** 20).toFixed(0)} MiB at most`,
        );
        expect([child.exitCode, child.signalCode]).toEqual([null, null]);
        expect(answers.every((ms) => ms < 10_000)).toBe(true);
      } catch (error) {
        console.log(output().slice(-4_000));
        throw error;
      } finally {
        const gone = new Promise((end) => child.once("exit", end));
        if (child.exitCode === null && child.signalCode === null) {
          child.kill("SIGKILL");
          await gone;
        }
        cluster.close();
        limit.remove();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});

function startReplica(under: readonly string[], { kubeconfig, port }: { readonly kubeconfig: string; readonly port: number }) {
  const [command = "", ...words] = [
    ...under,
    ...[process.execPath, "dist/main.js", "serve", "--kubeconfig", kubeconfig, "--host", "127.0.0.1", "--port", String(port)],
    ...["--webhook-url", `https://127.0.0.1:${port}`, "--provider", "kwok", "--metrics-open", "--lame-duck", "0"],
  ];
  const child: ChildProcess = spawn(command, words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-100_000);
    });
  return { child, output: () => text };
}

/** Every second a review of a usual Deployment, every tenth of one as large as the others. */
function reviewEachSecond(port: number, filling: Filling, answers: number[]): { stop(): Promise<void> } {
  const state = { stopped: false };
  const large = largeDeployment("asked", filling, 3);
  const running = (async () => {
    for (let at = 0; !state.stopped; at++) {
      const startedAt = performance.now();
      const answer = await postLocal(port, "/validate/open?timeout=10s", reviewOf(at % 10 === 9 ? large : deployment({ name: "usual" })));
      if (!answer.includes('"allowed"')) throw new Error(answer.slice(0, 500));
      answers.push(performance.now() - startedAt);
      await new Promise((wait) => setTimeout(wait, 1_000));
    }
  })();
  return {
    stop: async () => {
      state.stopped = true;
      await running;
    },
  };
}

function reviewOf(object: object): object {
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "00000000-0000-4000-8000-000000000001",
      kind: { group: "apps", version: "v1", kind: "Deployment" },
      resource: { group: "apps", version: "v1", resource: "deployments" },
      requestKind: { group: "apps", version: "v1", kind: "Deployment" },
      requestResource: { group: "apps", version: "v1", resource: "deployments" },
      name: "asked",
      namespace: "shop",
      operation: "CREATE",
      userInfo: { username: "tenant", groups: ["system:authenticated"] },
      object,
      dryRun: false,
    },
  };
}
