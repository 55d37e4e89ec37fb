/**
 * Live prices: read again and again, numbered, and never worse than what was known before.
 */
import type { GetProductsCommandInput } from "@aws-sdk/client-pricing";
import type { SpotPrice } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { err, ok } from "../../src/api/result.ts";
import { fallbackPrices } from "../../src/catalog/price-table.ts";
import { parseRateCard } from "../../src/catalog/rate-card.ts";
import { firstWaitMsMax, livePrices, onDemandEveryMs, retryMs, spotEveryMs, type PriceNews } from "../../src/ec2/prices.ts";
import { virtualTime } from "../cluster-io/virtual-clock.ts";

const zone = "ap-southeast-1a";
const type = "m7i.large";
const failure = { kind: "other", code: "ThrottlingException", message: "slow down" } as const;

/** A market whose answers a test changes: a price, "failed", or "silent", which is none ever. */
function market(options: { readonly isolated?: boolean; readonly rateCard?: string } = {}) {
  const time = virtualTime();
  const answers: { onDemand: string; spot: string } = { onDemand: "0.2", spot: "0.05" };
  const [news, asked]: [PriceNews[], GetProductsCommandInput[]] = [[], []];
  const counts = { spot: 0 };
  const card = options.rateCard === undefined ? undefined : parseRateCard({ text: options.rateCard, fileName: "card" });
  const prices = livePrices({
    region: "ap-southeast-1",
    clock: time.clock(),
    ...(options.isolated === true
      ? {}
      : {
          pricing: {
            products: (input) => {
              asked.push(input);
              if (answers.onDemand === "silent") return new Promise(() => undefined);
              return Promise.resolve(answers.onDemand === "failed" ? err(failure) : ok(productsOf(input, answers.onDemand)));
            },
          },
        }),
    ec2: {
      spotPrices: () => {
        counts.spot += 1;
        return Promise.resolve(answers.spot === "failed" ? err(failure) : ok([spotPrice(answers.spot)]));
      },
    },
    ...(card?.ok === true ? { rateCard: card.value } : {}),
    onNews: (one) => news.push(one),
  });
  const look = async () => {
    const { sequence, prices: now } = await prices.current();
    return { sequence, now, costs: [now.onDemand(type, zone), now.spot(type, zone)] };
  };
  return { time, answers, news, asked, counts, look, read: () => prices.read() };
}

/** One product of the family that is asked for. */
function productsOf({ Filters = [] }: GetProductsCommandInput, price: string): readonly string[] {
  const wanted = Object.fromEntries(Filters.map(({ Field = "", Value }) => [Field, Value]));
  const isMetal = wanted["tenancy"] === "Dedicated";
  const { productFamily, ...attributes } = wanted;
  const product = {
    sku: isMetal ? "METAL" : "SKU",
    productFamily,
    attributes: { ...attributes, instanceType: isMetal ? "m7i.metal-24xl" : type },
  };
  const dimension = { unit: "Hrs", pricePerUnit: { USD: price } };
  return [
    JSON.stringify({ product, terms: { OnDemand: { a: { effectiveDate: "2026-11-01T00:00:00Z", priceDimensions: { b: dimension } } } } }),
  ];
}

function spotPrice(price: string): SpotPrice {
  return { InstanceType: type, AvailabilityZone: zone, ProductDescription: "Linux/UNIX", SpotPrice: price, Timestamp: new Date(0) };
}

test("the first look waits for prices, and tells the live ones", async () => {
  const { look, news, asked } = market();
  expect(await look()).toMatchObject({ sequence: 2, costs: [0.2, 0.05] });
  expect(news.map(({ kind }) => kind)).toEqual(["changed", "changed"]);
  const filters = asked.map(({ Filters = [] }) => Object.fromEntries(Filters.map(({ Field = "", Value }) => [Field, Value])));
  const usual = {
    regionCode: "ap-southeast-1",
    operatingSystem: "Linux",
    preInstalledSw: "NA",
    capacitystatus: "Used",
    marketoption: "OnDemand",
  };
  expect(filters).toEqual([
    { ...usual, productFamily: "Compute Instance", tenancy: "Shared" },
    { ...usual, productFamily: "Compute Instance (bare metal)", tenancy: "Dedicated" },
  ]);
});

