/**
 * Which provider of nodes the options of `plimsoll serve` ask for, and at which prices.
 */
import { err, ok, type Result } from "../api/result.ts";
import type { Prices } from "../catalog/prices.ts";
import { kwokCapacityOf } from "./kwok-capacity.ts";
import { readPriceFiles } from "./price-files.ts";
import type { Capacity, CapacitySources } from "./process-parts.ts";
import type { ThreadOptions } from "./thread-options.ts";

type CapacityRequest = ThreadOptions & { readonly env: Readonly<Record<string, string | undefined>> };

/** Returns what makes the capacity, undefined where none is asked for, or which option is wrong. */
export async function capacityMaker(
  request: CapacityRequest,
): Promise<Result<((sources: CapacitySources) => Capacity) | undefined, string>> {
  switch (request.provider) {
    case "none":
      return ok(undefined);
    case "kwok":
      return kwokCapacityOf(request);
    case "ec2": {
      const { ec2Capacity } = await import("./ec2-capacity.ts");
      return ec2Capacity(request);
    }
  }
}

/** A rate card speaks of every region; without one the dated table counts. */
export function ratesOf({ rateCard }: Pick<ThreadOptions, "rateCard">): Result<Prices | undefined, string> {
  const prices = readPriceFiles(rateCard === undefined ? {} : { rateCard }, []);
  return prices.ok ? prices : err(prices.error.join("\n"));
}
