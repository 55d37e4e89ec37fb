/**
 * `npm run bench:scheduling -- [--pods N] [--json FILE]`: how fast the solver packs, and how well.
 *
 * Reads the recorded diverse Pods and Karpenter's fake instance types: an empty cluster, one NodePool without requirements,
 * no DaemonSets. Prints one row a size. The timed part is `solve` alone. Price is the sum of the nodes' cheapest offerings;
 * its ratio is to the resource bound at that number of nodes, which no packing on as many nodes can go below.
 */
import { writeFileSync } from "node:fs";
import { solve } from "../src/provisioner/scheduling/solve.ts";
import { benchArguments } from "./bench-arguments.ts";
import { diverseFingerprints, diverseSizes } from "./diverse-pods.ts";
import { diverseInput } from "./scheduling-input.ts";
import { resourceBound } from "./scheduling-bound.ts";

interface Row {
  readonly case: string;
  readonly tool: string;
  readonly pods: number;
  readonly podsPerSecond: number;
  readonly nodes: number;
  readonly pricePerHour: number;
  readonly unschedulable: number;
  readonly memoryMiB: number;
}

const defaultSizes = [500, 5000];
const mebibyte = 1024 ** 2;

function main(): void {
  const values = benchArguments({ options: ["pods", "json"], help: help() });
  if (values === undefined) return;
  const sizes = values.pods === undefined ? defaultSizes : [Number(values.pods)];
  const unknown = sizes.find((size) => !(size in diverseFingerprints));
  if (unknown !== undefined) {
    console.error(`There are no recorded Pods for --pods ${values.pods ?? ""}; sizes: ${diverseSizes().join(", ")}.`);
    process.exitCode = 2;
    return;
  }
  const rows = sizes.map(measure);
  printTable(rows);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows }, null, 2)}\n`);
}

function help(): string {
  return `Measures how fast the solver packs Pods onto new nodes, and at what price beside the least possible.

  --pods N     one size only: ${diverseSizes().join(", ")} (default: ${defaultSizes.join(" and ")})
  --json FILE  write the rows there too

Examples:
  npm run bench:scheduling
  npm run bench:scheduling -- --pods 5000 --json rows.json`;
}

function measure(count: number): Row {
  const input = diverseInput(count);
  const started = process.hrtime.bigint();
  const results = solve(input);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  return {
    case: `diverse-${count}`,
    tool: "plimsoll",
    pods: count,
    podsPerSecond: Math.round(count / seconds),
    nodes: results.newNodes.length,
    pricePerHour: Math.round(results.pricePerHour * 1e4) / 1e4,
    unschedulable: results.unschedulable.length,
    memoryMiB: Math.round(process.memoryUsage().rss / mebibyte),
  };
}

function printTable(rows: readonly Row[]): void {
  const header = ["case", "tool", "pods", "pods/s", "nodes", "price/h", "price/bound", "unschedulable", "memory MiB"];
  const lines = rows.map((row) => [
    row.case,
    row.tool,
    String(row.pods),
    String(row.podsPerSecond),
    String(row.nodes),
    row.pricePerHour.toFixed(2),
    (row.pricePerHour / resourceBound({ count: row.pods, nodes: row.nodes })).toFixed(3),
    String(row.unschedulable),
    String(row.memoryMiB),
  ]);
  const widths = header.map((title, column) => Math.max(title.length, ...lines.map((line) => (line[column] ?? "").length)));
  for (const line of [header, ...lines]) console.log(line.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
}

main();
