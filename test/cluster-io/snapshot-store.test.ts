/**
 * Snapshots against a dumb twin: whatever is written, and whenever a snapshot was taken, it answers as a plain scan does.
 */
import fc from "../support/properties.ts";
import { describe, expect, test } from "vitest";
import type { Pod } from "../../src/api/pod.ts";
import type { ClusterSnapshot } from "../../src/api/snapshot.ts";
import { snapshotStore } from "../../src/cluster/snapshot-store.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { deployment, namespaceObject, pod, profile } from "../support/objects.ts";

const namespaces = ["a", "b", "b-1"];
const nodes = ["n1", "n2", ""];
const owners = ["o1", "o2"];

const pods = fc.record({
  namespace: fc.constantFrom(...namespaces),
  name: fc.constantFrom("p", "p-1", "p1", "q"),
  node: fc.constantFrom(...nodes),
  owners: fc.subarray(owners),
  version: fc.nat(3),
});
const deeds = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put" as const), pod: pods }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), pod: pods }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("snapshot" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("replace" as const), pods: fc.array(pods, { maxLength: 6 }) }) },
);

function podOf(of: { namespace: string; name: string; node: string; owners: readonly string[]; version: number }): Pod {
  const base = pod({ namespace: of.namespace, name: of.name, spec: of.node === "" ? {} : { nodeName: of.node } });
  const ownerReferences = of.owners.map((uid) => ({ apiVersion: "apps/v1", kind: "ReplicaSet", name: uid, uid }));
  return { ...base, metadata: { ...base.metadata, ownerReferences, resourceVersion: `${of.version}${of.node}${of.owners.join("")}` } };
}

const keyText = (one: Pod): string => `${one.metadata.namespace ?? ""}/${one.metadata.name ?? ""}`;
const sorted = (held: readonly Pod[]): Pod[] =>
  [...held].sort((x, y) => {
    const [xs, ys] = [x.metadata.namespace ?? "", y.metadata.namespace ?? ""];
    if (xs !== ys) return xs < ys ? -1 : 1;
    return (x.metadata.name ?? "") < (y.metadata.name ?? "") ? -1 : 1;
  });

/** Compares every question that a snapshot takes with a scan of a plain list. */
function check(snapshot: ClusterSnapshot, held: readonly Pod[]): void {
  const all = sorted(held);
  expect(snapshot.list("Pod")).toEqual(all);
  for (const namespace of [...namespaces, "none"]) {
    expect(snapshot.list("Pod", namespace)).toEqual(all.filter((one) => one.metadata.namespace === namespace));
  }
  for (const one of all) expect(snapshot.get("Pod", { namespace: one.metadata.namespace ?? "", name: one.metadata.name ?? "" })).toBe(one);
  expect(snapshot.get("Pod", { namespace: "a", name: "absent" })).toBeUndefined();
  for (const node of ["n1", "n2", "n3"]) expect(snapshot.by("Pod", "node", node)).toEqual(all.filter((one) => one.spec.nodeName === node));
  for (const owner of [...owners, "o3"]) {
    expect(snapshot.by("Pod", "owner", owner)).toEqual(all.filter((one) => one.metadata.ownerReferences?.some(({ uid }) => uid === owner)));
  }
}

