/**
 * Instance table: EC2 facts as text, one line a type.
 *
 * Reads and writes the table that `plimsoll catalog refresh` makes: three lines that say where, of which region and when,
 * the names of the columns, then a row a type with its values between bars. Text and not JSON, since 1,200 types then are
 * 90 KB that are read in a few milliseconds, and a refresh is a diff that people can read.
 */
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2Gpu, Ec2InstanceFacts } from "./ec2-facts.ts";

export interface InstanceTable {
  /** What answered, for people. */
  readonly source: string;
  /** The region whose zones the facts tell. */
  readonly region: string;
  /** The day it was read, as 2026-11-21. */
  readonly date: string;
  /** Sorted by name. */
  readonly facts: readonly Ec2InstanceFacts[];
}

/** More rows or longer ones than EC2 will ever have: a file that is not a table is refused early. */
const rowsMax = 20_000;
const rowCharactersMax = 1_000;

const columns = [
  "name",
  "vCPUs",
  "MiB",
  "arch",
  "manufacturer",
  "MHz",
  "hypervisor",
  "flags",
  "interfaces",
  "IPv4",
  "network Mbps",
  "EBS Mbps",
  "EBS volumes",
  "disk GB",
  "GPUs",
  "Neuron",
  "EFA",
  "zones",
] as const;
const columnLine = columns.join("|");

/** e: encrypts in transit, b: bare metal, p: previous generation, o: sold on demand, s: sold as Spot. */
type Flag = "e" | "b" | "p" | "o" | "s";

/** Returns the table's text; parseInstanceTable reads it back. */
export function formatInstanceTable({ source, region, date, facts }: InstanceTable): string {
  const rows = [...facts].sort((a, b) => (a.name < b.name ? -1 : 1)).map((of) => rowOf(of, region));
  return [`source: ${source}`, `region: ${region}`, `date: ${date}`, columnLine, ...rows, ""].join("\n");
}

/** Reads a table; the error names the line. */
export function parseInstanceTable(text: string): Result<InstanceTable, string> {
  const lines = text.split("\n", rowsMax + columns.length);
  const [source, region, date] = ["source", "region", "date"].map((name, index) => headOf(lines[index], name));
  if (source === undefined || region === undefined || date === undefined) return err("line 1: a table starts with source, region and date");
  if (lines[3] !== columnLine) return err(`line 4: the columns must be ${columnLine}`);
  if (lines.length > rowsMax) return err(`more than ${rowsMax} lines`);
  const zones = zoneSets(region);
  const facts: Ec2InstanceFacts[] = [];
  for (const [index, line] of lines.slice(4).entries()) {
    if (line === "") continue;
    const row = factsOf(line, zones);
    if (row === undefined) return err(`line ${index + 5}: ${line.slice(0, 60)} is no row of the table`);
    facts.push(row);
  }
  return facts.length === 0 ? err("the table has no rows") : ok({ source, region, date, facts });
}

function headOf(line: string | undefined, name: string): string | undefined {
  return line?.startsWith(`${name}: `) === true ? line.slice(name.length + 2) : undefined;
}

function rowOf(facts: Ec2InstanceFacts, region: string): string {
  const { ebsAttachments, neuron, gpus = [] } = facts;
  const cells: readonly (string | number | undefined)[] = [
    facts.name,
    facts.vcpus,
    facts.memoryMiB,
    facts.architecture,
    facts.manufacturer,
    facts.clockSpeedMhz,
    facts.hypervisor,
    flagsOf(facts),
    facts.networkInterfacesMax,
    facts.ipv4PerInterface,
    facts.networkBandwidthMbps,
    facts.ebsBandwidthMbps,
    ebsAttachments === undefined ? undefined : `${ebsAttachments.max}${ebsAttachments.sharedWithInterfaces ? "s" : ""}`,
    facts.instanceStoreGB,
    gpus.map(({ name, manufacturer, count, memoryMiB }) => `${count}*${manufacturer}/${name}/${memoryMiB}`).join(","),
    neuron === undefined ? undefined : `${neuron.devices}*${neuron.name}/${neuron.coresPerDevice}`,
    facts.efaInterfacesMax,
    facts.offeredIn?.zones.map((zone) => zone.slice(region.length)).join(" ") ?? "?",
  ];
  return cells.map((cell) => cell ?? "").join("|");
}

