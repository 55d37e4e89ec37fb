/**
 * Instance types: what the solver may choose from.
 *
 * Reads EC2 facts, prices, zones and a NodeClass's settings. Returns InstanceTypes with every well-known label, capacity,
 * allocatable and one offering for each zone and way to buy. Pure, so the webhook's previews and the provisioner's plans
 * count with the same numbers.
 */
import {
  archLabel,
  awsLabelDomain,
  capacityTypeLabel,
  instanceTypeLabel,
  osLabel,
  regionLabel,
  windowsBuildLabel,
  zoneLabel,
} from "../api/labels.ts";
import type { InstanceType, Offering, Place } from "../api/instance-type.ts";
import type { NodeSelectorRequirement } from "../api/pod.ts";
import { nodeResources, type NodeSettings } from "./allocatable.ts";
import { attachableVolumes } from "./attach-limit.ts";
import { remembered } from "../kube/remembered.ts";
import type { Ec2InstanceFacts } from "./ec2-facts.ts";
import { knownInstanceFacts } from "./known-instances.ts";
import { fallbackPrices } from "./price-table.ts";
import type { Prices } from "./prices.ts";
import { regionOfZone } from "./zones.ts";

export { regionOfZone };

export interface CatalogOptions {
  /** Zones in which nodes can be launched, such as "ap-southeast-1a". */
  readonly zones: readonly string[];
  /** Default: every type of the recording. */
  readonly facts?: readonly Ec2InstanceFacts[];
  /** Default: the dated fallback prices; a type without a price has no offering, and cannot be bought. */
  readonly prices?: Prices;
  readonly settings?: NodeSettings;
  /** False for a place that is known to lack capacity; default: all have it. */
  readonly isAvailable?: (place: CataloguePlace) => boolean;
  /** What else keeps a place from being had; default: nothing. */
  readonly lackOf?: (place: CataloguePlace) => Place["lack"];
  /** Offerings of capacity reservations by type; default none. */
  readonly reserved?: (instanceType: string) => readonly Offering[];
}

/** A type in a zone, bought in one way. */
export interface CataloguePlace extends Pick<Offering, "zone" | "capacityType"> {
  readonly instanceType: string;
  /** The capacity reservation of a reserved offering. */
  readonly reservation?: string;
}

const everyCapacityType = ["on-demand", "spot"] as const;
/** Category, then generation: "c7i-flex" is c and 7, "u-6tb1" is u and 1. */
const familyPattern = /^([a-z]+)(?:-\d+tb)?(\d+)/;
const aws = (name: string): string => `${awsLabelDomain}/instance-${name}`;
const awsKeys = {
  category: aws("category"),
  family: aws("family"),
  generation: aws("generation"),
  size: aws("size"),
  flex: aws("capability-flex"),
  hypervisor: aws("hypervisor"),
  encryptionInTransit: aws("encryption-in-transit-supported"),
  localNvme: aws("local-nvme"),
  cpu: aws("cpu"),
  cpuManufacturer: aws("cpu-manufacturer"),
  clockSpeed: aws("cpu-sustained-clock-speed-mhz"),
  memory: aws("memory"),
  ebsBandwidth: aws("ebs-bandwidth"),
  networkBandwidth: aws("network-bandwidth"),
  tenancy: aws("tenancy"),
  gpuName: aws("gpu-name"),
  gpuManufacturer: aws("gpu-manufacturer"),
  gpuCount: aws("gpu-count"),
  gpuMemory: aws("gpu-memory"),
  acceleratorName: aws("accelerator-name"),
  acceleratorManufacturer: aws("accelerator-manufacturer"),
  acceleratorCount: aws("accelerator-count"),
};

/**
 * Returns the instance types of a catalog, in the order of the facts (the known ones: by name).
 *
 * All 1,200 known types are there, since rules judge by what exists; `offerings` has only what a price is known of, since
 * nothing is bought blindly. Costs a few milliseconds: make it once for the zones at hand, not for every request.
 */
export function catalogInstanceTypes(options: CatalogOptions): readonly InstanceType[] {
  const { facts = knownInstanceFacts(), prices = fallbackPrices(), settings } = options;
  const labels = labelsOfAll(facts);
  const resources = settings === undefined ? usualResources(facts) : facts.map((of) => resourcesOf(of, settings));
  return facts.map((of, index) => {
    const soldIn = placesOf(of, options);
    const offerings = [...offeringsOf(of.name, soldIn, prices), ...(options.reserved?.(of.name) ?? [])];
    const requirements = [...(labels[index] ?? []), ...placeLabels(offerings.length > 0 ? offerings : soldIn)];
    const own = resources[index] ?? resourcesOf(of, settings);
    return { name: of.name, requirements, ...own, offerings, ...(offerings.length > 0 ? undefined : { soldIn }) };
  });
}

/** What does not depend on zones, prices and settings is found once for a list of facts. */
const usualResources = remembered((facts: readonly Ec2InstanceFacts[]) => facts.map((of) => resourcesOf(of)));
const labelsOfAll = remembered((facts: readonly Ec2InstanceFacts[]) => {
  const labels = sharedLabels();
  return facts.map((of) => typeLabels(of, labels));
});

