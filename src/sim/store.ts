/**
 * The store: every object of the embedded world, its revision, and a bounded history of what changed.
 *
 * Reads and returns whole JSON objects, frozen, by resource name ("pods", "deployments.apps") and key. It plays etcd's part: one revision
 * counter over all resources, compare-and-swap on an object's revision, events in order. It knows no kind and decides nothing. All is
 * synchronous: a write and the events of it are one step.
 */
import type { ObjectKey } from "../api/object.ts";
import { err, ok, type Result } from "../api/result.ts";
import { deepFreeze, stringAt, withValue, type JsonObject } from "./json.ts";

/** One change of one object; a DELETED object carries the revision of its deletion. */
export interface StoreEvent {
  readonly revision: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: string;
  readonly object: JsonObject;
  /** The object before the change; absent on ADDED. */
  readonly previous?: JsonObject;
}

/** Why a write did not happen. */
export type StoreRefusal = "exists" | "not-found" | "conflict";

/** Names one object of a resource. */
export interface StoreKey extends ObjectKey {
  readonly resource: string;
}

export interface Store {
  /** The revision of the latest write. */
  revision(): number;
  get(key: StoreKey): JsonObject | undefined;
  /** The objects of a resource, or of one namespace of it, by namespace and name. */
  list(resource: string, namespace?: string): readonly JsonObject[];
  create(key: StoreKey, object: JsonObject): Result<JsonObject, StoreRefusal>;
  /** Replaces an object if its revision is still the expected one. */
  replace(key: StoreKey, object: JsonObject, expected: string | undefined): Result<JsonObject, StoreRefusal>;
  /** Removes an object if its revision is still the expected one; returns it with the revision of its deletion. */
  remove(key: StoreKey, last: JsonObject, expected: string | undefined): Result<JsonObject, StoreRefusal>;
  /** The resource's events after a revision, oldest first; undefined where the history no longer reaches back so far. */
  eventsAfter(resource: string, revision: number): readonly StoreEvent[] | undefined;
  /** Calls back after each change of a resource; returns the way to stop. */
  subscribe(resource: string, listener: (event: StoreEvent) => void): () => void;
}

interface Shelf {
  readonly objects: Map<string, JsonObject>;
  /** Keys in order; undefined after an object came or went. */
  sorted: readonly string[] | undefined;
  history: StoreEvent[];
  /** The latest revision that the history no longer tells. */
  forgottenUntil: number;
  readonly listeners: Set<(event: StoreEvent) => void>;
}

/** Returns an empty store. At least `historyMax` and less than twice as many events are kept of each resource. */
export function createStore({ historyMax = 10_000 }: { readonly historyMax?: number } = {}): Store {
  const state = { revision: 0 };
  const shelves = new Map<string, Shelf>();
  const shelfOf = (resource: string): Shelf => {
    const found = shelves.get(resource);
    if (found !== undefined) return found;
    const shelf: Shelf = { objects: new Map(), sorted: [], history: [], forgottenUntil: 0, listeners: new Set() };
    shelves.set(resource, shelf);
    return shelf;
  };
  return {
    revision: () => state.revision,
    get: (key) => shelves.get(key.resource)?.objects.get(keyText(key)),
    list: (resource, namespace) => listShelf(shelfOf(resource), namespace),
    ...writers({ state, shelfOf, historyMax }),
    eventsAfter: (resource, revision) => {
      const shelf = shelfOf(resource);
      if (revision < shelf.forgottenUntil) return undefined;
      return shelf.history.slice(firstAfter(shelf.history, revision));
    },
    subscribe: (resource, listener) => {
      const { listeners } = shelfOf(resource);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

interface Shelves {
  readonly state: { revision: number };
  readonly shelfOf: (resource: string) => Shelf;
  readonly historyMax: number;
}

/** The three writes: each takes the next revision, and tells its event before it returns. */
function writers({ state, shelfOf, historyMax }: Shelves): Pick<Store, "create" | "replace" | "remove"> {
  const stamped = (object: JsonObject): JsonObject => {
    state.revision += 1;
    return deepFreeze(withValue(object, ["metadata", "resourceVersion"], String(state.revision)));
  };
  return {
    create: (key, object) => {
      const shelf = shelfOf(key.resource);
      if (shelf.objects.has(keyText(key))) return err("exists");
      const created = stamped(object);
      shelf.objects.set(keyText(key), created);
      shelf.sorted = undefined;
      tell(shelf, { revision: state.revision, type: "ADDED", resource: key.resource, object: created }, historyMax);
      return ok(created);
    },
    replace: (key, object, expected) => {
      const shelf = shelfOf(key.resource);
      const found = expectObject(shelf, key, expected);
      if (!found.ok) return found;
      const replaced = stamped(object);
      shelf.objects.set(keyText(key), replaced);
      tell(
        shelf,
        { revision: state.revision, type: "MODIFIED", resource: key.resource, object: replaced, previous: found.value },
        historyMax,
      );
      return ok(replaced);
    },
    remove: (key, last, expected) => {
      const shelf = shelfOf(key.resource);
      const found = expectObject(shelf, key, expected);
      if (!found.ok) return found;
      const removed = stamped(last);
      shelf.objects.delete(keyText(key));
      shelf.sorted = undefined;
      tell(
        shelf,
        { revision: state.revision, type: "DELETED", resource: key.resource, object: removed, previous: found.value },
        historyMax,
      );
      return ok(removed);
    },
  };
}

/** Remembers an event, forgets the oldest half of a history that has doubled, and calls the listeners. */
function tell(shelf: Shelf, event: StoreEvent, historyMax: number): void {
  shelf.history.push(event);
  if (shelf.history.length >= historyMax * 2) {
    shelf.forgottenUntil = shelf.history[shelf.history.length - historyMax - 1]?.revision ?? 0;
    shelf.history = shelf.history.slice(-historyMax);
  }
  for (const listener of [...shelf.listeners]) listener(event);
}

function expectObject(shelf: Shelf, key: StoreKey, expected: string | undefined): Result<JsonObject, StoreRefusal> {
  const found = shelf.objects.get(keyText(key));
  if (found === undefined) return err("not-found");
  if (expected !== undefined && stringAt(found, "metadata", "resourceVersion") !== expected) return err("conflict");
  return ok(found);
}

function listShelf(shelf: Shelf, namespace: string | undefined): readonly JsonObject[] {
  shelf.sorted ??= [...shelf.objects.keys()].sort();
  const prefix = namespace === undefined ? "" : `${namespace}/`;
  const listed: JsonObject[] = [];
  for (const text of shelf.sorted) {
    const object = text.startsWith(prefix) ? shelf.objects.get(text) : undefined;
    if (object !== undefined) listed.push(object);
  }
  return listed;
}

/** The index of the first event after a revision, by halving: the history is in order. */
function firstAfter(history: readonly StoreEvent[], revision: number): number {
  let low = 0;
  let high = history.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((history[middle]?.revision ?? 0) > revision) high = middle;
    else low = middle + 1;
  }
  return low;
}

function keyText({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
