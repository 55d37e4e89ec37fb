/**
 * Agreement: what the real kube-scheduler does with one case's Pods, beside what the checker says of its plan.
 */
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { Planned } from "./binding-order.ts";
import { planFaults, worldAsPlanned } from "./plan-checker.ts";
import type { SchedulerWorld, Seen } from "./scheduler-world.ts";
import type { Site } from "./site.ts";

interface Bound {
  readonly bound: number;
  /** What the scheduler says of each Pod that it did not bind. */
  readonly refused: readonly string[];
}

export interface Agreement {
  readonly name: string;
  /** Whether the checker finds an order in which all planned Pods bind. */
  readonly expected: boolean;
  readonly pinned: Bound;
  /** Pods that the plan leaves out and the scheduler bound nevertheless. */
  readonly taken: readonly string[];
  /** The same Pods, free to go anywhere; absent where the plan does not hold. */
  readonly free?: Bound;
}

/** Tries one case: pinned in the order that works, then what is left out, then all anew without pins. */
export async function agreementOf(of: {
  readonly name: string;
  readonly number: number;
  readonly input: SolveInput;
  readonly plan: SchedulingResults;
  readonly world: SchedulerWorld;
}): Promise<Agreement> {
  const { name, input, plan, world } = of;
  const { sites, binding } = worldAsPlanned(input, plan);
  const expected = binding.stuck.length === 0;
  const called = (site: Site | undefined): string => `c${of.number}-${site?.name ?? ""}`;
  const renamed = (pod: Pod): Pod => withName(pod, `c${of.number}-${pod.metadata.name ?? ""}`);
  await world.stand(sites.map((site) => ({ ...site, name: called(site), pods: site.pods.map(renamed) })));
  const inOrder: readonly Planned[] = [...binding.order, ...unbound(binding.order, { input, plan })];
  const pinned = await world.schedule(
    inOrder.map(({ pod, at }) => ({ pod: renamed(pod), pinnedTo: called(sites[at]) })),
    { bindAll: expected },
  );
  // Where the checker already says that a Pod is wrongly left out, the scheduler's word adds nothing.
  const isOpen = !expected || planFaults(input, plan).length > 0;
  const left = isOpen ? [] : await world.refuse(plan.unschedulable.map(({ pod }) => renamed(pod.pod)));
  await world.removePods([...pinned, ...left]);
  const free = expected
    ? await world.schedule(
        plannedPods(input, plan).map((pod) => ({ pod: renamed(pod) })),
        { bindAll: false },
      )
    : undefined;
  await world.clear();
  return {
    name,
    expected,
    pinned: boundOf(pinned),
    taken: left.filter(({ nodeName }) => nodeName !== undefined).map((seen) => `${seen.name} on ${seen.nodeName ?? ""}`),
    ...(free === undefined ? {} : { free: boundOf(free) }),
  };
}

/** Planned Pods for which there is no turn in the order, on their sites. */
function unbound(
  order: readonly Planned[],
  { input, plan }: { readonly input: SolveInput; readonly plan: SchedulingResults },
): readonly Planned[] {
  const bound = new Set(order.map(({ pod }) => pod));
  const existing = plan.existing.flatMap(({ node, pods }) =>
    pods.map(({ pod }) => ({ pod, at: input.nodes.findIndex(({ name }) => name === node.name) })),
  );
  const bought = plan.newNodes.flatMap(({ pods }, index) => pods.map(({ pod }) => ({ pod, at: input.nodes.length + index })));
  return [...existing, ...bought].filter(({ pod }) => !bound.has(pod));
}

/** In the order of the input, as controllers would make them. */
function plannedPods(input: SolveInput, plan: SchedulingResults): readonly Pod[] {
  const left = new Set(plan.unschedulable.map(({ pod }) => pod.key));
  return input.pods.filter(({ key }) => !left.has(key)).map(({ pod }) => pod);
}

function withName(pod: Pod, name: string): Pod {
  const { namespace = "", labels = {} } = pod.metadata;
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels }, spec: pod.spec };
}

function boundOf(seen: readonly Seen[]): Bound {
  const refused = seen.filter(({ nodeName }) => nodeName === undefined);
  return { bound: seen.length - refused.length, refused: refused.map((one) => `${one.name}: ${one.says}`) };
}
