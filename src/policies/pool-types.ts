/**
 * Pool types: the instance types that a NodePool may make nodes of.
 *
 * Reads a NodePool's requirements and the instance types. Returns those that are sold where and how the pool asks, with or
 * without a known price. Found once for each pool: it is 1,200 types times a dozen labels, and pools seldom change.
 */
import type { InstanceType, Place } from "../api/instance-type.ts";
import { capacityTypeLabel, wellKnownLabels, zoneLabel } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";
import { placesOf } from "../catalog/places.ts";
import { poolRequirements } from "../kube/pool-requirements.ts";
import { remembered } from "../kube/remembered.ts";
import { has } from "../kube/requirement.ts";
import { isCompatible, requirementsOf, type Requirements } from "../kube/requirements.ts";
import { inKarpenterWords, isAutoPool } from "../kube/auto-labels.ts";

/** Returns what every node of a pool has, in the words of the catalog: an Auto Mode pool's are translated. */
export const machineRequirements = remembered((pool: NodePool): Requirements =>
  isAutoPool(pool) ? inKarpenterWords(poolRequirements(pool)) : poolRequirements(pool),
);

const typesByPool = remembered((pool: NodePool) =>
  remembered((instanceTypes: readonly InstanceType[]) => instanceTypes.filter((type) => isWithin(type, machineRequirements(pool)))),
);

/** Returns the instance types of a pool, in the order given. */
export function typesOfPool(pool: NodePool, instanceTypes: readonly InstanceType[]): readonly InstanceType[] {
  return typesByPool(pool)(instanceTypes);
}

/** Is true where a node with these requirements may be of an instance type. */
export function isWithin(type: InstanceType, requirements: Requirements): boolean {
  return placesOf(type).some((place) => allows(requirements, place)) && isCompatible(requirements, typeRequirements(type), wellKnownLabels);
}

const typeRequirements = remembered((type: InstanceType): Requirements => requirementsOf(type.requirements));

function allows(requirements: Requirements, place: Place): boolean {
  const [zone, capacityType] = [requirements.get(zoneLabel), requirements.get(capacityTypeLabel)];
  return (zone === undefined || has(zone, place.zone)) && (capacityType === undefined || has(capacityType, place.capacityType));
}
