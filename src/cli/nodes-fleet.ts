/**
 * The fleet: the rows of all nodes of a cluster, made anew only where something of a node has changed.
 *
 * Reads snapshots, one after the other. Returns rows by name, and what is wrong with NodePools. A snapshot hands out the same
 * object and the same list as long as nothing in it changes, so a frame of a thousand quiet nodes costs a walk over them and no arithmetic.
 */
import type { PlatformNames } from "../api/labels.ts";
import type { Namespace } from "../api/namespace.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Node } from "../api/node.ts";
import type { LabelSelector } from "../api/object.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { matchesSelector } from "../kube/selector.ts";
import { isStillRead, namespaceBudgets, type BudgetsRead, type NamespaceBudgets } from "./nodes-budgets.ts";
import { zonesOfNodes, type NodePrices } from "./nodes-price.ts";
import { nodeRow, type NodeRow, type RowInput } from "./nodes-row.ts";

export interface Fleet {
  /** By name; the same list as before where no row is another. */
  readonly rows: readonly NodeRow[];
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
  let known: ReadonlyMap<string, KnownRow> = new Map();
  let last: { readonly snapshot: ClusterSnapshot; readonly fleet: Fleet; readonly validUntil: Instant } | undefined;
  const budgetsOf = namespaceBudgets();
  const pairsOf = rememberedPairs(options.selector);
  const zonesOf = lastOf(zonesOfNodes);
  return (snapshot, now) => {
    if (last?.snapshot === snapshot && now < last.validUntil) return last.fleet;
    const prices = options.prices(snapshot, zonesOf(snapshot.list("Node")));
    const moment = { names: options.names, snapshot, prices, now, budgetsIn: (namespace: string) => budgetsOf(snapshot, namespace) };
    const next = new Map<string, KnownRow>();
    for (const { key, ...pair } of pairsOf(snapshot)) {
      const input = { ...pair, pods: snapshot.by("Pod", "node", pair.node?.metadata.name ?? "") };
      const before = known.get(key);
      next.set(key, before !== undefined && isStill(before, input, moment) ? before : knownRow(input, moment, before));
    }
    known = next;
    const rows = sameList(
      [...next.values()].map(({ row }) => row),
      last?.fleet.rows ?? [],
    );
    const validUntil = Math.min(Infinity, ...[...next.values()].map((one) => one.validUntil));
    const fleet = { rows, prices, troubles: poolTroubles(snapshot) };
    last = { snapshot, fleet, validUntil };
    return fleet;
  };
}

/** Returns the list that was there before where nothing in it is another. */
function sameList<T>(list: readonly T[], before: readonly T[]): readonly T[] {
  return list.length === before.length && list.every((one, index) => one === before[index]) ? before : list;
}

/** A Node with its claim, or one of them alone; the key is its own, though a Node and a claim may have the same name. */
interface NodePair {
  readonly key: string;
  readonly node: Node | undefined;
  readonly claim: NodeClaim | undefined;
}

/** Every Node with its claim, and every claim without a Node; by name. They are paired again only when one of them changes. */
function rememberedPairs(selector: LabelSelector | undefined): (snapshot: ClusterSnapshot) => readonly NodePair[] {
  let known: { readonly nodes: readonly Node[]; readonly claims: readonly NodeClaim[]; readonly pairs: readonly NodePair[] } | undefined;
  return (snapshot) => {
    const [nodes, claims] = [snapshot.list("Node"), snapshot.list("NodeClaim")];
    if (known?.nodes !== nodes || known.claims !== claims) {
      const pairs = pairsOf(nodes, claims).filter((pair) => selector === undefined || matchesSelector(selector, labelsOf(pair)));
      known = { nodes, claims, pairs: pairs.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)) };
    }
    return known.pairs;
  };
}

function pairsOf(nodes: readonly Node[], claims: readonly NodeClaim[]): NodePair[] {
  const byProvider = new Map(claims.flatMap((claim) => (claim.status?.providerID ? [[claim.status.providerID, claim] as const] : [])));
  const byNode = new Map(claims.flatMap((claim) => (claim.status?.nodeName ? [[claim.status.nodeName, claim] as const] : [])));
  const met = new Set<NodeClaim | undefined>();
  const standing = nodes.map((node): NodePair => {
    const { name = "" } = node.metadata;
    const claim = byProvider.get(node.spec?.providerID ?? "") ?? byNode.get(name);
    met.add(claim);
    return { key: `node ${name}`, node, claim };
  });
  const coming = claims.filter((claim) => !met.has(claim));
  return [...standing, ...coming.map((claim): NodePair => ({ key: `claim ${claim.metadata.name ?? ""}`, node: undefined, claim }))];
}

function nameOf({ node, claim }: NodePair): string {
  return node?.metadata.name ?? claim?.metadata.name ?? "";
}

function labelsOf({ node, claim }: NodePair): Readonly<Record<string, string>> {
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
