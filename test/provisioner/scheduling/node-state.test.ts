/** A Node that has joined and is not registered yet is seen as its NodeClaim will make it. */
import { expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { Taint } from "../../../src/api/pod.ts";
import { nodeStates } from "../../../src/provisioner/scheduling/node-state.ts";

const team: Taint = { key: "team", value: "shop", effect: "NoSchedule" };
const startup: Taint = { key: "cni", effect: "NoSchedule" };
const unregistered: Taint = { key: "karpenter.sh/unregistered", effect: "NoExecute" };

const claim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: {
    name: "general-1",
    labels: { "karpenter.sh/nodepool": "general", "topology.kubernetes.io/zone": "ap-southeast-1a", tier: "web" },
  },
  spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [], taints: [team], startupTaints: [startup] },
  status: { providerID: "aws:///ap-southeast-1a/i-1" },
};

it("a bare kubelet's Node has the labels and the lasting taints of its NodeClaim, and keeps its own", () => {
  const [state] = statesOf(nodeWith({ labels: { "kubernetes.io/hostname": "ip-10-0-0-1" }, taints: [unregistered] }));
  expect(state).toMatchObject({
    nodePool: "general",
    labels: { "kubernetes.io/hostname": "ip-10-0-0-1", "topology.kubernetes.io/zone": "ap-southeast-1a", tier: "web" },
    taints: [team],
    initialized: false,
    accepting: true,
  });
});

it("a kubelet that brings its taints itself gets none of them twice, nor any that it left out on purpose", () => {
  const [twice] = statesOf(nodeWith({ labels: {}, taints: [unregistered, team] }));
  expect(twice?.taints).toEqual([team]);
  const [left] = statesOf(nodeWith({ labels: { "karpenter.sh/do-not-sync-taints": "true" }, taints: [unregistered] }));
  expect(left?.taints).toEqual([]);
});

it("once it is registered the Node speaks for itself", () => {
  const [state] = statesOf(nodeWith({ labels: { "karpenter.sh/registered": "true", tier: "changed" }, taints: [startup] }));
  expect(state).toMatchObject({ labels: { tier: "changed" }, taints: [] });
  expect(state?.labels).not.toHaveProperty("topology.kubernetes.io/zone");
});

function statesOf(node: Node) {
  return nodeStates({ nodes: [node], nodeClaims: [claim], pods: [], instanceTypes: new Map(), names: platformNames() });
}

function nodeWith({ labels, taints }: { readonly labels: Readonly<Record<string, string>>; readonly taints: readonly Taint[] }): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "ip-10-0-0-1", labels },
    spec: { providerID: "aws:///ap-southeast-1a/i-1", taints },
  };
}
