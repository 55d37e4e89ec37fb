/**
 * Binding order: whether planned Pods could bind one after the other, each where the plan puts it.
 *
 * Reads a world whose sites hold what runs already, and the planned Pods with their sites. Returns the Pods of the furthest
 * order that could not follow, and why; none means that an order was found. A few orders are tried first, each beginning with the
 * Pods that got stuck in the one before, as one that seeks its like may have to be the first; then all orders: equal Pods on one
 * site stand for each other, and a set of bound Pods that led nowhere is not tried twice. Tries are bounded.
 */
import type { Pod } from "../../../src/api/pod.ts";
import { refusal, type World } from "./neighbours.ts";
import { withPod, type Refusal } from "./site.ts";

export interface Planned {
  readonly pod: Pod;
  /** Position of its site in the world. */
  readonly at: number;
}

export interface Stuck {
  readonly pod: Pod;
  readonly at: number;
  readonly refusal: Refusal;
}

export interface BindingOrder {
  /** The order in which Pods bound. */
  readonly order: readonly Planned[];
  /** Empty where every Pod binds. */
  readonly stuck: readonly Stuck[];
  /** False where the tries ran out first. */
  readonly isProven: boolean;
  /** The world with every Pod that bound. */
  readonly world: World;
}

interface Group {
  readonly at: number;
  readonly pods: readonly Pod[];
}

/** Sets of bound Pods, beyond one a Pod, that are looked at before the search gives up. */
const statesMax = 3_000;
/** The same in one of the first tries, and how many of those there are. */
const shortStatesMax = 150;
const shortTriesMax = 8;

/** Searches an order in which all planned Pods bind. */
export function bindingOrder(start: World, planned: readonly Planned[]): BindingOrder {
  let groups = groupsOf(planned);
  for (let tries = 0; tries < shortTriesMax; tries += 1) {
    const found = searched(start, { groups, most: planned.length + shortStatesMax });
    if (found.stuck.length === 0 || found.isProven) return found;
    const stuck = new Set(found.stuck.map(({ pod }) => pod));
    const isStuck = ({ pods }: Group) => pods.some((pod) => stuck.has(pod));
    groups = [...groups.filter(isStuck), ...groups.filter((group) => !isStuck(group))];
  }
  return searched(start, { groups, most: planned.length + statesMax });
}

function searched(start: World, { groups, most }: { readonly groups: readonly Group[]; readonly most: number }): BindingOrder {
  const dead = new Set<string>();
  let states = 0;
  let furthest: BindingOrder | undefined;
  let fewest = Infinity;

  const search = (world: World, bound: readonly number[], order: readonly Planned[]): BindingOrder | undefined => {
    const open = groups.flatMap((group, index) => {
      const pod = group.pods[bound[index] ?? 0];
      return pod === undefined ? [] : [{ pod, at: group.at, index }];
    });
    if (open.length === 0) return { order, stuck: [], isProven: true, world };
    states += 1;
    const stuck: Stuck[] = [];
    for (const { pod, at, index } of open) {
      const site = world.sites[at];
      if (site === undefined) throw new Error(`no site ${at}`);
      const refused = refusal(pod, site, world);
      if (refused !== undefined) {
        stuck.push({ pod, at, refusal: refused });
        continue;
      }
      const next = bound.map((count, group) => (group === index ? count + 1 : count));
      const key = next.join();
      if (dead.has(key) || states > most) continue;
      const sites = world.sites.map((one, position) => (position === at ? withPod(one, pod) : one));
      const found = search({ ...world, sites }, next, [...order, { pod, at }]);
      if (found !== undefined) return found;
      dead.add(key);
    }
    const left = groups.reduce((sum, { pods }, index) => sum + pods.length - (bound[index] ?? 0), 0);
    if (stuck.length === open.length && left < fewest) {
      fewest = left;
      furthest = { order, stuck, isProven: true, world };
    }
    return undefined;
  };

  const found = search(
    start,
    groups.map(() => 0),
    [],
  );
  if (found !== undefined) return found;
  if (furthest === undefined) throw new Error("a search that found nothing got stuck somewhere");
  return { ...furthest, isProven: states <= most };
}

/** Pods that nothing tells apart, by site, in the plan's order. */
export function groupsOf(planned: readonly Planned[]): readonly Group[] {
  const groups = new Map<string, { at: number; pods: Pod[] }>();
  for (const { pod, at } of planned) {
    const key = `${at} ${pod.metadata.namespace ?? ""} ${JSON.stringify(pod.metadata.labels)} ${JSON.stringify(pod.spec)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { at, pods: [pod] });
    else group.pods.push(pod);
  }
  return [...groups.values()];
}
