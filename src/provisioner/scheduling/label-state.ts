/**
 * LabelState: what a node to be made may still become, given the Pods on it.
 *
 * Reads a pool's template, the requirements of classes, and decisions on one domain. Returns states, each with the types
 * that are left, cheapest first. States are interned: nodes that took the same kinds of Pods share one, so the algebra
 * of requirements runs once for each new combination and not for each Pod and node.
 */
import type { Offering } from "../../api/instance-type.ts";
import { capacityTypeLabel, instanceTypeLabel, zoneLabel } from "../../api/labels.ts";
import { exactly, has, isEmpty, operatorOf, values, type Requirement } from "../../kube/requirement.ts";
import { intersection, intersects, isCompatible, requirementsOf, toRequirementList, type Requirements } from "../../kube/requirements.ts";
import { meetingEither } from "./either-term.ts";
import type { Placement } from "./pod-class.ts";
import { keepsOff } from "./preference.ts";
import { isAllowed, type PoolTemplate, type TemplateType } from "./pool-template.ts";
import { larger, type Vector } from "./resource-space.ts";

/** A type that a node may become, at its cheapest offering within the state. */
export interface Candidate {
  readonly type: TemplateType;
  readonly pricePerHour: number;
  readonly usable: Vector;
  /** Available offerings that the state allows, cheapest first, then by zone. */
  readonly offerings: readonly Offering[];
}

export interface LabelState {
  readonly id: number;
  readonly template: PoolTemplate;
  readonly requirements: Requirements;
  /** Labels that a node must have though the requirements on them read as exclusions only, sorted. */
  readonly present: readonly string[];
  /** Cheapest first, then by name; never empty. */
  readonly candidates: readonly Candidate[];
  /** The candidates by name, as requirements list them. */
  readonly byName: readonly Candidate[];
  /** Where each type stands among the candidates. */
  readonly positions: ReadonlyMap<TemplateType, number>;
  /** The most of each resource that any candidate has. */
  readonly largest: Vector;
}

/** The states of one run, and the ways between them. */
export interface LabelStates {
  /** A pool's state before any Pod; undefined where it offers nothing. */
  root(template: PoolTemplate): LabelState | undefined;
  /** The states after a Pod of the class, one for each alternative of its node affinity; none where it is kept away. */
  withClass(state: LabelState, placement: Placement): readonly LabelState[];
  /** The same, whatever taints there are. */
  matching(state: LabelState, alternatives: readonly Requirements[]): readonly LabelState[];
  /** The state narrowed by requirements that are compatible with its own; undefined where nothing offers them all. */
  narrowed(state: LabelState, requirements: Requirements): LabelState | undefined;
  /** The state with one value of a label decided; undefined where nothing offers it. */
  withValue(state: LabelState, key: string, value: string): LabelState | undefined;
  /** The values that a label may still take, sorted; empty where the label is absent or not bounded. */
  valuesOf(state: LabelState, key: string): readonly string[];
  /** How many states were found so far. */
  size(): number;
}

/** By state id: what was found for each key. */
type Memo<K, V> = (Map<K, V> | undefined)[];

