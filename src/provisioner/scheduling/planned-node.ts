/**
 * PlannedNode: a node that should be bought, as a finished packing leaves it.
 *
 * Reads a bin. Returns everything that a NodeClaim needs, with every type that would do, cheapest first, so that a launch
 * can fall back when the cheapest is not to be had. Types that could carry the pool over its limits are left out: what a
 * limit still allows is divided over the pool's new nodes.
 */
import type { InstanceType, Offering } from "../../api/instance-type.ts";
import { capacityTypeLabel, hostnameLabel, instanceTypeLabel } from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { Resources } from "../../api/object.ts";
import type { NodeSelectorRequirement } from "../../api/pod.ts";
import { nodeNameField } from "../../kube/pod-requirements.ts";
import { once } from "../../kube/remembered.ts";
import { toRequirementList } from "../../kube/requirements.ts";
import { addResources } from "../../kube/resources.ts";
import { chargedFor, type Bin } from "./bin.ts";
import { compare, type Candidate, type LabelState } from "./label-state.ts";
import { countsTooLate } from "./late-count.ts";
import { askedMinValues, isMinValuesRelaxed, typesWithin } from "./min-values.ts";
import { nodeWhy, type NodeWhy } from "./node-why.ts";
import type { Packing } from "./packing.ts";
import type { PendingPod } from "./pod-class.ts";
import { fromVector, holds } from "./resource-space.ts";

export interface PlannedNode {
  readonly nodePool: NodePool;
  /** What the node must be: the pool's requirements, narrowed by Pods and topology to these types and capacity types. */
  readonly requirements: readonly NodeSelectorRequirement[];
  /** Types that hold the Pods, cheapest first; at most 600. */
  readonly instanceTypes: readonly InstanceType[];
  /** What the Pods and the least DaemonSet overhead ask for together. */
  readonly requests: Resources;
  readonly pods: readonly PendingPod[];
  /** The cheapest type at its cheapest offering: where the launch starts. */
  readonly instanceType: string;
  readonly zone: string;
  readonly capacityType: Offering["capacityType"];
  readonly pricePerHour: number;
  /** Every zone in which the cheapest type may be launched. */
  readonly zones: readonly string[];
  /** Whether it asks for fewer values than its pool's minValues; undefined where that has none. */
  readonly isMinValuesRelaxed: boolean | undefined;
  /** Why it has this shape; derived when it is read. */
  readonly why: NodeWhy;
}

/** Types that one NodeClaim may name (Karpenter's MaxInstanceTypes). */
const instanceTypesMax = 600;
/** Keys that a claim states anew, or may not state at all. */
const replacedKeys: ReadonlySet<string> = new Set([instanceTypeLabel, capacityTypeLabel, hostnameLabel, nodeNameField]);

/** Returns the planned nodes of a packing, in the order in which they were opened. */
export function plannedNodes(packing: Packing, bins: readonly Bin[]): readonly PlannedNode[] {
  const nodesByPool = new Map<string, number>();
  for (const { state } of bins) nodesByPool.set(state.template.name, (nodesByPool.get(state.template.name) ?? 0) + 1);
  return bins.map((bin) => plannedNode(packing, { bin, poolNodes: nodesByPool.get(bin.state.template.name) ?? 1 }));
}

