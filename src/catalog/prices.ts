/**
 * Prices: what instance types cost, whoever knows it.
 *
 * Shapes only. price-table.ts, price-list.ts, spot-history.ts and rate-card.ts each know some; price-layers.ts says which of
 * them counts; the catalogue makes offerings of what is known.
 */
import type { Place } from "../api/instance-type.ts";

/** A source of prices in USD an hour; undefined where none is known. */
export interface Prices {
  /** Where the prices are from, and their day or instant, for people. */
  readonly asOf: string;
  /** Types that a rate card prices by name: one that no catalogue has is more likely misspelt than meant. */
  readonly ratedTypes?: readonly string[];
  onDemand(instanceType: string, zone: string): number | undefined;
  spot(instanceType: string, zone: string): number | undefined;
}

/** What one price is of. */
export interface PricedPlace extends Pick<Place, "zone"> {
  readonly instanceType: string;
  readonly capacityType: "on-demand" | "spot";
}

/** Returns a price without floating-point dust: prices are compared for equality. */
export function roundedPrice(pricePerHour: number): number {
  return Math.round(pricePerHour * 1e9) / 1e9;
}

/** What a reservation is paid for already, against what on-demand costs (Karpenter's): it sorts first, and the dearer type still last. */
const reservedDivisor = 10_000_000;

/** Returns the price of a reserved offering from that of the same type on demand; 0 where that is not known. */
export function reservedPrice(onDemand: number | undefined): number {
  return (onDemand ?? 0) / reservedDivisor;
}

const decimalPattern = /^\d{1,12}(\.\d{1,15})?$/;

/** Reads a price as AWS writes it, such as "0.0960000000"; undefined where the text is no decimal number. */
export function parsePrice(text: string): number | undefined {
  return decimalPattern.test(text) ? Number(text) : undefined;
}
