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
 * - GPUs: the us-east-1 list of 2026-02-09, as Karpenter has it from the Pricing API
 *   (https://github.com/aws/karpenter-provider-aws/blob/main/pkg/providers/pricing/zz_generated.pricing_aws.go), times Singapore's ratio
 *   for such types: it gives Singapore's own prices of 2025-11-30 of g4dn and g5g to the tenth of a cent
 *   (https://github.com/tsaol/aws-gpu/blob/main/data/all_gpu_instances.js). Most of the others are not sold in Singapore.
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

/** Singapore's on-demand price of a type with GPUs, by that of us-east-1. */
const gpuRatio = 1.3993;

/** USD an hour in us-east-1 by family and size: these are not linear in vCPUs. */
const gpuPrices: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  g4ad: { xlarge: 0.37853, "2xlarge": 0.54117, "4xlarge": 0.867, "8xlarge": 1.734, "16xlarge": 3.468 },
  g4dn: { xlarge: 0.526, "2xlarge": 0.752, "4xlarge": 1.204, "8xlarge": 2.176, "12xlarge": 3.912, "16xlarge": 4.352 },
  g5: {
    xlarge: 1.006,
    "2xlarge": 1.212,
    "4xlarge": 1.624,
    "8xlarge": 2.448,
    "12xlarge": 5.672,
    "16xlarge": 4.096,
    "24xlarge": 8.144,
    "48xlarge": 16.288,
  },
  g5g: { xlarge: 0.42, "2xlarge": 0.556, "4xlarge": 0.828, "8xlarge": 1.372, "16xlarge": 2.744 },
  g6: {
    xlarge: 0.8048,
    "2xlarge": 0.9776,
    "4xlarge": 1.3232,
    "8xlarge": 2.0144,
    "12xlarge": 4.6016,
    "16xlarge": 3.3968,
    "24xlarge": 6.6752,
    "48xlarge": 13.3504,
  },
  gr6: { "4xlarge": 1.5392, "8xlarge": 2.4464 },
  p4d: { "24xlarge": 21.957642 },
  p5: { "4xlarge": 6.88, "48xlarge": 55.04 },
};

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
  const gpu = gpuPrices[family]?.[size];
  if (gpu !== undefined) return rounded(gpu * gpuRatio);
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
