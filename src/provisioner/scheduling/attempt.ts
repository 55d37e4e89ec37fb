/**
 * Attempt: one whole packing by one strategy.
 *
 * Reads the problem. Returns the nodes to buy, the Pods on existing nodes and those without a place. Pods go largest first.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { binTable } from "./bin-table.ts";
import type { OpeningRule } from "./class-run.ts";
import { followCover } from "./cover-advice.ts";
import { isRelaxed } from "./cover-demand.ts";
import type { ExistingNode } from "./existing-node.ts";
import { shrink } from "./improve.ts";
import { noRequirements } from "../../kube/requirements.ts";
import { closeDomains, requiredSpreads } from "./closed-domains.ts";
import { acceptingNodes } from "./node-queue.ts";
import { holdsNominated, nominationsOf, type Nomination } from "./nomination.ts";
import { domainsOf, openSmall } from "./opening.ts";
import { filledBins, placeOnExisting, topologyFor, vectorFor, type Packing, type Problem } from "./packing.ts";
import type { StepCounter } from "./pattern-pricing.ts";
import type { PodClass } from "./pod-class.ts";
import { seeksPods } from "./preference.ts";
import { templateLedgers } from "./reserved-template.ts";
import { priorityTiers } from "./priority.ts";
import { countOf, listsInTurn, placeInRounds, type Rounds, type UnplacedPods } from "./rounds.ts";
import type { Steers } from "./steering.ts";
import type { SpreadGroup } from "./topology-group.ts";

export interface Strategy {
  readonly name: string;
  readonly opening: OpeningRule;
  /** Whether Pods that may not share hosts come first, or only size counts. */
  readonly apartFirst?: boolean;
  /** Classes by id in the order in which they are placed, in place of either. */
  readonly order?: readonly number[];
  /** Where classes go first. */
  readonly steers?: Steers;
  /** Where nodes are opened as a program advises, before the rounds begin: the best price so far, and how much work it may take. */
  readonly cover?: { readonly priceSoFar: number; readonly steps: StepCounter };
}

export interface Attempt {
  readonly packing: Packing;
  readonly unplaced: readonly UnplacedPods[];
}

/**
 * Places all Pods by a strategy; undefined where it has nothing to try. Counts of the problem's topology are left as this attempt
 * made them. Where the plan is cut short, what was placed until then stands, and the others are told as unplaced.
 */
export function attempt(problem: Problem, { strategy, cut }: Pick<Placing, "cut"> & { readonly strategy: Strategy }): Attempt | undefined {
  const packing = emptyPacking(problem);
  const accepting = acceptingNodes(problem);
  const nodes = problem.classes.map(accepting);
  let tiers = priorityTiers(inOrder(packing, { waiting: placeNominated(packing, nodes), ...strategy }));
  const isLimited = tiers.length > 1 && packing.ledgers.some((ledger) => ledger !== undefined);
  // Where limits may bind, nothing is bought with those in mind who come later.
  if (isLimited) for (const { podClass } of tiers.slice(1).flat()) packing.waiting[podClass.id] = 0;
  if (strategy.cover !== undefined) {
    const left = isLimited ? undefined : placeAdvised(packing, { waiting: tiers.flat(), nodes, cut, cover: strategy.cover });
    if (left === undefined) return undefined;
    tiers = priorityTiers(left);
  }
  let waiting: readonly UnplacedPods[] = [];
  let lists = listsInTurn(packing);
  for (const tier of tiers) {
    for (const { podClass, pods } of tier) packing.waiting[podClass.id] = pods.length;
    waiting = placeInRounds(packing, { waiting: [...waiting, ...tier], nodes, strategy, lists, cut });
    if (waiting.length === 0 || tier === tiers.at(-1)) continue;
    // What was bought in bulk and not used gives its share of the limits back, and domains are closed, before others take what there is.
    if (isLimited) for (const bin of filledBins(packing)) shrink(packing, bin);
    waiting = placeLeft(packing, { waiting, strategy, cut });
    lists = listsInTurn(packing);
  }
  for (const bin of filledBins(packing)) shrink(packing, bin);
  return { packing, unplaced: placeLeft(packing, { waiting, strategy, cut }) };
}

