/**
 * The provisioner's controllers around their decisions: a Node's end, a NodePool's status, and creates whose answers are lost.
 */
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import type { Trigger } from "../../../src/api/controller.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Node } from "../../../src/api/node.ts";
import type { KubeObject, ObjectKey } from "../../../src/api/object.ts";
import type { CloudProvider } from "../../../src/api/ports.ts";
import { err, ok } from "../../../src/api/result.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { kwokProvider } from "../../../src/kwok/kwok-provider.ts";
import { parsePolicySet } from "../../../src/policies/parse-policy-set.ts";
import { garbageCollection } from "../../../src/provisioner/controllers/garbage-collection.ts";
import { nodeClaimController } from "../../../src/provisioner/controllers/node-claim-controller.ts";
import { nextNodeStep } from "../../../src/provisioner/controllers/node-controller.ts";
import { nextPoolStep } from "../../../src/provisioner/controllers/node-pool-controller.ts";
import { provisionerController } from "../../../src/provisioner/controllers/provisioner-controller.ts";
import type { ProvisionerShell } from "../../../src/provisioner/controllers/shell.ts";
import { cameTrue, claimStatusAfter } from "../../../src/provisioner/lifecycle/claim-status.ts";
import { launchResult } from "../../../src/provisioner/lifecycle/launch.ts";
import { nodePoolHash, nodePoolHashVersion } from "../../../src/provisioner/lifecycle/node-pool-status.ts";
import { deployment, namespaceObject, nodePool, pod } from "../../support/objects.ts";
import { yamlText } from "../../support/yaml-objects.ts";

const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a"] });
const parsed = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });

describe("a Node that is deleted", () => {
  const node = (change: Partial<KubeObject["metadata"]>): Node => ({ apiVersion: "v1", kind: "Node", metadata: { name: "n", ...change } });
  const leaving = { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["karpenter.sh/termination"] };
  const claim = (change: Partial<KubeObject["metadata"]> = {}): NodeClaim => ({
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "c", ...change },
    spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [] },
  });
  test.each([
    ["takes its NodeClaim with it", node(leaving), claim(), "delete-claim"],
    ["waits for a NodeClaim that is ending already", node(leaving), claim({ deletionTimestamp: "2026-01-01T00:00:00Z" }), "wait"],
    ["is let go where it has no NodeClaim", node(leaving), undefined, "release-node"],
    ["is not touched without our finalizer", node({ ...leaving, finalizers: [] }), claim(), "wait"],
    ["is not touched while nobody deletes it", node({ finalizers: leaving.finalizers }), claim(), "wait"],
  ])("%s", (_what, given, nodeClaim, kind) => {
    expect(nextNodeStep({ node: given, nodeClaim }).kind).toBe(kind);
  });
});

const observedPool = { nodes: [], notReady: undefined, joins: { failures: undefined, hasJoined: false }, names: platformNames() };

describe("a NodePool", () => {
  test("gets its hash, then its status, and then rests", () => {
    const bare = nodePool();
    const look = (pool: typeof bare, notReady?: string, now = 0) => nextPoolStep({ ...observedPool, nodePool: pool, notReady }, now);
    const first = look(bare);
    if (first.kind !== "annotate") throw new Error(first.kind);
    const annotated = { ...bare, metadata: { ...bare.metadata, annotations: first.annotations as Record<string, string> } };
    const second = look(annotated);
    if (second.kind !== "write-status") throw new Error(second.kind);
    expect(second.status).toMatchObject({
      nodes: 0,
      resources: { nodes: "0" },
      conditions: [
        { type: "ValidationSucceeded", status: "True" },
        { type: "NodeClassReady", status: "True" },
        { type: "Ready", status: "True", message: "" },
        { type: "NodeRegistrationHealthy", status: "Unknown" },
      ],
    });
    const settled = { ...annotated, status: second.status };
    expect(look(settled, undefined, 60_000).kind).toBe("settled");
    expect(look(settled, 'EC2NodeClass "default" does not exist', 60_000)).toMatchObject({
      kind: "write-status",
      status: {
        conditions: [
          { type: "ValidationSucceeded", status: "True" },
          { type: "NodeClassReady", status: "False", reason: "NodeClassNotReady", lastTransitionTime: "1970-01-01T00:01:00Z" },
          { type: "Ready", status: "False", message: "NodeClassReady=False" },
          { type: "NodeRegistrationHealthy", status: "Unknown" },
        ],
      },
    });
  });

  test("that is static is told so in its status and, once, in an Event", () => {
    const bare = nodePool();
    const annotations = { "karpenter.sh/nodepool-hash": nodePoolHash(bare), "karpenter.sh/nodepool-hash-version": nodePoolHashVersion };
    const fixed = { ...bare, metadata: { ...bare.metadata, annotations }, spec: { ...bare.spec, replicas: 3 } };
    const look = (pool: NodePool, now: number) => nextPoolStep({ ...observedPool, nodePool: pool }, now);
    const first = look(fixed, 0);
    if (first.kind !== "write-status") throw new Error(first.kind);
    const message = expect.stringContaining("spec.replicas is 3") as string;
    expect(first.status.conditions).toMatchObject([
      { type: "ValidationSucceeded", status: "False", reason: "UnsupportedConfiguration", message },
      { type: "NodeClassReady", status: "True" },
      { type: "Ready", status: "False", message: "ValidationSucceeded=False" },
      { type: "NodeRegistrationHealthy", status: "Unknown" },
    ]);
    expect(first.events).toEqual([
      {
        regarding: {
          apiVersion: "karpenter.sh/v1",
          kind: "NodePool",
          namespace: "",
          name: "general-flex",
          uid: "uid-nodepool-general-flex",
        },
        type: "Warning",
        reason: "UnsupportedConfiguration",
        message,
      },
    ]);
    const told = { ...fixed, status: { ...first.status, nodes: 1 } };
    expect(look(told, 60_000)).toMatchObject({ kind: "write-status", events: [] });
    expect(look({ ...fixed, status: first.status }, 60_000).kind).toBe("settled");
  });
});

