/**
 * Topology: where the spread and (anti-)affinity constraints of all Pods together let one more Pod go.
 *
 * Reads the classes of waiting Pods and the Pods that already run. Returns, for a class, a verdict on a domain, and counts
 * what is placed. A Pod that any required group counts fixes the zone of its node at once, so counts are always exact and
 * no node blocks several zones (Karpenter leaves the zone open and blocks them all).
 *
 * A domain that lets a Pod in, and so that the plan would hold in one order of binding only, is "rude" (courtesy.ts).
 */
import { hostnameLabel } from "../../api/labels.ts";
import { untoleratedTaint } from "../../kube/taint.ts";
import { isRude, markStartable } from "./courtesy.ts";
import { classTopology, type ClassTopology, type PreferredGroup } from "./class-topology.ts";
import { controllerless, type ExistingNode } from "./existing-node.ts";
import type { LabelState, LabelStates } from "./label-state.ts";
import type { PodClass } from "./pod-class.ts";
import type { PoolTemplate } from "./pool-template.ts";
import { countOpen, increment } from "./place-count.ts";
import { unmetUnit } from "./preference.ts";
import {
  antiAffinityPlans,
  groupPlans,
  preferredPlans,
  selects,
  smallestCount,
  type Domain,
  type GroupPlan,
  type NamespaceLabels,
  type SpreadGroup,
  type TopologyGroup,
} from "./topology-group.ts";

export type { ClassTopology };

export type Verdict = "refused" | "rude" | "good";

export interface Topology {
  readonly groups: readonly TopologyGroup[];
  /** True where a spread counts some nodes only, so that counts change when a node to be made changes. */
  readonly hasFilters: boolean;
  /** By class id. */
  readonly classes: readonly ClassTopology[];
}

/** Builds groups and initial counts for one run; a packing that counts must start from its own. */
export function topologyOf(input: {
  readonly classes: readonly PodClass[];
  readonly existing: readonly ExistingNode[];
  readonly templates: readonly PoolTemplate[];
  readonly states: LabelStates;
  readonly namespaces: NamespaceLabels;
}): Topology {
  const registry = groupRegistry();
  // Classes that differ in amounts alone are under the same constraints, and there are many of those.
  const kinds = new Map<string, number>();
  const kindOf = input.classes.map(({ constraints }) => numbered(kinds, constraints));
  const first = firstOfEach(input.classes, kindOf);
  const owned = first.map((podClass) => groupPlans(podClass, input.namespaces).map((plan) => registry.groupOf(plan, podClass)));
  const preferred = first.map((podClass) => preferredGroups(podClass, { registry, namespaces: input.namespaces }));
  const holders = input.existing.flatMap((node) =>
    node.state.pods.flatMap((pod) =>
      antiAffinityPlans(controllerless(pod), input.namespaces).map((plan) => ({ node, group: registry.groupOf(plan) })),
    ),
  );
  for (const { node, group } of holders) increment(group.owners, domainOf(node, group.key));
  for (const { group, owner } of registry.entries()) addDomains({ group, owner, ...input });
  const groups = registry.entries().map(({ group }) => group);
  countRunning(groups, input.existing);
  const hasFilters = groups.some((group) => group.kind === "spread" && !group.admitsAll && group.key !== hostnameLabel);
  const counted = countedGroups(groups);
  const concerned = first.map((podClass, kind) => ({ owned: owned[kind] ?? [], counting: counted(podClass) }));
  markStartable(concerned, { ...input, concerned: (id) => concerned[kindOf[id] ?? 0] });
  const byKind = first.map((podClass, kind) =>
    classTopology({
      ...(concerned[kind] ?? { owned: [], counting: [] }),
      preferred: preferred[kind] ?? [],
      isHard: podClass.preferences === "required",
    }),
  );
  return { groups, hasFilters, classes: kindOf.flatMap((kind) => byKind[kind] ?? []) };
}

