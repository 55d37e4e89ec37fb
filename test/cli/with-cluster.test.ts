/**
 * `--with-cluster`: files are judged beside what stands in a cluster, over HTTPS, and nothing is written there.
 */
import { describe, expect, it } from "vitest";
import { laidOver } from "../../src/cli/with-cluster.ts";
import { budget, deployment, namespaceObject, pod } from "../support/objects.ts";
import { budgetText, deploymentText } from "./manifest-texts.ts";
import { runPlimsoll } from "./program-run.ts";
import { servedCluster } from "./served-cluster.ts";

const kubeconfig = servedCluster("with-cluster", [
  ["/api/v1/namespaces", namespaceObject("shop", { "platform.example.com/cost-owner": "checkout" })],
  ["/apis/apps/v1/namespaces/shop/deployments", deployment({ name: "web", replicas: 1 })],
]);

const verdicts = (stdout: string) => stdout.split("\n").filter((line) => /^(?:allowed|DENIED)/.test(line));

describe("check --with-cluster", () => {
  it("judges a budget by the Deployment that stands there, and by nothing where it does not look", async () => {
    const file = budgetText();
    const alone = await runPlimsoll(["check", "-"], file);
    const beside = await runPlimsoll(["check", "--with-cluster", "--kubeconfig", kubeconfig, "-"], file);
    expect([verdicts(alone.stdout), verdicts(beside.stdout)]).toEqual([
      ["allowed  PodDisruptionBudget shop/web"],
      ["DENIED   PodDisruptionBudget shop/web"],
    ]);
    expect([beside.code, beside.stdout.includes("[DRAIN-002]")]).toEqual([1, true]);
  });
  it("judges an object that stands there as a change of it: the file's is laid over the cluster's", async () => {
    const files = `${deploymentText({ spec: "replicas: 3" })}---\n${budgetText()}`;
    const { code, stdout } = await runPlimsoll(["check", "--with-cluster", "--kubeconfig", kubeconfig, "-"], files);
    expect([code, verdicts(stdout)]).toEqual([0, ["allowed  Deployment shop/web", "allowed  PodDisruptionBudget shop/web"]]);
  });
  it("says why nothing can be read, and gives no verdict", async () => {
    for (const [words, reason] of [
      [["--kubeconfig", `${kubeconfig}-gone`], /kubeconfig .*gone/],
      [["--kubeconfig", kubeconfig, "--context", "other"], /^the kubeconfig has no context "other"$/m],
    ] as const) {
      const { code, stderr, stdout } = await runPlimsoll(["check", "--with-cluster", ...words, "-"], budgetText());
      expect([code, verdicts(stdout)]).toEqual([2, []]);
      expect(stderr).toMatch(reason);
    }
  });
});

describe("audit --with-cluster", () => {
  it("counts what runs by its owner, without any file", async () => {
    const { code, stdout } = await runPlimsoll(["audit", "--with-cluster", "--kubeconfig", kubeconfig]);
    expect(stdout.split("\n")[0]).toMatch(/^OWNER +RULE +ACTION +OBJECTS +SUCH AS$/);
    expect(stdout).toMatch(/^checkout +DRAIN-001 +warn +1 +Deployment shop\/web$/m);
    expect(code).toBe(0);
  });
  it("lays files over the cluster, and says with its exit code that something would be refused", async () => {
    const { code, stdout } = await runPlimsoll(["audit", "--with-cluster", "--kubeconfig", kubeconfig, "-"], budgetText());
    expect([code, /^checkout +DRAIN-002 +deny +2 +/m.test(stdout)]).toEqual([1, true]);
  });
});

describe("what is laid over a cluster", () => {
  const status = { replicas: 2 };
  const standing = { ...deployment({ replicas: 2 }), status };
  it("keeps the identity and the status of what it takes the place of", () => {
    const { metadata, spec } = deployment({ replicas: 5 });
    const written = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: metadata.name ?? "", namespace: "shop" }, spec };
    expect(laidOver([standing, pod()], [written])).toEqual([
      pod(),
      { ...written, status, metadata: { ...written.metadata, uid: "uid-shop-web" } },
    ]);
  });
  it("leaves everything else as it is", () => {
    expect(laidOver([standing], [budget()])).toEqual([standing, budget()]);
  });
});
