/**
 * A case on the real kube-scheduler: Nodes as a plan would have them, and the Pods, pinned to theirs or free.
 *
 * Takes a control plane without kubelets and controllers. One case at a time, since Nodes and affinities have no namespace;
 * names carry the case's number. Returns what the scheduler did with each Pod, as a watch tells it.
 */
import { hostnameLabel, unregisteredTaintKey } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Pod, PodSpec, Taint } from "../../../src/api/pod.ts";
import type { ControlPlane } from "../../support/control-plane.ts";
import { watchStream, type WatchEvent } from "../../support/watch-stream.ts";
import { hintKeeper } from "./hint-keeper.ts";
import type { Amounts } from "./pod-amounts.ts";
import { namespaces, sandbox } from "./random-pods.ts";
import type { Site } from "./site.ts";

/** A Pod and the name of the Node that it was given; none where the scheduler refused it. */
export interface Seen {
  readonly name: string;
  readonly nodeName: string | undefined;
  readonly says: string;
}

export interface SchedulerWorld {
  /** Makes Nodes with the Pods that run there already, those of DaemonSets included; unregistered ones take no other Pod yet. */
  readonly stand: (sites: readonly Site[], be?: { readonly isUnregistered: boolean }) => Promise<void>;
  /** Takes off the taint of a Node that was not registered; with a NodeClaim its Pods are told of it before, and while they wait. */
  readonly open: (site: Site, nodeClaim?: NodeClaim) => Promise<void>;
  /** Makes Pods one after the other. */
  readonly create: (pods: readonly { readonly pod: Pod; readonly pinnedTo?: string }[]) => Promise<void>;
  /** Returns when all Pods are bound, or all have been looked at and `isOver`, or nothing was bound for a while. */
  readonly settled: (names: readonly string[], until: Patience) => Promise<readonly Seen[]>;
  readonly removePods: (names: readonly string[]) => Promise<void>;
  readonly clear: () => Promise<void>;
  readonly close: () => void;
}

export interface Patience {
  /** So long after the last binding nothing more is waited for. */
  readonly quietMs: number;
  /** Asked when all have been looked at: true where no Pod that waits can be bound any more. */
  readonly isOver?: (seen: readonly Seen[]) => boolean;
}

/** So long after the last binding the scheduler has mostly tried what its events made it try again (its backoff starts at 1 s). */
export const quietMs = 1_500;
/** So long where every Pod should bind. */
export const patientQuietMs = 6_000;

const daemonNamespace = "daemons";
/** Of one Node: more than any case has. */
const podsMax = "1000";
const patienceMs = 30_000;
/** So long after something was removed the scheduler has heard of it: Pods and Nodes reach it on watches of their own. */
const heardMs = 250;
/** Without news it is looked at the clock so often. */
const lookMs = 100;
/** What keeps Pods away from a Node until it is registered, but for those that tolerate everything. */
export const unregistered: Taint = { key: unregisteredTaintKey, effect: "NoExecute" };

interface LivePod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly nodeName?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] };
}

type Send = (method: "POST" | "PATCH" | "DELETE", path: string, body?: unknown) => Promise<void>;

/** Makes the namespaces, their service accounts and the RuntimeClass of every case. */
export async function schedulerWorld(controlPlane: ControlPlane): Promise<SchedulerWorld> {
  const send: Send = async (method, path, body) => {
    const contentType = method === "PATCH" ? { contentType: "application/merge-patch+json" } : {};
    const answer = await controlPlane.request({ method, path, ...(body === undefined ? {} : { body }), ...contentType });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)} for ${JSON.stringify(body)}`);
  };
  for (const [name, labels] of [...namespaces, [daemonNamespace, {}] as const]) {
    await send("POST", "/api/v1/namespaces", { metadata: { name, labels } });
    await send("POST", `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: "default" } });
  }
  const runtimeClass = { metadata: { name: sandbox.runtimeClassName }, handler: "sandbox", overhead: { podFixed: sandbox.overhead } };
  await send("POST", "/apis/node.k8s.io/v1/runtimeclasses", runtimeClass);
  const live = livePods();
  const keeper = hintKeeper(controlPlane);
  const close = await watchStream(controlPlane, "/api/v1/pods?watch=1", (event) => {
    live.see(event);
    keeper.see(event);
  });
  const create = (pod: Pod): Promise<void> => send("POST", `/api/v1/namespaces/${pod.metadata.namespace ?? ""}/pods`, pod);
  return {
    stand: async (sites, { isUnregistered } = { isUnregistered: false }) => {
      await Promise.all(sites.map((site) => standNode(send, site, isUnregistered ? [unregistered, ...site.taints] : site.taints)));
      await Promise.all(sites.flatMap((site) => runningOn(site).map(create)));
    },
    create: async (pods) => {
      for (const { pod, pinnedTo } of pods) await create({ ...pod, spec: pinnedTo === undefined ? pod.spec : pinned(pod.spec, pinnedTo) });
    },
    open: async (site, nodeClaim) => {
      const open = () => send("PATCH", `/api/v1/nodes/${site.name}`, { spec: { taints: site.taints.length === 0 ? null : site.taints } });
      if (nodeClaim === undefined) await open();
      else await keeper.open({ nodeName: site.name, nodeClaim, open });
    },
    settled: (names, until) => settled(live, { names, until }),
    removePods: async (names) => {
      const found = names.flatMap((name) => live.pods.get(name) ?? []);
      await Promise.all(
        found.map(({ metadata }) => send("DELETE", `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}?gracePeriodSeconds=0`)),
      );
      await pause(heardMs);
    },
    clear: async () => {
      await keeper.end();
      for (const name of [...namespaces.keys(), daemonNamespace])
        await send("DELETE", `/api/v1/namespaces/${name}/pods?gracePeriodSeconds=0`);
      await send("DELETE", "/api/v1/nodes");
      await pause(heardMs);
    },
    close,
  };
}