/** A client that answers nothing but what is given. */
function clientOf(given: Partial<ApiClient>): ApiClient {
  const unused = () => Promise.reject(new Error("not asked for here"));
  return {
    create: unused,
    get: unused,
    list: unused,
    replace: unused,
    apply: unused,
    applyStatus: unused,
    patch: unused,
    delete: unused,
    evict: unused,
    request: unused,
    ...given,
  };
}

function shellOf(
  objects: readonly KubeObject[],
  given: Partial<ApiClient> & { readonly provider?: Partial<CloudProvider> } = {},
): ProvisionerShell {
  if (!parsed.ok) throw new Error("policies.yaml does not parse");
  const policySet = parsed.value;
  const { provider, ...answers } = given;
  const client = clientOf(answers);
  const snapshot = () => snapshotOf(objects);
  return {
    client,
    snapshot,
    world: () => ({ policySet, snapshot: snapshot(), names: platformNames(), instanceTypes }),
    provider: { ...kwokProvider({ client, snapshot, instanceTypes: () => instanceTypes }), ...provider },
    names: platformNames(),
    clock: { now: () => 0, sleep: () => Promise.resolve() },
  };
}

describe("garbage collection", () => {
  test("starts by itself, whatever objects there are", () => {
    const keys: ObjectKey[] = [];
    garbageCollection(shellOf([])).wake?.((key) => keys.push(key));
    expect(keys).toEqual([{ namespace: "", name: "cluster" }]);
  });
});

describe("a launch that failed", () => {
  const base: NodeClaim = {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-1", resourceVersion: "1" },
    spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [] },
  };
  const failedWith = (message: string, resourceVersion: string): NodeClaim => {
    const result = launchResult({ nodeClaim: base, outcome: { kind: "failed", message }, now: 0 });
    if (result.kind !== "failed") throw new Error(result.kind);
    return { ...base, metadata: { ...base.metadata, resourceVersion }, status: result.status };
  };
  const trigger = nodeClaimController(shellOf([])).triggers.find(({ watches }) => watches === "NodeClaim") as Trigger<"NodeClaim">;
  const wakes = (before: NodeClaim, object: NodeClaim) => trigger.keysOf({ kind: "updated", object, before }).length > 0;

  test("does not wake itself with what it writes, so that its backoff holds", () => {
    expect(wakes(base, failedWith("RequestID: 1", "2"))).toBe(false);
    expect(wakes(failedWith("RequestID: 1", "2"), failedWith("RequestID: 2", "3"))).toBe(false);
  });

  test("and was asked for before is not asked for again where the API server says that it launched", async () => {
    const annotations = { "platform.example.com/launch-request": "{}" };
    const finalizers = ["karpenter.sh/termination"];
    const asked: NodeClaim = { ...base, metadata: { ...base.metadata, uid: "uid-1", annotations, finalizers } };
    const launched = { ...asked, status: claimStatusAfter(asked, { conditions: [cameTrue("Launched")], now: 0 }) };
    const stepWhere = async (newest: NodeClaim) => {
      const get = (() => Promise.resolve(ok(newest))) as unknown as ApiClient["get"];
      const { controller } = nodeClaimController(shellOf([asked], { get }));
      const observed = await controller.observe({ namespace: "", name: "general-1" });
      return observed === undefined ? undefined : controller.decide(observed, 0).kind;
    };
    expect(await stepWhere(asked)).toBe("adopt");
    expect(await stepWhere(launched)).toBe("wait");
    expect(await stepWhere({ ...launched, metadata: { ...launched.metadata, uid: "uid-2" } })).toBe("adopt");
  });

  test("is looked at again when its claim is deleted, or changed by anybody", () => {
    const before = failedWith("RequestID: 1", "2");
    expect(wakes(before, { ...before, metadata: { ...before.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } })).toBe(true);
    expect(wakes(before, { ...before, metadata: { ...before.metadata, annotations: { retry: "now" } } })).toBe(true);
  });
});

