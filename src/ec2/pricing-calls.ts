/**
 * The Pricing call: what AWS sells instances for on demand, over the AWS SDK.
 *
 * Reads filters. Returns products of all pages, each as the JSON text that AWS sends; a failure is a value. The service answers in a
 * few regions for all of them. The SDK is loaded at the first call.
 */
import type { GetProductsCommandInput } from "@aws-sdk/client-pricing";
import { awsClient, clientSettings, everyPage, type AwsAnswer, type Ec2Endpoint } from "./aws-client.ts";

export interface PricingCalls {
  products(input: GetProductsCommandInput): AwsAnswer<readonly string[]>;
}

/** Makes the call; it goes to the region that answers for the endpoint's. */
export function pricingCalls(endpoint: Ec2Endpoint): PricingCalls {
  const send = awsClient(async () => {
    const sdk = await import("@aws-sdk/client-pricing");
    return { sdk, client: new sdk.PricingClient({ ...clientSettings(endpoint), region: pricingRegionOf(endpoint.region) }) };
  });
  return {
    products: (input) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const answer = await client.send(new sdk.GetProductsCommand({ ...input, ...page }));
          const items: string[] = [];
          for (const product of answer.PriceList ?? []) items.push(String(product));
          return { items, NextToken: answer.NextToken };
        }),
      ),
  };
}

/** Where the service answers (Karpenter's choice, for latency). */
function pricingRegionOf(region: string): string {
  if (region.startsWith("cn-")) return "cn-northwest-1";
  if (region.startsWith("ap-")) return "ap-south-1";
  return region.startsWith("eu-") ? "eu-central-1" : "us-east-1";
}
