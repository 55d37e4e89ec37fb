/**
 * Closed label: the label by which a fail-closed class is granted to namespaces.
 *
 * Reads a grant's namespaceSelector. While we are down only the API server can tell the granted namespaces from all others,
 * by a selector and its complement; the complement of two labels together is no selector. The check of a policies file and
 * the webhooks' registration both ask here, so that no file is accepted which cannot be registered.
 */
import type { LabelSelector } from "../api/object.ts";

/** A label's key, and the values that are granted; never empty. */
export interface ClosedLabel {
  readonly key: string;
  readonly values: readonly string[];
}

/** Returns the one label that a selector comes down to, or undefined where it has none, several, or one without given values. */
export function closedLabel(selector: LabelSelector): ClosedLabel | undefined {
  const fromLabels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, values: [value] }));
  const expressions = selector.matchExpressions ?? [];
  const fromExpressions = expressions.flatMap(({ key, operator, values = [] }) => (operator === "In" ? [{ key, values }] : []));
  const [only, ...more] = [...fromLabels, ...fromExpressions];
  if (more.length > 0 || fromExpressions.length < expressions.length) return undefined;
  return only === undefined || only.values.length === 0 ? undefined : only;
}
