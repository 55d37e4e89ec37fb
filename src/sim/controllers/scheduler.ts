/**
 * The scheduler of the embedded world: binds Pods to Nodes, and says why one can't be.
 *
 * Reads Pods and Nodes as they are now. Binds through the API. A Pod that fits nowhere gets PodScheduled=False, reason
 * Unschedulable, with kube-scheduler's own summary, and is looked at again when a Node or another Pod changes.
 */
import type { Pod } from "../../api/pod.ts";
import { isTerminal } from "../../kube/pod-state.ts";
import { timeText } from "../../kube/time-text.ts";
import type { ApiServer } from "../api-server.ts";
import { type Again, done, failed, type WorldController } from "./control-loop.ts";
import { type OccupiedNode, softSkew, unfitReason } from "./node-fit.ts";
import { changed, keyOf, settled, worldClient, type WorldClient } from "./world-client.ts";

/** Returns the scheduler. */
export function scheduler(server: ApiServer): WorldController {
  const client = worldClient(server, "kube-scheduler");
  const pending = (): readonly string[] => client.list("Pod").filter(isWaiting).map(keyOf);
  return {
    name: "scheduler",
    watches: {
      pods: (event) => {
        const pod = changed(event, "Pod");
        if (event.type !== "DELETED" && isWaiting(pod)) return [keyOf(pod)];
        // Room has come free, or a Pod that others wait for has found its place.
        return event.type === "DELETED" || isTerminal(pod) || wasBound(event.previous, pod) ? pending() : [];
      },
      nodes: () => pending(),
    },
    reconcile: async (key) => {
      const pod = client.get("Pod", key);
      return pod !== undefined && isWaiting(pod) ? place(client, pod) : done;
    },
  };
}

function isWaiting(pod: Pod): boolean {
  return (
    pod.spec.nodeName === undefined &&
    pod.metadata.deletionTimestamp === undefined &&
    !isTerminal(pod) &&
    (pod.spec.schedulingGates ?? []).length === 0 &&
    (pod.spec.schedulerName ?? "default-scheduler") === "default-scheduler"
  );
}

function wasBound(previous: unknown, pod: Pod): boolean {
  const before = (previous as Pod | undefined)?.spec.nodeName;
  return before === undefined && pod.spec.nodeName !== undefined;
}

async function place(client: WorldClient, pod: Pod): Promise<Again> {
  const all = occupiedNodes(client);
  const reasons = new Map<string, number>();
  const fitting: OccupiedNode[] = [];
  for (const on of all) {
    const reason = unfitReason(pod, on, all);
    if (reason === undefined) fitting.push(on);
    else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  const [best] = fitting
    .map((on) => ({ on, skew: softSkew(pod, on, all), load: on.pods.length }))
    .sort((a, b) => a.skew - b.skew || a.load - b.load || ((a.on.node.metadata.name ?? "") < (b.on.node.metadata.name ?? "") ? -1 : 1));
  if (best === undefined) return tellUnschedulable(client, pod, { nodes: all.length, reasons });
  const target = { apiVersion: "v1", kind: "Node", name: best.on.node.metadata.name };
  const binding = { apiVersion: "v1", kind: "Binding", metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace }, target };
  const bound = await client.post("Pod", pod, "binding", binding);
  if (!bound.ok) return bound.status === 404 || bound.status === 409 ? done : failed;
  const message = `Successfully assigned ${keyOf(pod)} to ${target.name ?? ""}`;
  await client.tell(pod, { type: "Normal", reason: "Scheduled", message });
  return done;
}

function occupiedNodes(client: WorldClient): readonly OccupiedNode[] {
  const byNode = new Map<string, Pod[]>();
  for (const pod of client.list("Pod")) {
    if (pod.spec.nodeName === undefined || isTerminal(pod)) continue;
    const pods = byNode.get(pod.spec.nodeName);
    if (pods === undefined) byNode.set(pod.spec.nodeName, [pod]);
    else pods.push(pod);
  }
  return client.list("Node").map((node) => ({ node, pods: byNode.get(node.metadata.name ?? "") ?? [] }));
}

async function tellUnschedulable(
  client: WorldClient,
  pod: Pod,
  { nodes, reasons }: { readonly nodes: number; readonly reasons: ReadonlyMap<string, number> },
): Promise<Again> {
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  const message = `0/${nodes} nodes are available${parts.length === 0 ? "" : `: ${parts.join(", ")}`}.`;
  const known = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (known?.status === "False" && known.message === message) return done;
  const condition = {
    type: "PodScheduled",
    status: "False",
    reason: "Unschedulable",
    message,
    lastProbeTime: null,
    lastTransitionTime: known?.lastTransitionTime ?? timeText(client.now()),
  };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
  const written = await client.patch("Pod", pod, { status: { conditions: [...others, condition] } }, "status");
  await client.tell(pod, { type: "Warning", reason: "FailedScheduling", message });
  return settled(written) ? done : failed;
}
