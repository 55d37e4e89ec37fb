/**
 * Garbage collection around its decision: what is written before anything ends, what is asked once more, and what is only told.
 */
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { CloudInstance, CloudProvider } from "../../../src/api/ports.ts";
import { platformNames } from "../../../src/api/labels.ts";
import { err, ok } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { garbageCollection } from "../../../src/provisioner/controllers/garbage-collection.ts";
import { nodePool } from "../../support/objects.ts";

const nodeClassRef = { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" };
const pool = nodePool({ name: "general" });

function instance(index: number, change: Partial<CloudInstance> = {}): CloudInstance {
  return {
    providerID: `aws:///ap-southeast-1a/i-${index}`,
    nodeClaim: `general-${index}`,
    nodePool: "general",
    instanceType: "m7i.large",
    zone: "ap-southeast-1a",
    capacityType: "on-demand",
    state: "running",
    ...change,
  };
}

function claim(index: number): NodeClaim {
  const { providerID, nodeClaim = "" } = instance(index);
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: nodeClaim, uid: `uid-${index}`, labels: { "karpenter.sh/nodepool": "general" } },
    spec: { nodeClassRef, requirements: [] },
    status: { providerID, nodeName: nodeClaim },
  };
}

/** A cloud and an API server that tell in order what is asked of them. */
function world(of: {
  readonly instances?: readonly CloudInstance[];
  readonly objects?: readonly KubeObject[];
  /** What the API server itself has, beyond the snapshot. */
  readonly stored?: readonly NodeClaim[];
  /** What the cloud says of one instance alone. */
  readonly alone?: CloudInstance;
  readonly patches?: "conflict";
}) {
  const done: string[] = [];
  const provider: CloudProvider = {
    name: "test",
    serves: ({ group }) => group === nodeClassRef.group,
    instanceTypes: () => Promise.resolve(ok([])),
    create: () => Promise.reject(new Error("nothing is launched here")),
    get: ({ providerID = "" }) => {
      done.push(`look ${providerID}`);
      return Promise.resolve(ok(of.alone));
    },
    list: () => Promise.resolve(ok(of.instances ?? [])),
    delete: ({ providerID = "" }) => {
      done.push(`end ${providerID}`);
      return Promise.resolve(ok("terminating" as const));
    },
  };
  const unused = () => Promise.reject(new Error("not asked for here"));
  const get = ((_kind: string, { name }: { readonly name: string }) => {
    const found = of.stored?.find(({ metadata }) => metadata.name === name);
    return Promise.resolve(found === undefined ? err({ code: 404 }) : ok(found));
  }) as ApiClient["get"];
  const client: ApiClient = {
    ...{ create: unused, list: unused, replace: unused, apply: unused, applyStatus: unused, evict: unused, request: unused },
    get,
    patch: (kind, { name }, { body }) => {
      done.push(`patch ${kind} ${name} ${Object.keys(annotationsIn(body)).join()}`);
      return Promise.resolve(of.patches === "conflict" ? err({ code: 409, message: "changed meanwhile" }) : ok(pool as never));
    },
    delete: (kind, { name }) => {
      done.push(`delete ${kind} ${name}`);
      return Promise.resolve(ok("deleted" as const));
    },
  };
  const { controller } = garbageCollection({
    client,
    provider,
    snapshot: () => snapshotOf([pool, ...(of.objects ?? [])]),
    names: platformNames(),
    clock: { now: () => 60_000, sleep: () => Promise.resolve() },
    world: () => {
      throw new Error("nothing is compiled here");
    },
  });
  const look = async () => {
    const observed = await controller.observe({ namespace: "", name: "cluster" });
    const step = controller.decide(observed, 60_000);
    return { step, requeue: await controller.act(step) };
  };
  return { done, look };
}

function annotationsIn(body: unknown): Readonly<Record<string, unknown>> {
  const { patch } = body as { readonly patch: { readonly metadata: { readonly annotations: Readonly<Record<string, unknown>> } } };
  return patch.metadata.annotations;
}

const removals = "platform.example.com/removals";

