/**
 * The fleet: the rows of all nodes of a cluster, made anew only where something of a node has changed.
 *
 * Reads snapshots, one after the other. Returns rows by name, counts of Pods, and what is wrong with NodePools. A snapshot hands out the same
 * object and the same list as long as nothing in it changes, so a frame of a thousand quiet nodes costs a walk over them and no arithmetic.
 */
import type { PlatformNames } from "../api/labels.ts";
import type { Namespace } from "../api/namespace.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { LabelSelector } from "../api/object.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { isTerminal } from "../kube/pod-state.ts";
import { matchesSelector } from "../kube/selector.ts";
import { isStillRead, namespaceBudgets, type BudgetsRead, type NamespaceBudgets } from "./nodes-budgets.ts";
import { zonesOfNodes, type NodePrices } from "./nodes-price.ts";
import { nodeRow, type NodeRow, type RowInput } from "./nodes-row.ts";

/** Pods of the whole cluster that have not ended. */
export interface PodCounts {
  readonly total: number;
  readonly pending: number;
  readonly running: number;
  readonly bound: number;
}

export interface Fleet {
  /** By name; the same list as before where no row is another. */
  readonly rows: readonly NodeRow[];
  readonly pods: PodCounts;
  readonly prices: NodePrices;
  /** Sentences about NodePools that launch nothing, or whose nodes do not join. */
  readonly troubles: readonly string[];
}

export interface FleetOptions {
  readonly names: PlatformNames;
  readonly prices: (snapshot: ClusterSnapshot, zones: readonly string[]) => NodePrices;
  /** Only nodes with such labels. */
  readonly selector?: LabelSelector;
}

/** A row with all that it was made of. */
interface KnownRow extends RowInput {
  readonly row: NodeRow;
  readonly prices: NodePrices;
  readonly namespaces: readonly Namespace[];
  readonly budgets: ReadonlyMap<string, BudgetsRead>;
  /** When a Pod's protection ends by itself. */
  readonly validUntil: Instant;
}

/** How often nodes are looked at again whose Pods have disruption windows. */
const windowLookMs = 60_000;

/** Reads a snapshot; time is told, as ages and protections end by it. */
export type FleetOf = (snapshot: ClusterSnapshot, now: Instant) => Fleet;

/** Returns a function that reads a snapshot; it remembers the last one's rows. */
export function nodeFleet(options: FleetOptions): FleetOf {
  let known = new Map<string, KnownRow>();
  let last: readonly NodeRow[] = [];
  const budgetsOf = namespaceBudgets();
  const podCounts = lastOf(countPods);
  const zonesOf = lastOf(zonesOfNodes);
  return (snapshot, now) => {
    const prices = options.prices(snapshot, zonesOf(snapshot.list("Node")));
    const moment = { names: options.names, snapshot, prices, now, budgetsIn: (namespace: string) => budgetsOf(snapshot, namespace) };
    const next = new Map<string, KnownRow>();
    for (const input of rowInputs(snapshot, options.selector)) {
      const key = keyOf(input);
      const before = known.get(key);
      next.set(key, before !== undefined && isStill(before, input, moment) ? before : knownRow(input, moment, before));
    }
    known = next;
    const rows = [...next.values()].map(({ row }) => row);
    if (rows.length !== last.length || rows.some((row, index) => row !== last[index])) last = rows;
    return { rows: last, pods: podCounts(snapshot.list("Pod")), prices, troubles: poolTroubles(snapshot) };
  };
}

/** A Node and a claim may have the same name. */
function keyOf({ node, claim }: RowInput): string {
  return node === undefined ? `claim ${claim?.metadata.name ?? ""}` : `node ${node.metadata.name ?? ""}`;
}

