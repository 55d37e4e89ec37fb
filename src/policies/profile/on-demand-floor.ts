/**
 * The on-demand floor: whether one Pod must stay off Spot, so that as many of its workload do as the profile asks.
 *
 * Reads the Pod that enters, the contract and the living Pods of its workload. Returns a yes or a no, decided Pod by Pod:
 * a spread over capacity types would also keep Pods off on-demand nodes while Spot is gone, and knows no share but half
 * (docs/adr/0006, 0008). Two Pods that enter at one moment may both be kept off Spot: that costs a little, and never breaks the floor.
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
export function needsOnDemand(input: FloorInput): boolean {
  if (input.contract.onDemandFloor === undefined) return false;
  return isMarked(input.pod, input.names) || podsBelowFloor(input) > 0;
}

/** Returns how many Pods of a workload must still be kept off Spot; the provisioner plans that many of the Pods to come, such as `pod`, so. */
export function podsBelowFloor({ pod: coming, contract, snapshot, names }: FloorInput): number {
  const { onDemandFloor, workload } = contract;
  if (onDemandFloor === undefined) return 0;
  const kept = snapshot
    .list("Pod", workload.namespace)
    .filter((pod) => isMarked(pod, names) && isActive(pod) && isSibling(pod, contract, names) && isOfTemplate(pod, coming));
  return Math.max(0, onDemandFloor.replicas - kept.length);
}

const templateHashLabels = ["pod-template-hash", "rollouts-pod-template-hash"];

/** The Pods of the template before go one by one while its successor's come: what they keep off Spot is no floor for long. */
function isOfTemplate({ metadata }: Pod, coming: Pod): boolean {
  return templateHashLabels.every((label) => {
    const hash = coming.metadata.labels?.[label];
    return hash === undefined || hash === metadata.labels?.[label];
  });
}

function isMarked({ metadata }: Pod, { onDemandFloorLabel }: PlatformNames): boolean {
  return metadata.labels?.[onDemandFloorLabel] !== undefined;
}

function isSibling({ metadata }: Pod, { selector, profile }: CompiledContract, names: PlatformNames): boolean {
  if (metadata.labels?.[names.profileLabel] !== profile?.name) return false;
  return selector === undefined || matchesSelector(selector, metadata.labels);
}
