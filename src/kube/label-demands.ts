/**
 * Label demands: what the expressions of a selector ask of each key, taken together.
 *
 * Reads a selector's matchExpressions. Returns a matcher that looks at the labels of an object, not at the expressions: the API server
 * bounds neither their number nor how many objects they are tried on, and a budget with thousands over thousands of workloads must
 * not hold up everybody else's reviews.
 */
import { assertNever } from "../api/assert.ts";
import type { LabelSelectorRequirement } from "../api/object.ts";
import { rememberedInBursts } from "./remembered.ts";

/** What all expressions about one key come to. */
interface Demand {
  isPresent: boolean;
  isAbsent: boolean;
  /** The values that are left; undefined allows every one. */
  allowed: ReadonlySet<string> | undefined;
  readonly forbidden: Set<string>;
}

interface Demands {
  readonly byKey: ReadonlyMap<string, Demand>;
  readonly presentKeys: readonly string[];
}

/** Says whether labels satisfy all expressions; the cost of a call grows with the labels, not with the expressions. */
export function satisfiesExpressions(expressions: readonly LabelSelectorRequirement[], labels: Readonly<Record<string, string>>): boolean {
  const { byKey, presentKeys } = demandsOf(expressions);
  const own = Object.entries(labels);
  if (presentKeys.length > own.length || !presentKeys.every((key) => Object.hasOwn(labels, key))) return false;
  return own.every(([key, value]) => {
    const demand = byKey.get(key);
    if (demand === undefined) return true;
    return !demand.isAbsent && !demand.forbidden.has(value) && (demand.allowed?.has(value) ?? true);
  });
}

/** A list of expressions is tried on many objects in a row. */
const demandsOf = rememberedInBursts((expressions: readonly LabelSelectorRequirement[]): Demands => {
  const byKey = new Map<string, Demand>();
  for (const expression of expressions) {
    const demand = byKey.get(expression.key) ?? { isPresent: false, isAbsent: false, allowed: undefined, forbidden: new Set() };
    byKey.set(expression.key, demand);
    addTo(demand, expression);
  }
  return { byKey, presentKeys: [...byKey].filter(([, { isPresent }]) => isPresent).map(([key]) => key) };
});

function addTo(demand: Demand, { operator, values = [] }: LabelSelectorRequirement): void {
  switch (operator) {
    case "In": {
      const before = demand.allowed;
      demand.isPresent = true;
      demand.allowed = new Set(before === undefined ? values : values.filter((value) => before.has(value)));
      return;
    }
    case "NotIn":
      for (const value of values) demand.forbidden.add(value);
      return;
    case "Exists":
      demand.isPresent = true;
      return;
    case "DoesNotExist":
      demand.isAbsent = true;
      return;
    default:
      assertNever(operator);
  }
}
