/**
 * Owners: from an object up to what a person wrote.
 *
 * Reads an object and a lookup (a snapshot's get). Returns the chain of controllers. Bounded, because ownerReferences are
 * user data and may form a circle.
 */
import type { KubeObject, OwnerReference } from "../api/object.ts";

/** Owners are followed this far: Pod, ReplicaSet, Deployment, its operator's kind and one above. */
export const ownerHopsMax = 4;

/** The controllers above an object, nearest first. */
export interface OwnerChain {
  readonly owners: readonly KubeObject[];
  /** The highest owner that was found; the object itself if it has none. */
  readonly top: KubeObject;
  /** The controller of `top` that the lookup does not know: a kind that is not watched, or an owner that is gone. */
  readonly unknown?: OwnerReference;
}

/** Returns the owner that controls an object, if any; other owners only matter to garbage collection. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}

/**
 * Follows controllers upwards for at most {@link ownerHopsMax} hops. The lookup gets a reference and the namespace to look
 * in; a found object with another uid is not the owner (it was made again under the same name) and counts as unknown.
 */
export function topOwner(from: {
  readonly object: KubeObject;
  readonly lookup: (reference: OwnerReference, namespace: string) => KubeObject | undefined;
}): OwnerChain {
  const namespace = from.object.metadata.namespace ?? "";
  const owners: KubeObject[] = [];
  let top = from.object;
  for (let hop = 0; hop < ownerHopsMax; hop += 1) {
    const reference = controllerOf(top);
    if (reference === undefined) break;
    const owner = from.lookup(reference, namespace);
    if (owner === undefined || isAnother(owner, reference)) return { owners, top, unknown: reference };
    owners.push(owner);
    top = owner;
  }
  return { owners, top };
}

/** Objects in files have no uid, so only two different ones tell two objects apart. */
function isAnother(owner: KubeObject, reference: OwnerReference): boolean {
  return Boolean(owner.metadata.uid) && Boolean(reference.uid) && owner.metadata.uid !== reference.uid;
}
