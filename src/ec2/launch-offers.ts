/**
 * Launch offers: which types, zones and way to buy one CreateFleet asks for.
 *
 * Reads a NodeClaim, its candidate types (cheapest first), the images and the zones that have a subnet. Returns
 * the offers, or why there are none. The filters and their order are those of karpenter-provider-aws 1.15 (pkg/providers/instance/filter), but
 * the bound on types is applied to what is bought now: sixty Spot types are asked for even where cheaper reserved ones stood before them.
 */
import type { InstanceType, Offering } from "../api/instance-type.ts";
import { archLabel, capacityTypeLabel, instanceTypeLabel, zoneLabel } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import { err, ok, type Result } from "../api/result.ts";
import { has } from "../kube/requirement.ts";
import { decidedLabels, fromLabels, intersection, requirementsOf } from "../kube/requirements.ts";
import type { ImageOf } from "./launch-images.ts";
import { everywhere, type OfferingName } from "./unavailable-offerings.ts";

export type CapacityType = Offering["capacityType"];
/** What reservations of one fleet have in common: EC2 takes no others beside them. */
export type ReservationKind = "default" | "capacity-block" | "interruptible";

/** What is asked for: one way to buy, and the types with the offerings of it, cheapest first. */
export interface LaunchOffers {
  readonly capacityType: CapacityType;
  /** Of reserved offers. */
  readonly reservationKind?: ReservationKind;
  readonly types: readonly InstanceType[];
}

export interface OfferInput {
  readonly nodeClaim: NodeClaim;
  readonly candidates: readonly InstanceType[];
  readonly imageOf: ImageOf;
  /** Subnets by zone. */
  readonly subnets: Readonly<Record<string, string>>;
  /** Asked again here: a launch of a moment ago may have learned of it. */
  readonly isAvailable: (instanceType: string, offering: Offering) => boolean;
}

/** Types in one request (Karpenter's MaxInstanceTypes of the AWS provider). */
const typesMax = 60;
const reservationKinds: readonly ReservationKind[] = ["default", "capacity-block", "interruptible"];
const exoticResources = ["nvidia.com/gpu", "amd.com/gpu", "aws.amazon.com/neuron", "aws.amazon.com/neuroncore", "habana.ai/gaudi"];

/** Returns what to ask for: what is reserved first, then Spot, then on demand. */
export function launchOffers(input: OfferInput): Result<LaunchOffers, string> {
  const { candidates, imageOf, subnets, isAvailable, nodeClaim } = input;
  if (candidates.length === 0) return err("no instance type that the claim allows is available");
  const withImage = candidates.filter((type) => imageOf(type) !== undefined);
  if (withImage.length === 0) return err("no image is for any of the claim's instance types");
  const usable = narrowed(withImage, (type, offering) => offering.zone in subnets && isAvailable(type.name, offering));
  if (usable.length === 0) return err("no offering of the claim's instance types is available in its zones");
  const needs = minValuesOf(nodeClaim);
  const wantsVariety = needs.length > 0;
  const plain = usable.filter((type) => !isExotic(type));
  const types = plain.length === 0 || wantsVariety ? usable : plain;
  const offers = boundOffers(reservedOffers(types) ?? unreservedOffers(types, wantsVariety));
  const short = needs.find(({ key, count }) => valuesOf(key, offers).size < count);
  if (short === undefined) return ok(offers);
  const found = valuesOf(short.key, offers).size;
  return err(`minValues of ${short.key} is ${short.count}, and the available offerings show ${found} of its values`);
}

/** Says of offerings whether a claim might be launched there. */
export function offeringConcern({ spec, metadata }: NodeClaim): (offering: OfferingName) => boolean {
  const wanted = intersection(requirementsOf(spec.requirements), fromLabels(metadata.labels));
  const isWanted = (key: string, value: string): boolean => {
    const requirement = wanted.get(key);
    return requirement === undefined || value === everywhere || has(requirement, value);
  };
  return ({ instanceType, zone, capacityType }) =>
    isWanted(capacityTypeLabel, capacityType) && isWanted(instanceTypeLabel, instanceType) && isWanted(zoneLabel, zone);
}

/** Returns the architecture of a type in Kubernetes' words. */
export function architectureOf(type: InstanceType): string {
  return decidedLabels(requirementsOf(type.requirements))[archLabel] ?? "amd64";
}

