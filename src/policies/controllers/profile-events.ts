/**
 * The profile's events: what the profile's controller tells people, and what it notes of its decisions.
 *
 * Reads what was decided. Returns notes for Events on the objects concerned, and one entry for the decision log.
 */
import type { ControllerStep } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import type { AutoscalerPlan } from "../profile/autoscaler-plan.ts";
import type { ChildObject } from "../profile/child-plan.ts";
import type { BudgetPlan, RefusedChild } from "../profile/plan-apply.ts";
import type { StrandedPod } from "../profile/stranded-pod.ts";
import type { TemplateRoll } from "../profile/template-roll.ts";
import type { ChildWrites } from "./profile-step.ts";

/** Tells the profile's owner that somebody else's object is in the way. */
export function refusalEvent({ apiVersion, kind, metadata }: WorkloadProfile, refused: RefusedChild): EventNote {
  const { uid, namespace = "", name = "" } = metadata;
  const regarding = { apiVersion, kind, namespace, name, ...(uid === undefined ? {} : { uid }) };
  const reason = refused.kind === "PodDisruptionBudget" ? "ForeignBudget" : "ForeignAutoscaler";
  return { regarding, type: "Warning", reason, message: `[${refused.rule}] ${refused.text}; ${refused.fix}` };
}

/** Tells why a pending Pod is made again. */
export function remakeEvent({ pod, zonesThen, zonesNow }: StrandedPod): EventNote {
  const { uid, namespace = "", name = "" } = pod.metadata;
  return {
    regarding: { apiVersion: pod.apiVersion, kind: pod.kind, namespace, name, ...(uid === undefined ? {} : { uid }) },
    type: "Warning",
    reason: zonesThen > zonesNow ? "ZoneLost" : "ZonesChanged",
    message: `compiled for ${zonesThen} zones, ${zonesNow} can take it now: deleted, so that its owner makes it again`,
  };
}

/** Tells why a workload is rolled. */
export function rollEvent({ apiVersion, kind, namespace, name, uid, podsStale }: TemplateRoll): EventNote {
  return {
    regarding: { apiVersion, kind, namespace, name, ...(uid === undefined ? {} : { uid }) },
    type: "Normal",
    reason: "ContractChanged",
    message: `${podsStale} Pods carry an older contract and the profile says rollout: onChange: rolled`,
  };
}

/** Returns the entry of the decision log. */
export function decisionOf(of: {
  readonly plan: BudgetPlan;
  readonly autoscalerPlan: AutoscalerPlan;
  readonly rolls: readonly TemplateRoll[];
}): NonNullable<ControllerStep["decision"]> {
  const { plan, autoscalerPlan, rolls } = of;
  return {
    chosen: {
      ...chosenChildren(plan),
      autoscalers: chosenChildren(autoscalerPlan),
      rolls: rolls.map(({ kind, name }) => `${kind}/${name}`),
    },
    rejected: [...plan.refused, ...autoscalerPlan.refused].map(({ kind, name, text }) => ({
      subject: `${kind}/${name}`,
      reason: { reason: kind === "PodDisruptionBudget" ? "ForeignBudget" : "ForeignAutoscaler", message: text },
    })),
  };
}

function chosenChildren({ create, replace, remove }: ChildWrites<ChildObject>): object {
  const chosen = ({ metadata, spec }: ChildObject): object => ({ name: metadata.name, spec });
  return { create: create.map(chosen), replace: replace.map(chosen), remove: remove.map(({ metadata }) => metadata.name) };
}
