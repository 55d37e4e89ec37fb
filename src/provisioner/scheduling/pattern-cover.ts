/**
 * PatternCover: how often which filling of which type of node covers many Pods of few shapes for the least money.
 *
 * Reads shapes with their numbers and the types that can be bought. Returns fillings and how many nodes of each. This is the
 * cutting-stock problem, solved by column generation: a linear program over the fillings so far says what a Pod of each shape
 * is worth, and fillings that are worth more than their node costs are added, until there are none. Whole numbers come from
 * rounding down, again and again on what is left. Work is counted in steps; where they run out, what is found so far is told,
 * and it is up to the caller to place the Pods that are left.
 */
import { patternProgram, worthsByResources, type PatternProgram, type PricedFilling } from "./pattern-program.ts";
import { bestFillings, type CoverShape, type CoverType, type StepCounter } from "./pattern-pricing.ts";

/** So many nodes of a type, each filled alike. */
export interface Pattern extends PricedFilling {
  readonly nodes: number;
}

export interface CoverInput {
  readonly shapes: readonly CoverShape[];
  readonly types: readonly CoverType[];
}

/** Rounds of new fillings: for all Pods, and for what each rounding leaves. */
const roundsMax = 800;
const laterRoundsMax = 6;
const roundingsMax = 60;
/** New fillings of one round. */
const addedMax = 40;
/** After so many rounds that together gained less than the share, no more are made. */
const patience = 25;
const gainMin = 5e-4;
/** Steps of the search on one type, and where such searches find nothing any more, of longer ones. */
const searchStepsMax = [3_000, 15_000, 60_000];
/** How much worths lean on what is known to be sound, so that they don't jump from round to round. */
const leaning = 0.6;
const leaningMin = 0.1;
const levelDust = 1e-6;

/** Returns a price that no cover can go below: as if nodes could be bought in parts, and Pods be cut up. */
export function leastPrice({ shapes, types }: CoverInput): number {
  const worths = worthsByResources(shapes, types);
  return shapes.reduce((total, { count }, shape) => total + count * (worths[shape] ?? 0), 0);
}

/** Returns the fillings, in the order in which they were settled. */
export function coverPatterns({ shapes, types }: CoverInput, steps: StepCounter): readonly Pattern[] {
  const left = shapes.map(({ count }) => count);
  const sound = worthsByResources(shapes, types);
  const known = shapes.flatMap((_, shape) => aloneOn(shape, { shapes, types }));
  const patterns: Pattern[] = [];
  for (let rounding = 0; rounding < roundingsMax && steps.left > 0 && left.some((count) => count > 0); rounding += 1) {
    const program = patternProgram(left, known);
    const rounds = rounding === 0 ? roundsMax : laterRoundsMax;
    generate(program, { shapes, types, left, sound, known, rounds, steps });
    const settled = settle(program, left);
    if (settled.length === 0) break;
    patterns.push(...settled);
  }
  return patterns;
}

interface Generation extends CoverInput {
  readonly left: readonly number[];
  /** What Pods are worth by resources alone. */
  readonly sound: readonly number[];
  /** All fillings so far. */
  readonly known: PricedFilling[];
  readonly rounds: number;
  readonly steps: StepCounter;
}

/**
 * Adds fillings until none is worth more than its node. Worths of the program alone jump wildly from round to round, so they
 * are mixed with the soundest so far: those that promise most while no filling is worth more than its node.
 */
function generate(program: PatternProgram, generation: Generation): void {
  const { left, known, steps } = generation;
  const value = (worths: readonly number[]): number => worths.reduce((total, worth, shape) => total + worth * (left[shape] ?? 0), 0);
  let sound = generation.sound;
  let lean = leaning;
  let effort = 0;
  const prices: number[] = [];
  for (let round = 0; round < generation.rounds && steps.left > 0; round += 1) {
    program.optimize(steps);
    prices.push(program.pricePerHour());
    const isStalled = (prices[prices.length - 1 - patience] ?? Infinity) * (1 - gainMin) < program.pricePerHour();
    if (isStalled) {
      effort += 1;
      prices.length = 0;
    }
    if (effort >= searchStepsMax.length) return;
    // A search that ended early may have let worths pass that are not sound.
    if (value(sound) > program.pricePerHour()) sound = generation.sound;
    const own = program.worths();
    const worths = own.map((worth, shape) => lean * (sound[shape] ?? 0) + (1 - lean) * worth);
    const { gaining, most } = priced(generation, { own, worths, searchStepsMax: searchStepsMax[effort] ?? 0 });
    if (value(worths) / most > value(sound)) sound = worths.map((worth) => worth / most);
    if (gaining.length === 0 && lean === 0) effort += 1;
    lean = gaining.length > 0 ? leaning : lean < leaningMin ? 0 : lean / 2;
    for (const filling of gaining) {
      known.push(filling);
      program.add(filling);
    }
  }
  program.optimize(steps);
}

