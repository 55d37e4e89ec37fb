/**
 * PlaceCount: what a Pod at a place adds to the counts of topology.
 *
 * Reads the groups of a class and a place. Changes the groups' counts: of those that select the Pod, and of those that it has itself.
 */
import { hostnameLabel } from "../../api/labels.ts";
import type { ClassTopology } from "./class-topology.ts";
import type { Domain, SpreadGroup, TopologyGroup } from "./topology-group.ts";

/** Where a Pod is placed: a node with its number, and a label's value on it if decided. */
export interface Place {
  readonly id: number;
  readonly value: (key: string) => string | undefined;
  /** Those that the node may get, where none is decided. */
  readonly values: (key: string) => readonly string[];
  /** Says whether the spread group counts Pods on this node. */
  readonly counts: (group: SpreadGroup) => boolean;
}

/** Counts one more Pod (or one less, with step -1) of a class at a place. */
export function recordAt(topology: ClassTopology, place: Place, step: 1 | -1 = 1): void {
  for (const group of topology.counting) {
    const domain = group.key === hostnameLabel ? place.id : place.value(group.key);
    if (domain === undefined) countOpen(group, place, step);
    else if (group.kind !== "spread" || isCounted(group, { domain, place })) increment(group.counts, domain, step);
  }
  for (const group of topology.owned) {
    const domain = group.key === hostnameLabel ? place.id : place.value(group.key);
    if (domain !== undefined) increment(group.owners, domain, step);
  }
  for (const group of topology.leansIn) increment(group.leaning, group.key === hostnameLabel ? place.id : place.value(group.key), step);
}

/** Whoever keeps away from a Pod keeps away from wherever it may come to be. */
export function countOpen(group: TopologyGroup, { values }: Pick<Place, "values">, step: 1 | -1 = 1): void {
  if (group.kind === "anti-affinity") for (const value of values(group.key)) increment(group.counts, value, step);
}

/** A new node makes its zone a domain for every spread that admits it, also where the Pods of that spread cannot run. */
export function addDomainsOf({ groups }: { readonly groups: readonly TopologyGroup[] }, place: Place): void {
  for (const group of groups) {
    if (group.kind !== "spread" || group.key === hostnameLabel) continue;
    const domain = place.value(group.key);
    if (domain !== undefined && !group.counts.has(domain) && place.counts(group)) group.counts.set(domain, 0);
  }
}

/**
 * Says whether a spread counts a Pod there. A host only matters to Pods that may run on it, so all Pods on it count; of
 * other labels the domains are known, and a Pod elsewhere must not add one.
 */
function isCounted(group: SpreadGroup, { domain, place }: { readonly domain: Domain; readonly place: Place }): boolean {
  return group.key === hostnameLabel || (group.counts.has(domain) && place.counts(group));
}

/** Counts one more, or one less; nothing where there is no domain. */
export function increment(counts: Map<Domain, number>, domain: Domain | undefined, step: 1 | -1 = 1): void {
  if (domain !== undefined) counts.set(domain, (counts.get(domain) ?? 0) + step);
}
