/**
 * The diverse Pods of Karpenter's scheduling benchmark.
 *
 * Reads a stream of draws: the recorded one gives the very Pods of Karpenter's benchmark, another seed others of the same mix. Returns
 * plain Pods. Five kinds in equal shares: generic, zone spread, hostname spread, zone affinity and hostname anti-affinity (which alone
 * forces one node for every fifth Pod).
 */
import { createHash } from "node:crypto";
import type { Affinity, Pod, PodSpec, TopologySpreadConstraint } from "../src/api/pod.ts";
import { hostnameLabel, zoneLabel } from "../src/api/labels.ts";
import { recordedDraws, type Draw } from "./scheduling/draws.ts";

/** Sizes whose Pods are known to be Karpenter's, and the first 16 hex digits of the sha256 of their lines. */
export const diverseFingerprints: Readonly<Record<number, string>> = {
  50: "c6d5b7b3874b83f2",
  500: "75b3b984d0523a77",
  1000: "17dbed4bab26f67b",
  2000: "a862a09c1fb3ac0c",
  5000: "f21391f9141fce6d",
  10000: "1c58ab3720ca2bfe",
  20000: "fe096062af638ad5",
};

/** The recorded stream has no more draws. */
export const diversePodsMax = 20_000;

export interface DiverseRow {
  readonly kind: DiverseKind;
  readonly label: string;
  readonly selector: string;
  readonly cpuMillis: number;
  readonly memoryMi: number;
}

type DiverseKind = "generic" | "zone-spread" | "hostname-spread" | "zone-affinity" | "hostname-anti";

/** In the order in which Karpenter's benchmark draws them; what a fifth leaves over is generic again. */
const kinds: readonly DiverseKind[] = ["generic", "zone-spread", "hostname-spread", "zone-affinity", "hostname-anti"];
const labels = ["a", "b", "c", "d", "e", "f", "g"] as const;
const cpuMillis = [100, 250, 500, 1000, 1500] as const;
const memoryMi = [100, 256, 512, 1024, 2048, 4096] as const;

/** Returns the sizes whose Pods are known to be Karpenter's, ascending. */
export function diverseSizes(): readonly number[] {
  return Object.keys(diverseFingerprints).map(Number);
}

/** Returns Karpenter's Pods of one size; throws where they are not what is known of them. */
export function diversePods(count: number): readonly Pod[] {
  const rows = diverseRows(count);
  const found = fingerprint(rows);
  const expected = diverseFingerprints[count];
  if (expected !== undefined && found !== expected) {
    throw new Error(`the ${count} diverse Pods have the fingerprint ${found}, not ${expected}`);
  }
  return rows.map(podOf);
}

/** Returns Pods of the same mix from another stream of draws. */
export function diversePodsOf(draw: Draw, count: number): readonly Pod[] {
  return drawnRows(draw, count).map(podOf);
}

/** Returns what Karpenter's Pods of one size are made of, at most 20,000. */
export function diverseRows(count: number): readonly DiverseRow[] {
  return drawnRows(recordedDraws(), count);
}

/** Returns the first 16 hex digits of the sha256 over the lines kind|label|selector|cpu|memory. */
export function fingerprint(rows: readonly DiverseRow[]): string {
  const hash = createHash("sha256");
  for (const row of rows) hash.update(`${row.kind}|${row.label}|${row.selector}|${row.cpuMillis}|${row.memoryMi}\n`);
  return hash.digest("hex").slice(0, 16);
}

function drawnRows(draw: Draw, count: number): readonly DiverseRow[] {
  const share = Math.floor(count / kinds.length);
  const ofKind = (kind: DiverseKind, length: number) => Array.from({ length }, () => drawnRow(draw, kind));
  const inShares = kinds.flatMap((kind) => ofKind(kind, share));
  return [...inShares, ...ofKind("generic", count - inShares.length)];
}

function drawnRow(draw: Draw, kind: DiverseKind): DiverseRow {
  const drawn = drawnLabels(draw, kind);
  return { kind, ...drawn, cpuMillis: cpuMillis[draw(cpuMillis.length)] ?? 0, memoryMi: memoryMi[draw(memoryMi.length)] ?? 0 };
}

function drawnLabels(draw: Draw, kind: DiverseKind): Pick<DiverseRow, "label" | "selector"> {
  if (kind === "hostname-anti") return { label: "nginx", selector: "nginx" };
  const label = labels[draw(labels.length)] ?? "";
  if (kind === "zone-affinity") return { label, selector: label };
  return { label, selector: kind === "generic" ? "" : (labels[draw(labels.length)] ?? "") };
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
  }
}

function spread(topologyKey: string, value: string): TopologySpreadConstraint {
  return { maxSkew: 1, topologyKey, whenUnsatisfiable: "DoNotSchedule", labelSelector: { matchLabels: { "my-label": value } } };
}

function terms(topologyKey: string, matchLabels: Readonly<Record<string, string>>): NonNullable<Affinity["podAffinity"]> {
  return { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector: { matchLabels } }] };
}
