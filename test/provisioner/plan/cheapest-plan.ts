/**
 * The cheapest plan there is, by trying everything: what a handful of Pods could cost at the least.
 *
 * Reads a SolveInput without weights, limits and minValues. Returns USD an hour. Two searches: over all sets of Pods where no
 * Pod has rules about others, and over all ways to put Pods on nodes where some have. Both ask the checker's filters alone.
 */
import { capacityTypeLabel, hostnameLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { bindingOrder } from "./binding-order.ts";
import { roomFaults } from "./claim-faults.ts";
import { freshNodes, standingFutures, type Future } from "./futures.ts";
import { buyableSites } from "./left-out.ts";
import { refusal } from "./neighbours.ts";
import type { Site } from "./site.ts";

export interface Cheapest {
  /** Infinity where nothing holds the Pods. */
  readonly pricePerHour: number;
  /** False where the tries ran out first. */
  readonly isProven: boolean;
}

/** The least price of nodes that hold all these Pods, where no Pod minds another. */
export function cheapestAlone(input: SolveInput, { pods }: { readonly pods: readonly Pod[] }): Cheapest {
  const all = 2 ** pods.length - 1;
  const prices = pricesOfSets(pods, offers(input));
  const least: number[] = [0];
  for (let set = 1; set <= all; set += 1) {
    // The node of the first Pod of the set holds some of the others too.
    const first = set & -set;
    let best = Infinity;
    for (let others = set ^ first, some = others; ; some = (some - 1) & others) {
      best = Math.min(best, (prices[first | some] ?? Infinity) + (least[others ^ some] ?? Infinity));
      if (some === 0) break;
    }
    least.push(best);
  }
  const free = freeSets(input, pods);
  return { pricePerHour: Math.min(...free.map((set) => least[all ^ set] ?? Infinity)), isProven: true };
}

/** The price of the cheapest node that holds just this set of Pods; sets are bits. */
function pricesOfSets(pods: readonly Pod[], futures: readonly Future[]): readonly number[] {
  const holds = (set: number, { site }: Future) => roomFaults(membersOf(pods, set), site).length === 0;
  // What does not hold a smaller set does not hold a larger one, so each set begins where its subsets ended.
  const positions: number[] = [0];
  for (let set = 1; set < 2 ** pods.length; set += 1) {
    const smaller = pods.flatMap((_, index) => ((set & (1 << index)) === 0 ? [] : [positions[set ^ (1 << index)] ?? 0]));
    let position = Math.max(...smaller);
    while (position < futures.length && !holds(set, futures[position]!)) position += 1;
    positions.push(position);
  }
  return positions.map((position, set) => (set === 0 ? 0 : (futures[position]?.offering.pricePerHour ?? Infinity)));
}

/** The sets of Pods that standing nodes hold together, for nothing. */
function freeSets(input: SolveInput, pods: readonly Pod[]): readonly number[] {
  return input.nodes.reduce<readonly number[]>(
    (before, state) => {
      const [site] = standingFutures(state, input);
      const held = pods.length === 0 || site === undefined ? [0] : setsOn(pods, site);
      return [...new Set(before.flatMap((set) => held.filter((more) => (set & more) === 0).map((more) => set | more)))];
    },
    [0],
  );
}

function setsOn(pods: readonly Pod[], site: Site): readonly number[] {
  return Array.from({ length: 2 ** pods.length }, (_, set) => set).filter((set) => roomFaults(membersOf(pods, set), site).length === 0);
}

function membersOf(pods: readonly Pod[], set: number): readonly Pod[] {
  return pods.filter((_, index) => (set & (1 << index)) !== 0);
}

function offers(input: SolveInput): readonly Future[] {
  return input.nodePools.flatMap((pool) => freshNodes(pool, input)).sort((a, b) => a.offering.pricePerHour - b.offering.pricePerHour);
}

interface Offer {
  readonly site: Site;
  readonly price: number;
}

/** A node of a plan in the making: everything it may still become, the cheapest first, and its Pods. */
interface OpenNode {
  readonly offers: readonly Offer[];
  readonly pods: readonly Pod[];
}

/** Complete plans that are looked at before the search gives up. */
const plansMax = 3_000;
const stepsMax = 200_000;

/** The cheapest plan for Pods with rules about each other, among those that cost no more than a known one. */
export function cheapestTogether(input: SolveInput, of: { readonly pods: readonly Pod[]; readonly knownPrice: number }): Cheapest {
  const kinds = kindsOf(input);
  const buyable = buyableSites(input);
  const standing = input.nodes.map((state): OpenNode => {
    const [site] = standingFutures(state, input);
    return { offers: site === undefined ? [] : [{ site, price: 0 }], pods: [] };
  });
  const pods = alikeTogether(of.pods);
  let best = of.knownPrice;
  let [plans, steps] = [0, 0];

  const place = (nodes: readonly OpenNode[], position: number, from: number): void => {
    steps += 1;
    if (steps > stepsMax || plans > plansMax) return;
    const price = nodes.reduce((sum, node) => sum + (node.offers[0]?.price ?? 0), 0);
    if (price >= best - 1e-9) return;
    const pod = pods[position];
    if (pod === undefined) {
      plans += 1;
      if (holdsTogether(input, nodes, buyable)) best = price;
      return;
    }
    // Equal Pods may be put in any order: only one of them is tried.
    const start = position > 0 && isAlike(pods[position - 1]!, pod) ? from : 0;
    for (let at = start; at < nodes.length; at += 1) {
      const filled = withOneMore(nodes[at]!, pod);
      if (filled !== undefined) place(nodes.with(at, filled), position + 1, at);
    }
    for (const kind of kinds) {
      const opened = withOneMore({ offers: named(kind, nodes.length), pods: [] }, pod);
      if (opened !== undefined) place([...nodes, opened], position + 1, nodes.length);
    }
  };

  place(standing, 0, 0);
  return { pricePerHour: best, isProven: steps <= stepsMax && plans <= plansMax };
}

/** Offers of one pool in one zone and capacity type: rules about other Pods see no difference between them. */
function kindsOf(input: SolveInput): readonly (readonly Offer[])[] {
  const domains = [zoneLabel, capacityTypeLabel];
  return grouped(offers(input), ({ site, type }) => {
    const ofType = new Set(type.requirements.map(({ key }) => key).filter((key) => !domains.includes(key)));
    return JSON.stringify([site.name, Object.entries(site.labels).filter(([key]) => !ofType.has(key))]);
  }).map((kind) => kind.map(({ site, offering }) => ({ site, price: offering.pricePerHour })));
}

function named(kind: readonly Offer[], number: number): readonly Offer[] {
  const name = `node-${number}`;
  return kind.map(({ site, price }) => ({ price, site: { ...site, name, labels: { ...site.labels, [hostnameLabel]: name } } }));
}

function withOneMore(node: OpenNode, pod: Pod): OpenNode | undefined {
  const pods = [...node.pods, pod];
  const holding = node.offers.filter(({ site }) => roomFaults(pods, site).length === 0);
  return holding.length === 0 ? undefined : { offers: holding, pods };
}

/**
 * Says whether the plan is one to ask of a solver: some order binds it, and each Pod might as well be the last, since nobody
 * promises an order. A zone that could be bought counts as a domain: to put all Pods into the cheapest zone is not to spread them.
 */
function holdsTogether(input: SolveInput, nodes: readonly OpenNode[], buyable: readonly Site[]): boolean {
  const sites = nodes.flatMap((node) => node.offers.slice(0, 1).map(({ site }) => site));
  const planned = nodes.flatMap(({ pods }, at) => pods.map((pod) => ({ pod, at })));
  const { stuck, world } = bindingOrder({ sites: [...sites, ...buyable], namespaces: input.namespaces }, planned);
  if (stuck.length > 0) return false;
  return planned.every(({ pod, at }) => {
    const before = world.sites.map((site, index) => (index === at ? { ...site, pods: site.pods.filter((other) => other !== pod) } : site));
    return refusal(pod, before[at]!, { ...world, sites: before }) === undefined;
  });
}

function alikeTogether(pods: readonly Pod[]): readonly Pod[] {
  return grouped(pods, shapeOf).flat();
}

function grouped<T>(list: readonly T[], by: (one: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of list) groups.set(by(one), [...(groups.get(by(one)) ?? []), one]);
  return [...groups.values()];
}

function isAlike(a: Pod, b: Pod): boolean {
  return shapeOf(a) === shapeOf(b);
}

function shapeOf({ metadata, spec }: Pod): string {
  return JSON.stringify([metadata.namespace, metadata.labels, spec]);
}
