/**
 * Why a planned node has its shape, in words; and what is in the way of a Pod, as what would help.
 */
import { amountOf, isBytes } from "../kube/resources.ts";
import type { NodeWhy, RefusedTypes } from "../provisioner/scheduling/node-why.ts";
import type { Obstacle } from "../provisioner/scheduling/obstacle.ts";

/** Labels that are told; the others are counted. */
const labelsToldMax = 6;
const fixesToldMax = 10;

/** Returns an amount in USD as text. */
export function dollars(amount: number): string {
  return `$${amount.toFixed(4)}`;
}

/** Returns lines: what decides, how the pool was chosen, the next best, and what speaks against cheaper types. */
export function nodeWhyLines({ driver, nextBest, cheaper }: NodeWhy): readonly string[] {
  const { resources, labels, pool } = driver;
  const left = labels.length - labelsToldMax;
  return [
    ...resources.map(resourceText),
    ...labels
      .slice(0, labelsToldMax)
      .map(({ requirement, by, pod }) => `${requirement}: by ${by === "spread of others" ? by : `the ${by}`} of ${workloadOf(pod)}`),
    ...(left > 0 ? [`and ${left} more labels`] : []),
    poolWords[pool],
    nextBest === undefined
      ? "next best: there is none"
      : `next best: ${nextBest.instanceType} ${nextBest.capacityType} in ${nextBest.zone}, ${dollars(nextBest.pricePerHour)} (${moreText(nextBest.difference)})`,
    ...(cheaper.length === 0 ? ["cheaper types: there is none"] : [`cheaper types: ${cheaper.map(refusedText).join("; ")}`]),
  ];
}

/** The fullest decides; of the others, cheaper types have too little as well. Used and usable are told in one unit. */
function resourceText({ name, used, usable, pod }: NodeWhy["driver"]["resources"][number], position: number): string {
  const most = amountOf(name, usable);
  const [suffix, unit] = unitOf(name, most);
  const [of, all] = [amountOf(name, used), most].map((amount) => `${Number((amount / unit).toFixed(2))}${suffix}`);
  const share = `${of ?? ""} of ${all ?? ""}`;
  if (position > 0) return `and ${name}, of which cheaper types have too little too: ${share} is used`;
  return `${name} decides: ${share} is used, most of it by ${workloadOf(pod)}`;
}

/** Cores, the largest binary unit of which there is at least one, or pieces. */
function unitOf(name: string, most: number): readonly [string, number] {
  if (name === "cpu") return ["", 1000];
  if (!isBytes(name)) return ["", 1];
  return byteUnits.find(([, unit]) => most >= unit) ?? ["", 1];
}

const byteUnits: readonly (readonly [string, number])[] = [
  ["Gi", 2 ** 30],
  ["Mi", 2 ** 20],
  ["Ki", 2 ** 10],
];

/** Replicas have their shapes for the same reasons. */
function workloadOf(pod: string): string {
  return pod.replace(/#\d+$/, "");
}

const poolWords: Readonly<Record<NodeWhy["driver"]["pool"], string>> = {
  only: "no other NodePool takes these Pods",
  weight: "no other NodePool that takes these Pods weighs as much",
  price: "other NodePools of this weight take these Pods too",
};

/** "next best m7i.large: $0.0100 more", for where there is little room. */
export function nextBestText({ nextBest }: NodeWhy): string {
  return nextBest === undefined ? "no next best" : `next best ${nextBest.instanceType}: ${moreText(nextBest.difference)}`;
}

/** "$0.0100 more", "$0.0100 less" or "no more". */
export function moreText(amount: number): string {
  if (Math.abs(amount) < 1e-6) return "no more";
  return amount > 0 ? `${dollars(amount)} more` : `${dollars(-amount)} less`;
}

function refusedText({ by, keys = [], types, cheapest, pricePerHour }: RefusedTypes): string {
  const key = inWords(keys);
  const why = {
    resources: key === "" ? "filled by DaemonSets" : `too small in ${key}`,
    volumes: `attach too few ${key}`,
    ports: `without a free ${key}`,
    requirements: `other ${key}`,
    offerings: "not offered",
    limits: "over the limits",
    other: "not tried",
  };
  return `${types} ${why[by]} (from ${cheapest}, ${dollars(pricePerHour)})`;
}

/** "cpu", "cpu and memory" or "cpu, memory and pods". */
function inWords(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** What would take obstacles out of the way, each once. */
export function fixLines(obstacles: readonly Obstacle[]): readonly string[] {
  const fixes = [...new Set(obstacles.flatMap(({ fix }) => fix ?? []))];
  const left = fixes.length - fixesToldMax;
  return [...fixes.slice(0, fixesToldMax).map((fix) => `fix: ${fix}`), ...(left > 0 ? [`and ${left} more ways`] : [])];
}
