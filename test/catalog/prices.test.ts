/** Prices are read from the files of AWS and of the platform team, and of several that are known the right one counts. */
import { describe, expect, test } from "vitest";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { layeredPrices } from "../../src/catalog/price-layers.ts";
import { decodePriceList, parsePriceList, type PriceList } from "../../src/catalog/price-list.ts";
import { knownInstanceFacts } from "../../src/catalog/known-instances.ts";
import { fallbackPrices } from "../../src/catalog/price-table.ts";
import { parseRateCard, type RateCard } from "../../src/catalog/rate-card.ts";
import { decodeSpotHistory, parseSpotHistory, type SpotHistory } from "../../src/catalog/spot-history.ts";

const region = "ap-southeast-1";
const [zoneA, zoneB] = ["ap-southeast-1a", "ap-southeast-1b"];

interface ProductOptions {
  readonly type?: string;
  readonly price?: unknown;
  readonly unit?: string;
  readonly since?: string;
  readonly family?: string;
  readonly attributes?: object;
}

function product(sku: string, { type = "m7i.large", family = "Compute Instance", attributes = {} }: ProductOptions) {
  const shared = { instanceType: type, regionCode: region, tenancy: "Shared", operatingSystem: "Linux" };
  const plain = { preInstalledSw: "NA", capacitystatus: "Used", marketoption: "OnDemand" };
  return { sku, productFamily: family, attributes: { ...shared, ...plain, ...attributes } };
}

function terms(sku: string, { price = "0.1260000000", unit = "Hrs", since = "2026-11-01T00:00:00Z" }: ProductOptions) {
  return { [`${sku}.TERM`]: { effectiveDate: since, priceDimensions: { [`${sku}.TERM.RATE`]: { unit, pricePerUnit: { USD: price } } } } };
}

/** An answer of GetProducts, each product as JSON text as the API gives it. */
function answer(...products: readonly ProductOptions[]): string {
  const items = products.map((of, index) =>
    JSON.stringify({ product: product(`SKU${index}`, of), terms: { OnDemand: terms(`SKU${index}`, of) } }),
  );
  return JSON.stringify({ FormatVersion: "aws_v1", PriceList: items });
}

function offerFile(...products: readonly ProductOptions[]): string {
  const bySku = <T>(make: (sku: string, of: ProductOptions) => T) =>
    Object.fromEntries(products.map((of, index) => [`SKU${index}`, make(`SKU${index}`, of)]));
  return JSON.stringify({
    offerCode: "AmazonEC2",
    publicationDate: "2026-11-20T00:00:00Z",
    products: bySku(product),
    terms: { OnDemand: bySku(terms) },
  });
}

function listOf(text: string): PriceList {
  const list = parsePriceList(text, region);
  if (!list.ok) throw new Error(list.error);
  return list.value;
}

function errorOf(result: { readonly ok: boolean; readonly error?: unknown }): unknown {
  return result.ok ? "no error" : result.error;
}