function reservedOffers(usable: readonly InstanceType[]): LaunchOffers | undefined {
  const parts = reservationKinds.flatMap((kind) => {
    const types = narrowed(usable, (_type, offering) => reservationKindOf(offering) === kind);
    return types.length === 0 ? [] : [{ kind, types }];
  });
  // Of equal prices the first kind stays: a sort keeps the order.
  const [cheapest] = parts.toSorted((a, b) => priceOf(a.types) - priceOf(b.types));
  if (cheapest === undefined) return undefined;
  const { kind } = cheapest;
  // A block is bought whole, so a fleet of blocks has one type.
  const types = kind === "capacity-block" ? cheapest.types.slice(0, 1) : cheapest.types;
  const largest = largestByZone(types);
  return {
    capacityType: "reserved",
    reservationKind: kind,
    types: narrowed(types, (_type, { zone, reservation }) => largest.get(zone)?.id === reservation?.id),
  };
}

function reservationKindOf({ capacityType, reservation }: Offering): ReservationKind | undefined {
  if (capacityType !== "reserved" || reservation === undefined || (reservation.remaining ?? 0) <= 0) return undefined;
  return reservation.isInterruptible ? "interruptible" : reservation.kind;
}

/** One reservation a zone, that with most room: two of one zone can't be told apart by a fleet's overrides. */
function largestByZone(types: readonly InstanceType[]): ReadonlyMap<string, NonNullable<Offering["reservation"]>> {
  const largest = new Map<string, NonNullable<Offering["reservation"]>>();
  for (const { zone, reservation } of types.flatMap(({ offerings }) => offerings)) {
    if (reservation === undefined) continue;
    const before = largest.get(zone);
    const [room, roomBefore] = [reservation.remaining ?? 0, before?.remaining ?? -1];
    if (room > roomBefore || (room === roomBefore && reservation.id < (before?.id ?? ""))) largest.set(zone, reservation);
  }
  return largest;
}

/** Spot where there is any, but none dearer than the cheapest on-demand offering, unless the pool wants variety more. */
function unreservedOffers(types: readonly InstanceType[], wantsVariety: boolean): LaunchOffers {
  const onDemand = narrowed(types, (_type, { capacityType }) => capacityType === "on-demand");
  const dearest = wantsVariety ? Infinity : priceOf(onDemand);
  const spot = narrowed(types, (_type, { capacityType, pricePerHour }) => capacityType === "spot" && pricePerHour <= dearest);
  return spot.length > 0 ? { capacityType: "spot", types: spot } : { capacityType: "on-demand", types: onDemand };
}

/** Bare metal and accelerators, which nobody wants who did not ask for them. */
function isExotic({ name, capacity }: InstanceType): boolean {
  return name.includes("metal") || exoticResources.some((resource) => (capacity[resource] ?? 0) > 0);
}

function boundOffers(offers: LaunchOffers): LaunchOffers {
  return { ...offers, types: offers.types.slice(0, typesMax) };
}

/** Types with the offerings that are kept, cheapest first. */
function narrowed(types: readonly InstanceType[], keep: (type: InstanceType, offering: Offering) => boolean): readonly InstanceType[] {
  return types
    .map((type) => ({ ...type, offerings: type.offerings.filter((offering) => keep(type, offering)) }))
    .filter(({ offerings }) => offerings.length > 0)
    .sort((a, b) => priceOf([a]) - priceOf([b]));
}

/** The cheapest price; Infinity where nothing is sold. */
function priceOf(types: readonly InstanceType[]): number {
  return Math.min(...types.flatMap(({ offerings }) => offerings.map(({ pricePerHour }) => pricePerHour)));
}

function minValuesOf({ spec }: NodeClaim): readonly { readonly key: string; readonly count: number }[] {
  return spec.requirements.flatMap(({ key, minValues }) => (minValues === undefined ? [] : [{ key, count: minValues }]));
}

function valuesOf(key: string, { types }: LaunchOffers): ReadonlySet<string> {
  if (key === zoneLabel) return new Set(types.flatMap(({ offerings }) => offerings.map(({ zone }) => zone)));
  if (key === capacityTypeLabel) return new Set(types.flatMap(({ offerings }) => offerings.map(({ capacityType }) => capacityType)));
  if (key === instanceTypeLabel) return new Set(types.map(({ name }) => name));
  return new Set(types.flatMap(({ requirements }) => requirements.find((one) => one.key === key)?.values ?? []));
}
