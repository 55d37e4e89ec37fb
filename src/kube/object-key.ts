/**
 * Object key: by what an object of a known kind is asked for.
 *
 * Reads an object's metadata. Returns its namespace, "" where it stands in none, and its name.
 */
import type { KubeObject, ObjectKey } from "../api/object.ts";

/** Returns the key of an object. */
export function keyOf({ metadata }: Pick<KubeObject, "metadata">): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name ?? "" };
}
