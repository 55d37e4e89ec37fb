/**
 * RateCard: prices that a platform team knows better than any list: its discounts and its contracts.
 *
 * Reads a small file, YAML or JSON. Returns rates by instance type, zone and way to buy, or every error of the file, each with line,
 * field, value and fix: a rate that is misread would make every plan wrong without a sign.
 *
 *   source: EDP of 2026          # for people, optional
 *   rates:
 *     - { instanceType: m7i.large, zone: ap-southeast-1a, capacityType: on-demand, pricePerHour: 0.09 }
 *     - { instanceType: "m7i.*", capacityType: on-demand, percent: -28 }
 *
 * One rate counts for a place: that of the type, else of its family ("m7i.*"), else of all ("*"); of each first the one with a zone.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type YAMLMap } from "yaml";
import { err, ok, type Result } from "../api/result.ts";
import type { PricedPlace } from "./prices.ts";

/** What a rate says: the price in USD an hour, or by how many percent it differs from the known one. */
export type Rate = { readonly kind: "price"; readonly pricePerHour: number } | { readonly kind: "percent"; readonly percent: number };

export interface RateCard {
  readonly source: string;
  /** Types that rates are about by their whole names, sorted. */
  readonly instanceTypes: readonly string[];
  rateOf(place: PricedPlace): Rate | undefined;
}

const textCharactersMax = 4 * 1024 * 1024;
const ratesMax = 20_000;
const errorsMax = 100;
const pricePerHourMax = 10_000;
const percentMin = -100;
const percentMax = 1_000;
const typePattern = /^(\*|[a-z0-9-]+\.(\*|[a-z0-9-]+))$/;
const zonePattern = /^[a-z]{2,}(-[a-z]+)+-\d+([a-z]|-[a-z]+-\d+[a-z])$/;

interface Reader {
  readonly fileName: string;
  readonly errors: string[];
  readonly lineOf: (node: unknown) => number;
}

interface Row extends Partial<PricedPlace> {
  readonly rate?: Rate;
}

