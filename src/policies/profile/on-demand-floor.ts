/**
 * The on-demand floor: whether one Pod must stay off Spot, so that as many of its workload do as the profile asks.
 *
 * Reads the Pod that enters, the contract and the living Pods of its workload. Returns a yes or a no, decided Pod by Pod:
 * a spread over capacity types would also keep Pods off on-demand nodes while Spot is gone, and knows no share but half
 * (docs/adr/0006). Two Pods that enter at one moment may both be kept off Spot: that costs a little, and never breaks the floor.
 */
import type { PlatformNames } from "../../api/labels.ts";
import type { Pod } from "../../api/pod.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { isActive } from "../../kube/pod-state.ts";
import { matchesSelector } from "../../kube/selector.ts";
import type { CompiledContract } from "./contract.ts";

export interface FloorInput {
  readonly pod: Pod;
  readonly contract: CompiledContract;
  readonly snapshot: ClusterSnapshot;
  readonly names: PlatformNames;
}

/** Says whether the Pod is one of those that stay off Spot; a Pod that carries the mark already stays so. */
export function needsOnDemand({ pod, contract, snapshot, names }: FloorInput): boolean {
  const { onDemandFloor, workload } = contract;
  if (onDemandFloor === undefined) return false;
  const isMarked = (other: Pod) => other.metadata.labels?.[names.onDemandFloorLabel] !== undefined;
  if (isMarked(pod)) return true;
  const kept = snapshot
    .list("Pod", workload.namespace)
    .filter((other) => isMarked(other) && isActive(other) && isSibling(other, contract, names));
  return kept.length < onDemandFloor.replicas;
}

function isSibling({ metadata }: Pod, { selector, profile }: CompiledContract, names: PlatformNames): boolean {
  if (metadata.labels?.[names.profileLabel] !== profile?.name) return false;
  return selector === undefined || matchesSelector(selector, metadata.labels);
}
