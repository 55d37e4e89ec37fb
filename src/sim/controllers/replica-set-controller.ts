/**
 * The ReplicaSet controller of the embedded world, and the ReplicationController's, which works the same way.
 *
 * Reads a ReplicaSet and its Pods. Makes missing Pods and removes surplus ones, the least useful first: not yet bound, then
 * not ready, then the youngest. A refused Pod is told as an Event on its owner and tried again with backoff.
 */
import type { Pod } from "../../api/pod.ts";
import type { ReplicaSet, ReplicationController } from "../../api/workload.ts";
import { controllerOf } from "../../kube/owner.ts";
import { isActive, isReady } from "../../kube/pod-state.ts";
import type { ApiServer } from "../api-server.ts";
import { type Again, done, failed, type WorldController } from "./control-loop.ts";
import { podOfTemplate } from "./pod-of-template.ts";
import { changed, keyOf, settled, worldClient, type WorldClient } from "./world-client.ts";

type Kind = "ReplicaSet" | "ReplicationController";
type Replicated = ReplicaSet | ReplicationController;

/** Returns the controller of ReplicaSets. */
export function replicaSetController(server: ApiServer): WorldController {
  return controllerOfKind(server, { kind: "ReplicaSet", resource: "replicasets.apps" });
}

/** Returns the controller of ReplicationControllers. */
export function replicationControllerManager(server: ApiServer): WorldController {
  return controllerOfKind(server, { kind: "ReplicationController", resource: "replicationcontrollers" });
}

function controllerOfKind(server: ApiServer, { kind, resource }: { readonly kind: Kind; readonly resource: string }): WorldController {
  const name = kind === "ReplicaSet" ? "replicaset" : "replication";
  const client = worldClient(server, `${name}-controller`);
  return {
    name,
    watches: {
      [resource]: (event) => [keyOf(changed(event, kind))],
      pods: (event) => ownerKey(changed(event, "Pod"), kind),
    },
    reconcile: async (key) => {
      const owner = client.get(kind, key);
      return owner === undefined ? done : reconcile(client, owner, kind);
    },
  };
}

function ownerKey(pod: Pod, kind: Kind): readonly string[] {
  const owner = controllerOf(pod);
  return owner?.kind === kind ? [`${pod.metadata.namespace ?? ""}/${owner.name}`] : [];
}

async function reconcile(client: WorldClient, owner: Replicated, kind: Kind): Promise<Again> {
  const pods = activePods(client, owner);
  const wanted = owner.spec.replicas ?? 1;
  const { template } = owner.spec;
  if (owner.metadata.deletionTimestamp === undefined && template !== undefined) {
    for (let missing = wanted - pods.length; missing > 0; missing--) {
      const answer = await client.create("Pod", podOfTemplate({ ...owner, spec: { template } }));
      if (answer.ok) continue;
      const message = `Error creating: ${answer.error.message ?? "refused"}`;
      await client.tell(owner, { type: "Warning", reason: "FailedCreate", message });
      return failed;
    }
    for (const pod of pods.toSorted(leastUsefulFirst).slice(0, Math.max(0, pods.length - wanted))) await client.remove("Pod", pod);
  }
  return (await writeStatus(client, owner, kind)) ? done : failed;
}

function activePods(client: WorldClient, { metadata }: Replicated): readonly Pod[] {
  return client.list("Pod", metadata.namespace).filter((pod) => controllerOf(pod)?.uid === metadata.uid && isActive(pod));
}

/** The real controller's order, as far as this world has reasons to tell Pods apart. */
function leastUsefulFirst(a: Pod, b: Pod): number {
  const rank = (pod: Pod): number => (pod.spec.nodeName === undefined ? 0 : isReady(pod) ? 2 : 1);
  const age = (pod: Pod): string => pod.metadata.creationTimestamp ?? "";
  return (
    rank(a) - rank(b) || (age(a) < age(b) ? 1 : age(a) > age(b) ? -1 : 0) || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1)
  );
}

async function writeStatus(client: WorldClient, owner: Replicated, kind: Kind): Promise<boolean> {
  // The Pods as they are now: the ones just made or removed change the counts.
  const now = client.get(kind, keyOf(owner));
  if (now === undefined) return true;
  const active = activePods(client, owner);
  const ready = active.filter(isReady).length;
  const status = {
    replicas: active.length,
    fullyLabeledReplicas: active.length,
    readyReplicas: ready,
    availableReplicas: ready,
    observedGeneration: now.metadata.generation ?? 0,
  };
  const known = new Map(Object.entries(now.status ?? {}));
  if (Object.entries(status).every(([name, value]) => (known.get(name) ?? 0) === value)) return true;
  return settled(await client.patch(kind, now, { status }, "status"));
}
