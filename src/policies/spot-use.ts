/**
 * Spot use: whether a workload may find itself on Spot capacity, and what it says about interruptions.
 *
 * Reads classes, profiles and Pods as they will be compiled. Returns what the rules about interruption ask in common.
 */
import { capacityTypeLabel } from "../api/labels.ts";
import type { WorkloadProfileSpec } from "../api/workload-profile.ts";
import { podRequirements } from "../kube/pod-requirements.ts";
import { has } from "../kube/requirement.ts";
import type { WorkloadClass } from "./class.ts";
import type { WorkloadView } from "./workload-view.ts";

/** Seconds between EC2's notice and the interruption; of them a Pod has what the notice's way to its node leaves. */
export const spotNoticeSeconds = 120;
export const usableNoticeSeconds = 110;

/** The promises of disruption.guarantees, in the order in which they are told. */
export const guaranteeNames = [
  "ackAfterCompletion",
  "retryable",
  "duplicateSafe",
  "stopsPullingOnTerm",
  "inFlightSafe",
  "deadLetter",
] as const;

/** The profile field by which a class asks for work that can be done twice. */
export const idempotentField = "disruption.idempotent";

/** Is true for a class that is meant for work that is taken away: it asks for idempotent work, or has nothing but Spot. */
export function isInterruptibleClass({ requires, requireAllGuarantees, capacityTypes }: WorkloadClass): boolean {
  const onlySpot = capacityTypes.length > 0 && capacityTypes.every((capacityType) => capacityType === "spot");
  return requires.includes(idempotentField) || requireAllGuarantees || onlySpot;
}

/** Is true where a Pod of the workload, as compiled, may be placed on Spot. */
export function mayRunOnSpot({ pod, workloadClass }: WorkloadView): boolean {
  if (workloadClass?.capacityTypes.includes("spot") !== true) return false;
  return podRequirements(pod.spec).some((alternative) => {
    const asked = alternative.get(capacityTypeLabel);
    return asked === undefined || has(asked, "spot");
  });
}

/** Is true for a profile that says anything of work that can be interrupted; without such a word it serves requests. */
export function declaresWork({ disruption, scaling }: WorkloadProfileSpec): boolean {
  if (disruption?.idempotent === true || disruption?.checkpointed === true || scaling?.lagMetric !== undefined) return true;
  return guaranteeNames.some((name) => disruption?.guarantees?.[name] === true);
}

const endingKinds: ReadonlySet<string> = new Set(["Job", "CronJob"]);

/** Is true for kinds whose Pods run to an end. */
export function runsToAnEnd(kind: string): boolean {
  return endingKinds.has(kind);
}
