/**
 * Requirement: what is allowed for one label, as a set that can be intersected.
 *
 * Reads node selector requirements. Returns Karpenter's algebra exactly, because NodePools and Pods written for Karpenter
 * must meet the same capacity here. A requirement is a plain set of values (In; empty is DoesNotExist) or the complement
 * of one (NotIn; of the empty set, Exists), with integer bounds on a complement. Gt N is "at least N+1" and Lt N "at most
 * N-1", so one pair of bounds is enough. The solver intersects these for every Pod and type: shared objects, no copies.
 */
import { assertNever } from "../api/assert.ts";
import { normalizedLabels } from "../api/labels.ts";
import type { NodeSelectorRequirement } from "../api/pod.ts";

export interface Requirement {
  /** The label, under its current name (NormalizedLabels). */
  readonly key: string;
  /** True where `values` are excluded and everything else is allowed. */
  readonly complement: boolean;
  readonly values: ReadonlySet<string>;
  /** Smallest allowed integer; only on a complement. */
  readonly gte?: number;
  /** Largest allowed integer; only on a complement. */
  readonly lte?: number;
  /** At least this many distinct values must stay possible. */
  readonly minValues?: number;
}

type Bounds = Pick<Requirement, "gte" | "lte">;

const noValues: ReadonlySet<string> = new Set();
const integerPattern = /^[+-]?\d+$/;
const shownValuesMax = 5;

/**
 * Returns one requirement as a set. A bound that is not an integer allows nothing: the API server refuses such an object,
 * and a file that holds one must not read as unbounded.
 */
export function requirementOf(requirement: NodeSelectorRequirement): Requirement {
  const key = Object.hasOwn(normalizedLabels, requirement.key) ? (normalizedLabels[requirement.key] ?? requirement.key) : requirement.key;
  const set = setOf(key, requirement);
  return requirement.minValues === undefined ? set : { ...set, minValues: requirement.minValues };
}

/** Returns the requirement that a label has exactly this value. */
export function exactly(key: string, value: string): Requirement {
  return requirementOf({ key, operator: "In", values: [value] });
}

/** Returns what both allow; the key is that of `a`, and a minValues that either states is kept (the larger). */
export function intersect(a: Requirement, b: Requirement): Requirement {
  const minValues = larger(a.minValues, b.minValues);
  const [gte, lte] = [larger(a.gte, b.gte), smaller(a.lte, b.lte)];
  const crossed = isCrossed(gte, lte);
  const complement = a.complement && b.complement && !crossed;
  return {
    key: a.key,
    complement,
    values: crossed ? noValues : commonValues(a, b),
    ...(complement && gte !== undefined ? { gte } : undefined),
    ...(complement && lte !== undefined ? { lte } : undefined),
    ...(minValues === undefined ? undefined : { minValues }),
  };
}

/** Says whether any value is allowed by both; the same answer as a non-empty {@link intersect}, without building it. */
export function hasIntersection(a: Requirement, b: Requirement): boolean {
  if (a.complement && b.complement) return !isCrossed(larger(a.gte, b.gte), smaller(a.lte, b.lte));
  const plain = isSmallerPlain(a, b) ? a : b;
  const other = plain === a ? b : a;
  for (const value of plain.values) {
    if (has(other, value)) return true;
  }
  return false;
}

/** Says whether the requirement allows a value. */
export function has(requirement: Requirement, value: string): boolean {
  return requirement.values.has(value) !== requirement.complement && isWithin(value, requirement.gte, requirement.lte);
}

/** Says whether no value is allowed at all (DoesNotExist). */
export function isEmpty(requirement: Requirement): boolean {
  return !requirement.complement && requirement.values.size === 0;
}

/** Returns the allowed values in order, or undefined where all but some are allowed. */
export function values(requirement: Requirement): readonly string[] | undefined {
  return requirement.complement ? undefined : [...requirement.values].sort();
}

/** Returns the operator that the set reads as; a bounded complement without exclusions reads as Exists. */
export function operatorOf(requirement: Requirement): "In" | "NotIn" | "Exists" | "DoesNotExist" {
  if (requirement.complement) return requirement.values.size > 0 ? "NotIn" : "Exists";
  return requirement.values.size > 0 ? "In" : "DoesNotExist";
}

/**
 * Returns the set as node selector requirements of a NodeClaim that together mean the same: several where bounds and
 * exclusions meet. Bounds are written as Gte and Lte and minValues stands on each, as in Karpenter.
 */
