/**
 * The provisioner's thread on the embedded world, over HTTPS as on a real cluster: it buys only while it is told to lead, a lost term
 * and a death buy nothing twice, and its metrics, decisions and answers come to the process.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crdKinds, crdOf } from "../../src/api/crd.ts";
import { defaultDomain } from "../../src/api/labels.ts";
import { mergedMetrics } from "../../src/cli/merged-metrics.ts";
import { processMetrics } from "../../src/cli/process-metrics.ts";
import type { Provisioner } from "../../src/cli/provisioner-port.ts";
import { provisionerThread } from "../../src/cli/provisioner-thread.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { watchCluster, type ClusterWatch } from "../../src/cluster/watch-cluster.ts";
import { type HttpsDoor, openHttpsDoor } from "../../src/sim/https-door.ts";
import { adminUser } from "../../src/sim/in-process-door.ts";
import { kubeconfigText } from "../../src/sim/kubeconfig.ts";
import { startWorld } from "../../src/sim/world.ts";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";
import { watchPolicyFile } from "../../src/webhook/policy-file.ts";
import { namespaceObject, nodePool, pod } from "../support/objects.ts";
import { threadLoader } from "../support/thread-loader.ts";

const folder = mkdtempSync(join(tmpdir(), "plimsoll-thread-"));
const death = join(folder, "death");
const kubeconfig = join(folder, "kubeconfig");
const waits = { timeout: 60_000, interval: 50 };
const clock = wallClock();
const world = startWorld({ clock, seed: "thread" });
const transport = world.transport();
const lines: string[] = [];
const registry = new Registry();
const metrics = processMetrics(registry, pino({ level: "silent" }));
/** Every NodeClaim that ever was. */
const made: string[] = [];
const opened: { door?: HttpsDoor; watch?: ClusterWatch; provisioner?: Provisioner; stop?: AbortController } = {};

beforeAll(async () => {
  for (const kind of crdKinds) await create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crdOf(kind));
  await create("/api/v1/namespaces", namespaceObject("shop"));
  await create("/apis/karpenter.sh/v1/nodepools", zonedPool());
  const { authority, serving } = issueServingCertificate({ names: ["127.0.0.1", "localhost"], now: clock.now() });
  const token = "t".repeat(32);
  opened.door = await openHttpsDoor(world.server, { ...serving, tokens: new Map([[token, adminUser]]) });
  writeFileSync(kubeconfig, kubeconfigText({ url: opened.door.url, caPem: authority.certificatePem, token }), { mode: 0o600 });
  const told = { onTrouble: () => undefined, onHandlerError: () => undefined };
  opened.watch = watchCluster({ transport, clock, random: Math.random, domain: defaultDomain, kinds: ["NodeClaim"], ...told });
  opened.watch.onChange("NodeClaim", ({ kind, object }) => {
    if (kind === "added") made.push(object.metadata.uid ?? "");
  });
  opened.stop = new AbortController();
  const policyFile = await watchPolicyFile({ path: "policies.yaml", clock, signal: opened.stop.signal, onChange: () => undefined });
  if (!policyFile.ok) throw new Error(policyFile.error);
  opened.provisioner = provisionerThread({
    identity: "test",
    kinds: ["WorkloadProfile", "Namespace", "Node", "Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", ...ofKarpenter],
    settings: {
      options: {
        kubeconfig,
        namespace: "plimsoll-system",
        domain: defaultDomain,
        logLevel: "info",
        provider: "kwok",
        kwokJoinDelay: "ap-southeast-1a=1h",
      },
      env: { ...process.env, PLIMSOLL_DEATH: death },
      memoryMiB: 512,
      entry: { url: pathToFileURL("src/cli/provisioner-worker.ts"), execArgv: threadLoader() },
    },
    policyFile: policyFile.value,
    ...{ clock, random: Math.random, metrics: metrics.thread },
    log: pino({ level: "info" }, { write: (line) => lines.push(line) }),
  });
}, 120_000);

