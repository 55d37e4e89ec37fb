/**
 * TopologyGroup: one constraint over domains (zones, hosts), and how many Pods count in each.
 *
 * Reads topology spread constraints and required Pod (anti-)affinity terms. Returns groups; Pods whose constraints are the
 * same share one. The counts change while the solver places Pods; everything else is fixed. Domains are label values, or
 * the number of a node where the label is kubernetes.io/hostname.
 */
import { capacityTypeLabel, hostnameLabel, zoneLabel } from "../../api/labels.ts";
import type { LabelSelector, LabelSelectorRequirement } from "../../api/object.ts";
import type { PodAffinityTerm, PodSpec, Taint, TopologySpreadConstraint } from "../../api/pod.ts";
import { isCompatible, type Requirements } from "../../kube/requirements.ts";
import { matchesSelector, type Labels } from "../../kube/selector.ts";
import { untoleratedTaint } from "../../kube/taint.ts";
import type { PodClass } from "./pod-class.ts";
import { preferredPods } from "./preference.ts";

export type Domain = string | number;

/** Which Pods a constraint is about. */
interface Selection {
  readonly namespaces: ReadonlySet<string>;
  readonly selector: LabelSelector | undefined;
}

interface GroupFacts {
  readonly id: number;
  readonly key: string;
  /** A Pod counts if all of these take it: several only where a Pod's affinity has several terms. */
  readonly selections: readonly Selection[];
  /** Pods that the selector matches, by domain. */
  readonly counts: Map<Domain, number>;
  /** Pods that have this constraint, by domain. */
  readonly owners: Map<Domain, number>;
  /** Pods to be placed that the selector matches and that may have to wait for others, by domain; kept for affinity that may begin anywhere. */
  readonly leaning: Map<Domain, number>;
}

export interface SpreadGroup extends GroupFacts {
  readonly kind: "spread";
  readonly maxSkew: number;
  readonly minDomains: number;
  /** False for ScheduleAnyway: a wish. */
  readonly required: boolean;
  /** Says whether Pods on such a node count, and whether its domain does (nodeAffinityPolicy, nodeTaintsPolicy). */
  readonly admits: NodeFilter;
  /** True where every node counts, so that nobody needs to ask. */
  readonly admitsAll: boolean;
  /** What a launch decides of whether a node counts: those of the zone and the capacity type that the Pod's node affinity names. */
  readonly launchKeys: readonly string[];
  /** False where nodes count whatever node affinity the Pod has. */
  readonly honorsAffinity: boolean;
  /** False where nodes count whatever taints they have. */
  readonly honorsTaints: boolean;
  /** Over the hostname: the hosts that count, once no new one may come; a new one would be empty. */
  hosts?: readonly Domain[] | undefined;
}

export interface AffinityGroup extends GroupFacts {
  readonly kind: "affinity" | "anti-affinity";
  /** True for a preferred term: it counts Pods, and never speaks for those that it counts. */
  readonly isPreferred?: true;
  /** True where Pods that wait may be the first of it. */
  isStartable?: true;
  /** Where the first of it should be; absent: anywhere. */
  anchors?: ReadonlySet<Domain> | undefined;
}

export type TopologyGroup = SpreadGroup | AffinityGroup;

export interface NodeFacts {
  readonly requirements: Requirements;
  readonly taints: readonly Taint[];
}

type NodeFilter = (node: NodeFacts, allowUndefined?: ReadonlySet<string>) => boolean;

/** What a group is before it has a number and counts; equal names mean equal groups. */
export type GroupPlan =
  | (Omit<SpreadGroup, "id" | "counts" | "owners" | "leaning"> & { readonly name: string })
  | (Omit<AffinityGroup, "id" | "counts" | "owners" | "leaning"> & { readonly name: string });

/** Label of each namespace by name, for namespaceSelector. */
export type NamespaceLabels = ReadonlyMap<string, Labels>;

