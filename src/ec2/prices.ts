/**
 * Live prices: what EC2 costs in one region now, asked for again and again.
 *
 * Reads the Pricing API (on demand, every twelve hours) and the Spot price history (every quarter of an hour). Returns Prices, the
 * same object until a price is another, with a number that grows with every change: whoever has derived something of them finds by it
 * whether it still holds. What can't be read stays as it was, and is asked for again soon; until the first answers the dated table
 * counts, for which a first look waits a while.
 */
import type { Clock, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { layeredPrices, type PriceLayers } from "../catalog/price-layers.ts";
import { decodePriceList, type PriceList } from "../catalog/price-list.ts";
import type { Prices } from "../catalog/prices.ts";
import type { RateCard } from "../catalog/rate-card.ts";
import { decodeSpotHistory, type SpotHistory } from "../catalog/spot-history.ts";
import { failureText } from "./errors.ts";
import type { MarketCalls } from "./market-calls.ts";
import type { PricingCalls } from "./pricing-calls.ts";

export interface LivePrices {
  /** What was read of AWS, and when: how much what is known can be relied on. */
  read(): PricesRead;
  /** What is known now. Starts what is due; waits for the very first answers alone, and no longer than a while. */
  current(): Promise<NumberedPrices>;
}

export interface PricesRead {
  readonly sequence: number;
  /** When AWS last answered; a kind of price that was never read is absent, and the dated table counts. */
  readonly at: readonly { readonly what: "on-demand prices" | "Spot prices"; readonly readAt: Instant }[];
}

export interface NumberedPrices {
  readonly sequence: number;
  readonly prices: Prices;
}

export interface PriceSources {
  readonly region: string;
  readonly clock: Clock;
  readonly ec2: Pick<MarketCalls, "spotPrices">;
  /** Absent where no Pricing endpoint can be reached: then on-demand prices are those of the dated table. */
  readonly pricing?: PricingCalls | undefined;
  readonly rateCard?: RateCard | undefined;
  /** Is told what has changed, and what could not be read. */
  readonly onNews?: ((news: PriceNews) => void) | undefined;
}

export type PriceNews =
  | { readonly kind: "changed"; readonly sequence: number; readonly asOf: string }
  | { readonly kind: "unread"; readonly what: "on-demand prices" | "Spot prices"; readonly message: string };

/** Karpenter's: list prices change a few times a year. */
export const onDemandEveryMs = 12 * 3_600_000;
/** Spot prices move by the hour; Karpenter's are as old as the others. */
export const spotEveryMs = 15 * 60_000;
/** After a failure; doubled until it is as long as the usual wait. */
export const retryMs = 60_000;
/** So long a first look waits for prices. */
export const firstWaitMsMax = 10_000;
const spotPageSize = 1_000;

/** One thing that is asked for from time to time. */
interface Source {
  readonly what: "on-demand prices" | "Spot prices";
  readonly everyMs: number;
  /** Asks, and keeps the answer; true where it is another than before. */
  readonly ask: () => Promise<Result<boolean, string>>;
  due: Instant;
  readAt: Instant | undefined;
  failures: number;
  running: Promise<void> | undefined;
}

interface Known {
  list?: PriceList;
  history?: SpotHistory;
  numbered: NumberedPrices;
}

/** Makes the prices; nothing is asked for before somebody looks. */
export function livePrices(sources: PriceSources): LivePrices {
  const known: Known = { numbered: { sequence: 0, prices: layered(sources, {}) } };
  const { pricing } = sources;
  const asked = [
    ...(pricing === undefined ? [] : [source("on-demand prices", onDemandEveryMs, () => askOnDemand({ ...sources, pricing }, known))]),
    source("Spot prices", spotEveryMs, () => askSpot(sources, known)),
  ];
  let first: Promise<void> | undefined;
  return {
    read: () => ({
      sequence: known.numbered.sequence,
      at: asked.flatMap(({ what, readAt }) => (readAt === undefined ? [] : [{ what, readAt }])),
    }),
    current: async () => {
      const now = sources.clock.now();
      for (const one of asked) if (one.running === undefined && one.due <= now) one.running = refresh(one, sources, known);
      first ??= firstAnswers(asked, sources.clock);
      await first;
      return known.numbered;
    },
  };
}

function source(what: Source["what"], everyMs: number, ask: Source["ask"]): Source {
  return { what, everyMs, ask, due: -Infinity, readAt: undefined, failures: 0, running: undefined };
}

async function firstAnswers(asked: readonly Source[], clock: Clock): Promise<void> {
  const enough = new AbortController();
  await Promise.race([Promise.all(asked.flatMap(({ running }) => running ?? [])), clock.sleep(firstWaitMsMax, enough.signal)]);
  enough.abort();
}

async function refresh(of: Source, sources: PriceSources, known: Known): Promise<void> {
  const answer = await of.ask();
  of.failures = answer.ok ? 0 : of.failures + 1;
  if (answer.ok) of.readAt = sources.clock.now();
  of.due = sources.clock.now() + (answer.ok ? of.everyMs : Math.min(of.everyMs, retryMs * 2 ** (of.failures - 1)));
  of.running = undefined;
  if (!answer.ok) sources.onNews?.({ kind: "unread", what: of.what, message: answer.error });
  if (!answer.ok || !answer.value) return;
  const sequence = known.numbered.sequence + 1;
  known.numbered = { sequence, prices: layered(sources, known) };
  sources.onNews?.({ kind: "changed", sequence, asOf: known.numbered.prices.asOf });
}

function layered({ rateCard }: PriceSources, { list, history }: Pick<Known, "list" | "history">): Prices {
  const layers: PriceLayers = {
    ...(rateCard === undefined ? {} : { rateCard }),
    ...(list === undefined ? {} : { priceLists: [list] }),
    ...(history === undefined ? {} : { spotHistory: history }),
  };
  return layeredPrices(layers);
}

/** What a node is bought as; bare metal has no neighbours, and is sold as dedicated. */
const productFilters = [
  { productFamily: "Compute Instance", tenancy: "Shared" },
  { productFamily: "Compute Instance (bare metal)", tenancy: "Dedicated" },
].map((own) => ({ operatingSystem: "Linux", preInstalledSw: "NA", capacitystatus: "Used", marketoption: "OnDemand", ...own }));

async function askOnDemand(
  { region, clock, pricing, onNews }: PriceSources & { readonly pricing: PricingCalls },
  known: Known,
): Promise<Result<boolean, string>> {
  const items: string[] = [];
  for (const filters of productFilters) {
    const Filters = Object.entries({ regionCode: region, ...filters }).map(([Field, Value]) => ({
      Type: "TERM_MATCH" as const,
      Field,
      Value,
    }));
    const answer = await pricing.products({ ServiceCode: "AmazonEC2", Filters });
    if (!answer.ok) return err(`GetProducts: ${failureText(answer.error)}`);
    items.push(...answer.value);
  }
  const read = decodePriceList({ PriceList: items }, region);
  if (!read.ok) return err(`GetProducts: ${read.error}`);
  const { list, unreadable } = read.value;
  const [example] = unreadable;
  if (example !== undefined) {
    onNews?.({ kind: "unread", what: "on-demand prices", message: `${unreadable.length} products were left out, such as: ${example}` });
  }
  if (known.list !== undefined && isSamePrices(known.list.onDemand, list.onDemand)) return ok(false);
  known.list = { ...list, asOf: new Date(clock.now()).toISOString() };
  return ok(true);
}

/** The price that is in force at an instant is told by asking for a history that begins there. */
async function askSpot({ ec2, clock }: PriceSources, known: Known): Promise<Result<boolean, string>> {
  const answer = await ec2.spotPrices({
    StartTime: new Date(clock.now()),
    ProductDescriptions: ["Linux/UNIX", "Linux/UNIX (Amazon VPC)"],
    MaxResults: spotPageSize,
  });
  if (!answer.ok) return err(`DescribeSpotPriceHistory: ${failureText(answer.error)}`);
  const read = decodeSpotHistory({ SpotPriceHistory: answer.value });
  if (!read.ok) return err(`DescribeSpotPriceHistory: ${read.error}`);
  if (known.history !== undefined && isSamePrices(known.history.prices, read.value.prices)) return ok(false);
  known.history = read.value;
  return ok(true);
}

function isSamePrices(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean {
  return a.size === b.size && [...a].every(([name, price]) => b.get(name) === price);
}
