/**
 * Capacity without a cloud: the kwok provider and the controller that makes its Nodes.
 */
import type { NodeClaim } from "../api/node-claim.ts";
import { kwokJoin } from "../kwok/kwok-join.ts";
import { kwokProvider } from "../kwok/kwok-provider.ts";
import type { Capacity, CapacitySources } from "./process-parts.ts";

/** Makes the capacity; `joinDelayMs` says how long after its launch a Node joins. */
export function kwokCapacity(sources: CapacitySources, joinDelayMs: (claim: NodeClaim) => number = () => 0): Capacity {
  const { client, snapshot, instanceTypes, prices } = sources;
  return {
    provider: kwokProvider({ client, snapshot, instanceTypes, ...(prices === undefined ? {} : { prices }) }),
    entries: [{ ...kwokJoin({ client, snapshot, joinDelayMs }), needs: ["Node"] }],
  };
}
