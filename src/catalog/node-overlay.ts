/**
 * NodeOverlays laid on the catalogue: prices and extended resources that somebody knows better.
 *
 * Reads overlays, and what each NodePool may launch. Returns the same with overlaid prices and capacity, and which overlays are
 * refused and why. Karpenter's rules: the overlay of more weight counts, of equal weight the later in the alphabet; one that would
 * price an offering, or give a resource, that another of the same weight has is refused as a whole, for all pools. Types that no
 * overlay touches, and lists of them, stay the same objects, so that what was compiled of them is still true.
 */
import type { InstanceType, Offering, Place } from "../api/instance-type.ts";
import { capacityTypeLabel, nodePoolLabel, zoneLabel } from "../api/labels.ts";
import type { NodeOverlay } from "../api/node-overlay.ts";
import type { Resources } from "../api/object.ts";
import { fromLabels, intersection, isCompatible, requirementsOf, type Requirements } from "../kube/requirements.ts";
import { exactly, has } from "../kube/requirement.ts";
import { toResources } from "../kube/resources.ts";
import { overlayTrouble, overlaidPrice } from "./overlay-value.ts";

/** A NodePool as far as overlays see it: requirements of theirs are also held against the labels of its template. */
export interface OverlaidPool {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly instanceTypes: readonly InstanceType[];
}

/** An overlay that has no effect; the reasons are Karpenter's. */
export interface RefusedOverlay {
  readonly name: string;
  readonly reason: "RuntimeValidation" | "Conflict";
  readonly message: string;
}

export interface OverlaidCatalogue {
  /** By NodePool. */
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
  readonly refused: readonly RefusedOverlay[];
}

/** The overlay that decides, and the last one that would have: only one of its weight can conflict. */
interface Claimed {
  readonly by: NodeOverlay;
  readonly last: NodeOverlay;
}

/** What is laid on one type of one pool: prices by place, extended resources by name. */
interface Laid {
  readonly prices: Map<string, Claimed>;
  readonly resources: Map<string, Claimed>;
}

/** What an overlay selects of one type. */
interface Selected {
  readonly pool: string;
  readonly type: InstanceType;
  readonly places: readonly Place[];
}

type Laying = Map<string, Map<string, Laid>>;

/** Returns what each pool may launch with the overlays on it. */
export function overlaidTypes(input: {
  readonly overlays: readonly NodeOverlay[];
  readonly pools: readonly OverlaidPool[];
}): OverlaidCatalogue {
  const laying: Laying = new Map();
  const refused: RefusedOverlay[] = [];
  for (const overlay of [...input.overlays].sort(byWeight)) {
    const refusal = lay(laying, { overlay, pools: input.pools });
    if (refusal !== undefined) refused.push({ name: nameOf(overlay), ...refusal });
  }
  return { instanceTypes: new Map(input.pools.map((pool) => [pool.name, typesOf(pool, laying.get(pool.name))])), refused };
}

/** More weight first, then the later name: Karpenter's order. */
function byWeight(a: NodeOverlay, b: NodeOverlay): number {
  return weightOf(b) - weightOf(a) || (nameOf(a) < nameOf(b) ? 1 : -1);
}

/** Lays one overlay on all pools or, where it conflicts anywhere, on none. */
function lay(
  laying: Laying,
  { overlay, pools }: { readonly overlay: NodeOverlay; readonly pools: readonly OverlaidPool[] },
): Omit<RefusedOverlay, "name"> | undefined {
  const trouble = overlayTrouble(overlay);
  if (trouble !== undefined) return { reason: "RuntimeValidation", message: trouble };
  const wanted = requirementsOf(overlay.spec.requirements);
  const selected = pools.flatMap((pool) => selectedTypes(pool, wanted));
  for (const of of selected) {
    const message = conflictOf(overlay, of, laying.get(of.pool)?.get(of.type.name));
    if (message !== undefined) return { reason: "Conflict", message };
  }
  for (const of of selected) layOn(laying, overlay, of);
  return undefined;
}

/** The types whose labels meet the requirements, with the places of theirs that do; a type without such a place is not selected. */
function selectedTypes(pool: OverlaidPool, wanted: Requirements): readonly Selected[] {
  const identity = keysOf(intersection(fromLabels(pool.labels), new Map([[nodePoolLabel, exactly(nodePoolLabel, pool.name)]])), wanted);
  return pool.instanceTypes.flatMap((type) => {
    // Of some thirty labels of a type only those that are asked for are read.
    const asked = type.requirements.filter(({ key }) => wanted.has(key));
    if (!isCompatible(intersection(identity, requirementsOf(asked)), wanted)) return [];
    const sold = type.offerings.length > 0 ? type.offerings : (type.soldIn ?? []);
    const places = sold.filter((place) => isWanted(place, wanted));
    return places.length === 0 ? [] : [{ pool: pool.name, type, places }];
  });
}

