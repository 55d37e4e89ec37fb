/**
 * The dumb twin of the solver for plans of thousands of Pods: says what is wrong with one, by reading every constraint literally.
 *
 * plan/plan-checker.ts reads more (ports, sidecars, every place of launch) and searches orders of binding, which only small plans allow;
 * random cases are its business.
 *
 * Reads the input and the answer of solve. Returns sentences; none means that the plan is legal. It shares nothing with
 * the solver but shapes and Pod requests: no classes, no requirement algebra, no counters kept up to date. Topology is
 * checked as kube-scheduler would: there must be an order in which every Pod may bind to the node it was planned for.
 */
import { capacityTypeLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { toResources } from "../../../src/kube/resources.ts";
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { isLegal, nameOf, stuckPods } from "./binding-order.ts";
import {
  allows,
  fitFault,
  futureNode,
  holdsAll,
  isMet,
  labelsOf,
  nodeLabels,
  standingNodes,
  zoneOf,
  type StandingNode,
} from "./standing-node.ts";

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
  const { template, weight } = pool.spec;
  return { ...pool, spec: { template, ...(weight === undefined ? {} : { weight }) } };
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
