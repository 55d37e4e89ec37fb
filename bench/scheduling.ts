/**
 * `npm run bench:scheduling -- [--pods N] [--case NAME] [--trace FILE] [--scaling] [--runs N] [--json FILE] [--plot FILE] [--no-peers]`: how fast Pods are packed
 * onto nodes, and how well, beside Karpenter's own scheduler on the very same Pods and instance types.
 *
 * Each run is a fresh process; the schedulers take turns. What is measured is decoded Pods to plan alone: both tools have packed Pods of
 * another seed before, up to 2,000 at a time (with --scaling all of them), 200 times or until 5 s were over; and Karpenter's has built its topology and scheduler. What a row is stands in
 * scheduling/rows.ts.
 */
import { writeFileSync } from "node:fs";
import { benchArguments } from "./bench-arguments.ts";
import { diversePodsMax } from "./diverse-pods.ts";
import type { CaseRecipe } from "./scheduling/bench-case.ts";
import { allCases, scalingCases } from "./scheduling/cases.ts";
import { diverseCase } from "./scheduling/diverse-cases.ts";
import { faultsOf } from "./scheduling/faults.ts";
import { builtKarpenter } from "./scheduling/karpenter-build.ts";
import { compileSolver, karpenterOn, measureCase, plimsollOn, type SchedulerOn } from "./scheduling/measure-case.ts";
import { openMarket } from "./scheduling/list-prices.ts";
import { plotOf } from "./scheduling/plot.ts";
import type { SchedulingRow } from "./scheduling/rows.ts";
import type { Scheduler } from "./scheduling/scheduler-runs.ts";
import { comparisonTable, recipeNote, rowTable, scalingTable } from "./scheduling/tables.ts";
import { traceCases } from "./scheduling/trace-cases.ts";

const runsDefault = 5;
const runsMax = 50;
/** Karpenter's runs of one case, where nobody says how many: none is started after so many seconds of them. */
const karpenterSecondsMax = 40;
/** And a run that takes longer is stopped: some cases would take it many minutes. */
const karpenterRunSecondsMax = 120;
const reasonCharactersMax = 400;

interface Offered {
  readonly cases: readonly CaseRecipe[];
  /** What a reader must know of them, a line each. */
  readonly notes: readonly string[];
}

interface Plan extends Offered {
  readonly runs: number;
  readonly karpenterLimits: Pick<Scheduler, "secondsMax" | "runSecondsMax">;
  readonly withPeers: boolean;
  readonly isScaling: boolean;
}

function help(): string {
  return `Measures how fast Pods are packed onto new nodes, and at what price beside the least possible, with Karpenter as the peer.

  --case NAME  one case only (default: all):
${allCases()
  .map(({ name, what }) => `                 ${name.padEnd(20)} ${what}`)
  .join("\n")}
  --scaling    in place of the cases above 12,500 to 200,000 Pods of 100 Deployments, with Plimsoll alone: how time grows
  --pods N     Karpenter's diverse Pods at this size alone (1 to ${diversePodsMax})
  --trace FILE the Pods of a production trace (CSV with name, cpu_milli, memory_mib, num_gpu) on the EC2 catalogue, in place of the
               cases above: all of them, then those without GPUs; --case trace or trace-no-gpu runs one
  --runs N     runs of each tool and case, each a fresh process (1 to ${runsMax}; default ${runsDefault}, where Karpenter starts
               none after ${karpenterSecondsMax} s of a case, and a run of more than ${karpenterRunSecondsMax} s is stopped)
  --json FILE  write the rows there too, one a case and tool
  --plot FILE  write a picture of them there, as SVG
  --no-peers   leave out Karpenter, which is fetched and built once with Go, into .cache/peers

Examples:
  npm run bench:scheduling
  npm run bench:scheduling -- --pods 5000 --json rows.json
  npm run bench:scheduling -- --case preferences-4000 --runs 3 --plot picture.svg`;
}

