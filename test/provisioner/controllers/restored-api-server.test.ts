/**
 * An API server that was restored from a backup, before the eyes of garbage collection: of one instance or of fifty that it has forgotten, none
 * is ended, and somebody is asked. What was really forgotten (its NodeClaim taken away by force) is told from that, and ended.
 *
 * The embedded API server is restored by putting an older copy of its objects in place of the newer ones; the Lease is kept by the real election.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { crdOf } from "../../../src/api/crd.ts";
import { kindTable, resourcePath } from "../../../src/api/kinds.ts";
import { defaultDomain, platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { CloudInstance, CloudProvider } from "../../../src/api/ports.ts";
import { ok } from "../../../src/api/result.ts";
import { apiClient } from "../../../src/cluster/api-client.ts";
import { runWhenLeading } from "../../../src/cluster/leader-election.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { garbageCollection } from "../../../src/provisioner/controllers/garbage-collection.ts";
import { storageName } from "../../../src/sim/built-in-resources.ts";
import { stringAt, type JsonObject } from "../../../src/sim/json.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/sim/virtual-clock.ts";
import { startWorld, type World } from "../../../src/sim/world.ts";
import { nodePool } from "../../support/objects.ts";

const names = platformNames();
const lease = { namespace: "kube-system", name: "plimsoll" };
const minuteMs = 60_000;
const sizeMax = 50;
const pool = nodePool({ name: "general", labels: { "cost-owner": "platform" } });
const claimsResource = storageName("karpenter.sh", "nodeclaims");
const restored = [claimsResource, storageName("karpenter.sh", "nodepools"), storageName("coordination.k8s.io", "leases")];

interface Ground {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly instances: CloudInstance[];
  /** Starts a process that leads; returns how it dies, without a word. */
  lead(identity: string): () => void;
  launch(count: number, prefix: string): readonly CloudInstance[];
  backup(): () => void;
}

async function openGround(seed: string): Promise<Ground> {
  const clock = createVirtualClock();
  const world = startWorld({ clock, seed });
  const transport = world.transport();
  const post = async (path: string, body: object): Promise<void> => {
    const answer = await transport.request({ method: "POST", path, body });
    if (!answer.ok) throw new Error(`${path}: ${answer.error.message ?? ""}`);
  };
  for (const kind of ["NodePool", "NodeClaim"] as const) await post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crdOf(kind));
  await post(resourcePath(kindTable().NodePool), { ...pool, metadata: { name: "general" } });
  const { store } = world.server;
  const instances: CloudInstance[] = [];
  return {
    clock,
    world,
    instances,
    lead: (identity) => {
      const life = new AbortController();
      const mortal = {
        ...transport,
        request: (request: Parameters<typeof transport.request>[0]) =>
          life.signal.aborted ? new Promise<never>(() => undefined) : transport.request(request),
      };
      const client = apiClient({ transport: mortal, domain: defaultDomain });
      const election = { client, clock, lease, identity, random: () => 0.5, signal: life.signal, onNote: () => undefined };
      void runWhenLeading({ ...election, recordAnnotation: names.recordAnnotation }, () => new Promise(() => undefined));
      return () => {
        life.abort();
      };
    },
    launch: (count, prefix) => {
      const made = Array.from({ length: count }, (_unused, index) => instanceOf(`${prefix}-${index}`, clock.now()));
      instances.push(...made);
      for (const { nodeClaim = "", providerID } of made) {
        store.create({ resource: claimsResource, namespace: "", name: nodeClaim }, claimOf(nodeClaim, providerID) as unknown as JsonObject);
      }
      return made;
    },
    backup: () => {
      const kept = restored.map((resource) => ({ resource, objects: store.list(resource) }));
      return () => {
        for (const { resource, objects } of kept) {
          for (const object of store.list(resource)) store.remove(keyOf(resource, object), object, undefined);
          for (const object of objects) store.create(keyOf(resource, object), object);
        }
      };
    },
  };
}

function keyOf(resource: string, object: JsonObject) {
  const [namespace = "", name = ""] = ["namespace", "name"].map((field) => stringAt(object, "metadata", field));
  return { resource, namespace, name };
}

function instanceOf(nodeClaim: string, launchedAt: number): CloudInstance {
  return {
    ...{ providerID: `aws:///ap-southeast-1a/i-${nodeClaim}`, nodeClaim, nodePool: "general", launchedAt },
    ...{ instanceType: "m7i.large", zone: "ap-southeast-1a", capacityType: "on-demand", state: "running" },
  };
}

function claimOf(name: string, providerID: string): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name, uid: `uid-${name}`, labels: { "karpenter.sh/nodepool": "general" } },
    spec: { nodeClassRef: pool.spec.template.spec.nodeClassRef, requirements: [] },
    status: { providerID, nodeName: name },
  };
}

