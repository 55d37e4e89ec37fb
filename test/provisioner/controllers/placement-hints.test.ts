/** Placement hints on their way: each Pod gets one, nodes that open at once get different Pods, and a refusal is told once. */
import { expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import { err, ok } from "../../../src/api/result.ts";
import { apiClient } from "../../../src/cluster/api-client.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { placementHints } from "../../../src/provisioner/controllers/placement-hints.ts";
import type { ProvisionerShell } from "../../../src/provisioner/controllers/shell.ts";
import { podClassHash } from "../../../src/provisioner/scheduling/pod-class.ts";
import { pod } from "../../support/objects.ts";

const names = platformNames();
const waiting = ["a", "b", "c"].map((name) => {
  const one = pod({ name, labels: { app: "web" } });
  return { ...one, metadata: { ...one.metadata, uid: `uid-${name}` } };
});

it("gives nodes that open at once different Pods, each by its uid", async () => {
  const { hints, written } = open(200);
  await Promise.all(["n1", "n2"].map((name) => hints.give(opening(name))));
  expect(written).toEqual([
    { path: "/api/v1/namespaces/shop/pods/a/status", body: { metadata: { uid: "uid-a" }, status: { nominatedNodeName: "n1" } } },
    { path: "/api/v1/namespaces/shop/pods/b/status", body: { metadata: { uid: "uid-b" }, status: { nominatedNodeName: "n2" } } },
  ]);
});

it("tells once that the API server refuses hints, and gives none from then on", async () => {
  const { hints, written } = open(403);
  const [note] = await hints.give(opening("n1"));
  expect(note).toMatchObject({ type: "Warning", reason: "PlacementHintsRefused", regarding: { kind: "NodeClaim", name: "n1" } });
  expect(await hints.give(opening("n2"))).toEqual([]);
  expect(written).toHaveLength(1);
});

it.each([404, 409, 500, 0])("leaves a hint out that fails with %d, and goes on with others", async (status) => {
  const { hints, written } = open(status);
  for (const name of ["n1", "n2"]) expect(await hints.give(opening(name))).toEqual([]);
  expect(written).toHaveLength(2);
});

function open(status: number) {
  const written: { readonly path: string; readonly body: unknown }[] = [];
  const client = apiClient({
    domain: names.domain,
    transport: {
      request: ({ path, body }) => {
        written.push({ path, body });
        return Promise.resolve(status === 200 ? { ok: true, status, body: waiting[0] } : { ok: false, status, error: { code: status } });
      },
      watch: () => {
        throw new Error("nothing is watched");
      },
    },
  });
  const snapshot = snapshotOf(waiting);
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
  const clock = { now: () => 0, sleep: () => Promise.resolve() };
  return { written, hints: placementHints({ client, snapshot: () => snapshot, world, provider, names, clock }) };
}

/** A node that is about to open, planned for one Pod. */
function opening(name: string): { readonly nodeClaim: NodeClaim; readonly node: Node } {
  const planned = waiting[0] === undefined ? "" : `${podClassHash(waiting[0])}=1`;
  return {
    node: { apiVersion: "v1", kind: "Node", metadata: { name } },
    nodeClaim: {
      apiVersion: "karpenter.sh/v1",
      kind: "NodeClaim",
      metadata: { name, annotations: { [names.plannedPodsAnnotation]: planned } },
      spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [] },
    },
  };
}
