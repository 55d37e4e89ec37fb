/**
 * A node that is asked for is replaced in the embedded world, on its virtual clock: places first, then the drain, within the budget; and so
 * it is where the provisioner dies on the way.
 */
import { describe, expect, test } from "vitest";
import { crdKinds, crdOf } from "../../src/api/crd.ts";
import type { DisruptionRequest } from "../../src/api/disruption.ts";
import type { KindName } from "../../src/api/kinds.ts";
import { defaultDomain, platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import { apiClient } from "../../src/cluster/api-client.ts";
import { isReady, isTerminating } from "../../src/kube/pod-state.ts";
import { replaceNode } from "../../src/provisioner/controllers/node-disruption.ts";
import { runWorldControllers } from "../../src/sim/controllers/all-controllers.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { startWorld, type World } from "../../src/sim/world.ts";
import { policySet } from "../support/admission.ts";
import { budget, deployment, namespaceObject, nodePool } from "../support/objects.ts";
import { casesOf } from "../support/long-run.ts";
import { startLoneProvisioner } from "./lone-provisioner.ts";

const kinds: readonly KindName[] = [
  ...(["WorkloadProfile", "Namespace", "Node", "Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"] as const),
  ...(["LimitRange", "ResourceQuota", "PriorityClass", "HorizontalPodAutoscaler", "NodePool", "NodeClaim", "EC2NodeClass"] as const),
  ...(["PodDisruptionBudget", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] as const),
];
const names = platformNames(defaultDomain);
const replicas = 4;
const joinDelayMs = 20_000;
/** The Lease's time, and a little. */
const takeOverMs = 17_000;
const stride = casesOf({ ci: 13, long: 1 });

describe("a node that is to be replaced", { timeout: 120_000 }, () => {
  const rows: readonly [string, (now: number) => DisruptionRequest][] = [
    ["at leisure", () => ({ reason: "RebalanceRecommended", message: "EC2 may take it back" })],
    ["in two minutes", (now) => ({ reason: "SpotInterrupted", message: "EC2 takes it back", deadline: now + 120_000 })],
  ];

  test.each(rows)("%s has its replacement first, keeps the budget, and goes", async (_what, requestAt) => {
    const ended = await lived({ requestAt, writesMax: Infinity });
    expect(ended).toMatchObject({ isGone: true, ready: replicas, fewest: replicas - 1 });
    expect(ended.boughtBefore).toBe(true);
    expect(ended.claims).toBe(1);
  });

  test("goes where the provisioner dies after any of its writes, too", async () => {
    const [, requestAt] = rows[1] ?? [];
    if (requestAt === undefined) throw new Error("no row");
    const alive = await lived({ requestAt, writesMax: Infinity });
    for (let writesMax = 1; writesMax <= alive.writes; writesMax += stride) {
      const ended = await lived({ requestAt, writesMax });
      expect(ended, `dead after write ${writesMax}`).toMatchObject({ isGone: true, ready: replicas });
      expect(ended.fewest, `dead after write ${writesMax}`).toBeGreaterThanOrEqual(replicas - 1);
    }
  });
});

/** Lets a Deployment run on a node, asks for that node, and lets the provisioner die after so many writes from then on. */
async function lived(of: { readonly requestAt: (now: number) => DisruptionRequest; readonly writesMax: number }) {
  const clock = createVirtualClock();
  const world: World = startWorld({ clock, seed: 7 });
  const stop = new AbortController();
  const controllers = runWorldControllers(world.server, stop.signal);
  for (const kind of crdKinds) await post(world, crdOf(kind));
  const web = deployment({ replicas, requests: { cpu: "500m", memory: "256Mi" } });
  const pool = nodePool({
    name: "general",
    requirements: [
      { key: "topology.kubernetes.io/zone", operator: "In", values: ["ap-southeast-1a"] },
      { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
    ],
  });
  for (const object of [namespaceObject("shop"), pool, web, budget({ maxUnavailable: 1 })]) await post(world, withoutUid(object));
  const start = (writesMax: number) =>
    startLoneProvisioner({ transport: world.transport(), clock, policySet: policySet(), kinds, joinDelayMs, writesMax });
  const first = start(Infinity);
  await clock.runUntil(() => readyPods(world) === replicas, 120_000);
  const stopped = first.stop();
  await clock.runFor(1_000);
  await stopped;
  const [claim] = claimsOf(world);
  if (claim === undefined) throw new Error("no claim was made");
  const client = apiClient({ transport: world.transport(), domain: defaultDomain });
  const asked = replaceNode({ client, clock, names })(claim, of.requestAt(clock.now()));
  await clock.runFor(100);
  expect(await asked).toEqual({ ok: true, value: "asked" });
  const second = start(of.writesMax);
  const seen = { fewest: Infinity, boughtBefore: false };
  const name = claim.metadata.name ?? "";
  const isGone = (): boolean => !claimsOf(world).some(({ metadata }) => metadata.name === name);
  const look = (): void => {
    const ready = readyPods(world);
    if (ready === replicas && claimsOf(world).length > 1) seen.boughtBefore = true;
    seen.fewest = Math.min(seen.fewest, ready);
  };
  await clock.runUntil(() => {
    look();
    return second.isDead() || (isGone() && readyPods(world) === replicas);
  }, 180_000);
  const third = second.isDead() ? start(Infinity) : undefined;
  if (third !== undefined) {
    await clock.runUntil(() => {
      look();
      return false;
    }, takeOverMs);
    await clock.runUntil(() => {
      look();
      return isGone() && readyPods(world) === replicas;
    }, 180_000);
  }
  const result = {
    ...seen,
    isGone: isGone(),
    ready: readyPods(world),
    claims: claimsOf(world).length,
    writes: second.writes(),
  };
  const ended = Promise.all([second.stop(), third?.stop()]);
  stop.abort();
  await clock.runFor(1_000);
  await Promise.all([ended, controllers]);
  return result;
}

function readyPods(world: World): number {
  return podsOf(world).filter((pod) => isReady(pod) && !isTerminating(pod)).length;
}

function podsOf(world: World): readonly Pod[] {
  return world.server.store.list("pods") as unknown as readonly Pod[];
}

function claimsOf(world: World): readonly NodeClaim[] {
  return world.server.store.list("nodeclaims.karpenter.sh") as unknown as readonly NodeClaim[];
}

function withoutUid(object: KubeObject): KubeObject {
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([key]) => key !== "uid"));
  return { ...object, metadata };
}

async function post(world: World, object: KubeObject): Promise<void> {
  const [version = "", group = ""] = object.apiVersion.split("/").reverse();
  const served = world.server.registry.findKind({ group, version, kind: object.kind });
  if (served === undefined) throw new Error(`no kind ${object.kind}`);
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const inNamespace = served.namespaced ? `/namespaces/${object.metadata.namespace ?? "default"}` : "";
  const answer = await world.transport().request({ method: "POST", path: `${root}${inNamespace}/${served.resource}`, body: object });
  if (!answer.ok) throw new Error(`${object.kind} ${object.metadata.name ?? ""}: ${answer.error.message ?? ""}`);
}
