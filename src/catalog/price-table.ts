/**
 * Price table: what instance types cost where no live price has been read yet.
 *
 * Reads nothing. Returns dated fallback prices of ap-southeast-1 in USD an hour, Linux, shared tenancy. Order matters more
 * than cents here: the solver compares types, and live prices replace all of this on EC2.
 *
 * Where the numbers come from:
 * - On-demand: AWS's public list prices of one "large" size (2 vCPUs) of each family, as known in January 2026 and copied
 *   by hand, not read from the Pricing API. They were held against the us-east-1 list of 2026-01-19: each is that price
 *   times Singapore's usual ratio (c 1.15, m 1.25, r 1.21) to within one per cent. Sizes are linear in vCPUs, as AWS
 *   prices these families.
 * - Spot: not a price but an assumption, 40% of on-demand in every zone. Real Spot prices move by type, zone and hour.
 */
import type { Prices } from "./prices.ts";

const asOf = "a table of January 2026 from memory";
/** What Spot is taken to cost of the on-demand price where no history is known. */
export const assumedSpotShare = 0.4;
const vcpusOfLarge = 2;

/** USD an hour of the large size. */
const largePrices: ReadonlyMap<string, number> = new Map([
  ["c6i", 0.098],
  ["c7g", 0.0834],
  ["c7i", 0.1029],
  ["m6i", 0.12],
  ["m7g", 0.102],
  ["m7i", 0.126],
  ["r6i", 0.152],
  ["r7g", 0.1292],
  ["r7i", 0.1596],
]);

/** The table's on-demand prices are the same in every zone. */
export interface FallbackPrices extends Prices {
  onDemand(instanceType: string, zone?: string): number | undefined;
}

/** Returns the fallback prices; types of other families have none. */
export function fallbackPrices(): FallbackPrices {
  return {
    asOf,
    onDemand: onDemandPrice,
    spot: (instanceType) => {
      const onDemand = onDemandPrice(instanceType);
      return onDemand === undefined ? undefined : rounded(onDemand * assumedSpotShare);
    },
  };
}

function onDemandPrice(instanceType: string): number | undefined {
  const [family = "", size = ""] = instanceType.split(".");
  const large = largePrices.get(family);
  const vcpus = vcpusOfSize(size);
  return large === undefined || vcpus === undefined ? undefined : rounded((large * vcpus) / vcpusOfLarge);
}

/** large is 2, xlarge 4, and Nxlarge 4 N; bare metal has no linear price. */
function vcpusOfSize(size: string): number | undefined {
  if (size === "large") return vcpusOfLarge;
  const multiple = /^(\d*)xlarge$/.exec(size)?.[1];
  return multiple === undefined ? undefined : 4 * Number(multiple === "" ? 1 : multiple);
}

/** Prices are compared for equality, so they carry no floating-point dust. */
function rounded(pricePerHour: number): number {
  return Math.round(pricePerHour * 1e6) / 1e6;
}
