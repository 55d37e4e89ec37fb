/**
 * Orders of binding: whether Pods could bind one after the other to the nodes that they were planned for.
 *
 * Reads nodes with their planned Pods. Returns the Pods that no order tried gets bound. Each question is kube-scheduler's:
 * may this Pod bind to this node now, given those that already have?
 */
import { hostnameLabel } from "../../../src/api/labels.ts";
import type { LabelSelector } from "../../../src/api/object.ts";
import type { Pod, PodAffinityTerm, TopologySpreadConstraint } from "../../../src/api/pod.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { isMet, isTolerated, matchesNode, type Labels, type StandingNode } from "./standing-node.ts";

interface Placed {
  readonly pod: Pod;
  readonly node: StandingNode;
}

/** Binds planned Pods one by one, in many orders; carefully only where carelessly never works, for that is slow. */
export function stuckPods(input: SolveInput, nodes: readonly StandingNode[]): readonly Pod[] {
  const planned = nodes.flatMap((node) => node.planned.map((pod): Placed => ({ pod, node })));
  let fewest: readonly Pod[] = planned.map(({ pod }) => pod);
  for (const careful of [false, true]) {
    for (const order of shuffles(planned)) {
      const left = bindInOrder(input, { order, nodes, careful });
      if (left.length < fewest.length) fewest = left;
      if (left.length === 0) return [];
    }
  }
  return fewest;
}

/** Binds the first Pod that may; carefully, the first that takes away no other Pod's chance, if there is one. */
function bindInOrder(
  input: SolveInput,
  { order, nodes, careful }: { order: readonly Placed[]; nodes: readonly StandingNode[]; careful: boolean },
): readonly Pod[] {
  const placed: Placed[] = nodes.flatMap((node) => node.bound.map((pod) => ({ pod, node })));
  let waiting = order;
  for (;;) {
    const may = (one: Placed, after: readonly Placed[]) => isLegal(input, { ...one, placed: after, nodes });
    const legal = careful ? waiting.filter((one) => may(one, placed)) : firstOf(waiting, (one) => may(one, placed));
    const harmless = careful ? legal.find((one) => legal.every((other) => other === one || may(other, [...placed, one]))) : undefined;
    const next = harmless ?? legal[0];
    if (next === undefined) return waiting.map(({ pod }) => pod);
    placed.push(next);
    waiting = waiting.filter((one) => one !== next);
  }
}

function firstOf(list: readonly Placed[], may: (one: Placed) => boolean): readonly Placed[] {
  const found = list.find(may);
  return found === undefined ? [] : [found];
}

const shufflesMax = 40;

/** Many orders, the same ones each time. */
function* shuffles(planned: readonly Placed[]): Generator<readonly Placed[]> {
  let state = 1;
  for (let round = 0; round < shufflesMax; round += 1) {
    yield planned
      .map((one) => {
        state = (state * 48271) % 2147483647;
        return { one, rank: state };
      })
      .sort((a, b) => a.rank - b.rank)
      .map(({ one }) => one);
  }
}

interface Binding {
  readonly pod: Pod;
  readonly node: StandingNode;
  readonly placed: readonly Placed[];
  readonly nodes: readonly StandingNode[];
  /** Another host could always be added, so the emptiest host has no Pods (as Karpenter counts). */
  readonly growing?: boolean;
}

