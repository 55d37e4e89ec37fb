/**
 * The store: revisions, compare-and-swap, history.
 */
import fc from "../support/properties.ts";
import { expect, test } from "vitest";
import type { JsonObject } from "../../src/sim/json.ts";
import { createStore, type StoreEvent } from "../../src/sim/store.ts";

const key = (name: string, namespace = "a") => ({ resource: "pods", namespace, name });
const object = (name: string, namespace = "a"): JsonObject => ({ metadata: { name, namespace } });

test("a write with an old revision is a conflict, one of a missing object is not found, a second create is refused", () => {
  const store = createStore();
  expect(store.create(key("x"), object("x"))).toMatchObject({ ok: true, value: { metadata: { resourceVersion: "1" } } });
  expect(store.create(key("x"), object("x"))).toEqual({ ok: false, error: "exists" });
  expect(store.replace(key("x"), object("x"), "1")).toMatchObject({ ok: true, value: { metadata: { resourceVersion: "2" } } });
  expect(store.replace(key("x"), object("x"), "1")).toEqual({ ok: false, error: "conflict" });
  expect(store.remove(key("y"), object("y"), undefined)).toEqual({ ok: false, error: "not-found" });
});

test("what is stored cannot be changed from outside", () => {
  const store = createStore();
  store.create(key("x"), object("x"));
  const stored: { metadata?: unknown } = { ...store.get(key("x")) };
  expect(() => Object.assign(stored.metadata as object, { name: "y" })).toThrow(TypeError);
});

test("a list is in order of namespace and name, and of one namespace where asked", () => {
  const store = createStore();
  for (const [namespace, name] of [
    ["b", "a"],
    ["a", "b"],
    ["a", "a"],
    ["a-b", "a"],
  ] as const)
    store.create(key(name, namespace), object(name, namespace));
  const metadata = store.list("pods").map((item) => item["metadata"] as { readonly namespace: string; readonly name: string });
  // As etcd orders its keys: "-" comes before "/".
  expect(metadata.map((item) => `${item.namespace}/${item.name}`)).toEqual(["a-b/a", "a/a", "a/b", "b/a"]);
  expect(store.list("pods", "a")).toHaveLength(2);
});

test("a history that is too short says so, and never leaves a gap", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 60 }), (historyMax, writes) => {
      const store = createStore({ historyMax });
      const told: StoreEvent[] = [];
      store.subscribe("pods", (event) => told.push(event));
      for (let index = 0; index < writes; index += 1) store.create(key(`p${index}`), object(`p${index}`));
      for (let revision = 0; revision <= writes; revision += 1) {
        const events = store.eventsAfter("pods", revision);
        if (events === undefined) expect(writes - revision).toBeGreaterThan(historyMax - 1);
        else expect(events).toEqual(told.filter((event) => event.revision > revision));
      }
    }),
  );
});
