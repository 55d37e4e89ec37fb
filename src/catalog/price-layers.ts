/**
 * Price layers: of all who know a price, the one who counts.
 *
 * Reads what could be read. Returns Prices. The order, and the only place where it is said:
 *
 * 1. a NodeOverlay's price or priceAdjustment (node-overlay.ts, laid on the finished catalogue);
 * 2. the rate card: its price; its percentage counts on what the layers below know;
 * 3. on demand: the price list of the zone's region; as Spot: the Spot history of the zone's region. A type that a known history
 *    lacks in a zone has no Spot price there, since nobody sells it;
 * 4. the fallback table (price-table.ts), dated; where a list knows the on-demand price and there is no history, Spot is taken to
 *    cost the same share of it as in that table.
 */
import type { PriceList } from "./price-list.ts";
import { assumedSpotShare, fallbackPrices } from "./price-table.ts";
import { roundedPrice, type PricedPlace, type Prices } from "./prices.ts";
import type { RateCard } from "./rate-card.ts";
import type { SpotHistory } from "./spot-history.ts";
import { regionOfZone } from "./zones.ts";

export interface PriceLayers {
  readonly rateCard?: RateCard;
  /** At most one a region. */
  readonly priceLists?: readonly PriceList[];
  readonly spotHistory?: SpotHistory;
  /** Default: the dated table. */
  readonly fallback?: Prices;
}

/** Returns the prices of all layers as one; without any, those of the fallback table. */
export function layeredPrices(layers: PriceLayers): Prices {
  const fallback = layers.fallback ?? fallbackPrices();
  const below = priceBelow({ ...layers, fallback });
  const priceOf = (place: PricedPlace): number | undefined => {
    const rate = layers.rateCard?.rateOf(place);
    if (rate?.kind === "price") return rate.pricePerHour;
    const known = below(place);
    return rate === undefined || known === undefined ? known : roundedPrice(known * (1 + rate.percent / 100));
  };
  return {
    asOf: asOfLayers({ ...layers, fallback }),
    ...(layers.rateCard === undefined ? {} : { ratedTypes: layers.rateCard.instanceTypes }),
    onDemand: (instanceType, zone) => priceOf({ instanceType, zone, capacityType: "on-demand" }),
    spot: (instanceType, zone) => priceOf({ instanceType, zone, capacityType: "spot" }),
  };
}

type Filled = PriceLayers & { readonly fallback: Prices };

function priceBelow({ priceLists = [], spotHistory, fallback }: Filled): (place: PricedPlace) => number | undefined {
  const lists = new Map(priceLists.map((list) => [list.region, list.onDemand]));
  return ({ instanceType, zone, capacityType }) => {
    const region = regionOfZone(zone);
    const listed = lists.get(region)?.get(instanceType);
    if (capacityType === "on-demand") return listed ?? fallback.onDemand(instanceType, zone);
    if (spotHistory?.regions.has(region) === true) return spotHistory.priceOf(instanceType, zone);
    return listed === undefined ? fallback.spot(instanceType, zone) : roundedPrice(listed * assumedSpotShare);
  };
}

function asOfLayers({ rateCard, priceLists = [], spotHistory, fallback }: Filled): string {
  return [
    ...(rateCard === undefined ? [] : [`rate card ${rateCard.source}`]),
    ...priceLists.map(({ region, asOf }) => `on-demand prices of ${region} of ${asOf}`),
    ...(spotHistory === undefined ? [] : [`Spot prices of ${spotHistory.asOf}`]),
    priceLists.length === 0 && spotHistory === undefined && rateCard === undefined ? fallback.asOf : `else ${fallback.asOf}`,
  ].join("; ");
}
