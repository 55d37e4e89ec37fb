/**
 * Neighbours: the filters of kube-scheduler that look at all nodes and their Pods, topology spread and Pod affinity.
 *
 * Reads a Pod, the site that it wants, and the whole world. Returns the refusal. Every question is counted anew from the Pods
 * that stand there: no counters, no groups. Only whether one Pod's selector takes another is remembered.
 */
import type { LabelSelector } from "../../../src/api/object.ts";
import type { Pod, PodAffinityTerm, TopologySpreadConstraint } from "../../../src/api/pod.ts";
import { isSelected, untolerated, wantsNode, type Labels } from "./selection.ts";
import { refusalOfSite, type Refusal, type Site } from "./site.ts";

export interface World {
  readonly sites: readonly Site[];
  /** Labels of namespaces, by name. */
  readonly namespaces: ReadonlyMap<string, Labels>;
}

/** Says why kube-scheduler would not bind the Pod to this site of the world now; undefined where it would. */
export function refusal(pod: Pod, site: Site, world: World): Refusal | undefined {
  return refusalOfSite(pod, site) ?? refusalOfSpread(pod, site, world) ?? refusalOfAffinity(pod, site, world);
}

function refusalOfSpread(pod: Pod, site: Site, world: World): Refusal | undefined {
  const constraints = (pod.spec.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule");
  // Nodes that lack the key of any of the constraints count for none of them.
  const sites = world.sites.filter(({ labels }) => constraints.every(({ topologyKey }) => labels[topologyKey] !== undefined));
  for (const constraint of constraints) {
    const says = spreadProblem({ pod, site, sites, constraint });
    if (says !== undefined) return { filter: "PodTopologySpread", says };
  }
  return undefined;
}

function spreadProblem(of: {
  readonly pod: Pod;
  readonly site: Site;
  readonly sites: readonly Site[];
  readonly constraint: TopologySpreadConstraint;
}): string | undefined {
  const { pod, site, constraint } = of;
  const { topologyKey, maxSkew, minDomains = 1 } = constraint;
  const own = site.labels[topologyKey];
  if (own === undefined) return `the node has no label ${topologyKey}`;
  const selector = spreadSelector(constraint, pod);
  const counts = new Map<string, number>();
  for (const one of of.sites.filter((other) => isIncluded(other, pod, constraint))) {
    const domain = one.labels[topologyKey] ?? "";
    counts.set(domain, (counts.get(domain) ?? 0) + countOn(one, pod, selector));
  }
  const least = counts.size < minDomains ? 0 : Math.min(...counts.values());
  const self = isSelected(selector, pod.metadata.labels ?? {}) ? 1 : 0;
  const skew = (counts.get(own) ?? 0) + self - least;
  return skew <= maxSkew
    ? undefined
    : `${topologyKey}=${own} would have a skew of ${skew}, maxSkew ${maxSkew}: ${JSON.stringify([...counts])}`;
}

function isIncluded(site: Site, { spec }: Pod, constraint: TopologySpreadConstraint): boolean {
  const { nodeAffinityPolicy = "Honor", nodeTaintsPolicy = "Ignore" } = constraint;
  if (nodeAffinityPolicy === "Honor" && !wantsNode(spec, site)) return false;
  return nodeTaintsPolicy === "Ignore" || untolerated(spec, site.taints) === undefined;
}

/** Pods that are on their way out do not count, and an empty selector counts nobody. */
function countOn(site: Site, { metadata }: Pod, selector: LabelSelector | undefined): number {
  if (Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length === 0) return 0;
  return site.pods.filter(
    (other) =>
      other.metadata.namespace === metadata.namespace &&
      other.metadata.deletionTimestamp === undefined &&
      isSelected(selector, other.metadata.labels ?? {}),
  ).length;
}

function spreadSelector({ labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint, pod: Pod): LabelSelector | undefined {
  return withKeys(labelSelector, pod.metadata.labels ?? {}, { same: matchLabelKeys, other: [] });
}

function withKeys(
  selector: LabelSelector | undefined,
  labels: Labels,
  keys: { readonly same: readonly string[]; readonly other: readonly string[] },
): LabelSelector | undefined {
  if (selector === undefined) return undefined;
  const expressions = (list: readonly string[], operator: "In" | "NotIn") =>
    list.flatMap((key) => (labels[key] === undefined ? [] : [{ key, operator, values: [labels[key]] }]));
  const added = [...expressions(keys.same, "In"), ...expressions(keys.other, "NotIn")];
  return added.length === 0 ? selector : { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] };
}

function refusalOfAffinity(pod: Pod, site: Site, world: World): Refusal | undefined {
  const says = affinityProblem(pod, site, world) ?? ownAntiAffinityProblem(pod, site, world) ?? othersAntiAffinityProblem(pod, site, world);
  return says === undefined ? undefined : { filter: "InterPodAffinity", says };
}

/** Other Pods count only if they meet all terms; where nobody does, a Pod that meets its own terms may be the first. */
function affinityProblem(pod: Pod, site: Site, world: World): string | undefined {
  const terms = pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  if (terms.length === 0) return undefined;
  if (terms.some(({ topologyKey }) => site.labels[topologyKey] === undefined)) return "the node lacks a topology key of its affinity";
  const meets = (other: Pod) => terms.every((term) => isTaken(term, { owner: pod, other, world }));
  const neighbours = world.sites.flatMap((one) => one.pods.filter(meets).map(() => one));
  const isNear = terms.every(({ topologyKey }) => neighbours.some(({ labels }) => labels[topologyKey] === site.labels[topologyKey]));
  if (isNear) return undefined;
  const isCounted = neighbours.some(({ labels }) => terms.some(({ topologyKey }) => labels[topologyKey] !== undefined));
  return !isCounted && meets(pod) ? undefined : "no Pod that its affinity asks for is in reach";
}

function ownAntiAffinityProblem(pod: Pod, site: Site, world: World): string | undefined {
  for (const term of antiTerms(pod)) {
    const near = podsSharing(term, site, world).find((other) => isTaken(term, { owner: pod, other, world }));
    if (near !== undefined) return `its anti-affinity refuses ${near.metadata.name ?? ""} in the same ${term.topologyKey}`;
  }
  return undefined;
}

function othersAntiAffinityProblem(pod: Pod, site: Site, world: World): string | undefined {
  for (const one of world.sites) {
    for (const other of one.pods) {
      const term = antiTerms(other).find((asked) => sharesDomain(asked, site, one) && isTaken(asked, { owner: other, other: pod, world }));
      if (term !== undefined) return `the anti-affinity of ${other.metadata.name ?? ""} refuses it in the same ${term.topologyKey}`;
    }
  }
  return undefined;
}

function antiTerms({ spec }: Pod): readonly PodAffinityTerm[] {
  return spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
}

function podsSharing(term: PodAffinityTerm, site: Site, world: World): readonly Pod[] {
  return world.sites.filter((one) => sharesDomain(term, site, one)).flatMap(({ pods }) => pods);
}

function sharesDomain({ topologyKey }: PodAffinityTerm, a: Site, b: Site): boolean {
  return a.labels[topologyKey] !== undefined && a.labels[topologyKey] === b.labels[topologyKey];
}

/** Says whether a term of the owner's is about another Pod: its namespace and its labels. */
function isTaken(
  term: PodAffinityTerm,
  { owner, other, world }: { readonly owner: Pod; readonly other: Pod; readonly world: World },
): boolean {
  const { namespaces = [], namespaceSelector, labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  const namespace = other.metadata.namespace ?? "";
  const isOwn = namespaces.length === 0 && namespaceSelector === undefined && namespace === owner.metadata.namespace;
  if (!isOwn && !namespaces.includes(namespace) && !isSelected(namespaceSelector, world.namespaces.get(namespace) ?? {})) return false;
  const selector = withKeys(labelSelector, owner.metadata.labels ?? {}, { same: matchLabelKeys, other: mismatchLabelKeys });
  return isSelected(selector, other.metadata.labels ?? {});
}