/** One look of garbage collection at the first of the instances, and the NodePool as it was. */
async function look({ clock, world }: Ground, instances: readonly CloudInstance[]) {
  const ended: string[] = [];
  const counts: ReadonlyMap<string, number>[] = [];
  const provider: CloudProvider = {
    name: "test",
    serves: () => true,
    instanceTypes: () => Promise.resolve(ok([])),
    create: () => Promise.reject(new Error("nothing is launched here")),
    get: () => Promise.resolve(ok(undefined)),
    list: () => Promise.resolve(ok(instances)),
    delete: ({ providerID = "" }) => {
      ended.push(providerID);
      return Promise.resolve(ok("terminating" as const));
    },
  };
  const list = (resource: string) => world.server.store.list(resource) as unknown as readonly (NodeClaim | NodePool)[];
  const { controller } = garbageCollection({
    ...{ client: apiClient({ transport: world.transport(), domain: defaultDomain }), provider, names, clock, recordLease: lease },
    snapshot: () => snapshotOf(restored.slice(0, 2).flatMap(list)),
    removalsHeld: (held) => counts.push(held),
    world: () => {
      throw new Error("nothing is compiled here");
    },
  });
  const observed = await controller.observe({ namespace: "", name: "cluster" });
  const step = controller.decide(observed, clock.now());
  const requeue = await controller.act(step);
  const annotations = list(restored[1] ?? "")[0]?.metadata.annotations ?? {};
  return { ended, annotations, held: counts.at(-1)?.get("general") ?? 0, events: step.events ?? [], requeue };
}

describe.each(["under its leader", "and a new process leads"] as const)("an API server restored from an hour ago, %s", (how) => {
  let ground: Ground;
  let forgotten: readonly CloudInstance[];
  let old: readonly CloudInstance[];

  beforeAll(async () => {
    ground = await openGround(how);
    const die = ground.lead("first");
    await ground.clock.runFor(5 * minuteMs);
    old = ground.launch(2, "old");
    await ground.clock.runFor(5 * minuteMs);
    const restore = ground.backup();
    await ground.clock.runFor(minuteMs);
    forgotten = ground.launch(sizeMax, "lost");
    await ground.clock.runFor(59 * minuteMs);
    restore();
    if (how === "and a new process leads") {
      die();
      ground.lead("second");
    }
    await ground.clock.runFor(2 * minuteMs);
  }, 120_000);

  test.each(Array.from({ length: sizeMax }, (_unused, index) => index + 1))(
    "ends none of %i instances that it has forgotten, then and later",
    async (size) => {
      const shown = [...old, ...forgotten.slice(0, size)];
      const { ended, annotations, held, events } = await look(ground, shown);
      expect([ended, held]).toEqual([[], size]);
      expect(annotations[names.removalsHeldAnnotation]).toContain(`${size} of ${size + 2} nodes look like garbage`);
      expect(annotations[names.removalsHeldAnnotation]).toContain("this API server has no record of the time of their launch");
      expect(events.map(({ reason }) => reason)).toEqual(["RemovalsHeld"]);
      if (size % 10 === 0) await ground.clock.runFor(30_000);
    },
  );

  test("ends them once somebody has said that they are garbage", async () => {
    const client = apiClient({ transport: ground.world.transport(), domain: defaultDomain });
    const patch = { metadata: { annotations: { [names.allowRemovalsAnnotation]: "2" } } };
    await client.patch("NodePool", { namespace: "", name: "general" }, { body: { kind: "merge", patch } });
    const { ended, held } = await look(ground, [...old, ...forgotten.slice(0, 2)]);
    expect([ended.length, held]).toEqual([2, 0]);
  });
});

describe("an API server that was never restored", () => {
  test.each([1, 2, 3])("has %i NodeClaims taken away by force, and their instances are ended", async (size) => {
    const ground = await openGround("sound");
    ground.lead("first");
    await ground.clock.runFor(5 * minuteMs);
    const made = ground.launch(size, "orphan");
    await ground.clock.runFor(5 * minuteMs);
    const { store } = ground.world.server;
    for (const object of store.list(claimsResource)) store.remove(keyOf(claimsResource, object), object, undefined);
    const { ended, held, annotations } = await look(ground, made);
    expect([ended.length, held, annotations[names.removalsHeldAnnotation]]).toEqual([size, 0, undefined]);
  });

  test("is asked again before each end: what it forgets between a look and an end is not ended", async () => {
    const ground = await openGround("between");
    const die = ground.lead("first");
    await ground.clock.runFor(5 * minuteMs);
    const restore = ground.backup();
    await ground.clock.runFor(5 * minuteMs);
    const made = ground.launch(1, "orphan");
    await ground.clock.runFor(5 * minuteMs);
    for (const object of ground.world.server.store.list(claimsResource))
      ground.world.server.store.remove(keyOf(claimsResource, object), object, undefined);
    die();
    // The first question is who the instance is of; by then the backup is in place.
    const transport = ground.world.transport();
    let isRestored = false;
    const late = {
      ...transport,
      request: (request: Parameters<typeof transport.request>[0]) => {
        if (!isRestored && request.path.includes("/nodeclaims/")) {
          isRestored = true;
          restore();
        }
        return transport.request(request);
      },
    };
    const { ended } = await look({ ...ground, world: { ...ground.world, transport: () => late } }, made);
    expect([isRestored, ended]).toEqual([true, []]);
  });
});
