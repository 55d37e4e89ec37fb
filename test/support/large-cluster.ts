/**
 * A cluster of large objects in a process of its own: the embedded API server behind its HTTPS door, and nothing that acts in it.
 *
 * It is a process, since it holds gigabytes, and what is tested beside it is held to a few hundred MiB.
 */
import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { crdKinds, crdOf } from "../../src/api/crd.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { openHttpsDoor } from "../../src/sim/https-door.ts";
import { adminUser } from "../../src/sim/in-process-door.ts";
import type { JsonObject } from "../../src/sim/json.ts";
import { kubeconfigText } from "../../src/sim/kubeconfig.ts";
import { startWorld } from "../../src/sim/world.ts";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";

/** What fills a template up to about a megabyte of text. */
export const fillings = {
  "4,000 variables of its container": (): object => ({
    env: Array.from({ length: 4_000 }, (_, at) => ({ name: `V${at}`, value: "v".repeat(225) })),
  }),
  "330,000 empty tolerations": (): object => ({ tolerations: Array.from({ length: 330_000 }, () => ({})) }),
  "50,000 labels of nodes": (): object => ({
    nodeSelector: Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`key-${at}`, "v1"])),
  }),
} as const;

export type Filling = keyof typeof fillings;

export interface LargeClusterOptions {
  readonly filling: Filling;
  readonly count: number;
  readonly kubeconfig: string;
}

export interface LargeCluster {
  /** Changes a label of so many Deployments, one after the other: each is told to whoever watches. */
  touch(count: number): Promise<void>;
  close(): void;
}

/** A Deployment with such a template. */
export function largeDeployment(name: string, filling: Filling, replicas: number): KubeObject {
  const { env, ...more } = fillings[filling]() as { readonly env?: unknown };
  const container = {
    name: "app",
    image: "app:1",
    resources: { requests: { cpu: "1m", memory: "16Mi" } },
    ...(env === undefined ? {} : { env }),
  };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "shop", labels: { app: name } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [container], ...more } },
    },
  };
  return deployment;
}

/** Starts the process, and returns once all objects stand. */
export async function startLargeCluster(options: LargeClusterOptions): Promise<LargeCluster> {
  const child = fork(import.meta.filename, [JSON.stringify(options)], { execArgv: ["--import", "tsx", "--max-old-space-size=16000"] });
  const answer = (): Promise<void> =>
    new Promise((resolve, reject) => {
      child.once("message", () => {
        resolve();
      });
      child.once("exit", (code) => {
        reject(new Error(`the large cluster ended: ${code ?? "killed"}`));
      });
    });
  await answer();
  return {
    touch: async (count) => {
      const done = answer();
      child.send({ count });
      await done;
    },
    close: () => {
      child.kill("SIGKILL");
    },
  };
}

async function runLargeCluster({ filling, count, kubeconfig }: LargeClusterOptions): Promise<void> {
  const clock = wallClock();
  const world = startWorld({ clock, seed: "large" });
  const transport = world.transport({ userAgent: "large-cluster" });
  const post = async (path: string, body: object): Promise<void> => {
    const answered = await transport.request({ method: "POST", path, body });
    if (!answered.ok) throw new Error(`${path}: ${answered.error.message ?? ""}`);
  };
  for (const kind of crdKinds) await post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crdOf(kind));
  for (const name of ["plimsoll-system", "shop"])
    await post("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const deployments = "/apis/apps/v1/namespaces/shop/deployments";
  for (let at = 0; at < count; at++) await post(deployments, largeDeployment(`web-${at}`, filling, 1));
  await post(deployments, largeDeployment("million", filling, 1_000_000));
  const { authority, serving } = issueServingCertificate({ names: ["127.0.0.1"], now: clock.now() });
  const tokens = new Map([["admin", adminUser]]);
  const door = await openHttpsDoor(world.server, { ...serving, tokens });
  writeFileSync(kubeconfig, kubeconfigText({ url: door.url, caPem: authority.certificatePem, token: "admin" }), { mode: 0o600 });
  process.on("message", ({ count: touched }: { readonly count: number }) => {
    void touchAll(touched).then(() => process.send?.("touched"));
  });
  const touchAll = async (touched: number): Promise<void> => {
    for (let at = 0; at < touched; at++) {
      const body: JsonObject = { metadata: { labels: { touched: String(clock.now()) } } };
      const path = `${deployments}/web-${at % count}`;
      await transport.request({ method: "PATCH", path, body, contentType: "application/merge-patch+json" });
    }
  };
  process.send?.("ready");
}

if (process.argv[1] === import.meta.filename && process.send !== undefined)
  await runLargeCluster(JSON.parse(process.argv[2] ?? "{}") as LargeClusterOptions);
