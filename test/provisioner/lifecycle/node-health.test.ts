/**
 * Node health: what becomes a condition of a NodeClaim, when it changes, and what a scheduled event asks for.
 */
import { describe, expect, test } from "vitest";
import type { InstanceTrouble } from "../../../src/api/cloud-notices.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { Condition } from "../../../src/api/object.ts";
import { healthChanges, scheduledReplacements, statusWithHealth } from "../../../src/provisioner/lifecycle/node-health.ts";

const now = Date.parse("2026-03-01T10:00:00Z");
const at = "2026-03-01T09:00:00Z";
const providerID = "aws:///ap-southeast-1a/i-0a";
type ClaimCondition = NonNullable<NonNullable<NodeClaim["status"]>["conditions"]>[number];
const initialized: ClaimCondition = { type: "Initialized", status: "True", lastTransitionTime: at };

function claim(...conditions: readonly ClaimCondition[]): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-1", generation: 2 },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    status: { providerID, conditions },
  };
}

function node(...conditions: readonly Condition[]): Node {
  return { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" }, spec: { providerID }, status: { conditions } };
}

function changes(of: { readonly claim?: NodeClaim; readonly node?: Node; readonly troubles?: readonly InstanceTrouble[] | undefined }) {
  const { claim: one = claim(initialized), node: its = node({ type: "Ready", status: "True" }) } = of;
  const troubles = "troubles" in of ? of.troubles : [];
  return healthChanges({ nodeClaims: [one], nodes: [its], troubles });
}

const impaired: InstanceTrouble = {
  instance: "i-0a",
  kind: "InstanceImpaired",
  message: "its own status check fails since 2026-03-01T09:58:00Z",
};
const scheduled: InstanceTrouble = {
  instance: "i-0a",
  kind: "ScheduledEvent",
  message: "instance-stop is scheduled",
  endsAt: now + 3_600_000,
};
const unhealthy = (type: string, reason: string, message: string) => ({ type, status: "False", reason, message });

describe("a node's own conditions", () => {
  test("are none of the claim's while nothing was ever wrong", () => {
    expect(changes({})).toEqual([]);
  });

  test.each([
    [
      { type: "Ready", status: "Unknown", reason: "NodeStatusUnknown", lastTransitionTime: at },
      "ReadyUnknown",
      `Ready=Unknown since ${at} (NodeStatusUnknown)`,
    ],
    [
      { type: "KernelReady", status: "False", reason: "SoftLockup", message: "CPU 3" },
      "KernelReadyFalse",
      "KernelReady=False (SoftLockup: CPU 3)",
    ],
    [{ type: "AcceleratedHardwareReady", status: "False" }, "AcceleratedHardwareReadyFalse", "AcceleratedHardwareReady=False"],
  ] as const)("are told where %j is a sign of trouble", (condition, reason, message) => {
    expect(changes({ node: node(condition) })).toMatchObject([{ conditions: [unhealthy("NodeHealthy", reason, message)] }]);
  });

  test("that mean no trouble are left alone", () => {
    expect(changes({ node: node({ type: "DiskPressure", status: "True" }, { type: "KernelReady", status: "Unknown" }) })).toEqual([]);
  });

  test("count once the node is initialized, and not on its way out", () => {
    const sick = node({ type: "Ready", status: "False" });
    expect(changes({ claim: claim(), node: sick })).toEqual([]);
    const leaving = { ...claim(initialized), metadata: { name: "general-1", deletionTimestamp: at } };
    expect(changes({ claim: leaving, node: sick })).toEqual([]);
  });

  test("that are well again are told once", () => {
    const known: ClaimCondition = {
      type: "NodeHealthy",
      status: "False",
      reason: "ReadyFalse",
      message: "Ready=False",
      lastTransitionTime: at,
    };
    const [change] = changes({ claim: claim(initialized, known) });
    expect(change?.conditions).toEqual([{ type: "NodeHealthy", status: "True", reason: "NodeHealthy", message: "" }]);
    if (change === undefined) throw new Error("no change");
    const status = statusWithHealth(change, now);
    expect(status).toMatchObject({ providerID });
    expect(status.conditions).toEqual([
      initialized,
      {
        type: "NodeHealthy",
        status: "True",
        reason: "NodeHealthy",
        message: "",
        lastTransitionTime: "2026-03-01T10:00:00Z",
        observedGeneration: 2,
      },
    ]);
    expect(changes({ claim: { ...claim(), status } })).toEqual([]);
  });
});

describe("what the cloud sees", () => {
  test("is told with the worst first, and keeps its time while it stays False", () => {
    const [change] = changes({ troubles: [scheduled, impaired] });
    const message = `${impaired.message}; ${scheduled.message}`;
    expect(change?.conditions).toEqual([unhealthy("InstanceHealthy", "InstanceImpaired", message)]);
    const known: ClaimCondition = {
      type: "InstanceHealthy",
      status: "False",
      reason: "ScheduledEvent",
      message: "",
      lastTransitionTime: at,
    };
    const [again] = changes({ claim: claim(initialized, known), troubles: [impaired] });
    if (again === undefined) throw new Error("no change");
    expect(statusWithHealth(again, now).conditions?.at(-1)).toMatchObject({ reason: "InstanceImpaired", lastTransitionTime: at });
  });

  test("of other instances is none of ours", () => {
    expect(changes({ troubles: [{ ...impaired, instance: "i-0b" }] })).toEqual([]);
  });

  test("stays as it was while the cloud does not say", () => {
    const known: ClaimCondition = {
      type: "InstanceHealthy",
      status: "False",
      reason: "InstanceImpaired",
      message: "x",
      lastTransitionTime: at,
    };
    expect(changes({ claim: claim(initialized, known), troubles: undefined })).toEqual([]);
    expect(changes({ claim: claim(initialized, known) })).toMatchObject([{ conditions: [{ type: "InstanceHealthy", status: "True" }] }]);
  });

  test("asks for a replacement where it is scheduled, once; where it is only impaired, for none", () => {
    const first = changes({ troubles: [scheduled] });
    expect(scheduledReplacements(first, [scheduled])).toMatchObject([
      {
        nodeClaim: { metadata: { name: "general-1" } },
        request: { reason: "ScheduledChange", message: scheduled.message, deadline: scheduled.endsAt },
      },
    ]);
    expect(scheduledReplacements(changes({ troubles: [impaired] }), [impaired])).toEqual([]);
    const told: ClaimCondition = {
      type: "InstanceHealthy",
      status: "False",
      reason: "ScheduledEvent",
      message: scheduled.message,
      lastTransitionTime: at,
    };
    expect(scheduledReplacements(changes({ claim: claim(initialized, told), troubles: [scheduled] }), [scheduled])).toEqual([]);
  });
});
