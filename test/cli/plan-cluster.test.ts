/**
 * `plimsoll plan --cluster`: over HTTPS, what waits in a cluster needs a place, and nothing is written there.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { crdKinds, crdOf } from "../../src/api/crd.ts";
import type { Plan } from "../../src/cli/plan-form.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { adminUser } from "../../src/sim/in-process-door.ts";
import { type HttpsDoor, openHttpsDoor } from "../../src/sim/https-door.ts";
import { kubeconfigText } from "../../src/sim/kubeconfig.ts";
import { startWorld } from "../../src/sim/world.ts";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";
import { deployment, namespaceObject } from "../support/objects.ts";
import { infrastructureFile } from "./manifest-texts.ts";
import { runPlimsoll } from "./program-run.ts";

const folder = mkdtempSync(join(tmpdir(), "plimsoll-plan-cluster-"));
const kubeconfig = join(folder, "kubeconfig");
const token = "t".repeat(32);
const opened: { door?: HttpsDoor } = {};

beforeAll(async () => {
  const clock = wallClock();
  const world = startWorld({ clock, seed: "plan-cluster" });
  const transport = world.transport();
  const create = (path: string, body: object) => transport.request({ method: "POST", path, body });
  for (const kind of crdKinds) await create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crdOf(kind));
  await create("/api/v1/namespaces", namespaceObject("shop"));
  await create("/apis/apps/v1/namespaces/shop/deployments", deployment({ name: "web", replicas: 3 }));
  const { authority, serving } = issueServingCertificate({ names: ["127.0.0.1", "localhost"], now: clock.now() });
  const door = await openHttpsDoor(world.server, { ...serving, tokens: new Map([[token, adminUser]]) });
  writeFileSync(kubeconfig, kubeconfigText({ url: door.url, caPem: authority.certificatePem, token }), { mode: 0o600 });
  opened.door = door;
});

afterAll(async () => {
  await opened.door?.close();
  rmSync(folder, { recursive: true, force: true });
});

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
  expect([code, plan.nodes, plan.unschedulable.length]).toEqual([1, [], 3]);
});

it("says why a cluster can't be read, and exits 2", async () => {
  const { code, stdout, stderr } = await runPlimsoll(["plan", "--cluster", "--kubeconfig", join(folder, "gone")]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/kubeconfig .*gone/);
});