/** The fillings that gain most by the program's own worths, and how much most is worth for a dollar by the mixed ones. */
function priced(
  { shapes, types, left, steps }: Generation,
  by: { readonly own: readonly number[]; readonly worths: readonly number[]; readonly searchStepsMax: number },
): { readonly gaining: readonly PricedFilling[]; readonly most: number } {
  const { own, worths } = by;
  const found: { readonly filling: PricedFilling; readonly gain: number }[] = [];
  const worthOf = (filling: PricedFilling, by: readonly number[]): number =>
    filling.shapes.reduce((total, shape, index) => total + (filling.counts[index] ?? 0) * (by[shape] ?? 0), 0) / filling.pricePerHour;
  let most = 1;
  for (const [type, one] of types.entries()) {
    for (const filling of bestFillings(one, { ...by, shapes, left }, steps)) {
      const bought = { ...filling, type, pricePerHour: one.pricePerHour };
      most = Math.max(most, worthOf(bought, worths));
      const gain = worthOf(bought, own);
      if (gain > 1 + levelDust) found.push({ filling: bought, gain });
    }
  }
  found.sort((a, b) => b.gain - a.gain || a.filling.type - b.filling.type);
  return { gaining: found.slice(0, addedMax).map(({ filling }) => filling), most };
}

/** As many Pods of one shape as the best type for it holds; nothing where no type holds one. */
function aloneOn(shape: number, { shapes, types }: CoverInput): readonly PricedFilling[] {
  const { asks = [], perNodeMax = 1, count: asked = 0 } = shapes[shape] ?? {};
  let best: { readonly type: number; readonly count: number; readonly pricePerHour: number } | undefined;
  for (const [type, { usable, pricePerHour, shapes: taken }] of types.entries()) {
    if (!taken.includes(shape)) continue;
    let count = Math.min(perNodeMax, asked);
    for (const [index, ask] of asks.entries()) if (ask > 0) count = Math.min(count, Math.floor((usable[index] ?? 0) / ask));
    const rate = best === undefined ? Infinity : best.pricePerHour / best.count;
    if (count > 0 && pricePerHour / count < rate) best = { type, count, pricePerHour };
  }
  return best === undefined ? [] : [{ type: best.type, pricePerHour: best.pricePerHour, shapes: [shape], counts: [best.count] }];
}

/** Takes the whole nodes of a mixture; where there are parts alone, one node of the largest. */
function settle(program: PatternProgram, left: number[]): readonly Pattern[] {
  const mixture = [...program.mixture()].sort((a, b) => b.nodes - a.nodes || a.filling.type - b.filling.type);
  const whole = mixture.flatMap(({ filling, nodes }) => taken(filling, { nodes: Math.floor(nodes + levelDust), left }));
  const [largest] = mixture;
  return whole.length > 0 || largest === undefined ? whole : taken(largest.filling, { nodes: 1, left });
}

/** Takes so many nodes at the most as there are Pods for; the last may be one that is not full. */
function taken(filling: PricedFilling, { nodes, left }: { readonly nodes: number; readonly left: number[] }): readonly Pattern[] {
  if (nodes < 1) return [];
  let full = nodes;
  for (const [index, shape] of filling.shapes.entries()) {
    full = Math.min(full, Math.floor((left[shape] ?? 0) / (filling.counts[index] ?? 1)));
  }
  const many = Math.max(1, full);
  const counts = filling.counts.map((count, index) => Math.min(count, left[filling.shapes[index] ?? 0] ?? 0));
  for (const [index, shape] of filling.shapes.entries()) left[shape] = (left[shape] ?? 0) - many * (counts[index] ?? 0);
  return counts.some((count) => count > 0) ? [{ ...filling, counts, nodes: many }] : [];
}
