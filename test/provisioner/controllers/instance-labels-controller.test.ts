/**
 * The instance labels controller: labels follow the instance where only the cloud knows, and nothing else is written or asked.
 */
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import type { Change } from "../../../src/api/controller.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { CloudInstance } from "../../../src/api/ports.ts";
import { err, ok, type Result } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { instanceLabelsController } from "../../../src/provisioner/controllers/instance-labels-controller.ts";
import type { ProvisionerShell } from "../../../src/provisioner/controllers/shell.ts";

type Labels = Readonly<Record<string, string>>;

const aws = (name: string) => `karpenter.k8s.aws/${name}`;
const reserved: Labels = {
  "karpenter.sh/capacity-type": "reserved",
  [aws("capacity-reservation-id")]: "cr-1",
  [aws("capacity-reservation-type")]: "default",
  [aws("capacity-reservation-interruptible")]: "false",
};
const onDemandPatch = {
  "karpenter.sh/capacity-type": "on-demand",
  [aws("capacity-reservation-id")]: null,
  [aws("capacity-reservation-type")]: null,
  [aws("capacity-reservation-interruptible")]: null,
};
const placed: Labels = { "karpenter.sh/capacity-type": "on-demand", [aws("placement-group-id")]: "pg-1" };
const inThird = { [aws("placement-group-partition")]: "3" };
const providerID = "aws:///ap-southeast-1a/i-0a";

function claim(labels: Labels, change: Partial<NodeClaim["metadata"]> = {}): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-1", uid: "uid-1", labels, ...change },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    status: { providerID, nodeName: "node-1" },
  };
}

function node(labels: Labels, isRegistered = true): Node {
  const registered: Labels = isRegistered ? { "karpenter.sh/registered": "true" } : {};
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "node-1", uid: "uid-n", labels: { ...labels, ...registered } },
    spec: { providerID },
  };
}

function instance(change: Partial<CloudInstance> = {}): CloudInstance {
  return { providerID, instanceType: "m7i.large", zone: "ap-southeast-1a", capacityType: "on-demand", state: "running", ...change };
}

async function look(of: {
  readonly claim: NodeClaim;
  readonly node?: Node;
  readonly cloud?: Result<readonly CloudInstance[], string>;
  readonly refuses?: number;
}) {
  const { cloud = ok([instance()]) } = of;
  const written: unknown[] = [];
  let lists = 0;
  const patch: ApiClient["patch"] = (kind, _key, { body }) => {
    if (body.kind !== "merge") throw new Error("labels are merged");
    const { metadata } = body.patch as { readonly metadata: { readonly uid?: string; readonly labels: object } };
    written.push([kind, metadata.uid, metadata.labels]);
    return Promise.resolve(of.refuses === undefined ? ok({} as never) : err({ code: of.refuses, message: "no" }));
  };
  const shell = {
    client: { patch },
    provider: {
      serves: () => true,
      list: () => {
        lists += 1;
        return Promise.resolve(cloud);
      },
    },
    snapshot: () => snapshotOf([of.claim, ...(of.node === undefined ? [] : [of.node])]),
  } as unknown as ProvisionerShell;
  const { controller } = instanceLabelsController(shell);
  const requeue = await controller.act(controller.decide(await controller.observe({ namespace: "", name: "cluster" }), 0));
  return { written, lists, requeue };
}

const later = { kind: "after", delayMs: 60_000 };

describe("an instance that outlives its capacity reservation", () => {
  test("is on demand from then on, as its NodeClaim and its Node say", async () => {
    expect(await look({ claim: claim(reserved), node: node(reserved) })).toEqual({
      written: [
        ["NodeClaim", "uid-1", onDemandPatch],
        ["Node", "uid-n", onDemandPatch],
      ],
      lists: 1,
      requeue: later,
    });
  });

  test("is made so on its Node too where only the NodeClaim was written", async () => {
    const { written } = await look({ claim: claim({ "karpenter.sh/capacity-type": "on-demand" }), node: node(reserved) });
    expect(written).toEqual([["Node", "uid-n", onDemandPatch]]);
  });

  test("is none while it starts, while it is reserved, where it is not listed, or on its way out", async () => {
    const clouds = [[instance({ state: "pending" })], [instance({ capacityType: "reserved" })], [], [instance({ state: "terminated" })]];
    for (const cloud of clouds) {
      expect((await look({ claim: claim(reserved), node: node(reserved), cloud: ok(cloud) })).written).toEqual([]);
    }
    const leaving = claim(reserved, { deletionTimestamp: "2026-03-01T00:00:00Z" });
    expect(await look({ claim: leaving })).toEqual({ written: [], lists: 0, requeue: later });
  });
});

describe("the partition that EC2 chose", () => {
  const third = ok([instance({ partition: "3" })]);

  test("becomes a label of NodeClaim and Node; a Node that is not registered gets it with its registration", async () => {
    expect((await look({ claim: claim(placed), node: node(placed), cloud: third })).written).toEqual([
      ["NodeClaim", "uid-1", inThird],
      ["Node", "uid-n", inThird],
    ]);
    expect((await look({ claim: claim(placed), node: node(placed, false), cloud: third })).written).toEqual([
      ["NodeClaim", "uid-1", inThird],
    ]);
  });

  test("is looked for again soon while EC2 does not list the instance, and as ever where the group has no partitions", async () => {
    expect((await look({ claim: claim(placed), cloud: ok([]) })).requeue).toEqual({ kind: "after", delayMs: 5_000 });
    expect(await look({ claim: claim(placed) })).toEqual({ written: [], lists: 1, requeue: later });
  });

  test("is looked for when the launch is answered, before there is a Node", () => {
    const { triggers } = instanceLabelsController({} as unknown as ProvisionerShell);
    const keysOf = (change: Change<NodeClaim>) =>
      triggers.flatMap((trigger) => (trigger.watches === "NodeClaim" ? trigger.keysOf(change) : []));
    const before: NodeClaim = { ...claim(placed), status: {} };
    const cluster = [{ namespace: "", name: "cluster" }];
    expect(keysOf({ kind: "updated", before, object: claim(placed) })).toEqual(cluster);
    expect(keysOf({ kind: "updated", before: claim(placed), object: claim(placed) })).toEqual([]);
    expect(keysOf({ kind: "updated", before, object: claim({ ...placed, ...inThird }) })).toEqual([]);
    expect(keysOf({ kind: "updated", before, object: claim(reserved) })).toEqual([]);
  });
});

test("the cloud is not asked where its answer could change nothing", async () => {
  expect(await look({ claim: claim({ ...placed, ...inThird }), node: node({ ...placed, ...inThird }) })).toEqual({
    written: [],
    lists: 0,
    requeue: later,
  });
});

test("a cloud that does not answer and a write that failed are tried again; what is gone by now is no failure", async () => {
  expect((await look({ claim: claim(reserved), cloud: err("slow down") })).requeue).toEqual({ kind: "retry", reason: "slow down" });
  expect((await look({ claim: claim(reserved), refuses: 409 })).requeue).toEqual({ kind: "retry", reason: "NodeClaim general-1: no" });
  expect((await look({ claim: claim(reserved), refuses: 404 })).requeue).toEqual(later);
});