describe("an orphaned instance", () => {
  test("is written down on its NodePool, and then ended", async () => {
    const { done, look } = world({ instances: [instance(1)] });
    expect((await look()).requeue).toEqual({ kind: "after", delayMs: 30_000 });
    expect(done).toEqual([`patch NodePool general ${removals}`, "end aws:///ap-southeast-1a/i-1"]);
  });

  test("is not ended where that can't be written", async () => {
    const { done, look } = world({ instances: [instance(1)], patches: "conflict" });
    expect((await look()).requeue).toMatchObject({ kind: "retry", reason: "NodePool general: changed meanwhile" });
    expect(done).toEqual([`patch NodePool general ${removals}`]);
  });

  test("whose NodeClaim the API server knows though the snapshot does not is left alone", async () => {
    const { done, look } = world({ instances: [instance(1)], stored: [claim(1)] });
    await look();
    expect(done).toEqual([`patch NodePool general ${removals}`]);
  });

  test("without our tag is not touched, whatever else it says", async () => {
    const untagged = Object.fromEntries(Object.entries(instance(1)).filter(([name]) => name !== "nodeClaim")) as unknown as CloudInstance;
    const { done, look } = world({ instances: [untagged] });
    expect((await look()).step.kind).toBe("clean");
    expect(done).toEqual([]);
  });
});

test("instances of NodeClaims that EKS Auto Mode serves are nobody's garbage, and hold nothing up", async () => {
  const ofAutoMode = [1, 2, 3, 4, 5].map((index): NodeClaim => {
    const nodeClassRefOfAutoMode = { group: "eks.amazonaws.com", kind: "NodeClass", name: "default" };
    return { ...claim(index), spec: { nodeClassRef: nodeClassRefOfAutoMode, requirements: [] } };
  });
  const { done, look } = world({ objects: ofAutoMode, instances: [1, 2, 3, 4, 5].map((index) => instance(index)) });
  const { step } = await look();
  expect(step.kind).toBe("clean");
  expect(step.events ?? []).toEqual([]);
  expect(done).toEqual([]);
});

describe("a NodeClaim", () => {
  test("whose instance is not listed is deleted once the cloud, asked for it alone, has none", async () => {
    const { done, look } = world({ objects: [claim(1)] });
    await look();
    expect(done).toEqual([`patch NodePool general ${removals}`, "look aws:///ap-southeast-1a/i-1", "delete NodeClaim general-1"]);
  });

  test("stays where the cloud has it after all", async () => {
    const { done, look } = world({ objects: [claim(1)], alone: instance(1) });
    await look();
    expect(done).toEqual([`patch NodePool general ${removals}`, "look aws:///ap-southeast-1a/i-1"]);
  });

  test("whose instance the cloud calls ended is deleted, however many there are: that is no suspicion", async () => {
    const indexes = [1, 2, 3, 4, 5];
    const { done, look } = world({
      objects: indexes.map(claim),
      instances: indexes.map((index) => instance(index, { state: index % 2 === 0 ? "terminated" : "shutting-down" })),
    });
    const { step } = await look();
    expect(done).toEqual(indexes.map((index) => `delete NodeClaim general-${index}`));
    expect(step.events?.map(({ reason }) => reason)).toEqual(indexes.map(() => "InstanceGone"));
  });

  test("whose instance the cloud calls ended before its Node ever joined is deleted, and does not wait for a registration", async () => {
    const { status, ...rest } = claim(1);
    const starting: NodeClaim = { ...rest, status: { ...(status?.providerID === undefined ? {} : { providerID: status.providerID }) } };
    const { done, look } = world({ objects: [starting], instances: [instance(1, { state: "terminated" })] });
    await look();
    expect(done).toEqual(["delete NodeClaim general-1"]);
  });
});

describe("what looks like too much garbage is asked about, and none of it ends", () => {
  const indexes = [1, 2, 3, 4];

  test("where an API server came back from a backup without its NodeClaims", async () => {
    const { done, look } = world({ instances: indexes.map((index) => instance(index)) });
    const { step, requeue } = await look();
    expect(done).toEqual(["patch NodePool general platform.example.com/removals-held"]);
    expect(requeue.kind).toBe("after");
    expect(step.events).toMatchObject([
      {
        regarding: { kind: "NodePool", name: "general", uid: "uid-nodepool-general" },
        type: "Warning",
        reason: "RemovalsHeld",
        message: expect.stringContaining("4 of 4 nodes look like garbage, more than 3: none is ended") as string,
      },
    ]);
    expect(step.decision?.rejected).toHaveLength(1);
  });

  test("where the cloud's list is empty", async () => {
    const { done, look } = world({ objects: indexes.map(claim) });
    await look();
    expect(done).toEqual(["patch NodePool general platform.example.com/removals-held"]);
  });
});