describe("a drain", () => {
  const providerID = "kwok://general-1";
  const nodeClaim: NodeClaim = {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      name: "general-1",
      uid: "uid-1",
      deletionTimestamp: "2026-01-01T00:00:00Z",
      finalizers: ["karpenter.sh/termination"],
    },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    status: {
      providerID,
      nodeName: "general-1",
      conditions: [
        { type: "InstanceTerminating", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z", reason: "InstanceTerminating" },
      ],
    },
  };
  const node: Node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: "general-1",
      labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "karpenter" },
      annotations: { "kwok.x-k8s.io/node": "fake" },
    },
    spec: { providerID, taints: [{ key: "karpenter.sh/disrupted", effect: "NoSchedule" }] },
  };
  const late = pod({ name: "late", spec: { nodeName: "general-1" } });
  const stepWith = async (answer: Awaited<ReturnType<ApiClient["list"]>>) => {
    const selectors: unknown[] = [];
    const list = ((_kind: string, options: { readonly fieldSelector?: string }) => {
      selectors.push(options.fieldSelector);
      return Promise.resolve(answer);
    }) as ApiClient["list"];
    const { controller } = nodeClaimController(shellOf([nodeClaim, node], { list }));
    const observed = await controller.observe({ namespace: "", name: "general-1" });
    if (observed === undefined) throw new Error("the claim is known");
    return { step: controller.decide(observed, 0), selectors };
  };

  test("evicts a Pod that was bound before the cordon and that the watch has not brought", async () => {
    const { step, selectors } = await stepWith(ok([late] as never));
    const drained = expect.objectContaining({ type: "Drained", status: "Unknown", message: "1 Pod has to leave" }) as object;
    expect(step).toMatchObject({ kind: "write-status", status: { conditions: expect.arrayContaining([drained]) as object[] } });
    expect(selectors).toEqual(["spec.nodeName=general-1"]);
  });

  test("ends the instance once the API server itself says that the node is empty", async () => {
    expect((await stepWith(ok([]))).step.kind).toBe("end-instance");
  });

  test("ends no instance while the API server does not say", async () => {
    expect((await stepWith(err({ code: 0, message: "no answer" }))).step.kind).toBe("wait");
  });
});

describe("creating NodeClaims", () => {
  /** An API server whose first answer is lost after the write, and a watch that brings nothing. */
  function world(losesAnswers: number) {
    const claims = new Map<string, NodeClaim>();
    let lost = 0;
    const create: ApiClient["create"] = (_kind, object) => {
      const name = object.metadata.name ?? "";
      if (claims.has(name)) return Promise.resolve(err({ code: 409, reason: "AlreadyExists" }));
      claims.set(name, { ...(object as NodeClaim), metadata: { ...object.metadata, uid: `uid-${name}` } });
      lost += 1;
      return Promise.resolve(lost <= losesAnswers ? err({ code: 0, message: "no answer" }) : ok(object));
    };
    const get = ((_kind: string, { name }: { readonly name: string }) => {
      const found = claims.get(name);
      return Promise.resolve(found === undefined ? err({ code: 404 }) : ok(found));
    }) as ApiClient["get"];
    const client = clientOf({ create, get });
    const snapshot = () => snapshotOf([namespaceObject(), nodePool(), deployment({ replicas: 3 })]);
    let now = 0;
    if (!parsed.ok) throw new Error("policies.yaml does not parse");
    const policySet = parsed.value;
    const { controller } = provisionerController({
      client,
      snapshot,
      world: () => ({ policySet, snapshot: snapshot(), names: platformNames(), instanceTypes }),
      provider: kwokProvider({ client, snapshot, instanceTypes: () => instanceTypes }),
      names: platformNames(),
      clock: { now: () => now, sleep: () => Promise.resolve() },
    });
    const look = async () => {
      const observed = await controller.observe({ namespace: "", name: "cluster" });
      const requeue = observed === undefined ? undefined : await controller.act(controller.decide(observed, now));
      now += requeue?.kind === "after" ? requeue.delayMs : 100;
      return requeue;
    };
    return { claims, look };
  }

  test("a watch that lags makes no claim twice", async () => {
    const { claims, look } = world(0);
    for (let count = 0; count < 6; count += 1) await look();
    expect(claims.size).toBe(1);
  });

  test("an answer that is lost is asked for again under the same name", async () => {
    const { claims, look } = world(1);
    const kinds = new Set<string | undefined>();
    for (let count = 0; count < 6; count += 1) kinds.add((await look())?.kind);
    expect(kinds).toContain("retry");
    expect(claims.size).toBe(1);
  });
});
