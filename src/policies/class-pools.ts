/**
 * Class pools: the NodePools of a class, and the zones that they offer.
 *
 * Reads the catalogue's pool names and the snapshot. A class whose pools are not in the cluster (yet) offers nothing that could be
 * judged; a pool that names no zones leaves them open.
 */
import { zoneLabel } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { poolRequirements } from "../kube/pool-requirements.ts";
import { values } from "../kube/requirement.ts";
import type { WorkloadClass } from "./class.ts";

/** The API group of EKS Auto Mode's NodeClass: its nodes bring drivers of their own. */
export const autoModeGroup = "eks.amazonaws.com";

/** Returns the NodePools of a class that exist, in the class's order. */
export function poolsOfClass({ pools }: WorkloadClass, snapshot: ClusterSnapshot): readonly NodePool[] {
  return pools.flatMap((name) => snapshot.get("NodePool", { namespace: "", name }) ?? []);
}

/** Returns the zones that the class's NodePools name, sorted; undefined where none exists, or one leaves its zones open. */
export function zonesOfClass(workloadClass: WorkloadClass, snapshot: ClusterSnapshot): readonly string[] | undefined {
  const pools = poolsOfClass(workloadClass, snapshot);
  const named = pools.map((pool) => {
    const requirement = poolRequirements(pool).get(zoneLabel);
    return requirement === undefined ? undefined : values(requirement);
  });
  if (pools.length === 0 || named.includes(undefined)) return undefined;
  return [...new Set(named.flatMap((zones) => zones ?? []))].sort();
}