interface LivePods {
  readonly pods: ReadonlyMap<string, LivePod>;
  readonly see: (event: WatchEvent) => void;
  /** Resolves at the next event, or after a moment. */
  readonly news: () => Promise<void>;
}

function livePods(): LivePods {
  const pods = new Map<string, LivePod>();
  const waiting = new Set<() => void>();
  return {
    pods,
    see: ({ type, object }) => {
      const pod = object as LivePod;
      if (type === "DELETED") pods.delete(pod.metadata.name);
      else pods.set(pod.metadata.name, pod);
      for (const tell of waiting) tell();
      waiting.clear();
    },
    news: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, lookMs);
        waiting.add(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

async function settled(
  live: LivePods,
  { names, until }: { readonly names: readonly string[]; readonly until: Patience },
): Promise<readonly Seen[]> {
  const deadline = Date.now() + patienceMs;
  let [bound, since] = [-1, Date.now()];
  for (;;) {
    const found = names.flatMap((name) => live.pods.get(name) ?? []);
    const seen = found.map(seenPod);
    const now = seen.filter(({ nodeName }) => nodeName !== undefined).length;
    if (now > bound) [bound, since] = [now, Date.now()];
    const isTried = found.length === names.length && found.every(isLookedAt);
    const isOver = isTried && (Date.now() - since > until.quietMs || until.isOver?.(seen) === true);
    if (bound === names.length || isOver || Date.now() > deadline) return seen;
    await live.news();
  }
}

/** Admission taints a new Node as not ready; nobody takes that off but us. */
async function standNode(send: Send, { name, labels, accepting, allocatable }: Site, taints: readonly Taint[]): Promise<void> {
  const amounts = { ...quantities(allocatable), [pinOf(name)]: podsMax };
  await send("POST", "/api/v1/nodes", {
    metadata: { name, labels: { ...labels, [hostnameLabel]: name } },
    spec: { unschedulable: !accepting },
    status: { allocatable: amounts, capacity: amounts, conditions: [{ type: "Ready", status: "True" }] },
  });
  await send("PATCH", `/api/v1/nodes/${name}`, { spec: { taints: taints.length === 0 ? null : taints } });
}

function quantities(amounts: Amounts): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, name === "cpu" ? `${amount}m` : String(amount)]));
}

function runningOn({ name, pods, daemons }: Site): readonly Pod[] {
  const daemonPods = daemons.map((spec, index): Pod => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `${name}-daemon-${index}`, namespace: daemonNamespace },
    spec,
  }));
  return [...pods, ...daemonPods].map((pod) => ({ ...pod, spec: { ...pod.spec, nodeName: name } }));
}

/**
 * A Pod that may go to one Node only, as only that Node has the resource of its name. By node affinity a pin would be read by spread, too,
 * which counts no domain but those that a Pod's node affinity lets it into.
 */
function pinned(spec: PodSpec, nodeName: string): PodSpec {
  const [first, ...others] = spec.containers;
  if (first === undefined) throw new Error("a Pod has a container");
  const { requests, limits } = first.resources ?? {};
  const pin = { [pinOf(nodeName)]: "1" };
  return {
    ...spec,
    containers: [
      { ...first, resources: { ...first.resources, requests: { ...requests, ...pin }, limits: { ...limits, ...pin } } },
      ...others,
    ],
  };
}

function pinOf(nodeName: string): string {
  return `pin.example.com/${nodeName}`;
}

function scheduledCondition({ status }: LivePod) {
  return status?.conditions?.find(({ type }) => type === "PodScheduled");
}

function isLookedAt(pod: LivePod): boolean {
  return pod.spec.nodeName !== undefined || scheduledCondition(pod)?.status === "False";
}

function seenPod(pod: LivePod): Seen {
  return { name: pod.metadata.name, nodeName: pod.spec.nodeName, says: scheduledCondition(pod)?.message ?? "" };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
