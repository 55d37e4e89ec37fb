/**
 * What CreateLaunchTemplate and CreateFleet mean together, whoever sent them.
 *
 * Reads requests as they went over the wire. Returns, for each offering that the fleet asks for, the node that would come of
 * it, and what the fleet says of all of them. Names of launch templates, the client token, the order of tags, labels, taints,
 * overrides and configurations mean nothing and are gone; ids get names; values that EC2 fills in are filled in.
 */
import { parse } from "yaml";
import { isRecord, type JsonRecord } from "../../src/catalog/json-record.ts";

export interface SentLaunch {
  /** LaunchTemplateData by name, with the tags of the template itself as OwnTagSpecification. */
  readonly templates: ReadonlyMap<string, JsonRecord>;
  readonly fleet: JsonRecord;
  /** Names of images, subnets, security groups and instance profiles by id. */
  readonly names: ReadonlyMap<string, string>;
}

export interface LaunchMeaning {
  readonly fleet: JsonRecord;
  /** By type and zone. */
  readonly offerings: Readonly<Record<string, JsonRecord>>;
}

/** Returns what a launch means; throws where the fleet names a template that was not made. */
export function launchMeaning({ templates, fleet, names }: SentLaunch): LaunchMeaning {
  const named = record(withNames(fleet, names));
  const { LaunchTemplateConfigs, TagSpecification, ...rest } = withoutToken(named);
  const offerings = list(LaunchTemplateConfigs).flatMap((config) => {
    const { LaunchTemplateSpecification, Overrides } = record(config);
    const name = text(record(LaunchTemplateSpecification)["LaunchTemplateName"]);
    const made = templates.get(name);
    if (made === undefined) throw new Error(`no launch template ${name} was made`);
    const { ImageId: templateImage, ...template } = templateMeaning(record(withNames(made, names)));
    return list(Overrides).map((override): [string, JsonRecord] => {
      const { InstanceType, AvailabilityZone, ImageId = templateImage, SubnetId, Priority, ...others } = record(override);
      const place = { image: ImageId, subnet: SubnetId, price: Number(Priority) };
      return [`${text(InstanceType)} ${text(AvailabilityZone)}`, { ...others, ...place, ...template }];
    });
  });
  return { fleet: { ...rest, tags: tagsOf(TagSpecification) }, offerings: Object.fromEntries(offerings) };
}

/** Returns a request without what differs at every call. */
export function withoutToken(request: JsonRecord): JsonRecord {
  const left = ["ClientToken", "Action", "Version"];
  return Object.fromEntries(Object.entries(request).filter(([name]) => !left.includes(name)));
}

/** What EC2 takes for granted is said, so that saying it makes no difference. */
function templateMeaning(data: JsonRecord): JsonRecord {
  const { UserData, TagSpecification, BlockDeviceMapping, NetworkInterface, OwnTagSpecification, ...rest } = data;
  return {
    Placement: { Tenancy: "default" },
    EnclaveOptions: { Enabled: "false" },
    ...rest,
    disks: list(BlockDeviceMapping).map((mapping) => {
      const { Ebs, ...named } = record(mapping);
      return { ...named, Ebs: { DeleteOnTermination: "true", ...record(Ebs) } };
    }),
    interfaces: list(NetworkInterface).map((one) => {
      const { SecurityGroupId, ...others } = record(one);
      return { ...others, groups: list(SecurityGroupId).map(text).sort() };
    }),
    tags: tagsOf(TagSpecification),
    ownTags: tagsOf(OwnTagSpecification),
    userData: userDataMeaning(decodedUserData(UserData)),
  };
}

/** Returns user data as the instance reads it. */
export function decodedUserData(encoded: unknown): string {
  return typeof encoded === "string" ? Buffer.from(encoded, "base64").toString("utf8") : "";
}

/** Returns tags by what they are put on, sorted. */
export function tagsOf(specifications: unknown): JsonRecord {
  return Object.fromEntries(
    list(specifications).map((one) => {
      const { ResourceType, Tag } = record(one);
      const tags = list(Tag).map((tag): [string, string] => [text(record(tag)["Key"]), text(record(tag)["Value"])]);
      return [text(ResourceType), Object.fromEntries(tags.sort(([a], [b]) => (a < b ? -1 : 1)))];
    }),
  );
}