type Placing = Pick<Rounds, "waiting" | "strategy" | "cut">;

/** How often domains are closed for Pods that found no place. */
const closingsMax = 8;

/** Places what was left once limits have back what smaller types don't need, and spread no longer waits for what can't come. */
export function placeLeft(packing: Packing, of: Placing): readonly UnplacedPods[] {
  const { cut } = of;
  let { waiting } = of;
  if (packing.ledgers.some((ledger) => ledger !== undefined)) {
    for (let before = Infinity; countOf(waiting) < before && !cut.isMade();) {
      before = countOf(waiting);
      waiting = placeAgain(packing, { ...of, waiting });
    }
  }
  // Hosts come last: where none may come any more, nobody else gets one.
  waiting = placeByOneSpread(packing, { ...of, waiting, isMeant: ({ key }) => key !== hostnameLabel });
  let inVain: (() => void)[] = [];
  for (let closings = 0; closings < closingsMax && waiting.length > 0 && !cut.isMade(); closings += 1) {
    const reopen = closeDomains(packing, spreadsOf(packing, waiting));
    if (reopen === undefined) break;
    inVain.push(reopen);
    const before = countOf(waiting);
    waiting = placeAgain(packing, { ...of, waiting });
    if (countOf(waiting) < before) inVain = [];
  }
  for (const reopen of inVain.reverse()) reopen();
  return placeByOneSpread(packing, { ...of, waiting, isMeant: () => true });
}

/** Domains of all spreads closed at once may leave nowhere to go: so those of one after the other, as far as it helps. */
function placeByOneSpread(
  packing: Packing,
  { isMeant, ...of }: Placing & { readonly isMeant: (spread: SpreadGroup) => boolean },
): readonly UnplacedPods[] {
  const spreads = spreadsOf(packing, of.waiting).filter(isMeant);
  if (spreads.length < 2) return of.waiting;
  let { waiting } = of;
  for (const spread of spreads.slice(0, closingsMax)) {
    const reopen = waiting.length === 0 || of.cut.isMade() ? undefined : closeDomains(packing, [spread]);
    if (reopen === undefined) continue;
    const before = countOf(waiting);
    waiting = placeAgain(packing, { ...of, waiting });
    if (countOf(waiting) === before) reopen();
  }
  return waiting;
}

function placeAgain(packing: Packing, of: Placing): readonly UnplacedPods[] {
  if (of.waiting.length === 0) return of.waiting;
  const nodes = packing.problem.classes.map(acceptingNodes(packing.problem));
  const left = placeInRounds(packing, { ...of, nodes, lists: listsInTurn(packing) });
  for (const bin of filledBins(packing)) shrink(packing, bin);
  return left;
}

function spreadsOf(packing: Packing, waiting: readonly UnplacedPods[]): readonly SpreadGroup[] {
  return requiredSpreads(
    packing,
    waiting.map(({ podClass }) => podClass),
  );
}

/** Opens what is reserved, and paid for already, alone. */
const openReserved: OpeningRule = (of) => (of.cheapest.state.template.reservation === undefined ? undefined : openSmall(of));

/**
 * Fills the nodes that are there and those that are reserved, then those that a program advises; returns the Pods left, or undefined where
 * there is no advice. Pods whose preferences come first may ask for nodes of their own, so they wait.
 */
function placeAdvised(
  packing: Packing,
  { waiting, nodes, cut, cover }: Pick<Rounds, "waiting" | "nodes" | "cut"> & { readonly cover: NonNullable<Strategy["cover"]> },
): readonly UnplacedPods[] | undefined {
  const { problem } = packing;
  const strategy = { opening: openReserved };
  const isRoom = problem.existing.length > 0 || problem.templates.some(({ reservation }) => reservation !== undefined);
  const [later, first] = [
    waiting.filter((one) => isRelaxed(problem, one.podClass)),
    waiting.filter((one) => !isRelaxed(problem, one.podClass)),
  ];
  const left = isRoom ? placeInRounds(packing, { waiting: first, nodes, strategy, lists: listsInTurn(packing), cut }) : first;
  return followCover(packing, { waiting: [...left, ...later], ...cover });
}

