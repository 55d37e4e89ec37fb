/**
 * `npm run test:faults -- --runs N --seed S`: runs of the simulated world with faults, each from a seed of its own (S:1 to S:N).
 *
 * Runs are shared out to as many processes as there are cores. A failed run is told with its seed, its schedule of faults and what went wrong;
 * `--only S:17 --trace` plays that one again and prints every act. Exits 1 on any failed run; the last line is the count.
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

if (values.help) console.log(help);
else if (values.only !== undefined) process.exitCode = await playOne(values.only);
else if (values.worker !== undefined) await work(values.worker);
else process.exitCode = await shareOut();

function wholeNumber(name: "runs" | "from"): number {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= 1) return number;
  console.error(`--${name} ${values[name]}: write a whole number of at least 1`);
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

/** A process of its own: "first:step" says which seeds are its part; one line of JSON a run. */
async function work(part: string): Promise<void> {
  const [first = 1, step = 1] = part.split(":").map(Number);
  const ground: FaultGround = await simulatedGround();
  for (let number = from + first; number < from + runs; number += step) {
    const before = process.cpuUsage();
    const result = await faultRun(ground, { seed: `${values.seed}:${number}` });
    const { user, system } = process.cpuUsage(before);
    process.stdout.write(`${JSON.stringify({ ...result, trace: [], cpuMs: (user + system) / 1_000 })}\n`);
  }
}

async function shareOut(): Promise<number> {
  const jobs = Math.min(runs, Number(values.jobs ?? availableParallelism()));
  const startedAt = performance.now();
  const count = { runs: 0, failed: 0, acts: 0, lives: 0, instances: 0, virtualMs: 0, cpuMs: 0 };
  const codes = await Promise.all(
    Array.from({ length: jobs }, (_, job) =>
      runWorker(`${job}:${jobs}`, (result) => {
        count.runs += 1;
        count.acts += result.acts;
        count.lives += result.lives;
        count.instances += result.instances;
        count.virtualMs += result.virtualMs;
        count.cpuMs += result.cpuMs;
        if (result.problems.length === 0) return;
        count.failed += 1;
        tell(result);
      }),
    ),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  console.log(
    `${count.acts} acts, ${count.lives} lives of our process, ${count.instances} instances, ${minutesOf(count.virtualMs)} virtual minutes ` +
      `in ${seconds.toFixed(1)} s: ${(count.cpuMs / Math.max(1, count.runs)).toFixed(0)} ms of CPU a run`,
  );
  const missing = runs - count.runs;
  if (missing > 0) console.log(`${missing} runs did not come to their end: exit codes ${codes.join(", ")}`);
  console.log(`${count.runs} runs, ${count.failed + missing} failed`);
  return count.failed + missing === 0 ? 0 : 1;
}

type Told = Omit<FaultRunResult, "trace">;
type Worked = Told & { readonly cpuMs: number };

async function runWorker(part: string, onResult: (result: Worked) => void): Promise<number | null> {
  const script = fileURLToPath(import.meta.url);
  const args = ["--import", "tsx", script, "--runs", String(runs), "--seed", values.seed, "--from", String(from), "--worker", part];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((end) => child.once("exit", end));
  if (child.stdout === null) throw new Error("a child with a pipe has a stdout");
  for await (const line of createInterface({ input: child.stdout })) onResult(JSON.parse(line) as Worked);
  return ended;
}

function tell({ seed, problems, faults }: Told): void {
  if (problems.length === 0) return;
  console.log(`FAILED ${seed}\n  faults: ${faults}\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
}

function minutesOf(virtualMs: number): string {
  return (virtualMs / 60_000).toFixed(0);
}