const nodeConfigType = "application/node.eks.aws";

/** A MIME archive is its parts in order; in a NodeConfig, labels and taints are sets. Other text is itself. */
function userDataMeaning(userData: string): unknown {
  const boundary = /boundary="([^"]*)"/.exec(userData)?.[1];
  if (boundary === undefined) return userData;
  const parts = userData.split(`--${boundary}`).slice(1, -1);
  return parts.map((part) => {
    const [, head = "", body = ""] = /^\r?\n(.*?)\r?\n\r?\n(.*)$/s.exec(part) ?? [];
    const type = /Content-Type:\s*([^;\s]+)/i.exec(head)?.[1] ?? "";
    return { type, content: type === nodeConfigType ? nodeConfigMeaning(parse(body)) : body.trim() };
  });
}

function nodeConfigMeaning(parsed: unknown): JsonRecord {
  const config = record(parsed);
  const spec = record(config["spec"]);
  const kubelet = record(spec["kubelet"]);
  const { registerWithTaints, ...settings } = record(kubelet["config"] ?? {});
  const flags = list(kubelet["flags"]).map(text);
  const labels = flags.flatMap((flag) => /^--node-labels="?(.*?)"?$/.exec(flag)?.[1]?.split(",") ?? []);
  return {
    ...config,
    spec: { ...spec, kubelet: settings },
    taints: list(registerWithTaints).map(taintText).sort(),
    labels: Object.fromEntries(labels.map((label) => label.split("="))) as JsonRecord,
    otherFlags: flags.filter((flag) => !flag.startsWith("--node-labels=")),
  };
}

function taintText(taint: unknown): string {
  const { key, value = "", effect } = record(taint);
  return `${text(key)}=${text(value)}:${text(effect)}`;
}

/** Each id by its name; order and all else stay. */
function withNames(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((member) => withNames(member, names));
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withNames(member, names)]));
  return typeof value === "string" ? (names.get(value) ?? value) : value;
}

/** Returns every place in which two meanings differ, as "path: theirs, ours"; each once, whatever the offering. */
export function differences(theirs: LaunchMeaning, ours: LaunchMeaning): readonly string[] {
  const pairs = Object.keys({ ...theirs.offerings, ...ours.offerings }).flatMap((offering) => {
    const [their, our] = [theirs.offerings[offering], ours.offerings[offering]];
    if (their === undefined) return [`only ours: ${offering}`];
    return our === undefined ? [`only theirs: ${offering}`] : unlike("offering", their, our);
  });
  return [...new Set([...unlike("fleet", theirs.fleet, ours.fleet), ...pairs])].sort();
}

function unlike(path: string, theirs: unknown, ours: unknown): readonly string[] {
  const [members, others] = [membersOf(theirs), membersOf(ours)];
  if (members !== undefined && others !== undefined) {
    const keys = new Set([...members.keys(), ...others.keys()]);
    return [...keys].flatMap((key) => unlike(`${path}.${key}`, members.get(key), others.get(key)));
  }
  const [a, b] = [theirs, ours].map((value) => (value === undefined ? "nothing" : JSON.stringify(value)));
  return a === b ? [] : [`${path}: ${a ?? ""}, ${b ?? ""}`];
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (Array.isArray(value)) return new Map(value.map((member: unknown, index) => [String(index), member]));
  return isRecord(value) ? new Map(Object.entries(value)) : undefined;
}

/** Returns a query protocol's parameters as the objects and lists that they spell. */
export function nestedParams(params: Iterable<readonly [string, string]>): JsonRecord {
  const root: Record<string, unknown> = {};
  for (const [name, value] of params) {
    const path = name.split(".");
    const last = path.pop() ?? "";
    let at = root;
    for (const step of path) at = (at[step] ??= {}) as Record<string, unknown>;
    at[last] = value;
  }
  return record(withLists(root));
}

/** What is keyed 1, 2, 3 is a list. */
function withLists(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  const isList = entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key));
  if (!isList) return Object.fromEntries(entries.map(([key, member]) => [key, withLists(member)]));
  return entries.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, member]) => withLists(member));
}

function record(value: unknown): JsonRecord {
  if (!isRecord(value)) throw new Error(`no object: ${JSON.stringify(value)}`);
  return value;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new Error(`no text: ${JSON.stringify(value)}`);
}
