/**
 * MinValues: how many values of a label a NodeClaim must stay able to have, and what gives way where it can't.
 *
 * Reads label states and the types that are left of them. By the policy Strict a NodePool makes no node that can't keep its minValues; by
 * BestEffort (Karpenter's --min-values-policy) it makes one that asks for as many as there are. So each pool with minValues has a second
 * template without them, which is tried for a Pod only where the first takes it nowhere, and before any lighter pool; its claims say that
 * they were relaxed.
 */
import { values } from "../../kube/requirement.ts";
import type { Candidate, LabelState } from "./label-state.ts";
import type { PoolTemplate } from "./pool-template.ts";
import { holds, type Vector } from "./resource-space.ts";

/** Karpenter's words, the default first. */
export const minValuesPolicies = ["Strict", "BestEffort"] as const;
export type MinValuesPolicy = (typeof minValuesPolicies)[number];

/** Returns the templates of a pool with those that give up what can't be met, each after the ones that do not. */
export function withRelaxed(templates: readonly PoolTemplate[], policy: MinValuesPolicy | undefined): readonly PoolTemplate[] {
  const own = templates.at(-1);
  if (policy !== "BestEffort" || own === undefined || own.minValues.length === 0) return templates;
  return [...templates, { ...own, minValues: [], isRelaxed: true }];
}

/**
 * Says whether the types that hold the amounts still show as many values of each label as the pool's minValues ask for.
 * Only values that the narrowed requirements allow count.
 */
export function hasMinValues(state: LabelState, { used, added }: { readonly used: Vector; readonly added: Vector }): boolean {
  const { minValues } = state.template;
  if (minValues.length === 0) return true;
  const holding = state.candidates.filter(({ usable }) => holds(usable, used, added));
  return minValues.every(({ key, count }) => valuesShown(state, { key, candidates: holding }) >= count);
}

/** Returns how many values of a label some of a state's types show. */
function valuesShown(state: LabelState, { key, candidates }: { readonly key: string; readonly candidates: readonly Candidate[] }): number {
  const shown = valuesOf(state, key);
  const seen = new Set<string>();
  for (const candidate of candidates) for (const value of shown(candidate)) seen.add(value);
  return seen.size;
}

/** Returns which values of a label a type shows that a state allows. */
function valuesOf({ requirements }: LabelState, key: string): (candidate: Candidate) => readonly string[] {
  const own = requirements.get(key);
  const allowed = own === undefined ? undefined : values(own);
  return ({ type }) => {
    const requirement = type.requirements.get(key);
    const listed = requirement === undefined ? [] : (values(requirement) ?? []);
    return allowed === undefined ? listed : listed.filter((value) => allowed.includes(value));
  };
}

/** Returns so many of a state's types, in their order: first those that a claim needs to show as many values as its pool asks for. */
export function typesWithin(
  state: LabelState,
  { candidates, max }: { readonly candidates: readonly Candidate[]; readonly max: number },
): readonly Candidate[] {
  if (candidates.length <= max) return candidates;
  const needed = new Set<Candidate>();
  for (const { key, minValues } of state.requirements.values()) {
    const shown = valuesOf(state, key);
    const seen = new Set<string>();
    for (const candidate of minValues === undefined ? [] : candidates) {
      if (seen.size >= (minValues ?? 0)) break;
      if (shown(candidate).every((value) => seen.has(value))) continue;
      needed.add(candidate);
      for (const value of shown(candidate)) seen.add(value);
    }
  }
  const others = candidates.filter((candidate) => !needed.has(candidate)).slice(0, Math.max(0, max - needed.size));
  const taken = new Set([...needed, ...others]);
  return candidates.filter((candidate) => taken.has(candidate)).slice(0, max);
}

/** Returns what a claim of these types asks for of a label: as much as its pool states or, where that is relaxed, as there is; undefined for nothing. */
export function askedMinValues(
  state: LabelState,
  { key, candidates }: { readonly key: string; readonly candidates: readonly Candidate[] },
): number | undefined {
  const stated = state.requirements.get(key)?.minValues;
  if (stated === undefined || state.template.isRelaxed !== true) return stated;
  const asked = Math.min(stated, valuesShown(state, { key, candidates }));
  return asked === 0 ? undefined : asked;
}

/** Says whether a claim of these types asks for less than its pool states; undefined where that states nothing. */
export function isMinValuesRelaxed(state: LabelState, candidates: readonly Candidate[]): boolean | undefined {
  const stated = [...state.requirements.values()].filter(({ minValues }) => minValues !== undefined);
  if (stated.length === 0) return undefined;
  return stated.some(({ key, minValues }) => askedMinValues(state, { key, candidates }) !== minValues);
}
