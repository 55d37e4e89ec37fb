/**
 * Snapshots: an immutable ClusterSnapshot out of objects, and the copy-on-write tree behind every one of them.
 *
 * Reads Kubernetes objects. `snapshotOf` answers for a folder of YAML; `objectTree` is what the informers write to, so
 * the same lists, lookups and indexes stand behind a live cluster and a file. A tree hands out a snapshot in O(1): it
 * only starts a new epoch. A later write copies what it touches and an earlier epoch made, once: the list of its
 * (kind, namespace), and the bucket and the list of each of its index values. Lists are sorted arrays, not maps: a
 * lookup is a binary search, a copy is one block of memory, and nothing is ever sorted again.
 */
import { defaultDomain } from "../api/labels.ts";
import { kindTable } from "../api/kinds.ts";
import type { KindInfo, KindName, KindObjects } from "../api/kinds.ts";
import type { KubeObject, ObjectKey } from "../api/object.ts";
import type { ClusterSnapshot, SnapshotIndex } from "../api/snapshot.ts";

/**
 * Returns the snapshot of a fixed set of objects, such as those of the files of `plimsoll check`.
 *
 * It knows every kind. Objects of other kinds, or of a kind's name in another group (a Volcano Job), are left out; of two
 * objects with one key the later stands, as when both are applied. `domain` is the API group of WorkloadProfiles.
 */
export function snapshotOf(objects: readonly KubeObject[], domain: string = defaultDomain): ClusterSnapshot {
  const kinds = kindTable(domain);
  const tree = objectTree();
  for (const info of Object.values(kinds)) putAll(tree, info, objects);
  return tree.snapshot();
}

/** The mutable holder of one evolving snapshot; one writer, any number of readers of what it hands out. */
export interface ObjectTree {
  /** Adds or replaces one object; returns the one that stood under its key. */
  put<K extends KindName>(kind: K, object: KindObjects[K]): KindObjects[K] | undefined;
  /** Removes one object; returns it. */
  remove<K extends KindName>(kind: K, key: ObjectKey): KindObjects[K] | undefined;
  /** Returns one object as it is now. */
  get<K extends KindName>(kind: K, key: ObjectKey): KindObjects[K] | undefined;
  /** From now on `knows(kind)` holds, even with no object of it. */
  learn(kind: KindName): void;
  /** Everything as it is now; never changes. O(1). */
  snapshot(): ClusterSnapshot;
}

/** Makes an empty tree that knows no kind. */
export function objectTree(): ObjectTree {
  // The epoch counts snapshots. What carries the current epoch has not been handed out and may be written in place.
  let epoch = 0;
  let current: ClusterSnapshot | undefined;
  let levels: Levels = {};
  let levelsEpoch = 0;

  const writable = <K extends KindName>(kind: K): KindLevel<KindObjects[K]> => {
    current = undefined;
    const known = levels[kind];
    if (known?.epoch === epoch) return known;
    if (levelsEpoch !== epoch) levels = { ...levels };
    levelsEpoch = epoch;
    const level: KindLevel<KindObjects[K]> = known === undefined ? emptyLevel(epoch) : copyLevel(known, epoch);
    setLevel(levels, kind, level);
    return level;
  };

  return {
    put: (kind, object) => {
      const level = writable(kind);
      const before = putSorted(ownList(level.namespaces, namespaceOf(object), epoch), object);
      const values = indexValues(object);
      if (before !== undefined) unindex(level, before, { epoch, except: values });
      for (const [index, value] of values) putSorted(ownIndexList(level, { index, value, epoch }), object);
      return before;
    },
    remove: (kind, key) => {
      if (find(levels[kind]?.namespaces.get(key.namespace)?.items ?? [], key) === undefined) return undefined;
      const level = writable(kind);
      const list = ownList(level.namespaces, key.namespace, epoch);
      const before = removeSorted(list, key);
      if (list.items.length === 0) level.namespaces.delete(key.namespace);
      if (before !== undefined) unindex(level, before, { epoch, except: [] });
      return before;
    },
    get: (kind, key) => find(levels[kind]?.namespaces.get(key.namespace)?.items ?? [], key),
    learn: (kind) => {
      if (levels[kind] === undefined) writable(kind);
    },
    snapshot: () => {
      if (current === undefined) {
        current = snapshotView(levels);
        epoch++;
      }
      return current;
    },
  };
}

