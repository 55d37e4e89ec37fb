/**
 * Instance types of one's own for the kwok provider, in the JSON that Karpenter's kwok provider reads.
 *
 * Reads the text of such a file: a list of types with resources and offerings, each offering with its price in USD an hour and the
 * zone and way to buy that it is sold in. Returns the types as the solver knows them, with the labels and the 100m and 10Mi that
 * Karpenter's kwok provider sets aside, so that one file makes the same market for both; or the field that can't be read.
 */
import type { InstanceType, Offering } from "../api/instance-type.ts";
import { archLabel, capacityTypeLabel, instanceTypeLabel, osLabel, zoneLabel } from "../api/labels.ts";
import type { ResourceList } from "../api/object.ts";
import type { NodeSelectorRequirement } from "../api/pod.ts";
import { err, ok, type Result } from "../api/result.ts";
import { isRecord, textAt, type JsonRecord } from "../catalog/json-record.ts";
import { isQuantity } from "../kube/quantity.ts";
import { subtractResources, toResources } from "../kube/resources.ts";

const textCharactersMax = 64 * 1024 * 1024;
const typesMax = 20_000;
const offeringsMax = 1_000;
const pricePerHourMax = 10_000;
/** Of a type that doesn't tell how many Pods its nodes run. */
const podsDefault = "110";
const reserved = toResources({ cpu: "100m", memory: "10Mi" });
/** What is reserved needs a reservation, which such a file does not tell. */
const capacityTypes = ["on-demand", "spot"] as const;
const kwokLabel = (name: string): string => `karpenter.kwok.sh/instance-${name}`;
const ec2Name = /^\w+\.(nano|micro|small|medium|large|\d*xlarge|metal)$/;

/** Reads the file's text; the error names the type and the field. */
export function parseKwokInstanceTypes(text: string): Result<readonly InstanceType[], string> {
  if (text.length > textCharactersMax) return err("the file is larger than 64 MiB; refused");
  const list = jsonOf(text);
  if (!list.ok) return err(`the file is not JSON: ${list.error}`);
  if (!Array.isArray(list.value) || list.value.length === 0) return err("the file must be a list of instance types, with at least one");
  if (list.value.length > typesMax) return err(`the file has ${list.value.length} instance types; write at most ${typesMax}`);
  const types = new Map<string, InstanceType>();
  for (const [index, item] of list.value.entries()) {
    const type = isRecord(item) ? typeOf(item, `[${index}]`) : err(`[${index}] must be an object with name, resources and offerings`);
    if (!type.ok) return type;
    if (types.has(type.value.name)) return err(`[${index}].name is ${type.value.name} a second time; give each type a name of its own`);
    types.set(type.value.name, type.value);
  }
  return ok([...types.values()]);
}

function jsonOf(text: string): Result<unknown, string> {
  try {
    const value: unknown = JSON.parse(text);
    return ok(value);
  } catch (cause) {
    return err(cause instanceof Error ? cause.message : String(cause));
  }
}

function typeOf(record: JsonRecord, at: string): Result<InstanceType, string> {
  const [name, architecture] = [textAt(record, "name"), textAt(record, "architecture")];
  if (name === undefined) return err(`${at}.name is missing; write the type's name, such as "c-4x-amd64-linux"`);
  const where = `${at} (${name})`;
  if (architecture === undefined) return err(`${where}.architecture is missing; write amd64 or arm64`);
  const systems = textsOf(record["operatingSystems"]);
  if (systems.length === 0) return err(`${where}.operatingSystems is ${told(record["operatingSystems"])}; write a list such as ["linux"]`);
  const resources = resourcesOf(record["resources"], where);
  if (!resources.ok) return resources;
  const offerings = offeringsOf(record["offerings"], where);
  if (!offerings.ok) return offerings;
  const capacity = toResources({ pods: podsDefault, ...resources.value });
  return ok({
    name,
    requirements: [
      within(instanceTypeLabel, [name]),
      within(archLabel, [architecture]),
      within(osLabel, systems),
      within(zoneLabel, unique(offerings.value.map(({ zone }) => zone))),
      within(capacityTypeLabel, unique(offerings.value.map(({ capacityType }) => capacityType))),
      ...kwokLabels(name, resources.value),
    ],
    capacity,
    allocatable: subtractResources(capacity, reserved),
    offerings: offerings.value,
  });
}

