/**
 * `npm run bench:flood -- [--rounds N] [--seconds S] [--json FILE]`: what strangers with sockets cost the API server's reviews.
 *
 * One real `plimsoll serve` gets reviews at a steady pace from 127.0.0.1, on the paths that it has registered, in rounds of cases: while it
 * is quiet, beside idle and slow sockets, and beside clients that post whole reviews as fast as they are answered, from another address and
 * from the API server's own, and at last without the word in its path, which makes it a stranger among them (caller-word.ts);
 * each on the path that fails closed and the one that fails open. In the floor the same strangers post as often, but to a bare HTTPS server
 * in a process of its own: what a flood costs on this machine whatever our server does.
 */
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { issueServingCertificate } from "../src/webhook/certificate.ts";
import { answerProblem, benchReviews, type BenchReview } from "./admission-reviews.ts";
import { benchArguments } from "./bench-arguments.ts";
import type { Flooded, FloodOrder } from "./flood-process.ts";
import { type FloodCase, type FloodRow, floodSummary, floodTable } from "./flood-rows.ts";
import { openStrangers, type Strangers } from "./flood-strangers.ts";
import { openReviewClient } from "./review-client.ts";
import { servedWorkloads, startServed, type ServedProcess } from "./served-process.ts";
import { compileServers, startServerProcess } from "./server-process.ts";

const defaults = { rounds: 5, seconds: 20 };
const limits = { rounds: 50, seconds: 600 };
const slowSockets = 200;
const floodClients = 50;
/** The provisioner rests; some Pods must wait for it to have anything at all. */
const waitingPods = 50;
const reviewBytes = Math.round(12.5 * 1024);
const paceMs = 20;
const settleMs = 1_000;
const [ownAddress, otherAddress] = ["127.0.0.1", "127.0.0.2"] as const;
const tiers = ["closed", "open"] as const;

const help = `Measures what strangers with sockets cost the API server's reviews: quiet, slow sockets, floods, and the floor of this machine.

  --rounds N    rounds of all cases (1 to ${limits.rounds}, default ${defaults.rounds})
  --seconds S   seconds of a case (1 to ${limits.seconds}, default ${defaults.seconds})
  --json FILE   write the rows there too

Examples:
  npm run bench:flood
  npm run bench:flood -- --rounds 1 --seconds 5`;

