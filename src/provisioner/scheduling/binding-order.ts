/**
 * BindingOrder: in which order a plan's Pods must bind, where not any will do.
 *
 * Reads a packing as it ended. Returns who must be first, and before whom; nothing for a plan that holds whichever Pod binds first, which is
 * nearly every one (courtesy.ts). Who has to wait for those that must be first is in nobody's way: so what may bind without them is found out
 * by letting it.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { isAloneIn } from "./courtesy.ts";
import { admitsBin, decidedValue, filledBins, topologyFor, type Packing } from "./packing.ts";
import type { ClassTopology } from "./topology.ts";
import type { AffinityGroup, Domain, SpreadGroup, TopologyGroup } from "./topology-group.ts";

export interface OrderNeed {
  readonly constraint: "affinity" | "spread";
  readonly key: string;
  /** Where those that must be first stand; a host that is to come has no name yet. */
  readonly domain: string;
  /** Keys of Pods of which, for affinity, one must bind before any of `then`; for spread all of them. */
  readonly first: readonly string[];
  readonly then: readonly string[];
}

const podsNamedMax = 20;
const needsMax = 20;

interface Placed {
  readonly key: string;
  readonly topology: ClassTopology;
  readonly domainOf: (key: string) => Domain | undefined;
}

interface Asked {
  readonly group: AffinityGroup | SpreadGroup;
  readonly domain: Domain;
  readonly placed: readonly Placed[];
}

/** Returns the orders that a packing needs; the counts of the topology must be those that it ended with. */
export function orderNeeds(packing: Packing): readonly OrderNeed[] {
  const asked = packing.problem.topology.groups.flatMap((group) => domainsInNeed(packing, group).map((domain) => ({ group, domain })));
  if (asked.length === 0) return [];
  const placed = placedPods(packing);
  return asked.slice(0, needsMax).flatMap((one) => needOf({ ...one, placed }) ?? []);
}

/** Where Pods of a group stand that others might keep out if they bind before them. */
function domainsInNeed(packing: Packing, group: TopologyGroup): readonly Domain[] {
  const { owners, counts } = group;
  if (group.kind === "anti-affinity" || owners.size === 0) return [];
  if (group.kind === "spread") return group.required ? crowdedDomains(packing, group) : [];
  const isElsewhere = (domain: Domain): boolean => [...counts].some(([other, count]) => other !== domain && count > 0);
  return group.isStartable === true ? [...owners.keys()].filter((domain) => isAloneIn(group, domain) && isElsewhere(domain)) : [];
}

/** Fuller than the spread allows beside the emptiest domain that has a node: the solver may have reckoned with one that never comes. */
function crowdedDomains(packing: Packing, group: SpreadGroup): readonly Domain[] {
  const { owners, counts, key, maxSkew, minDomains } = group;
  const most = Math.max(...counts.values());
  if (most <= maxSkew) return [];
  const isHost = key === hostnameLabel;
  const standing = packing.problem.existing.filter((node) => group.admits(node.facts, node.allowUndefined));
  const bought = filledBins(packing).filter((bin) => isHost || admitsBin(group, bin));
  const domains = new Set<Domain | undefined>([
    ...standing.map((node) => (isHost ? node.id : node.value(key))),
    ...bought.map((bin) => (isHost ? bin.id : decidedValue(packing.problem.states, { state: bin.state, key }))),
  ]);
  domains.delete(undefined);
  const counted = [...domains].map((domain) => (domain === undefined ? 0 : (counts.get(domain) ?? 0)));
  const least = domains.size < minDomains ? 0 : Math.min(...counted);
  return [...owners].flatMap(([domain, own]) => (own > 0 && (counts.get(domain) ?? 0) - least > maxSkew ? [domain] : []));
}

function needOf({ group, domain, placed }: Asked): OrderNeed | undefined {
  const isHere = ({ domainOf }: Placed): boolean => domainOf(group.key) === domain;
  const isSpread = group.kind === "spread";
  const first = placed.filter((pod) => isHere(pod) && pod.topology.owned.includes(group));
  const others = bindingWithout(placed, new Set(first));
  const then = others.filter((pod) => pod.topology.counting.includes(group) && isHere(pod) === isSpread);
  const isBegun = !isSpread && others.some((pod) => pod.topology.counting.includes(group) && isHere(pod));
  if (first.length === 0 || then.length === 0 || isBegun) return undefined;
  const named = (pods: readonly Placed[]): readonly string[] =>
    pods
      .map(({ key }) => key)
      .sort()
      .slice(0, podsNamedMax);
  return {
    constraint: isSpread ? "spread" : "affinity",
    key: group.key,
    domain: typeof domain === "number" ? "one host" : domain,
    first: named(first),
    then: named(then),
  };
}

/** The Pods that may bind while some do not: each whose affinity is met by those that have, or that may be the first of it. */
function bindingWithout(placed: readonly Placed[], absent: ReadonlySet<Placed>): readonly Placed[] {
  const missing = new Map<TopologyGroup, Map<Domain, number>>();
  const note = ({ topology, domainOf }: Placed, step: 1 | -1): void => {
    for (const group of topology.counting) {
      const domain = group.kind === "affinity" ? domainOf(group.key) : undefined;
      if (domain === undefined) continue;
      const own = missing.get(group) ?? new Map<Domain, number>();
      missing.set(group, own.set(domain, (own.get(domain) ?? 0) + step));
    }
  };
  for (const pod of placed) note(pod, 1);
  const there = (group: TopologyGroup, domain: Domain): number => (group.counts.get(domain) ?? 0) - (missing.get(group)?.get(domain) ?? 0);
  const mayBind = ({ topology, domainOf }: Placed): boolean => {
    const affinities = topology.owned.filter(({ kind }) => kind === "affinity");
    const isMet = affinities.every((group) => {
      const domain = domainOf(group.key);
      return domain !== undefined && there(group, domain) > 0;
    });
    return (
      isMet || (topology.mayStart && affinities.every((group) => [...group.counts.keys()].every((domain) => there(group, domain) === 0)))
    );
  };
  const bound: Placed[] = [];
  let open = placed.filter((pod) => !absent.has(pod));
  for (let left = Infinity; open.length < left;) {
    left = open.length;
    open = open.filter((pod) => {
      if (!mayBind(pod)) return true;
      note(pod, -1);
      bound.push(pod);
      return false;
    });
  }
  return bound;
}

function placedPods(packing: Packing): readonly Placed[] {
  const { problem, onExisting } = packing;
  const standing = onExisting.map(({ node, member: { podClass, pending } }): Placed => ({
    ...{ key: pending.key, topology: topologyFor(problem, podClass) },
    domainOf: (key) => (key === hostnameLabel ? node.id : node.value(key)),
  }));
  const bought = filledBins(packing).flatMap((bin) =>
    bin.members.map(({ podClass, pending }): Placed => ({
      ...{ key: pending.key, topology: topologyFor(problem, podClass) },
      domainOf: (key) => (key === hostnameLabel ? bin.id : decidedValue(problem.states, { state: bin.state, key })),
    })),
  );
  return [...standing, ...bought];
}
