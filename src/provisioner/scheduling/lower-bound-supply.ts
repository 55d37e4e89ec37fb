/**
 * Where the Pods of a lower bound may stand: offerings that can be bought, and rooms that are there already.
 *
 * Reads NodePools, types, DaemonSets and nodes. Returns offerings (a pool's type in a zone, sold one way) and rooms (what
 * nodes and NodeClaims have free), each with its amounts and the placements that it takes. Whatever may or may not be is
 * taken to be: limits, weights, minValues and single Pods' sizes are not looked at here.
 */
import type { InstanceType, Offering } from "../../api/instance-type.ts";
import { capacityTypeLabel, wellKnownLabels, zoneLabel } from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { Resources } from "../../api/object.ts";
import { autoWellKnownLabels, inAutoWords, isAutoPool } from "../../kube/auto-labels.ts";
import { nodeNameField } from "../../kube/pod-requirements.ts";
import { poolRequirements } from "../../kube/pool-requirements.ts";
import { remembered } from "../../kube/remembered.ts";
import { exactly, has } from "../../kube/requirement.ts";
import { fromLabels, intersection, intersects, isCompatible, requirementsOf, type Requirements } from "../../kube/requirements.ts";
import { subtractResources } from "../../kube/resources.ts";
import { matchesSelector } from "../../kube/selector.ts";
import { untoleratedTaint } from "../../kube/taint.ts";
import { daemonOverhead, type DaemonDemand } from "./daemon-overhead.ts";
import { daemonNode, freeResources } from "./existing-node.ts";
import type { ApartSet, BoundDemand, Placement } from "./lower-bound-demand.ts";
import type { NodeState } from "./node-state.ts";

/** Something that Pods may stand on. */
export interface Place {
  readonly amounts: readonly number[];
  /** Ids of the placements that it takes, ascending. */
  readonly placements: readonly number[];
  /** How many of it there are, where that is known; a room without it is one. */
  readonly count?: number;
}

export interface BoundOffering extends Place {
  readonly pricePerHour: number;
}

const typeRequirements = remembered((type: InstanceType) => requirementsOf(type.requirements));
const noKeys: ReadonlySet<string> = new Set();
const oneSlot = (): number => 1;

/**
 * Returns what may be bought: of equal offerings of one type only the cheapest, and none that takes no Pod. What a reservation has
 * left is counted, and so is told apart.
 */
export function boundOfferings(input: {
  readonly nodePools: readonly NodePool[];
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
  readonly daemonSets: DaemonDemand;
  readonly demand: BoundDemand;
}): readonly BoundOffering[] {
  return input.nodePools
    .filter(({ metadata, spec }) => spec.replicas === undefined && metadata.deletionTimestamp === undefined)
    .flatMap((nodePool) => {
      const pool = poolOf(nodePool, input.demand.placements);
      if (pool.placements.length === 0) return [];
      const types = input.instanceTypes.get(nodePool.metadata.name ?? "") ?? [];
      return types.flatMap((type) => offeringsOf(type, { ...input, pool }));
    });
}

interface Pool {
  readonly nodePool: NodePool;
  readonly isAuto: boolean;
  readonly requirements: Requirements;
  /** What is left of the keys that a placement names, once for each of its alternatives that the pool allows. */
  readonly placements: readonly { readonly id: number; readonly alternatives: readonly Requirements[] }[];
}

function poolOf(nodePool: NodePool, placements: readonly Placement[]): Pool {
  const requirements = poolRequirements(nodePool);
  const isAuto = isAutoPool(nodePool);
  const allowUndefined = isAuto ? autoWellKnownLabels : wellKnownLabels;
  const { taints } = nodePool.spec.template.spec;
  const taken = placements.flatMap(({ id, alternatives, tolerations }) => {
    if (untoleratedTaint(taints, tolerations) !== undefined) return [];
    const left = alternatives
      .filter((alternative) => isCompatible(requirements, alternative, allowUndefined))
      .map((alternative) => {
        const narrowed = intersection(requirements, alternative);
        return new Map([...narrowed].filter(([key]) => alternative.has(key)));
      });
    return left.length === 0 ? [] : [{ id, alternatives: left }];
  });
  return { nodePool, isAuto, requirements, placements: taken };
}

