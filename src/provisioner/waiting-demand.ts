/**
 * Waiting demand: Pods that a workload wants and that admission refuses as long as the profile that its label names is still to come.
 *
 * Reads a workload with Pods to come and the policies. Says whether they wait (policies/waiting-pods.ts): nothing is bought for them.
 */
import type { Instant } from "../api/ports.ts";
import { awaitedProfile, holdsPods } from "../policies/awaited.ts";
import { workloadContract, type ContractWorld } from "../policies/profile/workload-contract.ts";
import type { MissingPods } from "./missing-pods.ts";

/** Says whether admission refuses the Pods of a workload that its controller is about to make. */
export function isWaiting(
  { workload, siblings }: MissingPods,
  { policySet, now, ...world }: ContractWorld & { readonly now: Instant },
): boolean {
  if (siblings.length > 0 || !holdsPods(policySet, { namespace: workload.namespace, now })) return false;
  const { binding } = workloadContract({ workload, policySet, ...world });
  return awaitedProfile({ workload, binding }, world.names) !== undefined;
}

/** Returns why nothing is planned for such Pods. */
export function waitingRemark({ workload, count }: MissingPods) {
  const message = `${count} of its Pods wait for the WorkloadProfile that its label names: no capacity is planned for them until it stands`;
  return { workload, reason: "WaitsForProfile", message, isRefusal: false } as const;
}
