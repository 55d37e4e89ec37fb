/**
 * The Node controller around its decision: whose Nodes it looks at, and whom it asks before one without a NodeClaim is let go.
 */
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { NodeClassReference } from "../../../src/api/ports.ts";
import { err, ok } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { nodeController } from "../../../src/provisioner/controllers/node-controller.ts";
import type { ProvisionerShell } from "../../../src/provisioner/controllers/shell.ts";
import { nodePool } from "../../support/objects.ts";

const ours: NodeClassReference = { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" };
const autoMode: NodeClassReference = { group: "eks.amazonaws.com", kind: "NodeClass", name: "default" };
const providerID = "aws:///ap-southeast-1a/i-1";

function claim(nodeClassRef: NodeClassReference): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-1", uid: "uid-1" },
    spec: { nodeClassRef, requirements: [] },
    status: { providerID },
  };
}

function node(labels: Readonly<Record<string, string>> = {}): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "node-1", labels, deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["karpenter.sh/termination"] },
    spec: { providerID },
  };
}

/** What is done about a Node; `stored` is what the API server has beyond the snapshot. */
async function doneAbout(
  of: Node,
  { objects = [], stored = [] }: { readonly objects?: readonly KubeObject[]; readonly stored?: readonly NodeClaim[] | "unanswered" },
) {
  const done: string[] = [];
  const client = {
    list: () => Promise.resolve(stored === "unanswered" ? err({ code: 0, message: "no answer" }) : ok(stored)),
    delete: (kind: string, { name }: { readonly name: string }) => {
      done.push(`delete ${kind} ${name}`);
      return Promise.resolve(ok("deleted" as const));
    },
    patch: (kind: string, { name }: { readonly name: string }) => {
      done.push(`release ${kind} ${name}`);
      return Promise.resolve(ok(of));
    },
  } as unknown as ApiClient;
  const shell = {
    client,
    snapshot: () => snapshotOf([of, ...objects]),
    provider: { serves: ({ group }: NodeClassReference) => group === ours.group },
  } as unknown as ProvisionerShell;
  const { controller } = nodeController(shell);
  const observed = await controller.observe({ namespace: "", name: "node-1" });
  const requeue = observed === undefined ? undefined : await controller.act(controller.decide(observed, 0));
  return { done, requeue };
}

describe("a Node that is deleted", () => {
  test("takes a NodeClaim of ours with it, and leaves one of EKS Auto Mode alone", async () => {
    expect((await doneAbout(node(), { objects: [claim(ours)] })).done).toEqual(["delete NodeClaim general-1"]);
    expect((await doneAbout(node(), { objects: [claim(autoMode)] })).done).toEqual([]);
  });

  test("is let go where nobody has a NodeClaim for it", async () => {
    expect((await doneAbout(node(), {})).done).toEqual(["release Node node-1"]);
  });

  test("is not let go where the API server has one that the watch has yet to bring, or does not answer", async () => {
    const late = await doneAbout(node(), { stored: [claim(ours)] });
    expect([late.done, late.requeue?.kind]).toEqual([[], "after"]);
    const silent = await doneAbout(node(), { stored: "unanswered" });
    expect([silent.done, silent.requeue?.kind]).toEqual([[], "retry"]);
  });

  test("of EKS Auto Mode is Auto Mode's to let go, known by its label or by its NodePool", async () => {
    expect((await doneAbout(node({ "eks.amazonaws.com/compute-type": "auto" }), {})).done).toEqual([]);
    const base = nodePool({ name: "auto" });
    const { template } = base.spec;
    const pool = { ...base, spec: { ...base.spec, template: { ...template, spec: { ...template.spec, nodeClassRef: autoMode } } } };
    expect((await doneAbout(node({ "karpenter.sh/nodepool": "auto" }), { objects: [pool] })).done).toEqual([]);
  });
});
