/**
 * Zones of the catalog: where its types are taken to be offered while no cloud is asked, and the region of each zone.
 *
 * The catalog's own region, and every zone that a NodePool names; a live provider narrows them to what it really offers.
 */
import { zoneLabel } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";

/** The zones of the region whose prices the catalog carries. */
export const catalogZones: readonly string[] = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];

/** Returns the region of a zone ("ap-southeast-1a" is in "ap-southeast-1"); local zones keep their region's name in front. */
export function regionOfZone(zone: string): string {
  return /^[a-z]+(?:-[a-z]+)+-\d+/.exec(zone)?.[0] ?? zone;
}

/** Says whether any NodePool names a zone that it buys in. */
export function areZonesNamed(nodePools: readonly NodePool[]): boolean {
  return nodePools.some(({ spec }) => spec.template.spec.requirements.some(({ key, operator }) => key === zoneLabel && operator === "In"));
}

/** Returns the zones named by NodePools, sorted; the catalog's own while none is named. */
export function zonesOfNodePools(nodePools: readonly NodePool[]): readonly string[] {
  const named = nodePools.flatMap(({ spec }) =>
    spec.template.spec.requirements.flatMap(({ key, operator, values }) => (key === zoneLabel && operator === "In" ? (values ?? []) : [])),
  );
  return named.length === 0 ? catalogZones : [...new Set(named)].sort();
}
