/**
 * A plan in the form in which it is printed.
 *
 * Reads what the solver was asked and what it answered. Returns plain data with names and quantities: what `-o json` prints, and
 * what the table, the pictures and comparisons are made of.
 */
import { podRequests } from "../kube/pod-requests.ts";
import { runningRequests } from "../kube/running-requests.ts";
import { addResources, toResourceList } from "../kube/resources.ts";
import { workloadKey, type LaterPods } from "../provisioner/demand.ts";
import { driversOf } from "../provisioner/scheduling/attachments.ts";
import type { OrderNeed } from "../provisioner/scheduling/binding-order.ts";
import { lowerBound, placedOf } from "../provisioner/scheduling/lower-bound.ts";
import type { LeftOut } from "../provisioner/scheduling/obstacle.ts";
import type { NodeWhy } from "../provisioner/scheduling/node-why.ts";
import type { NodeState } from "../provisioner/scheduling/node-state.ts";
import type { PendingPod } from "../provisioner/scheduling/pod-class.ts";
import type { SchedulingResults, SolveInput } from "../provisioner/scheduling/solve.ts";

/** Amounts as Kubernetes writes them. */
type Amounts = Readonly<Record<string, string>>;

/** What stands on a node of a plan. */
export interface PlannedPlace {
  /** What all that runs there asks for together, DaemonSets included. */
  readonly requests: Amounts;
  readonly allocatable: Amounts;
  /** The plan's Pods by workload, in the order of the Pods. */
  readonly workloads: readonly PlannedShare[];
  /** "<ns>/<kind>/<name>#<i>". */
  readonly pods: readonly string[];
}

export interface PlannedShare {
  /** "<ns>/<kind>/<name>". */
  readonly workload: string;
  readonly pods: number;
  readonly requests: Amounts;
}

/** Sentences, and the same as data: what is first in the way of each alternative. */
export interface LeftOutPods extends LeftOut {
  /** "<ns>/<kind>/<name>#<i>". */
  readonly pods: readonly string[];
}

/** A plan as `-o json` prints it. */
export interface Plan {
  readonly nodes: readonly (PlannedPlace & {
    readonly nodePool: string;
    readonly instanceType: string;
    readonly zone: string;
    readonly capacityType: string;
    readonly pricePerHour: number;
    /** Why this shape, and what the next best would cost. */
    readonly why: NodeWhy;
  })[];
  /** Nodes and NodeClaims that are there and take Pods; `requests` counts what runs on them too. */
  readonly existing: readonly (PlannedPlace & { readonly node: string })[];
  /** Pods that have the same in their way are told together. */
  readonly unschedulable: readonly LeftOutPods[];
  /** Drivers of volumes on the nodes to buy of which these types have no known limit: planned as if there were none. */
  readonly attachLimitsUnknown?: readonly { readonly driver: string; readonly instanceTypes: readonly string[] }[];
  /** Which Pods must bind before which others. Absent where the plan holds whichever of its Pods binds first. */
  readonly bindingOrder?: readonly OrderNeed[];
  /** Whether the plan was cut short because it took too long; what it has holds. */
  readonly truncated: boolean;
  /** Pods that one plan does not take; what stands here counts without them. Absent where it takes all. */
  readonly plannedLater?: readonly { readonly workload: string; readonly pods: number }[];
  readonly pricePerHour: number;
  /** No plan for the Pods that have a place can cost less. */
  readonly lowerBoundPerHour: number;
}

/** Returns a plan as it is printed. */
export function planFrom(input: SolveInput, results: SchedulingResults, later: readonly LaterPods[] = []): Plan {
  return {
    nodes: results.newNodes.map((node) => ({
      nodePool: node.nodePool.metadata.name ?? "",
      instanceType: node.instanceType,
      zone: node.zone,
      capacityType: node.capacityType,
      pricePerHour: node.pricePerHour,
      why: node.why,
      requests: toResourceList(node.requests),
      allocatable: toResourceList(node.instanceTypes.find(({ name }) => name === node.instanceType)?.allocatable ?? {}),
      ...standingOf(node.pods),
    })),
    existing: results.existing.map(({ node, pods }) => ({
      node: node.name,
      requests: toResourceList(addResources(requestsOn(node), ...pods.map(({ pod }) => podRequests(pod.spec)))),
      allocatable: toResourceList(node.allocatable),
      ...standingOf(pods),
    })),
    unschedulable: leftOutPods(results),
    ...unknownLimits(input, results),
    ...(results.bindingOrder.length === 0 ? {} : { bindingOrder: results.bindingOrder }),
    truncated: results.truncated,
    ...(later.length === 0 ? {} : { plannedLater: later.map(({ workload, count }) => ({ workload: workloadKey(workload), pods: count })) }),
    pricePerHour: results.pricePerHour,
    lowerBoundPerHour: lowerBound(placedOf(input, results)),
  };
}

/** In the order of their first Pods. Pods of one class share an answer, so its text is made once. */
function leftOutPods({ unschedulable }: SchedulingResults): readonly LeftOutPods[] {
  const texts = new Map<LeftOut["obstacles"], string>();
  const alike = new Map<string, LeftOutPods & { readonly pods: string[] }>();
  for (const { pod, reasons, obstacles, alternativesLeft } of unschedulable) {
    const text = texts.get(obstacles) ?? JSON.stringify([reasons, obstacles, alternativesLeft]);
    texts.set(obstacles, text);
    const known = alike.get(text);
    if (known === undefined) alike.set(text, { pods: [pod.key], reasons, obstacles, alternativesLeft });
    else known.pods.push(pod.key);
  }
  return [...alike.values()];
}

/** Stands only where there are any. */
function unknownLimits({ volumes }: SolveInput, { newNodes }: SchedulingResults): Pick<Plan, "attachLimitsUnknown"> {
  if (volumes === undefined) return {};
  const driversOfPod = driversOf(volumes);
  const types = new Map<string, Set<string>>();
  for (const { instanceType, instanceTypes, pods } of newNodes) {
    const known = instanceTypes.find(({ name }) => name === instanceType)?.attachable ?? {};
    for (const driver of new Set(pods.flatMap(({ pod }) => driversOfPod(pod)))) {
      if (known[driver] === undefined) types.set(driver, (types.get(driver) ?? new Set<string>()).add(instanceType));
    }
  }
  if (types.size === 0) return {};
  const ordered = [...types].sort(([a], [b]) => (a < b ? -1 : 1));
  return { attachLimitsUnknown: ordered.map(([driver, names]) => ({ driver, instanceTypes: [...names].sort() })) };
}

function requestsOn({ pods }: NodeState): ReturnType<typeof podRequests> {
  return addResources(...pods.map(runningRequests));
}

function standingOf(pods: readonly PendingPod[]): Pick<PlannedPlace, "workloads" | "pods"> {
  const shares = new Map<string, PendingPod[]>();
  for (const pending of pods) {
    const workload = pending.key.replace(/#\d+$/, "");
    const known = shares.get(workload);
    if (known === undefined) shares.set(workload, [pending]);
    else known.push(pending);
  }
  const workloads = [...shares].map(([workload, own]) => ({
    workload,
    pods: own.length,
    requests: toResourceList(addResources(...own.map(({ pod }) => podRequests(pod.spec)))),
  }));
  return { workloads, pods: pods.map(({ key }) => key) };
}
