/**
 * The world of one simulated run: an API server in memory with its controllers, a NodePool on an EC2 of the same clock, and nothing running.
 *
 * Reads a clock and a seed. Returns the server, its doors and typed reads of what stands in it. Everything that is the same for all runs, such
 * as the compiled CRDs, is made once by `worldTemplate` and shared: a run must cost a few milliseconds, and nothing of one run may reach
 * another but what is never changed.
 */
import type { CrdKind } from "../../src/api/json-schema.ts";
import { crdOf } from "../../src/api/crd.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { KindName, KindObjects } from "../../src/api/kinds.ts";
import { kindTable } from "../../src/api/kinds.ts";
import type { ApiTransport } from "../../src/api/ports.ts";
import type { ApiServer } from "../../src/sim/api-server.ts";
import { storageName } from "../../src/sim/built-in-resources.ts";
import { inProcessTransport } from "../../src/sim/in-process-door.ts";
import { stringAt } from "../../src/sim/json.ts";
import { createRandom } from "../../src/sim/random.ts";
import type { Registry } from "../../src/sim/registry.ts";
import { createStore } from "../../src/sim/store.ts";
import { createVirtualClock, type VirtualClock } from "../../src/sim/virtual-clock.ts";
import { startWorld } from "../../src/sim/world.ts";

/** What all worlds share. */
export interface WorldTemplate {
  readonly registry: Registry;
  readonly firstObjects: readonly { readonly resource: string; readonly object: StoredObject }[];
}

/** What stood in a world at one moment, by resource. */
export type WorldBackup = ReadonlyMap<string, readonly StoredObject[]>;

type StoredObject = Parameters<ApiServer["store"]["create"]>[1];

export interface FaultWorld {
  readonly server: ApiServer;
  /** The administrator's door. */
  readonly transport: ApiTransport;
  /** Everything of a kind, as it stands now. */
  list<K extends KindName>(kind: K): readonly KindObjects[K][];
  /** Applies an object as an administrator; throws where the API server refuses it. */
  post(object: KubeObject): Promise<void>;
  patch(kind: KindName, key: { readonly namespace?: string; readonly name: string }, body: object, subresource?: string): Promise<void>;
  remove(kind: KindName, key: { readonly namespace?: string; readonly name: string }): Promise<void>;
  backup(): WorldBackup;
  /** Makes the world what it was, as an administrator does with a backup of etcd; what came later is gone without a trace. */
  restore(backup: WorldBackup): void;
}

const crds: readonly CrdKind[] = ["NodePool", "NodeClaim", "EC2NodeClass", "NodeOverlay", "CapacityBuffer", "WorkloadProfile"];
const kinds = kindTable();
const firstResources = ["namespaces", "priorityclasses.scheduling.k8s.io"];

/** Makes a world with the CRDs once, for its registry; costs what a hundred runs would. */
export async function worldTemplate(): Promise<WorldTemplate> {
  const world = startWorld({ clock: createVirtualClock(), seed: "template" });
  for (const kind of crds) {
    const body = crdOf(kind);
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const answer = await world.transport().request({ method: "POST", path, body });
    if (!answer.ok) throw new Error(`CRD of ${kind}: ${answer.error.message ?? ""}`);
  }
  const { store, registry } = world.server;
  registry.all();
  return { registry, firstObjects: firstResources.flatMap((resource) => store.list(resource).map((object) => ({ resource, object }))) };
}

/** Starts a world; no webhook is registered in it. */
export function startFaultWorld(
  template: WorldTemplate,
  { clock, seed }: { readonly clock: VirtualClock; readonly seed: string },
): FaultWorld {
  const callWebhook = () => Promise.reject(new Error("no webhook is registered in this world"));
  const server: ApiServer = { store: createStore(), clock, random: createRandom(seed), registry: template.registry, callWebhook };
  for (const { resource, object } of template.firstObjects) {
    server.store.create({ resource, namespace: "", name: stringAt(object, "metadata", "name") ?? "" }, object);
  }
  const transport = inProcessTransport(server);
  return { server, transport, ...worldActs({ server, transport }), ...backups(server.store) };
}

/** All that a run makes, but for Events. */
const keptKinds: readonly KindName[] = [
  ...(["NodePool", "NodeClaim", "EC2NodeClass", "Node", "Pod", "Deployment", "ReplicaSet", "PodDisruptionBudget"] as const),
];

function backups(store: ApiServer["store"]): Pick<FaultWorld, "backup" | "restore"> {
  const resources = keptKinds.map((kind) => storageName(kinds[kind].group, kinds[kind].resource));
  const keyOf = (resource: string, object: StoredObject) => ({
    ...{ resource, namespace: stringAt(object, "metadata", "namespace") ?? "", name: stringAt(object, "metadata", "name") ?? "" },
  });
  return {
    backup: () => new Map(resources.map((resource) => [resource, store.list(resource)])),
    restore: (backup) => {
      for (const resource of resources) {
        const kept = backup.get(resource) ?? [];
        const names = new Set(kept.map((object) => JSON.stringify(keyOf(resource, object))));
        for (const object of store.list(resource)) {
          const key = keyOf(resource, object);
          if (!names.has(JSON.stringify(key))) store.remove(key, object, undefined);
        }
        for (const object of kept) {
          const key = keyOf(resource, object);
          if (store.get(key) === undefined) store.create(key, object);
          else store.replace(key, object, undefined);
        }
      }
    },
  };
}

function worldActs({
  server,
  transport,
}: Pick<FaultWorld, "server" | "transport">): Pick<FaultWorld, "list" | "post" | "patch" | "remove"> {
  const pathOf = (
    kind: KindName,
    { namespace = "", name }: { readonly namespace?: string | undefined; readonly name?: string },
  ): string => {
    const { group, version, resource, namespaced } = kinds[kind];
    const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    return `${root}${namespaced ? `/namespaces/${namespace}` : ""}/${resource}${name === undefined ? "" : `/${name}`}`;
  };
  const send = async (request: Parameters<ApiTransport["request"]>[0]): Promise<void> => {
    const answer = await transport.request(request);
    if (!answer.ok && answer.status !== 404) throw new Error(`${request.method} ${request.path}: ${answer.error.message ?? ""}`);
  };
  return {
    list: <K extends KindName>(kind: K) =>
      server.store.list(storageName(kinds[kind].group, kinds[kind].resource)) as unknown as readonly KindObjects[K][],
    post: async (object) => {
      await send({ method: "POST", path: pathOf(kindOf(object), { namespace: object.metadata.namespace }), body: object });
    },
    patch: async (kind, key, body, subresource) => {
      const path = `${pathOf(kind, key)}${subresource === undefined ? "" : `/${subresource}`}`;
      await send({ method: "PATCH", path, contentType: "application/merge-patch+json", body });
    },
    remove: async (kind, key) => {
      await send({ method: "DELETE", path: pathOf(kind, key), body: { kind: "DeleteOptions", apiVersion: "v1" } });
    },
  };
}

function kindOf({ kind }: KubeObject): KindName {
  const known = Object.values(kinds).find((info) => info.kind === kind);
  if (known === undefined) throw new Error(`no kind ${kind}`);
  return known.kind;
}
