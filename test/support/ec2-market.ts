/**
 * The stand-in's market: what each type costs, told alike by the Pricing API, the Spot price history and CreateFleet.
 *
 * Reads the facts of the known types. Returns prices by a formula of its own, so that a price which our program did not read
 * here is seen to be wrong; a test may set any. Spot is a part of on-demand that differs by type and zone, and was dearer
 * some hours ago.
 */
import { hashOf } from "../../src/api/hash.ts";
import type { Ec2InstanceFacts } from "../../src/catalog/ec2-facts.ts";
import { isRecord, textAt } from "../../src/catalog/json-record.ts";
import { knownInstanceFacts } from "../../src/catalog/known-instances.ts";
import {
  ec2Answer,
  errorAnswer,
  jsonAnswer,
  listed,
  pageOf,
  passesFilters,
  type AwsRequest,
  type Answer,
  type Handlers,
} from "./ec2-wire.ts";
import { xml, xmlFields, xmlSet } from "./ec2-xml.ts";

export interface Place {
  readonly instanceType: string;
  readonly zone: string;
  readonly capacityType: "on-demand" | "spot";
}

export interface Market {
  /** USD an hour; undefined for a type that nobody knows. */
  readonly price: (place: Place) => number | undefined;
  /** From now on this costs so much. */
  readonly setPrice: (place: Omit<Place, "zone"> & { readonly zone?: string; readonly pricePerHour: number }) => void;
  readonly handlers: Handlers;
}

const zoneLetters = ["a", "b", "c"];
const historyPageSize = 1_000;
const productsPageSize = 100;
const hourMs = 3_600_000;

/** Opens a market. */
export function openMarket(nowMs: () => number): Market {
  const factsByName = new Map(knownInstanceFacts().map((facts) => [facts.name, facts]));
  const set = new Map<string, number>();
  const price: Market["price"] = ({ instanceType, zone, capacityType }) => {
    const chosen = set.get(`${capacityType}:${instanceType}:${zone}`) ?? set.get(`${capacityType}:${instanceType}:`);
    const facts = factsByName.get(instanceType);
    if (chosen !== undefined || facts === undefined) return chosen;
    if (capacityType === "on-demand") return listPrice(facts);
    return rounded(listPrice(facts) * spotShare(instanceType, zone));
  };
  return {
    price,
    setPrice: ({ instanceType, zone = "", capacityType, pricePerHour }) => {
      set.set(`${capacityType}:${instanceType}:${zone}`, pricePerHour);
    },
    handlers: {
      "ec2:DescribeSpotPriceHistory": (request) => spotHistory(request, { price, now: nowMs(), types: [...factsByName.keys()] }),
      "pricing:GetProducts": (request) => products(request, price, [...factsByName.values()]),
    },
  };
}

/** Dollars an hour by what is in it: vCPUs, memory and accelerators; AMD and Graviton are cheaper, newer generations a little dearer. */
function listPrice({ name, vcpus, memoryMiB, manufacturer, gpus = [], neuron }: Ec2InstanceFacts): number {
  const maker = manufacturer === "amd" ? 0.9 : manufacturer === "aws" ? 0.8 : 1;
  const generation = 1 + Number(/^[a-z]+(?:-\d+tb)?(\d+)/.exec(name)?.[1] ?? 0) / 100;
  const flex = name.includes("-flex.") ? 0.95 : 1;
  const accelerators = gpus.reduce((sum, { count, memoryMiB: each }) => sum + (count * each) / 32_768, 0) + (neuron?.devices ?? 0) * 0.3;
  return rounded((vcpus * 0.034 + (memoryMiB / 1024) * 0.0035) * maker * generation * flex + accelerators);
}

/** Between 0.25 and 0.6 of on-demand, for ever the same for a type and zone. */
function spotShare(instanceType: string, zone: string): number {
  return 0.25 + (Number.parseInt(hashOf([instanceType, zone]).slice(0, 4), 16) / 0xffff) * 0.35;
}

function rounded(price: number): number {
  return Math.round(price * 1e5) / 1e5;
}

interface HistoryWorld {
  readonly price: Market["price"];
  readonly now: number;
  readonly types: readonly string[];
}

