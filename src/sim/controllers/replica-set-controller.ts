/**
 * The ReplicaSet controller of the embedded world.
 *
 * Reads a ReplicaSet and its Pods. Makes missing Pods and removes surplus ones, the least useful first: not yet bound, then
 * not ready, then the youngest. A refused Pod is told as an Event on the ReplicaSet and tried again with backoff.
 */
import type { Pod } from "../../api/pod.ts";
import type { ReplicaSet } from "../../api/workload.ts";
import { controllerOf } from "../../kube/owner.ts";
import { isActive, isReady } from "../../kube/pod-state.ts";
import type { ApiServer } from "../api-server.ts";
import { type Again, done, failed, type WorldController } from "./control-loop.ts";
import { podOfTemplate } from "./pod-of-template.ts";
import { changed, keyOf, settled, worldClient, type WorldClient } from "./world-client.ts";

/** Returns the controller. */
export function replicaSetController(server: ApiServer): WorldController {
  const client = worldClient(server, "replicaset-controller");
  return {
    name: "replicaset",
    watches: {
      "replicasets.apps": (event) => [keyOf(changed(event, "ReplicaSet"))],
      pods: (event) => ownerKey(changed(event, "Pod")),
    },
    reconcile: async (key) => {
      const replicaSet = client.get("ReplicaSet", key);
      return replicaSet === undefined ? done : reconcile(client, replicaSet);
    },
  };
}

function ownerKey(pod: Pod): readonly string[] {
  const owner = controllerOf(pod);
  return owner?.kind === "ReplicaSet" ? [`${pod.metadata.namespace ?? ""}/${owner.name}`] : [];
}

async function reconcile(client: WorldClient, replicaSet: ReplicaSet): Promise<Again> {
  const pods = activePods(client, replicaSet);
  const wanted = replicaSet.spec.replicas ?? 1;
  if (replicaSet.metadata.deletionTimestamp === undefined) {
    for (let missing = wanted - pods.length; missing > 0; missing--) {
      const answer = await client.create("Pod", podOfTemplate(replicaSet));
      if (answer.ok) continue;
      const message = `Error creating: ${answer.error.message ?? "refused"}`;
      await client.tell(replicaSet, { type: "Warning", reason: "FailedCreate", message });
      return failed;
    }
    for (const pod of pods.toSorted(leastUsefulFirst).slice(0, Math.max(0, pods.length - wanted))) await client.remove("Pod", pod);
  }
  return (await writeStatus(client, replicaSet)) ? done : failed;
}

function activePods(client: WorldClient, { metadata }: ReplicaSet): readonly Pod[] {
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

async function writeStatus(client: WorldClient, replicaSet: ReplicaSet): Promise<boolean> {
  // The Pods as they are now: the ones just made or removed change the counts.
  const now = client.get("ReplicaSet", keyOf(replicaSet));
  if (now === undefined) return true;
  const active = activePods(client, replicaSet);
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
  return settled(await client.patch("ReplicaSet", now, { status }, "status"));
}