function plannedNode(packing: Packing, { bin, poolNodes }: { readonly bin: Bin; readonly poolNodes: number }): PlannedNode {
  const { state, committed, used, kept } = bin;
  const { offerings } = committed;
  const [cheapest] = offerings;
  if (cheapest === undefined) throw new Error("invariant broken: a bin's type has an available offering");
  // Hundreds of names a node, which only a claim that is really made needs.
  const fallbacks = once((): readonly Candidate[] => {
    const allowed = spareOf(packing, { bin, poolNodes });
    const nothing = used.map(() => 0);
    const isKept = (candidate: Candidate) => candidate === committed || kept?.types.has(candidate.type) === true;
    // A launch may not change what spread counts; what minValues needs stays nevertheless.
    const counts = (candidate: Candidate) =>
      state.template.minValues.length > 0 || !countsTooLate(packing, { bin, fit: { state, candidate } });
    const mayBe = (candidate: Candidate): boolean => holds(candidate.usable, used, nothing) && allowed(candidate) && counts(candidate);
    const own = state.candidates.filter(isKept);
    const others = state.candidates.filter((candidate) => !isKept(candidate) && mayBe(candidate));
    const chosen = new Set([...own, ...typesWithin(state, { candidates: others, max: Math.max(0, instanceTypesMax - own.length) })]);
    return state.candidates.filter((candidate) => chosen.has(candidate));
  });
  const requirements = once(() => narrowed(state, fallbacks()));
  const instanceTypes = once(() => fallbacks().map(({ type }) => type.instanceType));
  const why = once(() => nodeWhy(packing, { bin, fallbacks: fallbacks() }));
  const requests = once(() => addResources(fromVector(packing.problem.space, used), leastOf(fallbacks().map(({ type }) => type.overhead))));
  return {
    nodePool: state.template.nodePool,
    get requirements() {
      return requirements();
    },
    get instanceTypes() {
      return instanceTypes();
    },
    get requests() {
      return requests();
    },
    get isMinValuesRelaxed() {
      return isMinValuesRelaxed(state, fallbacks());
    },
    get why() {
      return why();
    },
    pods: bin.members.map(({ pending }) => pending),
    instanceType: committed.type.instanceType.name,
    zone: cheapest.zone,
    capacityType: cheapest.capacityType,
    pricePerHour: committed.pricePerHour,
    zones: [...new Set(offerings.map(({ zone }) => zone))].sort(),
  };
}

/** Returns whether the pool's limits also allow a larger type than the one that was charged. */
function spareOf(
  packing: Packing,
  { bin, poolNodes }: { readonly bin: Bin; readonly poolNodes: number },
): (candidate: Candidate) => boolean {
  const remaining = packing.ledgers[bin.state.template.index]?.remaining();
  if (remaining === undefined) return () => true;
  const capacity = chargedFor(bin);
  const shares = Object.entries(remaining)
    .filter(([name]) => name !== "nodes")
    .map(([name, amount]) => ({ name, most: (capacity[name] ?? 0) + Math.max(0, Math.floor(amount / poolNodes)) }));
  return ({ type }) => {
    for (const { name, most } of shares) if ((type.instanceType.capacity[name] ?? 0) > most) return false;
    return true;
  };
}

/** The state's requirements with the types and capacity types that are left, sorted by key as the others are. */
function narrowed(state: LabelState, candidates: readonly Candidate[]): readonly NodeSelectorRequirement[] {
  const { requirements } = state;
  const chosen = new Set(candidates);
  const capacityTypes = new Set<string>();
  for (const { offerings } of candidates) for (const { capacityType } of offerings) capacityTypes.add(capacityType);
  const minValues = (key: string) => {
    const asked = askedMinValues(state, { key, candidates });
    return asked === undefined ? undefined : { minValues: asked };
  };
  const decided: readonly NodeSelectorRequirement[] = [
    {
      key: instanceTypeLabel,
      operator: "In",
      values: state.byName.filter((candidate) => chosen.has(candidate)).map(({ type }) => type.instanceType.name),
      ...minValues(instanceTypeLabel),
    },
    { key: capacityTypeLabel, operator: "In", values: [...capacityTypes].sort(), ...minValues(capacityTypeLabel) },
  ];
  const others = toRequirementList(requirements)
    .filter(({ key }) => !replacedKeys.has(key))
    .map(({ key, operator, values }) => ({ key, operator, ...(values === undefined ? {} : { values }), ...minValues(key) }));
  return [...others, ...decided].sort((a, b) => compare(a.key, b.key));
}

function leastOf(all: readonly Resources[]): Resources {
  const [first, ...others] = all;
  if (first === undefined) return {};
  return Object.fromEntries(
    Object.entries(first).map(([name, amount]) => [name, Math.min(amount, ...others.map((other) => other[name] ?? 0))]),
  );
}