/** Makes the empty collection of states of one run. */
export function labelStates(): LabelStates {
  const interned = new Map<string, LabelState | undefined>();
  const roots = new Map<PoolTemplate, LabelState | undefined>();
  const byPlacement: Memo<number, readonly LabelState[]> = [];
  const stateOf = (template: PoolTemplate, requirements: Requirements, present: readonly string[] = []): LabelState | undefined =>
    internedState(interned, { template, requirements, present });
  const narrowed: LabelStates["narrowed"] = (state, requirements) => {
    const both = intersection(state.requirements, requirements);
    return stateOf(state.template, both, presentIn(both, { present: state.present, parts: [state.requirements, requirements] }));
  };
  const matching: LabelStates["matching"] = (state, alternatives) => {
    const next = alternatives
      .filter((alternative) => isCompatible(state.requirements, alternative, state.template.allowUndefined))
      .flatMap((alternative) => narrowed(state, declaredOnly(state.template, alternative)) ?? [])
      // Where they cost the same the first is taken, which should leave the most open for other Pods.
      .sort((a, b) => b.candidates.length - a.candidates.length);
    return [...new Set([...next, ...meetingAny(state, { alternatives, narrowed })])];
  };
  return {
    root: (template) => {
      const known = roots.get(template);
      if (known !== undefined || roots.has(template)) return known;
      const state = stateOf(template, template.requirements);
      roots.set(template, state);
      return state;
    },
    withClass: (state, podClass) => {
      const row = rowOf(byPlacement, state);
      const known = row.get(podClass.placementId);
      if (known !== undefined) return known;
      const found = keepsOff(state.template.taints, podClass) ? [] : matching(state, podClass.alternatives);
      row.set(podClass.placementId, found);
      return found;
    },
    matching,
    narrowed,
    withValue: decisions(narrowed),
    valuesOf: openValues(),
    size: () => interned.size,
  };
}

/** Decides labels, and remembers what came of it; null where nothing offers the value. */
function decisions(narrowed: LabelStates["narrowed"]): LabelStates["withValue"] {
  const byKey = new Map<string, Memo<string, LabelState | null>>();
  return (state, key, value) => {
    let memo = byKey.get(key);
    if (memo === undefined) byKey.set(key, (memo = []));
    const row = rowOf(memo, state);
    const known = row.get(value);
    if (known !== undefined) return known ?? undefined;
    const own = state.requirements.get(key);
    const found = own !== undefined && !has(own, value) ? undefined : narrowed(state, new Map([[key, exactly(key, value)]]));
    row.set(value, found ?? null);
    return found;
  };
}

function openValues(): LabelStates["valuesOf"] {
  const memo: Memo<string, readonly string[]> = [];
  return (state, key) => {
    const row = rowOf(memo, state);
    const known = row.get(key);
    if (known !== undefined) return known;
    const found = domainValues(state, key);
    row.set(key, found);
    return found;
  };
}

/** The states in which each type meets one alternative or another, wherever it is launched; and those of one place, as more types do there. */
function meetingAny(
  state: LabelState,
  { alternatives, narrowed }: { readonly alternatives: readonly Requirements[] } & Pick<LabelStates, "narrowed">,
): readonly LabelState[] {
  if (state.template.minValues.length === 0 || alternatives.length < 2) return [];
  const { allowUndefined } = state.template;
  const possible = alternatives
    .filter((alternative) => isCompatible(state.requirements, alternative, allowUndefined))
    .map((alternative) => declaredOnly(state.template, alternative));
  const asked = [zoneLabel, capacityTypeLabel].filter((key) => alternatives.some((alternative) => alternative.has(key)));
  const places = asked.flatMap((key) =>
    domainValues(state, key).flatMap((value) => narrowed(state, new Map([[key, exactly(key, value)]])) ?? []),
  );
  return [state, ...places].flatMap((place) => {
    const either = eitherTerm(place, possible);
    return either === undefined ? [] : (narrowed(place, either) ?? []);
  });
}

/** The types that meet one alternative or another; only minValues need them on one claim. */
function eitherTerm({ requirements, candidates }: LabelState, alternatives: readonly Requirements[]): Requirements | undefined {
  const types = meetingEither({ requirements, types: candidates.map(({ type }) => type) }, alternatives);
  if (types.length < 2) return undefined;
  return requirementsOf([{ key: instanceTypeLabel, operator: "In", values: types.map(({ instanceType }) => instanceType.name) }]);
}

/** Returns the state with these requirements, made when it first comes up; undefined where nothing is left to buy. */
function internedState(
  interned: Map<string, LabelState | undefined>,
  { template, requirements, present }: Pick<LabelState, "template" | "requirements" | "present">,
): LabelState | undefined {
  const name = `${template.index} ${present.join()} ${JSON.stringify(toRequirementList(requirements))}`;
  if (interned.has(name)) return interned.get(name);
  const candidates = candidatesOf(template, { requirements, present });
  const [first] = candidates;
  const largest = candidates.reduce((most, { usable }) => larger(most, usable), first?.usable ?? []);
  const positions = positionsOf(candidates);
  const known = { id: interned.size, template, requirements, present, candidates, byName: byName(candidates), positions, largest };
  const state = first === undefined ? undefined : known;
  interned.set(name, state);
  return state;
}

