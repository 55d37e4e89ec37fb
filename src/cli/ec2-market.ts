/**
 * What EC2 asks and refuses, for one account and region: live prices and quotas, with what they have to tell in the log.
 *
 * Reads an endpoint and the rate card. Returns what the ec2 provider counts with. Without Pricing and Service Quotas, which have no VPC
 * endpoint everywhere, on-demand prices are the dated table's and a quota is known only once EC2 has refused for it.
 */
import { assertNever } from "../api/assert.ts";
import type { Clock } from "../api/ports.ts";
import type { RateCard } from "../catalog/rate-card.ts";
import type { Ec2Endpoint } from "../ec2/aws-client.ts";
import { marketCalls } from "../ec2/market-calls.ts";
import { livePrices, type LivePrices, type PriceNews } from "../ec2/prices.ts";
import { pricingCalls } from "../ec2/pricing-calls.ts";
import { quotaCalls } from "../ec2/quota-calls.ts";
import { liveQuotas, type LiveQuotas, type QuotaNews } from "../ec2/quotas.ts";
import type { Log } from "./log.ts";

export interface Ec2Market {
  readonly livePrices: LivePrices;
  readonly quotas: LiveQuotas;
}

/** Makes both; AWS is first asked when somebody looks at them. */
export function ec2Market(of: {
  readonly endpoint: Ec2Endpoint;
  readonly isolated: boolean;
  readonly rateCard: RateCard | undefined;
  readonly clock: Clock;
  readonly log: Log;
}): Ec2Market {
  const { endpoint, isolated, rateCard, clock, log } = of;
  const ec2 = marketCalls(endpoint);
  const onNews = (news: PriceNews | QuotaNews): void => {
    tell(log, news);
  };
  const pricing = isolated ? undefined : pricingCalls(endpoint);
  const quotas = isolated ? undefined : quotaCalls(endpoint);
  return {
    livePrices: livePrices({ region: endpoint.region, clock, ec2, pricing, rateCard, onNews }),
    quotas: liveQuotas({ clock, ec2, quotas, onNews }),
  };
}

function tell(log: Log, news: PriceNews | QuotaNews): void {
  switch (news.kind) {
    case "changed":
      log.info({ sequence: news.sequence, asOf: news.asOf }, "prices have changed");
      return;
    case "unread":
      log.warn({ what: news.what, problem: news.message }, "AWS did not tell; what was known before counts on");
      return;
    case "refused":
      log.warn({ problem: news.message }, "EC2 refused a launch for a quota or for addresses, not for want of capacity");
      return;
    default:
      assertNever(news);
  }
}
