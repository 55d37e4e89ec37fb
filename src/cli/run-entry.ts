/**
 * One controller in a process: its entry handed to the runner with the parts that all controllers share.
 */
import type { ControllerStep } from "../api/controller.ts";
import type { EventRecorder } from "../cluster/event-recorder.ts";
import { runController, type RunControllerOptions, type RunnerMetrics } from "../cluster/runner.ts";
import type { ControllerEntry } from "../provisioner/controllers/shell.ts";
import type { ProcessParts } from "./process-parts.ts";

/** A term of work: controllers stop with the signal. */
export interface Term {
  readonly events: EventRecorder;
  readonly signal: AbortSignal;
}

export type RunEntryParts = Pick<ProcessParts, "cluster" | "clock" | "random" | "decisions" | "kinds"> & { readonly runner: RunnerMetrics };

/** Runs a controller until the term ends. */
export function runEntry(
  { cluster, clock, random, decisions, kinds, runner }: RunEntryParts,
  entry: ControllerEntry & Pick<RunControllerOptions<unknown, ControllerStep>, "wake" | "workersMax" | "pause">,
  { events, signal }: Term,
): Promise<void> {
  // A cluster may lack Karpenter's CRDs: what is not watched wakes nobody.
  const triggers = entry.triggers.filter(({ watches }) => kinds.includes(watches));
  const needs = entry.needs.filter((kind) => kinds.includes(kind));
  return runController({ ...entry, triggers, needs, cluster, clock, random, events, decisions, signal, metrics: runner });
}
