/**
 * CoverDemand: which of the Pods that wait a cutting-stock program may be asked about, and what can be bought for them.
 *
 * Reads a packing and the classes that wait. Returns shapes (classes of equal amounts that may stand on the same nodes) and the
 * types of nodes that hold them, without those that another beats. Left out are Pods for which zones or the company of others
 * decide, and those that prefer anything where that comes first: the program knows nothing of these. A Pod belongs to the first pool that
 * can make a node for it and to those of the same weight, as ever. Reservations, which run out, are used up before the program is asked.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { areRivals } from "./class-run.ts";
import type { Candidate, LabelState } from "./label-state.ts";
import { isForFew, topologyFor, vectorFor, type Packing, type Problem } from "./packing.ts";
import type { CoverShape, CoverType } from "./pattern-pricing.ts";
import type { PendingPod, PodClass } from "./pod-class.ts";
import { holds, shareOf, type Vector } from "./resource-space.ts";

export interface WaitingClass {
  readonly podClass: PodClass;
  readonly pods: readonly PendingPod[];
}

export interface DemandShape extends CoverShape {
  readonly classes: readonly WaitingClass[];
}

export interface DemandType extends CoverType {
  readonly state: LabelState;
  /** Position among the state's candidates. */
  readonly index: number;
  readonly candidate: Candidate;
}

export interface CoverDemand {
  readonly shapes: readonly DemandShape[];
  readonly types: readonly DemandType[];
}

/** The heaviest shapes; more would take the program too long. */
const shapesMax = 192;
/** Label states that nodes may be bought in. */
const statesMax = 24;
/** Types that are left after those that others beat: the best value for a dollar. */
const typesMax = 160;
/** Fewer Pods than this are better served by trying more, unless there are so few that everything may be tried. */
const podsMin = 100;
/** Where the program may speak for less of the demand than this, it is not worth its time. */
const shareMin = 0.6;
/** As many Pods a shape there must be: else patterns hardly repeat. */
const podsOfShapeMin = 3;

/** Says whether most of what is asked for comes in few shapes that only resources and hosts decide about. */
export function isCoverable(problem: Problem): boolean {
  let [pods, open, all] = [0, 0, 0];
  const shapes = new Set<string>();
  for (const podClass of problem.classes) {
    const worth = shareOf(vectorFor(problem, podClass), problem.weights) * podClass.pods.length;
    all += worth;
    if (!isOpen(problem, podClass)) continue;
    open += worth;
    pods += podClass.pods.length;
    shapes.add(shapeName(problem, podClass));
  }
  const arePatternsWorthIt = isForFew(problem) || (pods >= podsMin && pods >= podsOfShapeMin * shapes.size);
  return arePatternsWorthIt && open >= shareMin * all;
}

/** Returns shapes and types, ordered so that equal input gives equal order. */
export function coverDemand({ problem }: Packing, waiting: readonly WaitingClass[]): CoverDemand {
  const places = placesOf(problem, waiting);
  const shapes = shapesOf(problem, waiting).filter(({ name }) => places.some(({ names }) => names.has(name)));
  const positions = new Map(shapes.map(({ name }, index) => [name, index]));
  const types = places.flatMap(({ state, names }) => {
    const taken = [...names].flatMap((name) => positions.get(name) ?? []).sort((a, b) => a - b);
    return typesIn(state, { shapes, taken });
  });
  return { shapes, types: unbeaten(types, problem.weights) };
}

/** Says whether preferences of a class come before the price, by the policy Respect. */
export function isRelaxed({ relaxations }: Problem, { id }: PodClass): boolean {
  return (relaxations[id]?.length ?? 0) > 0;
}

/** Zones, wishes and the company of others are for the usual rounds; so are Pods that share volumes. */
function isOpen(problem: Problem, podClass: PodClass): boolean {
  if (isRelaxed(problem, podClass)) return false;
  const { keys, host, counting } = topologyFor(problem, podClass);
  const isSought = counting.some(({ kind, key }) => kind === "affinity" && key === hostnameLabel);
  return podClass.shared.length === 0 && keys.length === 0 && host.affinity.length === 0 && host.wishes.length === 0 && !isSought;
}

function shapeName(problem: Problem, podClass: PodClass): string {
  return `${vectorFor(problem, podClass).join()} ${podClass.placementId} ${perNodeMax(problem, podClass)}`;
}

function perNodeMax(problem: Problem, podClass: PodClass): number {
  return Math.min(Infinity, ...topologyFor(problem, podClass).apartIn.map(({ perHostMax }) => perHostMax));
}

