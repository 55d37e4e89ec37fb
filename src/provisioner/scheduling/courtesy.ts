/**
 * Courtesy: places that Kubernetes allows a Pod, and that would make a plan hold in one order of binding only.
 *
 * Reads the groups that concern a class. The scheduler may take Pods in any order, so such a place is taken only where no other
 * will do. Two kinds: a Pod may break the spread of others merely by being counted by them where they are; and Pods whose affinity lets them
 * begin where none of their like is (Pods that seek each other) can't begin any more once one that they count stands elsewhere. So those begin
 * where what they count can be too, and what they count joins them.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { mayStart, type ConcernedBy, type KeyGroups } from "./class-topology.ts";
import { acceptsClass, type ExistingNode } from "./existing-node.ts";
import type { LabelStates } from "./label-state.ts";
import { offeredDomains } from "./offered-domains.ts";
import type { PodClass } from "./pod-class.ts";
import type { PoolTemplate } from "./pool-template.ts";
import { smallestCount, type AffinityGroup, type Domain } from "./topology-group.ts";

/** Says whether a domain that lets a Pod in may be in the way of others, by the order in which they bind. */
export function isRude(groups: KeyGroups, { domain, isStarting }: { readonly domain: Domain; readonly isStarting: boolean }): boolean {
  for (const group of groups.countedBy) {
    // Where none of them is, they block no Pod: no other domain is fuller for it.
    if ((group.owners.get(domain) ?? 0) === 0) continue;
    const count = group.counts.get(domain) ?? (group.key === hostnameLabel ? 0 : undefined);
    if (count !== undefined && count + 1 - smallestCount(group) > group.maxSkew) return true;
  }
  if (isStarting && groups.affinity.some(({ anchors }) => anchors?.has(domain) === false)) return true;
  return groups.startedBy.some((group) => mayStrand(group, domain));
}

/** Says whether any place of a class may be in the way of others. */
export function mayBeRude({ countedBy, startedBy, affinity }: KeyGroups): boolean {
  return countedBy.length > 0 || startedBy.length > 0 || affinity.some(({ anchors }) => anchors !== undefined);
}

/** Those that began elsewhere, where only they themselves count, could not begin once a Pod that counts stands in this domain. */
function mayStrand(group: AffinityGroup, domain: Domain): boolean {
  for (const other of group.owners.keys()) if (other !== domain && isAloneIn(group, other)) return true;
  return false;
}

/** Says whether Pods of an affinity are in a domain where only they themselves count, and others who may have to wait for them. */
export function isAloneIn({ owners, leaning, counts }: AffinityGroup, domain: Domain): boolean {
  return (owners.get(domain) ?? 0) > 0 && (counts.get(domain) ?? 0) <= (leaning.get(domain) ?? 0);
}

interface Choices {
  readonly classes: readonly PodClass[];
  /** What concerns each class, by class id. */
  readonly concerned: (id: number) => ConcernedBy | undefined;
  readonly templates: readonly PoolTemplate[];
  readonly existing: readonly ExistingNode[];
  readonly states: LabelStates;
}

/**
 * Marks the affinity that some of these kinds of Pods may be the first of, and where it should begin: where all Pods that it counts can be, else
 * where some can be that do not wait for it.
 */
export function markStartable(kinds: readonly ConcernedBy[], choices: Choices): void {
  for (const kind of kinds) {
    if (!mayStart(kind)) continue;
    for (const group of kind.owned) {
      if (group.kind !== "affinity" || group.isStartable === true) continue;
      group.isStartable = true;
      if (group.key !== hostnameLabel) group.anchors = anchorsOf(group, choices);
    }
  }
}

function anchorsOf(group: AffinityGroup, { classes, concerned, ...around }: Choices): ReadonlySet<Domain> | undefined {
  const known = new Map<number, ReadonlySet<Domain>>();
  const others = new Set<Domain>();
  let shared: ReadonlySet<Domain> | undefined;
  let counted = 0;
  for (const podClass of classes) {
    const by = concerned(podClass.id);
    if (by?.counting.includes(group) !== true) continue;
    const domains = known.get(podClass.placementId) ?? domainsFor(podClass, { key: group.key, ...around });
    known.set(podClass.placementId, domains);
    // A Pod without any place blocks no other.
    if (domains.size === 0) continue;
    counted += 1;
    const before: ReadonlySet<Domain> = shared ?? domains;
    shared = new Set([...before].filter((domain) => domains.has(domain)));
    if (!by.owned.includes(group)) for (const domain of domains) others.add(domain);
  }
  const isChoice = counted > 1 && known.size > 1;
  const anchors = shared !== undefined && shared.size > 0 ? shared : others;
  return isChoice && anchors.size > 0 ? anchors : undefined;
}

/** The values of a label that nodes for a class, to be made or standing, may have. */
function domainsFor(
  podClass: PodClass,
  { key, templates, existing, states }: { readonly key: string } & Pick<Choices, "templates" | "existing" | "states">,
): ReadonlySet<Domain> {
  const domains = new Set<Domain>(offeredDomains(podClass, { key, templates, states }));
  for (const node of existing) {
    const value = acceptsClass(node, podClass) ? node.value(key) : undefined;
    if (value !== undefined) domains.add(value);
  }
  return domains;
}
