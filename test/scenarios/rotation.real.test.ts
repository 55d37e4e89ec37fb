/**
 * Nothing fails while everything changes: 30 clients, failurePolicy Fail, two replicas that are restarted in turn, and a CA that rotates.
 *
 * Certificates live 40 seconds here, so that serving certificate and CA are replaced during the test, by time alone. Pods are
 * sent with dryRun=All: the same reviews, and an etcd that stays small. The API server's own metrics are the judge of what
 * failed and what failed open.
 */
import { Agent } from "node:https";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { closedPolicies } from "../support/closed-policies.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { requestJson } from "../support/control-plane-request.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { casesOf, isLongRun } from "../support/long-run.ts";
import { forbiddenRequests, installPlimsoll } from "../support/plimsoll-serve.ts";
import { type Replicas, startReplicas } from "../support/replicas.ts";

const clients = 30;
const requestsMin = casesOf({ ci: 2_000, long: 10_000 });
/** In CI the load takes its time: the rotation is awaited anyway, and other tests want the machine. */
const pauseMs = isLongRun ? 0 : 400;
const waits = { timeout: 60_000, interval: 100 };
const certificateLife = "40s";
/** The first CA lives three times as long and is replaced at two thirds of that; the long run's requests may take longer still. */
const rotationMaxMs = casesOf({ ci: 300_000, long: 480_000 });