async function main(): Promise<void> {
  const values = benchArguments({
    options: ["case", "pods", "runs", "trace", "json", "plot"],
    switches: ["scaling", "no-peers"],
    help: help(),
  });
  if (values === undefined) return;
  const plan = await planOf(values);
  if (typeof plan === "string") {
    console.error(plan);
    process.exitCode = 2;
    return;
  }
  const { schedulers, note } = await openSchedulers(plan);
  compileSolver();
  const rows: SchedulingRow[] = [];
  const notes = [...plan.notes, note];
  for (const recipe of plan.cases) {
    process.stderr.write(`bench: ${recipe.name}: ${recipe.what}\n`);
    const measured = await measureCase(recipe, { schedulers, runs: plan.runs });
    rows.push(...measured.rows);
    notes.push(...measured.notes);
  }
  const parts = [rowTable(rows), plan.isScaling ? scalingTable(rows) : comparisonTable(rows), [...recipeNote(rows), ...notes]].filter(
    (lines) => lines.length > 0,
  );
  console.log(parts.map((lines) => lines.join("\n")).join("\n\n"));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows }, null, 2)}\n`);
  if (values.plot !== undefined) writeFileSync(values.plot, plotOf(rows));
  for (const fault of plan.cases.flatMap((recipe) => faultsOf(recipe, rows))) {
    console.error(fault);
    process.exitCode = 1;
  }
}

/** Returns what to measure, or the sentence that says what is wrong with the arguments. */
async function planOf(values: Readonly<Record<string, string | undefined>>): Promise<Plan | string> {
  const runs = Number(values.runs ?? runsDefault);
  if (!isWithin(runs, runsMax)) return `--runs ${String(values.runs)}: give a whole number from 1 to ${runsMax}.`;
  const offered = await casesOf(values);
  if (typeof offered === "string") return offered;
  return {
    ...offered,
    runs,
    karpenterLimits:
      values.runs === undefined
        ? { secondsMax: karpenterSecondsMax, runSecondsMax: karpenterRunSecondsMax }
        : { secondsMax: Infinity, runSecondsMax: Infinity },
    withPeers: values["no-peers"] === undefined,
    isScaling: values.scaling !== undefined,
  };
}

async function casesOf(values: Readonly<Record<string, string | undefined>>): Promise<Offered | string> {
  if (values.scaling !== undefined) {
    if ((values.pods ?? values.case ?? values.trace) === undefined) return { cases: scalingCases(), notes: [] };
    return "--scaling has cases of its own: leave out --pods, --case and --trace.";
  }
  if (values.pods !== undefined && (values.case ?? values.trace) !== undefined) {
    return "--pods runs one case alone: leave out --case and --trace.";
  }
  if (values.pods !== undefined) {
    const count = Number(values.pods);
    if (!isWithin(count, diversePodsMax)) return `--pods ${values.pods}: give a whole number from 1 to ${diversePodsMax}.`;
    return { cases: [diverseCase(count)], notes: [] };
  }
  const all = values.trace === undefined ? { cases: allCases(), notes: [] } : await readTrace(values.trace);
  if (typeof all === "string" || values.case === undefined) return all;
  const cases = all.cases.filter(({ name }) => name === values.case);
  if (cases.length > 0) return { ...all, cases };
  return `--case ${values.case}: there is no such case; cases: ${all.cases.map(({ name }) => name).join(", ")}.`;
}

async function readTrace(path: string): Promise<Offered | string> {
  const { market, note } = await openMarket();
  try {
    return { cases: traceCases(path, market), notes: [note] };
  } catch (cause) {
    return `--trace ${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

/** Plimsoll, and Karpenter where this machine can have it; the note says which. */
async function openSchedulers({ withPeers, isScaling, karpenterLimits }: Plan): Promise<{
  readonly schedulers: readonly SchedulerOn[];
  readonly note: string;
}> {
  if (isScaling) return { schedulers: [plimsollOn], note: "karpenter: left out, as --scaling measures Plimsoll alone" };
  if (!withPeers) return { schedulers: [plimsollOn], note: "karpenter: left out, as --no-peers asks" };
  try {
    const { binary, version } = await builtKarpenter();
    const { secondsMax } = karpenterLimits;
    const fewer =
      secondsMax === Infinity ? "" : `; no run of a case is started after ${secondsMax} s of them (--runs ${runsDefault} gives all)`;
    return {
      schedulers: [plimsollOn, karpenterOn(binary, karpenterLimits)],
      note: `karpenter: sigs.k8s.io/karpenter ${version}, its scheduler alone as its own benchmark runs it${fewer}`,
    };
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ").slice(0, reasonCharactersMax);
    return { schedulers: [plimsollOn], note: `karpenter: left out: ${reason}` };
  }
}

await main();
