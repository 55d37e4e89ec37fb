/**
 * Node fit: whether a Pod may run on a Node now, and why not, as kube-scheduler's filters say it.
 *
 * Reads Pods and Nodes as they are. Returns the first filter's sentence, or undefined where the Pod fits. This world keeps its
 * own list of filters and never calls the provisioner's solver: a world that shares the solver would agree with it by definition.
 */
import { hostnameLabel } from "../../api/labels.ts";
import type { LabelSelector } from "../../api/object.ts";
import type { Node } from "../../api/node.ts";
import type { Pod, PodAffinityTerm, TopologySpreadConstraint } from "../../api/pod.ts";
import { podRequests } from "../../kube/pod-requests.ts";
import { runningRequests } from "../../kube/running-requests.ts";
import { podRequirements } from "../../kube/pod-requirements.ts";
import { isTerminating } from "../../kube/pod-state.ts";
import { fromLabels, isCompatible } from "../../kube/requirements.ts";
import { addResources, exceeding, toResources } from "../../kube/resources.ts";
import { matchesSelector } from "../../kube/selector.ts";
import { formatTaint, untoleratedTaint } from "../../kube/taint.ts";
import { domainCounts, globalMinimum, skewAfter } from "../../kube/topology.ts";

/** A Node with the Pods that are bound to it and still hold its resources. */
export interface OccupiedNode {
  readonly node: Node;
  readonly pods: readonly Pod[];
}