describe("a price list", () => {
  test("is read from an offer file and from an answer of GetProducts alike", () => {
    const expected = new Map([
      ["m7i.large", 0.126],
      ["c7i.large", 0.1029],
    ]);
    const products = [{}, { type: "c7i.large", price: "0.1029000000" }];
    expect(listOf(offerFile(...products))).toEqual({ region, asOf: "2026-11-20T00:00:00Z", onDemand: expected });
    expect(listOf(answer(...products))).toEqual({ region, asOf: "an unknown day", onDemand: expected });
  });

  test("counts Linux on shared tenancy and bare metal alone, in its region alone", () => {
    const metal = { type: "m7i.metal-24xl", family: "Compute Instance (bare metal)", price: "6.048", attributes: { tenancy: "Dedicated" } };
    const others = [
      { operatingSystem: "Windows" },
      { tenancy: "Dedicated" },
      { tenancy: "Host" },
      { preInstalledSw: "SQL Std" },
      { capacitystatus: "UnusedCapacityReservation" },
      { marketoption: "CapacityBlock" },
      { regionCode: "us-east-1" },
    ].map((attributes) => ({ type: "r7i.large", price: "9", attributes }));
    const { onDemand } = listOf(answer(metal, {}, ...others, { type: "db.r7i.large", family: "Database Instance" }));
    expect(onDemand).toEqual(
      new Map([
        ["m7i.metal-24xl", 6.048],
        ["m7i.large", 0.126],
      ]),
    );
  });

  test("of AWS' own answer loses only the products that can't be read, and says which", () => {
    const read = decodePriceList(JSON.parse(answer({ price: "cheap" }, { type: "c7i.large", price: "0.1029" })), region);
    if (!read.ok) throw new Error(read.error);
    expect(read.value.list.onDemand).toEqual(new Map([["c7i.large", 0.1029]]));
    expect(read.value.unreadable).toEqual([
      'product SKU0 (m7i.large): pricePerUnit.USD is "cheap"; it must be a number as text such as "0.096"',
    ]);
  });

  test("of a region of China is in its own currency", () => {
    const text = answer({ attributes: { regionCode: "cn-north-1" } }).replaceAll("USD", "CNY");
    expect(parsePriceList(text, "cn-north-1")).toMatchObject({ ok: true, value: { onDemand: new Map([["m7i.large", 0.126]]) } });
  });

  test("takes the newest price, of one day the lower, whatever the order; a price of 0 is none", () => {
    const old = { price: "0.5", since: "2025-01-01T00:00:00Z" };
    const products = [old, { price: "0.2" }, { price: "0.3" }, { price: "0", since: "2026-12-01T00:00:00Z" }];
    expect(listOf(answer(...products)).onDemand.get("m7i.large")).toBe(0.2);
    expect(listOf(answer(...products.toReversed())).onDemand.get("m7i.large")).toBe(0.2);
  });

  test.each([
    ["no JSON", "{", /^the price list is not JSON: /],
    ["a text of another kind, which is not repeated", "secret: hunter2", "the price list is not JSON: Unexpected token 's'"],
    ["neither form", "{}", 'the price list has neither "products" (an offer file) nor "PriceList" (an answer of GetProducts)'],
    ["a list", "[]", 'the price list must be an object with "products" and "terms", or with "PriceList"'],
    ["an entry that is no product", '{"PriceList": ["{"]}', "PriceList[0] is no product: it must be an object, or one as JSON text"],
    [
      "a price that is no number",
      answer({ price: "cheap" }),
      'product SKU0 (m7i.large): pricePerUnit.USD is "cheap"; it must be a number as text such as "0.096"',
    ],
    ["a negative price", answer({ price: "-1" }), /pricePerUnit.USD is "-1"/],
    ["a price in another currency", answer({}).replaceAll("USD", "CNY"), /pricePerUnit.USD is missing/],
    ["a price by the second", answer({ unit: "Second" }), /unit is "Second"; a price of a node is one an hour/],
    [
      "another region",
      answer({ attributes: { regionCode: "us-east-1" } }),
      "the price list has no on-demand price of Linux instances in region ap-southeast-1; it has prices of us-east-1",
    ],
    ["an empty list", answer(), /it has prices of none at all/],
  ])("that has %s is refused in words", (_what, text, message) => {
    expect(errorOf(parsePriceList(text, region))).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  });
});

interface EntryOptions {
  readonly type?: string;
  readonly zone?: string | undefined;
  readonly price?: string;
  readonly at?: unknown;
  readonly product?: string;
}

function entry({
  type = "m7i.large",
  zone = zoneA,
  price = "0.0500",
  at = "2026-11-20T10:00:00Z",
  product: of = "Linux/UNIX",
}: EntryOptions) {
  return { InstanceType: type, AvailabilityZone: zone, SpotPrice: price, Timestamp: at, ProductDescription: of };
}

