/**
 * Recorded prices: the on-demand lists of regions that this program carries.
 *
 * Reads the recorded text (generated/prices.ts). Returns the lists by region, each with its day, in USD an hour: Linux, shared tenancy.
 */
import { remembered } from "../kube/remembered.ts";
import { recordedPrices } from "./generated/prices.ts";
import type { PriceList } from "./price-list.ts";

/** "us-east-1 2026-07-20": a family has no digit first after its letters and a dash alone. */
const headPattern = /^([a-z]+(?:-[a-z]+)+-\d+) (\d{4}-\d{2}-\d{2})$/;

/** Returns the lists by region; parsed at the first call. */
export function recordedPriceLists(): ReadonlyMap<string, PriceList> {
  return parsedLists(recordedPrices);
}

const parsedLists = remembered(({ text }: { readonly text: string }): ReadonlyMap<string, PriceList> => {
  const lists = new Map<string, PriceList>();
  let onDemand = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, region, asOf] = headPattern.exec(line) ?? [];
    if (region !== undefined && asOf !== undefined) {
      onDemand = new Map();
      lists.set(region, { region, asOf, onDemand });
      continue;
    }
    const [family = "", ...sizes] = line.split(" ");
    for (const size of sizes) {
      const [name = "", price = ""] = size.split("=");
      onDemand.set(`${family}.${name}`, Number(price));
    }
  }
  return lists;
});
