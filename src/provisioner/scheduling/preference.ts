/**
 * Preferences: what Pods would like and can do without, and what it is worth to meet it.
 *
 * Reads a Pod's spec: preferred node affinity, preferred Pod affinity and anti-affinity, ScheduleAnyway spread, and the
 * PreferNoSchedule taints of nodes. Returns the terms with their weights. By policy they are
 *
 *   Score    chosen by: of the choices that add the same to the price, the one that leaves the least weight unmet; of equal ones
 *            the least crowded. A preference never costs anything: where a plan that heeds preferences leaves out more, is dearer, or
 *            has more nodes than one that ignores them, the latter is taken. An operator may say what they are worth: then a plan
 *            made by Respect is taken where it is dearer by no more than that share.
 *   Respect  Karpenter's way: first as if required, dropped one by one while the Pod finds no place (relaxation.ts).
 *   Ignore   not looked at.
 *
 * A term is met on a node as kube-scheduler reads it; a Pod affinity term is met where one Pod is that it seeks, an
 * anti-affinity term where none is that it avoids. An untolerated PreferNoSchedule taint counts as the heaviest term.
 */
import type { Affinity, PodSpec, Taint, WeightedPodAffinityTerm } from "../../api/pod.ts";
import { termRequirements } from "../../kube/pod-requirements.ts";
import type { Requirements } from "../../kube/requirements.ts";
import { tolerates, untoleratedTaint } from "../../kube/taint.ts";

/** How preferences count. */
export type PreferencePolicy = "Score" | "Ignore" | "Respect";

/** The policies, the default first. */
export const preferencePolicies = ["Score", "Ignore", "Respect"] as const satisfies readonly PreferencePolicy[];

/** What preferences are to one class: nothing, a reason to choose by, or rules that hold for its own Pods. */
export type PreferenceUse = "ignored" | "scored" | "required";

/** The heaviest weight that a term may have. */
const weightMax = 100;
/** One unit of unmet weight; far more than Pods crowd anywhere, so that crowding only decides between equals. */
export const unmetUnit = 1e8;

/** Preferred node affinity terms that are looked at: each may double the ways in which a node can be narrowed. */
export const preferredTermsMax = 4;

export interface PreferredNodes {
  readonly weight: number;
  readonly requirements: Requirements;
}

/** Returns the preferred node affinity terms, heaviest first; empty terms prefer nothing. */
export function preferredNodes({ affinity }: PodSpec): readonly PreferredNodes[] {
  const terms = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms
    .map(({ weight, preference }) => ({ weight, requirements: termRequirements(preference) }))
    .filter(({ weight, requirements }) => weight > 0 && requirements.size > 0)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, preferredTermsMax);
}

/** Returns the preferred Pod affinity and anti-affinity terms. */
export function preferredPods({ affinity }: PodSpec): readonly (WeightedPodAffinityTerm & {
  readonly kind: "affinity" | "anti-affinity";
})[] {
  const together = affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const apart = affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...together.map((term) => ({ ...term, kind: "affinity" as const })),
    ...apart.map((term) => ({ ...term, kind: "anti-affinity" as const })),
  ];
}

/** Says whether a Pod would like to be near others. */
export function seeksPods({ affinity }: PodSpec): boolean {
  return (affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).length > 0;
}

/** Returns the weight that a node's PreferNoSchedule taints leave unmet. */
export function softTaintWeight(taints: readonly Taint[], { tolerations }: Pick<PodSpec, "tolerations">): number {
  return weightMax * taints.filter((taint) => isSoft(taint) && !tolerates(tolerations, taint)).length;
}

/** Says whether taints keep Pods off a node; those that only ask to do so where preferences hold as rules. */
export function keepsOff(
  taints: readonly Taint[],
  { spec, preferences }: { readonly spec: PodSpec; readonly preferences: PreferenceUse },
): boolean {
  if (untoleratedTaint(taints, spec.tolerations) !== undefined) return true;
  return preferences === "required" && softTaintWeight(taints, spec) > 0;
}

/** Says whether a taint asks Pods to stay away without keeping them. */
export function isSoft({ effect }: Taint): boolean {
  return effect === "PreferNoSchedule";
}

/** Says whether a Pod prefers anything of nodes or of other Pods. */
export function hasPreferences(spec: PodSpec): boolean {
  const { affinity, topologySpreadConstraints } = spec;
  return topologySpreadConstraints?.some(isWish) === true || (affinity !== undefined && prefersByAffinity(spec, affinity));
}

function prefersByAffinity(spec: PodSpec, { nodeAffinity, podAffinity, podAntiAffinity }: Affinity): boolean {
  // Asked of every Pod, and most have none of these lists.
  return (
    (podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? noTerms).length > 0 ||
    (podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? noTerms).length > 0 ||
    (nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution !== undefined && preferredNodes(spec).length > 0)
  );
}

const noTerms: readonly unknown[] = [];

/** Says whether a spread is preferred and not required. */
export function isWish({ whenUnsatisfiable }: { readonly whenUnsatisfiable: string }): boolean {
  return whenUnsatisfiable === "ScheduleAnyway";
}
