/**
 * One provisioner at a time: `serve` beside a Karpenter that is alive, dies, and comes back.
 *
 * Karpenter is its Lease here, renewed as its leader election does it. Each NodeClaim ever made is counted by the API
 * server's audit log, so one that is made and taken back would be seen.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { applyExamples, everCreated, labCheckout, labInfrastructure, nodeClaims, podsOf } from "../support/lab.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

const waits = { timeout: 60_000, interval: 100 };
const leaseDurationSeconds = 10;
const renewEveryMs = 2_000;
const refused = "not provisioning: another provisioner may be running";
const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";

await describeOnControlPlane("provisioning beside Karpenter", () => {
  let controlPlane: ControlPlane;
  let karpenter: AbortController;
  let serve: ServeProcess;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ without: ["kwok"] });
    await installPlimsoll(controlPlane);
    await applyExamples(controlPlane, labInfrastructure);
    karpenter = await startKarpenter();
    serve = await startServe({ controlPlane, provider: "kwok" });
  });

  afterAll(async () => {
    karpenter.abort();
    await serve.stop();
    await controlPlane.close();
  });

  it("makes no NodeClaim while Karpenter's Lease is renewed, and says why", async () => {
    await applyExamples(controlPlane, labCheckout);
    await expect.poll(async () => (await podsOf(controlPlane, "checkout")).items.length, waits).toBe(6);
    await expect.poll(() => logged(refused)?.["because"], waits).toBe("Karpenter's Lease is held by karpenter-0_1");
    await sleep(5_000);
    expect(await everCreated(controlPlane, "nodeclaims")).toBe(0);
    expect(logged("provisioning")).toBeUndefined();
  });

  it("starts when the Lease has stood still for its own duration", async () => {
    karpenter.abort();
    await expect.poll(async () => (await nodeClaims(controlPlane)).length, waits).toBe(3);
    expect(logged("provisioning")?.["provider"]).toBe("kwok");
  });

  it("stops when Karpenter comes alive, and answers reviews all the same", async () => {
    karpenter = await startKarpenter();
    await expect.poll(() => logged("Karpenter has come alive; provisioning stops")?.["holder"], waits).toBe("karpenter-0_1");
    const scaled = await controlPlane.kubectl(["scale", "-n", "checkout", "deployment/checkout-api", "--replicas=30"]);
    expect(scaled.code).toBe(0);
    await expect.poll(async () => (await podsOf(controlPlane, "checkout")).items.length, waits).toBe(30);
    await sleep(5_000);
    expect(await everCreated(controlPlane, "nodeclaims")).toBe(3);
    const undrainable = await controlPlane.kubectl(["scale", "-n", "checkout", "deployment/checkout-api", "--replicas=1"]);
    expect(undrainable.stderr).toContain("[DRAIN-001]");
  });

  it("was forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  });

  /** Holds Karpenter's Lease and renews it until aborted, as a crash would end it: nothing is released. */
  async function startKarpenter(): Promise<AbortController> {
    const stop = new AbortController();
    await renew();
    void (async () => {
      while (!stop.signal.aborted) {
        await renew();
        await sleep(renewEveryMs, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    })();
    return stop;
  }

  async function renew(): Promise<void> {
    const name = "karpenter-leader-election";
    const spec = { holderIdentity: "karpenter-0_1", leaseDurationSeconds, renewTime: `${new Date().toISOString().slice(0, -1)}000Z` };
    const answer = await controlPlane.request({
      method: "PATCH",
      path: `${leases}/${name}?fieldManager=karpenter&force=true`,
      contentType: "application/apply-patch+yaml",
      body: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, namespace: "kube-system" }, spec },
    });
    if (answer.status > 201) throw new Error(JSON.stringify(answer.body));
  }

  function logged(message: string): Readonly<Record<string, unknown>> | undefined {
    return serve.log().find((line) => line["msg"] === message);
  }
});
