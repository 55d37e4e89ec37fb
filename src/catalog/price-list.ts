/**
 * PriceList: on-demand prices of one region, as the AWS Pricing API gives them.
 *
 * Reads an offer file (products and terms by SKU) or a GetProducts answer (a PriceList of products with their terms, as text or
 * as objects). Returns the prices by instance type, and the sentences that name the products that can't be read: in a file that
 * somebody has named, one is a mistake to be told; in an answer of AWS it costs that product alone. Only what a node is bought as
 * counts, as in Karpenter: Linux without licences, shared tenancy, and bare metal.
 */
import { err, ok, type Result } from "../api/result.ts";
import { parsePrice } from "./prices.ts";
import { isRecord, parsedJson, textAt, type JsonRecord } from "./json-record.ts";

export interface PriceList {
  readonly region: string;
  /** The day or instant that the list tells of itself; "an unknown day" where it tells none. */
  readonly asOf: string;
  /** USD an hour; in the regions of China CNY. */
  readonly onDemand: ReadonlyMap<string, number>;
}

/** A region's whole offer file has some 150,000 products; one of this size is none of AWS'. */
const productsMax = 2_000_000;
const regionsShownMax = 5;

/** Attributes of products that count; each is missing or has this value. */
const wanted: Readonly<Record<string, string>> = {
  operatingSystem: "Linux",
  preInstalledSw: "NA",
  capacitystatus: "Used",
  marketoption: "OnDemand",
};
/** Bare metal has no neighbours, and is sold as Dedicated. */
const tenancies: Readonly<Record<string, string>> = { "Compute Instance": "Shared", "Compute Instance (bare metal)": "Dedicated" };

interface Product {
  readonly sku: string;
  readonly instanceType: string;
  readonly region: string;
  readonly onDemandTerms: unknown;
}

interface Priced {
  readonly pricePerHour: number;
  readonly since: string;
}

/** Reads a price list for one region from its text; the error says what is wrong, and with which product. */
export function parsePriceList(text: string, region: string): Result<PriceList, string> {
  const value = parsedJson(text);
  if (!value.ok) return err(`the price list is not JSON: ${value.error}`);
  const read = decodePriceList(value.value, region);
  if (!read.ok) return read;
  const [unreadable] = read.value.unreadable;
  return unreadable === undefined ? ok(read.value.list) : err(unreadable);
}

/** Reads a price list for one region, and leaves out what can't be read; the error says why there is nothing at all. */
export function decodePriceList(
  value: unknown,
  region: string,
): Result<{ readonly list: PriceList; readonly unreadable: readonly string[] }, string> {
  const products = productsOf(value);
  if (!products.ok) return products;
  const onDemand = new Map<string, Priced>();
  const unreadable: string[] = [];
  for (const product of products.value) {
    if (product.region !== region) continue;
    const priced = priceOf(product);
    const known = onDemand.get(product.instanceType);
    if (!priced.ok) unreadable.push(priced.error);
    else if (priced.value !== undefined && (known === undefined || isNewer(priced.value, known)))
      onDemand.set(product.instanceType, priced.value);
  }
  if (onDemand.size === 0) return err(unreadable[0] ?? nothingFor(region, products.value));
  const prices = [...onDemand].map(([type, { pricePerHour }]) => [type, pricePerHour] as const);
  return ok({ list: { region, asOf: publishedAt(value), onDemand: new Map(prices) }, unreadable });
}

