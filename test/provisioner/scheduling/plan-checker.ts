/**
 * The dumb twin of the solver: says what is wrong with a plan, by reading every constraint literally.
 *
 * Reads the input and the answer of solve. Returns sentences; none means that the plan is legal. It shares nothing with
 * the solver but shapes and Pod requests: no classes, no requirement algebra, no counters kept up to date. Topology is
 * checked as kube-scheduler would: there must be an order in which every Pod may bind to the node it was planned for.
 */
import type { InstanceType } from "../../../src/api/instance-type.ts";
import { capacityTypeLabel, hostnameLabel, nodePoolLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { LabelSelector, Resources } from "../../../src/api/object.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { NodeSelectorRequirement, Pod, PodAffinityTerm, PodSpec, Taint, TopologySpreadConstraint } from "../../../src/api/pod.ts";
import { podRequests } from "../../../src/kube/pod-requests.ts";
import { toResources } from "../../../src/kube/resources.ts";
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";

type Labels = Readonly<Record<string, string>>;

/** A node as it would stand once everything has joined. */
export interface StandingNode {
  readonly name: string;
  readonly labels: Labels;
  readonly taints: readonly Taint[];
  readonly allocatable: Resources;
  readonly accepting: boolean;
  /** A new node joins when its first Pod binds, and only then is its zone a domain. */
  readonly isNew: boolean;
  readonly bound: readonly Pod[];
  readonly planned: readonly Pod[];
}

/** Returns everything that is wrong with a plan. */
export function faultsOf(input: SolveInput, results: SchedulingResults): readonly string[] {
  const nodes = standingNodes(input, results);
  const faults = [...accountFaults(input, results), ...typeFaults(input, results), ...limitFaults(input, results), ...priceFaults(results)];
  for (const node of nodes) {
    for (const pod of node.planned) {
      const fault = fitFault(pod, node);
      if (fault !== undefined) faults.push(`${nameOf(pod)} on ${node.name}: ${fault}`);
    }
    if (!holdsAll(input, node)) faults.push(`${node.name} is too small`);
  }
  const stuck = stuckPods(input, nodes);
  if (stuck.length > 0) faults.push(`no order of binding places ${stuck.map(nameOf).join(", ")}`);
  return [...faults, ...leftOutFaults(input, { results, nodes })];
}

/** Every Pod stands in the answer exactly once, and nothing else does. */
function accountFaults(input: SolveInput, results: SchedulingResults): string[] {
  const seen = [
    ...results.newNodes.flatMap(({ pods }) => pods),
    ...results.existing.flatMap(({ pods }) => pods),
    ...results.unschedulable.map(({ pod }) => pod),
  ].map(({ key }) => key);
  const wanted = input.pods.map(({ key }) => key);
  const sum = results.newNodes.reduce((total, { pricePerHour }) => total + pricePerHour, 0);
  return [
    ...(seen.sort().join() === wanted.sort().join() ? [] : [`Pods in the answer: ${seen.join()}; asked: ${wanted.join()}`]),
    ...(Math.abs(sum - results.pricePerHour) < 1e-9 ? [] : ["the price is not the sum of the nodes' prices"]),
    ...results.unschedulable.filter(({ reasons }) => reasons.length === 0).map(({ pod }) => `${pod.key} has no reason`),
    ...results.newNodes.filter(({ pods }) => pods.length === 0).map(() => "a new node without Pods"),
  ];
}

/** Every type that a claim may become holds its Pods and has an offering that the claim allows. */
function typeFaults(input: SolveInput, results: SchedulingResults): string[] {
  const faults: string[] = [];
  for (const [index, planned] of results.newNodes.entries()) {
    for (const type of planned.instanceTypes) {
      const offered = type.offerings.filter((offering) => offering.available && allows(planned.requirements, offering));
      if (offered.length === 0) faults.push(`new-${index} names ${type.name}, which is not offered`);
      for (const offering of offered) {
        const node = futureNode({ input, planned, type, offering, name: `new-${index}` });
        for (const pod of node.planned) {
          const fault = fitFault(pod, node);
          if (fault !== undefined) faults.push(`${nameOf(pod)} on new-${index} as ${type.name} in ${offering.zone}: ${fault}`);
        }
        if (!holdsAll(input, node)) faults.push(`new-${index} is too small as ${type.name}`);
      }
    }
  }
  return faults;
}

/** Whatever type each claim becomes, no pool exceeds its limits. */
function limitFaults(input: SolveInput, results: SchedulingResults): string[] {
  return input.nodePools.flatMap((pool) => {
    const limits = toResources(pool.spec.limits);
    const claims = results.newNodes.filter(({ nodePool }) => nodePool.metadata.name === pool.metadata.name);
    if (claims.length === 0) return [];
    return Object.keys(limits).flatMap((name) => {
      const worst = claims.map(({ instanceTypes }) =>
        Math.max(...instanceTypes.map((type) => (name === "nodes" ? 1 : (type.capacity[name] ?? 0)))),
      );
      const standing = input.nodes
        .filter(({ nodePool }) => nodePool === pool.metadata.name)
        .map(({ capacity }) => (name === "nodes" ? 1 : (capacity[name] ?? 0)));
      const total = [...worst, ...standing].reduce((sum, amount) => sum + amount, 0);
      return total > (limits[name] ?? 0) ? [`pool ${pool.metadata.name ?? ""} may reach ${total} ${name}, limit ${limits[name] ?? 0}`] : [];
    });
  });
}

function priceFaults({ newNodes }: SchedulingResults): string[] {
  return newNodes.flatMap(({ instanceTypes, requirements, pricePerHour, instanceType, zone, capacityType }, index) => {
    const prices = instanceTypes.map((type) =>
      Math.min(...type.offerings.filter((one) => one.available && allows(requirements, one)).map((one) => one.pricePerHour)),
    );
    const chosen = instanceTypes
      .find(({ name }) => name === instanceType)
      ?.offerings.find((one) => one.zone === zone && one.capacityType === capacityType);
    return [
      ...(Math.min(...prices) === pricePerHour ? [] : [`new-${index} costs ${pricePerHour}, its cheapest type ${Math.min(...prices)}`]),
      ...(chosen?.available === true && chosen.pricePerHour === pricePerHour ? [] : [`new-${index} names an offering of another price`]),
      ...(prices.every((price, at) => at === 0 || price >= (prices[at - 1] ?? 0))
        ? []
        : [`the types of new-${index} are not cheapest first`]),
    ];
  });
}

/**
 * A Pod without a place must really fit nowhere: neither on a node of the plan nor on one more. Zones that could be bought
 * count as domains, whatever limits say: the solver would rather wait than put too many Pods into the zones there are.
 */
function leftOutFaults(input: SolveInput, { results, nodes }: { results: SchedulingResults; nodes: readonly StandingNode[] }): string[] {
  const possible = freshNodes({ ...input, nodePools: input.nodePools.map(withoutLimits) }, results);
  const all = [...nodes, ...possible];
  return results.unschedulable.flatMap(({ pod: { key, pod } }) => {
    const room = nodes.find((node) => couldBind(input, { pod, node, nodes: all }));
    if (room !== undefined) return [`${key} has no place, but ${room.name} takes it`];
    const more = freshNodes(input, results).find((node) => couldBind(input, { pod, node, nodes: [...all, node] }));
    return more === undefined ? [] : [`${key} has no place, but one more node takes it: ${JSON.stringify(more.labels)}`];
  });
}

function withoutLimits(pool: NodePool): NodePool {
  const { limits: _, ...spec } = pool.spec;
  return { ...pool, spec };
}

function couldBind(input: SolveInput, { pod, node, nodes }: { pod: Pod; node: StandingNode; nodes: readonly StandingNode[] }): boolean {
  if (!node.accepting || fitFault(pod, node) !== undefined) return false;
  if (!holdsAll(input, { ...node, planned: [...node.planned, pod] })) return false;
  const placed = nodes.flatMap((one) => [...one.bound, ...one.planned].map((other) => ({ pod: other, node: one })));
  return isLegal(input, { pod, node, placed, nodes, growing: true });
}

/** One empty node for each pool, type and offering that its limits still allow. */
function freshNodes(input: SolveInput, results: SchedulingResults): readonly StandingNode[] {
  return input.nodePools.flatMap((pool) => {
    const limits = toResources(pool.spec.limits);
    const claims = results.newNodes.filter(({ nodePool }) => nodePool.metadata.name === pool.metadata.name);
    const worst = claims.map(({ instanceTypes }) => instanceTypes);
    const standing = input.nodes.filter(({ nodePool }) => nodePool === pool.metadata.name);
    const left = (name: string) =>
      (limits[name] ?? 0) -
      worst.reduce((sum, types) => sum + Math.max(...types.map((type) => (name === "nodes" ? 1 : (type.capacity[name] ?? 0)))), 0) -
      standing.reduce((sum, { capacity }) => sum + (name === "nodes" ? 1 : (capacity[name] ?? 0)), 0);
    return (input.instanceTypes.get(pool.metadata.name ?? "") ?? []).flatMap((type) =>
      type.offerings
        .filter((offering) => offering.available && allows(pool.spec.template.spec.requirements, offering))
        .filter(() => Object.keys(limits).every((name) => (name === "nodes" ? 1 : (type.capacity[name] ?? 0)) <= left(name)))
        .filter(() =>
          pool.spec.template.spec.requirements.every(
            (requirement) =>
              isMet(requirement, { ...labelsOf(type), ...zoneOf(type) }) ||
              requirement.key === zoneLabel ||
              requirement.key === capacityTypeLabel,
          ),
        )
        .map((offering): StandingNode => ({
          name: "one-more",
          labels: nodeLabels({
            pool: pool.metadata.name ?? "",
            labels: pool.spec.template.metadata?.labels ?? {},
            type,
            offering,
            name: "one-more",
          }),
          taints: pool.spec.template.spec.taints ?? [],
          allocatable: type.allocatable,
          accepting: true,
          isNew: true,
          bound: [],
          planned: [],
        })),
    );
  });
}

function standingNodes(input: SolveInput, results: SchedulingResults): readonly StandingNode[] {
  const existing = input.nodes.map((state): StandingNode => ({
    name: state.name,
    labels: { ...state.labels, ...decided(state.requirements ?? []), [hostnameLabel]: state.labels[hostnameLabel] ?? state.name },
    taints: state.taints,
    allocatable: state.allocatable,
    accepting: state.accepting,
    isNew: false,
    bound: state.pods,
    planned: results.existing.filter(({ node }) => node === state).flatMap(({ pods }) => pods.map(({ pod }) => pod)),
  }));
  const bought = results.newNodes.map((planned, index) => {
    const type = planned.instanceTypes.find(({ name }) => name === planned.instanceType);
    if (type === undefined) throw new Error("the chosen type is not among the types");
    return futureNode({ input, planned, type, offering: planned, name: `new-${index}` });
  });
  return [...existing, ...bought];
}

function futureNode({
  planned,
  type,
  offering,
  name,
}: {
  input: SolveInput;
  planned: SchedulingResults["newNodes"][number];
  type: InstanceType;
  offering: { zone: string; capacityType: string };
  name: string;
}): StandingNode {
  const { metadata, spec } = planned.nodePool.spec.template;
  return {
    name,
    labels: nodeLabels({
      pool: planned.nodePool.metadata.name ?? "",
      labels: { ...metadata?.labels, ...decided(planned.requirements) },
      type,
      offering,
      name,
    }),
    taints: spec.taints ?? [],
    allocatable: type.allocatable,
    accepting: true,
    isNew: true,
    bound: [],
    planned: planned.pods.map(({ pod }) => pod),
  };
}

function nodeLabels(input: {
  pool: string;
  labels: Labels;
  type: InstanceType;
  offering: { zone: string; capacityType: string };
  name: string;
}): Labels {
  const { zone, capacityType } = input.offering;
  return {
    ...input.labels,
    ...labelsOf(input.type),
    [nodePoolLabel]: input.pool,
    [zoneLabel]: zone,
    [capacityTypeLabel]: capacityType,
    [hostnameLabel]: input.name,
  };
}

function labelsOf(type: InstanceType): Labels {
  return decided(type.requirements);
}

function zoneOf(type: InstanceType): Labels {
  return { [zoneLabel]: type.offerings[0]?.zone ?? "" };
}

function decided(requirements: readonly NodeSelectorRequirement[]): Labels {
  return Object.fromEntries(
    requirements.flatMap(({ key, operator, values = [] }) => (operator === "In" && values.length === 1 ? [[key, values[0]!]] : [])),
  );
}

function allows(requirements: readonly NodeSelectorRequirement[], offering: { zone: string; capacityType: string }): boolean {
  const labels: Labels = { [zoneLabel]: offering.zone, [capacityTypeLabel]: offering.capacityType };
  return requirements.every((requirement) => !(requirement.key in labels) || isMet(requirement, labels));
}

function isMet({ key, operator, values = [] }: NodeSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  if (operator === "In") return value !== undefined && values.includes(value);
  if (operator === "NotIn") return value === undefined || !values.includes(value);
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  const bound = Number(values[0]);
  return (
    value !== undefined &&
    (operator === "Gt"
      ? Number(value) > bound
      : operator === "Gte"
        ? Number(value) >= bound
        : operator === "Lt"
          ? Number(value) < bound
          : Number(value) <= bound)
  );
}

function fitFault({ spec }: Pod, node: StandingNode): string | undefined {
  for (const taint of node.taints) {
    if (taint.effect !== "PreferNoSchedule" && !isTolerated(spec, taint)) return `taint ${taint.key} is not tolerated`;
  }
  return matchesNode(spec, node.labels) ? undefined : "node selector or affinity does not match";
}

function isTolerated(spec: PodSpec, taint: Taint): boolean {
  return (spec.tolerations ?? []).some(({ key, operator, value = "", effect }) => {
    if (effect !== undefined && effect !== taint.effect) return false;
    if (key === undefined) return operator === "Exists";
    return key === taint.key && (operator === "Exists" || value === (taint.value ?? ""));
  });
}

function matchesNode({ nodeSelector = {}, affinity }: PodSpec, labels: Labels): boolean {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return (
    Object.entries(nodeSelector).every(([key, value]) => labels[key] === value) &&
    (terms === undefined ||
      terms.some(({ matchExpressions = [] }) => matchExpressions.length > 0 && matchExpressions.every((one) => isMet(one, labels))))
  );
}

/** All Pods and the DaemonSet Pods that would run there fit together. */
function holdsAll(input: SolveInput, node: StandingNode): boolean {
  const running = [...node.bound, ...node.planned].map(({ spec }) => podRequests(spec));
  const daemons = input.daemonSets
    .filter(
      ({ spec }) =>
        node.taints.every((taint) => taint.effect === "PreferNoSchedule" || isTolerated(spec, taint)) && matchesNode(spec, node.labels),
    )
    .map(({ spec }) => podRequests(spec));
  const all = node.planned.length === 0 ? running : [...running, ...daemons];
  const names = new Set(all.flatMap((requests) => Object.keys(requests)));
  if (node.planned.length === 0) return true;
  return [...names].every((name) => all.reduce((sum, requests) => sum + (requests[name] ?? 0), 0) <= (node.allocatable[name] ?? 0));
}

interface Placed {
  readonly pod: Pod;
  readonly node: StandingNode;
}

/** Binds planned Pods one by one, in many orders; carefully only where carelessly never works, for that is slow. */
function stuckPods(input: SolveInput, nodes: readonly StandingNode[]): readonly Pod[] {
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
function isLegal(input: SolveInput, at: Binding): boolean {
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

function nameOf(pod: Pod): string {
  return `${pod.metadata.namespace ?? ""}/${pod.metadata.name ?? ""}`;
}
