// A Kubernetes API as the contract suite meets it: kubectl, single requests and watches, whether the embedded world or a real control plane answers.
//
// Both are reached over HTTPS with a bearer token; only `open…` differs. Nothing here normalises: a case does that to what it compares.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/api/ports.ts";
import { openHttpsDoor } from "../../src/sim/https-door.ts";
import { adminUser } from "../../src/sim/in-process-door.ts";
import { kubeconfigText } from "../../src/sim/kubeconfig.ts";
import { startWorld } from "../../src/sim/world.ts";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";
import { startControlPlane } from "../support/control-plane.ts";
import { requestJson, type ApiAnswer, type ApiRequest, type ApiServerAddress } from "../support/control-plane-request.ts";
import { runKubectlProcess } from "../support/kubectl-process.ts";

export type Printed = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type Line = { readonly type: string; readonly object: unknown };

export type WorldUnderTest = {
  readonly name: string;
  readonly kubectl: (args: readonly string[], stdin?: string) => Promise<Printed>;
  /** Runs kubectl until its output has so many lines, then ends it. */
  readonly kubectlLines: (args: readonly string[], lines: number, meanwhile: () => Promise<void>) => Promise<readonly string[]>;
  readonly request: (asked: ApiRequest) => Promise<ApiAnswer>;
  /** Reads so many lines of a watch, or those that come until the server ends it. */
  readonly watch: (path: string, linesMax: number, meanwhile?: () => Promise<void>) => Promise<readonly Line[]>;
  readonly close: () => Promise<void>;
};

const wallClock: Clock = {
  now: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, durationMs);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

/** Opens an embedded world without controllers; a short history, so that a watch can be too late. */
export async function openSimulatedWorld(kubectlPath: string): Promise<WorldUnderTest> {
  const { authority, serving } = issueServingCertificate({ names: ["127.0.0.1", "localhost"], now: Date.now() });
  const token = "contract";
  const world = startWorld({ clock: wallClock, seed: "contract" });
  const door = await openHttpsDoor(world.server, { ...serving, tokens: new Map([[token, adminUser]]) });
  const folder = await mkdtemp(join(tmpdir(), "plimsoll-contract-"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigText({ url: door.url, caPem: authority.certificatePem, token }));
  const agent = new Agent({ keepAlive: true });
  const address = { server: door.url, authority: authority.certificatePem, token, agent };
  return {
    ...reached(address, { name: "the embedded world", kubectlPath, kubeconfig, folder }),
    close: async () => {
      agent.destroy();
      await door.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Opens a real API server without controllers, scheduler and kubelets: what it answers is its own. */
export async function openRealWorld(): Promise<WorldUnderTest & { readonly kubectlPath: string }> {
  const plane = await startControlPlane({ without: ["kube-controller-manager", "kube-scheduler", "kwok"] });
  const { readFile } = await import("node:fs/promises");
  const agent = new Agent({ keepAlive: true });
  const address = { server: plane.server, authority: await readFile(plane.caFile, "utf8"), token: plane.token, agent };
  return {
    ...reached(address, {
      name: "the real control plane",
      kubectlPath: plane.kubectlPath,
      kubeconfig: plane.kubeconfig,
      folder: plane.dir,
    }),
    kubectlPath: plane.kubectlPath,
    close: async () => {
      agent.destroy();
      await plane.close();
    },
  };
}

type Reach = { readonly name: string; readonly kubectlPath: string; readonly kubeconfig: string; readonly folder: string };

function reached(address: ApiServerAddress, reach: Reach): Omit<WorldUnderTest, "close"> {
  return {
    name: reach.name,
    kubectl: (args, stdin = "") => runKubectl(reach, args, { stdin }),
    kubectlLines: async (args, lines, meanwhile) => {
      const [printed] = await Promise.all([runKubectl(reach, args, { stdin: "", lines }), meanwhile()]);
      return printed.stdout.trimEnd().split("\n").slice(0, lines);
    },
    request: (asked) => requestJson(address, asked),
    watch: async (path, linesMax, meanwhile) => {
      const [lines] = await Promise.all([readWatch(address, path, linesMax), meanwhile?.()]);
      return lines;
    },
  };
}

const kubectlWaitMsMax = 15_000;

function runKubectl(
  { kubectlPath, kubeconfig, folder }: Reach,
  args: readonly string[],
  { stdin, lines }: { readonly stdin: string; readonly lines?: number },
): Promise<Printed> {
  const ended = { waitMsMax: kubectlWaitMsMax, ...(lines === undefined ? {} : { linesMax: lines }) };
  return runKubectlProcess({ kubectlPath, kubeconfig, folder, args, stdin, ...ended });
}

function readWatch(address: ApiServerAddress, path: string, linesMax: number): Promise<readonly Line[]> {
  return new Promise((resolve, reject) => {
    const lines: Line[] = [];
    const outgoing = httpsRequest(
      new URL(path, address.server),
      { agent: address.agent, ca: address.authority, headers: { authorization: `Bearer ${address.token}`, accept: "application/json" } },
      (response) => {
        let rest = "";
        const end = (): void => {
          outgoing.destroy();
          resolve(lines);
        };
        response.setEncoding("utf8").on("data", (text: string) => {
          const parts = (rest + text).split("\n");
          rest = parts.pop() ?? "";
          for (const part of parts) lines.push(JSON.parse(part) as Line);
          if (lines.length >= linesMax) end();
        });
        response.once("end", end);
        response.once("error", end);
      },
    );
    outgoing.once("error", (error) => {
      if (lines.length === 0) reject(error);
    });
    outgoing.end();
  });
}
