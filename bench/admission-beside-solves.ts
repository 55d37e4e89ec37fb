/**
 * `npm run bench:admission-beside-solves -- [--rounds N] [--seconds S] [--pods N] [--json FILE]`: what plans cost reviews.
 *
 * One real `plimsoll serve` with a provider gets the same reviews at the same pace, in pairs of rounds: one while its provisioner rests,
 * one while it plans again and again. Every answer is checked. A pair's ratio is that of its two 99th percentiles, and the median of
 * pairs is what counts: what else the machine does meets both rounds of a pair.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { answerProblem, benchReviews, type BenchReview } from "./admission-reviews.ts";
import { benchArguments } from "./bench-arguments.ts";
import { servedWorkloads, startServed, type ServedProcess } from "./served-process.ts";
import { compileServers } from "./server-process.ts";

const defaults = { rounds: 5, seconds: 60, pods: 2_000 };
const limits = { rounds: 50, seconds: 600, pods: 20_000 };
const reviewBytes = Math.round(12.5 * 1024);
const paceMs = 20;

const help = `Measures what plans cost reviews: the same reviews while the provisioner rests, and while it plans without a pause.

  --rounds N    pairs of rounds (1 to ${limits.rounds}, default ${defaults.rounds})
  --seconds S   seconds of a round (1 to ${limits.seconds}, default ${defaults.seconds})
  --pods N      Pods that wait, and are planned each time (50 to ${limits.pods}, default ${defaults.pods})
  --json FILE   write the rows there too

Examples:
  npm run bench:admission-beside-solves
  npm run bench:admission-beside-solves -- --rounds 1 --seconds 5 --pods 500`;

/** One round. */
interface Row {
  readonly pair: number;
  readonly provisioner: "rests" | "plans";
  readonly reviews: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  /** Looks of the provisioner that ended in this round, and the part of its time that they took. */
  readonly looks: number;
  readonly planShare: number;
}

async function main(): Promise<void> {
  const values = benchArguments({ options: ["rounds", "seconds", "pods", "json"], help });
  if (values === undefined) return;
  const extent = { rounds: of(values.rounds, "rounds"), seconds: of(values.seconds, "seconds"), pods: of(values.pods, "pods") };
  if (Object.values(extent).some(Number.isNaN)) {
    console.error(`--rounds is 1 to ${limits.rounds}, --seconds 1 to ${limits.seconds}, --pods 50 to ${limits.pods}.`);
    process.exitCode = 2;
    return;
  }
  compileServers();
  const served = await startServed(extent.pods);
  try {
    const rows = await measure(served, extent);
    const summary = summaryOf(rows);
    console.log([...table(rows), "", ...Object.entries(summary).map(([name, value]) => `${name}: ${value.toFixed(2)}`)].join("\n"));
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...extent, rows, summary }, null, 2)}\n`);
  } finally {
    await served.stop();
  }
}

/** NaN where it is no whole number within its limits. */
function of(text: string | undefined, name: keyof typeof defaults): number {
  const value = Number(text ?? defaults[name]);
  return Number.isInteger(value) && value >= (name === "pods" ? 50 : 1) && value <= limits[name] ? value : NaN;
}

async function measure(served: ServedProcess, { rounds, seconds }: typeof defaults): Promise<readonly Row[]> {
  const rows: Row[] = [];
  // The first plan makes the claims, and the first reviews compile what answers them.
  await served.turn("solve");
  await review(served, Math.min(5, seconds));
  for (let pair = 1; pair <= rounds; pair++) {
    for (const provisioner of ["rests", "plans"] as const) {
      await served.turn(provisioner === "rests" ? "rest" : "solve");
      rows.push({ pair, provisioner, ...(await measureRound(served, seconds)) });
    }
  }
  return rows;
}

async function measureRound(served: ServedProcess, seconds: number): Promise<Omit<Row, "pair" | "provisioner">> {
  const before = await served.planned();
  await served.loopDelay();
  const startedAt = performance.now();
  const milliseconds = [...(await review(served, seconds))].sort((a, b) => a - b);
  const tookSeconds = (performance.now() - startedAt) / 1000;
  const delay = await served.loopDelay();
  const after = await served.planned();
  const at = (share: number): number => milliseconds[Math.ceil(milliseconds.length * share) - 1] ?? 0;
  return {
    ...{ reviews: milliseconds.length, p50Ms: at(0.5), p99Ms: at(0.99), loopP99Ms: delay.p99Ms, loopMaxMs: delay.maxMs },
    looks: after.looks - before.looks,
    planShare: (after.seconds - before.seconds) / tookSeconds,
  };
}

/** Posts mutations and validations in turns, one every so often; resolves with their milliseconds. */
async function review(served: ServedProcess, seconds: number): Promise<readonly number[]> {
  const phases = (["mutate", "validate"] as const).map((phase) => ({
    phase,
    reviews: benchReviews(phase, reviewBytes).slice(0, servedWorkloads).map(asDryRun),
  }));
  const milliseconds: number[] = [];
  for (let [index, startedAt] = [0, performance.now()]; performance.now() - startedAt < seconds * 1000; index++) {
    const { phase, reviews } = phases[index % 2]!;
    const one = reviews[(index >> 1) % reviews.length]!;
    const expected = phase === "mutate" ? "patch" : "verdict";
    const check = (answer: { readonly status: number; readonly text: string }) => answerProblem({ review: one, expected, ...answer });
    milliseconds.push(...(await served.post({ path: `/${phase}/open`, bodies: [one.body], count: 1, check })));
    await sleep(Math.max(0, startedAt + (index + 1) * paceMs - performance.now()));
  }
  return milliseconds;
}

/** What admission lets in for good wakes the provisioner at once, which would then never rest. */
function asDryRun(review: BenchReview): BenchReview {
  const text = review.body.toString("utf8");
  const body = text.replace('"dryRun":false', '"dryRun":true');
  if (body === text) throw new Error("a review of the bench says nothing of dryRun");
  return { ...review, body: Buffer.from(body) };
}

function summaryOf(rows: readonly Row[]): Readonly<Record<string, number>> {
  const pairs = [...new Set(rows.map(({ pair }) => pair))].map((pair) => rows.filter((row) => row.pair === pair));
  const ratios = pairs.map(([rests, plans]) => (plans?.p99Ms ?? NaN) / (rests?.p99Ms ?? NaN)).sort((a, b) => a - b);
  const planning = rows.filter(({ provisioner }) => provisioner === "plans");
  return {
    p99RatioMedian: ratios[Math.floor(ratios.length / 2)] ?? NaN,
    p99RatioMax: ratios.at(-1) ?? NaN,
    loopP99MsMax: Math.max(...planning.map(({ loopP99Ms }) => loopP99Ms)),
    planShareMin: Math.min(...planning.map(({ planShare }) => planShare)),
  };
}

function table(rows: readonly Row[]): readonly string[] {
  const head = ["pair", "provisioner", "reviews", "p50 ms", "p99 ms", "loop p99 ms", "loop max ms", "looks", "planning"];
  const cells = rows.map((row) => [
    ...[String(row.pair), row.provisioner, String(row.reviews), row.p50Ms.toFixed(2), row.p99Ms.toFixed(2)],
    ...[row.loopP99Ms.toFixed(2), row.loopMaxMs.toFixed(2), String(row.looks), `${(row.planShare * 100).toFixed(0)} %`],
  ]);
  return [head, ...cells].map((row) => row.map((cell, index) => cell.padStart(head[index]?.length ?? 0)).join("  "));
}

await main();
