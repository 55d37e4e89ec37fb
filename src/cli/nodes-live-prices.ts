/**
 * The prices that `plimsoll nodes` and `plimsoll why node/NAME` count with: AWS' own of now, or those of files.
 *
 * Reads options, and AWS where it is asked to (pricing:GetProducts, ec2:DescribeSpotPriceHistory). Returns prices, which AWS is asked for
 * again while somebody looks on, and what it did not tell; or why they can't be had. Until AWS has answered the dated table counts, and the
 * line that says where prices are from says so.
 */
import { err, ok, type Result } from "../api/result.ts";
import type { Prices } from "../catalog/prices.ts";
import { regionOfZone } from "../catalog/zones.ts";
import { wallClock } from "../cluster/wall-clock.ts";
import { marketCalls } from "../ec2/market-calls.ts";
import { livePrices } from "../ec2/prices.ts";
import { pricingCalls } from "../ec2/pricing-calls.ts";
import { readPriceFiles, readRateCard, type PriceFiles } from "./price-files.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

/** What asks AWS for its prices of now. */
export interface LivePriceOptions {
  readonly livePrices?: boolean;
  readonly region?: string;
  readonly ec2Endpoint?: string;
}

export type NodePriceOptions = PriceFiles & LivePriceOptions;

export interface OpenedPrices {
  /** Undefined: the dated table. */
  readonly prices: Prices | (() => Prices) | undefined;
  /** What AWS did not tell, in sentences. */
  troubles(): readonly string[];
}

/** Opens the prices for nodes in some zones; each error is a complete sentence. */
export async function openNodePrices(
  request: NodePriceOptions & Pick<ProgramSurroundings, "env">,
  zones: readonly string[],
): Promise<Result<OpenedPrices, readonly string[]>> {
  if (request.livePrices === true) return openLivePrices(request, zones);
  const prices = readPriceFiles(request, zones);
  return prices.ok ? ok({ prices: prices.value, troubles: () => [] }) : prices;
}

async function openLivePrices(
  request: NodePriceOptions & Pick<ProgramSurroundings, "env">,
  zones: readonly string[],
): Promise<Result<OpenedPrices, readonly string[]>> {
  const { ec2Endpoint, env, priceList, spotHistory } = request;
  if (priceList !== undefined || spotHistory !== undefined) {
    return err(["--live-prices asks AWS for what --price-list and --spot-history hold: leave these out, or it"]);
  }
  const region = request.region ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? regionOfZones(zones);
  if (region === undefined)
    return err(["--live-prices: the nodes stand in several regions, or in none that is known; name one with --region"]);
  const rateCard = readRateCard(request.rateCard);
  if (!rateCard.ok) return rateCard;
  const endpoint = { region, ...(ec2Endpoint === undefined ? {} : { endpoint: ec2Endpoint }) };
  const unread = new Map<string, string>();
  const live = livePrices({
    ...{ region, clock: wallClock(), ec2: marketCalls(endpoint), pricing: pricingCalls(endpoint), rateCard: rateCard.value },
    onNews: (news) => {
      if (news.kind === "unread") unread.set(news.what, `${news.what} of AWS are not known: ${news.message}`);
      else unread.clear();
    },
  });
  let known = (await live.current()).prices;
  const prices = (): Prices => {
    // What is due is asked for meanwhile; the next look has it.
    void live.current().then((latest) => {
      known = latest.prices;
    });
    return known;
  };
  return ok({ prices, troubles: () => [...unread.values()] });
}

function regionOfZones(zones: readonly string[]): string | undefined {
  const [region, ...others] = new Set(zones.map(regionOfZone));
  return others.length === 0 ? region : undefined;
}
