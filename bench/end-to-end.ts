/**
 * `npm run bench:end-to-end -- [--pods N] [--qps N] [--join SECONDS] [--runs N] [--json FILE] [--no-peers]`: from `kubectl apply` to running Pods,
 * Plimsoll beside Karpenter, each whole, on a real control plane with kwok's fake kubelets.
 *
 * Both get the same Deployments, NodePool and instance types. Each run has a control plane of its own, one after the other; what is
 * measured stands in end-to-end/measure-run.ts. Plimsoll is what dist has, as it is installed, so its webhooks see every Pod.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchArguments } from "./bench-arguments.ts";
import { builtKarpenterWhole, startKarpenter, type KarpenterWhole } from "./end-to-end/karpenter-whole.ts";
import { marketTypes } from "./end-to-end/market.ts";
import { measureRun, type EndToEndCase, type RunFigures, type Tool } from "./end-to-end/measure-run.ts";
import { plimsollWhole } from "./end-to-end/plimsoll-whole.ts";
import { comparisonTable, rowOf, rowTable, type EndToEndRow } from "./end-to-end/rows.ts";

const podsDefaults = [200, 1_000];
/** Upstream's default of a controller manager, and a rate at which it is not what one waits for. */
const qpsDefaults = [20, 1_000];
const joinDefaults = [0, 30];
const podsMax = 2_000;
const qpsMax = 10_000;
const joinSecondsMax = 120;
const runsMax = 20;
const reasonCharactersMax = 400;

const help = `Measures the way from apply to running Pods on a real control plane, with Karpenter whole as the peer: first NodeClaim, all Pods
running, NodeClaims ever made and at the end, vCPU, price, CPU and memory of the controller.

  --pods N     Pods with zone spread, in Deployments of at most 200 (1 to ${podsMax}; default: ${podsDefaults.join(" and ")})
  --qps N      requests a second of the controller manager (1 to ${qpsMax}; default: ${qpsDefaults.join(", which is upstream's, and ")})
  --join N     seconds from a node's launch to its joining (0 to ${joinSecondsMax}; default: ${joinDefaults.join(" and ")})
  --runs N     runs of each tool and case, in turn (1 to ${runsMax}; default 1); rows are of their medians
  --json FILE  write the rows there too, one a case and tool
  --no-peers   leave out Karpenter, which is fetched and built once with Go, into .cache/peers

Examples:
  npm run bench:end-to-end
  npm run bench:end-to-end -- --pods 200 --qps 20 --join 0 --runs 3
  npm run bench:end-to-end -- --pods 20 --no-peers`;

async function main(): Promise<void> {
  const values = benchArguments({ options: ["pods", "qps", "join", "runs", "json"], switches: ["no-peers"], help });
  if (values === undefined) return;
  const asked = casesOf(values);
  if (typeof asked === "string") {
    console.error(asked);
    process.exitCode = 2;
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
  const marketFile = join(folder, "instance-types.json");
  writeFileSync(marketFile, JSON.stringify(marketTypes()));
  try {
    const { tools, note } = await openTools(marketFile, values["no-peers"] === undefined);
    const rows: EndToEndRow[] = [];
    for (const of of asked.cases) rows.push(...(await measureCase(of, { tools, runs: asked.runs })));
    console.log([rowTable(rows), comparisonTable(rows), [note]].map((lines) => lines.join("\n")).join("\n\n"));
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows }, null, 2)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns what to measure, or the sentence that says what is wrong with the arguments. */
function casesOf(
  values: Readonly<Record<string, string | undefined>>,
): { readonly cases: readonly EndToEndCase[]; readonly runs: number } | string {
  const bounds = { pods: [1, podsMax], qps: [1, qpsMax], join: [0, joinSecondsMax], runs: [1, runsMax] } as const;
  for (const [name, [min, max]] of Object.entries(bounds)) {
    const value = values[name];
    const number = Number(value);
    if (value !== undefined && !(value !== "" && Number.isInteger(number) && number >= min && number <= max)) {
      return `--${name} ${value}: give a whole number from ${min} to ${max}.`;
    }
  }
  const oneOr = (name: keyof typeof bounds, defaults: readonly number[]): readonly number[] =>
    values[name] === undefined ? defaults : [Number(values[name])];
  const cases = oneOr("pods", podsDefaults).flatMap((pods) =>
    oneOr("qps", qpsDefaults).flatMap((qps) => oneOr("join", joinDefaults).map((joinSeconds) => ({ pods, qps, joinSeconds }))),
  );
  return { cases, runs: Number(values.runs ?? 1) };
}

/** The tools take turns; a run that fails is told, and its case has no row of that tool. */
async function measureCase(
  of: EndToEndCase,
  { tools, runs }: { readonly tools: readonly Tool[]; readonly runs: number },
): Promise<readonly EndToEndRow[]> {
  const told = `${of.pods} Pods, ${of.qps} requests a second, nodes join after ${of.joinSeconds} s`;
  const done = new Map<Tool["name"], RunFigures[]>(tools.map(({ name }) => [name, []]));
  for (let run = 1; run <= runs; run += 1) {
    for (const tool of tools) {
      process.stderr.write(`bench: ${told}: ${tool.name}, run ${run} of ${runs}\n`);
      try {
        done.get(tool.name)?.push(await measureRun(tool, of));
      } catch (cause) {
        console.error(`${told}: ${tool.name}: ${cause instanceof Error ? cause.message : String(cause)}`);
        process.exitCode = 1;
      }
    }
  }
  return [...done].flatMap(([name, figures]) => (figures.length === 0 ? [] : [rowOf(name, of, figures)]));
}

/** Plimsoll, and Karpenter where this machine can have it; the note says which. */
async function openTools(marketFile: string, withPeers: boolean): Promise<{ readonly tools: readonly Tool[]; readonly note: string }> {
  const plimsoll = plimsollWhole(marketFile);
  if (!withPeers) return { tools: [plimsoll], note: "karpenter: left out, as --no-peers asks" };
  try {
    const karpenter = await builtKarpenterWhole();
    return { tools: [plimsoll, karpenterTool(karpenter, marketFile)], note: `karpenter: ${karpenter.version} whole, its kwok provider` };
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ").slice(0, reasonCharactersMax);
    return { tools: [plimsoll], note: `karpenter: left out: ${reason}` };
  }
}

function karpenterTool(karpenter: KarpenterWhole, marketFile: string): Tool {
  return { name: "karpenter", takes: () => true, start: (plane) => startKarpenter(karpenter, { plane, marketFile }) };
}

await main();
