/**
 * Taken away: a cluster after `plimsoll uninstall` is the cluster before the installation, object by object, of every kind that
 * the API server serves.
 *
 * Every process of ours is dead when it begins, so the closed configurations refuse: it must free the cluster by itself.
 */
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { forbiddenRequests, installPlimsoll, startServe } from "../support/plimsoll-serve.ts";

const root = resolve(import.meta.dirname, "../..");
const waits = { timeout: 60_000, interval: 500 };

await describeOnControlPlane("plimsoll uninstall on the real control plane", () => {
  let controlPlane: ControlPlane;
  let before: readonly string[];

  beforeAll(async () => {
    controlPlane = await startControlPlane({ without: ["kwok", "kube-scheduler"] });
    await done(["apply", "--server-side", "-k", resolve(root, "deploy/karpenter-crds")]);
    await done(["create", "namespace", "shop"]);
    await done(["create", "deployment", "web", "-n", "shop", "--image=registry.example.com/web:1", "--replicas=2"]);
    await done(["wait", "--for=create", "pods", "-n", "shop", "-l", "app=web", "--timeout=30s"]);
    before = await quiet();
    await installPlimsoll(controlPlane);
  });

  afterAll(async () => {
    await controlPlane.close();
  });

  it("finds an installation whose processes are dead and whose closed configurations refuse", async () => {
    const serve = await startServe({ controlPlane, provider: "none" });
    await expect.poll(() => apply(profile), waits).toBe(0);
    await expect.poll(() => everything(), waits).toContainEqual("PodDisruptionBudget/shop/web");
    await serve.stop("SIGKILL");
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
    expect(await apply({ ...profile, metadata: { ...profile.metadata, name: "other" } })).toBe(1);
  });

  it("says what it would delete, and deletes nothing, until somebody says --yes", async () => {
    const installed = await quiet();
    const shown = await plimsoll(["uninstall"]);
    expect([shown.code, shown.stdout]).toEqual([1, expect.stringContaining("Nothing was deleted; add --yes to do it.\n")]);
    expect((await plimsoll(["uninstall", "--dry-run"])).code).toBe(0);
    expect(shown.stdout).toContain("would delete validatingwebhookconfiguration/plimsoll-profiles\n");
    expect(await everything()).toEqual(installed);
  });

  it("frees the cluster first, and keeps profiles with their budgets", async () => {
    const { code, stdout, stderr } = await plimsoll(["uninstall", "--yes"]);
    expect([code, stderr]).toEqual([0, ""]);
    const deleted = stdout.split("\n").filter((line) => line.startsWith("deleted "));
    const lastConfiguration = deleted.findLastIndex((line) => line.includes("webhookconfiguration/"));
    expect(lastConfiguration).toBeLessThan(deleted.findIndex((line) => line.startsWith("deleted deployment.apps/plimsoll")));
    expect(stdout).toContain("Left: the CRD workloadprofiles.platform.example.com, its profiles and what was compiled from them");
    expect(await apply({ ...profile, metadata: { ...profile.metadata, name: "other" } })).toBe(0);
    const kept = (await quiet()).filter((name) => !before.includes(name));
    expect(kept).toEqual([
      "APIService//v1.platform.example.com",
      "CustomResourceDefinition//workloadprofiles.platform.example.com",
      "PodDisruptionBudget/shop/web",
      "WorkloadProfile/shop/other",
      "WorkloadProfile/shop/web",
    ]);
    expect(before.filter((name) => !kept.includes(name)).length).toBe(before.length);
  });

  it("leaves nothing at all with --crds, and nothing is left to do the next time", async () => {
    const { code, stderr } = await plimsoll(["uninstall", "--yes", "--crds"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(await quiet()).toEqual(before);
    expect((await plimsoll(["uninstall", "--crds"])).stdout).toBe("Nothing is installed.\n");
    expect((await plimsoll(["uninstall", "--crds", "--yes"])).code).toBe(0);
  });

  async function done(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await controlPlane.kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  async function apply(object: object): Promise<number | null> {
    return (await controlPlane.kubectl(["apply", "-f", "-"], { stdin: stringify(object) })).code;
  }

  /** Every object of every kind, as kind/namespace/name; Events pass by themselves, and EventLists are of two groups. */
  async function everything(): Promise<readonly string[]> {
    const kinds = (await done(["api-resources", "--verbs=list", "-o", "name"]))
      .split("\n")
      .filter((name) => name !== "" && !/^events(\.|$)/.test(name));
    const columns = '{range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
    const listed = await done(["get", kinds.join(","), "-A", "--ignore-not-found", "-o", `jsonpath=${columns}`]);
    return listed
      .split("\n")
      .filter((line) => line !== "")
      .sort();
  }

  /** The same once controllers have stopped making and collecting things. */
  async function quiet(): Promise<readonly string[]> {
    let last = await everything();
    for (let equal = 0; equal < 3;) {
      await new Promise((wait) => setTimeout(wait, 700));
      const now = await everything();
      equal = now.join() === last.join() ? equal + 1 : 0;
      last = now;
    }
    return last;
  }

  function plimsoll(args: readonly string[]): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
    return new Promise((ended) => {
      const child = spawn(process.execPath, [resolve(root, "dist/main.js"), ...args, "--kubeconfig", controlPlane.kubeconfig]);
      const out = { stdout: "", stderr: "" };
      child.stdout.setEncoding("utf8").on("data", (text: string) => (out.stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (out.stderr += text));
      child.once("close", (code) => {
        ended({ code, ...out });
      });
    });
  }
});

const profile = {
  apiVersion: "platform.example.com/v1",
  kind: "WorkloadProfile",
  metadata: { name: "web", namespace: "shop" },
  spec: { runtimeClass: "general", availability: { minReplicas: 2 } },
};
