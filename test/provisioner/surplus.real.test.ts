/**
 * No node too many, on the real control plane: claims are made for the Pods that come, and for no others.
 *
 * Each case applies a workload of which fewer, larger or other Pods come than its manifest says. The measure is a plan of the Pods that
 * are there in the end, on an empty cluster: as many NodeClaims were ever made, by the API server's audit log. Each case starts on an
 * empty cluster, however the one before it ended.
 */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import { planOf } from "../../src/cli/plan.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import { startWebhookServer, type WebhookServer } from "../contract/webhook-server.ts";
import { grantTroubles } from "../deploy/grant-witnesses.ts";
import { startControlPlane, type ControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { applyExamples, everCreated, labInfrastructure, nodeClaims, podsOf } from "../support/lab.ts";
import { deployment, namespaceObject } from "../support/objects.ts";
import { forbiddenRequests, installPlimsoll, startServe, type ServeProcess } from "../support/plimsoll-serve.ts";
import { yamlObjects, yamlText } from "../support/yaml-objects.ts";

const waits = { timeout: 60_000, interval: 200 };
/** As long as nothing comes any more. */
const quietMs = 3_000;
/** kube-controller-manager counts a quota's use by a copy of the Pods that lags, so that a few slip past it now and then. */
const slippedPastQuotaMax = 3;

interface Case {
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly given?: readonly KubeObject[];
  readonly replicas: number;
  /** Pods that run in the end. */
  readonly running: number;
  /** How many more may run. */
  readonly slippedMax?: number;
  readonly rollingUpdate?: { readonly maxSurge: number; readonly maxUnavailable: number };
  /** What the request of each Pod's CPU is in the end. */
  readonly cpu?: string;
  /** An event that is there before any Pod is made. */
  readonly foreseen?: string;
}

await describeOnControlPlane("claims are made for the Pods that come", () => {
  let plane: ControlPlane;
  let plimsoll: ServeProcess;
  let mesh: WebhookServer;
  const used = new Set<string>();

  beforeAll(async () => {
    [plane, mesh] = await Promise.all([startControlPlane(), startWebhookServer()]);
    await installPlimsoll(plane);
    await applyExamples(plane, labInfrastructure);
    const policies = join(await mkdtemp(join(tmpdir(), "plimsoll-policies-")), "policies.yaml");
    await writeFile(policies, yamlText("policies.yaml").replace("\nsettings:\n", "\nsettings:\n  capacityAdvice: warn\n"));
    plimsoll = await startServe({ controlPlane: plane, provider: "kwok", policies });
  }, 600_000);

  afterAll(async () => {
    await plimsoll.stop();
    await mesh.close();
    await plane.close();
  });

  afterEach(async () => {
    // A case that failed may have left it stopped; one that runs can't be started.
    await plane.start("kube-controller-manager").catch(() => undefined);
    await plane.kubectl(["delete", "mutatingwebhookconfigurations", "mesh", "--ignore-not-found"]);
    for (const namespace of used) await plane.kubectl(["delete", "-n", namespace, "deployments", "--all", "--cascade=foreground"]);
    used.clear();
    await plane.kubectl(["delete", "nodeclaims", "--all", "--wait=false"]);
    await expect.poll(async () => (await plane.kubectl(["get", "nodes,nodeclaims", "-o", "name"])).stdout, waits).toBe("");
  });

  test("a quota of 20 Pods for 50 replicas buys for 20", async () => {
    const foreseen = 'QuotaRefuses ResourceQuota "team" leaves pods for 20 of 50 more Pods';
    await play({ namespace: "quota", given: [quota("20")], replicas: 50, running: 20, slippedMax: slippedPastQuotaMax, foreseen });
  }, 120_000);

  test("Pods that Pod Security refuses are bought nothing", async () => {
    const foreseen = 'PodSecurityRefuses Pod Security "restricted" refuses its Pods: ';
    await play({
      namespace: "secured",
      labels: { "pod-security.kubernetes.io/enforce": "restricted" },
      replicas: 10,
      running: 0,
      foreseen,
    });
  }, 120_000);

  test("a second webhook that adds 500m to each Pod is bought for at once", async () => {
    await play({ namespace: "meshed", given: [meshWebhook(mesh)], replicas: 12, running: 12, cpu: "1500m" });
  }, 120_000);

  test("a rollout that takes old Pods away first buys nothing", async () => {
    const rollingUpdate = { maxSurge: 0, maxUnavailable: 5 };
    const before = await everCreated(plane, "nodeclaims");
    const web = await play({ namespace: "rolled", replicas: 10, running: 10, rollingUpdate }, async () => {
      const patch = '{"spec":{"template":{"metadata":{"annotations":{"round":"2"}}}}}';
      expect(await plane.kubectl(["patch", "-n", "rolled", "deployment/web", "-p", patch])).toMatchObject({ code: 0 });
      await expect
        .poll(async () => (await podsOf(plane, "rolled")).items.filter(isRunning).map(roundOf).join(), waits)
        .toBe(Array.from({ length: 10 }, () => "2").join());
    });
    expect((await everCreated(plane, "nodeclaims")) - before).toBe(web.claims);
  }, 180_000);

  test("kubectl tells what a Deployment needs and costs, a dry run as the real thing, and as many claims are made", async () => {
    await apply(namespaceObject("told"));
    const before = await everCreated(plane, "nodeclaims");
    const stdin = JSON.stringify(withoutUid(webOf({ namespace: "told", replicas: 20, running: 20 })));
    const told = async (...words: readonly string[]): Promise<readonly string[]> => {
      const { stderr } = await plane.kubectl(words, { stdin });
      return stderr.split("\n").filter((line) => / replicas? /.test(line));
    };
    // The provisioner's thread may be at a plan, or the machine at something else: then the review does not wait, and nothing is told.
    const dryRun: string[] = [];
    await expect.poll(async () => dryRun.push(...(await told("apply", "--dry-run=server", "-f", "-"))), waits).toBe(1);
    const [line = ""] = dryRun;
    expect(line).toMatch(/^Warning: 20 replicas need \+\d+ nodes? \(.*, general-flex\), about \$\d+\.\d\d\/h; \d+% of the pool's limit$/);
    for (const applied of await told("apply", "-f", "-")) expect(applied).toBe(line);
    await expect.poll(async () => (await podsOf(plane, "told")).items.filter(isRunning).length, waits).toBe(20);
    expect((await everCreated(plane, "nodeclaims")) - before).toBe(Number(/\+(\d+) node/.exec(line)?.[1]));
    const more = async () => (await told("scale", "-n", "told", "deployment/web", "--replicas=60", "--dry-run=server")).join();
    await expect.poll(more, waits).toMatch(/^Warning: 40 more replicas need \+\d+ nodes? /);
  }, 120_000);

  test("with the component pod-dry-run a second webhook's Pods are bought for before the first is there", async () => {
    await plimsoll.stop();
    const role = resolve(import.meta.dirname, "../../deploy/components/pod-dry-run/cluster-role.yaml");
    expect(await plane.kubectl(["apply", "-f", role])).toMatchObject({ code: 0 });
    plimsoll = await startServe({ controlPlane: plane, provider: "kwok", args: ["--predict-by-dry-run"] });
    await plane.stop("kube-controller-manager");
    const before = await everCreated(plane, "nodeclaims");
    // No controller gives the namespace its account, without which no Pod may be made.
    await apply(namespaceObject("meshed"), {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: "meshed" },
    });
    await apply(meshWebhook(mesh));
    await sleep(2_000);
    await apply(webOf({ namespace: "meshed", replicas: 12, running: 12 }));
    await expect.poll(async () => everCreated(plane, "nodeclaims"), waits).toBeGreaterThan(before);
    expect((await podsOf(plane, "meshed")).items).toEqual([]);
    await plane.start("kube-controller-manager");
    await expect.poll(async () => (await podsOf(plane, "meshed")).items.filter(isRunning).length, waits).toBe(12);
    const came = await onceQuiet(async () => (await podsOf(plane, "meshed")).items.filter(isRunning));
    expect(new Set(came.map(({ spec }) => spec.containers[0]?.resources?.requests?.["cpu"]))).toEqual(new Set(["1500m"]));
    expect((await everCreated(plane, "nodeclaims")) - before).toBe(nodesFor(came));
  }, 180_000);

  test("nothing that our service account asked was forbidden", async () => {
    expect(await forbiddenRequests(plane)).toEqual([]);
    expect(await grantTroubles(plane, "test/provisioner/surplus.real.test.ts")).toEqual([]);
  });

  /** Applies a case, waits until nothing comes any more, and compares the claims ever made. */
  async function play(one: Case, then?: () => Promise<void>): Promise<{ readonly claims: number }> {
    const { namespace, running, slippedMax = 0 } = one;
    const before = await everCreated(plane, "nodeclaims");
    await apply(namespaceObject(namespace, one.labels ?? {}), ...(one.given ?? []));
    // A new webhook is in force, and a new quota counted, within a second or so.
    await sleep(one.given === undefined ? 0 : 2_000);
    if (one.foreseen !== undefined) await plane.stop("kube-controller-manager");
    await apply(webOf(one));
    if (one.foreseen !== undefined) {
      await expect.poll(() => eventsOn(namespace), waits).toContain(one.foreseen);
      await plane.start("kube-controller-manager");
    }
    const pods = async (): Promise<readonly Pod[]> => (await podsOf(plane, namespace)).items.filter(isRunning);
    await expect.poll(async () => (await pods()).length, waits).toBeGreaterThanOrEqual(running);
    await then?.();
    const came = await onceQuiet(pods);
    expect(came.length).toBeGreaterThanOrEqual(running);
    const slipped = came.length - running;
    expect(slipped).toBeLessThanOrEqual(slippedMax);
    if (one.cpu !== undefined)
      expect(new Set(came.map(({ spec }) => spec.containers[0]?.resources?.requests?.["cpu"]))).toEqual(new Set([one.cpu]));
    const claims = (await everCreated(plane, "nodeclaims")) - before;
    expect(claims).toBeGreaterThanOrEqual(nodesFor(came));
    // What nobody could foresee may have needed a node of its own.
    expect(claims).toBeLessThanOrEqual(nodesFor(came.slice(0, running)) + slipped);
    expect((await nodeClaims(plane)).length).toBe(claims);
    return { claims };
  }

  /** Returns the Pods once neither they nor the claims have become more for a while. */
  async function onceQuiet(pods: () => Promise<readonly Pod[]>): Promise<readonly Pod[]> {
    for (let last = ""; ;) {
      const came = await pods();
      const now = `${came.length} ${await everCreated(plane, "nodeclaims")}`;
      if (now === last) return came;
      last = now;
      await sleep(quietMs);
    }
  }

  async function apply(...objects: readonly KubeObject[]): Promise<void> {
    for (const { kind, metadata } of objects) if (kind === "Namespace") used.add(metadata.name ?? "");
    const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects.map(withoutUid) });
    const { code, stderr } = await plane.kubectl(["apply", "-f", "-"], { stdin });
    expect(code, stderr).toBe(0);
  }

  async function eventsOn(namespace: string): Promise<string> {
    const path = "jsonpath={range .items[*]}{.reason} {.message}{'\\n'}{end}";
    return (await plane.kubectl(["get", "events", "-n", namespace, "-o", path])).stdout;
  }
});