/** Returns the groups that a class of Pods is under, in the order of its constraints. */
export function groupPlans(podClass: PodClass, namespaces: NamespaceLabels): readonly GroupPlan[] {
  const { affinity, topologySpreadConstraints = [] } = podClass.spec;
  const together = affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const isHeeded = ({ whenUnsatisfiable }: TopologySpreadConstraint): boolean =>
    whenUnsatisfiable === "DoNotSchedule" || podClass.preferences !== "ignored";
  return [
    ...topologySpreadConstraints.filter(isHeeded).map((constraint) => spreadPlan(podClass, constraint)),
    ...affinityPlans({ owner: podClass, terms: together, namespaces }),
    ...antiAffinityPlans(podClass, namespaces),
  ];
}

/** Returns the groups of preferred Pod (anti-)affinity of a class with the weights of their terms, where they are heeded. */
export function preferredPlans(
  podClass: PodClass,
  namespaces: NamespaceLabels,
): readonly { readonly plan: GroupPlan; readonly weight: number }[] {
  if (podClass.preferences === "ignored") return [];
  return preferredPods(podClass.spec).map(({ kind, weight, podAffinityTerm: term }) => {
    const { topologyKey: key } = term;
    const selections = [selectionOf({ owner: podClass, term, namespaces })];
    return { plan: { kind, name: `preferred ${nameOf(kind, key, selections)}`, key, selections, isPreferred: true }, weight };
  });
}

/** Returns only the required anti-affinity of Pods: what those that already run hold against others. */
export function antiAffinityPlans(
  owner: Pick<PodClass, "spec" | "labels" | "namespace">,
  namespaces: NamespaceLabels,
): readonly GroupPlan[] {
  const apart = owner.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return apart.map((term) => {
    const selections = [selectionOf({ owner, term, namespaces })];
    return { kind: "anti-affinity", name: nameOf("anti-affinity", term.topologyKey, selections), key: term.topologyKey, selections };
  });
}

/** Says whether a group counts Pods with these labels in this namespace. */
export function selects(group: TopologyGroup | GroupPlan, pod: { readonly namespace: string; readonly labels: Labels }): boolean {
  return group.selections.every(({ namespaces, selector }) => namespaces.has(pod.namespace) && matchesSelector(selector, pod.labels));
}

/** The fewest Pods in any domain that counts; 0 while there are fewer domains than minDomains asks for. */
export function smallestCount(group: SpreadGroup): number {
  if (group.key === hostnameLabel) return smallestOnHosts(group);
  if (group.counts.size < group.minDomains) return 0;
  let smallest = Infinity;
  for (const count of group.counts.values()) smallest = Math.min(smallest, count);
  return smallest === Infinity ? 0 : smallest;
}

function smallestOnHosts({ hosts, counts, minDomains }: SpreadGroup): number {
  if (hosts === undefined || hosts.length === 0 || hosts.length < minDomains) return 0;
  let smallest = Infinity;
  for (const host of hosts) smallest = Math.min(smallest, counts.get(host) ?? 0);
  return smallest;
}

