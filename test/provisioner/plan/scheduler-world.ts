/**
 * A case and its plan on the real kube-scheduler: Nodes as the plan would have them, and the Pods, pinned to theirs or free.
 *
 * Takes a control plane without kubelets and controllers. One case at a time, since Nodes and affinities have no namespace;
 * names carry the case's number. Returns what the scheduler did with each Pod.
 */
import { hostnameLabel } from "../../../src/api/labels.ts";
import type { Pod, PodSpec } from "../../../src/api/pod.ts";
import type { ControlPlane } from "../../support/control-plane.ts";
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
  /** Makes Nodes with the Pods that run there already, those of DaemonSets included. */
  readonly stand: (sites: readonly Site[]) => Promise<void>;
  /** Makes Pods one after the other, and returns when all are bound or none has been for a while: a long one if all should. */
  readonly schedule: (
    pods: readonly { readonly pod: Pod; readonly pinnedTo?: string }[],
    should: { readonly bindAll: boolean },
  ) => Promise<readonly Seen[]>;
  /** Makes Pods that should stay without a Node, and returns once the scheduler has looked at each. */
  readonly refuse: (pods: readonly Pod[]) => Promise<readonly Seen[]>;
  readonly removePods: (seen: readonly Seen[]) => Promise<void>;
  readonly clear: () => Promise<void>;
}

const daemonNamespace = "daemons";
const pollMs = 60;
/** So long after the last binding the scheduler has mostly tried what its events made it try again (its backoff starts at 1 s). */
const quietMs = 1_500;
/** So long where every Pod should bind. */
const patientQuietMs = 6_000;
const patienceMs = 30_000;
/** So long after something was removed the scheduler has heard of it: Pods and Nodes reach it on watches of their own. */
const heardMs = 250;

interface LivePod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly nodeName?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] };
}

/** Makes the namespaces, their service accounts and the RuntimeClass of every case. */
export async function schedulerWorld(controlPlane: ControlPlane): Promise<SchedulerWorld> {
  const send = async (method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<unknown> => {
    const contentType = method === "PATCH" ? { contentType: "application/merge-patch+json" } : {};
    const answer = await controlPlane.request({ method, path, ...(body === undefined ? {} : { body }), ...contentType });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)} for ${JSON.stringify(body)}`);
    return answer.body;
  };
  const live = async (): Promise<readonly LivePod[]> =>
    ((await send("GET", "/api/v1/pods")) as { readonly items: readonly LivePod[] }).items;
  for (const [name, labels] of [...namespaces, [daemonNamespace, {}] as const]) {
    await send("POST", "/api/v1/namespaces", { metadata: { name, labels } });
    await send("POST", `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: "default" } });
  }
  const runtimeClass = { metadata: { name: sandbox.runtimeClassName }, handler: "sandbox", overhead: { podFixed: sandbox.overhead } };
  await send("POST", "/apis/node.k8s.io/v1/runtimeclasses", runtimeClass);

  const create = (pod: Pod) => send("POST", `/api/v1/namespaces/${pod.metadata.namespace ?? ""}/pods`, pod);
  const look = async (names: ReadonlySet<string>): Promise<readonly (Seen & { readonly isTried: boolean })[]> =>
    (await live()).filter(({ metadata }) => names.has(metadata.name)).map(seenPod);

  return {
    stand: async (sites) => {
      await Promise.all(sites.map((site) => standNode(send, site)));
      await Promise.all(sites.flatMap((site) => runningOn(site).map(create)));
    },
    schedule: async (pods, { bindAll }) => {
      for (const { pod, pinnedTo } of pods) await create({ ...pod, spec: pinnedTo === undefined ? pod.spec : pinned(pod.spec, pinnedTo) });
      const names = new Set(pods.map(({ pod }) => pod.metadata.name ?? ""));
      const until = Date.now() + patienceMs;
      let [bound, since] = [-1, Date.now()];
      for (;;) {
        const seen = await look(names);
        const now = seen.filter(({ nodeName }) => nodeName !== undefined).length;
        if (now > bound) [bound, since] = [now, Date.now()];
        const isQuiet = Date.now() - since > (bindAll ? patientQuietMs : quietMs) && seen.every(({ isTried }) => isTried);
        if (bound === pods.length || isQuiet || Date.now() > until) return seen;
        await pause(pollMs);
      }
    },
    refuse: async (pods) => {
      for (const pod of pods) await create(pod);
      const names = new Set(pods.map(({ metadata }) => metadata.name ?? ""));
      const until = Date.now() + patienceMs;
      for (;;) {
        const seen = await look(names);
        if (seen.every(({ isTried }) => isTried) || Date.now() > until) return seen;
        await pause(pollMs);
      }
    },
    removePods: async (seen) => {
      const names = new Set(seen.map(({ name }) => name));
      const found = (await live()).filter(({ metadata }) => names.has(metadata.name));
      await Promise.all(
        found.map(({ metadata }) => send("DELETE", `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}?gracePeriodSeconds=0`)),
      );
      await pause(heardMs);
    },
    clear: async () => {
      for (const name of [...namespaces.keys(), daemonNamespace])
        await send("DELETE", `/api/v1/namespaces/${name}/pods?gracePeriodSeconds=0`);
      await send("DELETE", "/api/v1/nodes");
      await pause(heardMs);
    },
  };
}

type Send = (method: "POST" | "PATCH", path: string, body: unknown) => Promise<unknown>;

/** Admission taints a new Node as not ready; nobody takes that off but us. */
async function standNode(send: Send, site: Site): Promise<void> {
  const { name, labels, taints, accepting } = site;
  const amounts = quantities(site.allocatable);
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

/** A Pod that may go to one Node only: each of its terms asks for that Node's name too. */
function pinned(spec: PodSpec, nodeName: string): PodSpec {
  const byName = { key: "metadata.name", operator: "In" as const, values: [nodeName] };
  const own = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  const nodeSelectorTerms = own.map((term) => ({ ...term, matchFields: [...(term.matchFields ?? []), byName] }));
  const nodeAffinity = { ...spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
  return { ...spec, affinity: { ...spec.affinity, nodeAffinity } };
}

function seenPod({ metadata, spec, status }: LivePod): Seen & { readonly isTried: boolean } {
  const condition = status?.conditions?.find(({ type }) => type === "PodScheduled");
  return {
    name: metadata.name,
    nodeName: spec.nodeName,
    says: condition?.message ?? "",
    isTried: spec.nodeName !== undefined || condition?.status === "False",
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
