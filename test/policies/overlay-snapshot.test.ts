/**
 * An overlay is what a snapshot of the changed objects would be: the dumb twin makes one from nothing.
 */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import type { KindName } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { overlaySnapshot } from "../../src/policies/overlay-snapshot.ts";
import { budget, deployment, pod, profile } from "../support/objects.ts";

const domain = "platform.example.com";
const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "a", uid: "uid-a", controller: true };
const objectArbitrary: fc.Arbitrary<KubeObject> = fc
  .record({
    build: fc.constantFrom<(options: { name: string; namespace: string }) => KubeObject>(
      deployment,
      budget,
      profile,
      (options) => pod({ ...options, owner }),
      (options) => pod({ ...options, spec: { nodeName: "n1" } }),
    ),
    name: fc.constantFrom("a", "b", "c"),
    namespace: fc.constantFrom("one", "two"),
  })
  .map(({ build, name, namespace }) => build({ name, namespace }));
const kinds = ["Deployment", "Pod", "PodDisruptionBudget", "WorkloadProfile"] as const satisfies readonly KindName[];
const keyOf = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.namespace ?? ""}/${metadata.name ?? ""}`;

/** Everything that a snapshot answers about the names of this test. */
function answers(objects: ReturnType<typeof snapshotOf>): unknown {
  return kinds.map((kind) => ({
    all: objects.list(kind),
    here: objects.list(kind, "one"),
    one: objects.get(kind, { namespace: "one", name: "a" }),
    onNode: objects.by(kind, "node", "n1"),
    owned: objects.by(kind, "owner", "uid-a"),
    known: objects.knows(kind),
  }));
}

describe("an overlay", () => {
  const world = fc.uniqueArray(objectArbitrary, { maxLength: 10, selector: keyOf });

  it("with an object put in is the snapshot with that object", () => {
    fc.assert(
      fc.property(world, objectArbitrary, (objects, put) => {
        const others = objects.filter((object) => keyOf(object) !== keyOf(put));
        expect(answers(overlaySnapshot(snapshotOf(objects), { put, domain }))).toEqual(answers(snapshotOf([...others, put])));
      }),
    );
  });

  it("with an object taken out is the snapshot without it", () => {
    fc.assert(
      fc.property(world, objectArbitrary, (objects, remove) => {
        const others = objects.filter((object) => keyOf(object) !== keyOf(remove));
        expect(answers(overlaySnapshot(snapshotOf(objects), { remove, domain }))).toEqual(answers(snapshotOf(others)));
      }),
    );
  });

  it("leaves a kind of the same name in another group alone", () => {
    const volcano = { ...deployment({ name: "a", namespace: "one" }), apiVersion: "example.com/v1" };
    const base = snapshotOf([deployment({ name: "a", namespace: "one", replicas: 7 })]);
    expect(overlaySnapshot(base, { put: volcano, domain }).get("Deployment", { namespace: "one", name: "a" })?.spec.replicas).toBe(7);
  });
});
