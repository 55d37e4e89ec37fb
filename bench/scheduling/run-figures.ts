/**
 * RunFigures: what one run of a scheduler took, and what came of it.
 *
 * A run prints them as one line of JSON: Plimsoll's (scheduling-process.ts) and Karpenter's (bench/karpenter/main.go) alike.
 */
export interface RunFigures {
  /** From decoded Pods to the plan; processes start, read and warm up before. */
  readonly seconds: number;
  /** CPU time of all threads in those seconds. */
  readonly cpuSeconds: number;
  readonly nodes: number;
  /** USD an hour: each new node at the cheapest offering that its claim allows. */
  readonly pricePerHour: number;
  /** Pods that nodes of the cluster take. */
  readonly onExisting: number;
  readonly unschedulable: number;
  /** What is said of one Pod that is left out. */
  readonly whyNot?: string;
  /** Most memory that the process ever had, its start and its warm-up included. */
  readonly peakKiB: number;
  /** Names the plan; only of a scheduler whose plans should be equal. */
  readonly hash?: string;
  /** No plan for the Pods that this run placed costs less; told by one run of a case. */
  readonly boundPerHour?: number;
}

const fields = ["seconds", "cpuSeconds", "nodes", "pricePerHour", "onExisting", "unschedulable", "peakKiB"] as const;

/** Decodes the line that a run printed; throws where it is none. */
export function decodeRunFigures(line: string): RunFigures {
  const figures = JSON.parse(line) as RunFigures;
  const absent = fields.filter((field) => typeof figures[field] !== "number");
  if (absent.length > 0) throw new Error(`a run tells no ${absent.join(", ")}: ${line.slice(0, 200)}`);
  return figures;
}
