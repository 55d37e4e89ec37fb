/**
 * `plimsoll nodes`: the nodes of a cluster, with what they hold, cost and wait for.
 *
 * Reads a cluster or a snapshot of one. At a terminal it is a screen that follows the cluster, with keys to sort, filter and look closer;
 * elsewhere a table or JSON, once or at an interval. It writes nothing to the cluster.
 */
import { setTimeout as delay } from "node:timers/promises";
import { platformNames } from "../api/labels.ts";
import { sortedRows } from "./nodes-filter.ts";
import { nodeFleet, type FleetOf } from "./nodes-fleet.ts";
import { openNodePrices, type OpenedPrices } from "./nodes-live-prices.ts";
import { type NodesOptions, type NodesPlan, parseNodesOptions } from "./nodes-options.ts";
import { nodePrices, zonesOfNodes } from "./nodes-price.ts";
import { nodesJson, nodesText } from "./nodes-report.ts";
import { runNodesScreen } from "./nodes-session.ts";
import { readNodesSource, watchNodesSource, type NodesSource } from "./nodes-source.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

export interface NodesRequest extends NodesOptions, Pick<ProgramSurroundings, "env" | "stdin" | "stdout" | "stderr" | "terminal"> {}

const usualEverySeconds = 1;

/** Runs the command; returns 0, or 2 on bad input and where the cluster does not answer. */
export async function runNodes(request: NodesRequest): Promise<number> {
  const { terminal, output = terminal === undefined ? "text" : "screen" } = request;
  const plan = parseNodesOptions(request);
  if (!plan.ok) return refused(request, [plan.error]);
  if (output === "screen" && terminal === undefined) return refused(request, ["--output screen needs a terminal; use text or json"]);
  const stop = new AbortController();
  const isWatched = output === "screen" || request.every !== undefined;
  const source = isWatched ? await watchNodesSource(request, stop.signal) : await readNodesSource(request);
  if (!source.ok) return refused(request, [source.error]);
  try {
    const prices = await openNodePrices(request, zonesOfNodes(source.value.snapshot().list("Node")));
    if (!prices.ok) return refused(request, prices.error);
    const fleet = fleetOf(request, { plan: plan.value, ...prices.value });
    const told = { ...source.value, troubles: () => [...source.value.troubles(), ...prices.value.troubles()] };
    const shared = { ...plan.value, fleet, source: told, everyMs: (request.every ?? usualEverySeconds) * 1000 };
    if (output === "screen" && terminal !== undefined) {
      await runNodesScreen({ ...shared, terminal, env: request.env, filter: request.filter, names: platformNames(request.domain) });
    } else await report(request, { ...shared, isJson: output === "json" });
    return 0;
  } finally {
    stop.abort();
    await source.value.close();
  }
}

function fleetOf(request: NodesRequest, { plan, prices }: Pick<OpenedPrices, "prices"> & { readonly plan: NodesPlan }): FleetOf {
  return nodeFleet({
    names: platformNames(request.domain),
    prices: nodePrices({ prices, isAsked: request.prices }),
    ...(plan.selector === undefined ? {} : { selector: plan.selector }),
  });
}

/** Writes the table or JSON, once, or until the process is told to end. */
async function report(
  request: NodesRequest,
  of: NodesPlan & { readonly isJson: boolean; readonly everyMs: number; readonly fleet: FleetOf; readonly source: NodesSource },
): Promise<void> {
  const isRepeated = request.every !== undefined;
  const told = new Set<string>();
  for (;;) {
    const now = Date.now();
    const fleet = of.fleet(of.source.snapshot(), now);
    const pods = of.source.pods();
    const rows = fleet.rows.filter((row) => of.test(row, now));
    const shown = sortedRows(rows, of.order, of.columns);
    for (const trouble of of.source.troubles()) {
      if (!told.has(trouble)) request.stderr.write(`note: ${trouble}\n`);
      told.add(trouble);
    }
    request.stdout.write(of.isJson ? nodesJson({ fleet, pods, shown, now }, isRepeated) : nodesText({ ...of, fleet, pods, shown, now }));
    if (!isRepeated) return;
    if (!of.isJson) request.stdout.write("\n");
    await delay(of.everyMs);
  }
}

function refused({ stderr }: NodesRequest, problems: readonly string[]): number {
  for (const problem of problems) stderr.write(`${problem}\n`);
  return 2;
}
