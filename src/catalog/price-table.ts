/**
 * Price table: what instance types cost where no live price has been read yet.
 *
 * Reads the zones at hand. Returns dated fallback prices in USD an hour, Linux, shared tenancy. Order matters more than cents here: the
 * solver compares types, and live prices replace all of this on EC2.
 *
 * Where the numbers come from:
 * - us-east-1 and the regions of GovCloud: the lists of Karpenter's AWS provider (recorded-prices.ts), which are AWS' own of their day.
 * - ap-southeast-1: AWS's public list prices of one "large" size (2 vCPUs) of nine families, as known in January 2026 and copied by hand, not
 *   read from the Pricing API. They were held against the us-east-1 list of 2026-01-19: each is that price times Singapore's usual ratio
 *   (c 1.15, m 1.25, r 1.21) to within one per cent. Sizes are linear in vCPUs, as AWS prices these families. GPUs are us-east-1's list times
 *   Singapore's ratio for such types: it gives Singapore's own prices of 2025-11-30 of g4dn and g5g to the tenth of a cent
 *   (https://github.com/tsaol/aws-gpu/blob/main/data/all_gpu_instances.js). Most of the others are not sold in Singapore.
 * - All other families of ap-southeast-1, only where they are asked for (`isWide`): us-east-1's list times those ratios.
 * - Any other region: the nearest of these, ap-southeast-1 for Asia and the Pacific, else us-east-1; `asOf` says so.
 * - Spot: not a price but an assumption, 40% of on-demand in every zone. Real Spot prices move by type, zone and hour.
 */
import type { Prices } from "./prices.ts";
import { recordedPriceLists } from "./recorded-prices.ts";
import { catalogZones, regionOfZone } from "./zones.ts";

/** What Spot is taken to cost of the on-demand price where no history is known. */
export const assumedSpotShare = 0.4;
const vcpusOfLarge = 2;
const [singapore, virginia] = ["ap-southeast-1", "us-east-1"] as const;

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

/** Families with GPUs that ap-southeast-1's table knows. */
const gpuFamilies: ReadonlySet<string> = new Set(["g4ad", "g4dn", "g5", "g5g", "g6", "gr6", "p4d", "p5"]);

/** Singapore's on-demand price by that of us-east-1, by the letters that a family begins with. */
const singaporeRatios: Readonly<Record<string, number>> = {
  c: 1.153,
  g: 1.3993,
  gr: 1.3993,
  i: 1.2,
  m: 1.25,
  p: 1.3993,
  r: 1.206,
  t: 1.269,
};
const usualRatio = 1.25;

/** The table's on-demand prices are the same in every zone of a region; without a zone they are those of ap-southeast-1. */
export interface FallbackPrices extends Prices {
  onDemand(instanceType: string, zone?: string): number | undefined;
}

/**
 * Returns the fallback prices; `asOf` tells whose prices those of the zones are. `isWide` also prices what ap-southeast-1's table lacks, by a
 * ratio: an estimate, for pools that could buy nothing otherwise.
 */
export function fallbackPrices(zones: readonly string[] = catalogZones, { isWide = false } = {}): FallbackPrices {
  const onDemand = (instanceType: string, zone?: string): number | undefined => onDemandPrice(instanceType, { zone, isWide });
  return {
    asOf: asOfZones(zones, isWide),
    onDemand,
    spot: (instanceType, zone) => {
      const price = onDemand(instanceType, zone);
      return price === undefined ? undefined : rounded(price * assumedSpotShare);
    },
  };
}

/** Returns the regions of zones of which no list is known, with the region whose prices stand for theirs. */
export function unlistedRegions(zones: readonly string[]): readonly { readonly region: string; readonly nearest: string }[] {
  const regions = [...new Set(zones.map(regionOfZone))].sort();
  return regions
    .filter((region) => regionPattern.test(region))
    .map((region) => ({ region, nearest: nearestListed(region) }))
    .filter(({ region, nearest }) => region !== nearest);
}

/** A zone of no cloud's own naming is priced as the catalogue's. */
const regionPattern = /^[a-z]+(?:-[a-z]+)+-\d+$/;

function nearestListed(region: string): string {
  if (region === singapore || recordedPriceLists().has(region)) return region;
  return region.startsWith("ap-") || !regionPattern.test(region) ? singapore : virginia;
}

function asOfZones(zones: readonly string[], isWide: boolean): string {
  const listed = [...new Set(zones.map((zone) => nearestListed(regionOfZone(zone))))].sort();
  const unlisted = unlistedRegions(zones).map(({ region, nearest }) => `; ${region} has no list here, and ${nearest}'s stands for it`);
  return `${listed.map((region) => asOfRegion(region, isWide)).join("; ")}${unlisted.join("")}`;
}

function asOfRegion(region: string, isWide: boolean): string {
  const lists = recordedPriceLists();
  if (region !== singapore) return `on-demand prices of ${region} of ${lists.get(region)?.asOf ?? ""}`;
  const more = isWide ? `, and what it lacks by ${virginia}'s list of ${lists.get(virginia)?.asOf ?? ""}` : "";
  return `a table of ${region} of January 2026 from memory${more}`;
}

function onDemandPrice(
  instanceType: string,
  { zone, isWide }: { readonly zone: string | undefined; readonly isWide: boolean },
): number | undefined {
  const region = zone === undefined ? singapore : nearestListed(regionOfZone(zone));
  if (region !== singapore) return recordedPriceLists().get(region)?.onDemand.get(instanceType);
  return tablePrice(instanceType) ?? (isWide ? estimatedPrice(instanceType) : undefined);
}

function tablePrice(instanceType: string): number | undefined {
  const [family = "", size = ""] = instanceType.split(".");
  if (gpuFamilies.has(family) && size !== "metal") return estimatedPrice(instanceType);
  const large = largePrices.get(family);
  const vcpus = vcpusOfSize(size);
  return large === undefined || vcpus === undefined ? undefined : rounded((large * vcpus) / vcpusOfLarge);
}

function estimatedPrice(instanceType: string): number | undefined {
  const elsewhere = recordedPriceLists().get(virginia)?.onDemand.get(instanceType);
  const letters = /^[a-z]+/.exec(instanceType)?.[0] ?? "";
  return elsewhere === undefined ? undefined : rounded(elsewhere * (singaporeRatios[letters] ?? usualRatio));
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
