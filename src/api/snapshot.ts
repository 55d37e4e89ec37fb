/**
 * ClusterSnapshot: everything the informers know at one moment, read-only.
 *
 * The webhook's context, the solver's input and `plimsoll check FILE` are all made of one; so the same functions answer
 * for a live cluster, the embedded world and a folder of YAML. Lists are sorted by namespace, then name.
 */
import type { KindName, KindObjects } from "./kinds.ts";
import type { ObjectKey } from "./object.ts";

/** The indexes that every snapshot carries, by kind: Pods by node name, and objects by controller owner's uid. */
export type SnapshotIndex = "node" | "owner";

export interface ClusterSnapshot {
  /** All objects of a kind, or those of one namespace. */
  list<K extends KindName>(kind: K, namespace?: string): readonly KindObjects[K][];
  get<K extends KindName>(kind: K, key: ObjectKey): KindObjects[K] | undefined;
  /** Objects of a kind under one value of an index: "node" (Pods by spec.nodeName), "owner" (by any ownerReference uid). */
  by<K extends KindName>(kind: K, index: SnapshotIndex, value: string): readonly KindObjects[K][];
  /** False while a kind has not been listed once; offline snapshots know every kind that their files could hold. */
  knows(kind: KindName): boolean;
}
