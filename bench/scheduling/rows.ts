/**
 * The rows of the scheduling benchmark: what the runs of a scheduler on a case come to.
 *
 * Reads the figures of each run. Returns one row a scheduler: its best price, its fewest nodes, its most Pods a second and its least CPU
 * time, which may be of different runs; memory is the most that any run had. Compare rows of the same case and run of the bench alone.
 */
import type { RunFigures } from "./run-figures.ts";
import type { SchedulingTool, ToolRuns } from "./scheduler-runs.ts";

export interface SchedulingRow {
  readonly case: string;
  readonly tool: SchedulingTool;
  /** Pods to be placed. */
  readonly pods: number;
  readonly runs: number;
  readonly podsPerSecond: number;
  readonly cpuSeconds: number;
  /** New nodes. */
  readonly nodes: number;
  readonly pricePerHour: number;
  /** No plan for the Pods that Plimsoll placed costs less. */
  readonly boundPerHour: number;
  /** No plan with so many new nodes costs less, from sums alone: Karpenter's benchmark is read by it. */
  readonly sumBoundPerHour: number;
  /** Pods that nodes of the cluster take. */
  readonly onExisting: number;
  readonly unschedulable: number;
  readonly whyNot?: string;
  readonly memoryMiB: number;
  /** Names the plan where all runs made the same; half of them get the Pods in another order. */
  readonly hash?: string;
  /** Different plans among the runs, of a scheduler that names its plans. */
  readonly plans?: number;
}

const kibibytesOfMebibyte = 1024;

/** What all rows of a case share. */
export interface RowCase {
  readonly name: string;
  readonly pods: number;
  /** Absent where no run told it: then the bound is the one from sums. */
  readonly boundPerHour?: number;
  readonly sumBound: (nodes: number) => number;
}

/** Returns the row of one scheduler. */
export function rowOf({ tool, runs }: ToolRuns, of: RowCase): SchedulingRow {
  const least = (figure: (run: RunFigures) => number): number => Math.min(...runs.map(figure));
  const nodes = least((run) => run.nodes);
  const whyNot = runs.find((run) => run.whyNot !== undefined)?.whyNot;
  return {
    case: of.name,
    tool,
    pods: of.pods,
    runs: runs.length,
    podsPerSecond: Math.round(of.pods / least(({ seconds }) => seconds)),
    cpuSeconds: rounded(
      least(({ cpuSeconds }) => cpuSeconds),
      1e3,
    ),
    nodes,
    pricePerHour: rounded(
      least(({ pricePerHour }) => pricePerHour),
      1e4,
    ),
    boundPerHour: rounded(of.boundPerHour ?? of.sumBound(nodes), 1e4),
    sumBoundPerHour: rounded(of.sumBound(nodes), 1e4),
    onExisting: Math.max(...runs.map(({ onExisting }) => onExisting)),
    unschedulable: least(({ unschedulable }) => unschedulable),
    ...(whyNot === undefined ? undefined : { whyNot }),
    memoryMiB: Math.round(Math.max(...runs.map(({ peakKiB }) => peakKiB)) / kibibytesOfMebibyte),
    ...plansOf(runs),
  };
}

function plansOf(runs: readonly RunFigures[]): Pick<SchedulingRow, "hash" | "plans"> {
  const hashes = new Set(runs.flatMap(({ hash }) => (hash === undefined ? [] : [hash])));
  const [hash] = hashes;
  if (hash === undefined) return {};
  return hashes.size === 1 ? { hash, plans: 1 } : { plans: hashes.size };
}

function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
