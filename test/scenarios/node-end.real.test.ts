/**
 * How a node that we bought ends: by the deletion of its NodeClaim, by `kubectl drain`, and at its deadline.
 *
 * The API server's own history of Pods, replayed from before the end, says how many were ready at each moment: no sample is missed.
 */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { zoneLabel } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { Pod } from "../../src/api/pod.ts";
import { isReady, isTerminating } from "../../src/kube/pod-state.ts";
import { grantTroubles } from "../deploy/grant-witnesses.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { applyExamples, labCheckout, labInfrastructure, nodeClaims, podsOf } from "../support/lab.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

/** 80 % of 6, rounded up. */
const budget = 5;
const waits = { timeout: 90_000, interval: 200 };
const graceSeconds = 60;
const podGraceSeconds = 10;

await describeOnControlPlane("the end of a node on the real control plane", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ podReadyDelay: "2s" });
    await installPlimsoll(controlPlane);
    await applyExamples(controlPlane, labInfrastructure);
    serve = await startServe({ controlPlane, provider: "kwok" });
    await applyExamples(controlPlane, labCheckout);
    await apply(loneDeployment, shortPool);
    // Admission refuses a Deployment for a pool that it does not know yet.
    await vi.waitFor(() => apply(keptDeployment), waits);
    await vi.waitFor(async () => {
      expect((await podsOf(controlPlane, "checkout")).items.filter(isHealthy)).toHaveLength(6);
      expect((await podsOf(controlPlane, "default")).items.filter(isHealthy)).toHaveLength(2);
    }, waits);
  });

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  it("keeps the budget when a NodeClaim is deleted, buys the replacement first, and leaves nothing", { timeout: 240_000 }, async () => {
    const before = await podsOf(controlPlane, "checkout");
    const claim = (await nodeClaims(controlPlane)).find(({ metadata }) => metadata.labels?.[zoneLabel] === "ap-southeast-1a");
    const known = new Set((await nodeClaims(controlPlane)).map(({ metadata }) => metadata.name));
    const name = claim?.metadata.name ?? "";
    expect(await controlPlane.kubectl(["delete", "nodeclaim", name, "--timeout=90s"])).toMatchObject({ code: 0 });
    const { counts, firstLeft } = await history(before, "checkout");
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(budget);
    const bought = (await nodeClaims(controlPlane)).filter(({ metadata }) => !known.has(metadata.name));
    const boughtAt = Math.min(...bought.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "")));
    expect(boughtAt).toBeLessThanOrEqual(firstLeft);
    await expect.poll(async () => (await podsOf(controlPlane, "checkout")).items.filter(isHealthy).length, waits).toBe(6);
    expect(await controlPlane.kubectl(["get", "node", name])).toMatchObject({ code: 1 });
  });

  it("tells kubectl drain the budget, its numbers and the owner, and keeps the budget", { timeout: 240_000 }, async () => {
    const before = await podsOf(controlPlane, "checkout");
    const node = nodeWithMost(before.items);
    const { code, stderr } = await controlPlane.kubectl(["drain", node, "--timeout=90s"]);
    // Of evictions in one moment the API server refuses those that the watch has not shown us as blocked yet, in its own words.
    const ours =
      /PodDisruptionBudget "checkout-api" \(minAvailable: 80%\): (The disruption budget checkout-api needs 5 healthy pods and has 5|it allows 1 eviction now, and 1 is under way)/;
    if (stderr.includes("PodDisruptionBudget")) {
      expect(stderr).toMatch(ours);
      expect(stderr).toContain("owner: Deployment checkout-api");
    } else {
      expect(stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
    }
    expect(code).toBe(0);
    expect(Math.min(...(await history(before, "checkout")).counts)).toBeGreaterThanOrEqual(budget);
  });

  it("starts the replacement of a single replica before that is evicted", { timeout: 240_000 }, async () => {
    const before = await podsOf(controlPlane, "default");
    const [lone] = before.items.filter(({ metadata }) => metadata.labels?.["app"] === "lone");
    const { code, stderr } = await controlPlane.kubectl(["drain", lone?.spec.nodeName ?? "", "--timeout=90s", "--pod-selector=app=lone"]);
    expect(stderr).toContain("it is the only replica of Deployment default/lone: a replacement is started first");
    expect(code).toBe(0);
    const { counts } = await history(before, "default", ({ metadata }) => metadata.labels?.["app"] === "lone");
    expect(Math.min(...counts)).toBe(1);
    const [next] = (await podsOf(controlPlane, "default")).items.filter((pod) => pod.metadata.labels?.["app"] === "lone" && isHealthy(pod));
    expect(next?.metadata.uid).not.toBe(lone?.metadata.uid);
    expect(next?.spec.nodeName).not.toBe(lone?.spec.nodeName);
  });

  it("leaves a do-not-disrupt Pod until the deadline less its own grace, and counts down to it", { timeout: 300_000 }, async () => {
    const [kept] = (await podsOf(controlPlane, "default")).items.filter(({ metadata }) => metadata.labels?.["app"] === "kept");
    const claim = (await nodeClaims(controlPlane)).find(({ status }) => status?.nodeName === kept?.spec.nodeName);
    const name = claim?.metadata.name ?? "";
    // Admission lets no person write it, neither in a template nor on a Pod; a controller of Kubernetes may.
    const writer = "--as=system:serviceaccount:kube-system:generic-garbage-collector";
    const annotate = ["annotate", "pod", kept?.metadata.name ?? "", "karpenter.sh/do-not-disrupt=true", writer];
    expect(await controlPlane.kubectl(annotate)).toMatchObject({ code: 0 });
    expect(await controlPlane.kubectl(["delete", "nodeclaim", name, "--wait=false"])).toMatchObject({ code: 0 });
    const deadline = await vi.waitFor(async () => {
      const ending = await claimNamed(name);
      const text = ending?.metadata.annotations?.["karpenter.sh/nodeclaim-termination-timestamp"] ?? "";
      expect(text).not.toBe("");
      expect(Date.parse(text) - Date.parse(ending?.metadata.deletionTimestamp ?? "")).toBe(graceSeconds * 1_000);
      const drained = ending?.status?.conditions?.find(({ type }) => type === "Drained");
      expect(drained).toMatchObject({ status: "Unknown", reason: "Draining" });
      expect(drained?.message).toMatch(new RegExp(`left alone: do-not-disrupt; the instance ends at ${text}, in \\d+s`));
      return Date.parse(text);
    }, waits);
    const asked = await vi.waitFor(async () => {
      const leaving = (await podsOf(controlPlane, "default")).items.find(({ metadata }) => metadata.uid === kept?.metadata.uid);
      // Asked to end: or gone already, where nobody looked in between.
      expect(leaving?.metadata.deletionTimestamp ?? (leaving === undefined ? "gone" : undefined)).toBeDefined();
      return Date.now();
    }, waits);
    expect(asked).toBeGreaterThanOrEqual(deadline - podGraceSeconds * 1_000);
    expect(asked).toBeLessThan(deadline);
    await expect.poll(() => claimNamed(name), waits).toBeUndefined();
    expect(Date.now()).toBeLessThan(deadline + 60_000);
  });

  it("waits no longer for a Pod that was deleted with a grace of years than its own grace lets it", { timeout: 300_000 }, async () => {
    await apply(slowDeployment);
    const slow = await vi.waitFor(async () => {
      const found = (await podsOf(controlPlane, "default")).items.find((pod) => pod.metadata.labels?.["app"] === "slow" && isHealthy(pod));
      expect(found).toBeDefined();
      return found;
    }, waits);
    const claim = (await nodeClaims(controlPlane)).find(({ status }) => status?.nodeName === slow?.spec.nodeName);
    const [name, podName] = [claim?.metadata.name ?? "", slow?.metadata.name ?? ""];
    const end = ["delete", "pod", podName, "--grace-period=315360000", "--wait=false"];
    expect(await controlPlane.kubectl(end)).toMatchObject({ code: 0 });
    const graceLeft = async () => {
      const { items } = await podsOf(controlPlane, "default");
      return items.find(({ metadata }) => metadata.uid === slow?.metadata.uid)?.metadata.deletionGracePeriodSeconds;
    };
    expect(await graceLeft()).toBe(315_360_000);
    expect(await controlPlane.kubectl(["delete", "nodeclaim", name, "--wait=false"])).toMatchObject({ code: 0 });
    await expect.poll(graceLeft, waits).toBe(podGraceSeconds);
    await expect.poll(() => claimNamed(name), { ...waits, timeout: 150_000 }).toBeUndefined();
    const { stdout } = await controlPlane.kubectl(["get", "events", `--field-selector=involvedObject.name=${podName}`]);
    expect(stdout).toContain("GraceShortened");
  });

  it("was forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
    expect(await grantTroubles(controlPlane, "test/scenarios/node-end.real.test.ts")).toEqual([]);
  });

  async function apply(...manifests: readonly object[]): Promise<void> {
    const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests });
    const { code, stderr } = await controlPlane.kubectl(["apply", "-f", "-"], { stdin });
    if (code !== 0) throw new Error(stderr);
  }

  async function claimNamed(name: string): Promise<NodeClaim | undefined> {
    return (await nodeClaims(controlPlane)).find(({ metadata }) => metadata.name === name);
  }

  /** How many Pods were healthy after each change since a list of them, and when the first was asked to leave. */
  async function history(since: Awaited<ReturnType<typeof podsOf>>, namespace: string, isMeant: (pod: Pod) => boolean = () => true) {
    const query = `watch=true&resourceVersion=${since.resourceVersion}&timeoutSeconds=3`;
    const { stdout } = await controlPlane.kubectl(["get", "--raw", `/api/v1/namespaces/${namespace}/pods?${query}`]);
    const events = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as PodEvent]));
    expect(events.some(({ type }) => type === "DELETED")).toBe(true);
    const pods = new Map(since.items.filter(isMeant).map((pod) => [pod.metadata.uid, pod]));
    const counts: number[] = [];
    for (const { type, object } of events.filter((event) => isMeant(event.object))) {
      if (type === "DELETED") pods.delete(object.metadata.uid);
      else pods.set(object.metadata.uid, object);
      counts.push([...pods.values()].filter(isHealthy).length);
    }
    const leaving = events.flatMap(({ object: { metadata } }) => {
      const graceMs = (metadata.deletionGracePeriodSeconds ?? 0) * 1_000;
      return metadata.deletionTimestamp === undefined ? [] : [Date.parse(metadata.deletionTimestamp) - graceMs];
    });
    return { counts, firstLeft: Math.min(...leaving) };
  }
});

