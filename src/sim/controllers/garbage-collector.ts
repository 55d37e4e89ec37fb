/**
 * The garbage collector of the embedded world: what a gone owner leaves behind goes too, and a terminating namespace empties.
 *
 * Reads owner references of the kinds below, and every namespaced resource that is served. Deletes an object once none of its
 * owners exists any more, and every object of a namespace that is being deleted, then the namespace.
 */
import type { KindName } from "../../api/kinds.ts";
import type { KubeObject, ObjectMeta } from "../../api/object.ts";
import type { ApiServer } from "../api-server.ts";
import { arrayAt, stringAt, type JsonObject } from "../json.ts";
import type { ServedResource } from "../served-resource.ts";
import type { StoreEvent } from "../store.ts";
import { type Again, done, failed, type WorldController } from "./control-loop.ts";
import { changed, keyOf, settled, worldClient, type WorldClient } from "./world-client.ts";

const ownedKinds = ["ReplicaSet", "Pod", "Job", "PodDisruptionBudget", "NodeClaim", "Node"] as const satisfies readonly KindName[];
const ownerResources = [
  "deployments.apps",
  "replicasets.apps",
  "replicationcontrollers",
  "jobs.batch",
  "cronjobs.batch",
  "statefulsets.apps",
  "workloadprofiles.platform.example.com",
  "nodepools.karpenter.sh",
  "nodeclaims.karpenter.sh",
];

/** Returns the collector of owned objects. Keys are the uids of owners that went. */
export function garbageCollector(server: ApiServer): WorldController {
  const client = worldClient(server, "generic-garbage-collector");
  const goneOwner = (event: StoreEvent): readonly string[] => {
    const uid = stringAt(event.object, "metadata", "uid");
    return event.type === "DELETED" && uid !== undefined ? [uid] : [];
  };
  // What is made after its owner went is garbage from the start.
  const absentOwners = ({ type, object }: StoreEvent): readonly string[] => {
    if (type !== "ADDED") return [];
    const owners = arrayAt(object, "metadata", "ownerReferences").flatMap((owner) => stringAt(owner, "uid") ?? []);
    return owners.filter((uid) => !ownerStands(server, uid));
  };
  const watches = new Map(ownerResources.map((resource) => [resource, goneOwner]));
  watches.set("nodeclaims.karpenter.sh", (event) => [...goneOwner(event), ...absentOwners(event)]);
  return { name: "garbage-collector", watches: Object.fromEntries(watches), reconcile: (uid) => collect(client, uid) };
}

function ownerStands({ store }: ApiServer, uid: string): boolean {
  return ownerResources.some((resource) => store.list(resource).some((object) => stringAt(object, "metadata", "uid") === uid));
}

async function collect(client: WorldClient, uid: string): Promise<Again> {
  for (const kind of ownedKinds) {
    for (const object of client.list(kind)) {
      const owners = object.metadata.ownerReferences ?? [];
      if (!owners.some((owner) => owner.uid === uid) || owners.length > 1) continue;
      if (!settled(await client.remove(kind, object))) return failed;
    }
  }
  return done;
}

const emptyingMs = 200;

/** Returns the controller that empties and ends terminating namespaces. */
export function namespaceController(server: ApiServer): WorldController {
  const client = worldClient(server, "namespace-controller");
  return {
    name: "namespace",
    watches: { namespaces: (event) => [keyOf(changed(event, "Namespace"))] },
    reconcile: async (key) => {
      const namespace = client.get("Namespace", key);
      if (namespace?.metadata.deletionTimestamp === undefined) return done;
      return empty(server, client, namespace);
    },
  };
}

async function empty(server: ApiServer, client: WorldClient, namespace: KubeObject): Promise<Again> {
  let left = 0;
  for (const served of namespacedResources(server)) {
    for (const object of server.store.list(served.storage, namespace.metadata.name)) {
      left += 1;
      if (stringAt(object, "metadata", "deletionTimestamp") !== undefined) continue;
      await client.removeServed(served, metadataOf(object));
    }
  }
  if (left > 0) return { kind: "after", delayMs: emptyingMs };
  // The namespace's own finalizer is in spec; the subresource that clears it is what ends it.
  const finalized = { ...namespace, spec: { finalizers: [] } };
  return settled(await client.put("Namespace", namespace, "finalize", finalized)) ? done : failed;
}

/** Every namespaced resource that is served now, once where two versions share its objects. */
function namespacedResources({ registry }: ApiServer): readonly ServedResource[] {
  const byStorage = new Map(registry.all().map((served) => [served.storage, served]));
  return [...byStorage.values()].filter(({ namespaced, readOnly }) => namespaced && !readOnly);
}

function metadataOf(object: JsonObject): ObjectMeta {
  const [namespace, name, uid] = ["namespace", "name", "uid"].map((field) => stringAt(object, "metadata", field) ?? "");
  return { ...(namespace ? { namespace } : {}), ...(name ? { name } : {}), ...(uid ? { uid } : {}) };
}
