/**
 * The disruption queue over a small API server: what is written for one request, how budgets are shared, and what a restart loses.
 */
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import type { DisruptionRequest } from "../../../src/api/disruption.ts";
import type { EventNote } from "../../../src/api/event-note.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { err, ok } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { moveDesk, type MoveDesk } from "../../../src/provisioner/controllers/move-desk.ts";
import { nodeDisruption, replaceNode } from "../../../src/provisioner/controllers/node-disruption.ts";
import type { ProvisionerShell } from "../../../src/provisioner/controllers/shell.ts";
import { nodePool } from "../../support/objects.ts";

const names = platformNames();
const startedAt = Date.parse("2026-07-01T00:00:00Z");
const drifted: DisruptionRequest = { reason: "Drifted", message: "its NodePool has changed" };

describe("a request for a node", () => {
  test("taints it, tells why, awaits the places and deletes its claim", async () => {
    const world = worldOf(1);
    expect(await world.replace("n-0", drifted)).toEqual(ok("asked"));
    await world.look("n-0");
    expect(world.node("n-0").spec?.taints).toEqual([{ key: "karpenter.sh/disrupted", effect: "NoSchedule" }]);
    await world.look("n-0");
    expect(conditionOf(world.claim("n-0"))).toMatchObject({ status: "True", reason: "Drifted", message: "its NodePool has changed" });
    await world.look("n-0");
    world.moves.tell(new Map([["n-0", { waiting: 1, unplaced: 0 }]]));
    await world.look("n-0");
    expect(world.deleted).toEqual([]);
    world.moves.tell(new Map([["n-0", { waiting: 0, unplaced: 0 }]]));
    await world.look("n-0");
    expect(world.deleted).toEqual(["n-0"]);
    expect(world.events.map(({ reason }) => reason)).toContain("DisruptionTerminating");
  });

  test("goes on after a restart from what stands there", async () => {
    const world = worldOf(1);
    await world.replace("n-0", drifted);
    await world.look("n-0");
    world.restart();
    await world.look("n-0");
    world.moves.tell(new Map([["n-0", { waiting: 0, unplaced: 0 }]]));
    await world.look("n-0");
    expect(world.deleted).toEqual(["n-0"]);
  });

  test("is withdrawn where its places do not come, and the node serves again", async () => {
    const world = worldOf(1);
    await world.replace("n-0", drifted);
    for (let count = 0; count < 2; count += 1) await world.look("n-0");
    world.moves.tell(new Map([["n-0", { waiting: 0, unplaced: 2 }]]));
    world.pass(11 * 60_000);
    for (let count = 0; count < 3; count += 1) await world.look("n-0");
    expect(world.node("n-0").spec?.taints).toEqual([]);
    expect(conditionOf(world.claim("n-0"))).toBeUndefined();
    expect(world.events.find(({ reason }) => reason === "DisruptionTimeout")?.message).toContain("2 have no place anywhere");
    expect(world.deleted).toEqual([]);
  });

  test("with a deadline writes it before the deletion, where the drain reads it", async () => {
    const world = worldOf(1);
    await world.replace("n-0", { reason: "SpotInterrupted", message: "EC2 takes it back", deadline: startedAt + 120_000 });
    for (let count = 0; count < 2; count += 1) await world.look("n-0");
    world.pass(60_000);
    await world.look("n-0");
    expect(world.deleted).toEqual(["n-0"]);
    expect(world.claim("n-0").metadata.annotations?.["karpenter.sh/nodeclaim-termination-timestamp"]).toBe("2026-07-01T00:02:00Z");
  });

  test("for a node on its way out only brings its end forward", async () => {
    const world = worldOf(1);
    world.put({ ...world.claim("n-0"), metadata: { ...world.claim("n-0").metadata, deletionTimestamp: "2026-07-01T00:00:00Z" } });
    expect(await world.replace("n-0", drifted)).toEqual(ok("gone"));
    expect(world.claim("n-0").metadata.annotations).toBeUndefined();
    expect(await world.replace("n-0", { reason: "SpotInterrupted", message: "m", deadline: startedAt + 120_000 })).toEqual(ok("gone"));
    expect(world.claim("n-0").metadata.annotations?.["karpenter.sh/nodeclaim-termination-timestamp"]).toBe("2026-07-01T00:02:00Z");
  });

  test("for a claim that is gone, or another of its name, changes nothing", async () => {
    const world = worldOf(1);
    const { metadata } = world.claim("n-0");
    expect(await world.replaceClaim({ ...world.claim("n-0"), metadata: { ...metadata, name: "n-9" } }, drifted)).toEqual(ok("gone"));
    expect(await world.replaceClaim({ ...world.claim("n-0"), metadata: { ...metadata, uid: "another" } }, drifted)).toEqual(ok("gone"));
    expect(world.claim("n-0").metadata.annotations).toBeUndefined();
  });
});

