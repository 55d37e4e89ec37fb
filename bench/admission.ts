/**
 * `npm run bench:admission -- [--rounds N] [--requests N] [--json FILE]`: what an admission request costs.
 *
 * Two servers in processes of their own, Plimsoll's webhook and a bare node:https server that reads, parses and answers with
 * as many bytes, get the same reviews in turns. Printed is the least CPU time a request of all rounds, since noise only adds;
 * compare the ratio of one run, never microseconds of two. p99 is the median of the rounds'. Every answer is checked.
 */
import { writeFileSync } from "node:fs";
import { issueServingCertificate } from "../src/webhook/certificate.ts";
import { answerProblem, benchReviews, type BenchPhase, type BenchReview } from "./admission-reviews.ts";
import { benchArguments } from "./bench-arguments.ts";
import { compileServers, startServerProcess, type ServerProcess } from "./server-process.ts";

interface Row {
  readonly case: BenchPhase;
  readonly tool: "baseline" | "plimsoll";
  readonly bytes: number;
  readonly cpuMicros: number;
  readonly p99Ms: number;
  /** Of the baseline's CPU time; 1 on the baseline's own row. */
  readonly ratio: number;
  readonly memoryMiB: number;
}

interface Extent {
  readonly rounds: number;
  readonly requests: number;
}

const phases: readonly BenchPhase[] = ["mutate", "validate"];
const sizes = [1.5, 12.5, 50].map((kibibytes) => Math.round(kibibytes * 1024));
const defaults = { rounds: 7, requests: 500 };
/** The first round is so many times as long. */
const warmUpRounds = 6;
const roundsMax = 100;
const requestsMax = 20_000;
const mebibyte = 1024 ** 2;

const help = `Measures what an admission request costs, beside a bare HTTPS server in turns.

  --rounds N    rounds of each server, of which the least counts (1 to ${roundsMax}, default ${defaults.rounds})
  --requests N  requests of a round (1 to ${requestsMax}, default ${defaults.requests})
  --json FILE   write the rows there too

Examples:
  npm run bench:admission
  npm run bench:admission -- --rounds 3 --requests 100 --json rows.json`;

async function main(): Promise<void> {
  const values = benchArguments({ options: ["rounds", "requests", "json"], help });
  if (values === undefined) return;
  const extent = { rounds: Number(values.rounds ?? defaults.rounds), requests: Number(values.requests ?? defaults.requests) };
  if (!isWithin(extent.rounds, roundsMax) || !isWithin(extent.requests, requestsMax)) {
    console.error(`--rounds is 1 to ${roundsMax}, --requests 1 to ${requestsMax}.`);
    process.exitCode = 2;
    return;
  }
  const rows = await measureAll(extent);
  printTable(rows);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows }, null, 2)}\n`);
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

interface Servers {
  readonly baseline: ServerProcess;
  readonly plimsoll: ServerProcess;
}

async function measureAll(extent: Extent): Promise<readonly Row[]> {
  compileServers();
  const { authority, serving } = issueServingCertificate({ names: ["localhost", "127.0.0.1"], now: Date.now() });
  const open = (module: string) => startServerProcess({ module, certificate: serving, authorityPem: authority.certificatePem });
  const servers = { baseline: await open("baseline-server"), plimsoll: await open("admission-server") };
  try {
    const rows: Row[] = [];
    for (const phase of phases) for (const bytes of sizes) rows.push(...(await measureCase({ servers, phase, bytes, extent })));
    return rows;
  } finally {
    await Promise.all([servers.baseline.stop(), servers.plimsoll.stop()]);
  }
}

async function measureCase(of: {
  readonly servers: Servers;
  readonly phase: BenchPhase;
  readonly bytes: number;
  readonly extent: Extent;
}): Promise<readonly Row[]> {
  const { servers, phase, bytes, extent } = of;
  const reviews = benchReviews(phase, bytes);
  const answerBytes = await answerSize(servers.plimsoll, phase, reviews);
  const calls = {
    baseline: { path: `/${answerBytes}`, reviews, expected: "allowance" },
    plimsoll: { path: `/${phase}/open`, reviews, expected: phase === "mutate" ? "patch" : "verdict" },
  } as const;
  const rounds = { baseline: new Array<Round>(), plimsoll: new Array<Round>() };
  // Round 0 warms both up, as a server is that has served a while, and is not counted.
  for (let round = 0; round <= extent.rounds; round++) {
    for (const tool of ["baseline", "plimsoll"] as const) {
      const measured = await measureRound(servers[tool], calls[tool], round === 0 ? extent.requests * warmUpRounds : extent.requests);
      if (round > 0) rounds[tool].push(measured);
    }
  }
  const leastCpu = (tool: Row["tool"]): number => Math.min(...rounds[tool].map(({ cpuMicros }) => cpuMicros));
  return (["baseline", "plimsoll"] as const).map((tool) => ({
    case: phase,
    tool,
    bytes,
    cpuMicros: Math.round(leastCpu(tool)),
    p99Ms: rounded(median(rounds[tool].map(({ p99Ms }) => p99Ms))),
    ratio: rounded(leastCpu(tool) / leastCpu("baseline")),
    memoryMiB: Math.round(Math.max(...rounds[tool].map(({ memoryBytes }) => memoryBytes)) / mebibyte),
  }));
}

interface Call {
  readonly path: string;
  readonly reviews: readonly BenchReview[];
  readonly expected: "patch" | "verdict" | "allowance";
}

interface Round {
  readonly cpuMicros: number;
  readonly p99Ms: number;
  readonly memoryBytes: number;
}

async function measureRound(server: ServerProcess, { path, reviews, expected }: Call, count: number): Promise<Round> {
  const before = await server.usage();
  const milliseconds = await server.post({
    path,
    count,
    bodies: reviews.map(({ body }) => body),
    check: ({ index, status, text }) => answerProblem({ review: reviews[index]!, expected, status, text }),
  });
  const after = await server.usage();
  const sorted = [...milliseconds].sort((a, b) => a - b);
  return {
    cpuMicros: (after.cpuMicros - before.cpuMicros) / count,
    p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0,
    memoryBytes: after.memoryBytes,
  };
}

/** How long Plimsoll's answers to the first two reviews are on average (a good and a violating object): the baseline's answers are. */
async function answerSize(server: ServerProcess, phase: BenchPhase, reviews: readonly BenchReview[]): Promise<number> {
  let bytes = 0;
  await server.post({
    path: `/${phase}/open`,
    count: 2,
    bodies: reviews.slice(0, 2).map(({ body }) => body),
    check: ({ text }) => {
      bytes += Buffer.byteLength(text);
      return undefined;
    },
  });
  return Math.round(bytes / 2);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function printTable(rows: readonly Row[]): void {
  const header = ["case", "bytes", "baseline us/req", "plimsoll us/req", "ratio", "baseline p99 ms", "plimsoll p99 ms", "memory MiB"];
  const lines = rows
    .filter(({ tool }) => tool === "plimsoll")
    .map((row) => {
      const baseline = rows.find((other) => other.tool === "baseline" && other.case === row.case && other.bytes === row.bytes);
      const [cpu, p99] = [baseline?.cpuMicros ?? 0, baseline?.p99Ms ?? 0];
      return [row.case, row.bytes, cpu, row.cpuMicros, row.ratio.toFixed(2), p99.toFixed(1), row.p99Ms.toFixed(1), row.memoryMiB].map(
        String,
      );
    });
  const widths = header.map((title, column) => Math.max(title.length, ...lines.map((line) => (line[column] ?? "").length)));
  for (const line of [header, ...lines]) console.log(line.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
}

await main();
