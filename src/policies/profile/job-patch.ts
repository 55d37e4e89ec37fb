/**
 * The patch of one Job: an eviction must not count as a failure of its work.
 *
 * Reads a Job that a CronJob has just made, the contract of that CronJob and its class. Returns the operations that add a
 * podFailurePolicy where the class's nodes may be taken away. Only here and only then: the field can't be changed later, and a Job
 * that a person wrote is left as git has it (JOB-003 tells them the same lines). Law: a second run gives no operation.
 */
import type { Job } from "../../api/workload.ts";
import { addAt, startPatch, type JsonPatchOperation } from "../../kube/json-patch.ts";
import { controllerOf } from "../../kube/owner.ts";
import type { WorkloadClass } from "../class.ts";
import type { CompiledContract } from "./contract.ts";

/** What is ignored: Pods that were taken away, whoever took them (Kubernetes' own condition). */
export const ignoreDisruptions = {
  rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }],
} as const;

/** Returns the operations for a Job as received at its creation; none where its profile writes nothing, or none is bound. */
export function compileJob(of: {
  readonly job: Job;
  readonly contract: CompiledContract;
  readonly workloadClass: WorkloadClass;
}): readonly JsonPatchOperation[] {
  const { job, contract, workloadClass } = of;
  const { podFailurePolicy, template } = job.spec;
  if (contract.profile === undefined || !contract.writes || controllerOf(job)?.kind !== "CronJob") return [];
  // The API allows the policy only where a failed Pod is not restarted in its place.
  if (podFailurePolicy != null || template.spec.restartPolicy !== "Never" || !mayBeTakenAway(workloadClass)) return [];
  const policy = addAt(startPatch(job), ["spec", "podFailurePolicy"], ignoreDisruptions);
  // Beside the policy the API takes no other replacement than of Pods that have failed, and has filled in another by now.
  return addAt(policy, ["spec", "podReplacementPolicy"], "Failed").operations;
}

function mayBeTakenAway({ capacityTypes, disruption }: WorkloadClass): boolean {
  return capacityTypes.includes("spot") || disruption.consolidates;
}