/** Karpenter's kwok provider reads size and family out of EC2's and other clouds' names, and cpu and memory as they are written. */
function kwokLabels(name: string, { cpu = "", memory = "" }: ResourceList): readonly NodeSelectorRequirement[] {
  const [family = ""] = name.split(/[.-]/, 2);
  const isPlain = family === name;
  return [
    within(kwokLabel("size"), [ec2Name.exec(name)?.[1] ?? String(cpu)]),
    within(kwokLabel("family"), [isPlain ? name.slice(0, 1) : family]),
    within(kwokLabel("cpu"), [String(cpu)]),
    within(kwokLabel("memory"), [String(memory)]),
  ];
}

function resourcesOf(value: unknown, where: string): Result<ResourceList, string> {
  if (!isRecord(value)) return err(`${where}.resources must be an object such as {"cpu": "4", "memory": "8Gi"}`);
  const list: Record<string, string | number> = {};
  for (const [name, amount] of Object.entries(value)) {
    const isAmount = (typeof amount === "string" || typeof amount === "number") && isQuantity(amount);
    if (!isAmount) return err(`${where}.resources.${name} is ${told(amount)}; write a quantity such as "4" or "8Gi"`);
    list[name] = amount;
  }
  for (const name of ["cpu", "memory"]) {
    if (list[name] === undefined) return err(`${where}.resources.${name} is missing; write a quantity such as "4" or "8Gi"`);
  }
  return ok(list);
}

function offeringsOf(value: unknown, where: string): Result<readonly Offering[], string> {
  const shape = `a list of at most ${offeringsMax} offerings, each with Price and Requirements`;
  if (!Array.isArray(value) || value.length === 0 || value.length > offeringsMax) return err(`${where}.offerings must be ${shape}`);
  const offerings: Offering[] = [];
  for (const [index, item] of value.entries()) {
    const offering = offeringOf(item, `${where}.offerings[${index}]`);
    if (!offering.ok) return offering;
    offerings.push(offering.value);
  }
  return ok(offerings);
}

function offeringOf(value: unknown, at: string): Result<Offering, string> {
  if (!isRecord(value)) return err(`${at} must be an object with Price and Requirements`);
  const pricePerHour = value["Price"];
  const isPrice = typeof pricePerHour === "number" && pricePerHour >= 0 && pricePerHour <= pricePerHourMax;
  if (!isPrice) return err(`${at}.Price is ${told(pricePerHour)}; write USD an hour, a number from 0 to ${pricePerHourMax} such as 0.0271`);
  const [zone, capacityTypeText] = [zoneLabel, capacityTypeLabel].map((key) => onlyValue(value["Requirements"], key));
  if (zone === undefined) return err(`${at}.Requirements must ask for one value of ${zoneLabel} with In`);
  const capacityType = capacityTypes.find((one) => one === capacityTypeText);
  if (capacityType === undefined)
    return err(`${at}.Requirements must ask for one value of ${capacityTypeLabel} with In: ${capacityTypes.join(" or ")}`);
  // As Karpenter's kwok provider takes them: whatever the file says, nothing is out of stock.
  return ok({ zone, capacityType, available: true, pricePerHour });
}

function onlyValue(requirements: unknown, key: string): string | undefined {
  const asked = Array.isArray(requirements) ? requirements.filter(isRecord).filter((one) => one["key"] === key) : [];
  const [only] = asked;
  const values = asked.length === 1 && only?.["operator"] === "In" ? textsOf(only["values"]) : [];
  return values.length === 1 ? values[0] : undefined;
}

function textsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  const texts = value.filter((one): one is string => typeof one === "string" && one !== "");
  return texts.length === value.length ? texts : [];
}

function within(key: string, values: readonly string[]): NodeSelectorRequirement {
  return { key, operator: "In", values };
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}

function told(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 80);
}
