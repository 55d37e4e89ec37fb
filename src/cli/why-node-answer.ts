/**
 * Why a node is as it is: how far it has come, what it was made for, what stands on it, and what is in the way of its end.
 *
 * Reads a snapshot, one row of it and the Events about it. Returns data. Of a NodeClaim that was given up only its Events are left, and they
 * say why.
 */
import type { NodeClaim } from "../api/node-claim.ts";
import type { Condition } from "../api/object.ts";
import { capacityTypeLabel, instanceTypeLabel, type PlatformNames, zoneLabel } from "../api/labels.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { isDaemonPod, isTerminal } from "../kube/pod-state.ts";
import { addResources, toResourceList } from "../kube/resources.ts";
import { runningRequests } from "../kube/running-requests.ts";
import { timeText } from "../kube/time-text.ts";
import { workloadOfPod } from "../policies/pod-owner.ts";
import { plannedPodsOf } from "../provisioner/scheduling/planned-pods.ts";
import type { NodeEvent } from "./nodes-events.ts";
import { ownersIn } from "./nodes-fleet.ts";
import { conditionOf } from "./nodes-phase.ts";
import { rowForm } from "./nodes-report.ts";
import type { NodeRow } from "./nodes-row.ts";
import { shareOf } from "./nodes-use.ts";
import type { RoomElsewhere } from "./why-node-room.ts";

export interface NodeAnswer {
  readonly node: ReturnType<typeof rowForm>;
  /** From the request on, in order; those that have not been reached have no time. */
  readonly stages: readonly NodeStage[];
  /** Conditions that stop it, or tell that it is to go; the first three stages aside. */
  readonly conditions: readonly Pick<Condition, "type" | "status" | "reason" | "message">[];
  /** What its NodeClaim asked for; absent where it has none. */
  readonly asked?: NodeAsked;
  readonly workloads: readonly NodeWorkload[];
  /** Whether its Pods would fit on the other nodes as they stand; absent of a claim without a Node. */
  readonly room?: RoomElsewhere;
  readonly events: readonly NodeEvent[];
}

export interface NodeStage {
  readonly name: "created" | "Launched" | "Registered" | "Initialized";
  readonly at?: string;
  /** Since the stage before. */
  readonly tookSeconds?: number;
  readonly reason?: string;
  readonly message?: string;
}

export interface NodeAsked {
  readonly requests: Readonly<Record<string, string | number>>;
  /** Types that it might have become. */
  readonly types: number;
  readonly zones: readonly string[];
  readonly capacityTypes: readonly string[];
  /** Pods that the plan made it for; absent where nobody wrote them down. */
  readonly plannedPods?: number;
}

export interface NodeWorkload {
  /** "Deployment shop/web". */
  readonly workload: string;
  readonly pods: number;
  readonly requests: Readonly<Record<string, string>>;
  readonly owner: string;
  readonly workloadClass: string;
  readonly isDaemonSet: boolean;
  /** Of the node's price. */
  readonly pricePerHour?: number;
}

/** Returns the answer for a row. */
export function nodeAnswer(
  row: NodeRow,
  world: {
    readonly snapshot: ClusterSnapshot;
    readonly names: PlatformNames;
    readonly events: readonly NodeEvent[];
    /** Not asked in the viewer, which does not know the volumes of Pods. */
    readonly room?: RoomElsewhere | undefined;
  },
): NodeAnswer {
  const { claim } = row;
  return {
    node: rowForm(row),
    stages: claim === undefined ? [] : stagesOf(claim, row.createdAt),
    conditions: openConditions(row),
    ...(claim === undefined ? {} : { asked: askedOf(claim, world.names) }),
    workloads: workloadsOn(row, world),
    ...(world.room === undefined ? {} : { room: world.room }),
    events: world.events,
  };
}

const stageNames = ["Launched", "Registered", "Initialized"] as const;