function resourcesOf(facts: Ec2InstanceFacts, settings?: NodeSettings): Pick<InstanceType, "capacity" | "allocatable" | "attachable"> {
  const attachable = attachableVolumes(facts, settings);
  return { ...nodeResources(facts, settings), ...(attachable === undefined ? {} : { attachable }) };
}

/** The zones of the recorded region are known by type; in any other region a type counts as offered everywhere. */
function placesOf({ name, capacityTypes = everyCapacityType, offeredIn }: Ec2InstanceFacts, options: CatalogOptions): readonly Place[] {
  const isOffered = (zone: string): boolean =>
    offeredIn === undefined || regionOfZone(zone) !== offeredIn.region || offeredIn.zones.includes(zone);
  return options.zones.filter(isOffered).flatMap((zone) =>
    capacityTypes.map((capacityType) => {
      const place = { instanceType: name, zone, capacityType };
      const lack = options.lackOf?.(place);
      const available = lack === undefined && (options.isAvailable?.(place) ?? true);
      return { zone, capacityType, available, ...(lack === undefined ? undefined : { lack }) };
    }),
  );
}

function offeringsOf(instanceType: string, places: readonly Place[], prices: Prices): readonly Offering[] {
  return places.flatMap((place) => {
    const pricePerHour = place.capacityType === "spot" ? prices.spot(instanceType, place.zone) : prices.onDemand(instanceType, place.zone);
    return pricePerHour === undefined ? [] : [{ ...place, pricePerHour }];
  });
}

/** Karpenter's labels of where a type is; zones and capacity types are those that are available. */
function placeLabels(places: readonly Place[]): readonly NodeSelectorRequirement[] {
  const available = places.filter((place) => place.available);
  const zones = unique(available.map((place) => place.zone));
  return [
    label(zoneLabel, zones),
    label(regionLabel, unique(zones.map(regionOfZone))),
    label(capacityTypeLabel, unique(available.map((place) => place.capacityType))),
  ];
}

/** Karpenter's labels of what a type is. */
function typeLabels(facts: Ec2InstanceFacts, labels: SharedLabels): readonly NodeSelectorRequirement[] {
  return [
    labels(instanceTypeLabel, [facts.name]),
    labels(archLabel, [facts.architecture]),
    labels(osLabel, ["linux"]),
    labels(windowsBuildLabel, []),
    ...awsLabels(facts).map(([key, values]) => labels(key, values.filter((value) => value !== undefined).map(String))),
  ];
}

type SharedLabels = (key: string, values: readonly string[]) => NodeSelectorRequirement;

/** Most labels of most types are those of many others: 36,000 requirements are some 6,000 objects. */
function sharedLabels(): SharedLabels {
  const known = new Map<string, Map<string, NodeSelectorRequirement>>();
  return (key, values) => {
    const ofKey = known.get(key) ?? new Map<string, NodeSelectorRequirement>();
    known.set(key, ofKey);
    const text = values.join();
    const shared = ofKey.get(text) ?? label(key, values);
    ofKey.set(text, shared);
    return shared;
  };
}

type LabelValues = readonly (string | number | boolean | undefined)[];

/** Values of karpenter.k8s.aws/…; an empty list is a label that no Node of the type has. */
function awsLabels(facts: Ec2InstanceFacts): readonly (readonly [string, LabelValues])[] {
  const [family = "", size = ""] = facts.name.split(".");
  const [, category, generation] = familyPattern.exec(family) ?? [];
  // Only a type with one kind of GPU has its labels.
  const gpu = facts.gpus?.length === 1 ? facts.gpus[0] : undefined;
  const { neuron } = facts;
  return [
    [awsKeys.category, [category]],
    [awsKeys.family, [family]],
    [awsKeys.generation, [generation]],
    [awsKeys.size, [size]],
    [awsKeys.flex, [family.endsWith("-flex")]],
    [awsKeys.hypervisor, [facts.hypervisor]],
    [awsKeys.encryptionInTransit, [facts.encryptionInTransit]],
    [awsKeys.localNvme, [facts.instanceStoreGB]],
    [awsKeys.cpu, [facts.vcpus]],
    [awsKeys.cpuManufacturer, [facts.manufacturer]],
    [awsKeys.clockSpeed, [facts.clockSpeedMhz]],
    [awsKeys.memory, [facts.memoryMiB]],
    [awsKeys.ebsBandwidth, [facts.ebsBandwidthMbps]],
    [awsKeys.networkBandwidth, [facts.networkBandwidthMbps]],
    [awsKeys.tenancy, ["default", "dedicated"]],
    [awsKeys.gpuName, [kebab(gpu?.name)]],
    [awsKeys.gpuManufacturer, [kebab(gpu?.manufacturer)]],
    [awsKeys.gpuCount, [gpu?.count]],
    [awsKeys.gpuMemory, [gpu?.memoryMiB]],
    [awsKeys.acceleratorName, [kebab(neuron?.name)]],
    [awsKeys.acceleratorManufacturer, [neuron === undefined ? undefined : "aws"]],
    [awsKeys.acceleratorCount, [neuron?.devices]],
  ];
}

function label(key: string, values: readonly string[]): NodeSelectorRequirement {
  return values.length === 0 ? { key, operator: "DoesNotExist" } : { key, operator: "In", values };
}

function kebab(text: string | undefined): string | undefined {
  return text?.toLowerCase().replaceAll(" ", "-");
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}