function keysOf(requirements: Requirements, wanted: Requirements): Requirements {
  return new Map([...requirements].filter(([key]) => wanted.has(key)));
}

function isWanted({ zone, capacityType }: Place, wanted: Requirements): boolean {
  const [zones, capacityTypes] = [wanted.get(zoneLabel), wanted.get(capacityTypeLabel)];
  return (zones === undefined || has(zones, zone)) && (capacityTypes === undefined || has(capacityTypes, capacityType));
}

function conflictOf(overlay: NodeOverlay, { type, places }: Selected, laid: Laid | undefined): string | undefined {
  const rival = (claimed: Claimed | undefined): NodeOverlay | undefined =>
    claimed !== undefined && weightOf(claimed.last) === weightOf(overlay) ? claimed.last : undefined;
  const told = (other: NodeOverlay, what: string): string =>
    `NodeOverlay "${nameOf(other)}" of the same weight (${weightOf(overlay)}) also ${what}; give one of the two another spec.weight, or narrow its requirements`;
  if (changesPrice(overlay)) {
    for (const place of places) {
      const other = rival(laid?.prices.get(placeKey(place)));
      if (other !== undefined) return told(other, `prices ${type.name} ${place.capacityType} in ${place.zone}`);
    }
  }
  for (const name of Object.keys(overlay.spec.capacity ?? {})) {
    const other = rival(laid?.resources.get(name));
    if (other !== undefined) return told(other, `gives ${type.name} the resource ${name}`);
  }
  return undefined;
}

function layOn(laying: Laying, overlay: NodeOverlay, { pool, type, places }: Selected): void {
  const ofPool = laying.get(pool) ?? new Map<string, Laid>();
  laying.set(pool, ofPool);
  const laid = ofPool.get(type.name) ?? { prices: new Map<string, Claimed>(), resources: new Map<string, Claimed>() };
  ofPool.set(type.name, laid);
  const claim = (claims: Map<string, Claimed>, key: string): void => {
    claims.set(key, { by: claims.get(key)?.by ?? overlay, last: overlay });
  };
  if (changesPrice(overlay)) for (const place of places) claim(laid.prices, placeKey(place));
  for (const name of Object.keys(overlay.spec.capacity ?? {})) claim(laid.resources, name);
}

function typesOf(pool: OverlaidPool, laid: ReadonlyMap<string, Laid> | undefined): readonly InstanceType[] {
  if (laid === undefined) return pool.instanceTypes;
  return pool.instanceTypes.map((type) => {
    const ofType = laid.get(type.name);
    return ofType === undefined ? type : overlaidType(type, ofType);
  });
}

function overlaidType(type: InstanceType, { prices, resources }: Laid): InstanceType {
  const { soldIn, ...rest } = type;
  const known = type.offerings.length > 0 ? type.offerings : (soldIn ?? []);
  const offerings = prices.size === 0 ? type.offerings : known.flatMap((place) => overlaidOffering(place, prices.get(placeKey(place))));
  const added = addedResources(resources);
  return {
    ...rest,
    capacity: { ...type.capacity, ...added },
    allocatable: { ...type.allocatable, ...added },
    offerings,
    ...(offerings.length > 0 || soldIn === undefined ? {} : { soldIn }),
  };
}

/** A place that had no price has one only by an overlay's own: an adjustment of an unknown price is unknown. */
function overlaidOffering(place: Place | Offering, claimed: Claimed | undefined): readonly Offering[] {
  const known = "pricePerHour" in place ? place : undefined;
  if (claimed === undefined) return known === undefined ? [] : [known];
  const pricePerHour = overlaidPrice(claimed.by, known?.pricePerHour);
  return pricePerHour === undefined ? [] : [{ ...place, pricePerHour, isOverlaid: true }];
}

function addedResources(resources: ReadonlyMap<string, Claimed>): Resources {
  const amounts = [...resources].map(
    ([name, { by }]) => [name, toResources({ [name]: by.spec.capacity?.[name] ?? 0 })[name] ?? 0] as const,
  );
  return Object.fromEntries(amounts);
}

function placeKey({ zone, capacityType, ...rest }: Place & Pick<Offering, "reservation">): string {
  return `${zone} ${capacityType} ${rest.reservation?.id ?? ""}`;
}

function changesPrice({ spec }: NodeOverlay): boolean {
  return spec.price !== undefined || spec.priceAdjustment !== undefined;
}

function weightOf({ spec }: NodeOverlay): number {
  return spec.weight ?? 0;
}

function nameOf({ metadata }: NodeOverlay): string {
  return metadata.name ?? "";
}
