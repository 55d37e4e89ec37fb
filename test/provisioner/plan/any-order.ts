/**
 * Any order: whether planned Pods all bind, each where the plan puts it, whichever of them the scheduler takes first.
 *
 * Reads the input and a plan. Plays a few orders: as planned, the other way round, each kind of Pods first, and some that are drawn. A Pod
 * that is refused is tried again after the others, as kube-scheduler does. Returns a fault where Pods are left for good and the plan doesn't
 * say that it needs an order, or where it says so and no order that was played left any.
 */
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { groupsOf, type Planned } from "./binding-order.ts";
import type { Fault } from "./fault.ts";
import { refusal, type World } from "./neighbours.ts";
import { plannedWorld } from "./plan-checker.ts";
import { withPod } from "./site.ts";

/** Orders that are drawn, beside those that are chosen. */
const drawnMax = 4;
const kindsFirstMax = 8;

/** Returns what is wrong with what a plan says of the order in which its Pods bind. */
export function anyOrderFaults(input: SolveInput, plan: SchedulingResults): readonly Fault[] {
  const { world, planned } = plannedWorld(input, plan);
  const said = plan.bindingOrder.map(({ then }) => first(planned, ({ pod }) => then.includes(keyOf(pod))));
  const failing = [...said, ...ordersOf(planned)].flatMap((order) => {
    const stuck = stuckIn(world, order);
    return stuck === undefined ? [] : [{ order, stuck }];
  });
  const [worst] = failing;
  const isSaid = plan.bindingOrder.length > 0;
  if (worst === undefined)
    return isSaid
      ? [{ rule: "order", says: `all Pods bind in each order, and the plan asks for one: ${JSON.stringify(plan.bindingOrder)}` }]
      : [];
  if (isSaid) return [];
  const { name = "" } = worst.stuck.pod.metadata;
  const begins = worst.order.slice(0, 3).map(({ pod, at }) => `${pod.metadata.name ?? ""} on ${world.sites[at]?.name ?? ""}`);
  return [{ rule: "order", says: `${name} never binds where ${begins.join(", ")} bind first, and the plan says nothing of it` }];
}

/** The first Pod that never binds in this order. */
function stuckIn(start: World, order: readonly Planned[]): Planned | undefined {
  let world = start;
  let open = order;
  for (let left = Infinity; open.length > 0 && open.length < left;) {
    left = open.length;
    open = open.filter(({ pod, at }) => {
      const site = world.sites[at];
      if (site === undefined || refusal(pod, site, world) !== undefined) return true;
      world = { ...world, sites: world.sites.map((one, index) => (index === at ? withPod(one, pod) : one)) };
      return false;
    });
  }
  return open[0];
}

function ordersOf(planned: readonly Planned[]): readonly (readonly Planned[])[] {
  const kinds = groupsOf(planned).map(({ at, pods }) => pods.map((pod): Planned => ({ pod, at })));
  const kindsFirst = kinds.slice(0, kindsFirstMax).map((own) => first(planned, ({ pod }) => own.some((one) => one.pod === pod)));
  const drawn = Array.from({ length: drawnMax }, (_, index) => shuffled(planned, index + 1));
  return [planned, planned.toReversed(), ...kindsFirst, ...drawn];
}

function first(planned: readonly Planned[], isFirst: (one: Planned) => boolean): readonly Planned[] {
  return [...planned.filter(isFirst), ...planned.filter((one) => !isFirst(one))];
}

function keyOf({ metadata }: Planned["pod"]): string {
  return `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
}

/** The same shuffle for the same seed. */
function shuffled(planned: readonly Planned[], seed: number): readonly Planned[] {
  let state = seed * 2_654_435_761;
  const next = (): number => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32);
  return planned
    .map((one) => ({ one, rank: next() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}
