/**
 * Offered labels: which node labels a Pod can ask for.
 *
 * Reads NodePools, instance types and live Nodes. A value is offered where a NodePool's labels or requirements have it, where a
 * well-known label that the NodePool leaves open has it on one of the pool's instance types, or where a live Node has it. Zones
 * and regions are the cloud's to tell, and a catalog only assumes them: of these only what a NodePool names counts, and a
 * NodePool that names none leaves them open.
 */
import type { InstanceType } from "../api/instance-type.ts";
import { capacityTypeLabel, regionLabel, wellKnownLabels, zoneIdLabel, zoneLabel } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { regionOfZone } from "../catalog/instance-types.ts";
import { placesOf } from "../catalog/places.ts";
import { poolRequirements } from "../kube/pool-requirements.ts";
import { remembered, rememberedText } from "../kube/remembered.ts";
import { has, hasIntersection, operatorOf, values, type Requirement } from "../kube/requirement.ts";
import type { Requirements } from "../kube/requirements.ts";
import { machineRequirements, typesOfPool } from "./pool-types.ts";
import { inCatalogWords, isAutoPool } from "../kube/auto-labels.ts";

/** What is known of nodes that are or could be. */
export interface OfferedWorld {
  readonly snapshot: ClusterSnapshot;
  /** Empty where nothing is known of capacity: then every value of a well-known label counts as offered. */
  readonly instanceTypes: readonly InstanceType[];
}

/** Is true where some node has, or could have, a label as the requirement asks. NotIn and DoesNotExist ask for nothing. */
export function isOffered(requirement: Requirement, world: OfferedWorld): boolean {
  const operator = operatorOf(requirement);
  if (operator === "NotIn" || operator === "DoesNotExist") return true;
  // Pools are few and mostly say it; Nodes are many.
  return world.snapshot.list("NodePool").some((pool) => isOfferedBy(pool, requirement, world)) || isOnNode(requirement, world);
}

function isOfferedBy(pool: NodePool, asked: Requirement, { instanceTypes }: OfferedWorld): boolean {
  const requirement = isAutoPool(pool) ? inCatalogWords(asked) : asked;
  if (requirement === undefined) return false;
  const { key } = requirement;
  const requirements = machineRequirements(pool);
  const own = requirements.get(key);
  if (own !== undefined && !hasIntersection(own, requirement)) return false;
  if (!wellKnownLabels.has(key)) return own !== undefined;
  if (isPlaceLabel(key)) return namedPlaces(key, requirements)?.some((value) => has(requirement, value)) ?? false;
  if (own !== undefined && values(own) !== undefined) return true;
  return instanceTypes.length === 0 || typeValues(key, typesOfPool(pool, instanceTypes)).some((value) => has(requirement, value));
}

/** Is true for the labels that say where in the cloud a node stands. */
export function isPlaceLabel(key: string): boolean {
  return key === zoneLabel || key === regionLabel || key === zoneIdLabel;
}

/** Is true where a NodePool names no values of a place label and does not rule out all that is asked for: only the cloud knows then. */
export function leavesOpen(pool: NodePool, requirement: Requirement): boolean {
  const { key } = requirement;
  const requirements = poolRequirements(pool);
  const own = requirements.get(key);
  if (own !== undefined && !hasIntersection(own, requirement)) return false;
  return isPlaceLabel(key) && namedPlaces(key, requirements) === undefined;
}

/** A pool that names its zones has named its region. */
function namedPlaces(key: string, requirements: Requirements): readonly string[] | undefined {
  const own = requirements.get(key);
  const named = own === undefined ? undefined : values(own);
  if (named !== undefined || key !== regionLabel) return named;
  const zones = requirements.get(zoneLabel);
  return zones === undefined ? undefined : values(zones)?.map(regionOfZone);
}

function isOnNode(requirement: Requirement, { snapshot }: OfferedWorld): boolean {
  return snapshot.list("Node").some(({ metadata }) => {
    const value = metadata.labels?.[requirement.key];
    return value !== undefined && has(requirement, value);
  });
}

/** Returns the values of a label that are offered, sorted; values that only a range describes are not listed. */
export function offeredValues(key: string, world: OfferedWorld): readonly string[] {
  const fromPools = world.snapshot.list("NodePool").flatMap((pool) => {
    const requirements = poolRequirements(pool);
    if (isPlaceLabel(key)) return namedPlaces(key, requirements) ?? [];
    const own = requirements.get(key);
    const listed = own === undefined ? undefined : values(own);
    if (listed !== undefined) return listed;
    return wellKnownLabels.has(key) ? typeValues(key, typesOfPool(pool, world.instanceTypes)) : [];
  });
  return [...new Set([...fromPools, ...nodeValues(key, world)])].sort();
}

function nodeValues(key: string, { snapshot }: OfferedWorld): readonly string[] {
  return snapshot.list("Node").flatMap(({ metadata }) => metadata.labels?.[key] ?? []);
}

function typeValues(key: string, instanceTypes: readonly InstanceType[]): readonly string[] {
  return valuesOfTypes(instanceTypes)(key);
}

/** Lists of types stay the same for many requests, and hold hundreds: what their labels can be is derived once for each label. */
const valuesOfTypes = remembered((instanceTypes: readonly InstanceType[]) =>
  rememberedText((key) => [...new Set(instanceTypes.flatMap((type) => valuesOfType(key, type)))]),
);

function valuesOfType(key: string, type: InstanceType): readonly string[] {
  if (key === capacityTypeLabel) return placesOf(type).map(({ capacityType }) => capacityType);
  return type.requirements.filter((own) => own.key === key).flatMap((own) => own.values ?? []);
}
