/** Hints in the life of a NodeClaim: they come before the node opens, and what becomes of them wakes the claim's controller. */
import { describe, expect, it, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import type { Change, Trigger } from "../../../src/api/controller.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { err, ok } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { nodeClaimController } from "../../../src/provisioner/controllers/node-claim-controller.ts";
import type { ProvisionerShell } from "../../../src/provisioner/controllers/shell.ts";
import { podClassHash } from "../../../src/provisioner/scheduling/pod-class.ts";
import { pod } from "../../support/objects.ts";

const names = platformNames();
const web = pod({ name: "web", labels: { app: "web" } });
const waiting: Pod = { ...web, metadata: { ...web.metadata, uid: "u", resourceVersion: "1" } };
const nominated: Pod = { ...waiting, status: { nominatedNodeName: "n" } };
const bound: Pod = { ...waiting, spec: { ...waiting.spec, nodeName: "n" } };
const node: Node = {
  ...{ apiVersion: "v1", kind: "Node", metadata: { name: "n" } },
  spec: { providerID: "test://n", taints: [{ key: "karpenter.sh/unregistered", effect: "NoExecute" }] },
};
const claim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: {
    name: "general-1",
    finalizers: ["karpenter.sh/termination"],
    annotations: { [names.plannedPodsAnnotation]: `${podClassHash(waiting)}=1` },
  },
  spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [] },
  status: { providerID: "test://n", conditions: [{ type: "Launched", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }] },
};

test("a node opens a moment after its Pods have been told of it, and at once where it has none", async () => {
  const { look, patched, time } = open([claim, node, waiting]);
  expect(await look()).toMatchObject({ kind: "after", delayMs: 100 });
  expect(patched).toEqual(["Pod"]);
  time.now = 100;
  expect(await look()).toMatchObject({ kind: "done" });
  expect(patched).toEqual(["Pod", "Node"]);
  const alone = open([claim, node]);
  await alone.look();
  expect(alone.patched).toEqual(["Node"]);
});

test("with a node that opens, the Pods of others are told that wait to open, and not of those that have opened", async () => {
  const second: Pod = { ...waiting, metadata: { ...waiting.metadata, name: "web-2", uid: "u2" } };
  const other = { ...node, metadata: { name: "n2" }, spec: { ...node.spec, providerID: "test://n2" } };
  const its = { ...claim, metadata: { ...claim.metadata, name: "general-2" }, status: { ...claim.status, providerID: "test://n2" } };
  const both = open([claim, node, waiting, its, other, second]);
  await both.look();
  expect(both.patched).toEqual(["Pod", "Pod"]);
  const opened: Node = { ...other, spec: { providerID: "test://n2" } };
  const one = open([claim, node, waiting, its, opened, second]);
  await one.look();
  expect(one.patched).toEqual(["Pod"]);
});

test("a node is kept closed while one planned with it has no Node yet, and its Pods are not told before", async () => {
  const creationTimestamp = new Date(0).toISOString();
  const young: Node = { ...node, metadata: { ...node.metadata, creationTimestamp } };
  const own = { ...claim, metadata: { ...claim.metadata, creationTimestamp } };
  const its = { ...own, metadata: { ...own.metadata, name: "general-2" }, status: { ...own.status, providerID: "test://n2" } };
  const held = open([own, young, waiting, its]);
  expect(await held.look()).toMatchObject({ kind: "after" });
  expect(held.patched).toEqual([]);
  held.time.now = 2_000;
  await held.look();
  expect(held.patched).toEqual(["Pod"]);
});

describe("a Pod's change wakes the claim of its node", () => {
  const leaving = { ...claim, metadata: { ...claim.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  const rows: readonly [string, NodeClaim, Change<Pod>, string[]][] = [
    ["when it has lost its nomination", claim, { kind: "updated", before: nominated, object: waiting }, ["general-1"]],
    ["when it stands there", claim, { kind: "updated", before: nominated, object: bound }, ["general-1"]],
    ["not when it is nominated", claim, { kind: "updated", before: waiting, object: nominated }, []],
    ["not for a hint while the node leaves", leaving, { kind: "updated", before: nominated, object: waiting }, []],
    ["when it is gone from a node that leaves", leaving, { kind: "deleted", object: bound }, ["general-1"]],
    ["not when it is gone from one that stays", claim, { kind: "deleted", object: bound }, []],
  ];
  it.each(rows)("%s", (_what, nodeClaim, change, expected) => {
    const { triggers } = nodeClaimController(shellOf([nodeClaim, node]));
    const trigger = triggers.find(({ watches }) => watches === "Pod") as Trigger<"Pod">;
    expect(trigger.keysOf(change).map(({ name }) => name)).toEqual(expected);
  });
});

function open(objects: readonly KubeObject[]) {
  const patched: string[] = [];
  const patch = ((kind: string) => {
    patched.push(kind);
    return Promise.resolve(ok(kind === "Pod" ? { ...waiting, metadata: { ...waiting.metadata, resourceVersion: "2" } } : node));
  }) as unknown as ApiClient["patch"];
  const time = { now: 0 };
  const { controller } = nodeClaimController(shellOf(objects, patch, () => time.now));
  const look = async () => {
    const observed = await controller.observe({ namespace: "", name: "general-1" });
    if (observed === undefined) throw new Error("the claim is known");
    return controller.act(controller.decide(observed, 0));
  };
  return { look, patched, time };
}

function shellOf(objects: readonly KubeObject[], patch?: ApiClient["patch"], now = () => 0): ProvisionerShell {
  const unused = () => Promise.reject(new Error("not asked for here"));
  const client: ApiClient = {
    ...{ create: unused, get: unused, list: unused, replace: unused, apply: unused, applyStatus: unused },
    ...{ patch: patch ?? unused, delete: unused, evict: unused, request: unused },
  };
  const snapshot = snapshotOf(objects);
  const provider: ProvisionerShell["provider"] = {
    name: "none",
    serves: () => true,
    instanceTypes: () => Promise.resolve(ok([])),
    create: () => Promise.resolve({ kind: "failed", message: "none" }),
    get: () => Promise.resolve(err("none")),
    list: () => Promise.resolve(ok([])),
    delete: () => Promise.resolve(ok("gone")),
  };
  const world = () => {
    throw new Error("nothing is planned");
  };
  return { client, snapshot: () => snapshot, world, provider, names, clock: { now, sleep: () => Promise.resolve() } };
}
