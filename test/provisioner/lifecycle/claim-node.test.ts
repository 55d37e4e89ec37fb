/**
 * Which Node is a claim's: a name alone does not say, since EC2 gives addresses again.
 */
import { expect, test } from "vitest";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { claimOf, nodeOf } from "../../../src/provisioner/lifecycle/claim-node.ts";

const nodeName = "ip-10-0-1-7.ec2.internal";

function claim(name: string, providerID: string, of: { readonly nodeName?: string } = {}): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name, uid: `uid-${name}` },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    status: { providerID, ...of },
  };
}

function node(providerID?: string): Node {
  const spec = providerID === undefined ? {} : { providerID };
  return { apiVersion: "v1", kind: "Node", metadata: { name: nodeName, uid: "uid-node" }, spec };
}

const gone = claim("gone", "aws:///a/i-1", { nodeName });
const heir = claim("heir", "aws:///a/i-2");

test("a Node that got the address of an instance that is gone is not its claim's", () => {
  const shown = node("aws:///a/i-2");
  const snapshot = snapshotOf([gone, heir, shown]);
  expect(nodeOf(snapshot, gone)).toBeUndefined();
  expect(nodeOf(snapshot, heir)).toBe(shown);
  expect(claimOf(snapshot, shown)?.metadata.name).toBe("heir");
  expect(claimOf(snapshotOf([gone, shown]), shown)).toBeUndefined();
});

test("a Node that does not say its instance is its claim's by name", () => {
  const shown = node();
  const snapshot = snapshotOf([gone, shown]);
  expect(nodeOf(snapshot, gone)).toBe(shown);
  expect(claimOf(snapshot, shown)?.metadata.name).toBe("gone");
});
