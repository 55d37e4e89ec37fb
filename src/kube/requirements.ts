/**
 * Requirements: one requirement for each label, and when two such maps can be met by one Node.
 *
 * Reads node selector requirements and labels. Returns maps and, where two cannot be met together, the sentence that says
 * why (undefined means they can). A label that a map lacks may have any value, or none at all.
 */
import { nearestWord } from "../api/nearest-word.ts";
import type { NodeSelectorRequirement } from "../api/pod.ts";
import {
  exactly,
  formatRequirement,
  hasIntersection,
  intersect,
  operatorOf,
  requirementOf,
  toNodeSelectorRequirements,
  type Requirement,
} from "./requirement.ts";

/** Requirements by label key. */
export type Requirements = ReadonlyMap<string, Requirement>;

export const noRequirements: Requirements = new Map();
const noKeys: ReadonlySet<string> = new Set();
const noConflicts: readonly Conflict[] = [];

/** Returns a list as a map; requirements on one key are intersected. */
export function requirementsOf(list: readonly NodeSelectorRequirement[] | undefined): Requirements {
  if (list === undefined || list.length === 0) return noRequirements;
  const requirements = new Map<string, Requirement>();
  for (const item of list) add(requirements, requirementOf(item));
  return requirements;
}

/** Returns labels as requirements: each key has exactly its value. */
export function fromLabels(labels: Readonly<Record<string, string>> | undefined): Requirements {
  if (labels === undefined) return noRequirements;
  const requirements = new Map<string, Requirement>();
  for (const key of Object.keys(labels)) add(requirements, exactly(key, labels[key] ?? ""));
  return requirements;
}

/** Returns what both maps allow. A map that adds nothing is not copied. */
export function intersection(a: Requirements, b: Requirements): Requirements {
  if (a.size === 0) return b;
  if (b.size === 0) return a;
  const both = new Map(a);
  for (const requirement of b.values()) add(both, requirement);
  return both;
}

/**
 * Returns why two maps exclude each other, or undefined if they do not. Only keys of both count, and NotIn or DoesNotExist
 * against NotIn or DoesNotExist always agree: a Node without the label meets both.
 */
export function intersects(a: Requirements, b: Requirements): string | undefined {
  const [fewer, more] = a.size <= b.size ? [a, b] : [b, a];
  for (const key of fewer.keys()) {
    if (!more.has(key)) continue;
    const existing = a.get(key);
    const incoming = b.get(key);
    if (existing === undefined || incoming === undefined || agree(existing, incoming)) continue;
    return formatConflict({ key, asked: formatRequirement(incoming), available: formatRequirement(existing) });
  }
  return undefined;
}

/**
 * Returns why a Node (or NodePool) with requirements `a` cannot meet `b`, or undefined if it can: as {@link intersects}, and
 * a key that `a` lacks may only be asked for with NotIn or DoesNotExist, or when it is in `allowUndefined` (the well-known
 * labels, for capacity that does not exist yet). All reasons are joined by "; ", sorted.
 */
export function compatible(
  a: Requirements,
  b: Requirements,
  options: { readonly allowUndefined?: ReadonlySet<string> } = {},
): string | undefined {
  const conflicts = conflictsOf(a, b, options);
  return conflicts.length === 0 ? undefined : conflicts.map(formatConflict).sort().join("; ");
}

/** What keeps two maps apart: a label of which one side asks for what the other does not allow. */
export interface Conflict {
  readonly key: string;
  /** What is asked for, as {@link formatRequirement} writes it. */
  readonly asked: string;
  /** What is allowed; absent where the label is not known at all. */
  readonly available?: string;
  /** A known label that was probably meant. */
  readonly meant?: string;
}

/** Returns the reasons of {@link compatible} as data, in the order of `b`. */
export function conflictsOf(
  a: Requirements,
  b: Requirements,
  { allowUndefined = noKeys }: { readonly allowUndefined?: ReadonlySet<string> } = {},
): readonly Conflict[] {
  let conflicts: Conflict[] | undefined;
  for (const [key, incoming] of b) {
    const existing = a.get(key);
    const conflict = existing === undefined ? undefinedKey(a, incoming, allowUndefined) : excludedKey(existing, incoming);
    if (conflict !== undefined) (conflicts ??= []).push(conflict);
  }
  return conflicts ?? noConflicts;
}

/** Returns a conflict as Karpenter words it. */
export function formatConflict({ key, asked, available, meant }: Conflict): string {
  const hint = meant === undefined ? "" : ` (typo of "${meant}"?)`;
  return available === undefined ? `label "${key}" does not have known values${hint}` : `key ${key}, ${asked} not in ${available}${hint}`;
}

/** Says whether {@link compatible} holds, without building the sentence: the solver's inner loop. */
export function isCompatible(a: Requirements, b: Requirements, allowUndefined: ReadonlySet<string> = noKeys): boolean {
  for (const [key, incoming] of b) {
    const existing = a.get(key);
    if (existing === undefined ? !allowUndefined.has(key) && needsLabel(incoming) : !agree(existing, incoming)) return false;
  }
  return true;
}

/** Returns a map as node selector requirements, sorted by key. */
export function toRequirementList(requirements: Requirements): readonly NodeSelectorRequirement[] {
  return [...requirements.values()].sort((a, b) => (a.key < b.key ? -1 : 1)).flatMap(toNodeSelectorRequirements);
}

/** Returns the labels that are already decided: keys with exactly one allowed value. */
export function decidedLabels(requirements: Requirements): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const { key, complement, values } of requirements.values()) {
    const [only] = values;
    if (!complement && values.size === 1 && only !== undefined) labels[key] = only;
  }
  return labels;
}

/** Returns a map as text, sorted: "arch In [amd64], zone In [a b]". */
export function formatRequirements(requirements: Requirements): string {
  return [...requirements.values()].map(formatRequirement).sort().join(", ");
}

function add(requirements: Map<string, Requirement>, requirement: Requirement): void {
  const existing = requirements.get(requirement.key);
  requirements.set(requirement.key, existing === undefined ? requirement : intersect(existing, requirement));
}

function agree(existing: Requirement, incoming: Requirement): boolean {
  return hasIntersection(existing, incoming) || (!needsLabel(existing) && !needsLabel(incoming));
}

/** Says whether only a Node that has the label can meet the requirement. */
function needsLabel(requirement: Requirement): boolean {
  const operator = operatorOf(requirement);
  return operator === "In" || operator === "Exists";
}

function excludedKey(existing: Requirement, incoming: Requirement): Conflict | undefined {
  if (agree(existing, incoming)) return undefined;
  return { key: incoming.key, asked: formatRequirement(incoming), available: formatRequirement(existing) };
}

function undefinedKey(a: Requirements, incoming: Requirement, allowUndefined: ReadonlySet<string>): Conflict | undefined {
  if (allowUndefined.has(incoming.key) || !needsLabel(incoming)) return undefined;
  const meant = meantKey(incoming.key, allowUndefined) ?? meantKey(incoming.key, a.keys());
  return { key: incoming.key, asked: formatRequirement(incoming), ...(meant === undefined ? undefined : { meant }) };
}

/** Returns a known key that contains the unknown one, ends in the same name after the slash, or is a slip of the hand away. */
function meantKey(key: string, known: Iterable<string>): string | undefined {
  const candidates = [...known].sort();
  const suffix = key.slice(key.indexOf("/") + 1);
  return candidates.find((candidate) => candidate.includes(key) || candidate.endsWith(suffix)) ?? nearestWord(key, candidates);
}