function spreadPlan(owner: PodClass, constraint: TopologySpreadConstraint): GroupPlan {
  const { nodeAffinityPolicy = "Honor", nodeTaintsPolicy = "Ignore", maxSkew, topologyKey, minDomains = 1 } = constraint;
  const { ownAlternatives: alternatives, spec } = owner.strict ?? owner;
  const { tolerations } = spec;
  const selector = withLabelKeys({ selector: constraint.labelSelector, labels: owner.labels, match: constraint.matchLabelKeys });
  const required = constraint.whenUnsatisfiable === "DoNotSchedule";
  const filter = [nodeAffinityPolicy === "Honor" ? nodeSide(spec) : "", nodeTaintsPolicy === "Honor" ? tolerations : ""];
  return {
    kind: "spread",
    name: JSON.stringify(["spread", topologyKey, owner.namespace, selector, maxSkew, minDomains, required, filter]),
    key: topologyKey,
    selections: [{ namespaces: new Set([owner.namespace]), selector }],
    maxSkew,
    minDomains,
    required,
    launchKeys:
      nodeAffinityPolicy === "Honor" ? [capacityTypeLabel, zoneLabel].filter((name) => alternatives.some((one) => one.has(name))) : [],
    honorsAffinity: nodeAffinityPolicy === "Honor",
    honorsTaints: nodeTaintsPolicy === "Honor",
    admitsAll: nodeTaintsPolicy === "Ignore" && (nodeAffinityPolicy === "Ignore" || alternatives.some((one) => one.size === 0)),
    admits: ({ requirements, taints }, allowUndefined) =>
      (nodeAffinityPolicy === "Ignore" || alternatives.some((one) => isCompatible(requirements, one, allowUndefined))) &&
      (nodeTaintsPolicy === "Ignore" || untoleratedTaint(taints, tolerations) === undefined),
  };
}

function nodeSide(spec: PodSpec): unknown {
  return [spec.nodeSelector, spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution];
}

/** Only Pods that meet all terms count, for each label that any of the terms is about (InterPodAffinity of kube-scheduler). */
function affinityPlans(input: {
  readonly owner: PodClass;
  readonly terms: readonly PodAffinityTerm[];
  readonly namespaces: NamespaceLabels;
}): readonly GroupPlan[] {
  const selections = input.terms.map((term) => selectionOf({ ...input, term }));
  const keys = [...new Set(input.terms.map(({ topologyKey }) => topologyKey))];
  return keys.map((key) => ({ kind: "affinity", name: nameOf("affinity", key, selections), key, selections }));
}

interface TermOf {
  readonly owner: Pick<PodClass, "labels" | "namespace">;
  readonly term: PodAffinityTerm;
  readonly namespaces: NamespaceLabels;
}

function selectionOf(input: TermOf): Selection {
  const { owner, term } = input;
  const { labelSelector: selector, matchLabelKeys: match, mismatchLabelKeys: mismatch } = term;
  return { namespaces: namespacesOf(input), selector: withLabelKeys({ selector, labels: owner.labels, match, mismatch }) };
}

function nameOf(kind: AffinityGroup["kind"], key: string, selections: readonly Selection[]): string {
  const told = selections.map(({ namespaces, selector }) => JSON.stringify([[...namespaces].sort(), selector]));
  return JSON.stringify([kind, key, told.sort()]);
}

/** The listed namespaces and those that the selector matches; the Pod's own where neither is given. */
function namespacesOf(input: TermOf): ReadonlySet<string> {
  const { namespaces: listed = [], namespaceSelector } = input.term;
  if (listed.length === 0 && namespaceSelector === undefined) return new Set([input.owner.namespace]);
  const matched = [...input.namespaces].filter(([, labels]) => matchesSelector(namespaceSelector, labels)).map(([name]) => name);
  return new Set([...listed, ...matched]);
}

/** matchLabelKeys and mismatchLabelKeys stand for expressions with the Pod's own values; keys that it lacks are ignored. */
function withLabelKeys(input: {
  readonly selector: LabelSelector | undefined;
  readonly labels: Labels;
  readonly match: readonly string[] | undefined;
  readonly mismatch?: readonly string[] | undefined;
}): LabelSelector | undefined {
  const { selector, labels } = input;
  const expressions = [
    ...expressionsOf(labels, { keys: input.match, operator: "In" }),
    ...expressionsOf(labels, { keys: input.mismatch, operator: "NotIn" }),
  ];
  if (selector === undefined || expressions.length === 0) return selector;
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...expressions] };
}

function expressionsOf(
  labels: Labels,
  { keys = [], operator }: { readonly keys: readonly string[] | undefined; readonly operator: "In" | "NotIn" },
): readonly LabelSelectorRequirement[] {
  return keys.flatMap((key) => {
    const value = labels[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
}
