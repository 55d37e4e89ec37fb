/**
 * `plimsoll lab check` and `plimsoll advise class`, on the lab as it is shipped and with one thing taken out of it.
 */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { yamlText } from "../support/yaml-objects.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

const labFiles = Object.fromEntries(
  readdirSync(new URL("../../examples/lab", import.meta.url)).map((name) => [name, yamlText(`examples/lab/${name}`)]),
);

async function labCheck(change: (name: string, text: string) => string = (_name, text) => text) {
  const folder = folderOf(Object.fromEntries(Object.entries(labFiles).map(([name, text]) => [name, change(name, text)])));
  return runPlimsoll(["lab", "check", folder]);
}

describe("S240: the lab's nine tasks", () => {
  it("are all done by the lab as it is shipped, and its peak need is inside the limits of its NodePools", async () => {
    const { code, stdout } = await runPlimsoll(["lab", "check", "examples/lab"]);
    expect(
      stdout
        .split("\n")
        .slice(0, 4)
        .map((line) => line.replace(/ {2,}/g, " | ")),
    ).toEqual([
      "WORKLOAD | CLASS | NODEPOOL | PEAK PODS | PEAK NEED | LIMITS",
      "Deployment billing/invoice-export-worker | batch | batch-spot | 200 | 100 CPU / 100Gi | 150 CPU / 200Gi",
      "Deployment checkout/checkout-api | general | general-flex | 60 | 60 CPU / 120Gi | 200 CPU / 400Gi",
      "CronJob fraud/fraud-model-batch | compute | compute-batch | 10 | 70 CPU / 130Gi | 120 CPU / 240Gi",
    ]);
    expect([code, stdout.match(/^\[x\] /gm)?.length, stdout.includes("9 of 9 tasks done")]).toEqual([0, 9, true]);
  });

  check("a NodePool of another name", "name: batch-spot", "name: batch-other", "one batch-spot NodePool");
  check("public subnets", "kubernetes.io/role/internal-elb", "kubernetes.io/role/elb", "one private NodeClass");
  check("a NodePool that takes no Pod of its class", "workload-class: compute", "workload-class: other", "workload placement rules");
  check("a class without a budget", "minReplicas: 6", "minReplicas: 1", "PDBs");
  check("no zones asked for", "zoneSpread: required\n    surviveZoneLoss: true", "zoneSpread: none", "topology spread rules");
  check("a limit below the peak", 'cpu: "150"', 'cpu: "90"', "scaling limits");
  check("a signal too few", /^ {2}consolidation-count.*\n/m, "", "observability dashboard requirements");

  function check(fault: string, from: string | RegExp, to: string, task: string): void {
    it(`without ${task}: ${fault}`, async () => {
      const { code, stdout } = await labCheck((_name, text) => text.replace(from, to));
      expect(stdout).toContain(`[ ] ${task}\n      `);
      expect(code).toBe(1);
    });
  }
});

describe("S122: which class should I use?", () => {
  it("the three lab workloads are general, batch and compute, with the reason and a profile to paste", async () => {
    const { code, stdout } = await runPlimsoll(["advise", "class", "examples/lab"]);
    expect(code).toBe(0);
    expect(stdout.split("\n").filter((line) => line.startsWith("#") && !line.startsWith("#   because its"))).toEqual([
      "# Deployment billing/invoice-export-worker: class batch",
      "#   because nobody calls it: no port, no readiness probe, no Service",
      "# Deployment checkout/checkout-api: class general",
      "#   because it serves: it has a port, a readiness probe or a Service",
      "# CronJob fraud/fraud-model-batch: class compute",
      "#   because it is CPU-heavy: 7 CPU and 13Gi, 1.9 GiB a vCPU",
    ]);
    const judged = await runPlimsoll(["check", "-o", "json", "-", "examples/lab/a0-infrastructure.yaml"], stdout);
    const { results } = JSON.parse(judged.stdout) as { readonly results: readonly { readonly kind: string; readonly allowed: boolean }[] };
    expect(results.filter(({ kind }) => kind === "WorkloadProfile").map(({ allowed }) => allowed)).toEqual([true, true, true]);
  });

  const containers = (fields: string) => `{containers: [{name: a, image: b, ${fields}}]}`;
  const workload = (kind: string, podSpec: string) =>
    `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: w, namespace: shop}\nspec: {selector: {matchLabels: {app: w}}, template: {metadata: {labels: {app: w}}, spec: ${podSpec}}}\n`;
  advice(
    "an accelerator decides",
    workload("Deployment", containers("ports: [{containerPort: 80}], resources: {limits: {nvidia.com/gpu: 1}}")),
    "gpu",
  );
  const daemonSet = workload("DaemonSet", containers("ports: []"));
  advice(
    "a DaemonSet is of the system where its namespace is granted that",
    daemonSet.replace("namespace: shop", "namespace: platform-logs"),
    "system",
  );
  advice("a DaemonSet elsewhere is not", daemonSet, "general");
  advice(
    "much memory a vCPU",
    workload("Deployment", containers("ports: [{containerPort: 80}], resources: {requests: {cpu: 1, memory: 8Gi}}")),
    "memory",
  );
  advice(
    "a Service makes a service",
    `${workload("Deployment", containers("ports: []"))}---\napiVersion: v1\nkind: Service\nmetadata: {name: w, namespace: shop}\nspec: {selector: {app: w}}\n`,
    "general",
  );
  advice(
    "a namespace that is labelled for a class",
    `${workload("Deployment", containers("ports: []"))}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {data-classification: restricted}}\n`,
    "regulated",
  );

  function advice(statement: string, text: string, className: string): void {
    it(statement, async () => {
      const { stdout } = await runPlimsoll(["advise", "class", "-"], text);
      expect(stdout).toMatch(new RegExp(`^# \\w+ [a-z-]+/w: class ${className}\\n#   because `, "m"));
    });
  }
});
