/**
 * Bare Pods: those that were made while their profile stood, and that carry nothing of it.
 *
 * Reads a profile, the contract of a workload that it governs and that workload's Pods. A replica of ours compiles a Pod by what its watches
 * have brought; where the profile's is a moment late, the Pod enters without. Nothing mends such a Pod but making it again, so it is told.
 * Creation is counted in whole seconds: a Pod of the same second counts, since it runs without either way.
 */
import type { PlatformNames } from "../../api/labels.ts";
import type { Pod } from "../../api/pod.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { isActive } from "../../kube/pod-state.ts";
import { profileOfNote } from "./compiled-note.ts";
import type { CompiledContract } from "./contract.ts";

/** Returns the active Pods that were made since the profile stands and were compiled for none; none where the contract writes nothing. */
export function barePods(of: {
  readonly profile: WorkloadProfile;
  readonly contract: Pick<CompiledContract, "writes">;
  readonly pods: readonly Pod[];
  readonly names: Pick<PlatformNames, "compiledAnnotation">;
}): readonly Pod[] {
  const { profile, contract, pods, names } = of;
  const since = Date.parse(profile.metadata.creationTimestamp ?? "");
  if (!contract.writes || Number.isNaN(since)) return [];
  return pods.filter(
    (pod) => isActive(pod) && Date.parse(pod.metadata.creationTimestamp ?? "") >= since && profileOfNote(pod, names) === undefined,
  );
}
