/**
 * The figures of the admission bench: what rounds of requests come to, and the tables that a reader is shown.
 *
 * Reads each server's rounds of one case; returns its rows and lines of text. The least CPU time of all rounds counts, since noise
 * only adds; p99 is the median of the rounds'. Ratios are of the same case, size and run: compare those, never microseconds of two runs.
 */
import type { BenchPhase } from "./admission-reviews.ts";

/** A server of the bench, by the name that its rows carry. */
export type BenchTool = "baseline" | "plimsoll" | "pepr" | "kyverno" | "kube-apiserver" | "kube-apiserver with policies";

/** What one round of a server took, a request. */
export interface Round {
  readonly cpuMicros: number;
  readonly p99Ms: number;
  readonly memoryBytes: number;
}

export interface Row {
  readonly case: BenchPhase;
  readonly tool: BenchTool;
  readonly bytes: number;
  readonly cpuMicros: number;
  readonly p99Ms: number;
  /** Of the baseline's CPU time; 1 on the baseline's own row. */
  readonly ratio: number;
  /** Of Plimsoll's CPU time; 1 on Plimsoll's own row. */
  readonly plimsollRatio: number;
  readonly memoryMiB: number;
}

const mebibyte = 1024 ** 2;

/** Returns a row for each server of a case, in the given order; the baseline and Plimsoll must be among them. */
export function rowsOf(
  { phase, bytes }: { readonly phase: BenchPhase; readonly bytes: number },
  rounds: readonly (readonly [BenchTool, readonly Round[]])[],
): readonly Row[] {
  const leastCpu = (tool: BenchTool): number => leastCpuMicros(rounds.find(([other]) => other === tool)?.[1] ?? []);
  return rounds.map(([tool, ofTool]) => ({
    case: phase,
    tool,
    bytes,
    cpuMicros: Math.round(leastCpuMicros(ofTool)),
    p99Ms: rounded(median(ofTool.map(({ p99Ms }) => p99Ms))),
    ratio: rounded(leastCpuMicros(ofTool) / leastCpu("baseline")),
    plimsollRatio: rounded(leastCpuMicros(ofTool) / leastCpu("plimsoll")),
    memoryMiB: Math.round(Math.max(...ofTool.map(({ memoryBytes }) => memoryBytes)) / mebibyte),
  }));
}

/** Returns Plimsoll beside the baseline, a line for each case under a header. */
export function plimsollTable(rows: readonly Row[]): readonly string[] {
  const header = ["case", "bytes", "baseline us/req", "plimsoll us/req", "ratio", "baseline p99 ms", "plimsoll p99 ms", "memory MiB"];
  return tableLines([
    header,
    ...rows
      .filter(({ tool }) => tool === "plimsoll")
      .map((row) => {
        const baseline = sameCase(rows, row, "baseline");
        const [cpu, p99] = [baseline?.cpuMicros ?? 0, baseline?.p99Ms ?? 0];
        return [row.case, row.bytes, cpu, row.cpuMicros, row.ratio.toFixed(2), p99.toFixed(1), row.p99Ms.toFixed(1), row.memoryMiB];
      }),
  ]);
}

/** Returns the peers that are webhooks, a line for each case under a header; none where no such peer was measured. */
export function peerTable(rows: readonly Row[]): readonly string[] {
  const header = ["peer", "case", "bytes", "ms/req", "of baseline", "of plimsoll", "p99 ms", "memory MiB"];
  const lines = rows
    .filter(({ tool }) => tool === "pepr" || tool === "kyverno")
    .map((row) => [
      row.tool,
      row.case,
      row.bytes,
      milliseconds(row.cpuMicros),
      `${row.ratio.toFixed(1)}x`,
      `${row.plimsollRatio.toFixed(1)}x`,
      row.p99Ms.toFixed(1),
      row.memoryMiB,
    ]);
  return lines.length === 0 ? [] : tableLines([header, ...lines]);
}

/** Returns what the API server's own policies add to a request, a line for each size under a header; none where it wasn't measured. */
export function apiServerTable(rows: readonly Row[]): readonly string[] {
  const header = ["case", "bytes", "kube-apiserver ms/req", "with five policies", "their cost", "plimsoll ms/req", "memory MiB"];
  const lines = rows
    .filter(({ tool }) => tool === "kube-apiserver")
    .map((without) => {
      const judged = sameCase(rows, without, "kube-apiserver with policies");
      const plimsoll = sameCase(rows, without, "plimsoll");
      return [
        without.case,
        without.bytes,
        milliseconds(without.cpuMicros),
        milliseconds(judged?.cpuMicros ?? 0),
        milliseconds((judged?.cpuMicros ?? 0) - without.cpuMicros),
        milliseconds(plimsoll?.cpuMicros ?? 0),
        judged?.memoryMiB ?? 0,
      ];
    });
  return lines.length === 0 ? [] : tableLines([header, ...lines]);
}

function sameCase(rows: readonly Row[], row: Row, tool: BenchTool): Row | undefined {
  return rows.find((other) => other.tool === tool && other.case === row.case && other.bytes === row.bytes);
}

function leastCpuMicros(rounds: readonly Round[]): number {
  return Math.min(...rounds.map(({ cpuMicros }) => cpuMicros));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function milliseconds(micros: number): string {
  return (micros / 1000).toFixed(2);
}

function tableLines(cells: readonly (readonly (string | number)[])[]): readonly string[] {
  const texts = cells.map((line) => line.map(String));
  const widths = (texts[0] ?? []).map((_, column) => Math.max(...texts.map((line) => (line[column] ?? "").length)));
  return texts.map((line) => line.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
}
