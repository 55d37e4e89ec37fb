/**
 * Closed domains: zones and hosts that spread waits for in vain are no domains.
 *
 * Reads a packing in which some Pods find no place. At first every zone that could be bought counts as a domain of spread, so that
 * Pods are spread over all of them; but limits or sizes may forbid to buy there, and kube-scheduler only knows zones with nodes. So
 * what has no node when nothing more can be placed is taken out, and nothing may be bought there from then on. In the same way
 * a new host, which would be empty, is waited for at first; once none may come, the hosts that are there count alone.
 */
import { capacityTypeLabel, hostnameLabel, zoneLabel } from "../../api/labels.ts";
import { has } from "../../kube/requirement.ts";
import { intersection, requirementsOf } from "../../kube/requirements.ts";
import { commitTo, type Bin } from "./bin.ts";
import type { ExistingNode } from "./existing-node.ts";
import { hasMinValues } from "./min-values.ts";
import { binPlace, decidedValue, filledBins, noteChange, topologyFor, type Packing } from "./packing.ts";
import { addDomainsOf, recordAt } from "./place-count.ts";
import type { PodClass } from "./pod-class.ts";
import { smallestCount, type Domain, type SpreadGroup, type TopologyGroup } from "./topology-group.ts";

/** Takes out domains that Pods under these spreads wait for in vain. Returns the way back, or undefined where there were none. */
export function closeDomains(packing: Packing, groups: readonly SpreadGroup[]): Undo | undefined {
  const { closed } = packing;
  const zonal = groups.filter(({ key }) => key !== hostnameLabel).flatMap((group) => closeZones(packing, group) ?? []);
  const hosts = groups.filter(({ key }) => key === hostnameLabel);
  const undo = zonal.length > 0 ? zonal : hosts.flatMap((group) => closeHosts(packing, group) ?? []);
  if (undo.length === 0) return undefined;
  return () => {
    for (const one of undo) one();
    packing.closed = closed;
  };
}

/** Returns the spreads that classes must keep, each once. */
export function requiredSpreads({ problem }: Packing, classes: readonly PodClass[]): readonly SpreadGroup[] {
  return [...new Set(classes.flatMap((podClass) => topologyFor(problem, podClass).owned.filter(isRequiredSpread)))];
}

type Undo = () => void;

function isRequiredSpread(group: TopologyGroup): group is SpreadGroup {
  return group.kind === "spread" && group.required;
}

function closeZones(packing: Packing, group: SpreadGroup): Undo | undefined {
  const { key, counts } = group;
  const standing = packing.problem.existing.filter((node) => group.admits(node.facts, node.allowUndefined));
  const isThere = (domain: Domain) => standing.some((node) => mayBe(node, { key, domain }));
  const idle = [...counts].filter(([domain, count]) => count === 0 && !isThere(domain)).map(([domain]) => String(domain));
  if (idle.length === 0) return undefined;
  settle(packing, { group, keys: [key] });
  const bought = new Set(
    filledBins(packing).flatMap((bin) => {
      const place = binPlace(packing, bin);
      const domain = place.value(key);
      // One that is still undecided may become any of them.
      return domain === undefined ? packing.problem.states.valuesOf(bin.state, key) : place.counts(group) ? [domain] : [];
    }),
  );
  const closed = idle.filter((domain) => !bought.has(domain)).sort();
  // With fewer than minDomains, or with none at all, nothing would be any fuller than the emptiest may be.
  if (closed.length === 0 || counts.size - closed.length < group.minDomains) return undefined;
  for (const domain of closed) counts.delete(domain);
  packing.closed = {
    ...packing.closed,
    requirements: intersection(packing.closed.requirements, requirementsOf([{ key, operator: "NotIn", values: closed }])),
  };
  return () => {
    for (const domain of closed) counts.set(domain, counts.get(domain) ?? 0);
  };
}

/** Only worth it where no host is empty. */
function closeHosts(packing: Packing, group: SpreadGroup): Undo | undefined {
  if (group.hosts !== undefined) return undefined;
  const standing = packing.problem.existing.filter((node) => group.admits(node.facts, node.allowUndefined)).map(({ id }) => id);
  const bought = filledBins(packing).filter((bin) => binPlace(packing, bin).counts(group));
  group.hosts = [...standing, ...bought.map(({ id }) => id)];
  if (smallestCount(group) === 0) {
    group.hosts = undefined;
    return undefined;
  }
  settle(packing, { group, keys: [] });
  packing.closed = { ...packing.closed, hosts: true };
  return () => {
    group.hosts = undefined;
  };
}

function mayBe(node: ExistingNode, { key, domain }: { readonly key: string; readonly domain: Domain }): boolean {
  const decided = node.value(key);
  if (decided !== undefined) return decided === domain;
  const requirement = node.facts.requirements.get(key);
  return requirement === undefined ? node.allowUndefined.has(key) : has(requirement, String(domain));
}

/** What a launch decides, where nothing else has. */
const launchKeys = [zoneLabel, capacityTypeLabel];

/** Fixes these labels of all nodes to be bought, and where the spread counts some kinds of nodes only also what would make a node one of those. */
function settle(packing: Packing, { group, keys }: { readonly group: SpreadGroup; readonly keys: readonly string[] }): void {
  const all = group.admitsAll ? keys : [...new Set([...keys, ...launchKeys])];
  for (const bin of filledBins(packing)) for (const key of all) decide(packing, { bin, key });
}

/** Fixes a label of a node to be bought at what it would be launched with first, so that it makes no other domain. */
function decide(packing: Packing, { bin, key }: { readonly bin: Bin; readonly key: string }): void {
  const { states, topology } = packing.problem;
  if (decidedValue(states, { state: bin.state, key }) !== undefined) return;
  const [cheapest] = bin.committed.offerings;
  const first = key === zoneLabel ? cheapest?.zone : key === capacityTypeLabel ? cheapest?.capacityType : undefined;
  for (const value of first === undefined ? states.valuesOf(bin.state, key) : [first]) {
    const state = states.withValue(bin.state, key, value);
    const index = state?.positions.get(bin.committed.type);
    const candidate = index === undefined ? undefined : state?.candidates[index];
    if (state === undefined || index === undefined || candidate === undefined) continue;
    const { kept } = bin;
    if (kept !== undefined && [...kept.types].some((type) => !state.positions.has(type))) continue;
    if (!hasMinValues(state, { used: bin.used, added: bin.used.map(() => 0) })) continue;
    for (const { podClass } of bin.members) recordAt(topologyFor(packing.problem, podClass), binPlace(packing, bin), -1);
    bin.state = state;
    commitTo(bin, { state, index, candidate, addedPrice: 0, kept });
    noteChange(packing, bin);
    const place = binPlace(packing, bin);
    addDomainsOf(topology, place);
    for (const { podClass } of bin.members) recordAt(topologyFor(packing.problem, podClass), place);
    return;
  }
}
