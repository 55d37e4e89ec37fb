/**
 * The EC2 calls by which prices and quotas are counted, over the AWS SDK.
 *
 * Reads inputs in the SDK's own shapes. Returns answers of all pages, and failures as values. The SDK is loaded at the first call.
 */
import type { DescribeInstancesCommandInput, DescribeSpotPriceHistoryCommandInput, Instance, SpotPrice } from "@aws-sdk/client-ec2";
import { everyPage, type AwsAnswer, type Ec2Endpoint } from "./aws-client.ts";
import { ec2Client } from "./ec2-client.ts";

export interface MarketCalls {
  spotPrices(input: DescribeSpotPriceHistoryCommandInput): AwsAnswer<readonly SpotPrice[]>;
  /** Counts instances by a key, page by page: an account may have more of them than a process should hold. */
  countInstances(input: DescribeInstancesCommandInput, keyOf: (instance: Instance) => string): AwsAnswer<ReadonlyMap<string, number>>;
}

/** Makes the calls; credentials come from where the SDK looks for them. */
export function marketCalls(endpoint: Ec2Endpoint): MarketCalls {
  const send = ec2Client(endpoint);
  return {
    spotPrices: (input) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const { SpotPriceHistory = [], NextToken } = await client.send(new sdk.DescribeSpotPriceHistoryCommand({ ...input, ...page }));
          return { items: SpotPriceHistory, NextToken };
        }),
      ),
    countInstances: (input, keyOf) =>
      send(async ({ client, sdk }) => {
        const counts = new Map<string, number>();
        await everyPage(async (page) => {
          const { Reservations = [], NextToken } = await client.send(new sdk.DescribeInstancesCommand({ ...input, ...page }));
          for (const instance of Reservations.flatMap(({ Instances = [] }) => Instances)) {
            const key = keyOf(instance);
            counts.set(key, (counts.get(key) ?? 0) + 1);
          }
          return { items: [], NextToken };
        });
        return counts;
      }),
  };
}
