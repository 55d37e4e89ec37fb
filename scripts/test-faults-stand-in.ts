/**
 * `npm run test:faults:stand-in -- --runs N --seed S`: runs with faults on the real control plane and the EC2 stand-in, each from a seed of
 * its own (S:1 to S:N), one after the other on one ground.
 *
 * A failed run is told with its schedule of faults, what went wrong, and how to play it again. Exits 1 on any failed run; the last line is the
 * count.
 */
import { parseArgs } from "node:util";
import { startMoto } from "../test/support/ec2-moto.ts";
import { parseFaults } from "../test/faults/fault-schedule.ts";
import { openStandIn, type StandIn } from "../test/faults/stand-in-ground.ts";
import { standInRun, type StandInResult, type StandInRunOptions } from "../test/faults/stand-in-run.ts";

const help = `npm run test:faults:stand-in -- [options]
  --runs N        how many runs (default 20)
  --seed S        the seeds are S:1 to S:N (default 1)
  --from F        begin at S:F (default 1)
  --minutes M     begin no run after so many minutes (default: all are played)
  --only SEED     one run, such as 1:17; with --faults "12:lose-answer 40:die-after(900)" in place of its own
  --trace         print every act, and of failed runs the end of our process's log`;

const { values } = parseArgs({
  options: {
    ...{ runs: { type: "string", default: "20" }, seed: { type: "string", default: "1" }, from: { type: "string", default: "1" } },
    ...{ minutes: { type: "string", default: "100000" } },
    ...{ only: { type: "string" }, faults: { type: "string" } },
    ...{ trace: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  },
});

if (values.help) console.log(help);
else process.exitCode = await playAll();

function wholeNumber(name: "runs" | "from" | "minutes"): number {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= 1) return number;
  console.error(`--${name} ${values[name]}: write a whole number of at least 1`);
  process.exit(2);
}

function schedules(): readonly StandInRunOptions[] {
  const { only, faults, seed } = values;
  if (only !== undefined) return [{ seed: only, ...(faults === undefined ? {} : { faults: parseFaults(faults) }) }];
  const from = wholeNumber("from");
  return Array.from({ length: wholeNumber("runs") }, (_, index) => ({ seed: `${seed}:${from + index}` }));
}

async function playAll(): Promise<number> {
  const wanted = schedules();
  const endsAt = Date.now() + wholeNumber("minutes") * 60_000;
  const moto = await startMoto();
  if ("missing" in moto) {
    console.error(moto.missing);
    return 2;
  }
  const standIn = await openStandIn(moto);
  const count = { runs: 0, failed: 0, ms: 0 };
  for (const schedule of wanted) {
    if (Date.now() > endsAt) break;
    const result = await standInRun(standIn, schedule);
    count.runs += 1;
    count.ms += result.ms;
    if (result.problems.length > 0) count.failed += 1;
    tell(standIn, result);
  }
  await standIn.close();
  await moto.close();
  console.log(`${(count.ms / 1_000 / Math.max(1, count.runs)).toFixed(1)} s a run`);
  console.log(`${count.runs} runs, ${count.failed} failed`);
  return count.failed === 0 ? 0 : 1;
}

function tell({ lives }: StandIn, { seed, faults, problems, trace, acts, instances, lives: lived, ms }: StandInResult): void {
  console.log(
    `${problems.length === 0 ? "held  " : "FAILED"} ${seed} ${(ms / 1_000).toFixed(1)} s, ${acts} acts, ${lived} lives, ${instances} instances`,
  );
  if (values.trace) for (const line of trace) console.log(`  ${line}`);
  if (problems.length === 0) return;
  for (const problem of problems) console.log(`  ${problem}`);
  console.log(`  play it again: npm run test:faults:stand-in -- --only ${seed} --faults "${faults}"`);
  if (values.trace) for (const line of lives.log()) console.log(`  log ${line}`);
}
