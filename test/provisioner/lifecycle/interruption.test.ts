/**
 * Interruption: what each notice asks for, and whom it is told.
 */
import { describe, expect, test } from "vitest";
import type { CloudNotice, CloudNoticeKind } from "../../../src/api/cloud-notices.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { interruptedClaims, interruptionAnswer, type RebalanceAction } from "../../../src/provisioner/lifecycle/interruption.ts";
import { pod } from "../../support/objects.ts";

const now = Date.parse("2026-03-01T10:00:00Z");
const endsAt = now + 120_000;
const providerID = "aws:///ap-southeast-1a/i-0a";
const nodeClaim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1", uid: "uid-1" },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
  status: { providerID, nodeName: "node-1" },
};
const node: Node = { apiVersion: "v1", kind: "Node", metadata: { name: "node-1", uid: "uid-n" }, spec: { providerID } };
const daemon = { apiVersion: "apps/v1", kind: "DaemonSet", name: "cni", uid: "uid-ds", controller: true };
const pods: readonly Pod[] = [
  pod({ name: "web-1", spec: { nodeName: "node-1" } }),
  pod({ name: "cni-1", owner: daemon, spec: { nodeName: "node-1" } }),
  { ...pod({ name: "job-1", spec: { nodeName: "node-1" } }), status: { phase: "Succeeded" } },
  pod({ name: "elsewhere", spec: { nodeName: "node-2" } }),
];

function answer(kind: CloudNoticeKind, change: { readonly rebalance?: RebalanceAction; readonly claim?: NodeClaim } = {}) {
  const notice: CloudNotice = { id: "m", kind, instances: ["i-0a", "i-0f"], saidAt: now, ...(timed.has(kind) ? { endsAt } : {}) };
  const claims = [change.claim ?? nodeClaim];
  const interrupted = interruptedClaims(notice.instances, { snapshot: snapshotOf([...claims, node, ...pods]), nodeClaims: claims });
  return interruptionAnswer(notice, { interrupted, rebalance: change.rebalance ?? "event", now: now + 5_000 });
}

const timed: ReadonlySet<CloudNoticeKind> = new Set(["spot-interruption", "reservation-interruption", "scheduled-change"]);

describe("a notice asks for a replacement", () => {
  test.each([
    ["spot-interruption", "SpotInterrupted", endsAt],
    ["reservation-interruption", "ReservationInterrupted", endsAt],
    ["scheduled-change", "ScheduledChange", endsAt],
    ["instance-stopping", "InstanceStateChanged", now + 5_000],
    ["instance-ending", "InstanceStateChanged", now + 5_000],
  ] as const)("of %s: %s, with its deadline", (kind, reason, deadline) => {
    const { replacements } = answer(kind);
    expect(replacements).toMatchObject([{ nodeClaim: { metadata: { name: "general-1" } }, request: { reason, deadline } }]);
  });

  test("of a rebalance recommendation only where policies.yaml says so, and then without haste", () => {
    expect(answer("rebalance-recommendation").replacements).toEqual([]);
    const message = "Spot rebalance recommendation was triggered";
    expect(answer("rebalance-recommendation", { rebalance: "replace" }).replacements).toEqual([
      { nodeClaim, request: { reason: "RebalanceRecommended", message } },
    ]);
  });

  test("of a node that is on its way out too: it may have less time now", () => {
    const leaving = { ...nodeClaim, metadata: { ...nodeClaim.metadata, deletionTimestamp: "2026-03-01T09:59:00Z" } };
    expect(answer("spot-interruption", { claim: leaving }).replacements).toHaveLength(1);
  });

  test("but not where we have ended the instance ourselves", () => {
    const conditions = [{ type: "InstanceTerminating", status: "True" as const, lastTransitionTime: "2026-03-01T09:59:00Z" }];
    const ended = { ...nodeClaim, status: { ...nodeClaim.status, conditions } };
    expect(answer("instance-ending", { claim: ended })).toEqual({ events: [], replacements: [] });
    expect(answer("spot-interruption", { claim: ended }).replacements).toHaveLength(1);
  });

  test("of no instance of others", () => {
    const snapshot = snapshotOf([nodeClaim, node, ...pods]);
    expect(interruptedClaims(["i-0f", ""], { snapshot, nodeClaims: [nodeClaim, { ...nodeClaim, status: {} }] })).toEqual([]);
  });
});

describe("a notice is told", () => {
  const told = (kind: CloudNoticeKind) =>
    answer(kind).events.map(({ regarding, type, reason, message }) => `${type} ${reason} ${regarding.kind}/${regarding.name}: ${message}`);

  test("on the NodeClaim, the Node and the Pods that will have to move", () => {
    const message = "Spot interruption warning was triggered; the instance ends at 2026-03-01T10:02:00Z";
    expect(told("spot-interruption")).toEqual([
      `Warning SpotInterrupted NodeClaim/general-1: ${message}`,
      `Warning SpotInterrupted Node/node-1: ${message}`,
      "Warning SpotInterrupted Pod/web-1: Pod will be evicted from the node due to a spot interruption warning",
    ]);
  });

  test("as an end, where it is one; what was lost is told once the node goes", () => {
    expect(told("instance-ending")).toEqual([
      "Warning InstanceTerminating NodeClaim/general-1: Instance is terminating",
      "Warning InstanceTerminating Node/node-1: Instance is terminating",
    ]);
  });

  test("as a recommendation, where it is one", () => {
    expect(told("rebalance-recommendation")).toEqual([
      "Normal SpotRebalanceRecommendation NodeClaim/general-1: Spot rebalance recommendation was triggered",
      "Normal SpotRebalanceRecommendation Node/node-1: Spot rebalance recommendation was triggered",
    ]);
  });

  test("and found on the Node by its name, as what kubelets say", () => {
    expect(answer("instance-stopping").events[1]?.regarding).toEqual({
      apiVersion: "v1",
      kind: "Node",
      namespace: "",
      name: "node-1",
      uid: "node-1",
    });
  });

  test("on the first fifty Pods of a full node", () => {
    const many = Array.from({ length: 70 }, (_unused, index) => pod({ name: `p${index}`, spec: { nodeName: "node-1" } }));
    const notice: CloudNotice = { id: "m", kind: "spot-interruption", instances: ["i-0a"], saidAt: now, endsAt };
    const { events } = interruptionAnswer(notice, { interrupted: [{ nodeClaim, node, pods: many }], rebalance: "event", now });
    expect(events.filter(({ regarding }) => regarding.kind === "Pod")).toHaveLength(50);
  });
});
