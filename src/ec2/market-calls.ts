/**
 * The EC2 calls by which prices and quotas are counted, over the AWS SDK.
 *
 * Reads inputs in the SDK's own shapes. Returns answers of all pages, and failures as values. The SDK is loaded at the first call.
 */
import type {
  DescribeInstancesCommandInput,
  DescribeSpotPriceHistoryCommandInput,
  EC2Client,
  Instance,
  SpotPrice,
} from "@aws-sdk/client-ec2";
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2Endpoint } from "./ec2-calls.ts";
import { ec2Failure, type Ec2Failure } from "./errors.ts";

export interface MarketCalls {
  spotPrices(input: DescribeSpotPriceHistoryCommandInput): Promise<Result<readonly SpotPrice[], Ec2Failure>>;
  /** Counts instances by a key, page by page: an account may have more of them than a process should hold. */
  countInstances(
    input: DescribeInstancesCommandInput,
    keyOf: (instance: Instance) => string,
  ): Promise<Result<ReadonlyMap<string, number>, Ec2Failure>>;
}

const attemptsMax = 4;
/** More pages than this are a server that never ends its tokens. */
const pagesMax = 1_000;

type Sdk = Awaited<ReturnType<typeof loadSdk>>;
type Opened = { readonly client: EC2Client; readonly sdk: Sdk };

/** Makes the calls; credentials come from where the SDK looks for them. */
export function marketCalls(endpoint: Ec2Endpoint): MarketCalls {
  let opened: Promise<Opened> | undefined;
  const send = async <T>(call: (opened: Opened) => Promise<T>): Promise<Result<T, Ec2Failure>> => {
    try {
      opened ??= open(endpoint);
      return ok(await call(await opened));
    } catch (thrown) {
      return err(ec2Failure(thrown));
    }
  };
  return {
    spotPrices: (input) =>
      send(async ({ client, sdk }) => {
        const found: SpotPrice[] = [];
        await everyPage(async (page) => {
          const { SpotPriceHistory = [], NextToken } = await client.send(new sdk.DescribeSpotPriceHistoryCommand({ ...input, ...page }));
          found.push(...SpotPriceHistory);
          return NextToken;
        });
        return found;
      }),
    countInstances: (input, keyOf) =>
      send(async ({ client, sdk }) => {
        const counts = new Map<string, number>();
        await everyPage(async (page) => {
          const { Reservations = [], NextToken } = await client.send(new sdk.DescribeInstancesCommand({ ...input, ...page }));
          for (const instance of Reservations.flatMap(({ Instances = [] }) => Instances)) {
            const key = keyOf(instance);
            counts.set(key, (counts.get(key) ?? 0) + 1);
          }
          return NextToken;
        });
        return counts;
      }),
  };
}

function loadSdk() {
  return import("@aws-sdk/client-ec2");
}

async function open(endpoint: Ec2Endpoint): Promise<Opened> {
  const sdk = await loadSdk();
  return { sdk, client: new sdk.EC2Client({ ...endpoint, retryMode: "standard", maxAttempts: attemptsMax }) };
}

/** Asks for one page after the other, each with the token that the one before gave. */
async function everyPage(ask: (page: { readonly NextToken?: string }) => Promise<string | undefined>): Promise<void> {
  let page: { readonly NextToken?: string } = {};
  for (let count = 0; count < pagesMax; count++) {
    const NextToken = await ask(page);
    if (NextToken === undefined || NextToken === "") return;
    page = { NextToken };
  }
}
