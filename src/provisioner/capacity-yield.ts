/**
 * Yielding: claims that wait for capacity which is not to be had, and what becomes of them when a plan finds another way.
 *
 * Reads NodeClaims and what their pools offer now. A claim that lacked capacity and for which nothing is on offer is no place for its Pods:
 * they are planned again as if it were not there, while the claim is kept and tried again. Only when the plan has a place for all Pods like
 * those that it was made for does it yield; where there is no other way it stands, and no claim is made again for the same. A claim of which
 * something may be had again goes where no such Pod is wanted any more and no other was given its place.
 */
import type { InstanceType } from "../api/instance-type.ts";
import { nodePoolLabel } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import { lacksCapacity, launchCandidates } from "./lifecycle/launch.ts";
import { plannedPodsOf, type PlannedPodsName } from "./scheduling/planned-pods.ts";
import { podClassHash, type PendingPod } from "./scheduling/pod-class.ts";
import type { SchedulingResults } from "./scheduling/solve.ts";

/** Returns the claims that nothing can be bought for now. */
export function stuckClaims(
  nodeClaims: readonly NodeClaim[],
  instanceTypes: ReadonlyMap<string, readonly InstanceType[]>,
): readonly NodeClaim[] {
  return lackingClaims(nodeClaims).filter((claim) => {
    const types = instanceTypes.get(claim.metadata.labels?.[nodePoolLabel] ?? "");
    // Of a pool that is not ready nothing is known.
    return types !== undefined && launchCandidates(claim, types).length === 0;
  });
}

/** Returns the claims that lack capacity, whether something of them may be had now or not: where nobody waits they are for nobody. */
export function lackingClaims(nodeClaims: readonly NodeClaim[]): readonly NodeClaim[] {
  return nodeClaims.filter((claim) => claim.metadata.deletionTimestamp === undefined && lacksCapacity(claim));
}

/** Returns the claims that lack capacity, are not stuck, and of which a plan has made no Pod's place. */
export function unusedClaims(
  nodeClaims: readonly NodeClaim[],
  of: { readonly stuck: readonly NodeClaim[]; readonly existing: SchedulingResults["existing"] },
): readonly NodeClaim[] {
  const used = new Set(of.existing.filter(({ pods }) => pods.length > 0).map(({ node }) => node.nodeClaim));
  return lackingClaims(nodeClaims).filter((claim) => !of.stuck.includes(claim) && !used.has(claim.metadata.name ?? ""));
}

/** Returns the claims that nobody needs: no Pod of the classes that they were made for is left without a place. */
export function yieldedClaims(
  nodeClaims: readonly NodeClaim[],
  of: { readonly unplaced: readonly PendingPod[]; readonly names: PlannedPodsName },
): readonly NodeClaim[] {
  if (nodeClaims.length === 0) return [];
  const wanting = new Set(of.unplaced.map(({ pod }) => podClassHash(pod)));
  return nodeClaims.filter((claim) => {
    const classes = [...plannedPodsOf(claim, of.names).keys()];
    return classes.length > 0 && !classes.some((hash) => wanting.has(hash));
  });
}
