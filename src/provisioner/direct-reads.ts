/**
 * Direct reads: objects that the API server has shown on being asked, and that no watch has brought yet.
 *
 * Each kind's watch runs at its own pace, so a plan may know a workload before it knows who has a say in its Pods. Reads what the API
 * server answered, and the snapshot. Returns the snapshot with the answers in it. What the watch brings, in this or a later state, is
 * forgotten. Nothing else comes in here: a review tells what somebody proposes, and nothing is bought for that.
 */
import { isKindName } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { isOlderVersion } from "../kube/resource-version.ts";
import { overlaySnapshot } from "../policies/overlay-snapshot.ts";

/** An object that no watch brings for this long is gone again. */
export const readLifeMaxMs = 5_000;
/** More at once are left to the watch. */
export const directReadsMax = 100;

export interface DirectRead {
  readonly object: KubeObject;
  readonly at: Instant;
}

/** Returns the reads that no watch has brought yet. */
export function unseenReads(
  reads: readonly DirectRead[],
  { snapshot, now }: { readonly snapshot: ClusterSnapshot; readonly now: Instant },
): readonly DirectRead[] {
  return reads.filter(({ object, at }) => now - at < readLifeMaxMs && !isStoredIn(snapshot, object));
}

/** Says whether the snapshot has an object as it was shown, or a later state of it; many kinds keep no generation. */
export function isStoredIn(snapshot: ClusterSnapshot, { kind, metadata }: KubeObject): boolean {
  if (!isKindName(kind)) return true;
  const known = snapshot.get(kind, { namespace: metadata.namespace ?? "", name: metadata.name ?? "" });
  return known !== undefined && !isOlderVersion(known.metadata.resourceVersion, metadata.resourceVersion);
}

/** Returns the snapshot as it will be once the watch has brought them. */
export function withDirectReads(snapshot: ClusterSnapshot, reads: readonly DirectRead[], domain: string): ClusterSnapshot {
  return reads.reduce((world, { object }) => overlaySnapshot(world, { put: object, domain }), snapshot);
}
