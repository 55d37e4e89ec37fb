/**
 * Capacity advice: what a workload that asks for admission would cost, before it costs anything.
 *
 * Reads the workload as it would be stored, and the cluster. Returns the difference that it makes to the plan, as plain data; the words
 * are made of it in advice-words.ts. Nothing is bought and nothing remembered.
 */
import type { NodePool } from "../api/node-pool.ts";
import type { KubeObject, Resources } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import { addResources, toResources } from "../kube/resources.ts";
import { overlaySnapshot } from "../policies/overlay-snapshot.ts";
import { clusterInput, type ObservedCluster } from "./cluster-input.ts";
import { podDemand, workloadKey } from "./demand.ts";
import { missingPods } from "./missing-pods.ts";
import { bufferOf } from "./scheduling/buffer-pod.ts";
import type { IsAborted } from "./scheduling/plan-cut.ts";
import type { PendingPod } from "./scheduling/pod-class.ts";
import { solve, type SchedulingResults, type SolveInput } from "./scheduling/solve.ts";

/** The nodes of one kind that would be bought. */
export interface AdvisedNodes {
  readonly nodePool: string;
  readonly instanceType: string;
  readonly capacityType: string;
  readonly count: number;
}

/** How full a NodePool's limits would be. */
export interface AdvisedLimit {
  readonly nodePool: string;
  /** Of the limit that is closest; above 100 where it was exceeded before. */
  readonly percent: number;
}

export interface CapacityAdvice {
  /** Replicas that are to come. */
  readonly asked: number;
  /** Whether some are there already. */
  readonly isMore: boolean;
  /** Those of them that would be planned for. */
  readonly planned: number;
  /** How many nodes more there would be, and which. */
  readonly nodesMore: number;
  readonly nodes: readonly AdvisedNodes[];
  readonly pricePerHour: number;
  readonly limits: readonly AdvisedLimit[];
  /** Replicas without a place, and what keeps the first of them from one. */
  readonly leftOut: number;
  readonly because?: string;
  /** Why not all of them would be planned for. */
  readonly remark?: string;
}

/** While more Pods wait than this, nobody has time for advice. */
export const othersMax = 2_000;
/** Nor for a workload that asks for more Pods than this: anybody may propose one. */
export const advisedPodsMax = 2_000;

/** When the advice must be given up: nobody waits for it any more. */
export interface AdviceLimits {
  readonly isAborted?: IsAborted;
}

/** Returns what a workload would mean for the cluster; undefined where it asks for no more Pods, or for too many, or too many others wait, or time is up. */
export function capacityAdvice(
  object: KubeObject,
  observed: ObservedCluster,
  { now, isAborted }: AdviceLimits & { readonly now: Instant },
): CapacityAdvice | undefined {
  const { world } = observed;
  const snapshot = overlaySnapshot(world.snapshot, { put: withUid(object), domain: world.names.domain });
  const key = workloadKey({ kind: object.kind, namespace: object.metadata.namespace ?? "", name: object.metadata.name ?? "" });
  const all = missingPods(snapshot);
  const missing = all.find(({ workload }) => workloadKey(workload) === key);
  if (missing === undefined || missing.count > advisedPodsMax) return undefined;
  if (all.reduce((sum, { count }) => sum + count, 0) - missing.count > othersMax) return undefined;
  const demand = podDemand({ ...world, snapshot, memory: new Map(), now, isOnPaper: true });
  const isOwn = (one: PendingPod): boolean => one.key.startsWith(`${key}#`);
  if (demand.pods.filter((one) => !isOwn(one) && bufferOf(one) === undefined).length > othersMax) return undefined;
  const remark = demand.remarks.find(({ workload }) => workloadKey(workload) === key)?.message;
  const about = { asked: missing.count, isMore: missing.siblings.length > 0, ...(remark === undefined ? {} : { remark }) };
  const input = clusterInput({ ...observed, world: { ...world, snapshot } }, { pods: demand.pods, now });
  if (isAborted?.() === true) return undefined;
  const [own, others] = [input.pods.filter(isOwn), input.pods.filter((one) => !isOwn(one))];
  const difference = differenceOf(input, { own, others, ...(isAborted === undefined ? {} : { isAborted }) });
  return isAborted?.() === true ? undefined : { ...about, ...difference };
}

/** An object in the mutating phase, or of a file, has none yet; demand is told apart by it. */
function withUid(object: KubeObject): KubeObject {
  return object.metadata.uid === undefined ? { ...object, metadata: { ...object.metadata, uid: "in-admission" } } : object;
}

function differenceOf(
  input: SolveInput,
  { own, others, ...bounds }: AdviceLimits & { readonly own: readonly PendingPod[]; readonly others: readonly PendingPod[] },
): Omit<CapacityAdvice, "asked" | "isMore"> {
  const after = solve(input, bounds);
  const before = others.length === 0 ? undefined : solve({ ...input, pods: others }, bounds);
  const keys = new Set(own.map(({ key }) => key));
  const left = after.unschedulable.filter(({ pod }) => keys.has(pod.key));
  const because = left[0]?.reasons[0];
  const nodes = after.newNodes.filter(({ pods }) => pods.some(({ key }) => keys.has(key)));
  return {
    planned: own.length,
    nodesMore: Math.max(0, after.newNodes.length - (before?.newNodes.length ?? 0)),
    nodes: grouped(nodes),
    pricePerHour: Math.max(0, after.pricePerHour - (before?.pricePerHour ?? 0)),
    limits: limitsOf(input, after, new Set(nodes.map(({ nodePool }) => nodePool))),
    leftOut: left.length,
    ...(because === undefined ? {} : { because }),
  };
}

/** By pool, type and way to buy, most first. */
function grouped(nodes: SchedulingResults["newNodes"]): readonly AdvisedNodes[] {
  const groups = new Map<string, AdvisedNodes>();
  for (const { nodePool, instanceType, capacityType } of nodes) {
    const name = nodePool.metadata.name ?? "";
    const key = JSON.stringify([name, instanceType, capacityType]);
    groups.set(key, { nodePool: name, instanceType, capacityType, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  const sorted = [...groups].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));
  return sorted.map(([, group]) => group);
}

function limitsOf(input: SolveInput, { newNodes }: SchedulingResults, pools: ReadonlySet<NodePool>): readonly AdvisedLimit[] {
  return [...pools].flatMap((pool) => {
    const nodePool = pool.metadata.name ?? "";
    const planned = newNodes
      .filter((node) => node.nodePool === pool)
      .map(({ instanceType, instanceTypes }) => instanceTypes.find(({ name }) => name === instanceType)?.capacity ?? {});
    const standing = input.nodes.filter((node) => node.nodePool === nodePool).map(({ capacity }) => capacity);
    const used: Resources = { ...addResources(...standing, ...planned), nodes: standing.length + planned.length };
    const shares = Object.entries(toResources(pool.spec.limits)).map(([name, limit]) => (used[name] ?? 0) / Math.max(limit, 1));
    return shares.length === 0 ? [] : [{ nodePool, percent: Math.round(Math.max(...shares) * 100) }];
  });
}
