/**
 * `kubectl drain` of a node that we bought, as an operator does it before an upgrade.
 *
 * The lab's checkout-api, two Pods a zone, each ready two seconds after its start. The API server's own history of Pods,
 * replayed from before the drain, says how many were ready at each moment: no sample is missed.
 */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { zoneLabel } from "../../src/api/labels.ts";
import type { PodDisruptionBudget } from "../../src/api/pod-disruption-budget.ts";
import type { Pod } from "../../src/api/pod.ts";
import { isReady, isTerminating } from "../../src/kube/pod-state.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { applyExamples, labCheckout, labInfrastructure, nodeClaims, podsOf } from "../support/lab.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

const replicas = 6;
/** 80 % of 6, rounded up. */
const budget = 5;
const podReadyDelay = "2s";
const waits = { timeout: 60_000, interval: 100 };

await describeOnControlPlane("kubectl drain on the real control plane", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ podReadyDelay });
    await installPlimsoll(controlPlane);
    await applyExamples(controlPlane, labInfrastructure);
    serve = await startServe({ controlPlane, provider: "kwok" });
    await applyExamples(controlPlane, labCheckout);
    await vi.waitFor(async () => {
      expect(await readyByZone()).toEqual([2, 2, 2]);
    }, waits);
  });

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  it("completes on a node that we bought, and ready Pods never go below the budget", { timeout: 180_000 }, async () => {
    expect(await disruptionBudgets()).toMatchObject([{ spec: { minAvailable: "80%" }, status: { desiredHealthy: budget } }]);
    const [zone, claims] = ["ap-southeast-1a", (await nodeClaims(controlPlane)).length];
    const drained = await drain(zone);
    expect(drained).toMatchObject({ code: 0, readyMin: budget });
    // The zone's Pods wait for their zone, so nodes are bought there in place of the cordoned one.
    await expect.poll(readyByZone, waits).toEqual([2, 2, 2]);
    expect((await nodeClaims(controlPlane)).length).toBeGreaterThan(claims);
    expect((await podsOf(controlPlane, "checkout")).items.filter(({ spec }) => spec.nodeName === drained.node)).toEqual([]);
  });

  it("is seen to go below it without the PodDisruptionBudget", { timeout: 180_000 }, async () => {
    // Without its profile nobody makes the budget again; the garbage collector would take it within half a minute.
    expect(await controlPlane.kubectl(["delete", "workloadprofile", "-n", "checkout", "checkout-api"])).toMatchObject({ code: 0 });
    expect(await controlPlane.kubectl(["delete", "poddisruptionbudgets", "-n", "checkout", "--all"])).toMatchObject({ code: 0 });
    const drained = await drain("ap-southeast-1b");
    expect(drained.code).toBe(0);
    expect(drained.readyMin).toBeLessThan(budget);
  });

  it("was forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  });

  /** Drains the zone's one node; `readyMin` is the fewest Pods that were ready at any moment of it. */
  async function drain(zone: string): Promise<{ readonly node: string; readonly code: number | null; readonly readyMin: number }> {
    const before = await vi.waitFor(async () => {
      const pods = await podsOf(controlPlane, "checkout");
      expect(pods.items.filter(countsAsHealthy).length).toBe(replicas);
      return pods;
    }, waits);
    const node = (await nodeClaims(controlPlane)).find(({ metadata }) => metadata.labels?.[zoneLabel] === zone)?.status?.nodeName ?? "";
    const { code, stderr } = await controlPlane.kubectl(["drain", node, "--timeout=60s"]);
    expect(stderr).not.toContain("error when evicting pods from node");
    return { node, code, readyMin: Math.min(...(await healthyCounts(before))) };
  }

  /** How many Pods were healthy after each change since a list of them. */
  async function healthyCounts(since: Awaited<ReturnType<typeof podsOf>>): Promise<readonly number[]> {
    const query = `watch=true&resourceVersion=${since.resourceVersion}&timeoutSeconds=3`;
    const { stdout } = await controlPlane.kubectl(["get", "--raw", `/api/v1/namespaces/checkout/pods?${query}`]);
    const events = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as PodEvent]));
    expect(events.some(({ type }) => type === "DELETED")).toBe(true);
    const pods = new Map(since.items.map((pod) => [pod.metadata.uid, pod]));
    return events.map(({ type, object }) => {
      if (type === "DELETED") pods.delete(object.metadata.uid);
      else pods.set(object.metadata.uid, object);
      return [...pods.values()].filter(countsAsHealthy).length;
    });
  }

  async function readyByZone(): Promise<readonly number[]> {
    const claims = await nodeClaims(controlPlane);
    const zoneOf = new Map(claims.map(({ metadata, status }) => [status?.nodeName, metadata.labels?.[zoneLabel]]));
    const zones = (await podsOf(controlPlane, "checkout")).items.filter(countsAsHealthy).map(({ spec }) => zoneOf.get(spec.nodeName));
    return ["a", "b", "c"].map((letter) => zones.filter((zone) => zone === `ap-southeast-1${letter}`).length);
  }

  async function disruptionBudgets(): Promise<readonly PodDisruptionBudget[]> {
    const path = "/apis/policy/v1/namespaces/checkout/poddisruptionbudgets";
    const { body } = await controlPlane.request({ method: "GET", path });
    return (body as { readonly items: readonly PodDisruptionBudget[] }).items;
  }
});

interface PodEvent {
  readonly type: string;
  readonly object: Pod;
}

/** As the controller of disruption budgets counts. */
function countsAsHealthy(pod: Pod): boolean {
  return isReady(pod) && !isTerminating(pod);
}
