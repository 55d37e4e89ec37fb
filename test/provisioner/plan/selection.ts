/**
 * Selection: labels against requirements and selectors, taints against tolerations, read as Kubernetes documents them.
 *
 * Reads plain objects. Returns yes or no. Shares no code with src/kube.
 */
import type { LabelSelector } from "../../../src/api/object.ts";
import type { NodeSelectorRequirement, PodSpec, Taint } from "../../../src/api/pod.ts";

export type Labels = Readonly<Record<string, string>>;

/** Says whether labels meet one requirement. */
export function isMet({ key, operator, values = [] }: NodeSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return value !== undefined && /^-?\d+$/.test(value) && isBeyond(operator, { value: Number(value), bound: Number(values[0]) });
  }
}

function isBeyond(operator: "Gt" | "Lt" | "Gte" | "Lte", { value, bound }: { readonly value: number; readonly bound: number }): boolean {
  if (operator === "Gt") return value > bound;
  if (operator === "Lt") return value < bound;
  return operator === "Gte" ? value >= bound : value <= bound;
}

/** No selector selects nothing; an empty one everything. */
export function isSelected(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && matchExpressions.every((one) => isMet(one, labels));
}

/** nodeSelector and required node affinity: one of the terms must be met, and an empty term never is. */
export function wantsNode({ nodeSelector = {}, affinity }: PodSpec, node: { readonly name: string; readonly labels: Labels }): boolean {
  if (!Object.entries(nodeSelector).every(([key, value]) => node.labels[key] === value)) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  return required.nodeSelectorTerms.some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length + matchFields.length === 0) return false;
    return (
      matchExpressions.every((one) => isMet(one, node.labels)) && matchFields.every((one) => isMet(one, { "metadata.name": node.name }))
    );
  });
}

/** The first taint that keeps the Pod away; PreferNoSchedule keeps nobody away. */
export function untolerated({ tolerations = [] }: PodSpec, taints: readonly Taint[]): Taint | undefined {
  return taints.find(
    (taint) =>
      taint.effect !== "PreferNoSchedule" &&
      !tolerations.some(({ key, operator = "Equal", value = "", effect }) => {
        if (effect !== undefined && effect !== taint.effect) return false;
        if (key !== undefined && key !== taint.key) return false;
        return operator === "Exists" || value === (taint.value ?? "");
      }),
  );
}
