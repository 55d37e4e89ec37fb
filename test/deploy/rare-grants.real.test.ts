/**
 * Rights that a workload's ordinary life does not use, each used once on the real control plane.
 *
 * The cluster has OpenReports instead of PolicyReports, and the kinds of EKS Auto Mode, Argo Rollouts, KEDA and the VerticalPodAutoscaler.
 * What is asked for is read from the audit log; what a person would see of it is looked at first.
 */
import { copyFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { closedPolicies } from "../support/closed-policies.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { foreignDefinitions } from "../support/foreign-crds.ts";
import { applyExamples, labCheckout, labInfrastructure, nodeClaims, podsOf } from "../support/lab.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";
import { objectsIn, yamlText } from "../support/yaml-objects.ts";
import { grantTroubles, usedGrants } from "./grant-witnesses.ts";

const root = resolve(import.meta.dirname, "../..");
const waits = { timeout: 60_000, interval: 200 };

await describeOnControlPlane("rights that are rarely used, on the real control plane", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;
  let policies: string;

  beforeAll(async () => {
    controlPlane = await startControlPlane();
    await apply(...foreignDefinitions, ...openReports());
    await installPlimsoll(controlPlane);
    await applyExamples(controlPlane, labInfrastructure);
    policies = await closedPolicies();
    serve = await startServe({ controlPlane, provider: "kwok", policies });
  }, 600_000);

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  it("takes the closed configurations away when their class is granted to nobody any more", { timeout: 240_000 }, async () => {
    const closed = "mutatingwebhookconfiguration.admissionregistration.k8s.io/plimsoll-closed-names";
    const configurations = () => read("mutatingwebhookconfigurations,validatingwebhookconfigurations", "-o", "name");
    await expect.poll(configurations, waits).toContain(closed);
    await copyFile(resolve(root, "policies.yaml"), policies);
    await expect.poll(configurations, waits).not.toContain("plimsoll-closed-names");
  });

  it("reports to openreports.io where the cluster has that alone", { timeout: 240_000 }, async () => {
    const disrupting = (consolidateAfter: string) =>
      done("patch", "nodepool/general-flex", "--type=merge", "-p", JSON.stringify({ spec: { disruption: { consolidateAfter } } }));
    await done("create", "pdb", "-n", "checkout", "of-nobody", "--selector=app=nobody", "--max-unavailable=1");
    await disrupting("Never");
    await expect.poll(() => read("reports.openreports.io", "-n", "checkout", "-o", "name"), waits).toContain("/plimsoll");
    await expect.poll(() => read("clusterreports.openreports.io", "-o", "name"), waits).toContain("/plimsoll");
    await done("delete", "pdb", "-n", "checkout", "of-nobody");
    await disrupting("5m");
    await expect.poll(() => read("reports.openreports.io", "-n", "checkout", "-o", "name"), waits).toBe("");
    await expect.poll(() => read("clusterreports.openreports.io", "-o", "name"), waits).toBe("");
  });

  it("tells a CapacityBuffer that its template is missing", { timeout: 150_000 }, async () => {
    const spec = { podTemplateRef: { name: "nope" }, replicas: 1 };
    await apply({
      apiVersion: "autoscaling.x-k8s.io/v1beta1",
      kind: "CapacityBuffer",
      metadata: { name: "ghost", namespace: "checkout" },
      spec,
    });
    const conditions = "jsonpath={.status.conditions[*].message}";
    await expect.poll(() => read("capacitybuffer/ghost", "-n", "checkout", "-o", conditions), waits).toContain('"nope" not found');
    // While there is a buffer, no node counts as empty.
    await done("delete", "capacitybuffer/ghost", "-n", "checkout");
  });

  it("deletes the NodeClaim of a Node that somebody deletes, and buys anew", { timeout: 150_000 }, async () => {
    await applyExamples(controlPlane, labCheckout);
    await expect.poll(runningPods, waits).toBe(6);
    const [claim] = await nodeClaims(controlPlane);
    const name = claim?.metadata.name ?? "";
    // A Pod can run before the claim's status names the node that it runs on.
    const nodeName = () => read(`nodeclaim/${name}`, "-o", "jsonpath={.status.nodeName}");
    await expect.poll(nodeName, waits).not.toBe("");
    await done("delete", `node/${await nodeName()}`, "--wait=false");
    await expect.poll(async () => (await nodeClaims(controlPlane)).map(({ metadata }) => metadata.name), waits).not.toContain(name);
    await expect.poll(runningPods, waits).toBe(6);
  });

  it("tells a NodeClaim that nothing can be had for it", { timeout: 150_000 }, async () => {
    const requirements = [{ key: "node.kubernetes.io/instance-type", operator: "In", values: ["none.large"] }];
    const nodeClassRef = { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default-private" };
    const metadata = { name: "by-hand", labels: { "karpenter.sh/nodepool": "general-flex" } };
    await apply({ apiVersion: "karpenter.sh/v1", kind: "NodeClaim", metadata, spec: { nodeClassRef, requirements } });
    await expect.poll(async () => (await usedGrants(controlPlane)).has("get nodeclaims.karpenter.sh"), waits).toBe(true);
  });

  it("counts an Event that was written before it was started again", { timeout: 150_000 }, async () => {
    // In kube-system nothing is judged, so that what can't run anywhere gets in.
    const spec = { nodeSelector: { "kubernetes.io/arch": "s390x" }, containers: [{ name: "app", image: "registry.example.com/app:1" }] };
    await apply({ apiVersion: "v1", kind: "Pod", metadata: { name: "nowhere", namespace: "kube-system" }, spec });
    const counts = async (): Promise<readonly number[]> => {
      const fields = "involvedObject.name=nowhere,reason=FailedScheduling";
      const { items } = JSON.parse(await read("events", "-n", "kube-system", "--field-selector", fields, "-o", "json")) as EventList;
      return items.flatMap(({ count = 0, message }) => (message.startsWith("Failed to schedule pod, ") ? [count] : []));
    };
    await expect.poll(async () => (await counts()).length, waits).toBeGreaterThan(0);
    await serve.stop();
    serve = await startServe({ controlPlane, provider: "kwok", policies });
    await expect.poll(async () => Math.max(0, ...(await counts())), waits).toBeGreaterThan(1);
  });

  it("was forbidden nothing, and has used what only this suite uses", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
    expect(await grantTroubles(controlPlane, "test/deploy/rare-grants.real.test.ts")).toEqual([]);
  });

  async function apply(...objects: readonly object[]): Promise<void> {
    const stdin = objects.map((object) => JSON.stringify(object)).join("\n---\n");
    const applied = await controlPlane.kubectl(["apply", "--server-side", "-f", "-"], { stdin });
    expect(applied.code, applied.stderr).toBe(0);
  }

  async function done(...args: readonly string[]): Promise<void> {
    const { code, stderr } = await controlPlane.kubectl(args);
    expect(code, stderr).toBe(0);
  }

  async function read(...args: readonly string[]): Promise<string> {
    return (await controlPlane.kubectl(["get", ...args])).stdout;
  }

  async function runningPods(): Promise<number> {
    return (await podsOf(controlPlane, "checkout")).items.filter(({ metadata, status }) => {
      return metadata.deletionTimestamp === undefined && status?.phase === "Running";
    }).length;
  }
});

interface EventList {
  readonly items: readonly { readonly count?: number; readonly message: string }[];
}

/** OpenReports' definitions: those of PolicyReports under their new names. */
function openReports(): readonly object[] {
  return ["PolicyReport", "ClusterPolicyReport"].flatMap((kind) => {
    const short = kind.replace("Policy", "");
    const text = yamlText(`deploy/policy-reports/${kind.toLowerCase()}s.yaml`)
      .replaceAll(kind, short)
      .replaceAll(kind.toLowerCase(), short.toLowerCase())
      .replaceAll("wgpolicyk8s.io", "openreports.io")
      .replaceAll("v1alpha2", "v1alpha1");
    return objectsIn(text);
  });
}
