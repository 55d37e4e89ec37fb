/**
 * When an empty node is given back: conversations of a node that stands still while time goes on.
 */
import { describe, expect, test } from "vitest";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Node } from "../../../src/api/node.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { nextEmptinessStep, type ObservedEmptiness } from "../../../src/provisioner/disruption/emptiness.ts";

const initializedAt = Date.parse("2026-07-01T00:00:00Z");
const seconds = (count: number): number => initializedAt + count * 1000;
const text = (count: number): string => new Date(seconds(count)).toISOString().replace(".000Z", "Z");

function claim(of: { readonly lastPodEventTime?: string; readonly consolidatable?: boolean; readonly deleting?: boolean } = {}): NodeClaim {
  const conditions = [
    ...["Launched", "Registered", "Initialized", "Ready"].map((type) => ({
      type,
      status: "True" as const,
      reason: type,
      message: "",
      lastTransitionTime: text(0),
    })),
    ...(of.consolidatable === true
      ? [{ type: "Consolidatable", status: "True" as const, reason: "Consolidatable", message: "", lastTransitionTime: text(0) }]
      : []),
  ];
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-1", ...(of.deleting === true ? { deletionTimestamp: text(0) } : {}) },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    status: { conditions, ...(of.lastPodEventTime === undefined ? {} : { lastPodEventTime: of.lastPodEventTime }) },
  };
}

const pool = (disruption?: NodePool["spec"]["disruption"]): NodePool =>
  ({
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name: "general" },
    spec: { ...(disruption === undefined ? {} : { disruption }) },
  }) as NodePool;

const node = { apiVersion: "v1", kind: "Node", metadata: { name: "i-1" } } as Node;

const pod = (of: { readonly phase?: string; readonly owner?: string } = {}): Pod =>
  ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      ...(of.owner === undefined ? {} : { ownerReferences: [{ apiVersion: "v1", kind: of.owner, name: "o", uid: "o", controller: true }] }),
    },
    spec: { nodeName: "i-1", containers: [] },
    status: { phase: of.phase ?? "Running" },
  }) as unknown as Pod;

const quiet: ObservedEmptiness = {
  nodeClaim: claim(),
  node,
  nodePool: pool({ consolidateAfter: "30s" }),
  pods: [],
  nominated: 0,
  podEventAt: undefined,
  asked: "nothing",
  keptFor: undefined,
};

describe("an empty node", () => {
  test("is told to be consolidatable after consolidateAfter, and its end is asked for then", () => {
    expect(nextEmptinessStep(quiet, seconds(10))).toMatchObject({ kind: "wait", delayMs: 20_000 });
    expect(nextEmptinessStep(quiet, seconds(30))).toMatchObject({ kind: "tell-consolidatable", is: true });
    const told = { ...quiet, nodeClaim: claim({ consolidatable: true }) };
    expect(nextEmptinessStep(told, seconds(30))).toMatchObject({ kind: "ask", message: "no Pod needs the node" });
  });

  test("stays fifteen seconds at least, since its first Pods may be on their way", () => {
    const soon = { ...quiet, nodePool: pool() };
    expect(nextEmptinessStep(soon, seconds(1))).toMatchObject({ kind: "tell-consolidatable", is: true });
    const told = { ...soon, nodeClaim: claim({ consolidatable: true }) };
    expect(nextEmptinessStep(told, seconds(1))).toMatchObject({ kind: "wait", delayMs: 14_000 });
    expect(nextEmptinessStep(told, seconds(15))).toMatchObject({ kind: "ask" });
  });

  test("counts from the last Pod that came or went, which is told", () => {
    const left = { ...quiet, podEventAt: seconds(20), nodeClaim: claim({ consolidatable: true }) };
    expect(nextEmptinessStep(left, seconds(20))).toMatchObject({ kind: "tell-event", at: seconds(20) });
    const told = { ...left, nodeClaim: claim({ consolidatable: true, lastPodEventTime: text(20) }) };
    expect(nextEmptinessStep(told, seconds(21))).toMatchObject({ kind: "tell-consolidatable", is: false });
    const untold = { ...told, nodeClaim: claim({ lastPodEventTime: text(20) }) };
    expect(nextEmptinessStep(untold, seconds(21))).toMatchObject({ kind: "wait", delayMs: 29_000 });
  });

  test("counts from an event that came too soon after the last to be told again", () => {
    const left = { ...quiet, podEventAt: seconds(25), nodeClaim: claim({ lastPodEventTime: text(20) }) };
    expect(nextEmptinessStep(left, seconds(26))).toMatchObject({ kind: "wait", delayMs: 29_000 });
  });
});

describe("a node is not given back as empty", () => {
  const ripe = { ...quiet, nodeClaim: claim({ consolidatable: true }) };
  test.each<readonly [string, Partial<ObservedEmptiness>]>([
    ["while a Pod runs there", { pods: [pod()] }],
    ["while a Pod is told to go there", { nominated: 1 }],
    ["while a buffer may have its room there", { keptFor: "CapacityBuffer shop/web" }],
    ["when it was asked for already", { asked: "end-as-empty" }],
    ["while another request is under way", { asked: "under-way", pods: [pod()] }],
    ["while it has no Node", { node: undefined }],
    [
      "with karpenter.sh/do-not-disrupt",
      { node: { ...node, metadata: { name: "i-1", annotations: { "karpenter.sh/do-not-disrupt": "true" } } } },
    ],
    ["when it goes already", { nodeClaim: claim({ consolidatable: true, deleting: true }) }],
  ])("%s", (_, change) => {
    expect(nextEmptinessStep({ ...ripe, ...change }, seconds(3600))).toMatchObject({ kind: "wait" });
  });

  test("where consolidateAfter is Never, or the pool is static, or gone", () => {
    const static_ = { ...pool(), spec: { ...pool().spec, replicas: 2 } };
    for (const nodePool of [pool({ consolidateAfter: "Never" }), static_, undefined])
      expect(nextEmptinessStep({ ...quiet, nodePool }, seconds(3600))).toMatchObject({ kind: "wait" });
  });
});

test("a node that was asked for as empty, and that no budget let go before Pods came, stays", () => {
  const waiting: ObservedEmptiness = { ...quiet, nodeClaim: claim({ consolidatable: true }), asked: "end-as-empty", pods: [pod()] };
  expect(nextEmptinessStep(waiting, seconds(60))).toMatchObject({ kind: "take-back" });
});

test.each<readonly [string, Pod]>([
  ["a DaemonSet's Pod", pod({ owner: "DaemonSet" })],
  ["a static Pod", pod({ owner: "Node" })],
  ["a Pod that has ended", pod({ phase: "Succeeded" })],
])("%s does not keep a node", (_, one) => {
  const ripe = { ...quiet, nodeClaim: claim({ consolidatable: true }), pods: [one] };
  expect(nextEmptinessStep(ripe, seconds(60))).toMatchObject({ kind: "ask" });
});
