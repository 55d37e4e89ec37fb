/**
 * Capacity lacks: when each NodeClaim was last seen to wait for capacity.
 *
 * Reads NodeClaims as they are looked at. Returns the instant. A claim that waits is kept however long that takes; one transient failure
 * takes the word for it off the claim, and must not end it. A cache: after a restart a claim's own age counts.
 */
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Clock, Instant } from "../../api/ports.ts";
import { lacksCapacity } from "../lifecycle/launch.ts";

/** Says when a claim, as it is now or as it was before, last lacked capacity; undefined where it was not seen to. */
export type CapacityLacks = (nodeClaim: NodeClaim) => Instant | undefined;

/** Claims that are remembered; the one that lacked longest ago goes first. */
const claimsMax = 10_000;

/** Makes the memory of one controller. */
export function capacityLacks({ now }: Pick<Clock, "now">): CapacityLacks {
  const lacked = new Map<string, Instant>();
  return (nodeClaim) => {
    const { name = "", uid = name } = nodeClaim.metadata;
    if (!lacksCapacity(nodeClaim)) return lacked.get(uid);
    const at = now();
    lacked.delete(uid);
    lacked.set(uid, at);
    const [oldest] = lacked.size > claimsMax ? lacked.keys() : [];
    if (oldest !== undefined) lacked.delete(oldest);
    return at;
  };
}