function preferredGroups(
  podClass: PodClass,
  { registry, namespaces }: { readonly registry: ReturnType<typeof groupRegistry>; readonly namespaces: NamespaceLabels },
): readonly PreferredGroup[] {
  return preferredPlans(podClass, namespaces).flatMap(({ plan, weight }) => {
    const group = registry.groupOf(plan, podClass);
    return group.kind === "spread" ? [] : [{ group, weight }];
  });
}

/** The first class of each kind; kinds are numbered in the order in which they come. */
function firstOfEach(classes: readonly PodClass[], kindOf: readonly number[]): readonly PodClass[] {
  const first: PodClass[] = [];
  for (const [id, podClass] of classes.entries()) if (kindOf[id] === first.length) first.push(podClass);
  return first;
}

/** The number of a text: one for equal texts, counted from 0 in the order in which they come. */
function numbered(known: Map<string, number>, text: string): number {
  const number = known.get(text) ?? known.size;
  known.set(text, number);
  return number;
}

/** Returns the groups that count Pods with these labels, found once for equal labels. */
function countedGroups(groups: readonly TopologyGroup[]) {
  const known = new Map<string, readonly TopologyGroup[]>();
  return (pod: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }): readonly TopologyGroup[] => {
    const name = `${pod.namespace} ${JSON.stringify(pod.labels)}`;
    const before = known.get(name);
    if (before !== undefined) return before;
    const found = groups.filter((group) => selects(group, pod));
    known.set(name, found);
    return found;
  };
}

/** Says whether a Pod of a class may go to a domain of a label. */
export function verdictOn(topology: ClassTopology, { key, domain }: { readonly key: string; readonly domain: Domain }): Verdict {
  const isHost = key === hostnameLabel;
  const groups = isHost ? topology.host : topology.byKey.get(key);
  if (groups === undefined) return "good";
  for (const { group, self } of groups.spread) {
    const count = group.counts.get(domain) ?? (isHost ? 0 : undefined);
    if (count === undefined || count + self - smallestCount(group) > group.maxSkew) return "refused";
  }
  for (const group of groups.antiAffinity) if ((group.counts.get(domain) ?? 0) > 0) return "refused";
  for (const group of groups.refusedBy) if ((group.owners.get(domain) ?? 0) > 0) return "refused";
  const isStarting = groups.affinity.length > 0 && isStart(topology);
  if (groups.affinity.length > 0 && !isStarting) {
    for (const group of groups.affinity) if ((group.counts.get(domain) ?? 0) === 0) return "refused";
  }
  return isRude(groups, { domain, isStarting }) ? "rude" : "good";
}

/**
 * What is against a domain, the less the better: the weight of preferred Pod (anti-)affinity that it leaves unmet, then how many
 * Pods already count in it, over every spread that the class has or wishes for.
 */
export function crowding(topology: ClassTopology, { key, domain }: { readonly key: string; readonly domain: Domain }): number {
  const groups = key === hostnameLabel ? topology.host : topology.byKey.get(key);
  if (groups === undefined) return 0;
  let total = 0;
  for (const { group } of groups.spread) total += group.counts.get(domain) ?? 0;
  for (const group of groups.wishes) total += group.counts.get(domain) ?? 0;
  for (const group of groups.countedBy) total += group.counts.get(domain) ?? 0;
  for (const { group, weight } of groups.preferred) {
    const count = group.counts.get(domain) ?? 0;
    const isUnmet = group.kind === "affinity" ? count === 0 : count > 0;
    total += (isUnmet ? weight * unmetUnit : 0) + (group.kind === "affinity" ? 0 : count);
  }
  return total;
}

/**
 * Says whether it is all the same to everybody which of these allowed values a node for the Pod has: of those that count it, some only
 * ask that some Pod is there, and one is, in each of them; others keep away from it, and may do so in each of them.
 */
