/**
 * The provider without a cloud: what it chooses, which Node joins, when, and what counts as an instance.
 */
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../src/api/api-client.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { Node } from "../../src/api/node.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { ok } from "../../src/api/result.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { kwokJoin } from "../../src/kwok/kwok-join.ts";
import { kwokNode } from "../../src/kwok/kwok-node.ts";
import { kwokProvider } from "../../src/kwok/kwok-provider.ts";
import { garbageOf, orphanAgeMs } from "../../src/provisioner/lifecycle/garbage.ts";
import { nodePool } from "../support/objects.ts";
import { customNodeClass } from "../ec2/custom-node-class.ts";
import { launchCandidates, launchResult } from "../../src/provisioner/lifecycle/launch.ts";

const launchedAt = Date.parse("2026-01-01T00:00:00Z");
const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b"] });

/** The two writes that the provider and its controller make, kept. */
function world(objects: readonly KubeObject[]) {
  const written: unknown[] = [];
  const patch: ApiClient["patch"] = (kind, key, { body }) => {
    written.push([kind, key.name, body]);
    return Promise.resolve({ ok: false, error: { code: 404 } });
  };
  const create: ApiClient["create"] = (_kind, object) => {
    written.push(object);
    return Promise.resolve(ok(object));
  };
  const snapshot = () => snapshotOf(objects);
  return {
    written,
    client: { patch, create },
    snapshot,
    provider: kwokProvider({ client: { patch }, snapshot, instanceTypes: () => instanceTypes }),
  };
}

function claim(change: { readonly zone?: string; readonly status?: NodeClaim["status"]; readonly deleted?: boolean } = {}): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      name: "general-1",
      uid: "uid-1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { "karpenter.sh/nodepool": "general" },
      ...(change.deleted === true ? { deletionTimestamp: "2026-01-01T00:01:00Z" } : {}),
    },
    spec: {
      nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
      requirements: [
        { key: "topology.kubernetes.io/zone", operator: "In", values: [change.zone ?? "ap-southeast-1b"] },
        { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
      ],
      taints: [{ key: "team", value: "shop", effect: "NoSchedule" }],
      startupTaints: [{ key: "cni", effect: "NoExecute" }],
      resources: { requests: { cpu: "3", memory: "6Gi" } },
    },
    ...(change.status === undefined ? {} : { status: change.status }),
  };
}

async function launched(change: Parameters<typeof claim>[0] = {}): Promise<NodeClaim> {
  const made = claim(change);
  const outcome = await world([]).provider.create(made, launchCandidates(made, instanceTypes));
  const result = launchResult({ nodeClaim: made, outcome, now: launchedAt });
  if (result.kind !== "launched") throw new Error(`launched, not ${result.kind}`);
  return { ...made, metadata: { ...made.metadata, labels: { ...made.metadata.labels, ...result.labels } }, status: result.status };
}

