/**
 * The kubelets of the embedded world: one controller that plays all of them.
 *
 * Reads Nodes with the annotation kwok.x-k8s.io/node=fake and the Pods bound to them. A Node becomes Ready; a Pod gets running and
 * ready, a Job's Pod succeeds, a deleted Pod is gone after its grace. Delays come from kwok's own annotations on the Pod, so the
 * same manifest behaves alike here and under kwok.
 */
import { kwokNodeAnnotation } from "../../api/labels.ts";
import type { Condition } from "../../api/object.ts";
import type { Node } from "../../api/node.ts";
import type { Container, Pod } from "../../api/pod.ts";
import { controllerOf } from "../../kube/owner.ts";
import { isReady, isTerminal } from "../../kube/pod-state.ts";
import { parseGoDuration } from "../../kube/schedule.ts";
import { timeText } from "../../kube/time-text.ts";
import type { ApiServer } from "../api-server.ts";
import { type Again, done, failed, type WorldController } from "./control-loop.ts";
import { changed, keyOf, settled, worldClient, type WorldClient } from "./world-client.ts";

/** How long things take where a Pod does not say. */
export interface KubeletDelays {
  /** From binding to ready. */
  readonly readyMs: number;
  /** From running to succeeded, for a Job's Pod. */
  readonly completeMs: number;
  /** A terminating Pod's time to end, at most its grace. */
  readonly stopMs: number;
}

/** Returns the controller of Nodes: Ready, and the taint that goes with it. */
export function nodeKubelet(server: ApiServer): WorldController {
  const client = worldClient(server, "system:nodes");
  return {
    name: "kubelet-node",
    watches: { nodes: (event) => [keyOf(changed(event, "Node"))] },
    reconcile: async (key) => {
      const node = client.get("Node", key);
      return node === undefined || !isFake(node) ? done : bringUp(client, node);
    },
  };
}

/** Returns the controller of Pods on fake Nodes. */
export function podKubelet(server: ApiServer, delays: KubeletDelays): WorldController {
  const client = worldClient(server, "system:nodes");
  return {
    name: "kubelet-pod",
    watches: {
      pods: (event) => (event.type === "DELETED" ? [] : [keyOf(changed(event, "Pod"))]),
      nodes: (event) => (event.type === "DELETED" ? podsOn(client, changed(event, "Node").metadata.name) : []),
    },
    reconcile: async (key) => {
      const pod = client.get("Pod", key);
      if (pod === undefined) return done;
      return run(client, pod, delays);
    },
  };
}

function isFake(node: Node): boolean {
  return node.metadata.annotations?.[kwokNodeAnnotation] === "fake";
}

function podsOn(client: WorldClient, node: string | undefined): readonly string[] {
  return client
    .list("Pod")
    .filter((pod) => pod.spec.nodeName === node)
    .map(keyOf);
}

const notReadyTaint = "node.kubernetes.io/not-ready";

async function bringUp(client: WorldClient, node: Node): Promise<Again> {
  const ready = node.status?.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status !== "True") {
    const status = {
      conditions: nodeConditions(timeText(client.now())),
      addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
      nodeInfo: { kubeletVersion: "fake", architecture: node.metadata.labels?.["kubernetes.io/arch"] ?? "amd64", operatingSystem: "linux" },
    };
    if (!settled(await client.patch("Node", node, { status }, "status"))) return failed;
  }
  const taints = node.spec?.taints ?? [];
  if (!taints.some(({ key }) => key === notReadyTaint)) return done;
  const left = taints.filter(({ key }) => key !== notReadyTaint);
  const patch = { spec: { taints: left.length === 0 ? null : left } };
  return settled(await client.patch("Node", node, patch)) ? done : failed;
}