describe("the budgets of a pool", () => {
  test("are shared by requests that are looked at in one moment, before any watch has told", async () => {
    const world = worldOf(10);
    for (let index = 0; index < 10; index += 1) await world.replace(`n-${index}`, drifted);
    world.freeze();
    await Promise.all(Array.from({ length: 10 }, (_unused, index) => world.look(`n-${index}`)));
    world.thaw();
    expect(world.tainted()).toHaveLength(1);
  });

  test("do not hold up what the cloud takes", async () => {
    const world = worldOf(10);
    const interrupted: DisruptionRequest = { reason: "SpotInterrupted", message: "m", deadline: startedAt + 120_000 };
    for (let index = 0; index < 3; index += 1) await world.replace(`n-${index}`, interrupted);
    for (let index = 0; index < 3; index += 1) await world.look(`n-${index}`);
    expect(world.tainted()).toHaveLength(3);
  });

  test("let the next go once the first is there again", async () => {
    const world = worldOf(10);
    await world.replace("n-0", drifted);
    await world.replace("n-1", drifted);
    await world.look("n-0");
    await world.look("n-1");
    expect(world.tainted()).toEqual(["n-0"]);
    world.remove("n-0");
    await world.look("n-1");
    expect(world.tainted()).toEqual(["n-1"]);
  });
});

function conditionOf({ status }: NodeClaim) {
  return status?.conditions?.find(({ type }) => type === "DisruptionReason");
}

/** So many nodes of one pool with a budget of a tenth, and the few requests of the API server that the queue makes. */
function worldOf(count: number) {
  const objects = new Map<string, KubeObject>();
  const put = (object: KubeObject): void => {
    objects.set(`${object.kind}/${object.metadata.name ?? ""}`, object);
  };
  put(nodePool({ name: "general" }));
  for (let index = 0; index < count; index += 1) {
    put(nodeOf(`n-${index}`));
    put(claimOf(`n-${index}`));
  }
  const state: { now: number; frozen: readonly KubeObject[] | undefined } = { now: startedAt, frozen: undefined };
  const deleted: string[] = [];
  const events: EventNote[] = [];
  const client = clientOver(objects, { put, deleted });
  const shell = {
    client,
    names,
    snapshot: () => snapshotOf(state.frozen ?? [...objects.values()]),
    clock: { now: () => state.now, sleep: () => Promise.resolve() },
    provider: { serves: () => true },
  } as unknown as ProvisionerShell;
  const moves: MoveDesk = moveDesk();
  let controller = nodeDisruption(shell, moves).controller;
  const claim = (name: string) => objects.get(`NodeClaim/${name}`) as NodeClaim;
  const node = (name: string) => objects.get(`Node/${name}`) as Node;
  return {
    ...{ moves, deleted, events, claim, node, put },
    replace: (name: string, request: DisruptionRequest) => replaceNode(shell)(claim(name), request),
    replaceClaim: replaceNode(shell),
    look: async (name: string): Promise<void> => {
      const observed = await controller.observe({ namespace: "", name });
      if (observed === undefined) return;
      events.push(...((await controller.act(controller.decide(observed, state.now))).events ?? []));
    },
    restart: () => {
      controller = nodeDisruption(shell, moves).controller;
    },
    pass: (ms: number) => {
      state.now += ms;
    },
    freeze: () => {
      state.frozen = [...objects.values()];
    },
    thaw: () => {
      state.frozen = undefined;
    },
    remove: (name: string) => {
      objects.delete(`Node/${name}`);
      objects.delete(`NodeClaim/${name}`);
    },
    tainted: () =>
      [...objects.values()]
        .filter((one) => one.kind === "Node" && ((one as Node).spec?.taints ?? []).length > 0)
        .map(({ metadata }) => metadata.name),
  };
}

function clientOver(
  objects: ReadonlyMap<string, KubeObject>,
  { put, deleted }: { readonly put: (object: KubeObject) => void; readonly deleted: string[] },
): Pick<ApiClient, "get" | "patch" | "applyStatus" | "delete"> {
  const found = (kind: string, name: string) => {
    const object = objects.get(`${kind}/${name}`);
    return object === undefined ? err({ code: 404 }) : ok(object);
  };
  const get = (kind: string, { name }: { readonly name: string }) => Promise.resolve(found(kind, name));
  const patch = (kind: string, { name }: { readonly name: string }, { body }: { readonly body: { readonly patch: object } }) => {
    const object = found(kind, name);
    if (object.ok) put(merged(object.value, body.patch));
    return Promise.resolve(found(kind, name));
  };
  const applyStatus = (kind: string, { metadata, status }: { readonly metadata: { readonly name: string }; readonly status: object }) => {
    const object = found(kind, metadata.name);
    if (object.ok) put({ ...object.value, ...{ status } });
    return Promise.resolve(found(kind, metadata.name));
  };
  const remove = (_kind: string, { name }: { readonly name: string }) => {
    deleted.push(name);
    return Promise.resolve(ok("deleted" as const));
  };
  return { get, patch, applyStatus, delete: remove } as unknown as Pick<ApiClient, "get" | "patch" | "applyStatus" | "delete">;
}

/** RFC 7386, as far as it is used here. */
function merged<T extends object>(object: T, patch: object): T {
  const result: Record<string, unknown> = { ...(object as Record<string, unknown>) };
  for (const [key, value] of Object.entries(patch) as readonly (readonly [string, unknown])[]) {
    const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
    if (value === null) Reflect.deleteProperty(result, key);
    else if (value !== undefined) result[key] = isMap ? merged(result[key] ?? {}, value) : value;
  }
  return result as T;
}

function nodeOf(name: string): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "karpenter.sh/nodepool": "general", "karpenter.sh/initialized": "true" } },
    spec: { providerID: `kwok://${name}`, taints: [] },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  };
}

function claimOf(name: string): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name, uid: `uid-${name}`, labels: { "karpenter.sh/nodepool": "general" } },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    status: { providerID: `kwok://${name}`, nodeName: name },
  };
}
