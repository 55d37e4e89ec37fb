/**
 * Instance types: what the solver may choose from.
 *
 * Reads EC2 facts, prices, zones and a NodeClass's settings. Returns InstanceTypes with every well-known label, capacity,
 * allocatable and one offering for each zone and way to buy. Pure, so the webhook's previews and the provisioner's plans
 * count with the same numbers.
 */
import { archLabel, awsLabelDomain, capacityTypeLabel, instanceTypeLabel, osLabel, regionLabel, zoneLabel } from "../api/labels.ts";
import type { InstanceType, Offering } from "../api/instance-type.ts";
import type { NodeSelectorRequirement } from "../api/pod.ts";
import { nodeResources, type NodeSettings } from "./allocatable.ts";
import { knownInstanceFacts, type Ec2InstanceFacts } from "./ec2-facts.ts";
import { fallbackPrices, type Prices } from "./price-table.ts";

export interface CatalogOptions {
  /** Zones in which nodes can be launched, such as "ap-southeast-1a". */
  readonly zones: readonly string[];
  /** Default: the twenty types of ec2-facts.ts. */
  readonly facts?: readonly Ec2InstanceFacts[];
  /** Default: the dated fallback prices; a type without a price has no offering. */
  readonly prices?: Prices;
  readonly settings?: NodeSettings;
  /** False for an offering that is known to lack capacity; default: all are there. */
  readonly isAvailable?: (offering: {
    readonly instanceType: string;
    readonly zone: string;
    readonly capacityType: Offering["capacityType"];
  }) => boolean;
}

const capacityTypes = ["on-demand", "spot"] as const;
/** Category, then generation: "c7i-flex" is c and 7, "u-6tb1" is u and 1. */
const familyPattern = /^([a-z]+)(?:-\d+tb)?(\d+)/;
const windowsBuildLabel = "node.kubernetes.io/windows-build";

/** Returns the instance types of a catalog, in the order of the facts (the known ones: by name). */
export function catalogInstanceTypes(options: CatalogOptions): readonly InstanceType[] {
  const { facts = knownInstanceFacts(), prices = fallbackPrices() } = options;
  return facts.map((of) => {
    const offerings = offeringsOf(of, { ...options, prices });
    return { name: of.name, requirements: requirementsOfType(of, offerings), ...nodeResources(of, options.settings), offerings };
  });
}

/** Returns the region of a zone ("ap-southeast-1a" is in "ap-southeast-1"); local zones keep their region's name in front. */
export function regionOfZone(zone: string): string {
  return /^[a-z]+(?:-[a-z]+)+-\d+/.exec(zone)?.[0] ?? zone;
}

function offeringsOf(facts: Ec2InstanceFacts, options: CatalogOptions & { readonly prices: Prices }): readonly Offering[] {
  const offerings: Offering[] = [];
  for (const zone of options.zones) {
    for (const capacityType of capacityTypes) {
      const pricePerHour = capacityType === "spot" ? options.prices.spot(facts.name, zone) : options.prices.onDemand(facts.name);
      if (pricePerHour === undefined) continue;
      const available = options.isAvailable?.({ instanceType: facts.name, zone, capacityType }) ?? true;
      offerings.push({ zone, capacityType, pricePerHour, available });
    }
  }
  return offerings;
}

/** Karpenter's labels of a type; zones and capacity types are those of the available offerings. */
function requirementsOfType(facts: Ec2InstanceFacts, offerings: readonly Offering[]): readonly NodeSelectorRequirement[] {
  const available = offerings.filter((offering) => offering.available);
  const zones = unique(available.map((offering) => offering.zone));
  return [
    label(instanceTypeLabel, [facts.name]),
    label(archLabel, [facts.architecture]),
    label(osLabel, ["linux"]),
    label(zoneLabel, zones),
    label(regionLabel, unique(zones.map(regionOfZone))),
    label(windowsBuildLabel, []),
    label(capacityTypeLabel, unique(available.map((offering) => offering.capacityType))),
    ...Object.entries(awsLabels(facts)).map(([name, values]) =>
      label(`${awsLabelDomain}/${name}`, values.filter((value) => value !== undefined).map(String)),
    ),
  ];
}

type LabelValues = readonly (string | number | boolean | undefined)[];

/** Values of karpenter.k8s.aws/…; an empty list is a label that no Node of the type has. */
function awsLabels(facts: Ec2InstanceFacts): Readonly<Record<string, LabelValues>> {
  const [family = "", size = ""] = facts.name.split(".");
  const [, category, generation] = familyPattern.exec(family) ?? [];
  return {
    "instance-category": [category],
    "instance-family": [family],
    "instance-generation": [generation],
    "instance-size": [size],
    "instance-capability-flex": [family.endsWith("-flex")],
    "instance-hypervisor": [facts.hypervisor],
    "instance-encryption-in-transit-supported": [facts.encryptionInTransit],
    "instance-local-nvme": [facts.instanceStoreGB],
    "instance-cpu": [facts.vcpus],
    "instance-cpu-manufacturer": [facts.manufacturer],
    "instance-cpu-sustained-clock-speed-mhz": [facts.clockSpeedMhz],
    "instance-memory": [facts.memoryMiB],
    "instance-ebs-bandwidth": [facts.ebsBandwidthMbps],
    "instance-network-bandwidth": [facts.networkBandwidthMbps],
    "instance-tenancy": ["default", "dedicated"],
    ...gpuLabels(facts),
    "instance-accelerator-name": [kebab(facts.neuron?.name)],
    "instance-accelerator-manufacturer": [facts.neuron === undefined ? undefined : "aws"],
    "instance-accelerator-count": [facts.neuron?.devices],
  };
}

/** Only a type with one kind of GPU has its labels. */
function gpuLabels({ gpus = [] }: Ec2InstanceFacts): Readonly<Record<string, LabelValues>> {
  const only = gpus.length === 1 ? gpus[0] : undefined;
  return {
    "instance-gpu-name": [kebab(only?.name)],
    "instance-gpu-manufacturer": [kebab(only?.manufacturer)],
    "instance-gpu-count": [only?.count],
    "instance-gpu-memory": [only?.memoryMiB],
  };
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
