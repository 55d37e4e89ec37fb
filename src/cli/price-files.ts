/**
 * Price files: what a platform team knows of prices, read from the files that it names.
 *
 * Reads a rate card, an AWS price list and a Spot history. Returns the prices of all of them as one, or every reason why one
 * can't be read, each a complete sentence that names the file.
 */
import { readFileSync, statSync } from "node:fs";
import { layeredPrices } from "../catalog/price-layers.ts";
import { fallbackPrices } from "../catalog/price-table.ts";
import { parsePriceList, type PriceList } from "../catalog/price-list.ts";
import type { Prices } from "../catalog/prices.ts";
import { parseRateCard, type RateCard } from "../catalog/rate-card.ts";
import { parseSpotHistory } from "../catalog/spot-history.ts";
import { regionOfZone } from "../catalog/zones.ts";
import { err, ok, type Result } from "../api/result.ts";

/** The files, by option; each may be left out. */
export interface PriceFiles {
  readonly rateCard?: string;
  readonly priceList?: string;
  readonly spotHistory?: string;
}

/** Below the longest text that Node can hold; a region's whole offer file has some 300 MB. */
const fileBytesMax = 500_000_000;

/** Reads a rate card; undefined where none is named. */
export function readRateCard(path: string | undefined): Result<RateCard | undefined, readonly string[]> {
  return path === undefined ? ok(undefined) : parsed(path, (text) => parseRateCard({ text, fileName: path }));
}

/** Reads the files for the regions of some zones; undefined where none is named, so that the dated table stands alone. */
export function readPriceFiles(files: PriceFiles, zones: readonly string[]): Result<Prices | undefined, readonly string[]> {
  const { rateCard, priceList, spotHistory } = files;
  if (rateCard === undefined && priceList === undefined && spotHistory === undefined) return ok(undefined);
  const card = readRateCard(rateCard);
  const lists = priceList === undefined ? undefined : parsed(priceList, (text) => priceListsOf(text, { path: priceList, zones }));
  const history = spotHistory === undefined ? undefined : parsed(spotHistory, (text) => named(spotHistory, parseSpotHistory(text)));
  const errors = [card, lists, history].flatMap((one) => (one?.ok === false ? one.error : []));
  if (errors.length > 0) return err(errors);
  return ok(
    layeredPrices({
      fallback: fallbackPrices(zones),
      ...(card.ok && card.value !== undefined ? { rateCard: card.value } : {}),
      ...(lists?.ok === true ? { priceLists: lists.value } : {}),
      ...(history?.ok === true ? { spotHistory: history.value } : {}),
    }),
  );
}

/** One file may hold several regions; those of the zones at hand are read, and at least one must be there. */
function priceListsOf(
  text: string,
  { path, zones }: { readonly path: string; readonly zones: readonly string[] },
): Result<readonly PriceList[], readonly string[]> {
  const regions = [...new Set(zones.map(regionOfZone))].sort();
  const lists = regions.map((region) => parsePriceList(text, region));
  const found = lists.flatMap((list) => (list.ok ? [list.value] : []));
  const errors = lists.flatMap((list) => (list.ok ? [] : [`${path}: ${list.error}`]));
  return found.length > 0 ? ok(found) : err(errors.slice(0, 1));
}

function parsed<T>(path: string, parse: (text: string) => Result<T, readonly string[]>): Result<T, readonly string[]> {
  let text: string;
  try {
    if (statSync(path).size > fileBytesMax) return err([`${path}: is larger than 500 MB; name the file of one region`]);
    text = readFileSync(path, "utf8");
  } catch (cause) {
    return err([`${path}: can't be read (${cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)})`]);
  }
  return parse(text);
}

function named<T>(path: string, result: Result<T, string>): Result<T, readonly string[]> {
  return result.ok ? result : err([`${path}: ${result.error}`]);
}