/** Reads a rate card; `fileName` stands in front of each error. */
export function parseRateCard({
  text,
  fileName,
}: {
  readonly text: string;
  readonly fileName: string;
}): Result<RateCard, readonly string[]> {
  if (text.length > textCharactersMax) return err([`${fileName}: the file is larger than 4 MiB; refused`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) return err([`${fileName}:${lines.linePos(broken.pos[0]).line}: ${broken.message.split("\n")[0] ?? ""}`]);
  const reader: Reader = {
    fileName,
    errors: [],
    lineOf: (node) => (hasRange(node) ? lines.linePos(node.range[0]).line : 1),
  };
  const root = document.contents;
  if (!isMap(root)) return err([`${fileName}:1: a rate card is an object with a list "rates"`]);
  refuseUnknown(reader, { map: root, known: ["source", "rates"], at: "" });
  const source = scalarAt(root, "source") ?? fileName;
  const rates = readRates(reader, root);
  if (typeof source !== "string") complain(reader, { node: root, field: "source", value: source, fix: "write a few words" });
  if (reader.errors.length > 0 || typeof source !== "string") return err(reader.errors.slice(0, errorsMax));
  const named = [...rates.keys()].map((key) => key.split(" ")[0] ?? "").filter((name) => !name.endsWith("*"));
  return ok({ source, instanceTypes: [...new Set(named)].sort(), rateOf: (place) => lookUp(rates, place) });
}

function readRates(reader: Reader, root: YAMLMap): ReadonlyMap<string, Rate> {
  const rates = new Map<string, Rate>();
  const firstLines = new Map<string, number>();
  const list = root.get("rates", true);
  if (!isSeq(list)) {
    complain(reader, {
      node: list ?? root,
      field: "rates",
      value: list === undefined ? undefined : "no list",
      fix: "write a list of rates",
    });
    return rates;
  }
  if (list.items.length > ratesMax) {
    complain(reader, {
      node: list,
      field: "rates",
      value: `${list.items.length} entries`,
      fix: `write at most ${ratesMax}, by families such as "m7i.*"`,
    });
    return rates;
  }
  for (const [index, item] of list.items.entries()) {
    const at = `rates[${index}]`;
    if (!isMap(item)) {
      complain(reader, {
        node: item,
        field: at,
        value: isAlias(item) ? "an alias" : "no object",
        fix: "write instanceType, capacityType and pricePerHour",
      });
      continue;
    }
    const { instanceType, zone, capacityType, rate } = readRow(reader, item, at);
    if (instanceType === undefined || capacityType === undefined || rate === undefined) continue;
    const key = keyOf({ instanceType, zone, capacityType });
    const first = firstLines.get(key);
    if (first !== undefined) {
      reader.errors.push(
        `${reader.fileName}:${reader.lineOf(item)}: ${at} is a second rate of ${key.trim()}, after line ${first}; keep one of the two`,
      );
      continue;
    }
    firstLines.set(key, reader.lineOf(item));
    rates.set(key, rate);
  }
  return rates;
}

function readRow(reader: Reader, map: YAMLMap, at: string): Row {
  const before = reader.errors.length;
  refuseUnknown(reader, { map, known: ["instanceType", "zone", "capacityType", "pricePerHour", "percent"], at: `${at}.` });
  const complainOf = (field: string, fix: string): void => {
    complain(reader, { node: map.get(field, true) ?? map, field: `${at}.${field}`, value: scalarAt(map, field), fix });
  };
  const [instanceType, zone, capacityType] = ["instanceType", "zone", "capacityType"].map((field) => scalarAt(map, field));
  if (!isMatch(instanceType, typePattern)) complainOf("instanceType", 'write a type such as m7i.large, a family such as "m7i.*", or "*"');
  if (zone !== undefined && !isMatch(zone, zonePattern)) complainOf("zone", "write a zone such as ap-southeast-1a, or leave it out");
  if (capacityType !== "on-demand" && capacityType !== "spot") complainOf("capacityType", "write on-demand or spot");
  const rate = readRate(map, complainOf);
  if (reader.errors.length > before || !isMatch(instanceType, typePattern)) return {};
  return {
    instanceType,
    ...(isMatch(zone, zonePattern) ? { zone } : {}),
    ...(capacityType === "on-demand" || capacityType === "spot" ? { capacityType } : {}),
    ...(rate === undefined ? {} : { rate }),
  };
}

function readRate(map: YAMLMap, complainOf: (field: string, fix: string) => void): Rate | undefined {
  const [pricePerHour, percent] = [scalarAt(map, "pricePerHour"), scalarAt(map, "percent")];
  const priceFix = `write USD an hour, a number from 0 to ${pricePerHourMax} such as 0.0864`;
  if (map.has("pricePerHour") === map.has("percent")) {
    complainOf("pricePerHour", map.has("percent") ? "keep one of pricePerHour and percent" : `${priceFix}, or percent, such as -28`);
    return undefined;
  }
  if (map.has("pricePerHour")) {
    if (typeof pricePerHour === "number" && pricePerHour >= 0 && pricePerHour <= pricePerHourMax) return { kind: "price", pricePerHour };
    complainOf("pricePerHour", priceFix);
    return undefined;
  }
  if (typeof percent === "number" && percent >= percentMin && percent <= percentMax) return { kind: "percent", percent };
  complainOf("percent", `write what is added to the known price in percent, a number from ${percentMin} to ${percentMax} such as -28`);
  return undefined;
}

function lookUp(rates: ReadonlyMap<string, Rate>, { instanceType, zone, capacityType }: PricedPlace): Rate | undefined {
  const family = `${instanceType.split(".")[0] ?? ""}.*`;
  for (const pattern of [instanceType, family, "*"]) {
    const found =
      rates.get(keyOf({ instanceType: pattern, zone, capacityType })) ?? rates.get(keyOf({ instanceType: pattern, capacityType }));
    if (found !== undefined) return found;
  }
  return undefined;
}

function keyOf({ instanceType, zone, capacityType }: Omit<PricedPlace, "zone"> & { readonly zone?: string | undefined }): string {
  return `${instanceType} ${capacityType} ${zone ?? ""}`;
}

function refuseUnknown(
  reader: Reader,
  { map, known, at }: { readonly map: YAMLMap; readonly known: readonly string[]; readonly at: string },
): void {
  for (const { key } of map.items) {
    const name = isScalar(key) ? String(key.value) : "a key that is no text";
    if (known.includes(name)) continue;
    reader.errors.push(
      `${reader.fileName}:${reader.lineOf(key)}: ${at}${name} is no field of a rate card; known here: ${known.join(", ")}`,
    );
  }
}

interface Complaint {
  readonly node: unknown;
  readonly field: string;
  readonly value: unknown;
  readonly fix: string;
}

function complain(reader: Reader, { node, field, value, fix }: Complaint): void {
  const told = value === undefined ? "is missing" : `is ${JSON.stringify(value).slice(0, 80)}`;
  reader.errors.push(`${reader.fileName}:${reader.lineOf(node)}: ${field} ${told}; ${fix}`);
}

function scalarAt(map: YAMLMap, field: string): unknown {
  const node = map.get(field, true);
  if (node === undefined) return undefined;
  return isScalar(node) ? node.value : "no plain value";
}

function isMatch(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && value.length <= 100 && pattern.test(value);
}

function hasRange(node: unknown): node is Node & { readonly range: readonly [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}
