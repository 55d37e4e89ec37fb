/** NodeOverlays reach the plans and the launches of the pools they are about, and say of themselves whether they have an effect. */
import { describe, expect, test } from "vitest";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { NodeOverlay } from "../../../src/api/node-overlay.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { err, ok } from "../../../src/api/result.ts";
import type { CloudProvider } from "../../../src/api/ports.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { kwokProvider } from "../../../src/kwok/kwok-provider.ts";
import { nextOverlayStep } from "../../../src/provisioner/controllers/node-overlay-controller.ts";
import { claimOffers, poolOffers } from "../../../src/provisioner/controllers/pool-offers.ts";
import { nodePool } from "../../support/objects.ts";

const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a"] });

function overlay(name: string, price: string, change: Partial<NodeOverlay> = {}): NodeOverlay {
  const requirements = [{ key: "node.kubernetes.io/instance-type", operator: "In" as const, values: ["m7i.large"] }];
  return {
    apiVersion: "karpenter.sh/v1alpha1",
    kind: "NodeOverlay",
    metadata: { name, generation: 2 },
    spec: { requirements, price },
    ...change,
  };
}

function claimOf(pool: string): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "claim", labels: { "karpenter.sh/nodepool": pool } },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
  };
}

function world(objects: readonly KubeObject[], change: Partial<CloudProvider> = {}) {
  const now = snapshotOf(objects);
  const snapshot = () => now;
  const patch = () => Promise.reject(new Error("not asked for here"));
  const provider = { ...kwokProvider({ client: { patch }, snapshot, instanceTypes: () => instanceTypes }), ...change };
  const priceIn = (types: typeof instanceTypes | undefined) => types?.find(({ name }) => name === "m7i.large")?.offerings[0]?.pricePerHour;
  return {
    shell: { provider, snapshot },
    offers: () => poolOffers({ provider }, now),
    planned: async (pool: string) => priceIn((await poolOffers({ provider }, now)).instanceTypes.get(pool)),
    launched: async (pool: string) => {
      const types = await claimOffers({ provider, snapshot }, claimOf(pool));
      return types.ok ? priceIn(types.value) : types.error;
    },
  };
}

describe("what pools may launch", () => {
  test("is the provider's own list where there is no overlay", async () => {
    const { offers, shell } = world([nodePool()]);
    expect((await offers()).instanceTypes.get("general-flex")).toBe(instanceTypes);
    expect(await claimOffers(shell, claimOf("general-flex"))).toEqual(ok(instanceTypes));
  });

  test("has the overlays on it, in the plan and at the launch alike, and of a pool that is gone only at neither", async () => {
    const { planned, launched } = world([nodePool(), overlay("price", "7")]);
    expect([await planned("general-flex"), await launched("general-flex")]).toEqual([7, 7]);
    expect([await planned("gone"), await launched("gone")]).toEqual([undefined, 0.126]);
  });

  test("is the same list as long as nothing changes, and another once an overlay does", async () => {
    const objects = [nodePool(), overlay("price", "7")];
    const { offers, shell } = world(objects);
    const [first, second] = [await offers(), await offers()];
    expect(second.instanceTypes.get("general-flex")).toBe(first.instanceTypes.get("general-flex"));
    const changed = await poolOffers(shell, snapshotOf([nodePool(), overlay("price", "8")]));
    expect(changed.instanceTypes.get("general-flex")?.find(({ name }) => name === "m7i.large")?.offerings[0]?.pricePerHour).toBe(8);
    const without = await poolOffers(shell, snapshotOf([nodePool()]));
    expect(without.instanceTypes.get("general-flex")).toBe(instanceTypes);
  });

  test("leaves out a pool whose NodeClass is not ready, and one that the provider does not serve", async () => {
    const notReady = world([nodePool()], { instanceTypes: () => Promise.resolve(err("no such class")) });
    expect([...(await notReady.offers()).instanceTypes.keys()]).toEqual([]);
    expect(await notReady.launched("general-flex")).toBe("no such class");
    expect([...(await world([nodePool()], { serves: () => false }).offers()).instanceTypes.keys()]).toEqual([]);
  });
});

describe("an overlay's status", () => {
  test("says that it has an effect, and then rests", () => {
    const first = nextOverlayStep({ overlay: overlay("price", "7"), refused: undefined }, 0);
    if (first.kind !== "write-status") throw new Error(first.kind);
    expect(first.status.conditions).toMatchObject([
      { type: "ValidationSucceeded", status: "True", reason: "ValidationSucceeded", observedGeneration: 2 },
      { type: "Ready", status: "True" },
    ]);
    expect(first.events).toEqual([]);
    const told = overlay("price", "7", { status: first.status });
    expect(nextOverlayStep({ overlay: told, refused: undefined }, 60_000).kind).toBe("settled");
  });

  test("says why it has none, once in an Event too, and takes that back", async () => {
    const { offers } = world([nodePool(), overlay("a", "7"), overlay("b", "8")]);
    const refused = (await offers()).refused.find(({ name }) => name === "a");
    const step = nextOverlayStep({ overlay: overlay("a", "7"), refused }, 0);
    if (step.kind !== "write-status") throw new Error(step.kind);
    const message = expect.stringContaining('NodeOverlay "b" of the same weight (0) also prices m7i.large') as string;
    expect(step.status.conditions).toMatchObject([
      { type: "ValidationSucceeded", status: "False", reason: "Conflict", message },
      { type: "Ready", status: "False", message: "ValidationSucceeded=False" },
    ]);
    expect(step.events).toMatchObject([{ regarding: { kind: "NodeOverlay", name: "a" }, type: "Warning", reason: "Conflict", message }]);
    const told = overlay("a", "7", { status: step.status });
    expect(nextOverlayStep({ overlay: told, refused }, 60_000).kind).toBe("settled");
    const edited = { ...told, metadata: { ...told.metadata, generation: 3 } };
    expect(nextOverlayStep({ overlay: edited, refused }, 60_000)).toMatchObject({ kind: "write-status", events: [] });
    expect(nextOverlayStep({ overlay: told, refused: undefined }, 60_000)).toMatchObject({
      kind: "write-status",
      status: { conditions: [{ status: "True", lastTransitionTime: "1970-01-01T00:01:00Z" }, { status: "True" }] },
    });
  });
});