/** A label state to buy in, and the names of the shapes that may stand there without narrowing it. */
interface Place {
  readonly state: LabelState;
  readonly names: ReadonlySet<string>;
}

function placesOf(problem: Problem, waiting: readonly WaitingClass[]): readonly Place[] {
  const open = waiting.filter(({ podClass }) => isOpen(problem, podClass));
  const states = new Map<LabelState, Set<string>>();
  const mayBuy = new Map(open.map(({ podClass }) => [podClass, startsFor(problem, podClass)]));
  for (const starts of mayBuy.values()) {
    for (const state of starts) if (states.size < statesMax && !states.has(state)) states.set(state, new Set());
  }
  for (const [state, names] of states) {
    for (const { podClass } of open) {
      const isHome = mayBuy.get(podClass)?.some(({ template }) => template === state.template) === true;
      if (isHome && problem.states.withClass(state, podClass).includes(state)) names.add(shapeName(problem, podClass));
    }
  }
  return [...states].map(([state, names]) => ({ state, names }));
}

/** The states of a node for one Pod alone, in the first pool that can make one and in those of the same weight. */
function startsFor(problem: Problem, podClass: PodClass): readonly LabelState[] {
  const starts: LabelState[] = [];
  for (const template of problem.templates) {
    const [first] = starts;
    if (template.reservation !== undefined || (first !== undefined && !areRivals(first.template, template))) continue;
    const root = problem.states.root(template);
    const own = root === undefined ? [] : problem.states.withClass(root, podClass);
    starts.push(...own.filter((state) => holdsOne(problem, { state, podClass })));
  }
  return starts;
}

function holdsOne(problem: Problem, { state, podClass }: { readonly state: LabelState; readonly podClass: PodClass }): boolean {
  const added = vectorFor(problem, podClass);
  const nothing = added.map(() => 0);
  return state.candidates.some(({ usable }) => holds(usable, nothing, added));
}

function shapesOf(problem: Problem, waiting: readonly WaitingClass[]): readonly (DemandShape & { readonly name: string })[] {
  const byName = new Map<string, WaitingClass[]>();
  for (const one of waiting) {
    if (!isOpen(problem, one.podClass)) continue;
    const name = shapeName(problem, one.podClass);
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [one]);
    else known.push(one);
  }
  return [...byName]
    .flatMap(([name, classes]) => {
      const [first] = classes;
      if (first === undefined) return [];
      const asks = vectorFor(problem, first.podClass);
      const count = classes.reduce((sum, { pods }) => sum + pods.length, 0);
      const worth = count * shareOf(asks, problem.weights);
      return [{ name, asks, count, classes, worth, perNodeMax: perNodeMax(problem, first.podClass) }];
    })
    .sort((a, b) => b.worth - a.worth || (a.name < b.name ? -1 : 1))
    .slice(0, shapesMax);
}

/** Types in a state that hold one of its shapes. */
function typesIn(
  state: LabelState,
  { shapes, taken }: { readonly shapes: readonly CoverShape[]; readonly taken: readonly number[] },
): readonly DemandType[] {
  return state.candidates.flatMap((candidate, index) => {
    const { usable, pricePerHour } = candidate;
    const held = taken.filter((shape) => (shapes[shape]?.asks ?? []).every((ask, resource) => ask <= (usable[resource] ?? 0)));
    if (held.length === 0 || pricePerHour <= 0) return [];
    return [{ state, index, candidate, usable, pricePerHour, shapes: held }];
  });
}

/** Drops types that cost no less than one that has no less of anything and takes the same shapes. */
function unbeaten(types: readonly DemandType[], weights: Vector): readonly DemandType[] {
  const ordered = types
    .map((type) => ({ type, room: shareOf(type.usable, weights) }))
    .sort((a, b) => a.type.pricePerHour - b.type.pricePerHour || b.room - a.room || b.type.shapes.length - a.type.shapes.length);
  const kept: { readonly type: DemandType; readonly room: number }[] = [];
  for (const one of ordered) if (!kept.some((other) => isBeaten(one.type, other.type))) kept.push(one);
  return kept
    .sort((a, b) => b.room / b.type.pricePerHour - a.room / a.type.pricePerHour)
    .slice(0, typesMax)
    .map(({ type }) => type);
}

function isBeaten(type: DemandType, by: DemandType): boolean {
  for (let index = 0; index < type.usable.length; index += 1) if ((by.usable[index] ?? 0) < (type.usable[index] ?? 0)) return false;
  return type.state === by.state || type.shapes.every((shape) => by.shapes.includes(shape));
}
