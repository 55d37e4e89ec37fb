/**
 * `npm run test:faults -- --runs N --seed S`: runs of the simulated world with faults, each from a seed of its own (S:1 to S:N).
 *
 * Runs are shared out to as many processes as there are cores; what is told is the same however many there are. A failed run is told with its
 * seed, its schedule of faults, what went wrong, and how to play it again alone. Exits 1 on any failed run; the last line is the count. What
 * the runs cost goes to stderr, since it is never twice the same. Started by test-faults.mjs, which compiles it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { simulatedGround } from "../test/faults/fault-ground.ts";
import { faultRun, type FaultGround, type FaultRunResult } from "../test/faults/fault-run.ts";
import { parseFaults } from "../test/faults/fault-schedule.ts";

const help = `npm run test:faults -- [options]
  --runs N        how many runs (default 1000)
  --seed S        the seeds are S:1 to S:N (default 1)
  --from F        begin at S:F (default 1)
  --jobs J        processes (default: one a core)
  --only SEED     one run, such as 1:17; with --faults "12:lose-answer 40:die-after(9000)" in place of its own
  --trace         with --only: print every act`;

const { values } = parseArgs({
  options: {
    ...{ runs: { type: "string", default: "1000" }, seed: { type: "string", default: "1" }, from: { type: "string", default: "1" } },
    ...{ jobs: { type: "string" }, only: { type: "string" }, faults: { type: "string" }, worker: { type: "string" } },
    ...{ trace: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  },
});
const runs = wholeNumber("runs");
const from = wholeNumber("from");
const jobs = Math.min(runs, values.jobs === undefined ? availableParallelism() : wholeNumber("jobs"));

if (values.help) console.log(help);
else if (values.only !== undefined) process.exitCode = await playOne(values.only);
else if (values.worker !== undefined) await work(Number(values.worker));
else process.exitCode = await shareOut();

function wholeNumber(name: "runs" | "from" | "jobs"): number {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= 1) return number;
  console.error(`--${name} ${values[name] ?? ""}: write a whole number of at least 1`);
  process.exit(2);
}

async function playOne(seed: string): Promise<number> {
  const faults = values.faults === undefined ? {} : { faults: parseFaults(values.faults) };
  const result = await faultRun(await simulatedGround(), { seed, ...faults });
  if (values.trace) for (const line of result.trace) console.log(line);
  tell(result);
  console.log(
    `trace ${result.traceHash}, ${result.acts} acts, ${result.lives} lives, ${result.instances} instances, ${minutesOf(result.virtualMs)} virtual minutes`,
  );
  console.log(`1 run, ${result.problems.length === 0 ? 0 : 1} failed`);
  return result.problems.length === 0 ? 0 : 1;
}

/** A process of its own plays each seed whose turn is its own, and writes one line of JSON a run. */
async function work(job: number): Promise<void> {
  const ground: FaultGround = await simulatedGround();
  for (let number = from + job; number < from + runs; number += jobs) {
    const before = process.cpuUsage();
    const result = await faultRun(ground, { seed: `${values.seed}:${number}` });
    const { user, system } = process.cpuUsage(before);
    process.stdout.write(`${JSON.stringify({ ...result, trace: [], number, cpuMs: (user + system) / 1_000 })}\n`);
  }
}

async function shareOut(): Promise<number> {
  const startedAt = performance.now();
  const sum = { runs: 0, failed: 0, acts: 0, lives: 0, instances: 0, virtualMs: 0, cpuMs: 0 };
  const inOrder = ordered((result) => {
    sum.runs += 1;
    sum.acts += result.acts;
    sum.lives += result.lives;
    sum.instances += result.instances;
    sum.virtualMs += result.virtualMs;
    sum.cpuMs += result.cpuMs;
    if (result.problems.length === 0) return;
    sum.failed += 1;
    tell(result);
  });
  const codes = await Promise.all(Array.from({ length: jobs }, (_, job) => runWorker(job, inOrder.take)));
  const missing = inOrder.giveUp();
  const seconds = (performance.now() - startedAt) / 1_000;
  console.error(`${seconds.toFixed(1)} s, ${(sum.cpuMs / Math.max(1, sum.runs)).toFixed(0)} ms of CPU a run`);
  for (const number of missing.slice(0, 10)) console.log(`FAILED ${values.seed}:${number}\n  it did not come to its end`);
  if (missing.length > 0) console.error(`${missing.length} runs did not come to their end: exit codes ${codes.join(", ")}`);
  console.log(
    `${sum.acts} acts, ${sum.lives} lives of our process, ${sum.instances} instances, ${minutesOf(sum.virtualMs)} virtual minutes, ` +
      `seeds ${values.seed}:${from} to ${values.seed}:${from + runs - 1}`,
  );
  console.log(`${sum.runs} runs, ${sum.failed + missing.length} failed`);
  return sum.failed + missing.length === 0 ? 0 : 1;
}

type Told = Omit<FaultRunResult, "trace">;
type Worked = Told & { readonly number: number; readonly cpuMs: number };

/** Hands results on in the order of their seeds, however they come; those that never come are counted at the end. */
function ordered(onResult: (result: Worked) => void): {
  readonly take: (result: Worked) => void;
  readonly giveUp: () => readonly number[];
} {
  const waiting = new Map<number, Worked>();
  const next = { number: from };
  const handOn = (): boolean => {
    const result = waiting.get(next.number);
    if (result !== undefined) onResult(result);
    return waiting.delete(next.number);
  };
  return {
    take: (result) => {
      waiting.set(result.number, result);
      while (handOn()) next.number += 1;
    },
    giveUp: () => {
      const missing: number[] = [];
      for (; next.number < from + runs; next.number += 1) if (!handOn()) missing.push(next.number);
      return missing;
    },
  };
}

async function runWorker(job: number, onResult: (result: Worked) => void): Promise<number | null> {
  const asked = ["--runs", String(runs), "--seed", values.seed, "--from", String(from), "--jobs", String(jobs), "--worker", String(job)];
  const args = [...process.execArgv, fileURLToPath(import.meta.url), ...asked];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((end) => child.once("exit", end));
  if (child.stdout === null) throw new Error("a child with a pipe has a stdout");
  for await (const line of createInterface({ input: child.stdout })) onResult(JSON.parse(line) as Worked);
  return ended;
}

function tell({ seed, problems, faults }: Told): void {
  if (problems.length === 0) return;
  const lines = problems.map((problem) => `  ${problem}`);
  console.log([`FAILED ${seed}`, `  faults: ${faults}`, ...lines, `  again: npm run test:faults -- --only ${seed} --trace`].join("\n"));
}

function minutesOf(virtualMs: number): string {
  return (virtualMs / 60_000).toFixed(0);
}
