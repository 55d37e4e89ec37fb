/**
 * What one NodeOverlay says: whether it can be read, and what it makes of a price.
 *
 * Reads an overlay, also one that no API server has seen. Returns the sentence that says what is wrong with it, or a price.
 */
import type { NodeOverlay } from "../api/node-overlay.ts";
import { isQuantity } from "../kube/quantity.ts";
import { roundedPrice } from "./prices.ts";

const pricePattern = /^\d+(\.\d+)?$/;
const adjustmentPattern = /^([+-])(\d+(?:\.\d+)?|\.\d+)(%?)$/;
const standardResources: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage", "pods"]);

/** Returns why an overlay can't be used, with field, value and fix; undefined where nothing stands in the way. */
export function overlayTrouble({ spec }: NodeOverlay): string | undefined {
  const { price, priceAdjustment, capacity = {}, requirements } = spec;
  if (price !== undefined && priceAdjustment !== undefined)
    return "spec.price and spec.priceAdjustment exclude each other; keep one of the two";
  if (price !== undefined && !pricePattern.test(price)) return `spec.price is "${price}"; write USD an hour such as 0.25`;
  if (priceAdjustment !== undefined && changeOf(priceAdjustment) === undefined) {
    return `spec.priceAdjustment is "${priceAdjustment}"; write an amount with its sign such as -0.05, or a percentage such as -15%, down to -100%`;
  }
  for (const [name, amount] of Object.entries(capacity)) {
    if (standardResources.has(name)) return `spec.capacity.${name} is the type's own and can't be overlaid; name extended resources only`;
    if (!isQuantity(amount)) return `spec.capacity.${name} is ${JSON.stringify(amount)}; write an amount such as 2`;
  }
  const empty = requirements.find(({ operator, values = [] }) => (operator === "In" || operator === "NotIn") && values.length === 0);
  return empty === undefined ? undefined : `spec.requirements: ${empty.key} ${empty.operator} has no values; write at least one`;
}

/** Returns an overlay's price: its own, or the known one adjusted, never below 0; undefined where it needs a known one and there is none. */
export function overlaidPrice({ spec }: NodeOverlay, known: number | undefined): number | undefined {
  if (spec.price !== undefined) return Number(spec.price);
  const change = spec.priceAdjustment === undefined ? { amount: 0, isShare: false } : changeOf(spec.priceAdjustment);
  if (change === undefined || known === undefined) return undefined;
  return roundedPrice(Math.max(0, change.isShare ? known * (1 + change.amount / 100) : known + change.amount));
}

function changeOf(text: string): { readonly amount: number; readonly isShare: boolean } | undefined {
  const [, sign, digits, percent] = adjustmentPattern.exec(text) ?? [];
  if (sign === undefined || digits === undefined) return undefined;
  const [amount, isShare] = [Number(`${sign}${digits}`), percent === "%"];
  return isShare && amount < -100 ? undefined : { amount, isShare };
}
