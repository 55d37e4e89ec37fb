/**
 * The informers' store: one evolving ClusterSnapshot, and what each write changed.
 *
 * Reads whole lists and single objects of a kind. Returns the changes that they made, so that a relist after a gap tells
 * handlers exactly what a watch without the gap would have told them. A copy of the API server, never a source.
 */
import type { Change } from "../api/controller.ts";
import type { KindName, KindObjects } from "../api/kinds.ts";
import type { KubeObject, ObjectKey } from "../api/object.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { keyOf } from "../kube/object-key.ts";
import { objectTree } from "../kube/snapshot-of.ts";

export interface SnapshotStore {
  /** Makes the kind hold exactly these objects, and known; returns every difference. */
  replace<K extends KindName>(kind: K, objects: readonly KindObjects[K][]): readonly Change<KindObjects[K]>[];
  /** Adds or updates one object; undefined when the store already had this version of it. */
  put<K extends KindName>(kind: K, object: KindObjects[K]): Change<KindObjects[K]> | undefined;
  /** Removes one object; undefined when there was none. `object` is its last state, which becomes the change's. */
  remove<K extends KindName>(kind: K, object: KindObjects[K]): Change<KindObjects[K]> | undefined;
  /** Everything as it is now, in O(1); later writes never show in it. */
  snapshot(): ClusterSnapshot;
}

/** Makes an empty store that knows no kind. */
export function snapshotStore(): SnapshotStore {
  const tree = objectTree();

  const put = <K extends KindName>(kind: K, object: KindObjects[K]): Change<KindObjects[K]> | undefined => {
    const known = tree.get(kind, keyOf(object));
    // Only the same version of the same object is no news; sources without versions (tests) are always news.
    if (known !== undefined && isSameVersion(known, object)) return undefined;
    const before = tree.put(kind, object);
    return before === undefined ? { kind: "added", object } : { kind: "updated", object, before };
  };
  const remove = <K extends KindName>(kind: K, object: KindObjects[K]): Change<KindObjects[K]> | undefined =>
    tree.remove(kind, keyOf(object)) === undefined ? undefined : { kind: "deleted", object };

  return {
    put,
    remove,
    replace: (kind, objects) => {
      tree.learn(kind);
      const listed = new Set(objects.map((object) => textOf(keyOf(object))));
      const missing = tree
        .snapshot()
        .list(kind)
        .filter((object) => !listed.has(textOf(keyOf(object))));
      const changes = [...missing.map((object) => remove(kind, object)), ...objects.map((object) => put(kind, object))];
      return changes.filter((change) => change !== undefined);
    },
    snapshot: () => tree.snapshot(),
  };
}

function isSameVersion(known: KubeObject, object: KubeObject): boolean {
  const { uid, resourceVersion } = object.metadata;
  return resourceVersion !== undefined && known.metadata.resourceVersion === resourceVersion && known.metadata.uid === uid;
}

function textOf(key: ObjectKey): string {
  return `${key.namespace}/${key.name}`;
}
