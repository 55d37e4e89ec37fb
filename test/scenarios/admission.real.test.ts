/**
 * Admission as an application team meets it: real kubectl, the real API server, our process under deploy/'s ServiceAccount.
 * The texts are golden files: what a person reads changes only in a reviewed diff.
 */
import { copyFile, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

const examples = resolve(import.meta.dirname, "../../examples");

await describeOnControlPlane("admission on the real control plane", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;
  let policies: string;
  let namespaces = 0;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ without: ["kwok"] });
    await installPlimsoll(controlPlane);
    policies = join(await mkdtemp(join(tmpdir(), "plimsoll-policies-")), "policies.yaml");
    await copyFile(resolve(import.meta.dirname, "../../policies.yaml"), policies);
    serve = await startServe({ controlPlane, provider: "none", policies });
  });

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  it("accepts the seed's billing-api profile verbatim, with exactly one warning", async () => {
    await apply(await readFile(join(examples, "billing-api/namespace.yaml"), "utf8"));
    const applied = await controlPlane.kubectl(["apply", "-n", "billing", "-f", join(examples, "billing-api/profile.yaml")]);
    expect(applied.code).toBe(0);
    await golden("billing-api", applied);
    const again = await controlPlane.kubectl(["apply", "-n", "billing", "-f", join(examples, "billing-api/profile.yaml")]);
    expect(again.stdout).toBe("workloadprofile.platform.example.com/billing-api unchanged\n");
  });

  it("refuses whichever of 1 replica and a PodDisruptionBudget of minAvailable 1 comes second", async () => {
    const first = await newNamespace();
    expect((await apply(deployment({ namespace: first, replicas: 1 }))).code).toBe(0);
    await golden("undrainable-budget-second", await apply(budget({ namespace: first, minAvailable: 1 })));
    const second = await newNamespace();
    expect((await apply(budget({ namespace: second, minAvailable: 1 }))).code).toBe(0);
    await golden("undrainable-deployment-second", await apply(deployment({ namespace: second, replicas: 1 })));
  });

  it("lets 2 replicas and that budget in, and refuses to scale them to 1", async () => {
    const namespace = await newNamespace();
    expect((await apply(deployment({ namespace, replicas: 2 }))).code).toBe(0);
    expect((await apply(budget({ namespace, minAvailable: 1 }))).code).toBe(0);
    await golden("scale-to-one", await controlPlane.kubectl(["scale", "-n", namespace, "deployment/web", "--replicas=1"]));
    expect((await controlPlane.kubectl(["scale", "-n", namespace, "deployment/web", "--replicas=3"])).code).toBe(0);
  });

  it("refuses 1 replica bound to a profile of class general", async () => {
    const namespace = await newNamespace();
    expect((await apply(profile({ namespace, spec: { runtimeClass: "general", scaling: { maxReplicas: 4 } } }))).code).toBe(0);
    await golden("singleton", await apply(deployment({ namespace, replicas: 1 })));
  });

  it("tells every problem of one object in one reply", async () => {
    const namespace = await newNamespace();
    expect((await apply(budget({ namespace, minAvailable: 1 }))).code).toBe(0);
    const resources = { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "4", memory: "8Gi" } };
    await golden("two-problems", await apply(deployment({ namespace, replicas: 1, resources })));
  });

  it("says the same on a dry run, and leaves nothing behind", async () => {
    const namespace = await newNamespace();
    expect((await apply(budget({ namespace, minAvailable: 1 }))).code).toBe(0);
    const dry = await controlPlane.kubectl(["apply", "--dry-run=server", "-f", "-"], { stdin: deployment({ namespace, replicas: 1 }) });
    const real = await apply(deployment({ namespace, replicas: 1 }));
    expect(dry.stderr).toBe(real.stderr);
    expect((await controlPlane.kubectl(["get", "deployments", "-n", namespace])).stderr).toContain("No resources found");
  });

  const badProfiles: readonly [string, { readonly apiVersion?: string; readonly spec: object }][] = [
    ["unknown-class", { spec: { runtimeClass: "batsch" } }],
    ["unknown-field", { spec: { cost: { spotAlowed: true } } }],
    ["min-above-max", { spec: { availability: { minReplicas: 9 }, scaling: { maxReplicas: 3 } } }],
    ["two-budget-forms", { spec: { disruption: { minAvailable: "50%", maxUnavailable: 1 } } }],
    ["wrong-quantity", { spec: { compute: { memoryRequest: "16GB" } } }],
    ["wrong-type", { spec: { availability: { minReplicas: "three" } } }],
    ["out-of-class", { spec: { compute: { cpuRequest: "64" } } }],
    ["limit-below-request", { spec: { compute: { memoryRequest: "1Gi", memoryLimit: "512Mi" } } }],
    ["unknown-version", { apiVersion: "platform.example.com/v2", spec: {} }],
  ];
  it.each(badProfiles)("answers a bad profile in words: %s", async (name, object) => {
    const namespace = await newNamespace();
    const answer = await apply(profile({ namespace, ...object }));
    expect(answer.code).toBe(1);
    await golden(`profile-${name}`, answer);
  });

  it("keeps the last good policies when an edit breaks the file, and says where", async () => {
    const good = await readFile(policies, "utf8");
    await writeFile(policies, good.replace(/^ {2}DRAIN-002:/m, "\tDRAIN-002:"));
    await expect.poll(() => logged("policies.yaml was refused")).toBeDefined();
    expect(logged("policies.yaml was refused")?.["errors"]).toEqual([expect.stringMatching(/policies\.yaml:\d+:\d+: /)]);
    const namespace = await newNamespace();
    expect((await apply(budget({ namespace, minAvailable: 1 }))).code).toBe(0);
    expect((await apply(deployment({ namespace, replicas: 1 }))).stderr).toContain("[DRAIN-002]");
    await writeFile(policies, good.replace(/^ {2}DRAIN-002:.*$/m, "  DRAIN-002: { action: warn }"));
    await expect.poll(() => logged("policies.yaml is in force")).toBeDefined();
    const warned = await apply(deployment({ namespace, replicas: 1 }));
    expect([warned.code, warned.stderr]).toEqual([0, expect.stringContaining("Warning: [DRAIN-002]")]);
  });

  it("was forbidden nothing: deploy/ grants all that was asked", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  });

  function logged(message: string): Readonly<Record<string, unknown>> | undefined {
    return serve.log().find((line) => line["msg"] === message || String(line["msg"]).startsWith(message));
  }

  function apply(manifest: string) {
    return controlPlane.kubectl(["apply", "-f", "-"], { stdin: manifest });
  }

  async function newNamespace(): Promise<string> {
    namespaces += 1;
    const name = `team-${namespaces}`;
    const metadata = { name, labels: { "platform.example.com/cost-owner": "billing" } };
    expect((await apply(stringify({ apiVersion: "v1", kind: "Namespace", metadata }))).code).toBe(0);
    return name;
  }
});

