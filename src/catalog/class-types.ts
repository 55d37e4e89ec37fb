/**
 * Class types: what an EC2NodeClass lets be launched, as offerings of type, zone and way to buy.
 *
 * Reads the class's spec and status, and what its provider knows better. Returns the catalogue's types that its images and
 * settings allow, with the allocatable that its kubelet leaves and with offerings in the zones of its subnets alone; or the sentence
 * that names the field that can't be counted with. Where a class says nothing, so does this: the types are the catalogue's.
 */
import type { EC2NodeClass, EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import type { InstanceType, Offering } from "../api/instance-type.ts";
import { archLabel, osLabel, wellKnownLabels, windowsBuildLabel } from "../api/labels.ts";
import type { NodeSelectorRequirement } from "../api/pod.ts";
import { err, ok, type Result } from "../api/result.ts";
import { isCompatible, requirementsOf, type Requirements } from "../kube/requirements.ts";
import type { Ec2InstanceFacts } from "./ec2-facts.ts";
import { catalogInstanceTypes, type CatalogOptions } from "./instance-types.ts";
import { knownInstanceFacts } from "./known-instances.ts";
import { amiFamilyOf, nodeSettingsOf, uncountedType, windowsBuilds } from "./node-settings.ts";
import { fallbackPrices } from "./price-table.ts";
import { reservedPrice } from "./prices.ts";

export interface ClassOffer extends Pick<CatalogOptions, "facts" | "prices" | "isAvailable" | "lackOf"> {
  readonly nodeClass: EC2NodeClass;
  /** Zones to count with where nothing is known of the class's subnets. */
  readonly zones: readonly string[];
  /** Zones of its subnets as the cloud has them now; they count before those of its status. */
  readonly subnetZones?: readonly string[];
  /** Architectures of its images as the cloud has them now; they count before those of its status. */
  readonly architectures?: readonly string[];
  /** Instances that each capacity reservation still has room for. Without it no reserved offering is made: nobody could count them. */
  readonly reservationCounts?: ReadonlyMap<string, number>;
}

type Status = NonNullable<EC2NodeClass["status"]>;
type ImageRequirement = NonNullable<Status["amis"]>[number]["requirements"][number];
type CapacityReservation = NonNullable<Status["capacityReservations"]>[number];

/** Returns the types with their offerings, in the order of the facts. */
export function classInstanceTypes(offer: ClassOffer): Result<readonly InstanceType[], string> {
  const { nodeClass, facts = knownInstanceFacts(), prices = fallbackPrices() } = offer;
  const spec = nodeClass.spec ?? {};
  const settings = nodeSettingsOf(spec);
  if (!settings.ok) return err(`EC2NodeClass "${nodeClass.metadata.name ?? ""}": spec.${settings.error}`);
  const uncounted = uncountedType(spec, facts);
  if (uncounted !== undefined) return err(`EC2NodeClass "${nodeClass.metadata.name ?? ""}": spec.${uncounted}`);
  const zones = zonesOf(offer);
  const types = catalogInstanceTypes({
    zones,
    prices,
    settings: settings.value,
    facts,
    ...(offer.isAvailable === undefined ? {} : { isAvailable: offer.isAvailable }),
    ...(offer.lackOf === undefined ? {} : { lackOf: offer.lackOf }),
    reserved: reservedOfferings({ ...offer, prices }, zones),
  });
  const images = imageRequirements(offer);
  // Left out afterwards: what is derived from the list of facts is derived once, whatever classes there are.
  const launchable = types.filter((_type, index) => isLaunchable(facts[index], spec));
  const build = windowsBuilds[amiFamilyOf(spec) ?? ""];
  const ofSystem = build === undefined ? launchable : launchable.map((type) => onWindows(type, build));
  return ok(images === undefined ? ofSystem : ofSystem.filter((type) => hasImage(type, images)));
}

/** The image decides which system a node runs; the catalogue's types are Linux's. */
function onWindows(type: InstanceType, build: string): InstanceType {
  const system: Readonly<Record<string, string>> = { [osLabel]: "windows", [windowsBuildLabel]: build };
  const requirements = type.requirements.map((requirement): NodeSelectorRequirement => {
    const value = system[requirement.key];
    return value === undefined ? requirement : { key: requirement.key, operator: "In", values: [value] };
  });
  return { ...type, requirements };
}

/** What the cloud says, else what the status says, else what is asked for; sorted, each once. */
function zonesOf({ nodeClass, zones, subnetZones }: ClassOffer): readonly string[] {
  const known = subnetZones ?? nodeClass.status?.subnets?.map(({ zone }) => zone) ?? [];
  return known.length === 0 ? zones : [...new Set(known)].sort();
}

/**
 * Karpenter's checks of a type against a class, as far as the facts reach: nested virtualization, enclaves, placement groups and
 * network cards beside the first are not among them, and EC2 answers for those.
 */
function isLaunchable(facts: Ec2InstanceFacts | undefined, spec: Partial<EC2NodeClassSpec>): boolean {
  if (facts === undefined) return false;
  const { connectionTracking, networkInterfaces = [] } = spec;
  if ((amiFamilyOf(spec) ?? "AL2023") === "AL2023" && facts.name.startsWith("a1.")) return false;
  if (connectionTracking !== undefined && facts.hypervisor !== "nitro") return false;
  const onFirstCard = networkInterfaces.filter(({ networkCardIndex }) => networkCardIndex === 0);
  if (onFirstCard.some(({ deviceIndex }) => deviceIndex >= facts.networkInterfacesMax)) return false;
  return networkInterfaces.filter(({ interfaceType }) => interfaceType === "efa-only").length <= (facts.efaInterfacesMax ?? 0);
}

/** The labels that each image is for; undefined where no image is known. */
function imageRequirements({ nodeClass, architectures }: ClassOffer): readonly Requirements[] | undefined {
  if (architectures !== undefined) return [requirementsOf([{ key: archLabel, operator: "In", values: architectures }])];
  const images = nodeClass.status?.amis ?? [];
  return images.length === 0 ? undefined : images.map(({ requirements }) => requirementsOf(requirements.flatMap(toRequirement)));
}

function toRequirement({ key, operator, values }: ImageRequirement): readonly NodeSelectorRequirement[] {
  const known = operators.find((one) => one === operator);
  return known === undefined ? [] : [{ key, operator: known, ...(values === undefined ? {} : { values }) }];
}

const operators: readonly NodeSelectorRequirement["operator"][] = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Gte", "Lte"];

function hasImage({ requirements }: InstanceType, images: readonly Requirements[]): boolean {
  return images.some((image) => {
    // Of some thirty labels of a type only those that the image speaks of are read.
    const asked = requirementsOf(requirements.filter(({ key }) => image.has(key)));
    return isCompatible(asked, image, wellKnownLabels);
  });
}

/** The reserved offerings of each type: almost free, so that what is paid for already is used first. */
function reservedOfferings(
  { nodeClass, reservationCounts, prices, isAvailable }: ClassOffer & Required<Pick<ClassOffer, "prices">>,
  zones: readonly string[],
): (instanceType: string) => readonly Offering[] {
  if (reservationCounts === undefined) return () => [];
  const byType = new Map<string, CapacityReservation[]>();
  for (const reservation of nodeClass.status?.capacityReservations ?? []) {
    byType.set(reservation.instanceType, [...(byType.get(reservation.instanceType) ?? []), reservation]);
  }
  return (instanceType) =>
    (byType.get(instanceType) ?? []).map(({ id, availabilityZone: zone, state, reservationType, interruptible }): Offering => {
      const remaining = reservationCounts.get(id) ?? 0;
      const place = { instanceType, zone, capacityType: "reserved", reservation: id } as const;
      return {
        zone,
        capacityType: "reserved",
        // A reservation that ends soon, and one that is full, is none to plan with.
        available: remaining > 0 && state !== "expiring" && zones.includes(zone) && (isAvailable?.(place) ?? true),
        pricePerHour: reservedPrice(prices.onDemand(instanceType, zone)),
        reservation: { id, kind: reservationType ?? "default", isInterruptible: interruptible ?? false, remaining },
      };
    });
}
