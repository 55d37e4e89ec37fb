/**
 * Plan prices: by which prices a plan buys where its files name none.
 *
 * Reads NodePools and zones. Returns the dated table of the zones' regions, and what is to be said of it: whose prices stand for a region
 * without a list, and that a pool's types are priced by an estimate, since the table knows none of them.
 */
import type { Ec2InstanceFacts } from "../catalog/ec2-facts.ts";
import { catalogInstanceTypes } from "../catalog/instance-types.ts";
import { fallbackPrices, unlistedRegions } from "../catalog/price-table.ts";
import type { Prices } from "../catalog/prices.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { typesOfPool } from "../policies/pool-types.ts";

export interface PlanPrices {
  readonly prices: Prices;
  readonly notes: readonly string[];
}

/** Returns the prices of a plan without price files. */
export function planPrices(of: {
  readonly snapshot: Pick<ClusterSnapshot, "list">;
  readonly zones: readonly string[];
  readonly facts?: readonly Ec2InstanceFacts[];
}): PlanPrices {
  const { snapshot, zones, facts } = of;
  const table = fallbackPrices(zones);
  const types = catalogInstanceTypes({ zones, prices: table, ...(facts === undefined ? {} : { facts }) });
  const unpriced = snapshot.list("NodePool").filter((pool) => {
    const allowed = typesOfPool(pool, types);
    return allowed.length > 0 && allowed.every(({ offerings }) => offerings.length === 0);
  });
  const isWide = unpriced.length > 0;
  const prices = isWide ? fallbackPrices(zones, { isWide }) : table;
  const isTold = isWide || unlistedRegions(zones).length > 0;
  return { prices, notes: isTold ? [`prices: ${prices.asOf}; --price-list names your own`] : [] };
}
