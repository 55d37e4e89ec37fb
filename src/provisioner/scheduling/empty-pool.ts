/**
 * EmptyPool: why a NodePool has nothing to buy.
 *
 * Reads a pool's template, with all types that its provider knows. Returns the obstacle without the pool's name: the first of its
 * requirements that alone leaves no type, or all of them together; else that what is left is not sold where the pool may buy, or that
 * nobody has told its price, or that a quota or the subnets' addresses keep all of it from being had. None where types are left that are
 * sold and priced, and only lack capacity now.
 */
import type { InstanceType } from "../../api/instance-type.ts";
import { capacityTypeLabel, regionLabel, zoneLabel } from "../../api/labels.ts";
import { placesOf } from "../../catalog/places.ts";
import { reservationKeys } from "../../catalog/reservation-labels.ts";
import { inAutoWords, isAutoPool } from "../../kube/auto-labels.ts";
import { formatRequirement, values, type Requirement } from "../../kube/requirement.ts";
import { formatRequirements, intersects, requirementsOf, type Requirements } from "../../kube/requirements.ts";
import { meantWord } from "./meant-value.ts";
import type { Obstacle } from "./obstacle.ts";
import { isAllowed, type PoolTemplate } from "./pool-template.ts";

/** Labels of a place and not of a type: what is sold nowhere lacks them. */
const placeKeys: ReadonlySet<string> = new Set([zoneLabel, regionLabel, capacityTypeLabel, ...reservationKeys]);
const namesShownMax = 6;
const valuesShownMax = 12;

/** Returns why a pool offers nothing before any Pod asks. */
export function emptyPoolObstacle(template: PoolTemplate): Obstacle | undefined {
  const types = labelledTypes(template, template.requirements);
  if (types.length === 0) return undefined;
  for (const requirement of template.requirements.values()) {
    if (!types.some((one) => meets(one, requirement))) return requirementObstacle(types, { template, requirement });
  }
  const left = meetingAll(types, template.requirements);
  if (left.length === 0) return { constraint: "types", fix: `ask for less in the requirements of NodePool ${template.name}` };
  return placesObstacle(left, template) ?? pricesObstacle(left, template) ?? lackObstacle(left, template);
}

/** Returns the obstacle that types would do, and are sold where the requirements allow, but have no price; none where one has. */
export function unpricedObstacle(
  template: PoolTemplate,
  { requirements, does = () => true }: { readonly requirements: Requirements; readonly does?: (type: InstanceType) => boolean },
): Obstacle | undefined {
  const left = meetingAll(labelledTypes(template, requirements), requirements).filter(does);
  return pricesObstacle(left, { ...template, requirements });
}

interface Labelled {
  readonly type: InstanceType;
  readonly labels: Requirements;
}

/** Of some thirty labels of a type only those that are asked for are read. */
function labelledTypes({ known, nodePool }: PoolTemplate, asked: Requirements): readonly Labelled[] {
  const isAuto = isAutoPool(nodePool);
  return known.map((type) => ({
    type,
    labels: isAuto ? inAutoWords(requirementsOf(type.requirements)) : requirementsOf(type.requirements.filter(({ key }) => asked.has(key))),
  }));
}

function meets({ type, labels }: Labelled, requirement: Requirement): boolean {
  const only = new Map([[requirement.key, requirement]]);
  if (requirement.key === regionLabel || !placeKeys.has(requirement.key)) return intersects(only, labels) === undefined;
  return placesOf(type).some((place) => isAllowed(place, only));
}

function meetingAll(types: readonly Labelled[], requirements: Requirements): readonly InstanceType[] {
  const ofType = new Map([...requirements].filter(([key]) => !placeKeys.has(key)));
  return types.filter(({ labels }) => intersects(ofType, labels) === undefined).map(({ type }) => type);
}

function requirementObstacle(
  types: readonly Labelled[],
  { template, requirement }: { readonly template: PoolTemplate; readonly requirement: Requirement },
): Obstacle {
  const { key } = requirement;
  const known = knownValues(types, key);
  const asked = formatRequirement(requirement);
  const meant = meantWord(values(requirement) ?? [], known);
  const fix = `${meant === undefined ? `change the requirement on ${key}` : `write ${meant}`} in NodePool ${template.name}`;
  const available = known.length === 0 || known.length > valuesShownMax ? {} : { available: known.join(", ") };
  return { constraint: "types", key, asked, ...available, ...(meant === undefined ? {} : { meant }), fix };
}

function knownValues(types: readonly Labelled[], key: string): readonly string[] {
  const known = new Set<string>();
  for (const { type, labels } of types) {
    const own = labels.get(key);
    for (const value of own === undefined ? [] : (values(own) ?? [])) known.add(value);
    for (const { zone, capacityType } of placesOf(type)) {
      if (key === zoneLabel) known.add(zone);
      if (key === capacityTypeLabel) known.add(capacityType);
    }
  }
  return [...known].sort();
}

function placesObstacle(types: readonly InstanceType[], { name, requirements }: PoolTemplate): Obstacle | undefined {
  if (types.some((type) => placesOf(type).some((place) => isAllowed(place, requirements)))) return undefined;
  const places = new Map([...requirements].filter(([key]) => placeKeys.has(key)));
  const fix = `let NodePool ${name} use other instance types, zones or capacity types`;
  return { constraint: "places", value: named(types), ...(places.size === 0 ? {} : { asked: formatRequirements(places) }), fix };
}

function pricesObstacle(types: readonly InstanceType[], { requirements }: PoolTemplate): Obstacle | undefined {
  const sold = types.filter((type) => placesOf(type).some((place) => isAllowed(place, requirements)));
  const isPriced = sold.some(({ offerings }) => offerings.some((offering) => isAllowed(offering, requirements)));
  if (sold.length === 0 || isPriced) return undefined;
  return { constraint: "prices", value: named(sold), fix: "give them a price: in a rate card, a price list or a NodeOverlay" };
}

/** Capacity passes by itself; a quota and a full subnet are somebody's to mend, and hidden behind a want of capacity nobody would. */
function lackObstacle(types: readonly InstanceType[], { requirements }: PoolTemplate): Obstacle | undefined {
  const offerings = types.flatMap((type) => type.offerings.filter((offering) => isAllowed(offering, requirements)));
  const lacks = new Set(offerings.map(({ lack }) => lack));
  const known = (["vcpu-quota", "addresses"] as const).filter((lack) => lacks.has(lack));
  if (known.length === 0 || offerings.some(({ available }) => available)) return undefined;
  const rest = lacks.has(undefined) ? ["the rest lacks capacity now"] : [];
  const value = [...known.map((lack) => lackWords[lack].value), ...rest].join("; ");
  return { constraint: "offerings", value, fix: known.map((lack) => lackWords[lack].fix).join(", and ") };
}

const lackWords = {
  "vcpu-quota": { value: "the account's quota of vCPUs is used up", fix: "ask for more vCPUs in Service Quotas" },
  addresses: { value: "its subnets have no free addresses", fix: "add subnets to the NodeClass, or free addresses" },
} as const;

/** The smallest first. */
function named(types: readonly InstanceType[]): string {
  const sizeOf = ({ capacity }: InstanceType): number => capacity["cpu"] ?? 0;
  const names = [...types].sort((a, b) => sizeOf(a) - sizeOf(b) || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
  const left = names.length - namesShownMax;
  return `${names.slice(0, namesShownMax).join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
}
