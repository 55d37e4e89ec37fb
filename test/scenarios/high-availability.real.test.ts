/**
 * Two replicas behind a Service: one certificate, one leader, and reviews that go on while a replica goes.
 *
 * The forwarder stands for the Service; it learns of a change a second late, as kube-proxy does.
 */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { applyExamples, everCreated, labCheckout, labInfrastructure, nodeClaims } from "../support/lab.ts";
import { startCutProxy } from "../support/cut-proxy.ts";
import { freePort, getLocal, postLocal } from "../support/loopback.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";
import { type Replicas, startReplicas } from "../support/replicas.ts";

const waits = { timeout: 60_000, interval: 100 };
/** What `plimsoll plan` buys for checkout-api: a node a zone. */
const plannedClaims = 3;
/** The Lease's 15 s, the follower's look every 2 s with its jitter, and room for a busy machine. */
const takeOverMaxMs = 15_000 + 2_400 + 20_000;

await describeOnControlPlane("two replicas on the real control plane", () => {
  let controlPlane: ControlPlane;
  let replicas: Replicas;

  beforeAll(async () => {
    controlPlane = await startControlPlane();
    await installPlimsoll(controlPlane);
    await applyExamples(controlPlane, labInfrastructure);
    replicas = await startReplicas({ controlPlane, provider: "kwok", count: 2 });
  });

  afterAll(async () => {
    await replicas.close();
    await controlPlane.close();
  });

  it("share one certificate, created once, and one of them leads", async () => {
    const [first, second] = await Promise.all(replicas.list().map(({ port }) => fingerprintAt(port)));
    expect(first).toBe(second);
    expect(await everCreated(controlPlane, "secrets")).toBe(1);
    await expect.poll(() => leading(), waits).toHaveLength(1);
  });

  it(
    "hand over within the Lease's time when the leader is killed amid buying, and nothing is bought twice",
    { timeout: 180_000 },
    async () => {
      const [leader] = await leading();
      await expect.poll(() => serviceAnswers(), waits).toBe(true);
      await applyExamples(controlPlane, labCheckout);
      await expect.poll(async () => (await nodeClaims(controlPlane)).length, { ...waits, interval: 10 }).toBeGreaterThan(0);
      await leader?.stop("SIGKILL");
      const killedAtMs = performance.now();
      replicas.drop(leader);
      await expect.poll(() => leading(), waits).toEqual(replicas.list());
      expect(performance.now() - killedAtMs).toBeLessThan(takeOverMaxMs);
      await expect.poll(async () => (await nodeClaims(controlPlane)).filter(isReady).length, waits).toBe(plannedClaims);
      await sleep(2_000);
      expect(await everCreated(controlPlane, "nodeclaims")).toBe(plannedClaims);
    },
  );

  it("let no admission fail while one of them is restarted under load", { timeout: 180_000 }, async () => {
    await replicas.add();
    await expect.poll(() => serviceAnswers(), waits).toBe(true);
    const load = startLoad();
    const [old, other] = replicas.list();
    expect(await old?.stop()).toBe(0);
    await expect.poll(() => leading(), waits).toEqual([other]);
    replicas.drop(old);
    await replicas.add();
    await sleep(2_000);
    const { applied, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(applied).toBeGreaterThan(6);
  });

  it("are red where one alone is cut off, and ready with the age of their view told where all are", { timeout: 150_000 }, async () => {
    const proxies = [await startCutProxy(apiServerPort()), await startCutProxy(apiServerPort())] as const;
    // One after the other: they are given the same kubeconfig's file.
    const one = await startPeer("plimsoll-0", proxies[0].port);
    const other = await startPeer("plimsoll-1", proxies[1].port);
    proxies[0].cut();
    const cutAtMs = performance.now();
    await expect.poll(() => readiness(one), waits).toMatch(/this replica alone is cut off from the API server/);
    expect(performance.now() - cutAtMs).toBeLessThan(30_000);
    expect(await readiness(other)).toMatch(/^ok\n/);
    proxies[0].heal();
    await expect.poll(() => readiness(one), waits).toMatch(/^ok\n/);
    // The others reach the API server by themselves, and would say so.
    await Promise.all(replicas.list().map((replica) => replica.stop("SIGKILL")));
    for (const proxy of proxies) proxy.cut();
    const seen = new Set<string>();
    await expect
      .poll(async () => {
        for (const replica of [one, other]) seen.add((await readiness(replica)).split("\n")[0] ?? "");
        return reviewed(one);
      }, waits)
      .toMatch(/judged by a view of the cluster that is \d+ s old: the API server has not answered Plimsoll since/);
    expect([...seen]).toEqual(["ok"]);
    await Promise.all([one, other].map((replica) => replica.stop("SIGKILL")));
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });

  it("were forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  });

  function apiServerPort(): number {
    return Number(new URL(controlPlane.server).port);
  }

  /** A replica with a Pod that stands for it, so that the others know of it. */
  async function startPeer(name: string, apiServerPort: number): Promise<ServeProcess> {
    const port = await freePort();
    const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
    const container = {
      name: "plimsoll",
      image: "plimsoll:0.1.0",
      ports: [{ name: "webhook", containerPort: port }],
      securityContext: restricted,
    };
    const securityContext = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
    const body = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { "app.kubernetes.io/name": "plimsoll" } },
      spec: { schedulerName: "nobody", securityContext, containers: [container] },
    };
    const path = "/api/v1/namespaces/plimsoll-system/pods";
    expect(await controlPlane.request({ method: "POST", path, body })).toMatchObject({ status: 201 });
    const status = { podIP: "127.0.0.1", podIPs: [{ ip: "127.0.0.1" }] };
    const contentType = "application/merge-patch+json";
    expect(await controlPlane.request({ method: "PATCH", path: `${path}/${name}/status`, body: { status }, contentType })).toMatchObject({
      status: 200,
    });
    const args = ["--webhook-url", `https://127.0.0.1:${replicas.service.port}`];
    return startServe({ controlPlane, port, apiServerPort, provider: "none", args, env: { POD_NAME: name } });
  }

  async function readiness({ port }: ServeProcess): Promise<string> {
    return (await getLocal(port, "/readyz")).text;
  }

  /** What a replica answers to a review of its own port. */
  function reviewed({ port }: ServeProcess): Promise<string> {
    const spec = { selector: { matchLabels: { app: "a" } }, template: { metadata: { labels: { app: "a" } }, spec: { containers: [] } } };
    const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a", namespace: "checkout" }, spec };
    const kind = { group: "apps", version: "v1", kind: "Deployment" };
    const resource = { group: "apps", version: "v1", resource: "deployments" };
    const asked = { uid: "1", kind, resource, name: "a", namespace: "checkout", operation: "CREATE", object, dryRun: true, userInfo: {} };
    return postLocal(port, "/validate/open", { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: asked });
  }

  async function leading(): Promise<readonly ServeProcess[]> {
    const answers = await Promise.all(replicas.list().map(async (replica) => ({ replica, metrics: await replica.metrics() })));
    return answers.filter(({ metrics }) => /^plimsoll_leader 1$/m.test(metrics)).map(({ replica }) => replica);
  }

  /** Whether a review through the Service is answered: profiles are fail-closed. */
  async function serviceAnswers(): Promise<boolean> {
    return (await applyProfile("probe", 2)).code === 0;
  }

  /** Applies changing profiles, three people at a time, until stopped. */
  function startLoad(): { stop(): Promise<{ readonly applied: number; readonly failures: readonly string[] }> } {
    const stopped = new AbortController();
    const outcome: { applied: number; readonly failures: string[] } = { applied: 0, failures: [] };
    const people = ["ana", "ben", "cho"].map(async (name) => {
      for (let round = 0; !stopped.signal.aborted; round++) {
        const { code, stderr } = await applyProfile(name, 2 + (round % 5));
        outcome.applied += 1;
        if (code !== 0) outcome.failures.push(stderr);
      }
    });
    return {
      stop: async () => {
        stopped.abort();
        await Promise.all(people);
        return outcome;
      },
    };
  }

  function applyProfile(name: string, minReplicas: number) {
    const metadata = { name, namespace: "checkout" };
    const spec = { runtimeClass: "general", availability: { minReplicas }, scaling: { maxReplicas: 9 } };
    const stdin = stringify({ apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", metadata, spec });
    return controlPlane.kubectl(["apply", "-f", "-"], { stdin });
  }
});

function isReady({ status }: Awaited<ReturnType<typeof nodeClaims>>[number]): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") === true;
}

async function fingerprintAt(port: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
