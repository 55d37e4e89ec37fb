/**
 * The independent checker of plans: a dumb, literal reading of what kube-scheduler and NodePools allow.
 *
 * Reads the input and the answer of solve. Returns every fault; none means that the plan holds: each NodeClaim may become only
 * what holds its Pods, limits are kept, an order of binding exists wherever claims are launched, and each Pod without a place
 * has none. It shares nothing with the solver but types.
 */
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { bindingOrder, type BindingOrder, type Planned } from "./binding-order.ts";
import { claimFaults, isChosen, roomFaults } from "./claim-faults.ts";
import type { Fault } from "./fault.ts";
import { futuresOf, standingFutures } from "./futures.ts";
import { leftOutFaults } from "./left-out.ts";
import { limitProblems } from "./limits.ts";
import type { World } from "./neighbours.ts";
import { reservationFaults } from "./reservation-faults.ts";
import type { Site } from "./site.ts";

/** A site's position in the world, all that it may become (what is chosen first), and the Pods planned on it. */
interface PlannedSite {
  readonly futures: readonly Site[];
  readonly pods: readonly Planned["pod"][];
}

/** Returns everything that is wrong with a plan. */
export function planFaults(input: SolveInput, plan: SchedulingResults): readonly Fault[] {
  const bought = plan.newNodes.map((planned, index) => ({ planned, futures: futuresOf(planned, { input, name: `new-${index}` }) }));
  const claims = bought.flatMap(({ planned, futures }, index) =>
    claimFaults(planned, { name: `new-${index}`, futures, policy: input.minValuesPolicy }),
  );
  const sites = plannedSites(input, plan);
  const rooms = sites.slice(0, input.nodes.length).flatMap(({ futures, pods }) => futures.flatMap((site) => roomFaults(pods, site)));
  const limits = input.nodePools.flatMap((pool) => {
    const own = bought.filter(({ planned }) => planned.nodePool.metadata.name === pool.metadata.name).map(({ futures }) => futures);
    return limitProblems(pool, { input, futures: own }).map((says): Fault => ({
      rule: "limits",
      says: `${pool.metadata.name ?? ""}: ${says}`,
    }));
  });
  const alone = [...accountFaults(input, plan), ...claims, ...rooms, ...limits, ...reservationFaults(input, plan)];
  // Where a node does not take its Pods even alone, no order of binding is worth looking for.
  return alone.length > 0 ? alone : worldFaults(input, { plan, sites });
}

/** Every Pod stands in the answer exactly once, and the price is the sum of the prices. */
function accountFaults(input: SolveInput, plan: SchedulingResults): readonly Fault[] {
  const placed = [...plan.newNodes, ...plan.existing].flatMap(({ pods }) => pods);
  const answered = [...placed, ...plan.unschedulable.map(({ pod }) => pod)].map(({ key }) => key).sort();
  const asked = input.pods.map(({ key }) => key).sort();
  const sum = plan.newNodes.reduce((total, { pricePerHour }) => total + pricePerHour, 0);
  const silent = plan.unschedulable.filter(({ reasons }) => reasons.length === 0);
  return [
    ...(answered.join() === asked.join()
      ? []
      : [{ rule: "accounts" as const, says: `asked ${asked.join()}, answered ${answered.join()}` }]),
    ...(Math.abs(sum - plan.pricePerHour) < 1e-9
      ? []
      : [{ rule: "price" as const, says: `the nodes cost ${sum}, the plan says ${plan.pricePerHour}` }]),
    ...silent.map(({ pod }) => ({ rule: "accounts" as const, says: `${pod.key} is left out without a reason` })),
  ];
}

/** The sites of the input's nodes, then those of the planned ones. */
function plannedSites(input: SolveInput, plan: SchedulingResults): readonly PlannedSite[] {
  const standing = input.nodes.map((state) => ({
    futures: standingFutures(state, input),
    pods: plan.existing.filter(({ node }) => node.name === state.name).flatMap(({ pods }) => pods.map(({ pod }) => pod)),
  }));
  const coming = plan.newNodes.map((planned, index) => {
    const futures = futuresOf(planned, { input, name: `new-${index}` });
    const [chosen, others] = [futures.filter((one) => isChosen(planned, one)), futures.filter((one) => !isChosen(planned, one))];
    return { futures: [...chosen, ...others].map(({ site }) => site), pods: planned.pods.map(({ pod }) => pod) };
  });
  return [...standing, ...coming];
}