/** Says why a Pod can't run on a Node, in kube-scheduler's words; undefined where it can. */
export function unfitReason(pod: Pod, on: OccupiedNode, all: readonly OccupiedNode[]): string | undefined {
  const { node } = on;
  if (node.spec?.unschedulable === true) return "node(s) were unschedulable";
  const taint = untoleratedTaint(node.spec?.taints, pod.spec.tolerations);
  if (taint !== undefined) return `node(s) had untolerated taint {${formatTaint(taint).replace(/:.*$/, "")}}`;
  if (!selects(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  const short = shortOf(pod, on);
  if (short !== undefined) return short;
  if (!spreadAllows(pod, on, all)) return "node(s) didn't match pod topology spread constraints";
  if (!affinityAllows(pod, on, all)) return "node(s) didn't match pod affinity rules";
  if (!antiAffinityAllows(pod, on, all)) return "node(s) didn't match pod anti-affinity rules";
  return undefined;
}

/** How far ScheduleAnyway constraints would be overstepped on a Node: the score's only part, smaller is better. */
export function softSkew(pod: Pod, on: OccupiedNode, all: readonly OccupiedNode[]): number {
  return (pod.spec.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === "ScheduleAnyway")
    .reduce((total, constraint) => total + (skewOn(pod, constraint, { on, all }) ?? 0), 0);
}

function selects(pod: Pod, node: Node): boolean {
  const labels = fromLabels({ ...node.metadata.labels, "metadata.name": node.metadata.name ?? "" });
  return podRequirements(pod.spec).some((alternative) => isCompatible(labels, alternative));
}

function shortOf(pod: Pod, { node, pods }: OccupiedNode): string | undefined {
  const used = addResources(...pods.map(runningRequests));
  const allocatable = toResources(node.status?.allocatable ?? node.status?.capacity);
  const [name] = exceeding(addResources(used, podRequests(pod.spec)), allocatable);
  if (name === undefined) return undefined;
  return name === "pods" ? "Too many pods" : `Insufficient ${name}`;
}

function spreadAllows(pod: Pod, on: OccupiedNode, all: readonly OccupiedNode[]): boolean {
  return (pod.spec.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === "DoNotSchedule")
    .every((constraint) => (skewOn(pod, constraint, { on, all }) ?? Infinity) <= constraint.maxSkew);
}

/** The skew after the Pod came to the Node; undefined where the Node lacks the topology key. */
function skewOn(
  pod: Pod,
  constraint: TopologySpreadConstraint,
  at: { readonly on: OccupiedNode; readonly all: readonly OccupiedNode[] },
): number | undefined {
  const domainOf = ({ node }: OccupiedNode): string | undefined => node.metadata.labels?.[constraint.topologyKey];
  const domain = domainOf(at.on);
  if (domain === undefined) return undefined;
  const eligible = at.all.filter((other) => domainOf(other) !== undefined && countsFor(pod, constraint, other.node));
  const { labelSelector: selector } = constraint;
  const counts = domainCounts({
    domains: eligible.flatMap((other) => domainOf(other) ?? []),
    items: eligible.flatMap((other) => other.pods.map((item) => ({ item, other }))),
    domainOf: ({ item, other }) => (isCounted(pod, item, selector) ? domainOf(other) : undefined),
  });
  return skewAfter({
    count: counts.get(domain) ?? 0,
    selfMatches: matchesSelector(selector, pod.metadata.labels),
    minimum: globalMinimum(counts, constraint.minDomains ?? 1),
  });
}

function isCounted(pod: Pod, other: Pod, selector: LabelSelector | undefined): boolean {
  return other.metadata.namespace === pod.metadata.namespace && !isTerminating(other) && matchesSelector(selector, other.metadata.labels);
}

/** nodeAffinityPolicy (default Honor) and nodeTaintsPolicy (default Ignore) decide which Nodes are counted. */
function countsFor(pod: Pod, constraint: TopologySpreadConstraint, node: Node): boolean {
  if ((constraint.nodeAffinityPolicy ?? "Honor") === "Honor" && !selects(pod, node)) return false;
  return (constraint.nodeTaintsPolicy ?? "Ignore") === "Ignore" || untoleratedTaint(node.spec?.taints, pod.spec.tolerations) === undefined;
}

function affinityAllows(pod: Pod, on: OccupiedNode, all: readonly OccupiedNode[]): boolean {
  const terms = pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.every((term) => {
    if (hasMatch({ term, owner: pod, on, all })) return true;
    // The first Pod of a group that wants to be together starts it.
    const anywhere = all.some((other) => other.pods.some((item) => matchesTerm(term, pod, item)));
    return !anywhere && matchesTerm(term, pod, pod);
  });
}

function antiAffinityAllows(pod: Pod, on: OccupiedNode, all: readonly OccupiedNode[]): boolean {
  const own = pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  if (own.some((term) => hasMatch({ term, owner: pod, on, all }))) return false;
  return !all.some((other) =>
    other.pods.some((item) =>
      (item.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(
        (term) => sharesDomain(term, on, other) && matchesTerm(term, item, pod),
      ),
    ),
  );
}

interface TermAt {
  readonly term: PodAffinityTerm;
  readonly owner: Pod;
  readonly on: OccupiedNode;
  readonly all: readonly OccupiedNode[];
}

function hasMatch({ term, owner, on, all }: TermAt): boolean {
  return all.some((other) => sharesDomain(term, on, other) && other.pods.some((item) => matchesTerm(term, owner, item)));
}

function sharesDomain(term: PodAffinityTerm, a: OccupiedNode, b: OccupiedNode): boolean {
  const domainOf = ({ node }: OccupiedNode): string | undefined =>
    node.metadata.labels?.[term.topologyKey] ?? (term.topologyKey === hostnameLabel ? node.metadata.name : undefined);
  const domain = domainOf(a);
  return domain !== undefined && domain === domainOf(b);
}

function matchesTerm(term: PodAffinityTerm, owner: Pod, other: Pod): boolean {
  const namespaces = term.namespaces ?? (term.namespaceSelector === undefined ? [owner.metadata.namespace] : undefined);
  if (namespaces !== undefined && !namespaces.includes(other.metadata.namespace ?? "")) return false;
  return matchesSelector(term.labelSelector, other.metadata.labels);
}
