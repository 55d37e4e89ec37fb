/**
 * `plimsoll why node/NAME`: why a node is as it is, or why it is not there.
 *
 * Reads a cluster or a snapshot of one, and the name of a Node or a NodeClaim. Of one that was given up the Events are told for as long as the
 * API server keeps them.
 */
import { platformNames } from "../api/labels.ts";
import { nearestWord } from "../api/nearest-word.ts";
import type { Instant } from "../api/ports.ts";
import { nodeFleet, type Fleet } from "./nodes-fleet.ts";
import { openNodePrices, type NodePriceOptions } from "./nodes-live-prices.ts";
import { nodePrices, zonesOfNodes } from "./nodes-price.ts";
import { readNodesSource, type NodesSource } from "./nodes-source.ts";
import type { NodeRow } from "./nodes-row.ts";
import type { ProgramSurroundings } from "./surroundings.ts";
import { nodeAnswer } from "./why-node-answer.ts";
import { roomElsewhere } from "./why-node-room.ts";
import { nodeAnswerLines } from "./why-node-text.ts";

export interface WhyNodeRequest extends NodePriceOptions, Pick<ProgramSurroundings, "env" | "stdin" | "stdout" | "stderr"> {
  /** "node/NAME" or "nodeclaim/NAME". */
  readonly target: string;
  readonly domain: string;
  /** Files of a plan: a node is not in them. */
  readonly paths: readonly string[];
  readonly cluster?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly snapshot?: string;
  readonly output: "text" | "json";
  readonly now: Instant;
}

const words: ReadonlySet<string> = new Set(["node", "nodes", "no", "nodeclaim", "nodeclaims"]);
/** Kinds that tell which workload a Pod is of, and where its volumes let it go: too many to watch, and read but once here. */
const alsoRead = [
  ...(["ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"] as const),
  ...(["PersistentVolumeClaim", "PersistentVolume", "StorageClass", "CSINode"] as const),
] as const;

/** Says whether a target of `plimsoll why` is a node. */
export function isNodeTarget(target: string): boolean {
  const [word = "", name = "", ...rest] = target.split("/");
  return words.has(word.toLowerCase()) && name !== "" && rest.length === 0;
}

/** Runs the command; returns 0 when the node works, 1 when it does not, or is not there any more, 2 on bad input. */
export async function runWhyNode(request: WhyNodeRequest): Promise<number> {
  const refusal = refusalOf(request);
  if (refusal !== undefined) return refused(request, [refusal]);
  const source = await readNodesSource(request, alsoRead);
  if (!source.ok) return refused(request, [source.error]);
  try {
    return await answer(request, source.value);
  } finally {
    await source.value.close();
  }
}

function refusalOf({ target, cluster, snapshot, paths }: WhyNodeRequest): string | undefined {
  if (paths.length > 0) return `${target} is read from a cluster, not from files: use --cluster, or --snapshot FILE`;
  return cluster === true || snapshot !== undefined ? undefined : `${target}: where is it? use --cluster, or --snapshot FILE`;
}

async function answer(request: WhyNodeRequest, source: NodesSource): Promise<number> {
  const name = request.target.split("/")[1] ?? "";
  const names = platformNames(request.domain);
  const snapshot = source.snapshot();
  const prices = await openNodePrices(request, zonesOfNodes(snapshot.list("Node")));
  if (!prices.ok) return refused(request, prices.error);
  for (const trouble of [...source.troubles(), ...prices.value.troubles()]) request.stderr.write(`note: ${trouble}\n`);
  const fleet = nodeFleet({ names, prices: nodePrices({ prices: prices.value.prices, isAsked: true }) })(snapshot, request.now);
  const row = rowNamed(fleet.rows, name);
  const events = await source.events(row === undefined ? [name] : [row.name, row.claim?.metadata.name ?? ""]);
  if (row === undefined) {
    // What is told of it last is why it is gone.
    for (const event of events) request.stdout.write(`${event.at}  ${event.object}: ${event.reason}: ${event.message}\n`);
    const code = events.length === 0 ? 2 : 1;
    request.stderr.write(`${missingText(fleet, { name, isTold: events.length > 0 })}\n`);
    return code;
  }
  const told = nodeAnswer(row, { snapshot, names, events, room: roomElsewhere(row, { snapshot, names }) });
  request.stdout.write(
    request.output === "json" ? `${JSON.stringify(told, undefined, 2)}\n` : `${nodeAnswerLines(told, request.now).join("\n")}\n`,
  );
  return isInTrouble(row, request.now) ? 1 : 0;
}

function isInTrouble({ node, phase: { word, reason, givenUpAt } }: NodeRow, now: Instant): boolean {
  return word === "not ready" || (node === undefined && (reason !== undefined || (givenUpAt !== undefined && givenUpAt <= now)));
}

/** Returns the row of a Node, or of a NodeClaim, by name. */
export function rowNamed(rows: readonly NodeRow[], name: string): NodeRow | undefined {
  return rows.find((row) => row.node?.metadata.name === name) ?? rows.find((row) => row.claim?.metadata.name === name);
}

function missingText({ rows }: Fleet, { name, isTold }: { readonly name: string; readonly isTold: boolean }): string {
  if (isTold) return `${name} is not there any more; these are its last Events`;
  const known = rows.flatMap((row) => [row.name, row.claim?.metadata.name ?? ""]);
  const nearest = nearestWord(name, known);
  return `no Node and no NodeClaim is called "${name}"${nearest === undefined ? "" : `; did you mean ${nearest}?`}`;
}

function refused({ stderr }: WhyNodeRequest, problems: readonly string[]): number {
  for (const problem of problems) stderr.write(`${problem}\n`);
  return 2;
}
