/**
 * The Pricing call: what AWS sells instances for on demand, over the AWS SDK.
 *
 * Reads filters. Returns products of all pages, each as the JSON text that AWS sends; a failure is a value. The service answers in a
 * few regions for all of them. The SDK is loaded at the first call.
 */
import type { GetProductsCommandInput, PricingClient } from "@aws-sdk/client-pricing";
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2Endpoint } from "./ec2-calls.ts";
import { ec2Failure, type Ec2Failure } from "./errors.ts";

export interface PricingCalls {
  products(input: GetProductsCommandInput): Promise<Result<readonly string[], Ec2Failure>>;
}

/** A region has some thousand types, at a hundred products a page. */
const pagesMax = 500;
const attemptsMax = 4;

type Opened = { readonly client: PricingClient; readonly sdk: Awaited<ReturnType<typeof loadSdk>> };

/** Makes the call; it goes to the region that answers for the endpoint's. */
export function pricingCalls(endpoint: Ec2Endpoint): PricingCalls {
  let opened: Promise<Opened> | undefined;
  return {
    products: async (input) => {
      try {
        opened ??= open(endpoint);
        return ok(await everyProduct(await opened, input));
      } catch (thrown) {
        return err(ec2Failure(thrown));
      }
    },
  };
}

function loadSdk() {
  return import("@aws-sdk/client-pricing");
}

async function open(endpoint: Ec2Endpoint): Promise<Opened> {
  const sdk = await loadSdk();
  const region = pricingRegionOf(endpoint.region);
  return { sdk, client: new sdk.PricingClient({ ...endpoint, region, retryMode: "standard", maxAttempts: attemptsMax }) };
}

/** Where the service answers (Karpenter's choice, for latency). */
function pricingRegionOf(region: string): string {
  if (region.startsWith("cn-")) return "cn-northwest-1";
  if (region.startsWith("ap-")) return "ap-south-1";
  return region.startsWith("eu-") ? "eu-central-1" : "us-east-1";
}

async function everyProduct({ client, sdk }: Opened, input: GetProductsCommandInput): Promise<readonly string[]> {
  const found: string[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const answer = await client.send(new sdk.GetProductsCommand({ ...input, ...(NextToken === undefined ? {} : { NextToken }) }));
    for (const product of answer.PriceList ?? []) found.push(String(product));
    NextToken = answer.NextToken;
    if (NextToken === undefined || NextToken === "") break;
  }
  return found;
}