export function toNodeSelectorRequirements(requirement: Requirement): readonly NodeSelectorRequirement[] {
  const { key, gte, lte, minValues } = requirement;
  const parts: NodeSelectorRequirement[] = [];
  if (gte !== undefined) parts.push({ key, operator: "Gte", values: [String(gte)] });
  if (lte !== undefined) parts.push({ key, operator: "Lte", values: [String(lte)] });
  const operator = operatorOf(requirement);
  if (operator === "In" || operator === "NotIn") parts.push({ key, operator, values: [...requirement.values].sort() });
  else if (parts.length === 0) parts.push({ key, operator });
  return minValues === undefined ? parts : parts.map((part) => ({ ...part, minValues }));
}

/** Returns the set as Karpenter prints it: "key In [a b]", "key Exists >=4 <=16 minValues 2"; more than 5 values are counted. */
export function formatRequirement(requirement: Requirement): string {
  const sorted = [...requirement.values].sort();
  const shown =
    sorted.length > shownValuesMax ? [...sorted.slice(0, shownValuesMax), `and ${sorted.length - shownValuesMax} others`] : sorted;
  const list = sorted.length === 0 ? "" : ` [${shown.join(" ")}]`;
  const from = requirement.gte === undefined ? "" : ` >=${requirement.gte}`;
  const to = requirement.lte === undefined ? "" : ` <=${requirement.lte}`;
  const distinct = requirement.minValues === undefined ? "" : ` minValues ${requirement.minValues}`;
  return `${requirement.key} ${operatorOf(requirement)}${list}${from}${to}${distinct}`;
}

function setOf(key: string, { operator, values: listed = [] }: NodeSelectorRequirement): Requirement {
  switch (operator) {
    case "In":
      return { key, complement: false, values: new Set(listed) };
    case "NotIn":
      return { key, complement: true, values: new Set(listed) };
    case "Exists":
      return { key, complement: true, values: noValues };
    case "DoesNotExist":
      return { key, complement: false, values: noValues };
    case "Gt":
      return boundedBy(key, listed, (bound) => ({ gte: bound + 1 }));
    case "Gte":
      return boundedBy(key, listed, (bound) => ({ gte: bound }));
    case "Lt":
      return boundedBy(key, listed, (bound) => ({ lte: bound - 1 }));
    case "Lte":
      return boundedBy(key, listed, (bound) => ({ lte: bound }));
    default:
      return assertNever(operator);
  }
}

function boundedBy(key: string, listed: readonly string[], bounds: (bound: number) => Bounds): Requirement {
  const bound = toInteger(listed[0] ?? "");
  return bound === undefined ? { key, complement: false, values: noValues } : { key, complement: true, values: noValues, ...bounds(bound) };
}

/** Bounds of one side are held against values of the other by `has`; excluded values that bounds exclude too are dropped. */
function commonValues(a: Requirement, b: Requirement): ReadonlySet<string> {
  if (a.complement && b.complement) {
    const excluded = union(a.values, b.values);
    const [gte, lte] = [larger(a.gte, b.gte), smaller(a.lte, b.lte)];
    return kept(excluded, (value) => isWithin(value, gte, lte));
  }
  const plain = isSmallerPlain(a, b) ? a : b;
  const other = plain === a ? b : a;
  return kept(plain.values, (value) => has(other, value));
}

/** A set that stays whole is shared, not copied. */
function kept(from: ReadonlySet<string>, keep: (value: string) => boolean): ReadonlySet<string> {
  const result = new Set<string>();
  for (const value of from) {
    if (keep(value)) result.add(value);
  }
  return result.size === from.size ? from : result;
}

/** Says whether `a` is the plain set to walk through: the only one, or the smaller of two. */
function isSmallerPlain(a: Requirement, b: Requirement): boolean {
  return !a.complement && (b.complement || a.values.size <= b.values.size);
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  if (a.size === 0) return b;
  return b.size === 0 ? a : new Set([...a, ...b]);
}

function isWithin(value: string, gte: number | undefined, lte: number | undefined): boolean {
  if (gte === undefined && lte === undefined) return true;
  const integer = toInteger(value);
  if (integer === undefined) return false;
  return (gte === undefined || integer >= gte) && (lte === undefined || integer <= lte);
}

function isCrossed(gte: number | undefined, lte: number | undefined): boolean {
  return gte !== undefined && lte !== undefined && gte > lte;
}

function toInteger(text: string): number | undefined {
  return integerPattern.test(text) ? Number(text) : undefined;
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