async function main(): Promise<void> {
  const values = benchArguments({ options: ["rounds", "seconds", "json"], help });
  if (values === undefined) return;
  const extent = { rounds: within(values.rounds, "rounds"), seconds: within(values.seconds, "seconds") };
  if (Object.values(extent).some(Number.isNaN)) {
    console.error(`--rounds is 1 to ${limits.rounds}, --seconds 1 to ${limits.seconds}.`);
    process.exitCode = 2;
    return;
  }
  compileServers();
  const rows = await measured(extent);
  const summary = floodSummary(rows);
  console.log([...floodTable(rows), "", ...summary.lines].join("\n"));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...extent, rows, summary: summary.ratios }, null, 2)}\n`);
}

/** NaN where it is no whole number within its limits. */
function within(text: string | undefined, name: keyof typeof defaults): number {
  const value = Number(text ?? defaults[name]);
  return Number.isInteger(value) && value >= 1 && value <= limits[name] ? value : NaN;
}

interface Parts {
  readonly served: ServedProcess;
  readonly strangers: Strangers;
  readonly barePort: number;
}

async function measured({ rounds, seconds }: typeof defaults): Promise<readonly FloodRow[]> {
  const served = await startServed(waitingPods);
  const { authority, serving } = issueServingCertificate({ names: ["localhost", "127.0.0.1"], now: Date.now() });
  const bare = await startServerProcess({ module: "baseline-server", certificate: serving, authorityPem: authority.certificatePem });
  const strangers = openStrangers();
  try {
    await served.turn("rest");
    const parts: Parts = { served, strangers, barePort: bare.port };
    // The first reviews compile what answers them.
    for (const tier of tiers) await review(served, { tier, seconds: Math.min(3, seconds) });
    const rows: FloodRow[] = [];
    for (let round = 1; round <= rounds; round++) for (const tier of tiers) rows.push(...(await casesOf(parts, { round, tier, seconds })));
    return rows;
  } finally {
    strangers.close();
    await bare.stop();
    await served.stop();
  }
}

interface CaseTerms {
  readonly round: number;
  readonly tier: "closed" | "open";
  readonly seconds: number;
}

async function casesOf(parts: Parts, terms: CaseTerms): Promise<readonly FloodRow[]> {
  const measure = (name: FloodCase, order?: FloodOrder): Promise<FloodRow> => measureCase(parts, { ...terms, name, order });
  const order = { port: parts.served.port, path: `/validate/${terms.tier}`, bodies: floodBodies() };
  const slow: FloodOrder = { ...order, kind: "slow", clients: slowSockets, localAddress: otherAddress };
  const flood: FloodOrder = { ...order, kind: "reviews", clients: floodClients, localAddress: otherAddress };
  const rows = [
    await measure("quiet"),
    await measure("slow sockets", slow),
    await measure("flood, other address", flood),
    await measure("flood, own address", { ...flood, localAddress: ownAddress }),
    await measure("without the word", { ...flood, localAddress: ownAddress }),
  ];
  // The faster of the two floods.
  const perSecond = Math.max(1, ...rows.map(({ floodPerSecond }) => floodPerSecond));
  return [...rows, await measure("floor", { ...flood, port: parts.barePort, path: "/1000", perSecond })];
}

async function measureCase(
  { served, strangers }: Parts,
  { round, tier, seconds, name, order }: CaseTerms & { readonly name: FloodCase; readonly order: FloodOrder | undefined },
): Promise<FloodRow> {
  const beganAt = performance.now();
  if (order !== undefined) await strangers.begin(order);
  await sleep(settleMs);
  await served.loopDelay();
  const [startedAt, cpuBefore] = [performance.now(), served.cpuMs()];
  const { sent, milliseconds } = await review(served, { tier, seconds, isPlain: name === "without the word" });
  const tookMs = performance.now() - startedAt;
  const cpuShare = (served.cpuMs() - cpuBefore) / tookMs;
  const { p99Ms: loopP99Ms } = await served.loopDelay();
  const flooded: Flooded = order === undefined ? { opened: 0, answers: {} } : await strangers.end();
  const floodMs = performance.now() - beganAt;
  if (order !== undefined) await sleep(settleMs);
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
  const floodPerSecond = Object.values(flooded.answers).reduce((sum, count) => sum + count, 0) / (floodMs / 1_000);
  return {
    ...{ round, tier, name, sent, answered: milliseconds.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) },
    ...{ loopP99Ms, cpuShare, floodPerSecond, flooded },
  };
}

/** Posts validations at the pace of a busy API server, one at a time; an answer that is wrong or none is not counted. */
async function review(
  served: ServedProcess,
  { tier, seconds, isPlain = false }: Pick<CaseTerms, "tier" | "seconds"> & { readonly isPlain?: boolean },
): Promise<{ readonly sent: number; readonly milliseconds: readonly number[] }> {
  const reviews = dryRuns();
  const { paths, authorityPem } = await served.registered();
  const path = `${isPlain ? `/validate/${tier}` : paths[tier]}?timeout=5s`;
  // A connection that showed the word is known whatever it shows next.
  const newcomer = isPlain ? openReviewClient({ port: served.port, authorityPem }) : undefined;
  const milliseconds: number[] = [];
  let sent = 0;
  for (const startedAt = performance.now(); performance.now() - startedAt < seconds * 1_000; sent++) {
    const one = reviews[sent % reviews.length]!;
    const check = (answer: { readonly status: number; readonly text: string }) =>
      answerProblem({ review: one, expected: "verdict", ...answer });
    const took = await (newcomer ?? served).post({ path, bodies: [one.body], count: 1, check }).catch((cause: unknown) => {
      console.error(`${tier}: ${String(cause)}`);
      return [];
    });
    milliseconds.push(...took);
    await sleep(Math.max(0, startedAt + (sent + 1) * paceMs - performance.now()));
  }
  newcomer?.close();
  return { sent, milliseconds };
}

/** Whoever floods sends what is as dear to judge as the good caller's. */
function floodBodies(): readonly string[] {
  return dryRuns().map(({ body }) => body.toString("utf8"));
}

/** What admission lets in for good wakes the provisioner at once, which would then never rest. */
function dryRuns(): readonly BenchReview[] {
  return benchReviews("validate", reviewBytes)
    .slice(0, servedWorkloads)
    .map((review) => ({ ...review, body: Buffer.from(review.body.toString("utf8").replace('"dryRun":false', '"dryRun":true')) }));
}

await main();