function allowedOfferings(type: TemplateType, requirements: Requirements): readonly Offering[] {
  return type.instanceType.offerings
    .filter((offering) => offering.available && isAllowed(offering, requirements))
    .sort((a, b) => a.pricePerHour - b.pricePerHour || compare(a.zone, b.zone) || compare(a.capacityType, b.capacityType));
}

/** Orders texts by code unit, the same in every locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function candidatesOf(
  template: PoolTemplate,
  { requirements, present }: Pick<LabelState, "requirements" | "present">,
): readonly Candidate[] {
  if (present.some((key) => isAbsent(requirements, key))) return [];
  return template.types
    .flatMap((type): readonly Candidate[] => {
      if (intersects(requirements, type.requirements) !== undefined) return [];
      if (present.some((key) => isAbsent(type.requirements, key))) return [];
      const offerings = allowedOfferings(type, requirements);
      const [cheapest] = offerings;
      return cheapest === undefined ? [] : [{ type, pricePerHour: cheapest.pricePerHour, usable: type.usable, offerings }];
    })
    .sort((a, b) => a.pricePerHour - b.pricePerHour || compare(a.type.instanceType.name, b.type.instanceType.name));
}

/** What excludes values of a label that no node of the pool has is met by all of them, and must not read as a claim to have it. */
function declaredOnly({ declared }: PoolTemplate, requirements: Requirements): Requirements {
  for (const key of requirements.keys()) {
    if (!declared.has(key)) return new Map([...requirements].filter(([own]) => declared.has(own)));
  }
  return requirements;
}

/** Where one part excludes values of a label and another asks for any value of it, what both allow reads as an exclusion alone. */
function presentIn(
  both: Requirements,
  { present, parts }: { readonly present: readonly string[]; readonly parts: readonly Requirements[] },
): readonly string[] {
  const keys = new Set(present);
  for (const [key, requirement] of both) {
    if (operatorOf(requirement) !== "NotIn") continue;
    if (parts.some((part) => isPresence(part.get(key)))) keys.add(key);
  }
  return keys.size === present.length ? present : [...keys].sort();
}

function isPresence(requirement: Requirement | undefined): boolean {
  return requirement !== undefined && operatorOf(requirement) === "Exists";
}

function isAbsent(requirements: Requirements, key: string): boolean {
  const requirement = requirements.get(key);
  return requirement !== undefined && isEmpty(requirement);
}

function byName(candidates: readonly Candidate[]): readonly Candidate[] {
  return [...candidates].sort((a, b) => compare(a.type.instanceType.name, b.type.instanceType.name));
}

function positionsOf(candidates: readonly Candidate[]): ReadonlyMap<TemplateType, number> {
  return new Map(candidates.map(({ type }, index) => [type, index]));
}

function domainValues({ requirements, candidates }: LabelState, key: string): readonly string[] {
  const found = new Set<string>();
  if (key === zoneLabel || key === capacityTypeLabel) {
    for (const { offerings } of candidates) {
      for (const offering of offerings) found.add(key === zoneLabel ? offering.zone : offering.capacityType);
    }
    return [...found].sort();
  }
  const own = requirements.get(key);
  const listed = own === undefined ? undefined : values(own);
  if (listed !== undefined) return listed;
  for (const { type } of candidates) {
    const typeValues = type.requirements.get(key);
    for (const value of typeValues === undefined ? [] : (values(typeValues) ?? [])) {
      if (own === undefined || has(own, value)) found.add(value);
    }
  }
  return [...found].sort();
}

function rowOf<K, V>(memo: Memo<K, V>, { id }: LabelState): Map<K, V> {
  return (memo[id] ??= new Map<K, V>());
}