/** The products of either form that a node could be bought as. */
function productsOf(list: unknown): Result<readonly Product[], string> {
  if (!isRecord(list)) return err('the price list must be an object with "products" and "terms", or with "PriceList"');
  const { products, terms, PriceList: items } = list;
  if (isRecord(products)) {
    const entries = Object.entries(products);
    if (entries.length > productsMax) return err(`the price list has more than ${productsMax} products; refused`);
    const onDemand = isRecord(terms) && isRecord(terms["OnDemand"]) ? terms["OnDemand"] : {};
    return ok(entries.flatMap(([sku, product]) => (isRecord(product) ? productOf({ sku, product, onDemandTerms: onDemand[sku] }) : [])));
  }
  if (!Array.isArray(items)) return err('the price list has neither "products" (an offer file) nor "PriceList" (an answer of GetProducts)');
  if (items.length > productsMax) return err(`the price list has more than ${productsMax} products; refused`);
  const found: Product[] = [];
  for (const [index, item] of items.entries()) {
    const read = typeof item === "string" ? parsedJson(item) : ok<unknown>(item);
    if (!read.ok || !isRecord(read.value)) return err(`PriceList[${index}] is no product: it must be an object, or one as JSON text`);
    const { product, terms: own } = read.value;
    if (!isRecord(product)) return err(`PriceList[${index}].product is missing`);
    const sku = textAt(product, "sku") ?? `PriceList[${index}]`;
    found.push(...productOf({ sku, product, onDemandTerms: isRecord(own) ? own["OnDemand"] : undefined }));
  }
  return ok(found);
}

function productOf(of: { readonly sku: string; readonly product: JsonRecord; readonly onDemandTerms: unknown }): readonly Product[] {
  const { attributes } = of.product;
  if (!isRecord(attributes)) return [];
  const [instanceType, region] = [textAt(attributes, "instanceType"), textAt(attributes, "regionCode")];
  const tenancy = tenancies[textAt(of.product, "productFamily") ?? ""];
  if (instanceType === undefined || region === undefined || tenancy === undefined || attributes["tenancy"] !== tenancy) return [];
  for (const [name, value] of Object.entries(wanted)) if ((attributes[name] ?? value) !== value) return [];
  return [{ sku: of.sku, instanceType, region, onDemandTerms: of.onDemandTerms }];
}

/** The price of a product's newest term; a price of 0 is that of what is paid elsewhere, and counts for nothing. */
function priceOf({ sku, instanceType, region, onDemandTerms }: Product): Result<Priced | undefined, string> {
  const currency = currencyOf(region);
  let newest: Priced | undefined;
  for (const term of recordsIn(onDemandTerms)) {
    const since = textAt(term, "effectiveDate") ?? "";
    for (const dimension of recordsIn(term["priceDimensions"])) {
      const perUnit = dimension["pricePerUnit"];
      const text = isRecord(perUnit) ? textAt(perUnit, currency) : undefined;
      const pricePerHour = text === undefined ? undefined : parsePrice(text);
      const at = `product ${sku} (${instanceType})`;
      if (pricePerHour === undefined)
        return err(`${at}: pricePerUnit.${currency} is ${shown(text)}; it must be a number as text such as "0.096"`);
      if (textAt(dimension, "unit") !== "Hrs")
        return err(`${at}: unit is ${shown(dimension["unit"])}; a price of a node is one an hour ("Hrs")`);
      const priced = { pricePerHour, since };
      if (pricePerHour > 0 && (newest === undefined || isNewer(priced, newest))) newest = priced;
    }
  }
  return ok(newest);
}

/** AWS sells the regions of China in their own currency, Spot as well: there every live price is in it. */
function currencyOf(region: string): string {
  return region.startsWith("cn-") ? "CNY" : "USD";
}

/** Of two prices of one type the one of the later day counts, of one day the lower: whatever the order of the list. */
function isNewer(a: Priced, b: Priced): boolean {
  return a.since === b.since ? a.pricePerHour < b.pricePerHour : a.since > b.since;
}

function recordsIn(value: unknown): readonly JsonRecord[] {
  return isRecord(value) ? Object.values(value).filter(isRecord) : [];
}

function publishedAt(list: unknown): string {
  return (isRecord(list) ? textAt(list, "publicationDate") : undefined) ?? "an unknown day";
}

function nothingFor(region: string, products: readonly Product[]): string {
  const regions = [...new Set(products.map((product) => product.region))].sort();
  const others =
    regions.length === 0
      ? "none at all"
      : `${regions.slice(0, regionsShownMax).join(", ")}${regions.length > regionsShownMax ? " and others" : ""}`;
  return `the price list has no on-demand price of Linux instances in region ${region}; it has prices of ${others}`;
}

function shown(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 60);
}