/** The world in which each claim is launched as the plan says first, and the search for an order in which the Pods bind there. */
export function worldAsPlanned(
  input: SolveInput,
  plan: SchedulingResults,
): { readonly sites: readonly Site[]; readonly binding: BindingOrder } {
  const planned = plannedSites(input, plan);
  const sites = planned.flatMap(({ futures }) => futures.slice(0, 1));
  return { sites, binding: bindingOrder({ sites, namespaces: input.namespaces }, podsOn(planned)) };
}

/** The world before any planned Pod has bound, each claim launched as the plan says first, and the Pods with their sites. */
export function plannedWorld(input: SolveInput, plan: SchedulingResults): { readonly world: World; readonly planned: readonly Planned[] } {
  const planned = plannedSites(input, plan);
  const sites = planned.flatMap(({ futures }) => futures.slice(0, 1));
  return { world: { sites, namespaces: input.namespaces }, planned: podsOn(planned) };
}

function podsOn(sites: readonly PlannedSite[]): readonly Planned[] {
  return sites.flatMap(({ pods }, at) => pods.map((pod) => ({ pod, at })));
}

function worldFaults(
  input: SolveInput,
  { plan, sites }: { readonly plan: SchedulingResults; readonly sites: readonly PlannedSite[] },
): readonly Fault[] {
  const planned = podsOn(sites);
  const inWorld = (choice: readonly Site[]) => bindingOrder({ sites: choice, namespaces: input.namespaces }, planned);
  const [first, ...others] = launches(input, sites);
  if (first === undefined) throw new Error("there is always one way to launch");
  const order = inWorld(first);
  if (order.stuck.length > 0) return orderFaults(order, first);
  for (const choice of others) {
    const [worst] = orderFaults(inWorld(choice), choice);
    const where = choice.map(({ name, labels }) => `${name} ${labels["topology.kubernetes.io/zone"] ?? ""}`).join(", ");
    if (worst !== undefined) return [{ rule: "other launch", says: `${worst.rule}: ${worst.says}; launched as ${where}` }];
  }
  return leftOutFaults({ input, plan, world: order.world });
}

function orderFaults({ stuck, isProven }: BindingOrder, sites: readonly Site[]): readonly Fault[] {
  return stuck.map(({ pod, at, refusal }) => ({
    rule: refusal.filter,
    says: `${isProven ? "no order" : "no order that was tried"} binds ${pod.metadata.name ?? ""} to ${sites[at]?.name ?? ""}: ${refusal.says}`,
  }));
}

/** Ways to launch that are looked at: as planned, each claim somewhere else by itself, and a few with all somewhere else. */
const launchesMax = 16;

function launches(input: SolveInput, sites: readonly PlannedSite[]): readonly (readonly Site[])[] {
  const keys = domainKeys(input);
  const unlike = sites.map(({ futures }) =>
    [...new Map(futures.toReversed().map((site) => [keys.map((key) => site.labels[key]).join(), site])).values()].toReversed(),
  );
  const asPlanned = sites.flatMap(({ futures }) => futures.slice(0, 1));
  const oneElsewhere = unlike.flatMap((futures, at) =>
    futures.slice(1).map((site) => asPlanned.map((one, index) => (index === at ? site : one))),
  );
  const allElsewhere = [1, 2, 3].map((step) => unlike.flatMap((futures) => futures[step % futures.length] ?? []));
  const distinct = unlike.every((futures) => futures.length === 1) ? [] : [...allElsewhere, ...oneElsewhere];
  return [asPlanned, ...distinct].slice(0, launchesMax);
}

/** Labels that some rule about several nodes reads, but for the hostname, which no launch changes. */
function domainKeys(input: SolveInput): readonly string[] {
  const all = [...input.pods.map(({ pod }) => pod), ...input.nodes.flatMap(({ pods }) => pods)];
  const keys = all.flatMap(({ spec: { affinity, topologySpreadConstraints = [] } }) => [
    ...topologySpreadConstraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule"),
    ...(affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
  ]);
  return [...new Set(keys.map(({ topologyKey }) => topologyKey))].filter((key) => key !== "kubernetes.io/hostname").sort();
}
