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
  /** A run that takes longer is stopped, and is the last; at most 20 minutes. */
  readonly runSecondsMax: number;
}

export interface ToolRuns {
  readonly tool: SchedulingTool;
  readonly runs: readonly RunFigures[];
  /** After how many seconds a run was stopped, where one was. */
  readonly stoppedAfter?: number;
}

const runWaitSecondsMax = 20 * 60;
const outputCharactersMax = 1_000_000;
const toldCharactersMax = 1000;

/** Lets the schedulers take turns, so many runs each; the first turn is everybody's. */
export async function runInTurns(schedulers: readonly Scheduler[], count: number): Promise<readonly ToolRuns[]> {
  const entrants = schedulers.map((scheduler) => ({ scheduler, runs: new Array<RunFigures>(), spentMs: 0, isOut: false }));
  for (let run = 0; run < count; run++) {
    for (const entrant of entrants) {
      const { scheduler, spentMs } = entrant;
      if (entrant.isOut || (run > 0 && spentMs >= scheduler.secondsMax * 1000)) continue;
      const started = Date.now();
      const figures = await runOnce(scheduler.command(run), Math.min(scheduler.runSecondsMax, runWaitSecondsMax));
      entrant.spentMs += Date.now() - started;
      if (figures === "stopped") entrant.isOut = true;
      else entrant.runs.push(figures);
    }
  }
  return entrants.map(({ scheduler: { tool, runSecondsMax }, runs, isOut }) => ({
    tool,
    runs,
    ...(isOut ? { stoppedAfter: Math.min(runSecondsMax, runWaitSecondsMax) } : undefined),
  }));
}

/** "stopped" is a run that took longer than `secondsMax`; throws with what a run said that failed. */
function runOnce([file, ...args]: readonly [string, ...string[]], secondsMax: number): Promise<RunFigures | "stopped"> {
  return new Promise((resolve, reject) => {
    const options = { timeout: secondsMax * 1000, killSignal: "SIGKILL" as const, maxBuffer: outputCharactersMax };
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(decodeRunFigures(stdout));
      else if (error.killed === true) resolve("stopped");
      else reject(new Error(`${[file, ...args].join(" ")}: ${(stderr === "" ? error.message : stderr).trim().slice(-toldCharactersMax)}`));
    });
  });
}
