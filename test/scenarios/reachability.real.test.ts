/**
 * How the API server and we find each other: through a Service, and again after the API server was killed.
 *
 * Without kube-proxy a Service leads to its EndpointSlices by the API server's own routing, which takes no loopback address:
 * that part needs another address of the host.
 */
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

const waits = { timeout: 60_000, interval: 100 };
const namespace = "default";
const address = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

await describeOnControlPlane("the API server and serve", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;
  let forbiddenByStart: readonly string[] = [];

  beforeAll(async () => {
    controlPlane = await startControlPlane({ without: ["kwok", "kube-scheduler"] });
    await installPlimsoll(controlPlane);
    serve = await startServe({ controlPlane, provider: "none" });
  });

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  it("find each other again when the API server was killed and started: caches catch up, verdicts go on", async () => {
    await expect.poll(() => refusal("before"), waits).toContain("[DRAIN-002]");
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
    await controlPlane.stop("kube-apiserver", "SIGKILL");
    await controlPlane.start("kube-apiserver");
    // The verdict needs the budget that was made after the restart: it came by a new watch.
    await expect.poll(() => refusal("after"), waits).toContain("[DRAIN-002]");
    expect(serve.stderr()).toBe("");
    // A starting API server forbids what it has not read the roles of yet.
    forbiddenByStart = await forbiddenRequests(controlPlane);
    await expect.poll(async () => /^plimsoll_leader 1$/m.test(await serve.metrics()), waits).toBe(true);
  });

  it.skipIf(address === undefined)("reach each other by the Service of deploy/, under its certificate", async () => {
    await serve.stop();
    serve = await startServe({
      controlPlane,
      provider: "none",
      args: ["--host", "0.0.0.0", "--webhook-service", "plimsoll-system/plimsoll"],
    });
    expect(serve.log()).toContainEqual(
      expect.objectContaining({ step: "renew", because: "the certificate does not name plimsoll.plimsoll-system.svc" }),
    );
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "plimsoll-host", namespace: "plimsoll-system", labels: { "kubernetes.io/service-name": "plimsoll" } },
      addressType: "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
      ports: [{ name: "webhook", port: serve.port, protocol: "TCP" }],
    };
    expect(await controlPlane.kubectl(["apply", "-f", "-"], { stdin: stringify(slice) })).toMatchObject({ code: 0 });
    const registered = await controlPlane.kubectl(["get", "validatingwebhookconfigurations", "plimsoll-profiles", "-o", "yaml"]);
    expect(registered.stdout).toMatch(
      /service:\n\s+name: plimsoll\n\s+namespace: plimsoll-system\n\s+path: \/validate\/closed\/[0-9a-f]{64}\n\s+port: 443\n/,
    );
    await expect.poll(() => refusal("by-service"), waits).toContain("[DRAIN-002]");
  });

  it("were forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual(forbiddenByStart);
  });

  /** Makes a budget and asks (dry) for the one replica that it could never let go; what kubectl says of that. */
  async function refusal(app: string): Promise<string> {
    const labels = { app };
    const budget = { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: app, namespace } };
    const spec = { minAvailable: 1, selector: { matchLabels: labels } };
    await controlPlane.kubectl(["apply", "-f", "-"], { stdin: stringify({ ...budget, spec }) });
    const resources = { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } };
    const containers = [{ name: "web", image: "registry.example.com/web:1", resources }];
    const template = { metadata: { labels }, spec: { containers } };
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: app, namespace } };
    const stdin = stringify({ ...deployment, spec: { replicas: 1, selector: { matchLabels: labels }, template } });
    return (await controlPlane.kubectl(["apply", "--dry-run=server", "-f", "-"], { stdin })).stderr;
  }
});
