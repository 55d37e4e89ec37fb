/**
 * Free Pods: a case as a cluster lives it, on the real kube-scheduler.
 *
 * The Pods are there first. What the nodes that stand take is bound; the rest is planned, the planned Nodes join, and lose the taint
 * that kept Pods away. With the hint, the product tells Pods of their Node before, and again while they wait (hint-keeper.ts). Pods that the plan leaves out are
 * taken away, since what they could take is not what is asked here; planned ones that are not bound are planned again, once. Returns
 * counts and prices of both rounds, and what stood in the way.
 */
import { hostnameLabel, platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { toNodeClaim } from "../../../src/provisioner/scheduling/node-claim.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import type { PlannedNode } from "../../../src/provisioner/scheduling/planned-node.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { refusal } from "./neighbours.ts";
import { worldAsPlanned } from "./plan-checker.ts";
import { patientQuietMs, type SchedulerWorld, type Seen } from "./scheduler-world.ts";
import { withPod, type Filter, type Site } from "./site.ts";

export interface FreeRound {
  /** Pods that the plan has a place for. */
  readonly planned: number;
  readonly bound: number;
  /** By what filter each planned Pod that was not bound is refused in the end where it was planned: what others have taken from it. */
  readonly refused: readonly (Filter | "none")[];
  readonly pricePerHour: number;
  /** Of all nodes that were bought so far and have no Pod now: what could be given back. */
  readonly idlePerHour: number;
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
  /** Prices of the nodes that were bought, by name. */
  readonly bought: ReadonlyMap<string, number>;
  readonly waiting: SolveInput["pods"];
}

/** Returns the rounds: one where all planned Pods are bound at once, else two; none where a plan does not hold. */
export async function freeRounds(of: FreeCase): Promise<readonly FreeRound[]> {
  const { input, world, renamed } = of;
  const standing = standingAtFirst(input);
  await world.stand(standing.map(({ site }) => asNode(of, site)));
  await world.create(input.pods.map(({ pod }) => ({ pod: renamed(pod) })));
  const start = await bindings(of, { standing, bought: new Map(), waiting: input.pods });
  const first = await round(of, { number: 1, ...start });
  if (first === undefined) return [];
  if (first.told.refused.length === 0) return [first.told];
  const second = await round(of, { number: 2, ...first.progress });
  return second === undefined ? [first.told] : [first.told, second.told];
}

async function round(
  of: FreeCase,
  { number, standing, bought, waiting }: Progress & { readonly number: number },
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
  await Promise.all(
    coming.map((site, index) => {
      const planned = plan.newNodes[index];
      const nodeClaim = planned === undefined || !of.isHinted ? undefined : claimOf(of, planned, site);
      return of.world.open(asNode(of, site), nodeClaim);
    }),
  );
  const joined = plan.newNodes.map((planned, index) => boughtNode(planned, coming[index]));
  const prices = plan.newNodes.map(({ pricePerHour }, index) => [coming[index]?.name ?? "", pricePerHour] as const);
  const progress = await bindings(of, {
    standing: [...standing, ...joined],
    bought: new Map([...bought, ...prices]),
    waiting: waiting.filter(({ key }) => !left.has(key)),
  });
  return { told: toldOf(of, { plan, progress, names: coming.map(({ name }) => name) }), progress };
}

/** `names` are those of the new nodes. */
function toldOf(
  { input: { namespaces } }: FreeCase,
  { plan, progress, names }: { readonly plan: SchedulingResults; readonly progress: Progress; readonly names: readonly string[] },
): FreeRound {
  const places = [
    ...plan.newNodes.map(({ pods }, index) => ({ pods, at: names[index] })),
    ...plan.existing.map(({ pods, node }) => ({ pods, at: node.name })),
  ];
  const planned = places.flatMap(({ pods, at }) => pods.map(({ key, pod }) => ({ key, pod, at })));
  const left = new Set(progress.waiting.map(({ key }) => key));
  const sites = progress.standing.map(({ site }) => site);
  const refused = planned
    .filter(({ key }) => left.has(key))
    .map(({ pod, at }) => {
      const site = sites.find(({ name }) => name === at);
      return (site === undefined ? undefined : refusal(pod, site, { sites, namespaces })?.filter) ?? "none";
    });
  const idle = sites.filter(({ pods }) => pods.length === 0).map(({ name }) => progress.bought.get(name) ?? 0);
  return {
    ...{ planned: planned.length, bound: planned.length - refused.length, refused, pricePerHour: plan.pricePerHour },
    idlePerHour: idle.reduce((sum, price) => sum + price, 0),
  };
}

/** Waits until no Pod can be bound any more by the checker's reading of the filters; returns the world with those that were. */
async function bindings(of: FreeCase, { standing, bought, waiting }: Progress): Promise<Progress> {
  const byName = new Map(waiting.map((pending) => [of.renamed(pending.pod).metadata.name ?? "", pending]));
  const after = (seen: readonly Seen[]): Progress => {
    const nodeOf = new Map(seen.map(({ name, nodeName }) => [byName.get(name)?.key, nodeName]));
    return {
      standing: standing.map(({ state, site }) => {
        const pods = waiting.flatMap(({ key, pod }) => (nodeOf.get(key) === of.called(site.name) ? [pod] : []));
        return { state: { ...state, pods: [...state.pods, ...pods] }, site: pods.reduce(withPod, site) };
      }),
      bought,
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

/** The claim that the product would have made of a planned node. */
function claimOf({ called }: FreeCase, planned: PlannedNode, { name }: Site): NodeClaim {
  return toNodeClaim(planned, { name: called(name), plannedPodsAnnotation: platformNames().plannedPodsAnnotation });
}

function named(site: Site, name: string): Site {
  return { ...site, name, labels: { ...site.labels, [hostnameLabel]: name } };
}

/** As the cluster knows it: its Pods carry the case's number, too. */
function asNode({ called, renamed }: FreeCase, site: Site): Site {
  return { ...site, name: called(site.name), pods: site.pods.map(renamed) };
}
