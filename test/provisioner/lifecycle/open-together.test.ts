/** Opening together: a node whose siblings have no Node yet is kept closed, for a while. */
import { expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import { claimStatusAfter } from "../../../src/provisioner/lifecycle/claim-status.ts";
import { capacityReason } from "../../../src/provisioner/lifecycle/launch.ts";
import { openTogetherMaxMs, togetherLeft } from "../../../src/provisioner/lifecycle/open-together.ts";

const names = platformNames();
const start = Date.parse("2026-01-01T00:00:00Z");
const second = 1_000;

const sibling = claim("b", { planned: "web=1,db=1" });
const rows: readonly [what: string, others: readonly NodeClaim[], held: boolean, at?: number][] = [
  ["a node alone", [], false],
  ["a node whose sibling has no Node yet", [sibling], true],
  ["a node whose sibling has its Node", [claim("joined", { planned: "web=1" })], false],
  ["a node whose sibling has no Node for too long", [sibling], false, openTogetherMaxMs],
  ["a node that is there before its time, by our clock", [sibling], false, -second],
  ["a node beside one for other Pods", [claim("b", { planned: "db=1" })], false],
  ["a node beside one that nobody planned", [claim("b", { planned: "" })], false],
  ["a node beside one that was made long before", [claim("b", { planned: "web=1", madeMs: -10 * second })], false],
  ["a node beside one that was made long after", [claim("b", { planned: "web=1", madeMs: 10 * second })], false],
  ["a node beside one that is going", [leaving(sibling)], false],
  ["a node beside one that lacks capacity", [lacking(sibling)], false],
  ["a node of which one of two siblings is there", [claim("joined", { planned: "web=1" }), sibling], true],
];

it.each(rows)("%s is kept closed, or not", (_what, others, held, at = 0) => {
  expect(left(others, at) > 0).toBe(held);
});

it("is looked at again no later than it opens", () => {
  expect(left([sibling], openTogetherMaxMs - 7)).toBe(7);
  expect(left([sibling], 0)).toBeLessThan(openTogetherMaxMs);
});

function left(others: readonly NodeClaim[], at: number): number {
  const node: Node = { apiVersion: "v1", kind: "Node", metadata: { name: "a", creationTimestamp: new Date(start).toISOString() } };
  const nodeClaim = claim("a", { planned: "web=2" });
  const hasNode = ({ metadata }: NodeClaim): boolean => metadata.name === "a" || metadata.name === "joined";
  return togetherLeft({ nodeClaim, node, others: [nodeClaim, ...others], hasNode, names, now: start + at });
}

function claim(name: string, { planned, madeMs = 0 }: { readonly planned: string; readonly madeMs?: number }): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      name,
      creationTimestamp: new Date(start + madeMs).toISOString(),
      annotations: { [names.plannedPodsAnnotation]: planned },
    },
    spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [] },
  };
}

function leaving(one: NodeClaim): NodeClaim {
  return { ...one, metadata: { ...one.metadata, deletionTimestamp: "2026-01-01T00:00:01Z" } };
}

function lacking(one: NodeClaim): NodeClaim {
  const lack = { type: "Launched", status: "Unknown", reason: capacityReason, message: "none" } as const;
  return { ...one, status: claimStatusAfter(one, { conditions: [lack], now: start }) };
}