/** A sorted list (by namespace, then name), written in place during one epoch only. */
interface SortedList<T> {
  readonly epoch: number;
  readonly items: T[];
}

interface Bucket<T> {
  readonly epoch: number;
  readonly lists: Map<string, SortedList<T>>;
}

interface KindLevel<T> {
  readonly epoch: number;
  readonly namespaces: Map<string, SortedList<T>>;
  readonly indexes: Readonly<Record<SnapshotIndex, Bucket<T>[]>>;
  /** The concatenation of all namespaces, made at its first use after a write. */
  all: readonly T[] | undefined;
}

type Levels = { [K in KindName]?: KindLevel<KindObjects[K]> };

/** Index values are spread over this many buckets, so that a write copies 1/64 of an index's map and not all of it. */
const bucketsMax = 64;

function setLevel<K extends KindName>(levels: { [P in K]?: KindLevel<KindObjects[P]> }, kind: K, level: KindLevel<KindObjects[K]>): void {
  levels[kind] = level;
}

function emptyLevel<T>(epoch: number): KindLevel<T> {
  const buckets = (): Bucket<T>[] => Array.from({ length: bucketsMax }, () => ({ epoch, lists: new Map<string, SortedList<T>>() }));
  return { epoch, namespaces: new Map(), indexes: { node: buckets(), owner: buckets() }, all: undefined };
}

function copyLevel<T>(level: KindLevel<T>, epoch: number): KindLevel<T> {
  const indexes = { node: [...level.indexes.node], owner: [...level.indexes.owner] };
  return { epoch, namespaces: new Map(level.namespaces), indexes, all: undefined };
}

/** Returns the list under a key of a map that is already ours, copied first when an earlier epoch made it. */
function ownList<T>(lists: Map<string, SortedList<T>>, key: string, epoch: number): SortedList<T> {
  const known = lists.get(key);
  if (known?.epoch === epoch) return known;
  const list: SortedList<T> = { epoch, items: known === undefined ? [] : known.items.slice() };
  lists.set(key, list);
  return list;
}

function ownBucket<T>(
  level: KindLevel<T>,
  at: { readonly index: SnapshotIndex; readonly value: string; readonly epoch: number },
): Bucket<T> {
  const buckets = level.indexes[at.index];
  const number = bucketOf(at.value);
  const known = buckets[number];
  if (known?.epoch === at.epoch) return known;
  const bucket: Bucket<T> = { epoch: at.epoch, lists: new Map(known?.lists) };
  buckets[number] = bucket;
  return bucket;
}

function ownIndexList<T>(
  level: KindLevel<T>,
  at: { readonly index: SnapshotIndex; readonly value: string; readonly epoch: number },
): SortedList<T> {
  return ownList(ownBucket(level, at).lists, at.value, at.epoch);
}

type IndexValue = readonly [SnapshotIndex, string];

/** Takes a replaced or removed object out of the indexes, except where its successor will stand in its place. */
function unindex<T extends KubeObject>(
  level: KindLevel<T>,
  object: T,
  of: { readonly epoch: number; readonly except: readonly IndexValue[] },
): void {
  for (const [index, value] of indexValues(object)) {
    if (of.except.some(([otherIndex, other]) => otherIndex === index && other === value)) continue;
    const { lists } = ownBucket(level, { index, value, epoch: of.epoch });
    const list = ownList(lists, value, of.epoch);
    removeSorted(list, keyOf(object));
    if (list.items.length === 0) lists.delete(value);
  }
}

/** Names the index entries of an object: a Pod's node, and every owner's uid. */
function indexValues(object: KubeObject & { readonly spec?: unknown }): readonly IndexValue[] {
  const entries: IndexValue[] = [];
  if (object.kind === "Pod") {
    const node = nodeNameOf(object.spec);
    if (node !== "") entries.push(["node", node]);
  }
  for (const owner of object.metadata.ownerReferences ?? []) entries.push(["owner", owner.uid]);
  return entries;
}

