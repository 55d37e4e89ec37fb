/**
 * The cases of a production trace: all of its Pods at once, onto the real EC2 catalogue; and again without those that ask for GPUs.
 *
 * Reads a CSV file with the columns name, cpu_milli, memory_mib and num_gpu: the shape in which openb, Alibaba's public trace, is told.
 * Its Pods that have a share of a GPU say 1 there, so each asks for a whole one. Nodes are bought on demand in one region, of the current
 * amd64 types for general use and with GPUs; a type without a known price can't be bought.
 */
import { readFileSync } from "node:fs";
import { archLabel, awsLabelDomain, capacityTypeLabel } from "../../src/api/labels.ts";
import type { NodeSelectorRequirement } from "../../src/api/pod.ts";
import type { Pod } from "../../src/api/pod.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { benchNodePool } from "../scheduling-input.ts";
import { onEmptyCluster, type CaseRecipe } from "./bench-case.ts";
import { plainPod } from "./populated-cases.ts";
import { seededDraws, shuffled } from "./draws.ts";
import type { Market } from "./list-prices.ts";

const columns = ["name", "cpu_milli", "memory_mib", "num_gpu"] as const;
const linesMax = 200_000;
const gpuResource = "nvidia.com/gpu";

export interface TraceRow {
  readonly name: string;
  readonly cpuMillis: number;
  readonly memoryMi: number;
  readonly gpus: number;
}

/** What the trace's nodes may be: categories and generations as Karpenter's own getting-started NodePool has them, and GPUs. */
const poolRequirements: readonly NodeSelectorRequirement[] = [
  { key: capacityTypeLabel, operator: "In", values: ["on-demand"] },
  { key: archLabel, operator: "In", values: ["amd64"] },
  { key: `${awsLabelDomain}/instance-category`, operator: "In", values: ["c", "m", "r", "g", "p"] },
  { key: `${awsLabelDomain}/instance-generation`, operator: "Gt", values: ["2"] },
];

/** Returns the trace's two cases; throws where the file is not such a trace. */
export function traceCases(path: string, market: Market): readonly CaseRecipe[] {
  const rows = parseTrace(readFileSync(path, "utf8"), path);
  const withoutGpus = rows.filter(({ gpus }) => gpus === 0);
  return [
    traceCase({ name: "trace", what: "all Pods of the trace on the EC2 catalogue" }, { rows, market }),
    ...(withoutGpus.length === 0
      ? []
      : [traceCase({ name: "trace-no-gpu", what: "the trace's Pods without GPUs on the EC2 catalogue" }, { rows: withoutGpus, market })]),
  ];
}

/** Reads the rows of a trace; the error names the file, the line and the column. */
export function parseTrace(text: string, path: string): readonly TraceRow[] {
  const [header = "", ...lines] = text.trim().split(/\r?\n/, linesMax + 1);
  const names = header.split(",");
  const absent = columns.filter((column) => !names.includes(column));
  if (absent.length > 0) throw new Error(`${path}, line 1: no column ${absent.join(", ")}; a trace has ${columns.join(", ")}`);
  if (lines.length === 0 || lines.length >= linesMax) throw new Error(`${path}: ${lines.length} rows; a trace has 1 to ${linesMax - 1}`);
  return lines.map((line, index) => {
    const cells = line.split(",");
    const numberOf = (column: string): number => {
      const cell = cells[names.indexOf(column)] ?? "";
      const value = Number(cell);
      if (cell !== "" && Number.isInteger(value) && value >= 0) return value;
      throw new Error(`${path}, line ${index + 2}: ${column} is "${cell}"; write a whole number`);
    };
    return {
      name: cells[names.indexOf("name")] ?? "",
      cpuMillis: numberOf("cpu_milli"),
      memoryMi: numberOf("memory_mib"),
      gpus: numberOf("num_gpu"),
    };
  });
}

function traceCase(
  named: Pick<CaseRecipe, "name" | "what">,
  { rows, market }: { readonly rows: readonly TraceRow[]; readonly market: Market },
): CaseRecipe {
  return {
    ...named,
    nodePool: () => benchNodePool(poolRequirements),
    instanceTypes: () => catalogInstanceTypes(market).filter(({ offerings }) => offerings.length > 0),
    load: () => onEmptyCluster(rows.map(podOf)),
    warmUp: () => onEmptyCluster(otherPods(rows)),
  };
}

function podOf({ name, cpuMillis, memoryMi, gpus }: TraceRow): Pod {
  const gpu = gpus === 0 ? {} : { [gpuResource]: String(gpus) };
  return plainPod({ name, labels: { app: "trace" }, requests: { cpu: `${cpuMillis}m`, memory: `${memoryMi}Mi`, ...gpu } });
}

/** For warming up: nine in ten of the Pods, each with a little more memory. */
function otherPods(rows: readonly TraceRow[]): readonly Pod[] {
  const draw = seededDraws(7);
  return shuffled(rows, 7)
    .slice(0, Math.ceil(rows.length * 0.9))
    .map((row) => podOf({ ...row, memoryMi: row.memoryMi + draw(16) }));
}
