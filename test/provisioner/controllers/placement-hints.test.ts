/** Placement hints on their way: each Pod gets one, nodes that open at once get different Pods, and a refusal is told once. */
import { expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { apiClient } from "../../../src/cluster/api-client.ts";
import { objectTree } from "../../../src/kube/snapshot-of.ts";
import { placementHints } from "../../../src/provisioner/controllers/placement-hints.ts";
import { podClassHash } from "../../../src/provisioner/scheduling/pod-class.ts";
import { pod } from "../../support/objects.ts";

const names = platformNames();
const waiting = ["a", "b", "c"].map((name) => {
  const one = pod({ name, labels: { app: "web" } });
  return { ...one, metadata: { ...one.metadata, uid: `uid-${name}`, resourceVersion: "1" } };
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
  const {
    events: [note],
  } = await hints.give(opening("n1"));
  expect(note).toMatchObject({ type: "Warning", reason: "PlacementHintsRefused", regarding: { kind: "NodeClaim", name: "n1" } });
  expect(await hints.give(opening("n2"))).toEqual({ events: [], leadMs: 0 });
  expect(written).toHaveLength(1);
});

it.each([404, 409, 500, 0])("leaves a hint out that fails with %d, and goes on with others", async (status) => {
  const { hints, written } = open(status);
  for (const name of ["n1", "n2"]) expect((await hints.give(opening(name))).events).toEqual([]);
  expect(written).toHaveLength(2);
});

it("tries a hint that failed again once its Pod has changed, and before that tells others of the node", async () => {
  const { hints, written, tree } = open(500);
  const told = () => written.map(({ path }) => path.split("/").at(-2));
  for (let times = 0; times < 9; times += 1) await hints.give(opening("n1"));
  expect(told()).toEqual(["a", "b", "c"]);
  tree.put("Pod", versioned(11));
  await hints.give(opening("n1"));
  expect(told()).toEqual(["a", "b", "c", "a"]);
});

it("tells no more Pods than were planned while the watch has not brought the hints", async () => {
  const { hints, written } = open(200);
  for (let times = 0; times < 3; times += 1) await hints.give(opening("n1"));
  expect(written).toHaveLength(1);
});

it("lets a node wait a moment after its first hints, and none that has none", async () => {
  const { hints, tree, time } = open(200);
  const leads: number[] = [];
  for (const [now, version] of [
    [0, 11],
    [60, 21],
    [110, 31],
  ] as const) {
    time.now = now;
    leads.push((await hints.give(opening("n1"))).leadMs);
    tree.put("Pod", versioned(version));
  }
  expect(leads).toEqual([100, 40, 0]);
  expect((await hints.give({ ...opening("n2"), nodeClaim: unplanned(opening("n2").nodeClaim) })).leadMs).toBe(0);
});

it("tells the Pods of other nodes that wait to open first, and lets each node wait from its own hints on", async () => {
  const { hints, written, time } = open(200);
  const first = hints.give({ ...opening("n1"), closed: [opening("n2")] });
  expect((await Promise.all([first, hints.give(opening("n2"))])).map(({ leadMs }) => leadMs)).toEqual([100, 100]);
  expect(written.map(({ body }) => (body as { readonly status: unknown }).status)).toEqual([
    { nominatedNodeName: "n2" },
    { nominatedNodeName: "n1" },
  ]);
  time.now = 100;
  expect((await hints.give(opening("n2"))).leadMs).toBe(0);
});

it("tells a Pod again that has lost its nomination, and leaves it alone after a few times", async () => {
  const { hints, written, tree } = open(200);
  for (const { metadata } of waiting.slice(1)) tree.remove("Pod", { namespace: "shop", name: metadata.name ?? "" });
  for (let times = 1; times < 20; times += 1) {
    await hints.give(opening("n1"));
    const told = written.length;
    // An update that came before the hint says nothing of it; one that came after it tells that the scheduler has taken it back.
    for (const version of [told * 10 - 1, told * 10 + 1]) {
      await hints.give(opening("n1"));
      expect(written).toHaveLength(told);
      tree.put("Pod", versioned(version));
    }
  }
  expect(written).toHaveLength(6);
});

it("tells nobody of a node that has been open for a while", async () => {
  const { hints, written } = open(200);
  const nodeOpen = (at: string) => {
    const { nodeClaim, node } = opening("n1");
    const conditions = [{ type: "Initialized", status: "True" as const, reason: "Initialized", message: "", lastTransitionTime: at }];
    return { node, nodeClaim: { ...nodeClaim, status: { conditions } } };
  };
  await hints.give(nodeOpen("1969-12-31T23:59:39Z"));
  expect(written).toEqual([]);
  await hints.give(nodeOpen("1969-12-31T23:59:41Z"));
  expect(written).toHaveLength(1);
});

function open(status: number) {
  const written: { readonly path: string; readonly body: unknown }[] = [];
  const tree = objectTree();
  for (const one of waiting) tree.put("Pod", one);
  const client = apiClient({
    domain: names.domain,
    transport: {
      request: ({ path, body }) => {
        written.push({ path, body });
        return Promise.resolve(
          status === 200 ? { ok: true, status, body: versioned(10 * written.length) } : { ok: false, status, error: { code: status } },
        );
      },
      watch: () => {
        throw new Error("nothing is watched");
      },
    },
  });
  const time = { now: 0 };
  const clock = { now: () => time.now, sleep: () => Promise.resolve() };
  return { written, tree, time, hints: placementHints({ client, snapshot: () => tree.snapshot(), names, clock }) };
}

/** The first Pod, in a version of it. */
function versioned(version: number): Pod {
  const [first] = waiting;
  if (first === undefined) throw new Error("there are some");
  return { ...first, metadata: { ...first.metadata, resourceVersion: String(version) } };
}

function unplanned({ metadata, ...rest }: NodeClaim): NodeClaim {
  return { ...rest, metadata: { name: metadata.name ?? "" } };
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
