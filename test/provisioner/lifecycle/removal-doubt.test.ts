/**
 * Removal doubt: which garbage may be none, for what the API server remembers and what the cloud lists.
 */
import { describe, expect, test } from "vitest";
import type { Lease } from "../../../src/api/lease.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { CloudInstance } from "../../../src/api/ports.ts";
import type { Garbage } from "../../../src/provisioner/lifecycle/garbage.ts";
import { doubtedGarbage, type ApiRecord } from "../../../src/provisioner/lifecycle/removal-doubt.ts";

const annotation = "platform.example.com/record";
const now = Date.parse("2026-03-01T12:00:00Z");
const hourMs = 3_600_000;
const providerID = "aws:///ap-southeast-1a/i-1";

const lease: Lease = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: {
    name: "plimsoll",
    creationTimestamp: "2026-01-01T00:00:00Z",
    annotations: { [annotation]: "2026-03-01T08:00:00Z/2026-03-01T10:00:00Z,2026-03-01T11:00:00Z" },
  },
  spec: { renewTime: "2026-03-01T12:00:00.000000Z" },
};
const read: ApiRecord = { kind: "read", lease, annotation };

function instance(launchedAt: number | undefined): CloudInstance {
  return {
    ...{ providerID, nodeClaim: "general-1", nodePool: "general", instanceType: "m7i.large", zone: "ap-southeast-1a" },
    ...{ capacityType: "on-demand", state: "running", ...(launchedAt === undefined ? {} : { launchedAt }) },
  };
}

const claim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1" },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
  status: { providerID },
};
const node: Node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" }, spec: { providerID } };

describe("an instance without a NodeClaim", () => {
  test.each<[string, number | undefined, ApiRecord, "garbage" | "later" | RegExp]>([
    ["of a time that is recorded is garbage", now - hourMs / 2, read, "garbage"],
    ["of an older time that is recorded is garbage", now - 3 * hourMs, read, "garbage"],
    ["of the hour that a restore has lost is doubted", now - 1.5 * hourMs, read, /no record of the time of their launch/],
    ["of before the record is doubted", now - 5 * hourMs, read, /no record/],
    ["of a moment that the record has still to reach waits", now - 1_000, read, "later"],
    ["that says no time is doubted", undefined, read, /no record/],
    ["is doubted where there is no Lease", now - hourMs / 2, { ...read, lease: undefined }, /no record/],
    [
      "is doubted where the record can't be read",
      now - hourMs / 2,
      { kind: "unread", problem: "forbidden" },
      /can't be read \(forbidden\)/,
    ],
    ["is garbage where nobody keeps a record", undefined, { kind: "kept-by-nobody" }, "garbage"],
  ])("%s", (_what, launchedAt, record, expected) => {
    const one = instance(launchedAt);
    const { garbage, doubts } = doubtedGarbage(
      { instances: [one], nodeClaims: [], endedClaims: [] },
      { record, instances: [one], nodes: [] },
    );
    expect(garbage.instances).toHaveLength(expected === "later" ? 0 : 1);
    if (expected instanceof RegExp) expect(doubts.get(one)).toMatch(expected);
    else expect(doubts.size).toBe(0);
  });
});

describe("a NodeClaim without an instance", () => {
  const found: Garbage = { instances: [], nodeClaims: [claim], endedClaims: [] };
  const doubted = (instances: readonly CloudInstance[], nodes: readonly Node[]) =>
    doubtedGarbage(found, { record: read, instances, nodes }).doubts.get(claim);

  test("is doubted where the cloud lists nothing at all and its Node still stands", () => {
    expect(doubted([], [node])).toContain("the cloud lists no instance of this cluster at all");
  });

  test("is believed where its Node is gone too, or the cloud lists others", () => {
    expect(doubted([], [])).toBeUndefined();
    expect(doubted([{ ...instance(now), providerID: "aws:///ap-southeast-1a/i-2", state: "terminated" }], [node])).toBeUndefined();
  });
});