/** Newest first; what was in force at the start of the asked time counts to it, as with EC2. */
function spotHistory(request: AwsRequest, { price, now, types }: HistoryWorld): Answer {
  const { params, region } = request;
  const asked = listed(params, "InstanceType");
  const zone = params.get("AvailabilityZone");
  const products = listed(params, "ProductDescription");
  const start = Date.parse(params.get("StartTime") ?? "1970-01-01T00:00:00Z");
  const rows = (asked.length === 0 ? types : asked).flatMap((instanceType) =>
    zoneLetters.flatMap((letter) => {
      const place = { instanceType, zone: `${region}${letter}`, capacityType: "spot" } as const;
      const spot = price(place);
      if (spot === undefined || (zone !== null && zone !== place.zone)) return [];
      const changes = [
        { ...place, spot, at: now - hourMs },
        { ...place, spot: rounded(spot * 1.5), at: now - 7 * hourMs },
      ];
      return start >= now - hourMs ? changes.slice(0, 1) : changes;
    }),
  );
  const found = rows.filter(
    ({ instanceType, zone: at }) =>
      (products.length === 0 || products.some((one) => one.startsWith("Linux/UNIX"))) &&
      passesFilters(params, {
        fields: { "instance-type": instanceType, "availability-zone": at, "product-description": "Linux/UNIX" },
      }),
  );
  const { page, next } = pageOf(found, { token: params.get("NextToken"), size: historyPageSize });
  const items = page.map(({ instanceType, zone: at, spot, at: since }) =>
    xmlFields({
      instanceType,
      productDescription: "Linux/UNIX",
      spotPrice: spot.toFixed(6),
      timestamp: new Date(since).toISOString(),
      availabilityZone: at,
    }),
  );
  return ec2Answer("DescribeSpotPriceHistory", [xmlSet("spotPriceHistorySet", items), xml("nextToken", next ?? "")]);
}

const locations: Readonly<Record<string, string>> = {
  "ap-southeast-1": "Asia Pacific (Singapore)",
  "us-east-1": "US East (N. Virginia)",
};

type Attributes = Readonly<Record<string, string>>;

/** Each type as Linux, as Windows, and as the reservation that is paid for already: who forgets a filter gets too much. */
function products(request: AwsRequest, price: Market["price"], facts: readonly Ec2InstanceFacts[]): Answer {
  const { json } = request;
  if (textAt(json, "ServiceCode") !== "AmazonEC2")
    return errorAnswer(request, { status: 400, code: "NotFoundException", message: "Invalid service code" });
  const filters = (Array.isArray(json["Filters"]) ? (json["Filters"] as unknown[]) : []).filter(isRecord);
  const regionCode = filters.find((filter) => filter["Field"] === "regionCode")?.["Value"];
  const region = typeof regionCode === "string" ? regionCode : "ap-southeast-1";
  const matches = (attributes: Attributes): boolean =>
    filters.every(({ Type, Field, Value }) => Type === "TERM_MATCH" && typeof Field === "string" && attributes[Field] === Value);
  const found = facts.flatMap((one) => {
    const onDemand = price({ instanceType: one.name, zone: `${region}a`, capacityType: "on-demand" });
    return onDemand === undefined ? [] : productsOf({ facts: one, region, onDemand }).filter(({ attributes }) => matches(attributes));
  });
  const token = textAt(json, "NextToken");
  const { page, next } = pageOf(found, { token, size: productsPageSize });
  return jsonAnswer({
    FormatVersion: "aws_v1",
    PriceList: page.map((product) => JSON.stringify(productText(product))),
    ...(next === undefined ? {} : { NextToken: next }),
  });
}

interface Product {
  readonly attributes: Attributes;
  readonly usd: number;
}

function productsOf(of: { readonly facts: Ec2InstanceFacts; readonly region: string; readonly onDemand: number }): readonly Product[] {
  const { facts, region, onDemand } = of;
  const isMetal = facts.bareMetal === true;
  const linux: Attributes = {
    instanceType: facts.name,
    regionCode: region,
    location: locations[region] ?? region,
    servicecode: "AmazonEC2",
    servicename: "Amazon Elastic Compute Cloud",
    operatingSystem: "Linux",
    preInstalledSw: "NA",
    licenseModel: "No License required",
    capacitystatus: "Used",
    tenancy: "Shared",
    operation: "RunInstances",
    marketoption: "OnDemand",
    productFamily: isMetal ? "Compute Instance (bare metal)" : "Compute Instance",
    vcpu: String(facts.vcpus),
    memory: `${facts.memoryMiB / 1024} GiB`,
  };
  return [
    { attributes: linux, usd: onDemand },
    ...(isMetal ? [{ attributes: { ...linux, tenancy: "Dedicated" }, usd: onDemand }] : []),
    { attributes: { ...linux, operatingSystem: "Windows", operation: "RunInstances:0002" }, usd: rounded(onDemand * 1.8) },
    { attributes: { ...linux, capacitystatus: "AllocatedCapacityReservation" }, usd: 0 },
  ];
}

/** One product of the price list, as the Pricing API writes it: text inside JSON. */
function productText({ attributes, usd }: Product): object {
  const sku = hashOf(attributes).slice(0, 16).toUpperCase();
  const term = `${sku}.JRTCKXETXF`;
  const dimension = {
    unit: "Hrs",
    beginRange: "0",
    endRange: "Inf",
    rateCode: `${term}.6YS6EN2CT7`,
    pricePerUnit: { USD: usd.toFixed(10) },
  };
  return {
    product: { productFamily: attributes["productFamily"], attributes, sku },
    serviceCode: "AmazonEC2",
    terms: { OnDemand: { [term]: { sku, offerTermCode: "JRTCKXETXF", priceDimensions: { [`${term}.6YS6EN2CT7`]: dimension } } } },
    version: "20261101000000",
    publicationDate: "2026-11-01T00:00:00Z",
  };
}