function flagsOf({ encryptionInTransit, bareMetal, previousGeneration, capacityTypes = ["on-demand", "spot"] }: Ec2InstanceFacts): string {
  const flags: readonly (readonly [Flag, boolean])[] = [
    ["e", encryptionInTransit],
    ["b", bareMetal === true],
    ["p", previousGeneration === true],
    ["o", capacityTypes.includes("on-demand")],
    ["s", capacityTypes.includes("spot")],
  ];
  return flags.map(([flag, holds]) => (holds ? flag : "")).join("");
}

type ZoneSets = (cell: string) => Ec2InstanceFacts["offeredIn"];

/** Most types are offered in the same few sets of zones, so each set is one object. */
function zoneSets(region: string): ZoneSets {
  const sets = new Map<string, { readonly region: string; readonly zones: readonly string[] }>();
  return (cell) => {
    if (cell === "?") return undefined;
    const known = sets.get(cell) ?? { region, zones: cell === "" ? [] : cell.split(" ").map((suffix) => `${region}${suffix}`) };
    sets.set(cell, known);
    return known;
  };
}

function factsOf(line: string, zones: ZoneSets): Ec2InstanceFacts | undefined {
  const cells = line.split("|");
  if (line.length > rowCharactersMax || cells.length !== columns.length) return undefined;
  const [name = "", vcpus, memory, architecture, manufacturer = "", clock, hypervisor = "", flags = "", interfaces, ipv4] = cells;
  const [network, ebs, volumes = "", disk, gpus = "", neuron = "", efa, zone = ""] = cells.slice(10);
  const counts = [vcpus, memory, interfaces, ipv4].map(countOf);
  if (name === "" || counts.includes(undefined) || (architecture !== "amd64" && architecture !== "arm64")) return undefined;
  const [vcpuCount = 0, memoryMiB = 0, networkInterfacesMax = 0, ipv4PerInterface = 0] = counts;
  const [clockSpeedMhz, networkBandwidthMbps, ebsBandwidthMbps, instanceStoreGB, efaInterfacesMax] = [clock, network, ebs, disk, efa].map(
    countOf,
  );
  const offeredIn = zones(zone);
  return {
    name,
    vcpus: vcpuCount,
    memoryMiB,
    architecture,
    manufacturer,
    hypervisor,
    encryptionInTransit: flags.includes("e"),
    networkInterfacesMax,
    ipv4PerInterface,
    ...(clockSpeedMhz === undefined ? undefined : { clockSpeedMhz }),
    ...(networkBandwidthMbps === undefined ? undefined : { networkBandwidthMbps }),
    ...(ebsBandwidthMbps === undefined ? undefined : { ebsBandwidthMbps }),
    ...(instanceStoreGB === undefined ? undefined : { instanceStoreGB }),
    ...(efaInterfacesMax === undefined ? undefined : { efaInterfacesMax }),
    ...saleOf(flags),
    ...(volumes === ""
      ? undefined
      : { ebsAttachments: { max: Number.parseInt(volumes, 10), sharedWithInterfaces: volumes.endsWith("s") } }),
    ...(gpus === "" ? undefined : { gpus: gpus.split(",").map(gpuOf) }),
    ...(neuron === "" ? undefined : { neuron: neuronOf(neuron) }),
    ...(offeredIn === undefined ? undefined : { offeredIn }),
  };
}

function saleOf(flags: string): Pick<Ec2InstanceFacts, "bareMetal" | "previousGeneration" | "capacityTypes"> {
  const [onDemand, spot] = [flags.includes("o"), flags.includes("s")];
  return {
    ...(flags.includes("b") ? { bareMetal: true } : undefined),
    ...(flags.includes("p") ? { previousGeneration: true } : undefined),
    ...(onDemand && spot
      ? undefined
      : { capacityTypes: [...(onDemand ? (["on-demand"] as const) : []), ...(spot ? (["spot"] as const) : [])] }),
  };
}

function gpuOf(text: string): Ec2Gpu {
  const [count, manufacturer = "", name = "", memory] = text.split(/[*/]/);
  return { name, manufacturer, count: Number(count), memoryMiB: Number(memory) };
}

function neuronOf(text: string): NonNullable<Ec2InstanceFacts["neuron"]> {
  const [devices, name = "", cores] = text.split(/[*/]/);
  return { name, devices: Number(devices), coresPerDevice: Number(cores) };
}

function countOf(cell: string | undefined): number | undefined {
  return cell !== undefined && /^\d+$/.test(cell) ? Number(cell) : undefined;
}