function offeringsOf(
  type: InstanceType,
  { pool, daemonSets, demand }: { readonly pool: Pool; readonly daemonSets: DaemonDemand; readonly demand: BoundDemand },
): readonly BoundOffering[] {
  const sold = type.offerings.filter((offering) => offering.available && allows(pool.requirements, offering));
  if (sold.length === 0) return [];
  const known = typeRequirements(type);
  const own = pool.isAuto ? inAutoWords(known) : known;
  if (intersects(pool.requirements, own) !== undefined) return [];
  const takers = pool.placements.flatMap(({ id, alternatives }) => {
    const left = alternatives.filter((alternative) => intersects(alternative, own) === undefined);
    return left.length === 0 ? [] : [{ id, alternatives: left }];
  });
  const amountsIn = amountsByPlace(type, { pool, own, daemonSets, demand });
  const cheapest = new Map<string, BoundOffering>();
  const counted: BoundOffering[] = [];
  for (const offering of sold) {
    const placements = takers.filter(({ alternatives }) => alternatives.some((one) => allows(one, offering))).map(({ id }) => id);
    if (placements.length === 0) continue;
    const amounts = amountsIn(offering);
    const { pricePerHour, reservation } = offering;
    if (reservation?.remaining !== undefined) {
      counted.push({ amounts, placements, pricePerHour, count: reservation.remaining });
      continue;
    }
    const name = `${placements.join()} ${amounts.join()}`;
    if (pricePerHour < (cheapest.get(name)?.pricePerHour ?? Infinity)) cheapest.set(name, { amounts, placements, pricePerHour });
  }
  return [...cheapest.values(), ...counted];
}

function allows(requirements: Requirements, { zone, capacityType }: Pick<Offering, "zone" | "capacityType">): boolean {
  const zones = requirements.get(zoneLabel);
  const capacityTypes = requirements.get(capacityTypeLabel);
  return (zones === undefined || has(zones, zone)) && (capacityTypes === undefined || has(capacityTypes, capacityType));
}

/** A DaemonSet that runs in one zone only is no overhead elsewhere, so places are told apart where any DaemonSet does. */
function amountsByPlace(
  type: InstanceType,
  input: { readonly pool: Pool; readonly own: Requirements; readonly daemonSets: DaemonDemand; readonly demand: BoundDemand },
): (offering: Offering) => readonly number[] {
  const { pool, own, daemonSets, demand } = input;
  const { taints = [] } = pool.nodePool.spec.template.spec;
  const both = daemonSets.length === 0 ? own : intersection(pool.requirements, own);
  const amounts = (overhead: Resources): readonly number[] =>
    demand.vectorOf(subtractResources(type.allocatable, overhead), oneSlot).map((amount) => Math.max(0, amount));
  const namesPlaces = daemonSets.some(({ alternatives }) => alternatives.some((one) => one.has(zoneLabel) || one.has(capacityTypeLabel)));
  if (!namesPlaces) {
    const everywhere = amounts(daemonOverhead(daemonSets, { requirements: both, taints }));
    return () => everywhere;
  }
  return ({ zone, capacityType }) => {
    const place = new Map([exactly(zoneLabel, zone), exactly(capacityTypeLabel, capacityType)].map((one) => [one.key, one]));
    return amounts(daemonOverhead(daemonSets, { requirements: intersection(both, place), taints }));
  };
}

/** Returns what nodes and NodeClaims that still take Pods have free. */
export function boundRooms(
  nodes: readonly NodeState[],
  { daemonSets, demand }: { readonly daemonSets: DaemonDemand; readonly demand: BoundDemand },
): readonly Place[] {
  return nodes.flatMap((state) => {
    if (!state.accepting) return [];
    const decided = intersection(fromLabels(state.labels), new Map([[nodeNameField, exactly(nodeNameField, state.name)]]));
    const requirements = state.requirements === undefined ? decided : intersection(requirementsOf(state.requirements), decided);
    const allowUndefined = state.requirements === undefined ? noKeys : wellKnownLabels;
    const placements = demand.placements
      .filter(
        ({ alternatives, tolerations }) =>
          untoleratedTaint(state.taints, tolerations) === undefined &&
          alternatives.some((alternative) => isCompatible(requirements, alternative, allowUndefined)),
      )
      .map(({ id }) => id);
    if (placements.length === 0) return [];
    const free = freeResources(state, daemonOverhead(daemonSets, daemonNode(state, { requirements, taints: state.taints })));
    return [{ placements, amounts: demand.vectorOf(free, (set) => (holdsOneOf(state, set) ? 0 : 1)).map((one) => Math.max(0, one)) }];
  });
}

function holdsOneOf({ pods }: NodeState, { namespace, selector }: ApartSet): boolean {
  return pods.some(({ metadata }) => metadata.namespace === namespace && matchesSelector(selector, metadata.labels));
}
