/**
 * deploy/ on the real control plane: it applies, it applies again, and it grants what is used and no more.
 *
 * The audit log is the witness: a whole life of a workload and its nodes uses every right of our roles that no other suite uses
 * (test/deploy/grant-witnesses.ts).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { grantTroubles } from "../deploy/grant-witnesses.ts";
import { podMakerRows, thiefGround, thiefRows, type ThiefRow } from "../deploy/thief.ts";
import { ownAccountPolicies } from "../../scripts/own-account-policies.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { applyExamples, labCheckout, labInfrastructure, nodeClaims, podsOf } from "../support/lab.ts";
import { getLocal } from "../support/loopback.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

const root = resolve(import.meta.dirname, "../..");
const waits = { timeout: 60_000, interval: 100 };
const folders = ["deploy/karpenter-crds", "deploy/base"];

/** What `kubectl apply -k` of both folders installs. */
const installed = [
  "clusterrole.rbac.authorization.k8s.io/plimsoll",
  "clusterrole.rbac.authorization.k8s.io/plimsoll-edit",
  "clusterrole.rbac.authorization.k8s.io/plimsoll-metrics-reader",
  "clusterrole.rbac.authorization.k8s.io/plimsoll-view",
  "clusterrolebinding.rbac.authorization.k8s.io/plimsoll",
  "configmap/plimsoll-policies",
  "customresourcedefinition.apiextensions.k8s.io/capacitybuffers.autoscaling.x-k8s.io",
  "customresourcedefinition.apiextensions.k8s.io/ec2nodeclasses.karpenter.k8s.aws",
  "customresourcedefinition.apiextensions.k8s.io/nodeclaims.karpenter.sh",
  "customresourcedefinition.apiextensions.k8s.io/nodeoverlays.karpenter.sh",
  "customresourcedefinition.apiextensions.k8s.io/nodepools.karpenter.sh",
  "customresourcedefinition.apiextensions.k8s.io/workloadprofiles.platform.example.com",
  "deployment.apps/plimsoll",
  "namespace/plimsoll-system",
  "poddisruptionbudget.policy/plimsoll",
  "role.rbac.authorization.k8s.io/plimsoll",
  "rolebinding.rbac.authorization.k8s.io/plimsoll",
  "service/plimsoll",
  "serviceaccount/plimsoll",
  ...ownAccountPolicies.flatMap(({ name }) => [
    `validatingadmissionpolicy.admissionregistration.k8s.io/${name}`,
    `validatingadmissionpolicybinding.admissionregistration.k8s.io/${name}`,
  ]),
].sort();

/** kubectl 1.36 sends a budget's selector anew with every apply (its patch strategy is replace), and says so. */
const alwaysConfigured = "poddisruptionbudget.policy/plimsoll";