function nodeNameOf(spec: unknown): string {
  if (typeof spec !== "object" || spec === null || !("nodeName" in spec)) return "";
  return typeof spec.nodeName === "string" ? spec.nodeName : "";
}

function bucketOf(value: string): number {
  let sum = 0;
  for (let at = Math.max(0, value.length - 12); at < value.length; at++) sum = (sum * 31 + value.charCodeAt(at)) >>> 0;
  return sum % bucketsMax;
}

/** One empty list for all, so that a list that did not change is the same list. */
const noItems: readonly never[] = [];

function snapshotView(levels: Levels): ClusterSnapshot {
  return {
    list: (kind, namespace) => {
      const level = levels[kind];
      if (level === undefined) return noItems;
      if (namespace !== undefined) return level.namespaces.get(namespace)?.items ?? noItems;
      level.all ??= concatenated(level.namespaces);
      return level.all;
    },
    get: (kind, key) => find(levels[kind]?.namespaces.get(key.namespace)?.items ?? [], key),
    by: (kind, index, value) => levels[kind]?.indexes[index][bucketOf(value)]?.lists.get(value)?.items ?? [],
    knows: (kind) => levels[kind] !== undefined,
  };
}

function concatenated<T>(namespaces: ReadonlyMap<string, SortedList<T>>): readonly T[] {
  if (namespaces.size === 0) return noItems;
  const names = [...namespaces.keys()].sort(compareText);
  const lists = names.map((name) => namespaces.get(name)?.items ?? []);
  const [only] = lists;
  // concat copies blocks of memory, where flatMap would visit each object.
  return only !== undefined && lists.length === 1 ? only : new Array<T>().concat(...lists);
}

function putAll(tree: ObjectTree, info: KindInfo, objects: readonly KubeObject[]): void {
  tree.learn(info.kind);
  for (const object of objects) if (isOfKind(info, object)) tree.put(info.kind, object);
}

/** Tells whether an object is of a kind of the table, in any version of its group; it narrows, the edge has validated. */
function isOfKind(info: KindInfo, object: KubeObject): object is KindObjects[KindName] {
  if (object.kind !== info.kind) return false;
  const slash = object.apiVersion.lastIndexOf("/");
  return (slash < 0 ? "" : object.apiVersion.slice(0, slash)) === info.group;
}

function namespaceOf(object: KubeObject): string {
  return object.metadata.namespace ?? "";
}

function keyOf(object: KubeObject): ObjectKey {
  return { namespace: namespaceOf(object), name: object.metadata.name ?? "" };
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function compareKey(object: KubeObject, key: ObjectKey): number {
  return compareText(namespaceOf(object), key.namespace) || compareText(object.metadata.name ?? "", key.name);
}

/** Returns where a key stands in a sorted list, or would stand. */
function positionOf(items: readonly KubeObject[], key: ObjectKey): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && compareKey(item, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function find<T extends KubeObject>(items: readonly T[], key: ObjectKey): T | undefined {
  const item = items[positionOf(items, key)];
  return item !== undefined && compareKey(item, key) === 0 ? item : undefined;
}

function putSorted<T extends KubeObject>(list: SortedList<T>, object: T): T | undefined {
  const key = keyOf(object);
  const at = positionOf(list.items, key);
  const item = list.items[at];
  const before = item !== undefined && compareKey(item, key) === 0 ? item : undefined;
  // Lists mostly arrive in order, and most writes replace: neither may move the rest of a long list.
  if (before !== undefined) list.items[at] = object;
  else if (at === list.items.length) list.items.push(object);
  else list.items.splice(at, 0, object);
  return before;
}

function removeSorted<T extends KubeObject>(list: SortedList<T>, key: ObjectKey): T | undefined {
  const before = find(list.items, key);
  if (before !== undefined) list.items.splice(positionOf(list.items, key), 1);
  return before;
}
