/**
 * Lost zones on paper: what profiles compile to while zones are lost.
 *
 * Reads objects and Pods. Returns profiles as their status is then, by which everything is compiled anew, and Pods as their owners make
 * them again.
 */
import type { KubeObject } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import type { WorkloadProfile } from "../api/workload-profile.ts";
import { workloadOfPod } from "../policies/pod-owner.ts";
import { judgedPod } from "../policies/profile/judged-pod.ts";
import { workloadContract, type ContractWorld } from "../policies/profile/workload-contract.ts";
import type { PendingPod } from "../provisioner/scheduling/pod-class.ts";
import type { SolveInput } from "../provisioner/scheduling/solve.ts";

export interface LostZones {
  readonly input: SolveInput;
  /** A Pod of a Node that is lost, as it comes again. */
  readonly madeAgain: (pod: Pod) => Pod;
  /** Pods with the spread that their scheduler gives them by default. */
  readonly spreadOut: (pods: readonly PendingPod[]) => readonly PendingPod[];
}

/** Returns a profile with these zones lost; other objects are as they were. */
export function losing(object: KubeObject, zones: readonly string[]): KubeObject {
  if (!isProfile(object)) return object;
  const lostZones = [...new Set([...(object.status?.lostZones ?? []), ...zones])].sort();
  const lost: WorkloadProfile = { ...object, status: { ...object.status, lostZones } };
  return lost;
}

function isProfile(object: KubeObject): object is WorkloadProfile {
  return object.kind === "WorkloadProfile";
}

/** Its volumes stay; a Pod that no profile compiles comes again as it was. */
export function madeAgain(pod: Pod, world: ContractWorld): Pod {
  const workload = workloadOfPod({ pod, namespace: pod.metadata.namespace ?? "", snapshot: world.snapshot });
  const outcome = workload === undefined ? undefined : workloadContract({ workload, ...world });
  if (workload === undefined || outcome?.kind !== "compiled" || outcome.contract.profile === undefined) return pod;
  const { volumes } = pod.spec;
  const spec = { ...workload.template.spec, ...(volumes === undefined ? {} : { volumes }) };
  return judgedPod({ pod: { ...pod, spec }, contract: outcome.contract });
}