function nodeConditions(now: string): readonly Condition[] {
  const times = { lastHeartbeatTime: now, lastTransitionTime: now };
  return [
    { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status", ...times },
    {
      type: "MemoryPressure",
      status: "False",
      reason: "KubeletHasSufficientMemory",
      message: "kubelet has sufficient memory available",
      ...times,
    },
    { type: "DiskPressure", status: "False", reason: "KubeletHasNoDiskPressure", message: "kubelet has no disk pressure", ...times },
    { type: "PIDPressure", status: "False", reason: "KubeletHasSufficientPID", message: "kubelet has sufficient PID available", ...times },
  ];
}

async function run(client: WorldClient, pod: Pod, delays: KubeletDelays): Promise<Again> {
  const { nodeName } = pod.spec;
  if (nodeName === undefined) return done;
  const node = client.get("Node", `/${nodeName}`);
  // A Pod of a Node that is gone has nobody to end it: the Pod garbage collector's part.
  if (node === undefined) return remove(client, pod);
  if (!isFake(node)) return done;
  if (pod.metadata.deletionTimestamp !== undefined) return stop(client, pod, delays);
  if (isTerminal(pod)) return done;
  const startedAt = Date.parse(pod.status?.startTime ?? "");
  if (Number.isNaN(startedAt))
    // A start time keeps its milliseconds, or delays under a second would be lost.
    return write(client, pod, { phase: "Pending", startTime: new Date(client.now()).toISOString() }, { kind: "after", delayMs: 0 });
  const readyAt = startedAt + delayOf(pod, "pod-ready", delays.readyMs);
  if (!isReady(pod)) {
    return client.now() < readyAt
      ? { kind: "after", delayMs: readyAt - client.now() }
      : write(client, pod, runningStatus(pod, client.now()), done);
  }
  if (controllerOf(pod)?.kind !== "Job") return done;
  const endsAt = readyAt + delayOf(pod, "pod-complete", delays.completeMs);
  if (client.now() < endsAt) return { kind: "after", delayMs: endsAt - client.now() };
  return write(client, pod, succeededStatus(pod, client.now()), done);
}

async function stop(client: WorldClient, pod: Pod, delays: KubeletDelays): Promise<Again> {
  const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  const askedAt = Date.parse(pod.metadata.deletionTimestamp ?? "") - graceMs;
  const goneAt = askedAt + Math.min(graceMs, delayOf(pod, "pod-delete", delays.stopMs));
  return client.now() < goneAt ? { kind: "after", delayMs: goneAt - client.now() } : remove(client, pod);
}

async function remove(client: WorldClient, pod: Pod): Promise<Again> {
  return settled(await client.remove("Pod", pod, { gracePeriodSeconds: 0 })) ? done : failed;
}

async function write(client: WorldClient, pod: Pod, status: object, again: Again): Promise<Again> {
  return settled(await client.patch("Pod", pod, { status }, "status")) ? again : failed;
}

function runningStatus(pod: Pod, now: number): object {
  const at = timeText(now);
  const condition = (type: string): Condition => ({ type, status: "True", lastTransitionTime: at });
  const scheduled = (pod.status?.conditions ?? []).filter(({ type }) => type === "PodScheduled" || type === "DisruptionTarget");
  return {
    phase: "Running",
    hostIP: "10.0.0.1",
    podIP: "10.1.0.1",
    conditions: [...["Initialized", "Ready", "ContainersReady", "PodReadyToStartContainers"].map(condition), ...scheduled],
    containerStatuses: pod.spec.containers.map((container) => containerStatus(container, { running: { startedAt: at } }, true)),
  };
}

function succeededStatus(pod: Pod, now: number): object {
  const at = timeText(now);
  const terminated = { exitCode: 0, reason: "Completed", startedAt: at, finishedAt: at };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== "Ready" && type !== "ContainersReady");
  const over = (type: string): Condition => ({ type, status: "False", reason: "PodCompleted", lastTransitionTime: at });
  return {
    phase: "Succeeded",
    conditions: [...others, over("Ready"), over("ContainersReady")],
    containerStatuses: pod.spec.containers.map((container) => containerStatus(container, { terminated }, false)),
  };
}

function containerStatus(container: Container, state: object, ready: boolean): object {
  return { name: container.name, image: container.image ?? "", imageID: "", ready, started: ready, restartCount: 0, state };
}

/** kwok's stage annotations: "pod-ready.stage.kwok.x-k8s.io/delay: 2s". */
function delayOf(pod: Pod, stage: "pod-ready" | "pod-complete" | "pod-delete", otherwiseMs: number): number {
  const text = pod.metadata.annotations?.[`${stage}.stage.kwok.x-k8s.io/delay`];
  if (text === undefined) return otherwiseMs;
  const parsed = parseGoDuration(text);
  return parsed.ok ? parsed.value : otherwiseMs;
}
