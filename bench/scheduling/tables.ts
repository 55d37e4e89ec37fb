/**
 * The tables of the scheduling benchmark, in Markdown: every row, and Plimsoll beside Karpenter.
 *
 * Reads rows; returns lines of text whose columns are aligned.
 */
import type { SchedulingRow } from "./rows.ts";

/** Returns a line for each row under a header. */
export function rowTable(rows: readonly SchedulingRow[]): readonly string[] {
  const header = [
    "case",
    "tool",
    "Pods",
    "runs",
    "Pods/s",
    "CPU s",
    "nodes",
    "USD/h",
    "of bound",
    "of sums",
    "on nodes",
    "left out",
    "MiB",
    "plan",
  ];
  return markdown([
    header,
    ...rows.map((row) => [
      row.case,
      row.tool,
      row.pods,
      row.runs,
      row.podsPerSecond,
      row.cpuSeconds.toFixed(row.cpuSeconds < 10 ? 3 : 1),
      row.nodes,
      row.pricePerHour.toFixed(2),
      ratio(row.pricePerHour, row.boundPerHour, 3),
      ratio(row.pricePerHour, row.sumBoundPerHour, 3),
      row.onExisting,
      row.unschedulable,
      row.memoryMiB,
      row.hash ?? (row.plans === undefined ? "" : `${row.plans} differ`),
    ]),
  ]);
}

/** Returns a line for each case that both solved; none where Karpenter was left out. */
export function comparisonTable(rows: readonly SchedulingRow[]): readonly string[] {
  const lines = rows.flatMap((ours) => {
    const theirs = rows.find((row) => row.tool === "karpenter" && row.case === ours.case);
    if (ours.tool !== "plimsoll" || theirs === undefined) return [];
    return [
      [
        ours.case,
        `${ratio(ours.podsPerSecond, theirs.podsPerSecond, 1)}x`,
        `${ratio(theirs.cpuSeconds, ours.cpuSeconds, 1)}x`,
        ratio(ours.pricePerHour, theirs.pricePerHour, 3),
        ours.nodes - theirs.nodes,
        ours.unschedulable - theirs.unschedulable,
        ratio(ours.memoryMiB, theirs.memoryMiB, 1),
      ],
    ];
  });
  const header = ["case", "its Pods/s", "less CPU", "of its price", "more nodes", "more left out", "of its memory"];
  return lines.length === 0 ? [] : ["Plimsoll beside Karpenter:", "", ...markdown([header, ...lines])];
}

/** Returns a line for each case with its time beside that of the case before, which has half as many Pods. */
export function scalingTable(rows: readonly SchedulingRow[]): readonly string[] {
  const lines = rows.map((row, index) => {
    const before = rows[index - 1];
    const seconds = row.pods / row.podsPerSecond;
    return [row.pods, seconds.toFixed(3), before === undefined ? "-" : ratio(seconds, before.pods / before.podsPerSecond, 2), row.nodes];
  });
  return ["Twice the Pods of one recipe:", "", ...markdown([["Pods", "seconds", "of half", "nodes"], ...lines])];
}

/** Returns a sentence on how many Pods of one recipe Plimsoll packs in the time that Karpenter takes for the fewest; none without both. */
export function recipeNote(rows: readonly SchedulingRow[]): readonly string[] {
  const ofRecipe = rows.filter((row) => row.case.startsWith("deployments-"));
  const few = ofRecipe.find(({ tool }) => tool === "karpenter");
  const many = ofRecipe.filter(({ tool }) => tool === "plimsoll").at(-1);
  if (few === undefined || many === undefined || few.pods >= many.pods) return [];
  const [ours, theirs] = [many, few].map((row) => `${row.pods} Pods in ${(row.pods / row.podsPerSecond).toFixed(3)} s`);
  return [`deployments: Plimsoll places ${String(ours)}, Karpenter ${String(theirs)}, of the same recipe`];
}

/** A ratio to nothing says nothing. */
function ratio(value: number, of: number, digits: number): string {
  return of === 0 ? "-" : (value / of).toFixed(digits);
}

function markdown(cells: readonly (readonly (string | number)[])[]): readonly string[] {
  const texts = cells.map((line) => line.map(String));
  const widths = (texts[0] ?? []).map((_, column) => Math.max(3, ...texts.map((line) => (line[column] ?? "").length)));
  const lineOf = (line: readonly string[]): string =>
    `| ${line.map((cell, column) => (column < 1 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `| ${widths.map((width, column) => (column < 1 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  const [header = [], ...others] = texts;
  return [lineOf(header), rule, ...others.map(lineOf)];
}
