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
import type { Instant } from "../../api/ports.ts";
import { controllerOf } from "../../kube/owner.ts";
import { isReady, isTerminal } from "../../kube/pod-state.ts";
import { parseGoDuration } from "../../kube/schedule.ts";
import { timeText } from "../../kube/time-text.ts";
import type { ApiServer } from "../api-server.ts";
import { stringAt } from "../json.ts";
import type { StoreEvent } from "../store.ts";
import { type AddressPool, createAddressPool } from "./address-pool.ts";
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
  const pool = createAddressPool("10.0");
  return {
    name: "kubelet-node",
    watches: {
      nodes: (event) => {
        const node = changed(event, "Node");
        noteAddress(pool, event, { uid: node.metadata.uid, address: internalIp(node) });
        return [keyOf(node)];
      },
    },
    reconcile: async (key) => {
      const node = client.get("Node", key);
      return node === undefined || !isFake(node) ? done : bringUp(client, node, pool);
    },
  };
}

/** Returns the controller of Pods on fake Nodes. */
export function podKubelet(server: ApiServer, delays: KubeletDelays): WorldController {
  const client = worldClient(server, "system:nodes");
  const pool = createAddressPool("10.1");
  return {
    name: "kubelet-pod",
    watches: {
      pods: (event) => {
        const pod = changed(event, "Pod");
        noteAddress(pool, event, { uid: pod.metadata.uid, address: stringAt(event.object, "status", "podIP") });
        return event.type === "DELETED" ? [] : [keyOf(pod)];
      },
      nodes: (event) => (event.type === "DELETED" ? podsOn(client, changed(event, "Node").metadata.name) : []),
    },
    reconcile: async (key) => {
      const pod = client.get("Pod", key);
      if (pod === undefined) return done;
      return run(client, pod, { delays, pool });
    },
  };
}

/** What an object brings along stays its own; what a gone one had is free. */
function noteAddress(
  pool: AddressPool,
  { type }: StoreEvent,
  { uid = "", address }: { readonly uid: string | undefined; readonly address: string | undefined },
): void {
  if (type === "DELETED") pool.free(uid);
  else if (address !== undefined) pool.keep(uid, address);
}

function internalIp(node: Node): string | undefined {
  return node.status?.addresses?.find(({ type }) => type === "InternalIP")?.address;
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

async function bringUp(client: WorldClient, node: Node, pool: AddressPool): Promise<Again> {
  const ready = node.status?.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status !== "True") {
    const address = pool.take(node.metadata.uid ?? "");
    if (address === undefined) return failed;
    const others = (node.status?.addresses ?? []).filter(({ type }) => type !== "InternalIP");
    const status = {
      conditions: nodeConditions(timeText(client.now())),
      addresses: [{ type: "InternalIP", address }, ...others],
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

/** What one kubelet runs its Pods with. */
interface Kubelet {
  readonly delays: KubeletDelays;
  readonly pool: AddressPool;
}

async function run(client: WorldClient, pod: Pod, { delays, pool }: Kubelet): Promise<Again> {
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
    if (client.now() < readyAt) return { kind: "after", delayMs: readyAt - client.now() };
    const podIP = pool.take(pod.metadata.uid ?? "");
    if (podIP === undefined) return failed;
    return write(client, pod, runningStatus(pod, { now: client.now(), podIP, hostIP: internalIp(node) }), done);
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

interface Start {
  readonly now: Instant;
  readonly podIP: string;
  /** Undefined where somebody else made the Node ready without an address. */
  readonly hostIP: string | undefined;
}

function runningStatus(pod: Pod, { now, podIP, hostIP }: Start): object {
  const at = timeText(now);
  const condition = (type: string): Condition => ({ type, status: "True", lastTransitionTime: at });
  const scheduled = (pod.status?.conditions ?? []).filter(({ type }) => type === "PodScheduled" || type === "DisruptionTarget");
  return {
    phase: "Running",
    ...(hostIP === undefined ? {} : { hostIP, hostIPs: [{ ip: hostIP }] }),
    podIP,
    podIPs: [{ ip: podIP }],
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
