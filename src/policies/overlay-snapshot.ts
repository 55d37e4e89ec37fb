/**
 * Overlay: the cluster as it would be after one request.
 *
 * Reads a snapshot and the object that a request puts or removes. Returns another snapshot, so that every rule judges one
 * world and needs not know which of two objects came second.
 */
import { groupOfKind, isKindName, type KindName, type KindObjects } from "../api/kinds.ts";
import type { KubeObject, ObjectKey } from "../api/object.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { keyOf } from "../kube/object-key.ts";

/** What a request does to the world. */
export interface SnapshotChange {
  readonly put?: KubeObject;
  readonly remove?: KubeObject;
  /** API group of WorkloadProfiles. */
  readonly domain: string;
}

const overlaid = Symbol("overlaid");

/** What an overlay puts over which snapshot. */
export interface Overlaid {
  readonly base: ClusterSnapshot;
  readonly put: KubeObject;
}

/** Returns what a snapshot puts over another one: whatever is remembered of that one's lists holds for all but one object. */
export function overlaidOf(snapshot: ClusterSnapshot & { readonly [overlaid]?: Overlaid | undefined }): Overlaid | undefined {
  return snapshot[overlaid];
}

/** Returns the snapshot with one object put in (over the one of the same name) or taken out. Lists stay sorted. */
export function overlaySnapshot(base: ClusterSnapshot, change: SnapshotChange): ClusterSnapshot {
  const changed = change.put ?? change.remove;
  if (changed === undefined) return base;
  const { put } = change;
  const key = keyOf(changed);
  if (put !== undefined && stands(base, put, key)) return base;
  const concerns = (kind: KindName): boolean => isOfKind({ object: changed, kind, domain: change.domain });

  // One list for all who ask, so that what they derive of it can be remembered.
  const laid: LaidLists = {};
  function list<K extends KindName>(kind: K, namespace?: string): readonly KindObjects[K][] {
    const known = base.list(kind, namespace);
    if (!concerns(kind) || (namespace !== undefined && namespace !== key.namespace)) return known;
    const kept = laid[kind]?.get(namespace);
    if (kept !== undefined) return kept;
    const others = known.filter((object) => !isAt(object, key));
    const fresh = put === undefined || !isKind(put, kind, concerns) ? others : withPut(others, put, key);
    keepList(laid, { kind, namespace, fresh });
    return fresh;
  }

  const laidOver: ClusterSnapshot & { readonly [overlaid]: Overlaid | undefined } = {
    [overlaid]: put === undefined ? undefined : { base, put },
    list,
    get: (kind, wanted) => {
      if (!concerns(kind) || wanted.name !== key.name || wanted.namespace !== key.namespace) return base.get(kind, wanted);
      return put !== undefined && isKind(put, kind, concerns) ? put : undefined;
    },
    by: (kind, index, value) =>
      concerns(kind) ? list(kind).filter((object) => indexValues(object, index).includes(value)) : base.by(kind, index, value),
    knows: (kind) => base.knows(kind),
  };
  return laidOver;
}

/** By namespace; undefined is all of them. */
type LaidLists = { [K in KindName]?: Map<string | undefined, readonly KindObjects[K][]> };

function keepList<K extends KindName>(
  laid: { [P in K]?: Map<string | undefined, readonly KindObjects[P][]> },
  { kind, namespace, fresh }: { readonly kind: K; readonly namespace: string | undefined; readonly fresh: readonly KindObjects[K][] },
): void {
  const lists = laid[kind];
  if (lists === undefined) laid[kind] = new Map([[namespace, fresh]]);
  else lists.set(namespace, fresh);
}

function withPut<T extends KubeObject>(others: readonly T[], put: T, key: ObjectKey): readonly T[] {
  const at = others.findIndex((object) => comesAfter(object, key));
  return others.toSpliced(at < 0 ? others.length : at, 0, put);
}

/** Is true for an object that the snapshot holds already, as an audit asks about it: nothing is laid over then, and nothing copied. */
function stands(base: ClusterSnapshot, put: KubeObject, key: ObjectKey): boolean {
  return isKindName(put.kind) && base.get(put.kind, key) === put;
}

/** Is true where an object is of a kind of ours, in any version of its group; the edge has validated what is inside. */
export function isObjectOf<K extends KindName>(kind: K, object: KubeObject, domain: string): object is KindObjects[K] {
  return isOfKind({ object, kind, domain });
}

function isOfKind({ object, kind, domain }: { readonly object: KubeObject; readonly kind: KindName; readonly domain: string }): boolean {
  if (object.kind !== kind) return false;
  const { apiVersion } = object;
  const slash = apiVersion.lastIndexOf("/");
  const group = groupOfKind(kind, domain);
  return slash < 0 ? group === "" : group.length === slash && apiVersion.startsWith(group);
}

function isKind<K extends KindName>(object: KubeObject, kind: K, concerns: (kind: KindName) => boolean): object is KindObjects[K] {
  return object.kind === kind && concerns(kind);
}

function indexValues(object: KubeObject & { readonly spec?: unknown }, index: "node" | "owner"): readonly string[] {
  if (index === "owner") return (object.metadata.ownerReferences ?? []).map((owner) => owner.uid);
  const { spec } = object;
  const node = typeof spec === "object" && spec !== null && "nodeName" in spec ? spec.nodeName : undefined;
  return object.kind === "Pod" && typeof node === "string" ? [node] : [];
}

/** Asked of every object of a list: it makes no key. */
function isAt({ metadata }: KubeObject, key: ObjectKey): boolean {
  return metadata.name === key.name && (metadata.namespace ?? "") === key.namespace;
}

function comesAfter(object: KubeObject, key: ObjectKey): boolean {
  const own = keyOf(object);
  return own.namespace === key.namespace ? own.name > key.name : own.namespace > key.namespace;
}
