/**
 * One case, measured: its files, the runs of every scheduler on them, and the rows.
 *
 * Reads a recipe. Writes the case and its warm-up into a folder that is gone afterwards; every scheduler reads the very same file.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { youngMemoryMiB } from "../../src/cli/provisioner-thread.ts";
import { caseBound } from "../scheduling-bound.ts";
import type { BenchCase, BenchLoad, CaseRecipe } from "./bench-case.ts";
import { shuffled } from "./draws.ts";
import { rowOf, type SchedulingRow } from "./rows.ts";
import { runInTurns, type Scheduler } from "./scheduler-runs.ts";

/** Where a case's files are. */
export interface CaseFiles {
  readonly casePath: string;
  readonly warmUpPath: string;
}

/** Makes the scheduler that runs on these files. */
export type SchedulerOn = (files: CaseFiles) => Scheduler;

const root = resolve(import.meta.dirname, "../..");
/** Apart from what other benches compile, which may run at the same time. */
const compiledFolder = join(root, ".cache/bench-scheduling");
const compiledProcess = join(compiledFolder, "bench/scheduling-process.js");

/** Compiles the solver as the product is built: what runs TypeScript in place wraps each function, which slows it. */
export function compileSolver(): void {
  const words = ["node_modules/typescript7/bin/tsc", "-p", "bench/tsconfig.json", "--outDir", compiledFolder];
  execFileSync(process.execPath, words, { cwd: root, stdio: "inherit" });
}

/** As `serve` runs its provisioner's thread. */
const memory = `--max-semi-space-size=${youngMemoryMiB / 3}`;

/** Plimsoll's solver, from the compiled scheduling-process.ts; every other run gets the Pods in another order. */
export function plimsollOn({ casePath, warmUpPath }: CaseFiles): Scheduler {
  return {
    tool: "plimsoll",
    command: (run) => {
      const words = [compiledProcess, casePath, warmUpPath, String(run % 2 === 0 ? 0 : run)];
      return [process.execPath, memory, ...words, ...(run === 0 ? ["bound"] : [])];
    },
    secondsMax: Infinity,
    runSecondsMax: Infinity,
  };
}

/** Karpenter's scheduler, from its binary. */
export function karpenterOn(binary: string, limits: Pick<Scheduler, "secondsMax" | "runSecondsMax">): SchedulerOn {
  return ({ casePath, warmUpPath }) => ({ tool: "karpenter", command: () => [binary, casePath, warmUpPath], ...limits });
}

/** Pods of a warm-up: what takes a tool a minute to pack need not be packed to warm it. */
const warmUpPodsMax = 2_000;

/** Some of the other load, of all kinds that are in it. */
function warmUpOf(recipe: CaseRecipe): BenchLoad {
  const { pods, ...others } = recipe.warmUp();
  return {
    ...others,
    pods: recipe.isWarmedWhole === true || pods.length <= warmUpPodsMax ? pods : shuffled(pods, 1).slice(0, warmUpPodsMax),
  };
}

/** A measured case: a row for each scheduler that ended, and what is to be told of the others. */
export interface MeasuredCase {
  readonly rows: readonly SchedulingRow[];
  readonly notes: readonly string[];
}

/** Measures one case with every scheduler. */
export async function measureCase(
  recipe: CaseRecipe,
  { schedulers, runs }: { readonly schedulers: readonly SchedulerOn[]; readonly runs: number },
): Promise<MeasuredCase> {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-scheduling-"));
  try {
    const files = { casePath: join(folder, "case.json"), warmUpPath: join(folder, "warm-up.json") };
    const made: BenchCase = { nodePool: recipe.nodePool(), instanceTypes: recipe.instanceTypes(), ...recipe.load() };
    writeFileSync(files.casePath, JSON.stringify(made));
    writeFileSync(files.warmUpPath, JSON.stringify(warmUpOf(recipe)));
    const measured = await runInTurns(
      schedulers.map((on) => on(files)),
      runs,
    );
    const boundPerHour = measured.flatMap(({ runs: all }) => all).find((run) => run.boundPerHour !== undefined)?.boundPerHour;
    const of = {
      name: recipe.name,
      pods: made.pods.length,
      ...(boundPerHour === undefined ? undefined : { boundPerHour }),
      sumBound: (nodes: number) => caseBound(made, nodes),
    };
    return {
      rows: measured.filter((ofTool) => ofTool.runs.length > 0).map((ofTool) => rowOf(ofTool, of)),
      notes: measured.flatMap(({ tool, runs: ended, stoppedAfter }) =>
        stoppedAfter === undefined
          ? []
          : [`${recipe.name}: a run of ${tool} was stopped after ${stoppedAfter} s; ${ended.length} of its runs ended`],
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
