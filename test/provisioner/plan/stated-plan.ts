/**
 * A plan that a test states itself, without the solver: which Pods on which new or standing nodes, and which are left out.
 *
 * Reads an input and a few words for each node. Returns SchedulingResults, with types, offerings and prices filled in.
 */
import { capacityTypeLabel, instanceTypeLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { PlannedNode } from "../../../src/provisioner/scheduling/planned-node.ts";
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";

export interface StatedNode {
  /** Names of Pods. */
  readonly pods: readonly string[];
  readonly types: readonly string[];
  readonly zones: readonly string[];
  readonly capacityTypes?: readonly string[];
  /** Default: the first NodePool. */
  readonly pool?: string;
}

export interface StatedPlan {
  readonly newNodes?: readonly StatedNode[];
  /** Names of Pods by name of the standing node. */
  readonly existing?: Readonly<Record<string, readonly string[]>>;
  readonly unschedulable?: readonly string[];
}

/** Returns the plan. */
export function statedPlan(input: SolveInput, { newNodes = [], existing = {}, unschedulable = [] }: StatedPlan): SchedulingResults {
  const pods = (names: readonly string[]) => names.map((name) => found(input.pods, ({ pod }) => pod.metadata.name === name));
  const planned = newNodes.map((node): PlannedNode => statedNode(input, { ...node, found: pods(node.pods) }));
  return {
    newNodes: planned,
    existing: Object.entries(existing).map(([name, on]) => ({ node: found(input.nodes, (node) => node.name === name), pods: pods(on) })),
    unschedulable: pods(unschedulable).map((pod) => ({ pod, reasons: ["stated by a test"], obstacles: [], alternativesLeft: 0 })),
    bindingOrder: [],
    truncated: false,
    pricePerHour: planned.reduce((sum, { pricePerHour }) => sum + pricePerHour, 0),
    // What a plan says of its making is not what the checker reads.
    decision: {} as SchedulingResults["decision"],
  };
}

function statedNode(input: SolveInput, of: StatedNode & { readonly found: PlannedNode["pods"] }): PlannedNode {
  const { types, zones, capacityTypes = ["on-demand"], pool = input.nodePools[0]?.metadata.name } = of;
  const nodePool = found(input.nodePools, ({ metadata }) => metadata.name === pool);
  const offers = types
    .map((name) => found(input.instanceTypes.get(pool ?? "") ?? [], (type) => type.name === name))
    .map((type) => {
      const offerings = type.offerings
        .filter(({ available, zone, capacityType }) => available && zones.includes(zone) && capacityTypes.includes(capacityType))
        .sort((a, b) => a.pricePerHour - b.pricePerHour);
      return { type, offerings, cheapest: found(offerings, () => true) };
    })
    .sort((a, b) => a.cheapest.pricePerHour - b.cheapest.pricePerHour);
  const first = found(offers, () => true);
  return {
    nodePool,
    requirements: [
      ...nodePool.spec.template.spec.requirements.filter(({ key }) => ![instanceTypeLabel, zoneLabel, capacityTypeLabel].includes(key)),
      { key: instanceTypeLabel, operator: "In", values: types },
      { key: zoneLabel, operator: "In", values: zones },
      { key: capacityTypeLabel, operator: "In", values: capacityTypes },
    ],
    instanceTypes: offers.map(({ type }) => type),
    requests: {},
    pods: of.found,
    instanceType: first.type.name,
    zone: first.cheapest.zone,
    capacityType: first.cheapest.capacityType,
    pricePerHour: first.cheapest.pricePerHour,
    isMinValuesRelaxed: undefined,
    // Nor is why it says that it has its shape.
    why: { driver: { resources: [], labels: [], pool: "only" }, cheaper: [] },
    zones: [...new Set(first.offerings.map(({ zone }) => zone))].sort(),
  };
}

function found<T>(list: readonly T[], is: (one: T) => boolean): T {
  const one = list.find(is);
  if (one === undefined) throw new Error("the test names something that its case does not have");
  return one;
}