/** kube-scheduler's question: may this Pod bind to this node now? */
export function isLegal(input: SolveInput, at: Binding): boolean {
  const { pod, node, placed } = at;
  const { affinity, topologySpreadConstraints = [] } = pod.spec;
  const apart = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const together = affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const sharing = (key: string) => placed.filter((other) => node.labels[key] !== undefined && other.node.labels[key] === node.labels[key]);
  if (apart.some((term) => sharing(term.topologyKey).some((other) => counts(input, { term, owner: pod, other: other.pod })))) return false;
  const refused = placed.some((other) =>
    (other.pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(
      (term) =>
        counts(input, { term, owner: other.pod, other: pod }) &&
        node.labels[term.topologyKey] !== undefined &&
        other.node.labels[term.topologyKey] === node.labels[term.topologyKey],
    ),
  );
  if (refused) return false;
  const isFirst = together.every(
    (term) =>
      counts(input, { term, owner: pod, other: pod }) &&
      !placed.some((other) => other.node.labels[term.topologyKey] !== undefined && counts(input, { term, owner: pod, other: other.pod })),
  );
  if (together.some((term) => node.labels[term.topologyKey] === undefined)) return false;
  if (
    !isFirst &&
    together.some((term) => !sharing(term.topologyKey).some((other) => counts(input, { term, owner: pod, other: other.pod })))
  )
    return false;
  return topologySpreadConstraints.every(
    (constraint) => constraint.whenUnsatisfiable === "ScheduleAnyway" || isSpread({ ...at, constraint }),
  );
}

function isSpread({ pod, node, placed, nodes, growing, constraint }: Binding & { constraint: TopologySpreadConstraint }): boolean {
  const { topologyKey: key, maxSkew, minDomains = 1, nodeAffinityPolicy = "Honor", nodeTaintsPolicy = "Ignore" } = constraint;
  const own = node.labels[key];
  if (own === undefined) return false;
  const hasJoined = (one: StandingNode) => !one.isNew || one === node || growing === true || placed.some((other) => other.node === one);
  const eligible = nodes.filter(
    (one) =>
      hasJoined(one) &&
      one.labels[key] !== undefined &&
      (nodeAffinityPolicy === "Ignore" || matchesNode(pod.spec, one.labels)) &&
      (nodeTaintsPolicy === "Ignore" || one.taints.every((taint) => taint.effect === "PreferNoSchedule" || isTolerated(pod.spec, taint))),
  );
  const matches = (other: Pod) =>
    other.metadata.namespace === pod.metadata.namespace &&
    selected(constraint.labelSelector, { pod, other, keys: constraint.matchLabelKeys ?? [] });
  const countIn = (domain: string) =>
    placed.filter((other) => eligible.includes(other.node) && other.node.labels[key] === domain && matches(other.pod)).length;
  const domains = [...new Set(eligible.map((one) => one.labels[key]!))];
  const isFromNone = domains.length < minDomains || (growing === true && key === hostnameLabel);
  const least = isFromNone ? 0 : Math.min(...domains.map(countIn));
  return countIn(own) + (matches(pod) ? 1 : 0) - least <= maxSkew;
}

function counts(input: SolveInput, { term, owner, other }: { term: PodAffinityTerm; owner: Pod; other: Pod }): boolean {
  const { namespaces = [], namespaceSelector } = term;
  const namespace = other.metadata.namespace ?? "";
  const own = namespaces.length === 0 && namespaceSelector === undefined && namespace === owner.metadata.namespace;
  const chosen = namespaceSelector !== undefined && matchesLabels(namespaceSelector, input.namespaces.get(namespace) ?? {});
  return (
    (own || namespaces.includes(namespace) || chosen) &&
    selected(term.labelSelector, { pod: owner, other, keys: term.matchLabelKeys ?? [] })
  );
}

function selected(selector: LabelSelector | undefined, { pod, other, keys }: { pod: Pod; other: Pod; keys: readonly string[] }): boolean {
  if (selector === undefined || !matchesLabels(selector, other.metadata.labels ?? {})) return false;
  return keys.every((key) => pod.metadata.labels?.[key] === undefined || pod.metadata.labels[key] === other.metadata.labels?.[key]);
}

function matchesLabels({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) && matchExpressions.every((one) => isMet(one, labels));
}

export function nameOf(pod: Pod): string {
  return `${pod.metadata.namespace ?? ""}/${pod.metadata.name ?? ""}`;
}