describe("the types of a NodeClass", () => {
  const reference = { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" };
  const withZone = { ...customNodeClass, status: { subnets: [{ id: "subnet-b", zone: "ap-southeast-1b" }] } };

  test("are the catalogue's where the class is not in the cluster, or is of another kind", async () => {
    const { provider } = world([]);
    expect(await provider.instanceTypes(reference)).toEqual(ok(instanceTypes));
    expect(await world([withZone]).provider.instanceTypes({ ...reference, kind: "OtherClass" })).toEqual(ok(instanceTypes));
  });

  test("are in the zones of its subnets, and the same list as long as nothing changes", async () => {
    const { provider } = world([withZone]);
    const types = await provider.instanceTypes(reference);
    if (!types.ok) throw new Error(types.error);
    const offered = types.value.flatMap(({ offerings }) => offerings.map(({ zone }) => zone));
    expect(new Set(offered)).toEqual(new Set(["ap-southeast-1b"]));
    const again = await provider.instanceTypes(reference);
    expect(again.ok && again.value).toBe(types.value);
  });
});

test("the types of a NodeClass cost what the given prices say", async () => {
  const prices = { asOf: "today", onDemand: () => 5, spot: () => 1 };
  const snapshot = () => snapshotOf([customNodeClass, nodePool()]);
  const provider = kwokProvider({ client: world([]).client, snapshot, instanceTypes: () => [], prices });
  const types = await provider.instanceTypes({ group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" });
  const large = types.ok ? types.value.find(({ name }) => name === "c5.large") : undefined;
  expect(new Set(large?.offerings.map(({ pricePerHour }) => pricePerHour))).toEqual(new Set([5, 1]));
});

describe("the choice", () => {
  test("is in the region of its zone, also where that is a local zone", async () => {
    const made = claim({ zone: "us-east-1-bos-1a" });
    const outcome = await world([]).provider.create(made, launchCandidates(made, catalogInstanceTypes({ zones: ["us-east-1-bos-1a"] })));
    expect(outcome).toMatchObject({ kind: "launched", labels: { "topology.kubernetes.io/region": "us-east-1" } });
  });
  test("is the cheapest offering that the claim allows and that holds what it asks for", async () => {
    const { metadata, status } = await launched();
    const [cheapest] = launchCandidates(claim(), instanceTypes);
    expect(metadata.labels).toMatchObject({
      "node.kubernetes.io/instance-type": cheapest?.name,
      "topology.kubernetes.io/zone": "ap-southeast-1b",
      "topology.kubernetes.io/region": "ap-southeast-1",
      "karpenter.sh/capacity-type": "on-demand",
      "kubernetes.io/arch": expect.stringMatching(/^(amd|arm)64$/) as string,
    });
    expect(status).toMatchObject({ providerID: "kwok://general-1", conditions: [{ type: "Launched", status: "True" }, {}, {}, {}] });
    for (const type of instanceTypes.filter(
      ({ allocatable }) => (allocatable["cpu"] ?? 0) >= 3000 && (allocatable["memory"] ?? 0) >= 6 * 1024 ** 3,
    )) {
      const price = type.offerings.find(
        ({ zone, capacityType }) => zone === "ap-southeast-1b" && capacityType === "on-demand",
      )?.pricePerHour;
      expect(cheapest?.offerings[0]?.pricePerHour).toBeLessThanOrEqual(price ?? Infinity);
    }
  });

  test("is the same when it is made again after its labels were written and its status was not", async () => {
    const once = await launched();
    const { status, ...halfWritten } = once;
    const outcome = await world([]).provider.create(halfWritten, launchCandidates(halfWritten, instanceTypes));
    expect(launchResult({ nodeClaim: halfWritten, outcome, now: launchedAt })).toMatchObject({ kind: "launched", status });
  });

  test("of nothing is a lack of capacity", async () => {
    const far = claim({ zone: "ap-southeast-1z" });
    expect(await world([]).provider.create(far, launchCandidates(far, instanceTypes))).toMatchObject({ kind: "insufficient-capacity" });
  });
});

test("the Node that joins is unready, unregistered, and says what a registered node says", async () => {
  const node = kwokNode(await launched());
  expect(node).toMatchObject({
    metadata: {
      name: "general-1",
      annotations: { "kwok.x-k8s.io/node": "fake" },
      labels: { "kubernetes.io/hostname": "general-1", "kubernetes.io/os": "linux", "karpenter.sh/nodepool": "general" },
    },
    spec: {
      providerID: "kwok://general-1",
      taints: [
        { key: "karpenter.sh/unregistered", effect: "NoExecute" },
        { key: "team", value: "shop", effect: "NoSchedule" },
        { key: "cni", effect: "NoExecute" },
      ],
    },
    status: { conditions: [{ type: "Ready", status: "False" }] },
  });
  expect(node.status?.allocatable).toMatchObject({ cpu: expect.any(String) as string, memory: expect.any(String) as string });
});

describe("joining", () => {
  const look = async (objects: readonly KubeObject[], now: number) => {
    const { written, client, snapshot } = world(objects);
    const { controller } = kwokJoin({ client, snapshot, joinDelayMs: () => 5_000 });
    const seen = await controller.observe({ namespace: "", name: "general-1" });
    if (seen === undefined) return { requeue: "nothing", written };
    const requeue = await controller.act(controller.decide(seen, now));
    return { requeue, written };
  };

  test("waits for its delay, counted from the launch that the claim tells of", async () => {
    expect(await look([await launched()], launchedAt + 2_000)).toMatchObject({ requeue: { kind: "after", delayMs: 3_000 }, written: [] });
    expect(await look([await launched()], launchedAt + 5_000)).toMatchObject({ written: [{ kind: "Node" }] });
  });

  test("happens once: not beside its Node, not after it was registered, not while the claim is being deleted", async () => {
    const one = await launched();
    expect((await look([one, kwokNode(one)], launchedAt + 9_000)).written).toEqual([]);
    expect((await look([{ ...one, status: { ...one.status, nodeName: "general-1" } } as KubeObject], launchedAt + 9_000)).written).toEqual(
      [],
    );
    expect((await look([await launched({ deleted: true })], launchedAt + 9_000)).written).toEqual([]);
    expect((await look([claim()], launchedAt + 9_000)).written).toEqual([]);
    expect((await look([], launchedAt)).requeue).toBe("nothing");
  });
});

describe("instances", () => {
  const states = async (objects: readonly KubeObject[]) => {
    const listed = await world(objects).provider.list();
    return listed.ok ? listed.value.map(({ nodeClaim, state }) => `${nodeClaim ?? ""} ${state}`) : listed.error;
  };

  test("are the Nodes, and the launched claims whose Node is still to join", async () => {
    const one = await launched();
    expect(await states([claim()])).toEqual([]);
    expect(await states([one])).toEqual(["general-1 pending"]);
    expect(await states([one, kwokNode(one)])).toEqual(["general-1 running"]);
    expect(await states([kwokNode(one)])).toEqual(["general-1 running"]);
  });

  test("end with their Node's annotation, and one without a Node is gone with its claim", async () => {
    const one = await launched();
    const { provider, written } = world([one, kwokNode(one)]);
    expect(await provider.delete({ nodeClaim: "general-1", providerID: "kwok://general-1" })).toEqual(ok("gone"));
    expect(written).toEqual([
      ["Node", "general-1", { kind: "merge", patch: { metadata: { annotations: { "kwok.x-k8s.io/node": "ended" } } } }],
    ]);
    const ended: Node = { ...kwokNode(one), metadata: { ...kwokNode(one).metadata, annotations: { "kwok.x-k8s.io/node": "ended" } } };
    expect(await world([one, ended]).provider.get({ nodeClaim: "general-1" })).toEqual(ok(undefined));
    expect(await world([await launched({ deleted: true })]).provider.get({ nodeClaim: "general-1" })).toEqual(ok(undefined));
  });
});

describe("garbage", () => {
  const instance = {
    providerID: "kwok://general-1",
    nodeClaim: "general-1",
    instanceType: "m7i.large",
    zone: "a",
    capacityType: "on-demand",
    state: "running",
    launchedAt,
  } as const;
  const now = launchedAt + orphanAgeMs;
  const registered = async (): Promise<NodeClaim> => {
    const one = await launched();
    const conditions = (one.status?.conditions ?? []).map((condition) => ({ ...condition, status: "True" as const }));
    return { ...one, status: { ...one.status, conditions, nodeName: "general-1" } };
  };
  const found = (of: Partial<Parameters<typeof garbageOf>[0]>) => {
    const garbage = garbageOf({ instances: [], nodeClaims: [], nodes: [], now, ...of });
    return [...garbage.instances.map(({ providerID }) => providerID), ...garbage.nodeClaims.map(({ metadata }) => metadata.name)];
  };

  test("is an instance without a claim, once it is old enough", () => {
    expect(found({ instances: [instance] })).toEqual(["kwok://general-1"]);
    expect(found({ instances: [instance], now: now - 1 })).toEqual([]);
    expect(found({ instances: [{ ...instance, state: "terminated" }] })).toEqual([]);
  });

  test("is not an instance that carries no tag of ours, or whose claim is not launched yet", () => {
    const { nodeClaim, ...foreign } = instance;
    expect(found({ instances: [foreign] })).toEqual([]);
    expect(found({ instances: [{ ...foreign, nodeClaim }] })).not.toEqual([]);
    expect(found({ instances: [instance], nodeClaims: [claim()] })).toEqual([]);
  });

  test("is the second instance of a claim that has another", async () => {
    const second = { ...instance, providerID: "kwok://general-2" };
    expect(found({ instances: [instance, second], nodeClaims: [await launched()] })).toEqual(["kwok://general-2"]);
  });

  test("is a registered claim whose instance is gone, unless its Node is ready", async () => {
    const one = await registered();
    const node = kwokNode(one);
    const ready: Node = {
      ...node,
      metadata: { ...node.metadata, labels: { ...node.metadata.labels, "karpenter.sh/registered": "true" } },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    };
    expect(found({ nodeClaims: [one] })).toEqual(["general-1"]);
    expect(found({ nodeClaims: [one], nodes: [ready] })).toEqual([]);
    expect(found({ nodeClaims: [one], instances: [instance] })).toEqual([]);
    expect(found({ nodeClaims: [await launched()] })).toEqual([]);
  });
});
