/**
 * Judged alone: what one object brings down hides none of the others.
 *
 * Reads things and what is to be done with each. Returns the answers of those that have one; a fault gets one line and makes the exit code 2.
 */
import { type Workload, workloadTitle } from "../kube/workload.ts";

/** The answers in order, and complete lines about workloads without one. */
export interface Alone<T> {
  readonly answers: readonly T[];
  readonly faults: readonly string[];
}

/** Asks about each workload by itself. */
export function eachAlone<T>(workloads: readonly Workload[], ask: (workload: Workload) => T): Alone<T> {
  const answers: T[] = [];
  const faults: string[] = [];
  for (const workload of workloads) {
    try {
      answers.push(ask(workload));
    } catch (fault) {
      faults.push(`${workload.namespace}: ${workloadTitle(workload)}: could not be judged, a fault of ours: ${String(fault)}`);
    }
  }
  return { answers, faults };
}