export function isIndifferent(
  { owned, counting, wishedKeys }: ClassTopology,
  { key, domains }: { readonly key: string; readonly domains: readonly Domain[] },
): boolean {
  const isPopulated = (group: TopologyGroup): boolean => domains.every((domain) => (group.counts.get(domain) ?? 0) > 0);
  const isNoMatter = (group: TopologyGroup): boolean =>
    group.key !== key ||
    (group.kind === "affinity" && isPopulated(group)) ||
    (group.kind === "anti-affinity" && !owned.includes(group)) ||
    (group.kind === "spread" && !counting.includes(group));
  return !wishedKeys.includes(key) && owned.every(isNoMatter) && counting.every(isNoMatter);
}

/** Returns a label's value as a group's domain on an existing node: its number for the hostname. */
function domainOf(node: ExistingNode, key: string): Domain | undefined {
  return key === hostnameLabel ? node.id : node.value(key);
}

function isStart(topology: ClassTopology): boolean {
  return topology.mayStart && topology.owned.every((group) => group.kind !== "affinity" || isUnpopulated(group));
}

function isUnpopulated(group: TopologyGroup): boolean {
  for (const count of group.counts.values()) if (count > 0) return false;
  return true;
}

function groupRegistry() {
  const byName = new Map<string, { readonly group: TopologyGroup; readonly owner: PodClass | undefined }>();
  return {
    entries: () => [...byName.values()],
    groupOf: (plan: GroupPlan, owner?: PodClass): TopologyGroup => {
      const known = byName.get(plan.name);
      if (known !== undefined) return known.group;
      const group: TopologyGroup = { ...plan, id: byName.size, counts: new Map(), owners: new Map(), leaning: new Map() };
      byName.set(plan.name, { group, owner });
      return group;
    },
  };
}

/**
 * A zone is a domain of a spread where a node stands that the constraint admits, or where a pool can buy one now. A zone without
 * an available offering is none, else the solver would insist on a dead zone; one where nothing may be bought after all is
 * taken out when Pods wait for it (closed-domains.ts).
 */
function addDomains(input: {
  readonly group: TopologyGroup;
  readonly owner: PodClass | undefined;
  readonly existing: readonly ExistingNode[];
  readonly templates: readonly PoolTemplate[];
  readonly states: LabelStates;
}): void {
  const { group, owner, states } = input;
  if (group.kind !== "spread" || group.key === hostnameLabel || owner === undefined) return;
  const domains = new Set<string>();
  for (const node of input.existing) {
    const value = node.value(group.key);
    if (value !== undefined && group.admits(node.facts, node.allowUndefined)) domains.add(value);
  }
  for (const template of input.templates) {
    const root = states.root(template);
    for (const state of root === undefined ? [] : statesAdmitted(group, { root, owner: owner.strict ?? owner, states })) {
      for (const value of states.valuesOf(state, group.key)) domains.add(value);
    }
  }
  for (const domain of [...domains].sort()) group.counts.set(domain, 0);
}

/** What a pool may buy that the spread would count, though the Pods themselves may not go there. */
function statesAdmitted(
  group: SpreadGroup,
  { root, owner, states }: { readonly root: LabelState; readonly owner: PodClass; readonly states: LabelStates },
): readonly LabelState[] {
  if (group.honorsTaints && untoleratedTaint(root.template.taints, owner.spec.tolerations) !== undefined) return [];
  return group.honorsAffinity ? states.matching(root, owner.ownAlternatives) : [root];
}

function countRunning(groups: readonly TopologyGroup[], existing: readonly ExistingNode[]): void {
  const counted = countedGroups(groups);
  for (const node of existing) {
    for (const pod of node.state.pods) {
      for (const group of counted(controllerless(pod))) {
        if (group.kind === "spread" && group.key !== hostnameLabel && !group.admits(node.facts, node.allowUndefined)) continue;
        const domain = domainOf(node, group.key);
        if (domain === undefined) countOpen(group, node);
        else increment(group.counts, domain);
      }
    }
  }
}
