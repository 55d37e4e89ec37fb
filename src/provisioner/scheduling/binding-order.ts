/**
 * BindingOrder: in which order a plan's Pods must bind, where not any will do.
 *
 * Reads a packing as it ended. Returns who must be first, and before whom; nothing for a plan that holds whichever Pod binds first, which is
 * nearly every one (courtesy.ts).
 */
import { hostnameLabel } from "../../api/labels.ts";
import { isAloneIn } from "./courtesy.ts";
import { decidedValue, filledBins, topologyFor, type Packing, type Problem } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import { smallestCount, type Domain, type TopologyGroup } from "./topology-group.ts";

export interface OrderNeed {
  readonly constraint: "affinity" | "spread";
  readonly key: string;
  /** Where those that must be first stand; on one host where the key is the hostname, which has no name yet. */
  readonly domain: string;
  /** Keys of Pods of which, for affinity, one must bind before any of `then`; for spread all of them. */
  readonly first: readonly string[];
  readonly then: readonly string[];
}

const podsNamedMax = 20;
const needsMax = 20;

interface Placed {
  readonly podClass: PodClass;
  readonly key: string;
  readonly domainOf: (key: string) => Domain | undefined;
}

/** Says whether a packing needs an order; the counts of the topology must be those that it ended with. */
export function needsOrder(problem: Problem): boolean {
  return problem.topology.groups.some((group) => domainsInNeed(group).length > 0);
}

/** Returns the orders that a packing needs, sorted; the counts of the topology must be those that it ended with. */
export function orderNeeds(packing: Packing): readonly OrderNeed[] {
  if (!needsOrder(packing.problem)) return [];
  const placed = placedPods(packing);
  return packing.problem.topology.groups
    .flatMap((group) => domainsInNeed(group).flatMap((domain) => needOf(packing, { group, domain, placed }) ?? []))
    .slice(0, needsMax);
}

/** Where Pods of a group stand that others keep out if they bind before them. */
function domainsInNeed(group: TopologyGroup): readonly Domain[] {
  const { kind, owners, counts } = group;
  if (kind === "anti-affinity" || owners.size === 0) return [];
  if (kind === "spread") {
    if (!group.required) return [];
    const most = smallestCount(group) + group.maxSkew;
    return [...owners].flatMap(([domain, own]) => (own > 0 && (counts.get(domain) ?? 0) > most ? [domain] : []));
  }
  const isElsewhere = (domain: Domain): boolean => [...counts].some(([other, count]) => other !== domain && count > 0);
  return group.isStartable === true ? [...owners.keys()].filter((domain) => isAloneIn(group, domain) && isElsewhere(domain)) : [];
}

function needOf(
  { problem }: Packing,
  { group, domain, placed }: { readonly group: TopologyGroup; readonly domain: Domain; readonly placed: readonly Placed[] },
): OrderNeed | undefined {
  const isHere = ({ domainOf }: Placed): boolean => domainOf(group.key) === domain;
  const owns = ({ podClass }: Placed): boolean => topologyFor(problem, podClass).owned.includes(group);
  const isCounted = ({ podClass }: Placed): boolean => topologyFor(problem, podClass).counting.includes(group);
  const isSpread = group.kind === "spread";
  const first = placed.filter((pod) => isHere(pod) && owns(pod));
  const then = placed.filter((pod) => isCounted(pod) && !owns(pod) && isHere(pod) === isSpread);
  if (first.length === 0 || then.length === 0) return undefined;
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

function placedPods(packing: Packing): readonly Placed[] {
  const { problem, onExisting } = packing;
  const standing = onExisting.map(({ node, member: { podClass, pending } }): Placed => ({
    ...{ podClass, key: pending.key },
    domainOf: (key) => (key === hostnameLabel ? node.id : node.value(key)),
  }));
  const bought = filledBins(packing).flatMap((bin) =>
    bin.members.map(({ podClass, pending }): Placed => ({
      ...{ podClass, key: pending.key },
      domainOf: (key) => (key === hostnameLabel ? bin.id : decidedValue(problem.states, { state: bin.state, key })),
    })),
  );
  return [...standing, ...bought];
}
