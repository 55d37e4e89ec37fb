/**
 * The diverse Pods of Karpenter's scheduling benchmark, from the recorded streams in bench/data.
 *
 * Reads one CSV a size (kind,label,selector,cpu_m,mem_mi), which is what Karpenter's own generator drew from seed 42;
 * refuses a file whose fingerprint is not the recorded one. Returns plain Pods. Five kinds in equal shares: generic, zone
 * spread, hostname spread, zone affinity and hostname anti-affinity (which alone forces one node for every fifth Pod).
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Affinity, Pod, PodSpec, TopologySpreadConstraint } from "../src/api/pod.ts";
import { hostnameLabel, zoneLabel } from "../src/api/labels.ts";

/** Sizes with a recorded stream, and the first 16 hex digits of the sha256 of their lines. */
export const diverseFingerprints: Readonly<Record<number, string>> = {
  50: "c6d5b7b3874b83f2",
  500: "75b3b984d0523a77",
  5000: "f21391f9141fce6d",
};

export interface DiverseRow {
  readonly kind: string;
  readonly label: string;
  readonly selector: string;
  readonly cpuMillis: number;
  readonly memoryMi: number;
}

/** Returns the sizes for which Pods exist, ascending. */
export function diverseSizes(): readonly number[] {
  return Object.keys(diverseFingerprints).map(Number);
}

/** Returns the Pods of one recorded size; throws where the data is not what was recorded. */
export function diversePods(count: number): readonly Pod[] {
  const rows = diverseRows(count);
  const found = fingerprint(rows);
  const expected = diverseFingerprints[count];
  if (found !== expected) throw new Error(`the ${count} diverse Pods have the fingerprint ${found}, not ${String(expected)}`);
  return rows.map(podOf);
}

/** Reads one recorded stream. */
export function diverseRows(count: number): readonly DiverseRow[] {
  const text = readFileSync(new URL(`./data/diverse-${count}.csv`, import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [kind = "", label = "", selector = "", cpu, memory] = line.split(",");
      return { kind, label, selector, cpuMillis: Number(cpu), memoryMi: Number(memory) };
    });
}

/** Returns the first 16 hex digits of the sha256 over the lines kind|label|selector|cpu|memory. */
export function fingerprint(rows: readonly DiverseRow[]): string {
  const hash = createHash("sha256");
  for (const row of rows) hash.update(`${row.kind}|${row.label}|${row.selector}|${row.cpuMillis}|${row.memoryMi}\n`);
  return hash.digest("hex").slice(0, 16);
}

function podOf(row: DiverseRow, index: number): Pod {
  const name = `diverse-${String(index).padStart(5, "0")}`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: name, labels: labelsOf(row) },
    spec: { ...containers(row), ...constraintsOf(row) },
  };
}

function containers(row: DiverseRow): Pick<PodSpec, "containers"> {
  return { containers: [{ name: "main", resources: { requests: { cpu: `${row.cpuMillis}m`, memory: `${row.memoryMi}Mi` } } }] };
}

function labelsOf(row: DiverseRow): Readonly<Record<string, string>> {
  if (row.kind === "zone-affinity") return { "my-affininity": row.label };
  if (row.kind === "hostname-anti") return { app: "nginx" };
  return { "my-label": row.label };
}

function constraintsOf(row: DiverseRow): { affinity?: Affinity; topologySpreadConstraints?: readonly TopologySpreadConstraint[] } {
  switch (row.kind) {
    case "generic":
      return {};
    case "zone-spread":
      return { topologySpreadConstraints: [spread(zoneLabel, row.selector)] };
    case "hostname-spread":
      return { topologySpreadConstraints: [spread(hostnameLabel, row.selector)] };
    case "zone-affinity":
      return { affinity: { podAffinity: terms(zoneLabel, { "my-affininity": row.label }) } };
    case "hostname-anti":
      return { affinity: { podAntiAffinity: terms(hostnameLabel, { app: "nginx" }) } };
    default:
      throw new Error(`unknown kind of diverse Pod: ${row.kind}`);
  }
}

function spread(topologyKey: string, value: string): TopologySpreadConstraint {
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { "my-label": value } } };
}

function terms(topologyKey: string, matchLabels: Readonly<Record<string, string>>): NonNullable<Affinity["podAffinity"]> {
  return { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels } }] };
}
