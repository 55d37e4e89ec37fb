/**
 * Judgement: one condition of a WorkloadProfile without the parts that depend on what was there before.
 *
 * A type and its three constructors, so that the files that judge need not know each other.
 */
import type { ProfileTarget } from "./profile-view.ts";

export const conditionTypes = [
  ...(["Accepted", "Bound", "Compiled", "DrainSafe", "Placeable", "BurstFeasible", "SpotSafe", "ZoneSpread"] as const),
  ...(["Exempted", "Stalled", "Ready"] as const),
] as const;
export type ConditionType = (typeof conditionTypes)[number];

export interface Judgement {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  /** CamelCase; the API allows no hyphen, so a rule's id stands in the message. */
  readonly reason: string;
  readonly message: string;
}

export function yes(type: ConditionType, reason: string, message: string): Judgement {
  return { type, status: "True", reason, message };
}

export function no(type: ConditionType, reason: string, message: string): Judgement {
  return { type, status: "False", reason, message };
}

export function unknown(type: ConditionType, reason: string, message: string): Judgement {
  return { type, status: "Unknown", reason, message };
}

export function nameOfTarget({ workload }: ProfileTarget): string {
  return `${workload.kind}/${workload.name}`;
}