interface PodEvent {
  readonly type: string;
  readonly object: Pod & { readonly metadata: { readonly deletionGracePeriodSeconds?: number } };
}

/** As the controller of disruption budgets counts. */
function isHealthy(pod: Pod): boolean {
  return isReady(pod) && !isTerminating(pod);
}

/** The node with most of the Pods, so that their budget must block one of them. */
function nodeWithMost(pods: readonly Pod[]): string {
  const counts = new Map<string, number>();
  for (const { spec } of pods) counts.set(spec.nodeName ?? "", (counts.get(spec.nodeName ?? "") ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "";
}

const loneDeployment = deploymentOf("lone", { spec: {} });

/** A pool whose nodes are given a minute. */
const shortPool = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodePool",
  metadata: { name: "general-short" },
  spec: {
    limits: { cpu: "50", memory: "100Gi" },
    template: {
      metadata: { labels: { pool: "short" } },
      spec: {
        nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default-private" },
        requirements: [
          { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
          { key: "topology.kubernetes.io/zone", operator: "In", values: ["ap-southeast-1a"] },
          { key: "karpenter.k8s.aws/instance-category", operator: "In", values: ["c", "m"] },
        ],
        terminationGracePeriod: `${graceSeconds}s`,
      },
    },
  },
};

const keptDeployment = deploymentOf("kept", {
  spec: { nodeSelector: { pool: "short" }, terminationGracePeriodSeconds: podGraceSeconds },
});

/** Its Pod takes no notice of being asked to end. */
const slowDeployment = deploymentOf("slow", {
  spec: { terminationGracePeriodSeconds: podGraceSeconds },
  annotations: { "pod-delete.stage.kwok.x-k8s.io/delay": "1h" },
});

function deploymentOf(name: string, of: { readonly spec: object; readonly annotations?: object }): object {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: "default" },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: of.annotations ?? {} },
        spec: {
          containers: [{ name, image: "registry.example.com/app:1", resources: { requests: { cpu: "500m", memory: "256Mi" } } }],
          ...of.spec,
        },
      },
    },
  };
}
