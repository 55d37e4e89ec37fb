/**
 * Provisionable: which Pods wait for a node that we may buy.
 *
 * Reads a Pod. Returns a plain answer; demand that is real, to come or kept in reserve is told by the same one.
 */
import { nodePoolLabel } from "../api/labels.ts";
import type { Pod } from "../api/pod.ts";
import { podRequirements } from "../kube/pod-requirements.ts";
import { isDaemonPod, isMirrorPod, isPending } from "../kube/pod-state.ts";
import { operatorOf } from "../kube/requirement.ts";

/** Says whether a Pod waits for a node that we may buy: unbound, ungated, no DaemonSet's. */
export function isProvisionable(pod: Pod): boolean {
  if (!isPending(pod) || isDaemonPod(pod) || isMirrorPod(pod)) return false;
  if ((pod.spec.schedulingGates?.length ?? 0) > 0) return false;
  return !refusesNodePools(pod);
}

/** A Pod that asks for no NodePool's label is for somebody else's nodes. */
function refusesNodePools({ spec }: Pod): boolean {
  return podRequirements(spec).every((alternative) => {
    const requirement = alternative.get(nodePoolLabel);
    return requirement !== undefined && operatorOf(requirement) === "DoesNotExist";
  });
}