await describeOnControlPlane("deploy/ on the real control plane", () => {
  let controlPlane: ControlPlane;

  beforeAll(async () => {
    controlPlane = await startControlPlane();
  });

  afterAll(async () => {
    await controlPlane.close();
  });

  it("installs by kubectl apply -k, and changes nothing the second time", async () => {
    expect(await applied()).toEqual(installed.map((name) => `${name} created`));
    const before = await generations();
    expect(await applied()).toEqual(installed.map((name) => `${name} ${name === alwaysConfigured ? "configured" : "unchanged"}`));
    expect(await generations()).toEqual(before);
  });

  it("installs by server-side apply too, over the other way as over itself", async () => {
    expect(await applied("--server-side")).toEqual(installed.map((name) => `${name} serverside-applied`));
    const before = await generations();
    expect(await applied("--server-side")).toEqual(installed.map((name) => `${name} serverside-applied`));
    expect(await generations()).toEqual(before);
  });

  it("gets both Pods past the namespace's restricted Pod security", async () => {
    await expect.poll(async () => (await podsOf(controlPlane, "plimsoll-system")).items.length, waits).toBe(2);
  });

  it("passes its own rules", async () => {
    const { stdout } = await controlPlane.kubectl(["kustomize", resolve(root, "deploy/base")]);
    // In our own namespace nothing is judged; elsewhere the same objects are.
    const elsewhere = stdout.replaceAll("plimsoll-system", "platform-plimsoll");
    const check = spawn(process.execPath, ["dist/main.js", "check", "-o", "json", "-"], { cwd: root, stdio: ["pipe", "pipe", "ignore"] });
    let text = "";
    check.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    check.stdin.end(elsewhere);
    const [code] = (await once(check, "close")) as [number];
    const { results } = JSON.parse(text) as {
      readonly results: readonly { readonly kind: string; readonly findings: readonly object[] }[];
    };
    expect(results.map(({ kind }) => kind)).toContain("Deployment");
    expect(results.flatMap(({ findings }) => findings).filter((finding) => "action" in finding && finding.action === "deny")).toEqual([]);
    expect(code).toBe(0);
  });

  it("grants what a workload's whole life uses, and no more", { timeout: 300_000 }, async () => {
    await installPlimsoll(controlPlane);
    expect(await controlPlane.kubectl(["apply", "-k", resolve(root, "deploy/policy-reports")])).toMatchObject({ code: 0 });
    await controlPlane.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
    await applyExamples(controlPlane, labInfrastructure);
    const serve = await startServe({ controlPlane, provider: "kwok" });
    try {
      await wholeLife();
      await scraped(serve);
    } finally {
      await serve.stop();
    }
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
    expect(await grantTroubles(controlPlane, "test/scenarios/deploy.real.test.ts")).toEqual([]);
  });

  it("lets a thief of its token do what it does itself, and no more", { timeout: 120_000 }, async () => {
    expect(await controlPlane.kubectl(["apply", "--server-side", "--force-conflicts", "-k", resolve(root, "deploy/base")])).toMatchObject({
      code: 0,
    });
    await applyObjects(...thiefGround);
    const token = await ownToken();
    // A policy takes effect once the API server's own watch has it.
    await expect.poll(() => outcomeOf(serviceRow, token), waits).toBe("allowed");
    const rows = [...thiefRows, ...podMakerRows];
    expect(await controlPlane.kubectl(["apply", "-f", resolve(root, "deploy/components/pod-dry-run/cluster-role.yaml")])).toMatchObject({
      code: 0,
    });
    const outcomes = [];
    for (const row of rows) outcomes.push([row.what, await outcomeOf(row, token)]);
    expect(outcomes).toEqual(rows.map(({ what, refusedBy }) => [what, refusedBy ?? "allowed"]));
  });

  it("gives WorkloadProfiles to whoever has edit, and to read to whoever has view", { timeout: 60_000 }, async () => {
    await controlPlane.kubectl(["create", "namespace", "shop"]);
    for (const role of ["edit", "view"]) {
      await controlPlane.kubectl(["create", "serviceaccount", role, "-n", "shop"]);
      await controlPlane.kubectl(["create", "rolebinding", role, "-n", "shop", `--clusterrole=${role}`, `--serviceaccount=shop:${role}`]);
    }
    const may = async (role: string, verb: string, ...what: readonly string[]) => {
      const asked = ["auth", "can-i", verb, ...what, "-n", "shop", `--as=system:serviceaccount:shop:${role}`];
      return (await controlPlane.kubectl(asked)).stdout.trim();
    };
    const profiles = "workloadprofiles.platform.example.com";
    await expect.poll(() => may("edit", "create", profiles), waits).toBe("yes");
    await expect.poll(() => may("view", "list", profiles), waits).toBe("yes");
    const verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
    const answers = async (role: string, ...what: readonly string[]) => Promise.all(verbs.map((verb) => may(role, verb, ...what)));
    expect(await answers("edit", profiles)).toEqual(verbs.map(() => "yes"));
    expect(await answers("view", profiles)).toEqual(["yes", "yes", "yes", "no", "no", "no", "no", "no"]);
    for (const part of ["status", "finalizers"])
      expect(await answers("edit", profiles, `--subresource=${part}`)).toEqual(verbs.map(() => "no"));
  });

  /** Refused by what the tests install for processes outside of the cluster. */
  const serviceRow = thiefRows.find(({ what }) => what === "our own webhook at our own Service") as ThiefRow;

  /** Returns "allowed", or the policy over our own account that refused; another answer is told as it is. */
  async function outcomeOf({ request }: ThiefRow, token: string): Promise<string> {
    const { status, body } = await controlPlane.request({ ...request, token });
    const { message = "" } = body as { readonly message?: string };
    if (status < 300) return "allowed";
    return /ValidatingAdmissionPolicy '([^']*)'/.exec(message)?.[1] ?? `${status} ${message}`;
  }

  async function ownToken(): Promise<string> {
    const path = await controlPlane.kubeconfigFor({ namespace: "plimsoll-system", name: "plimsoll" });
    const { users } = JSON.parse(await readFile(path, "utf8")) as {
      readonly users: readonly [{ readonly user: { readonly token: string } }];
    };
    return users[0].user.token;
  }

  async function applyObjects(...objects: readonly object[]): Promise<void> {
    const stdin = objects.map((object) => JSON.stringify(object)).join("\n---\n");
    expect(await controlPlane.kubectl(["apply", "--server-side", "-f", "-"], { stdin })).toMatchObject({ code: 0 });
  }

  /**
   * Applied, reported on, running, its contract changed, scaled by an autoscaler for a while, rolled, drained and bought anew by
   * the deletion of a NodeClaim, gone with its budget.
   */
  async function wholeLife(): Promise<void> {
    await applyExamples(controlPlane, labCheckout);
    await expect.poll(runningPods, waits).toBe(6);
    await auditedLife();
    await change({ disruption: { minAvailable: "70%" } });
    await expect.poll(() => read("poddisruptionbudgets", "jsonpath={.items[*].spec.minAvailable}"), waits).toBe("70%");
    await autoscaledLife();
    await overlaidLife();
    const [claim] = await nodeClaims(controlPlane);
    expect(await controlPlane.kubectl(["delete", "nodeclaim", claim?.metadata.name ?? ""])).toMatchObject({ code: 0 });
    await expect.poll(runningPods, waits).toBe(6);
    const rolled = "jsonpath={.items[*].spec.template.metadata.annotations.platform\\.example\\.com/rolled-contract}";
    await change({ rollout: "onChange", compute: { memoryRequest: "1900Mi" } });
    await expect.poll(() => read("deployments", rolled), waits).toMatch(/^[0-9a-f]+$/);
    expect(await controlPlane.kubectl(["delete", "-n", "checkout", "deployment/checkout-api"])).toMatchObject({ code: 0 });
    await expect.poll(() => read("poddisruptionbudgets", "name"), waits).toBe("");
  }

  /** A namespace's report, and that of the objects without one, come and go with what they tell. */
  async function auditedLife(): Promise<void> {
    const create = ["create", "poddisruptionbudget", "-n", "checkout", "of-nobody", "--selector=app=nobody", "--max-unavailable=1"];
    const disrupting = (disruption: object) =>
      controlPlane.kubectl(["patch", "nodepool/general-flex", "--type=merge", "--patch", JSON.stringify({ spec: { disruption } })]);
    expect(await controlPlane.kubectl(create)).toMatchObject({ code: 0 });
    expect(await disrupting({ consolidateAfter: "Never" })).toMatchObject({ code: 0 });
    await expect.poll(() => read("policyreports", "name"), waits).toBe("policyreport.wgpolicyk8s.io/plimsoll\n");
    await expect.poll(() => read("clusterpolicyreports", "name"), waits).toBe("clusterpolicyreport.wgpolicyk8s.io/plimsoll\n");
    expect(await controlPlane.kubectl(["delete", "-n", "checkout", "poddisruptionbudget/of-nobody"])).toMatchObject({ code: 0 });
    expect(await disrupting({ consolidateAfter: "5m" })).toMatchObject({ code: 0 });
    await expect.poll(() => read("policyreports", "name"), waits).toBe("");
    await expect.poll(() => read("clusterpolicyreports", "name"), waits).toBe("");
  }

  async function autoscaledLife(): Promise<void> {
    const bounds = "jsonpath={.items[*].spec.maxReplicas}";
    await change({ scaling: { manage: "hpa" } });
    await expect.poll(() => read("horizontalpodautoscalers", bounds), waits).not.toBe("");
    await change({ scaling: { maxReplicas: 8, maxBurstPods: 2 } });
    await expect.poll(() => read("horizontalpodautoscalers", bounds), waits).toBe("8");
    await change({ scaling: { manage: "none" } });
    await expect.poll(() => read("horizontalpodautoscalers", "name"), waits).toBe("");
  }

  /** Metrics are for whom the API server lets get /metrics; our own account is not among them. */
  async function scraped(serve: ServeProcess): Promise<void> {
    expect(await serve.metrics()).toMatch(/^plimsoll_leader 1$/m);
    expect(await getLocal(serve.port, "/metrics")).toMatchObject({ status: 401 });
    expect(await getLocal(serve.port, "/metrics", await ownToken())).toEqual({
      status: 403,
      text: expect.stringMatching(/^system:serviceaccount:plimsoll-system:plimsoll may not get \/metrics: bind the ClusterRole/) as string,
    });
  }

  /** An overlay is told that it has an effect, and goes before anything is bought at its price. */
  async function overlaidLife(): Promise<void> {
    const requirements = [{ key: "node.kubernetes.io/instance-type", operator: "In", values: ["m7i.large"] }];
    const spec = { requirements, priceAdjustment: "+1%" };
    const body = { apiVersion: "karpenter.sh/v1alpha1", kind: "NodeOverlay", metadata: { name: "dearer" }, spec };
    const path = "/apis/karpenter.sh/v1alpha1/nodeoverlays";
    expect(await controlPlane.request({ method: "POST", path, body })).toMatchObject({ status: 201 });
    const ready = 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}';
    await expect.poll(() => read("nodeoverlays", ready), waits).toBe("True");
    expect(await controlPlane.kubectl(["delete", "nodeoverlay/dearer"])).toMatchObject({ code: 0 });
  }

  async function change(spec: object): Promise<void> {
    const patch = ["patch", "workloadprofile", "-n", "checkout", "checkout-api", "--type=merge", "--patch", JSON.stringify({ spec })];
    expect(await controlPlane.kubectl(patch)).toMatchObject({ code: 0 });
  }

  async function read(resource: string, output: string): Promise<string> {
    return (await controlPlane.kubectl(["get", resource, "-n", "checkout", "-o", output])).stdout;
  }

  async function runningPods(): Promise<number> {
    return (await podsOf(controlPlane, "checkout")).items.filter(({ status }) => status?.phase === "Running").length;
  }

  async function applied(...flags: readonly string[]): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const folder of folders) {
      const { code, stdout, stderr } = await controlPlane.kubectl(["apply", ...flags, "-k", resolve(root, folder)]);
      expect([code, stderr]).toEqual([0, ""]);
      lines.push(...stdout.split("\n").filter((line) => line !== ""));
    }
    return lines.sort();
  }

  async function generations(): Promise<string> {
    const columns = "custom-columns=:.kind,:.metadata.name,:.metadata.generation,:.metadata.managedFields[*].manager";
    const asked = await Promise.all(
      folders.map((folder) => controlPlane.kubectl(["get", "-k", resolve(root, folder), "--show-managed-fields", "-o", columns])),
    );
    return asked.map(({ stdout }) => stdout).join("");
  }
});
