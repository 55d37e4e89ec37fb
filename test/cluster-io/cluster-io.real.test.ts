/**
 * The same plumbing on a real API server: list, watch, apply, evict, lead, and an API server that is killed and comes back.
 *
 * etcd and the API server only: nothing else writes, so every change that is seen was made here.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ApiClient } from "../../src/api/api-client.ts";
import { defaultDomain } from "../../src/api/labels.ts";
import type { Pod } from "../../src/api/pod.ts";
import { apiClient } from "../../src/cluster/api-client.ts";
import { eventRecorder } from "../../src/cluster/event-recorder.ts";
import { httpsTransport } from "../../src/cluster/https-transport.ts";
import { runWhenLeading } from "../../src/cluster/leader-election.ts";
import type { ReflectorTrouble } from "../../src/cluster/reflector.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { watchCluster } from "../../src/cluster/watch-cluster.ts";
import type { ClusterWatch } from "../../src/cluster/watch-cluster.ts";
import { startControlPlane } from "../support/control-plane.ts";
import type { ControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { budget, namespaceObject, pod, testNamespace } from "../support/objects.ts";

const waitMsMax = 60_000;

async function until(holds: () => boolean): Promise<void> {
  for (let waitedMs = 0; !holds(); waitedMs += 20) {
    if (waitedMs > waitMsMax) throw new Error("the condition does not hold after a minute");
    await sleep(20);
  }
}

await describeOnControlPlane("on a real API server", () => {
  let plane: ControlPlane;
  let transport: ReturnType<typeof httpsTransport>;
  let client: ApiClient;
  let cluster: ClusterWatch;
  const troubles: ReflectorTrouble[] = [];
  const heard: string[] = [];
  const clock = wallClock();
  const stop = new AbortController();

  beforeAll(async () => {
    plane = await startControlPlane({ without: ["kube-controller-manager", "kube-scheduler", "kwok"] });
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(plane.kubeconfig);
    transport = httpsTransport({ kubeConfig, userAgent: "plimsoll/test", clock, random: Math.random });
    client = apiClient({ transport, domain: defaultDomain });
    expect(await client.create("Namespace", namespaceObject())).toMatchObject({ ok: true });
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
    expect(
      await client.request({ method: "POST", path: `/api/v1/namespaces/${testNamespace}/serviceaccounts`, body: account }),
    ).toMatchObject({ ok: true });
    const onTrouble = (trouble: ReflectorTrouble): void => void troubles.push(trouble);
    const options = { transport, clock, domain: defaultDomain, random: Math.random, onTrouble, onHandlerError: () => undefined };
    cluster = watchCluster({ ...options, kinds: ["Pod", "PodDisruptionBudget", "NodePool"] });
    cluster.onChange("Pod", (change) => heard.push(`${change.kind} ${change.object.metadata.name ?? ""}`));
    await cluster.synced(["Pod", "PodDisruptionBudget"]);
  }, 600_000);
  afterAll(async () => {
    stop.abort();
    await (cluster as ClusterWatch | undefined)?.close();
    (transport as ReturnType<typeof httpsTransport> | undefined)?.close();
    await (plane as ControlPlane | undefined)?.close();
  });

  const plainPod = (name: string): Pod => {
    const made = pod({ name });
    return { ...made, metadata: { name, namespace: testNamespace, labels: { app: name } } };
  };
  const create = async (one: Pod): Promise<Pod> => {
    const created = await client.create("Pod", one);
    if (!created.ok) throw new Error(created.error.message);
    return created.value;
  };
  /** Runs without a kubelet: bound at creation, ready by its status. */
  const runningPod = async (name: string): Promise<Pod> => {
    const made = plainPod(name);
    const created = await create({ ...made, spec: { ...made.spec, nodeName: "n1" } });
    const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
    const options = { body: { kind: "merge", patch: { status } }, subresource: "status" } as const;
    expect(await client.patch("Pod", { namespace: testNamespace, name }, options)).toMatchObject({ ok: true });
    return created;
  };
  const held = (name: string): Pod | undefined => cluster.snapshot().get("Pod", { namespace: testNamespace, name });

  test("a list of more than one page is held whole, without managedFields, and with the kind that lists leave out", async () => {
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        Promise.all(Array.from({ length: 45 }, (_, one) => create(plainPod(`page-${index}-${one}`)))),
      ),
    );
    const paged = watchCluster({
      transport,
      clock,
      domain: defaultDomain,
      kinds: ["Pod"],
      random: Math.random,
      onTrouble: (trouble) => troubles.push(trouble),
      onHandlerError: () => undefined,
    });
    await paged.synced();
    const listed = paged.snapshot().list("Pod", testNamespace);
    expect(listed.length).toBe(540);
    expect(listed.every((one) => one.kind === "Pod" && one.apiVersion === "v1" && !("managedFields" in one.metadata))).toBe(true);
    const direct = await client.list("Pod", { namespace: testNamespace });
    expect(direct.ok && direct.value.map((one) => one.metadata.uid)).toEqual(listed.map((one) => one.metadata.uid));
    await until(() => cluster.snapshot().list("Pod").length === 540);
    await paged.close();
    await client.request({ method: "DELETE", path: `/api/v1/namespaces/${testNamespace}/pods`, body: { gracePeriodSeconds: 0 } });
    await until(() => cluster.snapshot().list("Pod").length === 0);
  }, 120_000);

  test("a watch tells of each change; an index finds the Pod by its node", async () => {
    heard.length = 0;
    await runningPod("seen");
    await until(() => held("seen")?.status?.phase === "Running");
    expect(
      cluster
        .snapshot()
        .by("Pod", "node", "n1")
        .map((one) => one.metadata.name),
    ).toEqual(["seen"]);
    expect(await client.delete("Pod", { namespace: testNamespace, name: "seen" }, { gracePeriodSeconds: 0 })).toEqual({
      ok: true,
      value: "deleted",
    });
    await until(() => held("seen") === undefined);
    expect([...new Set(heard)]).toEqual(["added seen", "updated seen", "deleted seen"]);
    expect(await client.delete("Pod", { namespace: testNamespace, name: "seen" })).toEqual({ ok: true, value: "gone" });
  });

  test("an apply is idempotent, takes back what it no longer says, and wins by force", async () => {
    const key = { namespace: testNamespace, name: "applied" };
    const apply = (labels: Record<string, string>, fieldManager = "plimsoll") =>
      client.apply(
        "PodDisruptionBudget",
        { metadata: { ...key, labels }, spec: { minAvailable: 1, selector: { matchLabels: { app: "x" } } } },
        { fieldManager },
      );
    const first = await apply({ a: "1", b: "1" });
    const again = await apply({ a: "1", b: "1" });
    expect(first.ok && again.ok && first.value.metadata.resourceVersion === again.value.metadata.resourceVersion).toBe(true);
    expect(await apply({ a: "2" })).toMatchObject({ ok: true, value: { metadata: { labels: { a: "2" } } } });
    const other = await apply({ a: "3" }, "someone-else");
    expect(other.ok && other.value.metadata.labels).toEqual({ a: "3" });
    const status = await client.applyStatus(
      "PodDisruptionBudget",
      { metadata: key, status: { disruptionsAllowed: 1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 } },
      { fieldManager: "plimsoll" },
    );
    expect(status).toMatchObject({ ok: true, value: { status: { disruptionsAllowed: 1 } } });
    expect(await client.delete("PodDisruptionBudget", key)).toMatchObject({ ok: true });
  });

  test("a replace with an old version is a conflict, and JSON patches, dry runs and uid preconditions do as they say", async () => {
    const key = { namespace: testNamespace, name: "patched" };
    const created = await create(plainPod("patched"));
    const labelled = await client.patch("Pod", key, {
      body: { kind: "json", operations: [{ op: "add", path: "/metadata/labels/tier", value: "gold" }] },
    });
    expect(labelled).toMatchObject({ ok: true, value: { metadata: { labels: { tier: "gold" } } } });
    expect(await client.replace("Pod", created)).toMatchObject({ ok: false, error: { code: 409, reason: "Conflict" } });
    expect(await client.create("Pod", plainPod("dry"), { dryRun: true })).toMatchObject({ ok: true });
    expect(await client.get("Pod", { ...key, name: "dry" })).toMatchObject({ ok: false, error: { code: 404 } });
    expect(await client.delete("Pod", key, { uid: "another" })).toEqual({ ok: true, value: "gone" });
    expect(await client.get("Pod", key)).toMatchObject({ ok: true });
    expect(await client.delete("Pod", key, { uid: created.metadata.uid ?? "", gracePeriodSeconds: 0 })).toEqual({
      ok: true,
      value: "deleted",
    });
  });

  test("an eviction is done, blocked, refused or too late, as the API server says", async () => {
    const [free, blocked, twice] = [await runningPod("free"), await runningPod("blocked"), await runningPod("twice")];
    // No controller keeps these budgets' status, so to the API server they are newer than what it knows: 429.
    for (const [name, app] of [
      ["one", "blocked"],
      ["two", "twice"],
      ["three", "twice"],
    ] as const) {
      const { spec } = budget({ minAvailable: 1, selector: { matchLabels: { app } } });
      const metadata = { namespace: testNamespace, name };
      expect(
        await client.create("PodDisruptionBudget", { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata, spec }),
      ).toMatchObject({ ok: true });
    }
    const evict = (one: Pod, uid = one.metadata.uid ?? "") =>
      client.evict({ namespace: testNamespace, name: one.metadata.name ?? "", uid, gracePeriodSeconds: 0 });
    expect(await evict(blocked)).toMatchObject({ kind: "blocked", retryAfterMs: 10_000 });
    expect(await evict(twice)).toMatchObject({ kind: "refused", status: { code: 500 } });
    expect(await evict(free, "another")).toEqual({ kind: "gone" });
    expect(await evict(free)).toEqual({ kind: "evicted" });
    expect(await evict(free)).toEqual({ kind: "gone" });
  });

  test("an Event reaches the object that it is about", async () => {
    const recorder = eventRecorder({ client, clock, instance: "test", signal: stop.signal });
    const regarding = {
      apiVersion: "v1",
      kind: "Pod",
      namespace: testNamespace,
      name: "blocked",
      uid: held("blocked")?.metadata.uid ?? "",
    };
    recorder.record({ regarding, type: "Normal", reason: "Tried", message: "an Event of the test" }, "test-controller");
    await recorder.flushed();
    expect(recorder.dropped()).toBe(0);
    const { stdout } = await plane.kubectl(["-n", testNamespace, "describe", "pod", "blocked"]);
    expect(stdout).toMatch(/Normal\s+Tried\s+\S+\s+test-controller\s+an Event of the test/);
  });

  test("of two electors one leads; it hands the Lease over when it stops", async () => {
    const leading: string[] = [];
    const electors = ["a", "b"].map((identity) => {
      const own = new AbortController();
      const lead = ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
        leading.push(identity);
        return new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            resolve();
          });
        });
      };
      const lease = { namespace: testNamespace, name: "leader" };
      const options = {
        client,
        clock,
        lease,
        identity,
        random: Math.random,
        signal: own.signal,
        onNote: () => undefined,
        retryPeriodMs: 300,
      };
      return { identity, own, running: runWhenLeading(options, lead) };
    });
    await until(() => leading.length === 1);
    await sleep(1_500);
    expect(leading).toHaveLength(1);
    const leader = electors.find(({ identity }) => identity === leading[0]);
    leader?.own.abort();
    await leader?.running;
    await until(() => leading.length === 2);
    expect(new Set(leading).size).toBe(2);
    for (const { own, running } of electors) {
      own.abort();
      await running;
    }
  });

  test("a kind whose CRD is missing is reported and waited for, and is there soon after the CRD", async () => {
    expect(cluster.hasSynced(["NodePool"])).toBe(false);
    expect(cluster.snapshot().knows("NodePool")).toBe(false);
    expect(troubles.some(({ kind, resource, status }) => kind === "list-failed" && resource === "nodepools" && status?.code === 404)).toBe(
      true,
    );
    const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    const names = { plural: "nodepools", singular: "nodepool", kind: "NodePool", listKind: "NodePoolList" };
    const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }];
    const spec = { group: "karpenter.sh", scope: "Cluster", names, versions };
    const body = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "nodepools.karpenter.sh" },
      spec,
    };
    expect(await client.request({ method: "POST", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body })).toMatchObject({
      ok: true,
    });
    await until(() => cluster.hasSynced());
    expect(cluster.snapshot().knows("NodePool")).toBe(true);
  }, 120_000);

  test("an API server that is killed and comes back finds the copy catching up with what happened meanwhile", async () => {
    await create(plainPod("before"));
    await until(() => held("before") !== undefined);
    heard.length = 0;
    await plane.stop("kube-apiserver", "SIGKILL");
    await sleep(1_000);
    expect(await client.get("Pod", { namespace: testNamespace, name: "before" })).toMatchObject({ ok: false, error: { code: 0 } });
    expect(held("before")).toBeDefined();
    await plane.start("kube-apiserver");
    await create(plainPod("after"));
    await client.delete("Pod", { namespace: testNamespace, name: "before" }, { gracePeriodSeconds: 0 });
    await until(() => held("after") !== undefined && held("before") === undefined);
    expect([...new Set(heard)].filter((one) => !one.startsWith("updated"))).toEqual(["added after", "deleted before"]);
    expect(troubles.some(({ kind }) => kind === "watch-broken")).toBe(true);
  }, 180_000);

  test("an API server that hangs is an answer in time, not a wait for ever", async () => {
    await plane.signal("kube-apiserver", "SIGSTOP");
    await sleep(300);
    const startedAt = Date.now();
    const answer = await client.request({ method: "GET", path: "/version", timeoutMs: 1_000 });
    await plane.signal("kube-apiserver", "SIGCONT");
    expect(answer).toMatchObject({ ok: false, status: 0 });
    expect(Date.now() - startedAt).toBeLessThan(30_000);
    expect(await client.request({ method: "GET", path: "/version" })).toMatchObject({ ok: true, body: { major: "1" } });
  });
});
