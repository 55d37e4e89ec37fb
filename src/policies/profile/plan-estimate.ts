/**
 * The plan estimate: what one replica would run on, and what it would cost, as far as the catalogue knows.
 *
 * Reads a Pod as it is compiled, the NodePools that take it and the instance types. Returns the instance types that it fits
 * on, cheapest for this Pod first, and its share of the cheapest one's price. It is an estimate for people: which node is bought
 * is the solver's answer, for all Pods together. Without a known price there is no estimate.
 */
import type { InstanceType, Offering } from "../../api/instance-type.ts";
import { capacityTypeLabel, zoneLabel } from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { Resources } from "../../api/object.ts";
import type { PodSpec } from "../../api/pod.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import { podRequests } from "../../kube/pod-requests.ts";
import { podRequirements } from "../../kube/pod-requirements.ts";
import { poolRequirements } from "../../kube/pool-requirements.ts";
import { remembered, rememberedAlike } from "../../kube/remembered.ts";
import { has } from "../../kube/requirement.ts";
import { intersection, type Requirements } from "../../kube/requirements.ts";
import { fitsWithin } from "../../kube/resources.ts";
import { isWithin, typesOfPool } from "../pool-types.ts";

/** As many instance types are named. */
const candidatesMax = 5;

export interface PlanEstimate {
  readonly candidateTypes: readonly string[];
  /** US dollars an hour: the larger of the Pod's shares of CPU and memory, of the price. */
  readonly replicaHourly: number;
}

/** Returns the estimate for one Pod; undefined where it fits nowhere or no price is known. */
export function planEstimate(of: {
  readonly spec: PodSpec;
  /** Those that would make a node for it. */
  readonly nodePools: readonly NodePool[];
  readonly instanceTypes: readonly InstanceType[];
}): PlanEstimate | undefined {
  const { spec, nodePools, instanceTypes } = of;
  const wants = podRequests(spec);
  const costs = new Map<string, number>();
  for (const pool of nodePools) {
    for (const { type, pricePerHour } of soldByPool(pool)(instanceTypes)(spec)) {
      if (!fitsWithin(wants, type.allocatable)) continue;
      const cost = pricePerHour * shareOf(wants, type.allocatable);
      costs.set(type.name, Math.min(cost, costs.get(type.name) ?? cost));
    }
  }
  const cheapestFirst = [...costs].sort(([a, costA], [b, costB]) => costA - costB || (a < b ? -1 : 1));
  const [best] = cheapestFirst;
  if (best === undefined) return undefined;
  return { candidateTypes: cheapestFirst.slice(0, candidatesMax).map(([name]) => name), replicaHourly: best[1] };
}

/** An instance type with the price of the cheapest of its offerings that will do. */
interface SoldType {
  readonly type: InstanceType;
  readonly pricePerHour: number;
}

/** Hundreds of workloads ask a pool for nodes in the same few words, and each answer looks at every offering of every type. */
const soldByPool = remembered((pool: NodePool) =>
  remembered((instanceTypes: readonly InstanceType[]) =>
    rememberedAlike((spec: PodSpec) => typesSoldTo({ pool, instanceTypes, spec }), isPlacedInSameWords),
  ),
);

function isPlacedInSameWords(a: PodSpec, b: PodSpec): boolean {
  return jsonEquals(a.nodeSelector, b.nodeSelector) && jsonEquals(a.affinity?.nodeAffinity, b.affinity?.nodeAffinity);
}

function typesSoldTo(of: {
  readonly pool: NodePool;
  readonly instanceTypes: readonly InstanceType[];
  readonly spec: PodSpec;
}): readonly SoldType[] {
  const { pool, instanceTypes, spec } = of;
  const asked = podRequirements(spec).map((alternative) => intersection(poolRequirements(pool), alternative));
  return typesOfPool(pool, instanceTypes).flatMap((type) => {
    const matching = asked.filter((requirements) => isWithin(type, requirements));
    const prices = type.offerings
      .filter((offering) => offering.available && matching.some((requirements) => isSoldAs(offering, requirements)))
      .map(({ pricePerHour }) => pricePerHour);
    return prices.length === 0 ? [] : [{ type, pricePerHour: Math.min(...prices) }];
  });
}

function isSoldAs({ zone, capacityType }: Offering, requirements: Requirements): boolean {
  const [zones, capacityTypes] = [requirements.get(zoneLabel), requirements.get(capacityTypeLabel)];
  return (zones === undefined || has(zones, zone)) && (capacityTypes === undefined || has(capacityTypes, capacityType));
}

/** What no other Pod can have beside it: the scarcest of its resources decides. */
function shareOf(wants: Resources, have: Resources): number {
  return Math.max(0, ...Object.entries(wants).map(([name, amount]) => (amount === 0 ? 0 : amount / (have[name] ?? 1))));
}