afterAll(async () => {
  await opened.provisioner?.close();
  opened.stop?.abort();
  await opened.watch?.close();
  await opened.door?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the provisioner's thread", { timeout: 120_000 }, () => {
  it("answers a question, and buys nothing, before it is told to lead", async () => {
    await createPods("first", 3);
    await expect.poll(waitingPods, waits).toBe(3);
    await settled();
    expect(made).toEqual([]);
  });

  it("buys while it leads, and ends a term in good order", async () => {
    const term = lead({ isStillOurs: true });
    await expect.poll(() => made.length, waits).toBe(3);
    await term.end();
    await createPods("second", 2);
    await expect.poll(waitingPods, waits).toBe(5);
    await settled();
    expect(made).toHaveLength(3);
    expect(await deaths()).toBe(0);
  });

  it("is ended and started anew where the term was lost, which is no death, and leads again when it is told to", async () => {
    const lost = lead({ isStillOurs: false });
    await expect.poll(() => made.length, waits).toBe(5);
    await lost.end();
    await createPods("third", 2);
    await expect.poll(waitingPods, waits).toBe(7);
    await settled();
    expect([made.length, await deaths()]).toEqual([5, 0]);
    const again = lead({ isStillOurs: true });
    await expect.poll(() => made.length, waits).toBe(7);
    await again.end();
  });

  it("writes nothing while the Lease may be another's, though nobody has told it to stop", async () => {
    const stalled = lead({ isStillOurs: true, holds: () => false });
    await createPods("fourth", 1);
    await expect.poll(waitingPods, waits).toBe(8);
    await settled();
    expect(made).toHaveLength(7);
    await stalled.end();
  });

  it("leads again where a term begins at once after another, however often", async () => {
    for (let count = 0; count < 4; count++) await lead({ isStillOurs: true }).end();
    const term = lead({ isStillOurs: true });
    await expect.poll(() => made.length, waits).toBe(8);
    await term.end();
    expect(await deaths()).toBe(0);
  });

  it("that dies amid its writes is started again and goes on, and makes no claim twice", async () => {
    const before = made.length;
    const term = lead({ isStillOurs: true });
    await createPods("fifth", 40);
    await expect.poll(() => made.length > before + 1, { timeout: 60_000, interval: 2 }).toBe(true);
    writeFileSync(death, "");
    await expect.poll(deaths, waits).toBe(1);
    expect(lines.some((line) => line.includes("told to die") && line.includes("it is started again"))).toBe(true);
    await expect.poll(waitingPods, waits).toBe(48);
    await expect.poll(() => made.length, waits).toBe(before + 40);
    await settled();
    expect(made).toHaveLength(before + 40);
    expect(new Set(made).size).toBe(made.length);
    await term.end();
  });

  it("tells its metrics and decisions as the process's own, and its log in the process's log", async () => {
    metrics.runner.ran({ controller: "profile", outcome: "done", durationMs: 1, queued: 0 });
    const text = await mergedMetrics(registry, await provisioner().metrics());
    expect(text).toMatch(/plimsoll_controller_runs_total\{controller="provisioner",outcome="\w+"\} [1-9]/);
    expect(text).toContain('plimsoll_controller_runs_total{controller="profile",outcome="done"} 1');
    expect(text).toContain("plimsoll_provisioner_thread_deaths_total 1");
    expect(text.match(/# TYPE plimsoll_controller_runs_total/g)).toHaveLength(1);
    expect((await provisioner().decisions()).some(({ controller, step }) => controller === "provisioner" && step === "plan")).toBe(true);
    expect(lines.map((line) => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({ thread: "provisioner", msg: "provisioning", provider: "kwok" }),
    );
  });

  it("gives no answer after the deadline, and counts it", async () => {
    const before = await lateAdvice();
    expect(await provisioner().advise({ kind: "waiting-pods" }, { deadlineMs: 0 })).toMatchObject({ ok: false, error: { kind: "late" } });
    expect(await lateAdvice()).toBe(before + 1);
  });
});

const ofKarpenter = ["NodePool", "NodeClaim", "EC2NodeClass", "NodeOverlay"] as const;

function provisioner(): Provisioner {
  if (opened.provisioner === undefined) throw new Error("not started");
  return opened.provisioner;
}

/** A term that lasts until `end`, which resolves when nothing more of it is written. */
function lead({ isStillOurs, holds = () => true }: { readonly isStillOurs: boolean; readonly holds?: () => boolean }) {
  const stop = new AbortController();
  const ended = provisioner().lead({ signal: stop.signal, holds, isStillOurs: () => isStillOurs });
  return {
    end: async () => {
      stop.abort();
      await ended;
    },
  };
}

async function waitingPods(): Promise<number | undefined> {
  const told = await provisioner().advise({ kind: "waiting-pods" }, { deadlineMs: 2_000 });
  return told.ok && told.value.kind === "waiting-pods" ? told.value.pods : undefined;
}

async function deaths(): Promise<number> {
  const text = await registry.getSingleMetricAsString("plimsoll_provisioner_thread_deaths_total");
  return Number(/deaths_total (\d+)/.exec(text)?.[1]);
}

async function lateAdvice(): Promise<number> {
  const text = await registry.getSingleMetricAsString("plimsoll_provisioner_thread_late_total");
  return Number(/question="advice"\} (\d+)/.exec(text)?.[1] ?? 0);
}

/** Longer than a burst of Pods and a plan take. */
function settled(): Promise<void> {
  return clock.sleep(1_500);
}

async function create(path: string, body: object): Promise<void> {
  const answer = await transport.request({ method: "POST", path, body });
  if (!answer.ok) throw new Error(answer.error.message);
}

/** Pods of which no two stand on one node. */
async function createPods(name: string, count: number): Promise<void> {
  const apart = { labelSelector: { matchLabels: { set: "apart" } }, topologyKey: "kubernetes.io/hostname" };
  const spec = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [apart] } } };
  for (let index = 0; index < count; index++)
    await create("/api/v1/namespaces/shop/pods", pod({ name: `${name}-${index}`, labels: { set: "apart" }, spec }));
}

function zonedPool() {
  return nodePool({ requirements: [{ key: "topology.kubernetes.io/zone", operator: "In", values: ["ap-southeast-1a"] }] });
}