describe("the store", () => {
  test("answers as a scan does after any writes, and every snapshot stays as it was when taken", () => {
    fc.assert(
      fc.property(fc.array(deeds, { maxLength: 40 }), (sequence) => {
        const store = snapshotStore();
        const model = new Map<string, Pod>();
        const taken: { snapshot: ClusterSnapshot; held: readonly Pod[] }[] = [];
        const put = (one: Pod): void => {
          const known = model.get(keyText(one));
          const news = known?.metadata.resourceVersion !== one.metadata.resourceVersion;
          const change = store.put("Pod", one);
          expect(change?.kind).toBe(news ? (known === undefined ? "added" : "updated") : undefined);
          if (news) model.set(keyText(one), one);
        };
        for (const deed of sequence) {
          if (deed.kind === "put") put(podOf(deed.pod));
          if (deed.kind === "remove") {
            const one = podOf(deed.pod);
            expect(store.remove("Pod", one)?.kind).toBe(model.delete(keyText(one)) ? "deleted" : undefined);
          }
          if (deed.kind === "snapshot") taken.push({ snapshot: store.snapshot(), held: [...model.values()] });
          if (deed.kind === "replace") {
            const wanted = new Map(deed.pods.map(podOf).map((one) => [keyText(one), one]));
            store.replace("Pod", [...wanted.values()]);
            for (const key of [...model.keys()]) if (!wanted.has(key)) model.delete(key);
            for (const [key, one] of wanted)
              if (model.get(key)?.metadata.resourceVersion !== one.metadata.resourceVersion) model.set(key, one);
          }
        }
        taken.push({ snapshot: store.snapshot(), held: [...model.values()] });
        for (const { snapshot, held } of taken) check(snapshot, held);
      }),
      { numRuns: 300 },
    );
  });

  test("a snapshot without a write between is the same one, so taking it for each request costs nothing", () => {
    const store = snapshotStore();
    store.put("Pod", pod());
    const first = store.snapshot();
    expect(store.snapshot()).toBe(first);
    store.put("Pod", pod({ name: "other" }));
    expect(store.snapshot()).not.toBe(first);
  });

  test("a write copies only the namespace that it touches", () => {
    const store = snapshotStore();
    store.put("Pod", pod({ namespace: "a", name: "x" }));
    store.put("Pod", pod({ namespace: "b", name: "x" }));
    const before = store.snapshot();
    store.put("Pod", pod({ namespace: "b", name: "y" }));
    const after = store.snapshot();
    expect(after.list("Pod", "a")).toBe(before.list("Pod", "a"));
    expect(after.list("Pod", "b")).not.toBe(before.list("Pod", "b"));
  });

  test("knows a kind once it was listed, even when it is empty", () => {
    const store = snapshotStore();
    expect(store.snapshot().knows("NodePool")).toBe(false);
    expect(store.replace("NodePool", [])).toEqual([]);
    expect(store.snapshot().knows("NodePool")).toBe(true);
    expect(store.snapshot().knows("Pod")).toBe(false);
  });
});

describe("a snapshot of files", () => {
  test("holds what the files hold, in order, and knows every kind", () => {
    const snapshot = snapshotOf([pod({ name: "b" }), namespaceObject("shop"), pod({ name: "a" }), profile({ name: "web" })]);
    expect(snapshot.list("Pod").map((one) => one.metadata.name)).toEqual(["a", "b"]);
    expect(snapshot.get("Namespace", { namespace: "", name: "shop" })?.metadata.name).toBe("shop");
    expect(snapshot.get("WorkloadProfile", { namespace: "shop", name: "web" })).toBeDefined();
    expect(snapshot.list("NodePool")).toEqual([]);
    expect(snapshot.knows("NodePool")).toBe(true);
  });

  test("of two objects with one key the later stands", () => {
    const snapshot = snapshotOf([deployment({ replicas: 1 }), deployment({ replicas: 3 })]);
    expect(snapshot.list("Deployment").map((one) => one.spec.replicas)).toEqual([3]);
  });

  test("leaves out a kind of the same name in another group, and profiles of another domain", () => {
    const volcano = { ...deployment({ name: "train" }), apiVersion: "batch.volcano.sh/v1alpha1", kind: "Job" };
    expect(snapshotOf([volcano]).list("Job")).toEqual([]);
    expect(snapshotOf([profile()], "acme.example").list("WorkloadProfile")).toEqual([]);
    expect(snapshotOf([{ ...profile(), apiVersion: "acme.example/v1" }], "acme.example").list("WorkloadProfile")).toHaveLength(1);
  });
});
