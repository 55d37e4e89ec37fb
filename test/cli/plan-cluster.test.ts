/**
 * `plimsoll plan --cluster`: over HTTPS, what waits in a cluster needs a place, and nothing is written there.
 */
import { expect, it } from "vitest";
import type { Plan } from "../../src/cli/plan-form.ts";
import { deployment, namespaceObject } from "../support/objects.ts";
import { infrastructureFile } from "./manifest-texts.ts";
import { runPlimsoll } from "./program-run.ts";
import { servedCluster } from "./served-cluster.ts";

const kubeconfig = servedCluster("plan-cluster", [
  ["/api/v1/namespaces", namespaceObject("shop")],
  ["/apis/apps/v1/namespaces/shop/deployments", deployment({ name: "web", replicas: 3 })],
]);

it("plans each Pod that the cluster's Deployment has or will have, once", async () => {
  const { code, stdout } = await runPlimsoll([
    "plan",
    "-o",
    "json",
    "--cluster",
    "--kubeconfig",
    kubeconfig,
    "--nodepools",
    infrastructureFile,
  ]);
  const plan = JSON.parse(stdout) as Plan;
  const pods = plan.nodes.flatMap((node) => node.pods);
  expect(pods).toHaveLength(3);
  expect(pods.every((key) => key.startsWith("shop/"))).toBe(true);
  expect([code, plan.unschedulable]).toEqual([0, []]);
});

it("tells what the cluster has no place for, since it has no NodePool", async () => {
  const { code, stdout, stderr } = await runPlimsoll(["plan", "-o", "json", "--cluster", "--kubeconfig", kubeconfig]);
  const plan = JSON.parse(stdout) as Plan;
  expect(stderr).toContain("no NodePool");
  expect([code, plan.nodes, plan.unschedulable.flatMap(({ pods }) => pods).length]).toEqual([1, [], 3]);
});

it("says why a cluster can't be read, and exits 2", async () => {
  const { code, stdout, stderr } = await runPlimsoll(["plan", "--cluster", "--kubeconfig", `${kubeconfig}-gone`]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/kubeconfig .*gone/);
});