/** Every Node with its claim, and every claim without a Node; by name. */
function rowInputs(snapshot: ClusterSnapshot, selector: LabelSelector | undefined): readonly RowInput[] {
  const claims = snapshot.list("NodeClaim");
  const byProvider = new Map(claims.flatMap((claim) => (claim.status?.providerID ? [[claim.status.providerID, claim] as const] : [])));
  const byNode = new Map(claims.flatMap((claim) => (claim.status?.nodeName ? [[claim.status.nodeName, claim] as const] : [])));
  const met = new Set<NodeClaim>();
  const inputs: RowInput[] = [];
  for (const node of snapshot.list("Node")) {
    const claim = byProvider.get(node.spec?.providerID ?? "") ?? byNode.get(node.metadata.name ?? "");
    if (claim !== undefined) met.add(claim);
    inputs.push({ node, claim, pods: snapshot.by("Pod", "node", node.metadata.name ?? "") });
  }
  for (const claim of claims) if (!met.has(claim)) inputs.push({ node: undefined, claim, pods: [] });
  const chosen = selector === undefined ? inputs : inputs.filter((input) => matchesSelector(selector, labelsOf(input)));
  return chosen.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

function nameOf({ node, claim }: RowInput): string {
  return node?.metadata.name ?? claim?.metadata.name ?? "";
}

function labelsOf({ node, claim }: RowInput): Readonly<Record<string, string>> {
  return node?.metadata.labels ?? claim?.metadata.labels ?? {};
}

interface Moment extends Pick<FleetOptions, "names"> {
  readonly snapshot: ClusterSnapshot;
  readonly prices: NodePrices;
  readonly now: Instant;
  readonly budgetsIn: (namespace: string) => NamespaceBudgets;
}

function isStill(known: KnownRow, input: RowInput, moment: Moment): boolean {
  if (!isUsedAsBefore(known, input, moment)) return false;
  if (known.claim !== input.claim || known.prices !== moment.prices || moment.now >= known.validUntil) return false;
  for (const [namespace, read] of known.budgets) if (!isStillRead(read, moment.budgetsIn(namespace))) return false;
  return true;
}

/** The same Pods on the same node, paid for by the same people. */
function isUsedAsBefore(known: KnownRow, { node, pods }: RowInput, { snapshot }: Moment): boolean {
  const isSameList = known.pods === pods || known.pods.length + pods.length === 0;
  return isSameList && known.node === node && known.namespaces === snapshot.list("Namespace");
}

function knownRow(input: RowInput, moment: Moment, before: KnownRow | undefined): KnownRow {
  const { names, snapshot, prices, now } = moment;
  const budgets = new Map<string, { readonly generation: number; readonly covering: Set<PodDisruptionBudget> }>();
  const budgetsOver = (pod: Pod): readonly PodDisruptionBudget[] => {
    const namespace = pod.metadata.namespace ?? "";
    const all = moment.budgetsIn(namespace);
    const covering = all.covering(pod);
    const read = budgets.get(namespace) ?? { generation: all.generation, covering: new Set() };
    for (const budget of covering) read.covering.add(budget);
    budgets.set(namespace, read);
    return covering;
  };
  // What Pods take is most of the work; a budget or a claim changes nothing of it.
  const isMeasured = input.node?.status?.allocatable !== undefined;
  const use = before !== undefined && isMeasured && isUsedAsBefore(before, input, moment) ? before.row.use : undefined;
  const row = nodeRow(input, { names, prices, now, budgetsOver, use, ownerOf: ownersIn(snapshot, names) });
  const ends = row.blockers.map(({ until }) => until ?? Infinity);
  // An open window holds nobody up, and tells nobody when it closes.
  const hasWindows = input.pods.some(({ metadata }) => metadata.annotations?.[names.disruptionWindowAnnotation] !== undefined);
  return {
    ...input,
    row,
    prices,
    namespaces: snapshot.list("Namespace"),
    budgets,
    validUntil: Math.min(hasWindows ? now + windowLookMs : Infinity, ...ends),
  };
}

/** Returns who pays for a Pod: its own label says so, else its namespace's. */
export function ownersIn(snapshot: ClusterSnapshot, { costOwnerLabel }: Pick<PlatformNames, "costOwnerLabel">): (pod: Pod) => string {
  return ({ metadata }) =>
    metadata.labels?.[costOwnerLabel] ??
    snapshot.get("Namespace", { namespace: "", name: metadata.namespace ?? "" })?.metadata.labels?.[costOwnerLabel] ??
    "";
}

function countPods(pods: readonly Pod[]): PodCounts {
  const counts = { total: 0, pending: 0, running: 0, bound: 0 };
  for (const pod of pods) {
    if (isTerminal(pod)) continue;
    counts.total += 1;
    if (pod.status?.phase === "Pending") counts.pending += 1;
    if (pod.status?.phase === "Running") counts.running += 1;
    if (pod.spec.nodeName) counts.bound += 1;
  }
  return counts;
}

/** What every launch of a pool fails by is told once, and not at each of its claims. */
function poolTroubles(snapshot: ClusterSnapshot): readonly string[] {
  return snapshot.list("NodePool").flatMap(({ metadata, status }) => {
    const conditions = (status?.conditions ?? []).filter(({ type }) => type === "Ready" || type === "NodeRegistrationHealthy");
    const broken = conditions.filter((condition) => condition.status === "False");
    return broken.map(({ type, reason, message }) => {
      const why = [reason, message].filter((text) => text !== "").join(": ");
      return `NodePool ${metadata.name ?? ""}: ${type} is False${why === "" ? "" : `, ${why}`}`;
    });
  });
}

/** Keeps the answer of the last input. */
function lastOf<T, R>(derive: (input: T) => R): (input: T) => R {
  let known: { readonly input: T; readonly answer: R } | undefined;
  return (input) => {
    if (known?.input !== input) known = { input, answer: derive(input) };
    return known.answer;
  };
}
