/**
 * A row of the end-to-end bench: a case, a tool, and the figures of its runs as one.
 *
 * Reads the figures of runs. Returns the median of each, but for claims ever made and memory, of which the largest counts; and tables
 * of rows and of Plimsoll beside Karpenter in Markdown.
 */
import type { EndToEndCase, RunFigures, Tool } from "./measure-run.ts";

export interface EndToEndRow extends EndToEndCase, RunFigures {
  readonly tool: Tool["name"];
  readonly runs: number;
}

/** Returns the row of some runs; at least one. */
export function rowOf(tool: Tool["name"], of: EndToEndCase, runs: readonly RunFigures[]): EndToEndRow {
  const median = (figure: keyof RunFigures): number => {
    const sorted = runs.map((run) => run[figure]).sort((a, b) => a - b);
    const [low = NaN, high = NaN] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.ceil((sorted.length - 1) / 2)]];
    return (low + high) / 2;
  };
  return {
    ...of,
    tool,
    runs: runs.length,
    firstClaimMs: Math.round(median("firstClaimMs")),
    allMadeMs: Math.round(median("allMadeMs")),
    allRunningMs: Math.round(median("allRunningMs")),
    claimsMade: Math.max(...runs.map(({ claimsMade }) => claimsMade)),
    claimsAtEnd: median("claimsAtEnd"),
    vcpu: median("vcpu"),
    pricePerHour: median("pricePerHour"),
    cpuSeconds: median("cpuSeconds"),
    peakMemoryMiB: Math.max(...runs.map(({ peakMemoryMiB }) => peakMemoryMiB)),
  };
}

/** Returns a line for each row under a header. */
export function rowTable(rows: readonly EndToEndRow[]): readonly string[] {
  const header = ["Pods", "QPS", "join", "tool", "runs", "first claim", "all made", "all running", "claims made", "at the end"];
  return markdown([
    [...header, "vCPU", "USD/h", "CPU s", "MiB"],
    ...rows.map((row) => [
      ...[row.pods, row.qps, `${row.joinSeconds} s`, row.tool, row.runs],
      ...[row.firstClaimMs, row.allMadeMs, row.allRunningMs].map((ms) => `${(ms / 1000).toFixed(2)} s`),
      ...[row.claimsMade, row.claimsAtEnd, row.vcpu, row.pricePerHour.toFixed(3), row.cpuSeconds.toFixed(2), row.peakMemoryMiB],
    ]),
  ]);
}

/** Returns a line for each case that both tools ran; none where Karpenter was left out. */
export function comparisonTable(rows: readonly EndToEndRow[]): readonly string[] {
  const lines = rows.flatMap((ours) => {
    const theirs = rows.find((row) => row.tool === "karpenter" && isSameCase(row, ours));
    if (ours.tool !== "plimsoll" || theirs === undefined) return [];
    return [
      [
        ...[ours.pods, ours.qps, `${ours.joinSeconds} s`],
        (ours.firstClaimMs / theirs.firstClaimMs).toFixed(3),
        (ours.allRunningMs / theirs.allRunningMs).toFixed(3),
        (ours.pricePerHour / theirs.pricePerHour).toFixed(3),
        (ours.vcpu / theirs.vcpu).toFixed(3),
        (ours.cpuSeconds / theirs.cpuSeconds).toFixed(1),
        (ours.peakMemoryMiB / theirs.peakMemoryMiB).toFixed(1),
        ours.claimsMade - ours.claimsAtEnd,
      ],
    ];
  });
  if (lines.length === 0) return [];
  return markdown([
    ["of Karpenter's: Pods", "QPS", "join", "first claim", "all running", "price", "vCPU", "CPU", "memory", "surplus claims"],
    ...lines,
  ]);
}

function isSameCase(a: EndToEndCase, b: EndToEndCase): boolean {
  return a.pods === b.pods && a.qps === b.qps && a.joinSeconds === b.joinSeconds;
}

function markdown(rows: readonly (readonly (string | number)[])[]): readonly string[] {
  const [header = [], ...lines] = rows.map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...[header, ...lines].map((row) => row[column]?.length ?? 0)));
  const lineOf = (cells: readonly string[]): string => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [lineOf(header), lineOf(widths.map((width) => "-".repeat(width))), ...lines.map(lineOf)];
}
