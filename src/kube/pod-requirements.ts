/**
 * Which Nodes a Pod asks for, as requirements.
 *
 * Reads a Pod's nodeSelector and required node affinity. Returns alternatives, because affinity terms are joined by "or":
 * a Node must meet one of them.
 */
import type { NodeSelectorTerm, PodSpec } from "../api/pod.ts";
import { rememberedAlike } from "./remembered.ts";
import { fromLabels, intersection, requirementsOf, type Requirements } from "./requirements.ts";

/** The key under which a matchFields requirement on metadata.name appears: no Node label has it, so give Nodes their name there. */
export const nodeNameField = "metadata.name";

/**
 * Returns the alternatives that nodeSelector and required node affinity leave, in the order of the terms. A Pod without
 * affinity has one. An empty term selects no Node (Kubernetes), so a Pod whose terms are all empty has no alternative.
 */
export const podRequirements = rememberedAlike(alternativesOf, isPlacedAlike);

function alternativesOf({ nodeSelector, affinity }: PodSpec): readonly Requirements[] {
  const selected = fromLabels(nodeSelector);
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined) return [selected];
  return terms.filter((term) => !isEmptyTerm(term)).map((term) => intersection(selected, termRequirements(term)));
}

/** Is true where two Pods name their nodes by the same objects, as those do that are placed by one contract alone. */
export function isPlacedAlike(a: PodSpec, b: PodSpec): boolean {
  return a.nodeSelector === b.nodeSelector && a.affinity?.nodeAffinity === b.affinity?.nodeAffinity;
}

/** Returns one node selector term as requirements; matchFields stand under {@link nodeNameField}. */
export function termRequirements(term: NodeSelectorTerm): Requirements {
  return requirementsOf([...(term.matchExpressions ?? []), ...(term.matchFields ?? [])]);
}

function isEmptyTerm(term: NodeSelectorTerm): boolean {
  return (term.matchExpressions ?? []).length === 0 && (term.matchFields ?? []).length === 0;
}
