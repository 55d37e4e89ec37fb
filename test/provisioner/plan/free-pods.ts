/**
 * Free Pods: a case as a cluster lives it, on the real kube-scheduler.
 *
 * The Pods are there first. What the nodes that stand take is bound; the rest is planned, the planned Nodes join, and lose the taint
 * that kept Pods away. With the hint, each planned Pod has got status.nominatedNodeName just before. Pods that the plan leaves out are
 * taken away, since what they could take is not what is asked here; planned ones that are not bound are planned again, once. Returns
 * counts and prices of both rounds.
 */
import { hostnameLabel } from "../../../src/api/labels.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import type { PlannedNode } from "../../../src/provisioner/scheduling/planned-node.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { refusal } from "./neighbours.ts";
import { worldAsPlanned } from "./plan-checker.ts";
import { patientQuietMs, type SchedulerWorld, type Seen } from "./scheduler-world.ts";
import { withPod, type Site } from "./site.ts";

export interface FreeRound {
  /** Pods that the plan has a place for. */
  readonly planned: number;
  readonly bound: number;
  /** What the scheduler says of each planned Pod that it did not bind. */
  readonly refused: readonly string[];
  readonly pricePerHour: number;
}

/** A case, with its names as the cluster has them. */
export interface FreeCase {
  readonly input: SolveInput;
  readonly world: SchedulerWorld;
  readonly called: (name: string) => string;
  readonly renamed: (pod: Pod) => Pod;
  readonly isHinted: boolean;
}

/** A node that stands, as the solver and as the checker see it. */
interface Standing {
  readonly state: NodeState;
  readonly site: Site;
}

interface Progress {
  readonly standing: readonly Standing[];
  readonly waiting: SolveInput["pods"];
}

/** Returns the rounds: one where all planned Pods are bound at once, else two; none where a plan does not hold. */
export async function freeRounds(of: FreeCase): Promise<readonly FreeRound[]> {
  const { input, world, renamed } = of;
  const standing = standingAtFirst(input);
  await world.stand(standing.map(({ site }) => asNode(of, site)));
  await world.create(input.pods.map(({ pod }) => ({ pod: renamed(pod) })));
  const start = await bindings(of, { standing, waiting: input.pods });
  const first = await round(of, { number: 1, ...start });
  if (first === undefined) return [];
  if (first.told.refused.length === 0) return [first.told];
  const second = await round(of, { number: 2, ...first.progress });
  return second === undefined ? [first.told] : [first.told, second.told];
}

async function round(
  of: FreeCase,
  { number, standing, waiting }: Progress & { readonly number: number },
): Promise<{ readonly told: FreeRound; readonly progress: Progress } | undefined> {
  const input: SolveInput = { ...of.input, pods: waiting, nodes: standing.map(({ state }) => state) };
  const plan = solve(input);
  const { sites, binding } = worldAsPlanned(input, plan);
  if (binding.stuck.length > 0) return undefined;
  const coming = sites.slice(standing.length).map((site) => named(site, `round-${number}-${site.name}`));
  await of.world.stand(
    coming.map((site) => asNode(of, site)),
    { isUnregistered: true },
  );
  const left = new Set(plan.unschedulable.map(({ pod }) => pod.key));
  await of.world.removePods(plan.unschedulable.map(({ pod }) => of.renamed(pod.pod).metadata.name ?? ""));
  if (of.isHinted) {
    const hints = plan.newNodes.flatMap(({ pods }, index) => pods.map(({ pod }) => ({ pod, at: coming[index]?.name ?? "" })));
    await Promise.all(hints.map(({ pod, at }) => of.world.hint(of.renamed(pod), of.called(at))));
  }
  await Promise.all(coming.map((site) => of.world.register(asNode(of, site))));
  const bought = plan.newNodes.map((planned, index) => boughtNode(planned, coming[index]));
  const planned = waiting.filter(({ key }) => !left.has(key));
  const progress = await bindings(of, { standing: [...standing, ...bought], waiting: planned });
  return { told: toldOf(plan, progress), progress };
}

function toldOf(plan: SchedulingResults, { waiting }: Progress): FreeRound {
  const planned = [...plan.newNodes, ...plan.existing].flatMap(({ pods }) => pods.map(({ key }) => key));
  const left = new Set(waiting.map(({ key }) => key));
  const refused = planned.filter((key) => left.has(key));
  return { planned: planned.length, bound: planned.length - refused.length, refused, pricePerHour: plan.pricePerHour };
}

/** Waits until no Pod can be bound any more by the checker's reading of the filters; returns the world with those that were. */
async function bindings(of: FreeCase, { standing, waiting }: Progress): Promise<Progress> {
  const byName = new Map(waiting.map((pending) => [of.renamed(pending.pod).metadata.name ?? "", pending]));
  const after = (seen: readonly Seen[]): Progress => {
    const nodeOf = new Map(seen.map(({ name, nodeName }) => [byName.get(name)?.key, nodeName]));
    return {
      standing: standing.map(({ state, site }) => {
        const pods = waiting.flatMap(({ key, pod }) => (nodeOf.get(key) === of.called(site.name) ? [pod] : []));
        return { state: { ...state, pods: [...state.pods, ...pods] }, site: pods.reduce(withPod, site) };
      }),
      waiting: waiting.filter(({ key }) => nodeOf.get(key) === undefined),
    };
  };
  const isOver = (seen: readonly Seen[]): boolean => {
    const now = after(seen);
    const sites = now.standing.map(({ site }) => site);
    const world = { sites, namespaces: of.input.namespaces };
    return now.waiting.every(({ pod }) => sites.every((site) => refusal(pod, site, world) !== undefined));
  };
  return after(await of.world.settled([...byName.keys()], { quietMs: patientQuietMs, isOver }));
}

/** Nodes of the input as they stand once those that are on their way have joined, as what is chosen for them first. */
function standingAtFirst(input: SolveInput): readonly Standing[] {
  const { sites } = worldAsPlanned({ ...input, pods: [] }, solve({ ...input, pods: [] }));
  return input.nodes.map((state, index) => {
    const site = sites[index];
    if (site === undefined) throw new Error("every node of the input has a site");
    const { requirements, ...joined } = { ...state, labels: site.labels };
    return { state: requirements === undefined ? state : joined, site };
  });
}

function boughtNode(planned: PlannedNode, site: Site | undefined): Standing {
  const type = planned.instanceTypes.find(({ name }) => name === planned.instanceType);
  if (site === undefined || type === undefined) throw new Error("a planned node has a site, and its type among its types");
  const { name, labels, taints } = site;
  const nodePool = planned.nodePool.metadata.name ?? "";
  const { allocatable, capacity } = type;
  const state: NodeState = {
    ...{ name, nodePool, nodeClaim: name, labels, taints, allocatable, capacity },
    ...{ pods: [], initialized: true, accepting: true, planned: new Map<string, number>() },
  };
  return { state, site };
}

function named(site: Site, name: string): Site {
  return { ...site, name, labels: { ...site.labels, [hostnameLabel]: name } };
}

/** As the cluster knows it: its Pods carry the case's number, too. */
function asNode({ called, renamed }: FreeCase, site: Site): Site {
  return { ...site, name: called(site.name), pods: site.pods.map(renamed) };
}
