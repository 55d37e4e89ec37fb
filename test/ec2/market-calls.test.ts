/**
 * Prices and quotas over the SDK and the wire: every page, in each service's own protocol.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { marketCalls } from "../../src/ec2/market-calls.ts";
import { livePrices } from "../../src/ec2/prices.ts";
import { pricingCalls } from "../../src/ec2/pricing-calls.ts";
import { quotaCalls } from "../../src/ec2/quota-calls.ts";
import { startAwsAnswers } from "./aws-answers.ts";

const region = "ap-southeast-1";
let aws: Awaited<ReturnType<typeof startAwsAnswers>>;

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
  aws = await startAwsAnswers();
});
afterAll(() => {
  aws.close();
});

test("live prices are those of all pages of both services", async () => {
  const at = { region, endpoint: aws.url };
  const { sequence, prices } = await livePrices({ region, clock: wallClock(), ec2: marketCalls(at), pricing: pricingCalls(at) }).current();
  const zone = `${region}a`;
  expect(sequence).toBe(2);
  expect(["m7i.large", "c7i.large", "m7i.metal-24xl"].map((type) => prices.onDemand(type, zone))).toEqual([0.126, 0.126, 0.126]);
  expect(["m7i.large", "c7i.large", "r7i.large"].map((type) => prices.spot(type, zone))).toEqual([0.05, 0.05, undefined]);
});

test("quotas are those of all pages", async () => {
  const quotas = await quotaCalls({ region, endpoint: aws.url }).quotas("ec2");
  expect(quotas).toMatchObject({
    ok: true,
    value: [
      { QuotaCode: "L-1", Value: 16 },
      { QuotaCode: "L-2", Value: 16 },
    ],
  });
});

test("what nobody answers is a failure, and no exception", async () => {
  const at = { region, endpoint: "http://127.0.0.1:1" };
  const failed = await Promise.all([
    pricingCalls(at).products({ ServiceCode: "AmazonEC2" }),
    quotaCalls(at).quotas("ec2"),
    marketCalls(at).spotPrices({}),
  ]);
  expect(failed.map((answer) => (answer.ok ? "ok" : answer.error.code))).toEqual(["ECONNREFUSED", "ECONNREFUSED", "ECONNREFUSED"]);
}, 30_000);
