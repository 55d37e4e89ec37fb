/**
 * What happens while nobody can judge: closed tiers refuse, the rest goes on.
 *
 * A class is closed through the namespaces that are granted it, by label or by name; the API server alone decides, so every
 * process of ours is dead here.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { closedPolicies } from "../support/closed-policies.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

const restricted = { "data-classification": "restricted" };
const namespaces: readonly { readonly name: string; readonly labels?: Readonly<Record<string, string>> }[] = [
  { name: "shop" },
  { name: "vault", labels: restricted },
  { name: "payments-core" },
  { name: "payments-vault", labels: restricted },
];

await describeOnControlPlane("fail-closed tiers on the real control plane", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ without: ["kwok", "kube-scheduler"] });
    await installPlimsoll(controlPlane);
    for (const { name, labels } of namespaces) {
      expect(await create({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } })).toMatchObject({ code: 0 });
    }
    serve = await startServe({ controlPlane, provider: "none", policies: await closedPolicies() });
  });

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  it("is asked once in each phase, whatever the namespace", async () => {
    // New configurations are in force at the API server a moment after they are written.
    await expect.poll(async () => (await create(pod("shop")), (await reviews()).mutate)).toBeGreaterThan(0);
    for (const { name } of namespaces) {
      const before = await reviews();
      expect(await create(pod(name))).toMatchObject({ code: 0 });
      const after = await reviews();
      expect([name, after.mutate - before.mutate, after.validate - before.validate]).toEqual([name, 1, 1]);
    }
  });

  it("is asked once about each Pod that a controller makes of a workload, to bring it under its contract", async () => {
    for (const name of ["shop", "vault", "payments-core"]) {
      const before = await reviews();
      expect(await create(deployment(name, podsOfBurst))).toMatchObject({ code: 0 });
      await expect.poll(async () => (await reviews()).mutate - before.mutate).toBe(podsOfBurst);
      // The Deployment, its ReplicaSet, and what their controllers write on them.
      expect((await reviews()).validate - before.validate).toBeLessThan(podsOfBurst);
    }
  });

  it("is asked neither about kube-system nor about our own namespace", async () => {
    const before = await reviews();
    for (const namespace of ["kube-system", "plimsoll-system"]) expect(await create(pod(namespace))).toMatchObject({ code: 0 });
    expect(await reviews()).toEqual(before);
  });

  it("dies", async () => {
    await serve.stop("SIGKILL");
  });

  const rows: readonly [string, object, "enters" | "is refused"][] = [
    ["a Deployment in an ordinary namespace", deployment("shop"), "enters"],
    ["a Deployment in a namespace granted by label", deployment("vault"), "is refused"],
    ["a Deployment in a namespace granted by name", deployment("payments-core"), "is refused"],
    ["a Deployment in a namespace granted both ways", deployment("payments-vault"), "is refused"],
    ["a Deployment in kube-system", deployment("kube-system"), "enters"],
    ["a Pod in a namespace granted by label", pod("vault"), "is refused"],
    ["a WorkloadProfile in an ordinary namespace", profile("shop"), "is refused"],
    ["a WorkloadProfile in a namespace granted by name", profile("payments-core"), "is refused"],
  ];
  it.each(rows)("then %s", async (_what, object, outcome) => {
    const answer = await create(object);
    if (outcome === "enters") expect(answer).toMatchObject({ code: 0, stderr: "" });
    else expect([answer.code, answer.stderr]).toEqual([1, expect.stringMatching(failedCall)]);
  });

  it("and our own Deployment comes back by itself, with its Lease, its Secret and each node's heartbeat", async () => {
    const own = ["-n", "plimsoll-system"];
    expect(await controlPlane.kubectl(["scale", "deployment/plimsoll", ...own, "--replicas=2"])).toMatchObject({ code: 0 });
    const pods = () => controlPlane.kubectl(["get", "pods", ...own, "-l", "app.kubernetes.io/name=plimsoll", "-o", "name"]);
    await expect.poll(async () => (await pods()).stdout.trim().split("\n").filter(Boolean).length).toBe(2);
    for (const namespace of ["plimsoll-system", "kube-node-lease", "kube-system"]) {
      const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "beat", namespace }, spec: {} };
      expect(await create(lease)).toMatchObject({ code: 0 });
    }
    expect(await create({ apiVersion: "v1", kind: "Node", metadata: { name: "new" } })).toMatchObject({ code: 0 });
  });

  it("was forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  });

  function create(object: object) {
    return controlPlane.kubectl(["create", "-f", "-"], { stdin: stringify(object) });
  }

  /** Reviews that were answered so far, of each phase. */
  async function reviews(): Promise<Readonly<Record<"mutate" | "validate", number>>> {
    const lines = (await serve.metrics()).split("\n").filter((line) => line.startsWith("plimsoll_admission_requests_total{"));
    const count = (phase: string) =>
      lines.filter((line) => line.includes(`phase="${phase}"`)).reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    return { mutate: count("mutate"), validate: count("validate") };
  }
});

const failedCall = /failed calling webhook "(workloads|pods)\.platform\.example\.com"/;

const containers = [
  {
    name: "web",
    image: "registry.example.com/web:1",
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  },
];
// Our own namespace enforces the restricted standard.
const podSpec = { containers, securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } } };

/** Somebody's operator made it: a bare Pod is refused for being one. */
/** A Pod that a person makes and no rule refuses: the test of a chart. */
function pod(namespace: string): object {
  const metadata = { generateName: "web-", namespace, annotations: { "helm.sh/hook": "test" } };
  return { apiVersion: "v1", kind: "Pod", metadata, spec: { ...podSpec, restartPolicy: "Never" } };
}

const podsOfBurst = 12;

function deployment(namespace: string, replicas = 2): object {
  const labels = { app: "web" };
  const spec = { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec } };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { generateName: "web-", namespace }, spec };
}

function profile(namespace: string): object {
  const spec = { runtimeClass: "general" };
  return { apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", metadata: { generateName: "web-", namespace }, spec };
}
