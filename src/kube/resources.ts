/**
 * Resources: amounts by resource name, and their arithmetic.
 *
 * Reads wire lists whose quantities the edge has validated. Returns plain records of integers (cpu in millicores, all
 * else in bytes or units); a missing name means 0. The solver runs these over every Pod and instance type, so they loop
 * over own keys and allocate one record at most.
 */
import { assert } from "../api/assert.ts";
import type { QuantityText, ResourceList, Resources } from "../api/object.ts";
import { compareQuantities, cpuMillis, formatBytes, formatCpu, isQuantity, wholeUnits } from "./quantity.ts";

/**
 * Returns a wire list as numbers. The quantities must be valid: the edge refuses others, so an invalid one is our bug. A valid
 * one beyond 2^53 ("1Ei" of memory) is a user's word, and counts as 2^53-1, which no Node has.
 */
export function toResources(list: ResourceList | undefined): Resources {
  const resources: Record<string, number> = {};
  for (const name in list) {
    const text = list[name];
    if (text !== undefined) resources[name] = amountOf(name, text);
  }
  return resources;
}

/** Returns one quantity of a wire list as {@link toResources} counts it. */
export function amountOf(name: string, text: QuantityText): number {
  const amount = isCpu(name) ? cpuMillis(text) : wholeUnits(text);
  if (amount.ok) return amount.value;
  // The message is made only when needed: this runs for every container of every Pod.
  if (!isQuantity(text)) assert(false, `quantities are validated at the edge, yet ${name} is ${JSON.stringify(text)}`);
  return Math.sign(compareQuantities(text, 0)) * Number.MAX_SAFE_INTEGER;
}

/** Returns amounts as a wire list with canonical quantities: cpu as "500m", memory and storage as "768Mi", others plain. */
export function toResourceList(resources: Resources): Record<string, string> {
  const list: Record<string, string> = {};
  for (const [name, amount] of Object.entries(resources)) list[name] = formatAmount(name, amount);
  return list;
}

/** Returns one amount as the canonical quantity of its resource. */
export function formatAmount(name: string, amount: number): string {
  if (isCpu(name)) return formatCpu(amount);
  return isBytes(name) ? formatBytes(amount) : String(amount);
}

/** Returns the sum of any number of resources. */
export function addResources(...all: readonly Resources[]): Resources {
  const sum: Record<string, number> = {};
  for (const resources of all) {
    for (const name in resources) sum[name] = (sum[name] ?? 0) + (resources[name] ?? 0);
  }
  return sum;
}

/** Returns `from` less `take`, by name; names of either side stay, and amounts may become negative. */
export function subtractResources(from: Resources, take: Resources): Resources {
  const rest: Record<string, number> = { ...from };
  for (const name in take) rest[name] = (rest[name] ?? 0) - (take[name] ?? 0);
  return rest;
}

/** Returns the larger amount of each name. */
export function maxResources(...all: readonly Resources[]): Resources {
  const largest: Record<string, number> = {};
  for (const resources of all) {
    for (const name in resources) largest[name] = Math.max(largest[name] ?? 0, resources[name] ?? 0);
  }
  return largest;
}

/** Says whether every wanted amount is there. A name that `have` lacks counts as 0, so wanting none of it fits. */
export function fitsWithin(want: Resources, have: Resources): boolean {
  for (const name in want) {
    if ((want[name] ?? 0) > (have[name] ?? 0)) return false;
  }
  return true;
}

/** Returns the names of which more is wanted than there is, sorted. */
export function exceeding(want: Resources, have: Resources): readonly string[] {
  const names: string[] = [];
  for (const name in want) {
    if ((want[name] ?? 0) > (have[name] ?? 0)) names.push(name);
  }
  return names.sort();
}

/** Says whether no amount differs from 0. */
export function isZero(resources: Resources): boolean {
  for (const name in resources) {
    if (resources[name] !== 0) return false;
  }
  return true;
}

function isCpu(name: string): boolean {
  return name === "cpu" || name === "requests.cpu" || name === "limits.cpu";
}

/** Says whether amounts of a resource are bytes. */
export function isBytes(name: string): boolean {
  return name === "memory" || name === "ephemeral-storage" || name === "storage" || name.startsWith("hugepages-");
}