/** What a person sees, less what depends on the run: hash, line, file and namespace counters. */
async function golden(
  name: string,
  seen: { readonly code: number | null; readonly stdout: string; readonly stderr: string },
): Promise<void> {
  const text = `exit ${seen.code ?? "none"}\n${seen.stdout}${seen.stderr}`
    .replaceAll(/bundle [0-9a-f]{8}/g, "bundle <hash>")
    .replaceAll(/policies\.yaml:\d+/g, "policies.yaml:<line>")
    .replaceAll(/team-\d+/g, "<namespace>")
    .replaceAll(/"[^"]*\/(examples\/[^"]*)"/g, '"$1"');
  await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
}

function deployment(of: { readonly namespace: string; readonly replicas: number; readonly resources?: object }): string {
  const resources = of.resources ?? { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } };
  const template = {
    metadata: { labels: { app: "web" } },
    spec: { containers: [{ name: "web", image: "registry.example.com/web:1", resources }] },
  };
  const spec = { replicas: of.replicas, selector: { matchLabels: { app: "web" } }, template };
  return stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: of.namespace }, spec });
}

function budget(of: { readonly namespace: string; readonly minAvailable: number }): string {
  const spec = { minAvailable: of.minAvailable, selector: { matchLabels: { app: "web" } } };
  return stringify({ apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: "web", namespace: of.namespace }, spec });
}

function profile(of: { readonly namespace: string; readonly apiVersion?: string; readonly spec: object }): string {
  const apiVersion = of.apiVersion ?? "platform.example.com/v1";
  return stringify({ apiVersion, kind: "WorkloadProfile", metadata: { name: "web", namespace: of.namespace }, spec: of.spec });
}
