/**
 * Agreement: what the real kube-scheduler does with one case's Pods, beside what the checker says of its plan.
 */
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { Planned } from "./binding-order.ts";
import { planFaults, worldAsPlanned } from "./plan-checker.ts";
import { freeRounds, type FreeCase, type FreeRound } from "./free-pods.ts";
import { untolerated } from "./selection.ts";
import { patientQuietMs, quietMs, unregistered, type SchedulerWorld, type Seen } from "./scheduler-world.ts";

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
  /** Whether the taint of a Node that is not registered keeps every Pod of the case away. */
  readonly isClosed: boolean;
  /** Pods that the plan leaves out and the scheduler bound nevertheless. */
  readonly taken: readonly string[];
  /** The same Pods, free to go anywhere, by whether they have the placement hint: one round, or a second for what was not bound. */
  readonly free: { readonly plain: readonly FreeRound[]; readonly hinted: readonly FreeRound[] };
}

interface Tried {
  readonly number: number;
  readonly input: SolveInput;
  readonly plan: SchedulingResults;
  readonly world: SchedulerWorld;
}

/** Tries one case: pinned in the order that works, then what is left out, then all anew without pins, without and with the hint. */
export async function agreementOf(of: Tried & { readonly name: string }): Promise<Agreement> {
  const pinned = await pinnedAgreement(of);
  const free = async (isHinted: boolean): Promise<readonly FreeRound[]> => {
    const rounds = await freeRounds({ ...of, ...namesOf(of.number, isHinted ? "h" : "f"), isHinted });
    await of.world.clear();
    return rounds;
  };
  const isClosed = of.input.pods.every(({ pod }) => untolerated(pod.spec, [unregistered]) !== undefined);
  return { name: of.name, ...pinned, isClosed, free: { plain: await free(false), hinted: await free(true) } };
}

async function pinnedAgreement({ number, input, plan, world }: Tried): Promise<Pick<Agreement, "expected" | "pinned" | "taken">> {
  const { called, renamed } = namesOf(number, "p");
  const { sites, binding } = worldAsPlanned(input, plan);
  const expected = binding.stuck.length === 0;
  await world.stand(sites.map((site) => ({ ...site, name: called(site.name), pods: site.pods.map(renamed) })));
  const inOrder = [...binding.order, ...unbound(binding.order, { input, plan })].map(({ pod, at }) => ({ pod, at: sites[at]?.name ?? "" }));
  await world.create(inOrder.map(({ pod, at }) => ({ pod: renamed(pod), pinnedTo: called(at) })));
  const seen = await world.settled(
    inOrder.map(({ pod }) => renamed(pod).metadata.name ?? ""),
    { quietMs: expected ? patientQuietMs : quietMs },
  );
  // Where the checker already says that a Pod is wrongly left out, the scheduler's word adds nothing.
  const isOpen = !expected || planFaults(input, plan).length > 0;
  const left = isOpen ? [] : plan.unschedulable.map(({ pod }) => renamed(pod.pod));
  await world.create(left.map((pod) => ({ pod })));
  const looked = await world.settled(
    left.map(({ metadata }) => metadata.name ?? ""),
    { quietMs: patientQuietMs, isOver: () => true },
  );
  await world.clear();
  return {
    expected,
    pinned: boundOf(seen),
    taken: looked.flatMap(({ name, nodeName }) => (nodeName === undefined ? [] : [`${name} on ${nodeName}`])),
  };
}

/** Names of a case in the cluster; each way to try it has its own, so that nothing is taken for what was there before. */
function namesOf(number: number, way: string): Pick<FreeCase, "called" | "renamed"> {
  const called = (name: string): string => `c${number}${way}-${name}`;
  return { called, renamed: (pod) => withName(pod, called(pod.metadata.name ?? "")) };
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

function withName(pod: Pod, name: string): Pod {
  const { namespace = "", labels = {} } = pod.metadata;
  return { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels }, spec: pod.spec };
}

function boundOf(seen: readonly Seen[]): Bound {
  const refused = seen.filter(({ nodeName }) => nodeName === undefined);
  return { bound: seen.length - refused.length, refused: refused.map((one) => `${one.name}: ${one.says}`) };
}
