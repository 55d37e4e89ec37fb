/**
 * The money of a fleet: what its nodes cost, what of that nobody asks for, and who the rest is for.
 *
 * Reads rows. Returns sums in USD an hour. A node's price goes whole to its pool, zone, type or way to buy; to classes and owners it is split
 * by the shares of their Pods, and what no Pod asks for is idle.
 */
import type { Resources } from "../api/object.ts";
import { shareOf } from "./nodes-use.ts";
import { phaseWords, type PhaseWord } from "./nodes-phase.ts";
import type { NodeRow } from "./nodes-row.ts";

export const moneyKeys = ["pool", "class", "owner", "buy", "type", "zone"] as const;
export type MoneyKey = (typeof moneyKeys)[number];

export interface FleetTotals {
  readonly nodes: number;
  /** How many nodes are in each phase, in the order of a life; those that none is in are left out. */
  readonly phases: Readonly<Partial<Record<PhaseWord, number>>>;
  readonly pricePerHour: number;
  /** Nodes that no price is known of. */
  readonly unpriced: number;
  /** What of the price no Pod asks for, by the mean of cpu and memory. */
  readonly idlePerHour: number;
  readonly requests: Resources;
  readonly allocatable: Resources;
}

export interface MoneyGroup {
  /** "" is what has no such name; "(idle)", which no label can be, is what no Pod asks for. */
  readonly name: string;
  /** Nodes of the group; of a class or an owner, those with a Pod of it. */
  readonly nodes: number;
  readonly pricePerHour: number;
}

/** The group of what no Pod asks for, where money is split by Pods. */
export const idleGroup = "(idle)";

/** Average hours of a month. */
export const hoursPerMonth = 730;

/** Returns the sums over rows. */
export function fleetTotals(rows: readonly NodeRow[]): FleetTotals {
  const requests: Record<string, number> = {};
  const allocatable: Record<string, number> = {};
  const counts = new Map<PhaseWord, number>();
  const sums = { pricePerHour: 0, idlePerHour: 0, unpriced: 0 };
  for (const row of rows) {
    counts.set(row.phase.word, (counts.get(row.phase.word) ?? 0) + 1);
    sums.pricePerHour += row.pricePerHour ?? 0;
    sums.idlePerHour += idleOf(row);
    if (row.pricePerHour === undefined) sums.unpriced += 1;
    // What has not joined yet holds nobody.
    if (row.node === undefined) continue;
    addInto(requests, row.use.requests);
    addInto(allocatable, row.allocatable);
  }
  const phases: Partial<Record<PhaseWord, number>> = {};
  for (const word of phaseWords) {
    const count = counts.get(word);
    if (count !== undefined) phases[word] = count;
  }
  return { nodes: rows.length, phases, ...sums, requests, allocatable };
}

/** Returns what of a node's price no Pod asks for. */
export function idleOf({ pricePerHour = 0, use, allocatable }: NodeRow): number {
  return pricePerHour * Math.max(0, 1 - shareOf(use.requests, allocatable));
}

/** Returns the groups of one key, the dearest first. */
export function moneyBy(rows: readonly NodeRow[], key: MoneyKey): readonly MoneyGroup[] {
  const groups = new Map<string, { nodes: number; pricePerHour: number }>();
  const add = (name: string, pricePerHour: number): void => {
    const group = groups.get(name) ?? { nodes: 0, pricePerHour: 0 };
    group.nodes += 1;
    group.pricePerHour += pricePerHour;
    groups.set(name, group);
  };
  for (const row of rows) {
    if (key !== "class" && key !== "owner") {
      add(nameOf(row, key), row.pricePerHour ?? 0);
      continue;
    }
    for (const { name, share } of key === "class" ? row.use.classes : row.use.owners) add(name, (row.pricePerHour ?? 0) * share);
    add(idleGroup, idleOf(row));
  }
  return [...groups]
    .map(([name, group]) => ({ name, ...group }))
    .sort((a, b) => b.pricePerHour - a.pricePerHour || (a.name < b.name ? -1 : 1));
}

function nameOf(row: NodeRow, key: Exclude<MoneyKey, "class" | "owner">): string {
  switch (key) {
    case "pool":
      return row.nodePool;
    case "buy":
      return row.capacityType;
    case "type":
      return row.instanceType;
    case "zone":
      return row.zone;
  }
}

function addInto(sum: Record<string, number>, amounts: Resources): void {
  for (const name in amounts) sum[name] = (sum[name] ?? 0) + (amounts[name] ?? 0);
}