test("the prices are the same object until one is another, however often they are read", async () => {
  const { look, time, answers, counts } = market();
  const first = await look();
  await time.advance(spotEveryMs);
  await look();
  await time.advance(1);
  expect(counts.spot).toBe(2);
  const second = await look();
  expect(second.now).toBe(first.now);
  expect(second.sequence).toBe(first.sequence);
  answers.spot = "0.06";
  await time.advance(spotEveryMs);
  await look();
  await time.advance(1);
  const third = await look();
  expect(third).toMatchObject({ sequence: first.sequence + 1, costs: [0.2, 0.06] });
  // What somebody holds does not change under him.
  expect(first.now.spot(type, zone)).toBe(0.05);
});

test("says when AWS last answered, also where nothing had changed, and nothing of what it never told", async () => {
  const { look, time, answers, read } = market();
  expect(read()).toEqual({ sequence: 0, at: [] });
  answers.onDemand = "failed";
  await look();
  const started = time.clock().now();
  expect(read()).toEqual({ sequence: 1, at: [{ what: "Spot prices", readAt: started }] });
  await time.advance(spotEveryMs);
  await look();
  await time.advance(1);
  expect(read()).toEqual({ sequence: 1, at: [{ what: "Spot prices", readAt: started + spotEveryMs }] });
});

test("nothing is asked before it is due", async () => {
  const { look, time, counts, asked } = market();
  await look();
  await time.advance(spotEveryMs - 1);
  await look();
  expect(counts.spot).toBe(1);
  await time.advance(onDemandEveryMs);
  await look();
  expect(counts.spot).toBe(2);
  await time.advance(1);
  expect(asked).toHaveLength(4);
});

describe("an answer that can't be had", () => {
  test("leaves what was known, is told, and is asked for again soon", async () => {
    const { look, time, answers, news, counts } = market();
    const first = await look();
    answers.spot = "failed";
    await time.advance(spotEveryMs);
    await look();
    await time.advance(1);
    expect((await look()).now).toBe(first.now);
    expect(news.at(-1)).toEqual({
      kind: "unread",
      what: "Spot prices",
      message: "DescribeSpotPriceHistory: ThrottlingException: slow down",
    });
    expect(counts.spot).toBe(2);
    answers.spot = "0.07";
    await time.advance(retryMs);
    await look();
    await time.advance(1);
    expect((await look()).costs).toEqual([0.2, 0.07]);
  });

  test("at the start leaves the dated table", async () => {
    const { look, answers } = market();
    Object.assign(answers, { onDemand: "failed", spot: "failed" });
    const table = fallbackPrices();
    expect(await look()).toMatchObject({ sequence: 0, costs: [table.onDemand(type, zone), table.spot(type, zone)] });
  });

  test("and never comes holds nobody up for longer than a while", async () => {
    const { look, time, answers } = market();
    answers.onDemand = "silent";
    let costs: unknown;
    void look().then((one) => (costs = one.costs));
    await time.advance(firstWaitMsMax - 1);
    expect(costs).toBeUndefined();
    await time.advance(1);
    expect(costs).toEqual([fallbackPrices().onDemand(type, zone), 0.05]);
  });
});

test("without Pricing on-demand prices are the table's, and Spot prices live", async () => {
  const { look } = market({ isolated: true });
  expect((await look()).costs).toEqual([fallbackPrices().onDemand(type, zone), 0.05]);
});

test("a rate card counts before live prices, and its percentages on them", async () => {
  const { look } = market({ rateCard: "rates:\n  - { instanceType: m7i.large, capacityType: on-demand, percent: -50 }\n" });
  expect((await look()).costs).toEqual([0.1, 0.05]);
});
