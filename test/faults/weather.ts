/**
 * The weather of one run: what EC2, the network and the nodes do by themselves, whatever our process does.
 *
 * Reads a seeded stream. Returns numbers and decisions, all drawn in the order in which they are asked for, so that a run on a virtual clock
 * meets the same weather every time.
 */
import type { Instant } from "../../src/api/ports.ts";
import type { Random } from "../../src/sim/random.ts";
import type { WatchOdds } from "./faulty-doors.ts";

/** A time in which offerings lack capacity; an absent field means all. */
export interface Shortage {
  readonly from: Instant;
  readonly until: Instant;
  readonly instanceType?: string;
  readonly zone?: string;
  readonly capacityType?: string;
}

/** What becomes of one new instance. */
export interface InstanceFate {
  /** From its launch to running. */
  readonly startMs: number;
  /** From running until its kubelet registers; undefined: it never does. */
  readonly joinMs: number | undefined;
  /** From its registration to its end without us (Spot, hardware); undefined: it lives. */
  readonly diesAfterMs: number | undefined;
  /** Until DescribeInstances shows it. */
  readonly hiddenMs: number;
}

export interface Weather {
  readonly shortages: readonly Shortage[];
  readonly watchOdds: WatchOdds;
  readonly fate: () => InstanceFate;
  /** How long one act takes. */
  readonly actMs: () => number;
  /** How long our process waits for an answer that does not come. */
  readonly answerWaitMs: number;
  /** How long a shutting-down instance is still there. */
  readonly stopMs: () => number;
}

export interface WeatherPlace {
  readonly startAt: Instant;
  readonly zones: readonly string[];
  readonly types: readonly string[];
  /** Nothing happens by itself any more after this. */
  readonly calmAfterMs: number;
  readonly now: () => Instant;
  /** Nothing happens by itself at all, and nothing is lost or late. */
  readonly isFine?: boolean;
}

/** Draws the weather of a run: fine, mixed or foul. */
export function drawWeather(random: Random, place: WeatherPlace): Weather {
  const foulness = place.isFine === true ? 0 : random.integer(3);
  const isCalm = (): boolean => place.now() >= place.startAt + place.calmAfterMs;
  const under = (odds: number): boolean => random.next() < odds && !isCalm();
  const slowest = [20, 200, 2_000][random.integer(3)] ?? 20;
  return {
    shortages: Array.from({ length: foulness === 0 ? 0 : random.integer(4) }, () => drawShortage(random, place)),
    watchOdds: watchOddsOf(random, foulness),
    answerWaitMs: 5_000,
    actMs: () => 1 + random.integer(random.next() < 0.9 ? 20 : slowest),
    stopMs: () => 2_000 + random.integer(30_000),
    fate: () => ({
      startMs: 2_000 + random.integer(15_000),
      joinMs: under(foulness * 0.06) ? undefined : random.integer(under(0.1) ? 200_000 : 20_000),
      diesAfterMs: under(foulness * 0.06) ? random.integer(120_000) : undefined,
      hiddenMs: random.next() < 0.5 ? 0 : random.integer(foulness === 2 ? 20_000 : 3_000),
    }),
  };
}

function watchOddsOf(random: Random, foulness: number): WatchOdds {
  const odds = (of: number): number => (random.next() < 0.5 ? 0 : of * foulness);
  return { late: odds(0.05), twice: odds(0.03), broken: odds(0.01), expired: odds(0.004), lateMsMax: 1 + random.integer(8_000) };
}

function drawShortage(random: Random, { startAt, zones, types, calmAfterMs }: WeatherPlace): Shortage {
  const from = startAt + random.integer(Math.ceil(calmAfterMs / 2));
  const until = Math.min(from + random.integer(calmAfterMs), startAt + calmAfterMs);
  const instanceType = types[random.integer(types.length * 2)];
  const zone = zones[random.integer(zones.length * 2)];
  const capacityType = ["spot", "on-demand"][random.integer(3)];
  return {
    from,
    until,
    ...(instanceType === undefined ? {} : { instanceType }),
    ...(zone === undefined ? {} : { zone }),
    ...(capacityType === undefined ? {} : { capacityType }),
  };
}

/** Says whether an offering lacks capacity now. */
export function isLacking(
  { shortages }: Pick<Weather, "shortages">,
  offering: { readonly instanceType: string; readonly zone: string; readonly capacityType: string; readonly now: Instant },
): boolean {
  return shortages.some(
    ({ from, until, instanceType = offering.instanceType, zone = offering.zone, capacityType = offering.capacityType }) =>
      from <= offering.now &&
      offering.now < until &&
      instanceType === offering.instanceType &&
      zone === offering.zone &&
      capacityType === offering.capacityType,
  );
}