function emptyPacking(problem: Problem): Packing {
  return {
    problem,
    ledgers: templateLedgers(problem),
    bins: [],
    table: binTable(problem.space.names.length),
    usedExisting: problem.existing.map(() => problem.space.names.map(() => 0)),
    freeOnExisting: Float64Array.from(problem.existing.flatMap(({ free }) => free)),
    onExisting: [],
    attached: new Map(),
    waiting: problem.classes.map(({ pods }) => pods.length),
    divisors: problem.classes.map((podClass) => domainsOf(topologyFor(problem, podClass))),
    closed: { requirements: noRequirements, hosts: false },
    load: new Map(),
  };
}

/**
 * Pods that a NodeClaim was made for go there before anything else, so that solving again asks for nothing new. One by one
 * and in turns, as spread and affinity may let a Pod go to its node only after another has gone to its own.
 */
function placeNominated(packing: Packing, nodes: readonly (readonly ExistingNode[])[]): readonly UnplacedPods[] {
  const { classes, existing } = packing.problem;
  // Mostly no node expects anybody.
  if (existing.every(({ state }) => state.planned.size === 0)) return classes.map((podClass) => ({ podClass, pods: podClass.pods }));
  const nominations = nominationsOf(packing.problem);
  const waiting = classes.map((podClass) => ({ podClass, pods: [...podClass.pods] }));
  let open = waiting.flatMap(({ podClass, pods }) =>
    nominations(podClass)
      .filter(({ node }) => nodes[podClass.id]?.includes(node) === true)
      .flatMap((nomination) =>
        Array.from({ length: Math.min(nomination.count, pods.length) }, () => ({ podClass, pods, nomination, node: nomination.node })),
      ),
  );
  // Classes that differ in what a nomination doesn't tell share its places.
  const taken = new Map<Nomination, number>();
  open.sort((a, b) => b.podClass.priority - a.podClass.priority);
  for (let placed = true; placed;) {
    const before = open.length;
    open = open.filter(({ podClass, pods, nomination, node }) => {
      const [pending] = pods;
      const places = taken.get(nomination) ?? 0;
      if (pending === undefined || places >= nomination.count) return false;
      if (!holdsNominated(packing, { podClass, nomination })) return true;
      placeOnExisting(packing, { node, member: { podClass, pending } });
      taken.set(nomination, places + 1);
      pods.shift();
      packing.waiting[podClass.id] = pods.length;
      return false;
    });
    placed = open.length < before;
  }
  return waiting;
}

/** Pods that may not share hosts first, so that the nodes they force are there to be filled; then the largest. */
function inOrder(
  { problem }: Packing,
  { waiting, apartFirst = true, order }: Pick<Strategy, "apartFirst" | "order"> & { readonly waiting: readonly UnplacedPods[] },
): readonly UnplacedPods[] {
  const open = waiting.filter(({ pods }) => pods.length > 0);
  if (order !== undefined) return open.sort((a, b) => order.indexOf(a.podClass.id) - order.indexOf(b.podClass.id));
  return open
    .map(({ podClass, pods }) => {
      const isApart =
        podClass.ports.length > 0 || topologyFor(problem, podClass).apartIn.some(({ group }) => group.kind === "anti-affinity");
      // Of equals, those that would like to be near others come after them.
      const seeks = Number(podClass.preferences === "scored" && seeksPods(podClass.spec));
      return { podClass, pods, apart: Number(apartFirst && isApart), seeks, size: sizeOf(problem, podClass) };
    })
    .sort((a, b) => b.apart - a.apart || b.size - a.size || a.seeks - b.seeks || a.podClass.id - b.podClass.id);
}

/** The largest share that one Pod takes of all that is asked for, then the sum of its shares. */
function sizeOf(problem: Problem, podClass: PodClass): number {
  const shares = vectorFor(problem, podClass).map((amount, index) => amount * (problem.weights[index] ?? 0));
  return Math.max(...shares) + 1e-3 * shares.reduce((sum, share) => sum + share, 0);
}