function stagesOf(claim: NodeClaim, createdAt: Instant): readonly NodeStage[] {
  let before = createdAt;
  const reached = stageNames.map((name): NodeStage => {
    const condition = conditionOf(claim, name);
    const at = Date.parse(condition?.lastTransitionTime ?? "");
    if (condition?.status !== "True" || Number.isNaN(at)) return { name, ...wordsOf(condition) };
    const tookSeconds = Math.max(0, Math.round((at - before) / 1000));
    before = at;
    return { name, at: timeText(at), tookSeconds };
  });
  return [{ name: "created", at: timeText(createdAt) }, ...reached];
}

function wordsOf(condition: Condition | undefined): Pick<NodeStage, "reason" | "message"> {
  const { reason, message } = condition ?? {};
  return { ...(reason ? { reason } : {}), ...(message ? { message } : {}) };
}

/** Told as stages, or sums of others. */
const toldElsewhere: ReadonlySet<string> = new Set([...stageNames, "Ready", "Consolidatable"]);

/** Of a claim, what has come true since, or says why it has not; of a Node, what its kubelet complains of. */
function openConditions({ claim, node }: NodeRow): NodeAnswer["conditions"] {
  const ofClaim = (claim?.status?.conditions ?? []).filter(({ type, status, message }) => {
    if (toldElsewhere.has(type)) return false;
    return type === "ConsistentStateFound" ? status !== "True" : status === "True" || (message ?? "") !== "";
  });
  // Ready, NetworkingReady and their like are good when True; MemoryPressure and its like when False.
  const ofNode = (node?.status?.conditions ?? []).filter(({ type, status }) => status !== (type.endsWith("Ready") ? "True" : "False"));
  return [...ofClaim, ...ofNode].map((condition) => ({ type: condition.type, status: condition.status, ...wordsOf(condition) }));
}

function askedOf(claim: NodeClaim, names: PlatformNames): NodeAsked {
  const valuesOf = (key: string): readonly string[] =>
    claim.spec.requirements.filter((one) => one.key === key && one.operator === "In").flatMap(({ values = [] }) => values);
  const planned = [...plannedPodsOf(claim, names).values()].reduce((sum, count) => sum + count, 0);
  return {
    requests: claim.spec.resources?.requests ?? {},
    types: valuesOf(instanceTypeLabel).length,
    zones: valuesOf(zoneLabel),
    capacityTypes: valuesOf(capacityTypeLabel),
    ...(planned === 0 ? {} : { plannedPods: planned }),
  };
}

/** Workloads by the share of the node that they take, the largest first. */
function workloadsOn(
  row: NodeRow,
  { snapshot, names }: { readonly snapshot: ClusterSnapshot; readonly names: PlatformNames },
): readonly NodeWorkload[] {
  const groups = new Map<string, Pod[]>();
  for (const pod of row.pods) {
    if (isTerminal(pod)) continue;
    const name = workloadName(pod, snapshot);
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [pod]);
    else known.push(pod);
  }
  const ownerOf = ownersIn(snapshot, names);
  const workloads = [...groups].map(([workload, pods]) => {
    const requests = addResources(...pods.map(runningRequests));
    const share = shareOf(requests, row.allocatable);
    const [first] = pods;
    const told = {
      workload,
      pods: pods.length,
      requests: toResourceList(requests),
      owner: first === undefined ? "" : ownerOf(first),
      workloadClass: first?.metadata.labels?.[names.workloadClassLabel] ?? "",
      isDaemonSet: first !== undefined && isDaemonPod(first),
      ...(row.pricePerHour === undefined ? {} : { pricePerHour: Math.round(row.pricePerHour * share * 1e6) / 1e6 }),
    };
    return { share, told };
  });
  return workloads.sort((a, b) => b.share - a.share || (a.told.workload < b.told.workload ? -1 : 1)).map(({ told }) => told);
}

function workloadName(pod: Pod, snapshot: ClusterSnapshot): string {
  const namespace = pod.metadata.namespace ?? "";
  const workload = workloadOfPod({ pod, namespace, snapshot });
  return `${workload?.kind ?? "Pod"} ${namespace}/${workload?.name ?? pod.metadata.name ?? ""}`;
}
