/**
 * `npm run bench:admission -- [--rounds N] [--requests N] [--json FILE] [--no-peers]`: what an admission request costs.
 *
 * Two servers in processes of their own, Plimsoll's webhook and a bare node:https server that reads, parses and answers with
 * as many bytes, get the same reviews in turns; so do the peers of bench/peers, which do less: Pepr one label, Kyverno and the
 * API server itself five checks. Every answer is checked. What the figures are stands in admission-rows.ts.
 */
import { writeFileSync } from "node:fs";
import { issueServingCertificate } from "../src/webhook/certificate.ts";
import { answerProblem, benchReviews, type BenchPhase, type BenchReview } from "./admission-reviews.ts";
import { apiServerTable, peerTable, plimsollTable, rowsOf, type Row } from "./admission-rows.ts";
import { benchArguments } from "./bench-arguments.ts";
import { measureInTurns, type Contender, type Extent } from "./contender.ts";
import { allPeers, openPeers, type Peers } from "./peers/peers.ts";
import { compileServers, startServerProcess, type ServerProcess } from "./server-process.ts";

const phases: readonly BenchPhase[] = ["mutate", "validate"];
const sizes = [1.5, 12.5, 50].map((kibibytes) => Math.round(kibibytes * 1024));
const defaults = { rounds: 7, requests: 500 };
const roundsMax = 100;
const requestsMax = 20_000;

const help = `Measures what an admission request costs, beside a bare HTTPS server and other policy engines in turns.

  --rounds N    rounds of each server, of which the least counts (1 to ${roundsMax}, default ${defaults.rounds})
  --requests N  requests of a round (1 to ${requestsMax}, default ${defaults.requests})
  --json FILE   write the rows there too
  --no-peers    leave out the peers: Pepr (a label, needs npm), Kyverno and the API server's own policies (five checks,
                need Go); they are fetched and built once, into .cache/peers, which takes many minutes

Examples:
  npm run bench:admission
  npm run bench:admission -- --rounds 3 --requests 100 --json rows.json`;

async function main(): Promise<void> {
  const values = benchArguments({ options: ["rounds", "requests", "json"], switches: ["no-peers"], help });
  if (values === undefined) return;
  const extent = { rounds: Number(values.rounds ?? defaults.rounds), requests: Number(values.requests ?? defaults.requests) };
  if (!isWithin(extent.rounds, roundsMax) || !isWithin(extent.requests, requestsMax)) {
    console.error(`--rounds is 1 to ${roundsMax}, --requests 1 to ${requestsMax}.`);
    process.exitCode = 2;
    return;
  }
  const peers = await openPeers(values["no-peers"] === undefined ? allPeers : {});
  try {
    const rows = await measureAll(extent, peers);
    const parts = [plimsollTable(rows), peerTable(rows), apiServerTable(rows), peers.notes].filter((lines) => lines.length > 0);
    console.log(parts.map((lines) => lines.join("\n")).join("\n\n"));
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows }, null, 2)}\n`);
  } finally {
    await peers.close();
  }
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}

interface Servers {
  readonly baseline: ServerProcess;
  readonly plimsoll: ServerProcess;
}

async function measureAll(extent: Extent, peers: Peers): Promise<readonly Row[]> {
  compileServers();
  const { authority, serving } = issueServingCertificate({ names: ["localhost", "127.0.0.1"], now: Date.now() });
  const open = (module: string) => startServerProcess({ module, certificate: serving, authorityPem: authority.certificatePem });
  const servers = { baseline: await open("baseline-server"), plimsoll: await open("admission-server") };
  try {
    const rows: Row[] = [];
    for (const phase of phases) {
      for (const bytes of sizes) {
        const reviews = benchReviews(phase, bytes);
        const contenders = [...(await ownContenders(servers, { phase, reviews })), ...peers.contenders(phase)];
        rows.push(...rowsOf({ phase, bytes }, await measureInTurns(contenders, { reviews, extent })));
      }
    }
    return rows;
  } finally {
    await Promise.all([servers.baseline.stop(), servers.plimsoll.stop()]);
  }
}

/** The baseline and Plimsoll, to be asked in a case of this phase. */
async function ownContenders(
  { baseline, plimsoll }: Servers,
  { phase, reviews }: { readonly phase: BenchPhase; readonly reviews: readonly BenchReview[] },
): Promise<readonly Contender[]> {
  const answerBytes = await answerSize(plimsoll, phase, reviews);
  const judged = phase === "mutate" ? "patch" : "verdict";
  return [
    {
      tool: "baseline",
      server: baseline,
      call: () => ({
        path: `/${answerBytes}`,
        problem: (review, answer) => answerProblem({ review, expected: "allowance", ...answer }),
      }),
    },
    {
      tool: "plimsoll",
      server: plimsoll,
      call: () => ({
        path: `/${phase}/open`,
        problem: (review, answer) => answerProblem({ review, expected: judged, ...answer }),
      }),
    },
  ];
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

await main();
