/**
 * CoverProgram: the linear program behind a lower bound, as small as it can be made without changing its answer.
 *
 * Reads shapes, offerings and rooms. Returns groups of Pods that may stand on just the same offerings and rooms, with what
 * each asks for in all; offerings that nothing beats; rooms that are alike as one. Nodes count as if they could be bought by
 * the share, so what matters of an offering is what a dollar buys: an offering is beaten by another that takes all the Pods
 * that it takes and has no less of anything for the dollar. That leaves few of 1,500.
 */
import type { Shape } from "./lower-bound-demand.ts";
import type { BoundOffering, Place } from "./lower-bound-supply.ts";

/** Amounts of each dimension, and the groups that may take of them, ascending. */
export interface Cover {
  readonly amounts: readonly number[];
  readonly groups: readonly number[];
}

export interface CoverProgram {
  /** What each group asks for in all, by group and dimension. */
  readonly demand: readonly (readonly number[])[];
  /** What one dollar an hour buys. */
  readonly perDollar: readonly Cover[];
  /** What is free. */
  readonly rooms: readonly Cover[];
}

/** Groups beyond which the smallest are counted with larger ones that may stand wherever they may: a lower bound still. */
const groupsMax = 64;
/** Questions whether a room holds a shape, beyond which only the least of each resource in a group is asked about. */
const roomChecksMax = 4_000_000;

interface Group {
  /** Positions among the offerings, ascending. */
  readonly offerings: readonly number[];
  /** A room that takes none of these takes no Pod of the group. */
  readonly probes: readonly Pick<Shape, "placement" | "asks">[];
  /** What all its Pods ask for. */
  readonly demand: readonly number[];
}

/** Builds the program. Pods that no offering may hold are left out: in any plan they cost nothing, or have no place. */
export function coverProgram(input: {
  readonly shapes: readonly Shape[];
  readonly offerings: readonly BoundOffering[];
  readonly rooms: readonly Place[];
}): CoverProgram {
  const offerings = unbeaten(input.offerings);
  const groups = atMost(groupsOf(input.shapes, { offerings, rooms: input.rooms }), groupsMax);
  const takers: number[][] = offerings.map(() => []);
  for (const [id, group] of groups.entries()) for (const offering of group.offerings) takers[offering]?.push(id);
  return {
    demand: groups.map(({ demand }) => demand),
    perDollar: offerings.flatMap(({ amounts, pricePerHour }, index) => {
      const own = takers[index] ?? [];
      return own.length === 0 ? [] : [{ amounts: amounts.map((amount) => amount / pricePerHour), groups: own }];
    }),
    rooms: alike(input.rooms, groups),
  };
}

/** Says whether a place takes a Pod of the shape, alone. */
function takes({ amounts, placements }: Place, { placement, asks }: Pick<Shape, "placement" | "asks">): boolean {
  return placements.includes(placement.id) && fits(asks, amounts);
}

function fits(asks: readonly number[], amounts: readonly number[]): boolean {
  for (let index = 0; index < asks.length; index += 1) if ((asks[index] ?? 0) > (amounts[index] ?? 0)) return false;
  return true;
}

function totals(shapes: readonly Shape[]): readonly number[] {
  const [first] = shapes;
  const sum = (first?.asks ?? []).map(() => 0);
  for (const { asks, count } of shapes)
    for (let index = 0; index < sum.length; index += 1) sum[index] = (sum[index] ?? 0) + (asks[index] ?? 0) * count;
  return sum;
}

/** Best value first, so that whatever beats an offering comes before it. Free offerings beat all that they take the Pods of. */
function unbeaten(offerings: readonly BoundOffering[]): readonly BoundOffering[] {
  const most = (offerings[0]?.amounts ?? []).map((_amount, index) => Math.max(1, ...offerings.map(({ amounts }) => amounts[index] ?? 0)));
  const value = ({ amounts, pricePerHour }: BoundOffering): number =>
    amounts.reduce((sum, amount, index) => sum + amount / (most[index] ?? 1), 0) / pricePerHour;
  const kept: BoundOffering[] = [];
  const includes = subsets();
  const ranked = offerings.map((offering) => ({ offering, value: value(offering), size: sizeOf(offering), text: textOf(offering) }));
  for (const { offering } of ranked.sort(isFirst)) {
    if (!kept.some((other) => isBeaten(offering, other) && includes(other.placements, offering.placements))) kept.push(offering);
  }
  return kept;
}

interface Ranked {
  readonly value: number;
  readonly size: number;
  readonly text: string;
}

function isFirst(a: Ranked, b: Ranked): number {
  if (a.value !== b.value) return b.value - a.value;
  return b.size - a.size || (a.text < b.text ? -1 : Number(a.text > b.text));
}

function sizeOf({ amounts }: BoundOffering): number {
  return amounts.reduce((sum, one) => sum + one, 0);
}

function textOf({ amounts, placements, pricePerHour }: BoundOffering): string {
  return `${pricePerHour} ${amounts.join()} ${placements.join()}`;
}

