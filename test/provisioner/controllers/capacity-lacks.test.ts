/**
 * When a claim last lacked capacity is remembered over a launch that failed for another reason.
 */
import { expect, test } from "vitest";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import { capacityLacks } from "../../../src/provisioner/controllers/capacity-lacks.ts";

/** A claim whose last launch came to this. */
function claim(uid: string, reason: string): NodeClaim {
  const lastTransitionTime = "2026-01-01T00:00:00Z";
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-1", uid },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    status: { conditions: [{ type: "Launched", status: "Unknown", reason, message: "", lastTransitionTime }] },
  };
}

test("a claim that lacked capacity and then failed is known to have lacked it, and another of its name is not", () => {
  const time = { now: 1 };
  const lacks = capacityLacks({ now: () => time.now });
  expect(lacks(claim("a", "LaunchFailed"))).toBeUndefined();
  expect(lacks(claim("a", "InsufficientCapacityError"))).toBe(1);
  time.now = 7;
  expect(lacks(claim("a", "InsufficientCapacityError"))).toBe(7);
  time.now = 9;
  expect(lacks(claim("a", "LaunchFailed"))).toBe(7);
  expect(lacks(claim("b", "LaunchFailed"))).toBeUndefined();
});