function history(...entries: readonly EntryOptions[]): SpotHistory {
  const read = decodeSpotHistory({ SpotPriceHistory: entries.map(entry) });
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

describe("a Spot history", () => {
  test("has the latest price of each type and zone, whatever the order, and says when the newest is of", () => {
    const entries = [
      { price: "0.06", at: "2026-11-20T12:00:00Z" },
      { price: "0.05" },
      { zone: zoneB, price: "0.04" },
      { type: "c7i.large", price: "0.03" },
    ];
    for (const of of [history(...entries), history(...entries.toReversed())]) {
      expect([
        of.priceOf("m7i.large", zoneA),
        of.priceOf("m7i.large", zoneB),
        of.priceOf("c7i.large", zoneA),
        of.priceOf("c7i.large", zoneB),
      ]).toEqual([0.06, 0.04, 0.03, undefined]);
      expect(of.asOf).toBe("2026-11-20T12:00:00Z");
      expect(of.regions).toEqual(new Set([region]));
    }
  });

  test("is read from text, from pages, and with the SDK's dates; Windows does not count", () => {
    const pages = [
      { SpotPriceHistory: [entry({ at: new Date("2026-11-20T10:00:00Z") })] },
      { SpotPriceHistory: [entry({ zone: zoneB, product: "Linux/UNIX (Amazon VPC)" }), entry({ type: "c7i.large", product: "Windows" })] },
    ];
    const read = decodeSpotHistory(pages);
    const text = parseSpotHistory(JSON.stringify(pages));
    for (const of of [read, text]) {
      if (!of.ok) throw new Error(of.error);
      expect([of.value.priceOf("m7i.large", zoneA), of.value.priceOf("m7i.large", zoneB), of.value.priceOf("c7i.large", zoneA)]).toEqual([
        0.05,
        0.05,
        undefined,
      ]);
    }
  });

  test("of two prices of one instant has the higher, whatever the order", () => {
    expect(history({ price: "0.05" }, { price: "0.07" }).priceOf("m7i.large", zoneA)).toBe(0.07);
    expect(history({ price: "0.07" }, { price: "0.05" }).priceOf("m7i.large", zoneA)).toBe(0.07);
  });

  test.each([
    ["nothing", "{}", 'the Spot history must be an object with a list "SpotPriceHistory", or a list of such objects'],
    ["no JSON", "[", /^the Spot history is not JSON: /],
    [
      "no Linux",
      JSON.stringify({ SpotPriceHistory: [entry({ product: "Windows" })] }),
      "the Spot history has no price of Linux among 1 entries",
    ],
    [
      "a price that is no number",
      JSON.stringify({ SpotPriceHistory: [entry({}), entry({ price: "1e9" })] }),
      'SpotPriceHistory[1].SpotPrice is "1e9" (m7i.large in ap-southeast-1a); it must be a number above 0 as text such as "0.0416"',
    ],
    [
      "no zone",
      JSON.stringify({ SpotPriceHistory: [{ ...entry({}), AvailabilityZone: undefined }] }),
      "SpotPriceHistory[0].AvailabilityZone is missing (m7i.large); a price belongs to a zone",
    ],
    [
      "no time",
      JSON.stringify({ SpotPriceHistory: [entry({ at: "yesterday" })] }),
      /Timestamp is no time \(m7i.large in ap-southeast-1a\)/,
    ],
    ["an entry that is none", '{"SpotPriceHistory": [7]}', "SpotPriceHistory[0] is no entry: it must be an object"],
  ])("that has %s is refused in words", (_what, text, message) => {
    expect(errorOf(parseSpotHistory(text))).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  });
});

function card(text: string): RateCard {
  const read = parseRateCard({ text, fileName: "rates.yaml" });
  if (!read.ok) throw new Error(read.error.join("\n"));
  return read.value;
}

describe("a rate card", () => {
  const rates = card(`
source: EDP of 2026
rates:
  - { instanceType: "*", capacityType: on-demand, percent: -10 }
  - { instanceType: m7i.*, capacityType: on-demand, percent: -20 }
  - { instanceType: m7i.*, zone: ${zoneB}, capacityType: on-demand, percent: -25 }
  - { instanceType: m7i.large, capacityType: on-demand, pricePerHour: 0.09 }
  - { instanceType: m7i.large, zone: ${zoneB}, capacityType: on-demand, pricePerHour: 0.08 }
  - { instanceType: m7i.large, capacityType: spot, pricePerHour: 0 }
`);
  test.each([
    ["its type and zone", "m7i.large", zoneB, "on-demand", { kind: "price", pricePerHour: 0.08 }],
    ["its type", "m7i.large", zoneA, "on-demand", { kind: "price", pricePerHour: 0.09 }],
    ["its family and zone", "m7i.xlarge", zoneB, "on-demand", { kind: "percent", percent: -25 }],
    ["its family", "m7i.xlarge", zoneA, "on-demand", { kind: "percent", percent: -20 }],
    ["all types", "m7i-flex.large", zoneB, "on-demand", { kind: "percent", percent: -10 }],
    ["its way to buy", "m7i.large", zoneA, "spot", { kind: "price", pricePerHour: 0 }],
    ["nothing", "m7i.xlarge", zoneA, "spot", undefined],
  ] as const)("gives a place the rate of %s", (_what, instanceType, zone, capacityType, rate) => {
    expect(rates.rateOf({ instanceType, zone, capacityType })).toEqual(rate);
  });

  test("is JSON too, and is called by its file where it names no source", () => {
    const json = card('{"rates": [{"instanceType": "m7i.large", "capacityType": "spot", "pricePerHour": 0.05}]}');
    expect([json.source, json.rateOf({ instanceType: "m7i.large", zone: zoneA, capacityType: "spot" })]).toEqual([
      "rates.yaml",
      { kind: "price", pricePerHour: 0.05 },
    ]);
  });

  const row = (fields: string) => `rates:\n  - { instanceType: m7i.large, capacityType: on-demand, pricePerHour: 1 }\n  - { ${fields} }\n`;
  test.each([
    ["no list", "source: x", "rates.yaml:1: rates is missing; write a list of rates"],
    ["no object", "- 1", 'rates.yaml:1: a rate card is an object with a list "rates"'],
    [
      "a price in words",
      row("instanceType: m7i.xlarge, capacityType: spot, pricePerHour: cheap"),
      'rates.yaml:3: rates[1].pricePerHour is "cheap"; write USD an hour, a number from 0 to 10000 such as 0.0864',
    ],
    [
      "a negative price",
      row("instanceType: m7i.xlarge, capacityType: spot, pricePerHour: -1"),
      /rates\[1\]\.pricePerHour is -1; write USD/,
    ],
    [
      "a percentage as text",
      row("instanceType: m7i.xlarge, capacityType: spot, percent: -28%"),
      'rates.yaml:3: rates[1].percent is "-28%"; write what is added to the known price in percent, a number from -100 to 1000 such as -28',
    ],
    ["more off than there is", row("instanceType: m7i.xlarge, capacityType: spot, percent: -101"), /percent is -101/],
    [
      "price and percentage",
      row("instanceType: m7i.xlarge, capacityType: spot, percent: 1, pricePerHour: 1"),
      "rates.yaml:3: rates[1].pricePerHour is 1; keep one of pricePerHour and percent",
    ],
    ["neither", row("instanceType: m7i.xlarge, capacityType: spot"), /rates\[1\]\.pricePerHour is missing; .*, or percent, such as -28$/],
    ["no type", row("capacityType: spot, percent: 1"), /rates\[1\]\.instanceType is missing; write a type such as m7i.large/],
    ["a family without its star", row("instanceType: m7i, capacityType: spot, percent: 1"), /rates\[1\]\.instanceType is "m7i"; /],
    [
      "another way to buy",
      row("instanceType: m7i.xlarge, capacityType: reserved, percent: 1"),
      'rates.yaml:3: rates[1].capacityType is "reserved"; write on-demand or spot',
    ],
    [
      "a region for a zone",
      row("instanceType: m7i.xlarge, zone: ap-southeast-1, capacityType: spot, percent: 1"),
      /rates\[1\]\.zone is "ap-southeast-1"; write a zone such as ap-southeast-1a/,
    ],
    [
      "an unknown field",
      row("instanceType: m7i.xlarge, capacityType: spot, price: 1, percent: 1"),
      "rates.yaml:3: rates[1].price is no field of a rate card; known here: instanceType, zone, capacityType, pricePerHour, percent",
    ],
    [
      "a rate twice",
      row("instanceType: m7i.large, capacityType: on-demand, percent: 1"),
      "rates.yaml:3: rates[1] is a second rate of m7i.large on-demand, after line 2; keep one of the two",
    ],
    ["a key twice", "rates: []\nrates: []", /^rates.yaml:2: Map keys must be unique/],
  ])("with %s is refused with line, field, value and fix", (_what, text, message) => {
    const read = parseRateCard({ text, fileName: "rates.yaml" });
    expect(read.ok ? [] : read.error).toEqual([typeof message === "string" ? message : expect.stringMatching(message)]);
  });

  test("with several errors has them all told at once", () => {
    const read = parseRateCard({ text: row("instanceType: 7, capacityType: dear, percent: x"), fileName: "rates.yaml" });
    expect(read.ok ? [] : read.error).toHaveLength(3);
  });
});

describe("of several sources", () => {
  const list = listOf(answer({ price: "0.1" }, { type: "a1.large", price: "0.06" }));
  const spot = history({ price: "0.05" });
  const fallback = fallbackPrices();

  test("without any, the dated table counts and says its date", () => {
    const prices = layeredPrices({});
    expect([prices.onDemand("m7i.large", zoneA), prices.spot("m7i.large", zoneA)]).toEqual([0.126, 0.0504]);
    expect(prices.asOf).toBe("a table of ap-southeast-1 of January 2026 from memory");
  });

  test("a region with a list has its own prices of all families, with their day; another one those of the nearest, and that is said", () => {
    expect(fallback.onDemand("m5.large", "us-east-1a")).toBe(0.096);
    expect(fallback.onDemand("m5.large", "us-gov-west-1a")).toBe(0.121);
    expect([fallback.onDemand("t3.medium", "eu-west-1a"), fallback.onDemand("m7i.large", "ap-northeast-1a")]).toEqual([0.0416, 0.126]);
    expect(fallback.spot("m5.large", "us-east-1a")).toBe(0.0384);
    expect(fallbackPrices(["us-east-1a", "us-east-1b"]).asOf).toMatch(/^on-demand prices of us-east-1 of 20\d\d-\d\d-\d\d$/);
    expect(fallbackPrices(["eu-west-1a"]).asOf).toMatch(/; eu-west-1 has no list here, and us-east-1's stands for it$/);
  });

  test("every type that is known has a price in us-east-1, but for those that are not sold there on demand", () => {
    const lacking = knownInstanceFacts().filter(({ name }) => fallback.onDemand(name, "us-east-1a") === undefined);
    expect([...new Set(lacking.map(({ name }) => name.split(".")[0]))]).toEqual([
      "dl2q",
      "hpc6a",
      "hpc6id",
      "hpc7a",
      "hpc8a",
      "p5e",
      "trn2",
      "x8aedz",
    ]);
  });

  test("what Singapore's table lacks is estimated only where that is asked for, and in the order of its own prices", () => {
    const [table, wide] = [fallbackPrices(), fallbackPrices(undefined, { isWide: true })];
    expect([table.onDemand("m5.large"), table.onDemand("c6a.large")]).toEqual([undefined, undefined]);
    expect([wide.onDemand("m5.large"), wide.onDemand("c5.large"), wide.onDemand("m6i.large")]).toEqual([0.12, 0.098005, 0.12]);
    expect(wide.asOf).toMatch(/, and what it lacks by us-east-1's list of 20/);
  });

  test("the dated table knows types with GPUs, by size: Singapore's own prices of g4dn to the tenth of a cent", () => {
    const listed: readonly (readonly [string, number])[] = Object.entries({
      "g4dn.xlarge": 0.736,
      "g4dn.4xlarge": 1.685,
      "g4dn.12xlarge": 5.474,
      "g4dn.16xlarge": 6.089,
      "g5g.xlarge": 0.5877,
    });
    const wrong = listed.filter(([type, price]) => Math.abs((fallback.onDemand(type) ?? Infinity) - price) > 0.001);
    expect(wrong).toEqual([]);
    expect([fallback.onDemand("g4dn.metal"), fallback.onDemand("g5.3xlarge"), fallback.spot("g5.xlarge", zoneA)]).toEqual([
      undefined,
      undefined,
      0.563078,
    ]);
  });

  test("the list of the zone's region counts before the table, which still knows what the list lacks", () => {
    const prices = layeredPrices({ priceLists: [list] });
    expect([prices.onDemand("m7i.large", zoneA), prices.onDemand("m7i.xlarge", zoneA), prices.onDemand("m7i.large", "us-east-1a")]).toEqual(
      [0.1, 0.252, 0.1008],
    );
    expect([prices.spot("m7i.large", zoneA), prices.spot("a1.large", zoneA)]).toEqual([0.04, 0.024]);
    expect(prices.asOf).toBe(
      "on-demand prices of ap-southeast-1 of an unknown day; else a table of ap-southeast-1 of January 2026 from memory",
    );
  });

  test("a Spot history counts alone in its region: what it lacks is not sold as Spot", () => {
    const prices = layeredPrices({ priceLists: [list], spotHistory: spot });
    expect([prices.spot("m7i.large", zoneA), prices.spot("m7i.large", zoneB), prices.spot("m7i.xlarge", zoneA)]).toEqual([
      0.05,
      undefined,
      undefined,
    ]);
    expect(prices.spot("m7i.large", "us-east-1a")).toBe(fallback.spot("m7i.large", "us-east-1a"));
  });

  test("the rate card counts before all; its percentage is of what the others know, and of nothing it is nothing", () => {
    const rateCard = card(`
rates:
  - { instanceType: m7i.large, capacityType: spot, pricePerHour: 0.01 }
  - { instanceType: "*", capacityType: on-demand, percent: -28 }
`);
    const prices = layeredPrices({ rateCard, priceLists: [list], spotHistory: spot });
    expect([
      prices.spot("m7i.large", zoneB),
      prices.onDemand("m7i.large", zoneA),
      prices.onDemand("m7i.xlarge", zoneA),
      prices.onDemand("a1.xlarge", zoneA),
    ]).toEqual([0.01, 0.072, 0.18144, undefined]);
    expect(prices.asOf).toMatch(
      /^rate card rates.yaml; on-demand prices of .*; Spot prices of 2026-11-20T10:00:00Z; else a table of ap-southeast-1 of January 2026/,
    );
  });

  test("the catalogue offers what any of them prices, and as Spot only where there is a price", () => {
    const types = catalogInstanceTypes({ zones: [zoneA, zoneB], prices: layeredPrices({ priceLists: [list], spotHistory: spot }) });
    const of = (name: string) =>
      types.find((type) => type.name === name)?.offerings.map(({ zone, capacityType, pricePerHour }) => [zone, capacityType, pricePerHour]);
    expect(of("m7i.large")).toEqual([
      [zoneA, "on-demand", 0.1],
      [zoneA, "spot", 0.05],
      [zoneB, "on-demand", 0.1],
    ]);
    expect(of("a1.large")).toEqual([
      [zoneA, "on-demand", 0.06],
      [zoneB, "on-demand", 0.06],
    ]);
  });
});
