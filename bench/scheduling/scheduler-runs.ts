/**
 * Runs of a scheduler on a case: fresh processes, one after the other.
 *
 * Reads the commands that run a scheduler once. Returns the figures of each run. All schedulers of a case take turns, so what else the
 * machine does meets them alike; one that takes long has fewer turns.
 */
import { execFile } from "node:child_process";
import { decodeRunFigures, type RunFigures } from "./run-figures.ts";

/** By the name that a row carries. */
export type SchedulingTool = "plimsoll" | "karpenter";

export interface Scheduler {
  readonly tool: SchedulingTool;
  /** The command of a run, by its number from 0. */
  readonly command: (run: number) => readonly [string, ...string[]];
  /** No more runs once all of them together took so long. */
  readonly secondsMax: number;
}

export interface ToolRuns {
  readonly tool: SchedulingTool;
  readonly runs: readonly RunFigures[];
}

const runWaitMsMax = 20 * 60_000;
const outputCharactersMax = 1_000_000;
const toldCharactersMax = 1000;

/** Lets the schedulers take turns, so many runs each; the first turn is everybody's. */
export async function runInTurns(schedulers: readonly Scheduler[], count: number): Promise<readonly ToolRuns[]> {
  const entrants = schedulers.map((scheduler) => ({ scheduler, runs: new Array<RunFigures>(), spentMs: 0 }));
  for (let run = 0; run < count; run++) {
    for (const entrant of entrants) {
      if (run > 0 && entrant.spentMs >= entrant.scheduler.secondsMax * 1000) continue;
      const started = Date.now();
      entrant.runs.push(await runOnce(entrant.scheduler.command(run)));
      entrant.spentMs += Date.now() - started;
    }
  }
  return entrants.map(({ scheduler: { tool }, runs }) => ({ tool, runs }));
}

function runOnce([file, ...args]: readonly [string, ...string[]]): Promise<RunFigures> {
  return new Promise((resolve, reject) => {
    const options = { timeout: runWaitMsMax, killSignal: "SIGKILL" as const, maxBuffer: outputCharactersMax };
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(decodeRunFigures(stdout));
      else reject(new Error(`${[file, ...args].join(" ")}: ${(stderr === "" ? error.message : stderr).trim().slice(-toldCharactersMax)}`));
    });
  });
}
