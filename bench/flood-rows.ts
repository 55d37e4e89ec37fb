/**
 * Rows of the flood bench: what one case of one round measured, the table of them, and what they say together.
 *
 * A case is compared with the quiet one of the same round and tier, and the median of rounds is what counts: what else the machine does
 * meets all cases of a round.
 */
import type { Flooded } from "./flood-process.ts";

export type FloodCase = "quiet" | "slow sockets" | "flood, other address" | "flood, own address" | "without the word" | "floor";

export interface FloodRow {
  readonly round: number;
  readonly tier: "closed" | "open";
  readonly name: FloodCase;
  /** Of the good caller's reviews. */
  readonly sent: number;
  /** With the right verdict. */
  readonly answered: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly loopP99Ms: number;
  /** Of one core, by our process. */
  readonly cpuShare: number;
  readonly floodPerSecond: number;
  readonly flooded: Flooded;
}

const columns: readonly (readonly [string, (row: FloodRow) => string])[] = [
  ["round", ({ round }) => String(round)],
  ["  tier", ({ tier }) => tier],
  ["                case", ({ name }) => name],
  ["answered", ({ sent, answered }) => `${answered}/${sent}`],
  ["p50 ms", ({ p50Ms }) => p50Ms.toFixed(2)],
  ["p99 ms", ({ p99Ms }) => p99Ms.toFixed(2)],
  ["max ms", ({ maxMs }) => maxMs.toFixed(1)],
  ["loop p99", ({ loopP99Ms }) => loopP99Ms.toFixed(2)],
  ["  cpu", ({ cpuShare }) => `${(cpuShare * 100).toFixed(0)} %`],
  ["flood/s", ({ floodPerSecond }) => floodPerSecond.toFixed(0)],
  ["the flood's", ({ flooded }) => toldOf(flooded)],
];

function toldOf({ opened, answers }: Flooded): string {
  return [`${opened} sockets`, ...Object.entries(answers).map(([how, count]) => `${how}: ${count}`)].join(", ");
}

/** The table, a line for each row. */
export function floodTable(rows: readonly FloodRow[]): readonly string[] {
  const head = columns.map(([title]) => title);
  return [head, ...rows.map((row) => columns.map(([, text]) => text(row)))].map((cells) =>
    cells.map((cell, index) => (index === cells.length - 1 ? cell : cell.padStart(head[index]?.length ?? 0))).join("  "),
  );
}

/** The ratio of each case's 99th percentile to the quiet one's, by tier, and whether all was answered. */
export function floodSummary(rows: readonly FloodRow[]): {
  readonly ratios: Readonly<Record<string, number>>;
  readonly lines: readonly string[];
} {
  const pairs = rows.flatMap((row) => {
    const quiet = rows.find(({ round, tier, name }) => round === row.round && tier === row.tier && name === "quiet");
    return row.name === "quiet" || quiet === undefined ? [] : [{ key: `${row.tier}, ${row.name}`, ratio: row.p99Ms / quiet.p99Ms }];
  });
  const keys = [...new Set(pairs.map(({ key }) => key))];
  const ratios = Object.fromEntries(keys.map((key) => [key, median(pairs.filter((pair) => pair.key === key).map(({ ratio }) => ratio))]));
  const [sent, answered] = [rows.reduce((sum, row) => sum + row.sent, 0), rows.reduce((sum, row) => sum + row.answered, 0)];
  const lines = keys.map((key) => `${key}: p99 is ${(ratios[key] ?? NaN).toFixed(2)} times the quiet one`);
  return { ratios, lines: [...lines, `${answered} of ${sent} reviews of the good caller were answered`] };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
