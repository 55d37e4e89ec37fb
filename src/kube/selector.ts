/**
 * Label selectors: matching, printing, and the text form of `?labelSelector=` and `kubectl -l`.
 *
 * Reads selectors and label maps. Returns answers; a selector without requirements matches everything, an absent one
 * nothing (apimachinery's LabelSelectorAsSelector), and that difference is why `undefined` is part of the signature.
 */
import { assertNever } from "../api/assert.ts";
import type { LabelSelector, LabelSelectorRequirement } from "../api/object.ts";
import { err, ok, type Result } from "../api/result.ts";
import { satisfiesExpressions } from "./label-demands.ts";

export type Labels = Readonly<Record<string, string>>;

const noLabels: Labels = {};
const keyPattern = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const valuePattern = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
/** A prefix of 253 characters, a slash and a name of 63. */
const labelKeyMax = 317;
/** Requirements in a selector text: key, then one of "", =, ==, !=, in (…), notin (…). */
const termPattern = /^\s*(!?)\s*([^\s=!,()]+)\s*(?:(==|=|!=)\s*([^\s=!,()]*)|\s(in|notin)\s*\(([^()]*)\))?\s*$/;

/** Says whether labels satisfy a selector: undefined matches nothing, {} matches everything. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return false;
  const own = labels ?? noLabels;
  for (const key in selector.matchLabels) {
    if (!Object.hasOwn(own, key) || own[key] !== selector.matchLabels[key]) return false;
  }
  const { matchExpressions = [] } = selector;
  if (matchExpressions.length > expressionsOneByOneMax) return satisfiesExpressions(matchExpressions, own);
  return matchExpressions.every((requirement) => matchesRequirement(requirement, own));
}

/** Few expressions are tried in less time than it takes to add them up. */
const expressionsOneByOneMax = 16;

/** Says whether a text may be the key of a label. */
export function isLabelKey(text: string): boolean {
  return text.length <= labelKeyMax && keyPattern.test(text);
}

/** Says whether a selector has no requirement at all, and so matches everything. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

/** Returns a selector as text, sorted by key ("app=billing,tier in (api,web)"); {} is "" and undefined is "<none>". */
export function formatSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return "<none>";
  const terms = [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...(selector.matchExpressions ?? []).map((requirement) => ({ key: requirement.key, text: formatRequirement(requirement) })),
  ];
  return terms
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map((term) => term.text)
    .join(",");
}

/** Reads the text form of a selector; "" is the selector that matches everything. The error names the bad term. */
export function parseSelectorText(text: string): Result<LabelSelector, string> {
  if (text.trim() === "") return ok({});
  const matchExpressions: LabelSelectorRequirement[] = [];
  for (const term of splitTerms(text)) {
    const requirement = parseTerm(term);
    if (requirement === undefined) return err(`unable to parse requirement ${JSON.stringify(term.trim())} of the label selector`);
    matchExpressions.push(requirement);
  }
  return ok({ matchExpressions });
}

function matchesRequirement(requirement: LabelSelectorRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined;
  switch (requirement.operator) {
    case "In":
      return value !== undefined && (requirement.values ?? []).includes(value);
    case "NotIn":
      return value === undefined || !(requirement.values ?? []).includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return assertNever(requirement.operator);
  }
}

function formatRequirement({ key, operator, values = [] }: LabelSelectorRequirement): string {
  const sorted = [...values].sort().join(",");
  switch (operator) {
    case "In":
      return `${key} in (${sorted})`;
    case "NotIn":
      return `${key} notin (${sorted})`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    default:
      return assertNever(operator);
  }
}

/** Splits at the commas that stand outside of parentheses. */
function splitTerms(text: string): readonly string[] {
  const terms: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "(") depth += 1;
    if (text[at] === ")") depth -= 1;
    if (text[at] === "," && depth === 0) {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function parseTerm(term: string): LabelSelectorRequirement | undefined {
  const match = termPattern.exec(term);
  if (match === null) return undefined;
  const [, not, key = "", sign, value, word, list] = match;
  if (!keyPattern.test(key)) return undefined;
  if (sign === undefined && word === undefined) return { key, operator: not === "!" ? "DoesNotExist" : "Exists" };
  if (not === "!") return undefined;
  const values = word === undefined ? [value ?? ""] : (list ?? "").split(",").map((item) => item.trim());
  if (!values.every((item) => valuePattern.test(item))) return undefined;
  return { key, operator: sign === "!=" || word === "notin" ? "NotIn" : "In", values };
}
