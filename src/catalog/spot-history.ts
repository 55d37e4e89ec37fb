/**
 * SpotHistory: the latest Spot price of each type and zone, as DescribeSpotPriceHistory gives them.
 *
 * Reads one answer, or a list of them (pages), of the API, the command line or the SDK. Returns prices, or the sentence that names
 * the entry and field that can't be read. Only Linux counts.
 */
import { err, ok, type Result } from "../api/result.ts";
import { timeText } from "../kube/time-text.ts";
import { isRecord, parsedJson, textAt, type JsonRecord } from "./json-record.ts";
import { parsePrice } from "./prices.ts";
import { regionOfZone } from "./zones.ts";

export interface SpotHistory {
  /** The instant of the newest price. */
  readonly asOf: string;
  /** Regions of which anything is known: what is not known of a zone there is not sold as Spot there. */
  readonly regions: ReadonlySet<string>;
  /** USD an hour by type and zone, with a space between. */
  readonly prices: ReadonlyMap<string, number>;
  priceOf(instanceType: string, zone: string): number | undefined;
}

/** Three months of a large region; one that is longer was not asked for by us. */
const entriesMax = 2_000_000;
const products: ReadonlySet<string> = new Set(["Linux/UNIX", "Linux/UNIX (Amazon VPC)"]);

interface Observed {
  readonly instanceType: string;
  readonly zone: string;
  readonly pricePerHour: number;
  readonly atMs: number;
}

/** Reads a history from its JSON text. */
export function parseSpotHistory(text: string): Result<SpotHistory, string> {
  const value = parsedJson(text);
  return value.ok ? decodeSpotHistory(value.value) : err(`the Spot history is not JSON: ${value.error}`);
}

/** Reads a history from an answer or a list of answers; of one place the latest price counts, at one instant the higher. */
export function decodeSpotHistory(value: unknown): Result<SpotHistory, string> {
  const pages: readonly unknown[] = Array.isArray(value) ? value : [value];
  const latest = new Map<string, Observed>();
  let count = 0;
  for (const page of pages) {
    const entries = isRecord(page) ? page["SpotPriceHistory"] : undefined;
    if (!Array.isArray(entries)) return err('the Spot history must be an object with a list "SpotPriceHistory", or a list of such objects');
    for (const entry of entries) {
      const observed = observedOf(entry, `SpotPriceHistory[${count}]`);
      count += 1;
      if (count > entriesMax) return err(`the Spot history has more than ${entriesMax} entries; refused`);
      if (!observed.ok) return observed;
      if (observed.value !== undefined) keepLatest(latest, observed.value);
    }
  }
  if (latest.size === 0) return err(`the Spot history has no price of Linux among ${count} entries`);
  const all = [...latest.values()];
  const prices = new Map([...latest].map(([place, { pricePerHour }]) => [place, pricePerHour]));
  return ok({
    asOf: timeText(all.reduce((newest, { atMs }) => Math.max(newest, atMs), -Infinity)),
    regions: new Set(all.map(({ zone }) => regionOfZone(zone))),
    prices,
    priceOf: (instanceType, zone) => prices.get(`${instanceType} ${zone}`),
  });
}

function keepLatest(latest: Map<string, Observed>, observed: Observed): void {
  const key = `${observed.instanceType} ${observed.zone}`;
  const known = latest.get(key);
  const isLater = known === undefined || observed.atMs > known.atMs;
  if (isLater || (observed.atMs === known.atMs && observed.pricePerHour > known.pricePerHour)) latest.set(key, observed);
}

function observedOf(entry: unknown, at: string): Result<Observed | undefined, string> {
  if (!isRecord(entry)) return err(`${at} is no entry: it must be an object`);
  if (!products.has(textAt(entry, "ProductDescription") ?? "")) return ok(undefined);
  const [instanceType, zone, price] = ["InstanceType", "AvailabilityZone", "SpotPrice"].map((field) => textAt(entry, field));
  if (instanceType === undefined) return err(`${at}.InstanceType is missing`);
  if (zone === undefined) return err(`${at}.AvailabilityZone is missing (${instanceType}); a price belongs to a zone`);
  const pricePerHour = price === undefined ? undefined : parsePrice(price);
  if (pricePerHour === undefined || pricePerHour === 0) {
    return err(
      `${at}.SpotPrice is ${JSON.stringify(price ?? null)} (${instanceType} in ${zone}); it must be a number above 0 as text such as "0.0416"`,
    );
  }
  const atMs = instantOf(entry);
  if (Number.isNaN(atMs))
    return err(`${at}.Timestamp is no time (${instanceType} in ${zone}); it must be one such as 2026-01-01T00:00:00Z`);
  return ok({ instanceType, zone, pricePerHour, atMs });
}

/** The SDK gives a Date, everybody else a text. */
function instantOf(entry: JsonRecord): number {
  const at = entry["Timestamp"];
  if (at instanceof Date) return at.getTime();
  return typeof at === "string" ? Date.parse(at) : NaN;
}