await describeOnControlPlane("rotation under load on the real control plane", () => {
  let controlPlane: ControlPlane;
  let replicas: Replicas;
  const owners = new Map<string, readonly object[]>();

  beforeAll(async () => {
    controlPlane = await startControlPlane({ without: ["kwok", "kube-scheduler"] });
    await installPlimsoll(controlPlane);
    for (const namespace of ["payments-core", "shop"]) await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    const args = ["--certificate-life", certificateLife];
    replicas = await startReplicas({ controlPlane, provider: "none", policies: await closedPolicies(), count: 2, args });
  });

  afterAll(async () => {
    await replicas.close();
    await controlPlane.close();
  });

  it("answers every review, compiles every Pod, and lets nothing pass unseen", { timeout: 600_000 }, async () => {
    await expect.poll(() => apply(profile("payments-core", "memory")), waits).toBe(0);
    await expect.poll(() => apply(profile("shop", "general")), waits).toBe(0);
    for (const namespace of ["payments-core", "shop"]) {
      await expect.poll(() => apply(deployment(namespace)), waits).toBe(0);
      await expect.poll(() => replicaSet(namespace), waits).not.toEqual([]);
      owners.set(namespace, await replicaSet(namespace));
    }
    // The profiles' own Pods are compiled once each replica has seen the profiles.
    await expect.poll(async () => (await send("payments-core")).isCompiled && (await send("shop")).isCompiled, waits).toBe(true);
    const before = await certificates();
    const failedBefore = await callFailures();
    const load = startLoad();
    const restarts = await restartInTurnUntil(async () => {
      const now = await certificates();
      return load.sent() >= requestsMin && now.authorities.every((authority) => !before.authorities.includes(authority));
    });
    // A last handshake of each API server connection under the new CA.
    await sleep(2_000);
    const { sent, failures, uncompiled, seconds } = await load.stop();
    const failed = difference(await callFailures(), failedBefore);
    process.stderr.write(`rotation: ${sent} requests in ${seconds} s, ${restarts} restarts; failed calls ${JSON.stringify(failed)}\n`);
    expect(failures).toEqual([]);
    expect(uncompiled).toEqual([]);
    expect(failed).toEqual({});
    expect(sent).toBeGreaterThanOrEqual(requestsMin);
    expect(restarts).toBeGreaterThanOrEqual(2);
  });

  it("ends with one certificate and one CA on all replicas, and each says so in its metrics", async () => {
    await expect.poll(async () => new Set((await certificates()).fingerprints).size, waits).toBe(1);
    const [metrics = ""] = await Promise.all(replicas.list().map((replica) => replica.metrics()));
    const expiry = Number(/^plimsoll_certificate_expiry_timestamp_seconds (\S+)$/m.exec(metrics)?.[1]);
    expect(expiry * 1000 - Date.now()).toBeGreaterThan(0);
    expect(expiry * 1000 - Date.now()).toBeLessThanOrEqual(40_000);
  });

  it("was forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  });

  async function apply(object: object): Promise<number | null> {
    return (await controlPlane.kubectl(["apply", "-f", "-"], { stdin: stringify(object) })).code;
  }

  /** The Deployment's ReplicaSet as a Pod names it: nothing recreates a Pod without one, which is refused. */
  async function replicaSet(namespace: string): Promise<readonly object[]> {
    const { body } = await controlPlane.request({ method: "GET", path: `/apis/apps/v1/namespaces/${namespace}/replicasets` });
    const { items } = body as { readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[] };
    return items.map(({ metadata: { name, uid } }) => ({ apiVersion: "apps/v1", kind: "ReplicaSet", name, uid, controller: true }));
  }

  /** Fingerprints that the replicas say they serve, and those of the CAs. */
  async function certificates(): Promise<Readonly<Record<"fingerprints" | "authorities", readonly string[]>>> {
    const texts = await Promise.all(replicas.list().map((replica) => replica.metrics()));
    const labels = (name: string) =>
      texts.map((text) => new RegExp(`^plimsoll_certificate_info\\{.*${name}="([^"]+)"`, "m").exec(text)?.[1] ?? "");
    return { fingerprints: labels("fingerprint"), authorities: labels("authority") };
  }

  /** Stops one replica after the other and starts another in its place; returns how often, once `isOver`. */
  async function restartInTurnUntil(isOver: () => Promise<boolean>): Promise<number> {
    const deadline = Date.now() + rotationMaxMs;
    for (let restarts = 0; ; restarts++) {
      if (Date.now() > deadline) throw new Error(`no rotation within ${rotationMaxMs} ms`);
      if (restarts >= 2 && (await isOver())) return restarts;
      const [oldest] = replicas.list();
      expect(await oldest?.stop()).toBe(0);
      replicas.drop(oldest);
      await replicas.add();
      // The Service must have seen the new one ready before the next goes.
      await sleep(3_000);
    }
  }

  function startLoad() {
    const stopped = new AbortController();
    const startedAt = performance.now();
    const outcome = { sent: 0, failures: [] as string[], uncompiled: [] as string[] };
    const running = Array.from({ length: clients }, async (_, client) => {
      for (let round = 0; !stopped.signal.aborted; round++) {
        // One in five goes to a namespace that fails open: nothing may pass unseen there either.
        const namespace = (client + round) % 5 === 0 ? "shop" : "payments-core";
        const { status, message, isCompiled } = await send(namespace);
        outcome.sent += 1;
        if (status !== 201) outcome.failures.push(`${namespace}: ${status} ${message}`);
        else if (!isCompiled) outcome.uncompiled.push(namespace);
        if (pauseMs > 0) await sleep(pauseMs);
      }
    });
    return {
      sent: () => outcome.sent,
      stop: async () => {
        stopped.abort();
        await Promise.all(running);
        return { ...outcome, seconds: Math.round((performance.now() - startedAt) / 1000) };
      },
    };
  }

  /** Sends one Pod as a person would; connections are opened anew now and then, as other clients' are. */
  async function send(namespace: string) {
    const authority = await readFile(controlPlane.caFile, "utf8");
    const { status, body } = await requestJson(
      { server: controlPlane.server, token: controlPlane.token, authority, agent },
      { method: "POST", path: `/api/v1/namespaces/${namespace}/pods?dryRun=All`, body: pod(namespace, owners.get(namespace) ?? []) },
    );
    const answer = body as { readonly message?: string; readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } };
    const isCompiled = answer.metadata?.annotations?.["platform.example.com/compiled"] !== undefined;
    return { status, message: answer.message ?? "", isCompiled };
  }

  /** The API server's own counts of calls that failed, closed or open, by metric and webhook. */
  async function callFailures(): Promise<Readonly<Record<string, number>>> {
    const { stdout } = await controlPlane.kubectl(["get", "--raw", "/metrics"]);
    const failed = stdout.split("\n").filter((line) => failureMetric.test(line) && !line.includes('error_type="no_error"'));
    return Object.fromEntries(failed.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
  }
});

const failureMetric = /^apiserver_admission_webhook_(fail_open_count|rejection_count)\{/;
const agent = new Agent({ keepAlive: true, maxSockets: clients });

function difference(after: Readonly<Record<string, number>>, before: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(after).flatMap(([key, count]) => (count === (before[key] ?? 0) ? [] : [[key, count - (before[key] ?? 0)]])),
  );
}

function profile(namespace: string, runtimeClass: string): object {
  const metadata = { name: "web", namespace };
  const compute = { cpuRequest: "500m", memoryRequest: "4Gi", memoryLimit: "4608Mi" };
  const spec = { runtimeClass, availability: { minReplicas: 2 }, ...(runtimeClass === "memory" ? { compute } : {}) };
  return { apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", metadata, spec };
}

const containers = [{ name: "web", image: "registry.example.com/web:1" }];
const labels = { app: "web" };

function deployment(namespace: string): object {
  const template = { metadata: { labels }, spec: { containers } };
  const metadata = { name: "web", namespace, labels };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas: 2, selector: { matchLabels: labels }, template } };
}

function pod(namespace: string, ownerReferences: readonly object[]): object {
  const metadata = { generateName: "web-", namespace, labels, ownerReferences };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { containers } };
}