function webOf({ namespace, replicas, rollingUpdate }: Case): KubeObject {
  const web = deployment({
    ...{ name: "web", namespace, replicas, requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "1Gi" } },
    podSpec: { nodeSelector: { "workload-class": "general" } },
  });
  const strategy = rollingUpdate === undefined ? {} : { strategy: { type: "RollingUpdate", rollingUpdate } };
  return { ...web, spec: { ...web.spec, ...strategy } } as KubeObject;
}

function quota(pods: string): KubeObject {
  return {
    ...{ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "team", namespace: "quota" } },
    spec: { hard: { pods } },
  } as KubeObject;
}

/** Asks for half a CPU more in each Pod of its namespace. */
function meshWebhook({ url, caBundle }: WebhookServer): KubeObject {
  return {
    ...{ apiVersion: "admissionregistration.k8s.io/v1", kind: "MutatingWebhookConfiguration", metadata: { name: "mesh" } },
    webhooks: [
      {
        name: "mesh.example.com",
        clientConfig: { url: `${url}/mesh/grow`, caBundle },
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "meshed" } },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  } as KubeObject;
}

/** How many nodes a plan on an empty cluster has for Pods that are there, which are all alike. */
function nodesFor(pods: readonly Pod[]): number {
  const policySet = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });
  if (!policySet.ok) throw new Error("policies.yaml does not parse");
  const [first] = pods;
  if (first === undefined) return 0;
  const podSpec = Object.fromEntries(Object.entries(first.spec).filter(([name]) => name !== "nodeName"));
  const web = deployment({ namespace: first.metadata.namespace ?? "", replicas: pods.length, podSpec });
  const snapshot = snapshotOf([...yamlObjects(`examples/${labInfrastructure}`), web]);
  const plan = planOf({ snapshot, policySet: policySet.value, names: platformNames() });
  expect(plan.unschedulable).toEqual([]);
  return plan.nodes.length;
}

function isRunning({ metadata, status }: Pod): boolean {
  return status?.phase === "Running" && metadata.deletionTimestamp === undefined;
}

function roundOf({ metadata }: Pod): string {
  return metadata.annotations?.["round"] ?? "1";
}

/** The API server gives each object a uid of its own. */
function withoutUid({ metadata, ...rest }: KubeObject): KubeObject {
  return { ...rest, metadata: Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== "uid")) };
}
