/**
 * `plimsoll drain-preview`: its texts are what a person reads before a drain, so they stand here whole.
 */
import { describe, expect, it } from "vitest";
import "../../src/cli/drain-preview.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

const app = (kind: string, replicas: number, more = ""): string => `
apiVersion: apps/v1
kind: ${kind}
metadata: {name: web, namespace: shop}
spec:
  replicas: ${replicas}
  ${kind === "StatefulSet" ? "serviceName: web" : "strategy: {type: RollingUpdate}"}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: example.com/app:1, resources: {requests: {cpu: 100m, memory: 128Mi}}}]${more}}
`;
const budget = (bound: string, name = "web"): string => `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ${name}, namespace: shop}
spec: {${bound}, selector: {matchLabels: {app: web}}}
`;
const podOn = (node: string, number: number): string => `
apiVersion: v1
kind: Pod
metadata:
  name: web-${number}
  namespace: shop
  labels: {app: web}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: web, uid: u, controller: true}]
spec: {nodeName: ${node}, containers: [{name: app, image: example.com/app:1}]}
`;

async function preview(files: readonly string[], ...words: readonly string[]) {
  return runPlimsoll(["drain-preview", ...words, folderOf({ "app.yaml": files.join("---") })]);
}

describe("drain-preview", () => {
  it("S129: scenario 22: tells the lab's checkout-api as a timeline, with the times that nobody knows", async () => {
    const lab = ["examples/lab/a0-infrastructure.yaml", "examples/lab/a1-checkout-api.yaml"];
    const { code, stdout, stderr } = await runPlimsoll(["drain-preview", "deploy/checkout-api", ...lab]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatchInlineSnapshot(`
      "Deployment checkout/checkout-api: 6 replicas, profile checkout-api, class general
        PodDisruptionBudget "checkout-api" (minAvailable: 80%) allows 1 eviction at a time

        a node with 2 of its pods (the most that one can hold: they are spread over 3 zones)
          +0s     cordon: no new pod comes to the node
          +0s     evict pod 1 of 2: 5 of 6 stay ready
                    preStop 5 s, then SIGTERM; SIGKILL 60 s after the eviction
                    its replacement starts at once, ready after an unknown time: no cold start is measured yet
          +?      evict pod 2 of 2, as soon as 6 are ready again: 5 of 6 stay ready
          +?      the node is empty, 60 s after the last eviction at the latest

        drains in 2 rounds, 1 at a time
      "
    `);
  });

  it("adds the times up where cold starts are measured; a StatefulSet's replacement waits for the old Pod", async () => {
    const measured = `
apiVersion: platform.example.com/v1
kind: WorkloadProfile
metadata: {name: web, namespace: shop, labels: {platform.example.com/cost-owner: billing}}
spec: {runtimeClass: general, availability: {minReplicas: 3}, disruption: {maxUnavailable: 1, gracePeriodSeconds: 20}}
status: {coldStart: {p50Seconds: 30, p95Seconds: 41, samples: 60}}
`;
    const { code, stdout } = await preview(
      [measured, app("StatefulSet", 3), podOn("node-1", 0), podOn("node-1", 1), podOn("node-2", 2)],
      "sts/web",
    );
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "StatefulSet shop/web: 3 replicas, profile web, class general
        PodDisruptionBudget "web" (maxUnavailable: 1) allows 1 eviction at a time

        node node-1, with 2 of its pods
          +0s     cordon: no new pod comes to the node
          +0s     evict pod 1 of 2: 2 of 3 stay ready
                    preStop 5 s, then SIGTERM; SIGKILL 20 s after the eviction
                    its replacement starts once it is gone, ready after 41 s (p95 of its cold starts)
          +61s    evict pod 2 of 2, as soon as 3 are ready again: 2 of 3 stay ready
          +81s    the node is empty, 20 s after the last eviction at the latest

        node node-2, with 1 of its pods
          +0s     cordon: no new pod comes to the node
          +0s     evict pod 1 of 1: 2 of 3 stay ready
                    preStop 5 s, then SIGTERM; SIGKILL 20 s after the eviction
                    its replacement starts once it is gone, ready after 41 s (p95 of its cold starts)
          +20s    the node is empty, 20 s after the last eviction at the latest

        drains in 2 rounds, 1 at a time
      "
    `);
  });

  it("says why a drain never ends, and what would end it", async () => {
    const { code, stdout } = await preview([app("Deployment", 1), budget("minAvailable: 1")]);
    expect(code).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "Deployment shop/web: 1 replica, no profile, class general
        PodDisruptionBudget "web" (minAvailable: 1) allows 0 evictions at a time

        the drain never ends: PodDisruptionBudget web needs 1 healthy pods and has 1
          fix: use maxUnavailable: 1, or 2 replicas, or delete the PDB
      "
    `);
  });

  it("says of two budgets that the eviction API refuses, and which options kubectl drain needs", async () => {
    const files = [
      app("Deployment", 3, ", volumes: [{name: tmp, emptyDir: {}}]"),
      budget("maxUnavailable: 1"),
      budget("maxUnavailable: 1", "two"),
    ];
    const { code, stdout } = await preview(files);
    expect(code).toBe(1);
    expect(stdout).toMatchInlineSnapshot(`
      "Deployment shop/web: 3 replicas, no profile, class general
        PodDisruptionBudget "two" (maxUnavailable: 1) allows 0 evictions at a time
        PodDisruptionBudget "web" (maxUnavailable: 1) allows 0 evictions at a time
        kubectl drain stops at its pods without --delete-emptydir-data

        the drain fails: PodDisruptionBudget two and PodDisruptionBudget web both select its pods: the eviction API refuses pods with two budgets
          fix: delete one of the two PDBs
      "
    `);
  });

  it("drains all at once where nothing limits it", async () => {
    const { code, stdout } = await preview([app("Deployment", 3)]);
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "Deployment shop/web: 3 replicas, no profile, class general
        no PodDisruptionBudget: evictions are not limited

        a node with 3 of its pods (the most that one can hold: nothing keeps them apart for sure)
          +0s     cordon: no new pod comes to the node
          +0s     evict pods 1 to 3 of 3: 0 of 3 stay ready
                    SIGTERM at once; SIGKILL 30 s after the eviction
                    its replacement starts at once, ready after an unknown time: no cold start is measured yet
          +30s    the node is empty, 30 s after the last eviction at the latest

        drains in 1 round, 3 at a time, and no replica may be left meanwhile
      "
    `);
  });

  it("answers in JSON with the same facts", async () => {
    const { stdout } = await preview([app("Deployment", 3), budget("minAvailable: 2")], "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      previews: [
        {
          workload: { kind: "Deployment", namespace: "shop", name: "web" },
          replicas: 3,
          evictions: { now: 1 },
          budgets: ['PodDisruptionBudget "web" (minAvailable: 2)'],
          verdict: { kind: "drains", text: "drains in 3 rounds, 1 at a time" },
        },
      ],
    });
  });

  it("is bad input where a named workload is not among the files, or no file is named", async () => {
    expect(await preview([app("Deployment", 3)], "deploy/wbe")).toMatchObject({
      code: 2,
      stderr: "deploy/wbe: no such workload among the files\n",
    });
    const none = await runPlimsoll(["drain-preview", "deploy/web"]);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("no manifests");
  });
});