function isBeaten(offering: BoundOffering, by: BoundOffering): boolean {
  const { amounts, pricePerHour } = offering;
  for (let index = 0; index < amounts.length; index += 1) {
    const [own, others] = [amounts[index] ?? 0, by.amounts[index] ?? 0];
    // As a product, so that a price of 0 beats every other.
    if (others < own || others * pricePerHour < own * by.pricePerHour) return false;
  }
  return true;
}

/** Few lists differ, so each pair of texts is compared once. */
function subsets(): (all: readonly number[], some: readonly number[]) => boolean {
  const texts = new Map<readonly number[], string>();
  const known = new Map<string, boolean>();
  const textOf = (list: readonly number[]): string => {
    const text = texts.get(list) ?? list.join();
    texts.set(list, text);
    return text;
  };
  return (all, some) => {
    const [a, b] = [textOf(all), textOf(some)];
    if (a === b) return true;
    const name = `${a}/${b}`;
    let answer = known.get(name);
    if (answer === undefined) known.set(name, (answer = some.every((id) => all.includes(id))));
    return answer;
  };
}

/** Shapes that may stand on just the same offerings and rooms; where rooms are too many to ask, those of one placement. */
function groupsOf(
  shapes: readonly Shape[],
  { offerings, rooms }: { readonly offerings: readonly BoundOffering[]; readonly rooms: readonly Place[] },
): readonly Group[] {
  const isExact = shapes.length * rooms.length <= roomChecksMax;
  const groups = new Map<string, { readonly offerings: readonly number[]; readonly shapes: Shape[] }>();
  for (const shape of shapes) {
    const own: number[] = [];
    for (const [index, offering] of offerings.entries()) if (takes(offering, shape)) own.push(index);
    // What a free offering takes costs nothing.
    if (own.length === 0 || own.some((index) => offerings[index]?.pricePerHour === 0)) continue;
    const standing = isExact ? rooms.flatMap((room, index) => (takes(room, shape) ? [index] : [])).join() : String(shape.placement.id);
    const name = `${own.join()} ${standing}`;
    const known = groups.get(name);
    if (known === undefined) groups.set(name, { offerings: own, shapes: [shape] });
    else known.shapes.push(shape);
  }
  return [...groups.values()].map(({ offerings: own, shapes: members }) => {
    const [first] = members;
    const probes = first === undefined ? [] : [isExact ? first : { placement: first.placement, asks: leastOf(members) }];
    return { offerings: own, probes, demand: totals(members) };
  });
}

/** The heaviest groups stay; each other joins the narrowest that may stand wherever it may, or else the rest. */
function atMost(groups: readonly Group[], most: number): readonly Group[] {
  if (groups.length <= most) return groups;
  const all = groups.reduce<readonly number[]>((sum, { demand }) => plus(sum, demand), []);
  const weight = ({ demand }: Group): number => demand.reduce((sum, amount, index) => sum + amount / Math.max(1, all[index] ?? 1), 0);
  const ranked = [...groups].sort((a, b) => weight(b) - weight(a));
  const kept = ranked.slice(0, most - 1);
  let rest: Group | undefined;
  for (const group of ranked.slice(most - 1)) {
    const wider = kept
      .map(({ offerings }, index) => ({ offerings, index }))
      .filter(({ offerings }) => group.offerings.every((id) => offerings.includes(id)));
    const [narrowest] = wider.sort((a, b) => a.offerings.length - b.offerings.length || a.index - b.index);
    if (narrowest === undefined) rest = joined(rest, group);
    else kept[narrowest.index] = joined(kept[narrowest.index], group);
  }
  return rest === undefined ? kept : [...kept, rest];
}

function joined(a: Group | undefined, b: Group): Group {
  if (a === undefined) return b;
  return {
    offerings: [...new Set([...a.offerings, ...b.offerings])].sort((x, y) => x - y),
    probes: [...a.probes, ...b.probes],
    demand: plus(a.demand, b.demand),
  };
}

/** Rooms that the same groups may use, as one room. */
function alike(rooms: readonly Place[], groups: readonly Group[]): readonly Cover[] {
  const known = new Map<string, Cover>();
  for (const room of rooms) {
    const takers = groups.flatMap(({ probes }, id) => (probes.some((probe) => takes(room, probe)) ? [id] : []));
    if (takers.length === 0) continue;
    const before = known.get(takers.join());
    const amounts = room.amounts.map((amount) => amount * (room.count ?? 1));
    known.set(takers.join(), { groups: takers, amounts: before === undefined ? amounts : plus(before.amounts, amounts) });
  }
  return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, room]) => room);
}

function plus(a: readonly number[], b: readonly number[]): readonly number[] {
  return b.map((amount, index) => amount + (a[index] ?? 0));
}

function leastOf(shapes: readonly Shape[]): readonly number[] {
  return (shapes[0]?.asks ?? []).map((_amount, index) => Math.min(...shapes.map(({ asks }) => asks[index] ?? 0)));
}
