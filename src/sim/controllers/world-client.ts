/**
 * The world's controllers as clients: typed reads of the store, writes through the API under a service account's name.
 *
 * Reads the store (never stale). Writes as the real controllers do: the same user names, so that admission sees who acts.
 */
import { assert } from "../../api/assert.ts";
import type { ApiStatus } from "../../api/api-status.ts";
import { apiVersionOf, kindTable, resourcePath, type KindInfo, type KindName, type KindObjects } from "../../api/kinds.ts";
import type { KubeObject, ObjectMeta } from "../../api/object.ts";
import type { ApiAnswer, ApiTransport, Instant } from "../../api/ports.ts";
import { timeText } from "../../kube/time-text.ts";
import type { ApiServer } from "../api-server.ts";
import { inProcessTransport } from "../in-process-door.ts";
import { storageName } from "../built-in-resources.ts";
import type { ServedResource } from "../served-resource.ts";
import type { StoreEvent } from "../store.ts";

/** One controller's access to the world. */
export interface WorldClient {
  now(): Instant;
  list<K extends KindName>(kind: K, namespace?: string): readonly KindObjects[K][];
  get<K extends KindName>(kind: K, key: string): KindObjects[K] | undefined;
  /** True once the write has happened; a refused one is told as an Event by the caller, or tried again. */
  create(kind: KindName, object: KubeObject): Promise<ApiAnswer>;
  patch(kind: KindName, object: KubeObject, patch: object, subresource?: string): Promise<ApiAnswer>;
  remove(kind: KindName, object: KubeObject, options?: { readonly gracePeriodSeconds?: number }): Promise<ApiAnswer>;
  /** Posts to a subresource, such as a Pod's binding. */
  post(kind: KindName, object: KubeObject, subresource: string, body: object): Promise<ApiAnswer>;
  /** Deletes an object of any served resource, whether or not our code knows its kind. */
  removeServed(served: ServedResource, metadata: ObjectMeta): Promise<ApiAnswer>;
  /** Puts to a subresource, such as a Namespace's finalize. */
  put(kind: KindName, object: KubeObject, subresource: string, body: object): Promise<ApiAnswer>;
  /** Tells an Event on an object; best effort. */
  tell(
    object: KubeObject,
    event: { readonly type: "Normal" | "Warning"; readonly reason: string; readonly message: string },
  ): Promise<void>;
}

const kinds = kindTable();

/** Returns a client that acts as a component: "replicaset-controller" is a service account, "kube-scheduler" a user of its own. */
export function worldClient(server: ApiServer, component: string): WorldClient {
  const transport = inProcessTransport(server, { user: userOf(component), userAgent: component });
  const request = (method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body: object, contentType?: string): Promise<ApiAnswer> =>
    transport.request({ method, path, body, ...(contentType === undefined ? {} : { contentType }) });
  return {
    now: () => server.clock.now(),
    list: (kind, namespace) => server.store.list(storageOf(kinds[kind]), namespace) as unknown as KindObjects[typeof kind][],
    get: (kind, key) => server.store.get({ resource: storageOf(kinds[kind]), ...keyParts(key) }) as KindObjects[typeof kind] | undefined,
    create: (kind, object) => request("POST", pathOf(kinds[kind], { namespace: object.metadata.namespace }), withType(kinds[kind], object)),
    patch: (kind, object, patch, subresource) =>
      request("PATCH", pathOf(kinds[kind], object.metadata, subresource), patch, "application/merge-patch+json"),
    remove: (kind, object, options = {}) =>
      request("DELETE", pathOf(kinds[kind], object.metadata), {
        kind: "DeleteOptions",
        apiVersion: "v1",
        propagationPolicy: "Background",
        preconditions: { uid: object.metadata.uid },
        ...options,
      }),
    removeServed: (served, metadata) =>
      request("DELETE", pathOf(served, metadata), {
        kind: "DeleteOptions",
        apiVersion: "v1",
        propagationPolicy: "Background",
        ...(metadata.uid === undefined ? {} : { preconditions: { uid: metadata.uid } }),
      }),
    put: (kind, object, subresource, body) => request("PUT", pathOf(kinds[kind], object.metadata, subresource), body),
    post: (kind, object, subresource, body) => request("POST", pathOf(kinds[kind], object.metadata, subresource), body),
    tell: (object, event) => tellEvent({ server, transport, component }, object, event),
  };
}

/** Returns "namespace/name" of an object, the key of every world controller. */
export function keyOf({ metadata }: { readonly metadata: ObjectMeta }): string {
  return `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;
}

/** Returns the object of a change, under the type that its resource has. */
export function changed<K extends KindName>(event: StoreEvent, kind: K): KindObjects[K] {
  assert(event.object["kind"] === kind, `a change of ${event.resource} is one of a ${kind}`);
  return event.object as unknown as KindObjects[K];
}

/** Is true where a write has happened, or its object is already as it should be: gone, or made before. */
export function settled(answer: ApiAnswer): boolean {
  return answer.ok || answer.status === 404 || isExisting(answer.error);
}

function isExisting(status: ApiStatus): boolean {
  return status.reason === "AlreadyExists";
}

function userOf(component: string): { readonly username: string; readonly groups: readonly string[] } {
  if (component.startsWith("kube-") || component.startsWith("system:")) {
    return { username: component.startsWith("system:") ? component : `system:${component}`, groups: ["system:authenticated"] };
  }
  return {
    username: `system:serviceaccount:kube-system:${component}`,
    groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
  };
}

function storageOf(info: KindInfo): string {
  return storageName(info.group, info.resource);
}

function keyParts(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

function pathOf(
  info: Parameters<typeof resourcePath>[0],
  at: { readonly namespace?: string | undefined; readonly name?: string },
  subresource?: string,
): string {
  return resourcePath(info, {
    ...(at.namespace === undefined ? {} : { namespace: at.namespace }),
    ...(at.name === undefined ? {} : { name: at.name }),
    ...(subresource === undefined ? {} : { subresource }),
  });
}

function withType(info: KindInfo, object: KubeObject): KubeObject {
  return { ...object, apiVersion: apiVersionOf(info), kind: info.kind };
}

interface Teller {
  readonly server: ApiServer;
  readonly transport: ApiTransport;
  readonly component: string;
}

/** One Event an object, reason and message, counted up when it is told again. */
async function tellEvent(
  { server, transport, component }: Teller,
  object: KubeObject,
  event: { readonly type: "Normal" | "Warning"; readonly reason: string; readonly message: string },
): Promise<void> {
  const namespace = object.metadata.namespace ?? "default";
  const { apiVersion, kind, metadata } = object;
  const involvedObject = { apiVersion, kind, name: metadata.name, namespace: metadata.namespace, uid: metadata.uid };
  const now = timeText(server.clock.now());
  const same = server.store
    .list("events", namespace)
    .map((known) => known as unknown as StoredEvent)
    .find((known) => known.involvedObject.uid === metadata.uid && known.reason === event.reason && known.message === event.message);
  if (same !== undefined) {
    await transport.request({
      method: "PATCH",
      path: `/api/v1/namespaces/${namespace}/events/${same.metadata.name ?? ""}`,
      contentType: "application/merge-patch+json",
      body: { count: (same.count ?? 1) + 1, lastTimestamp: now },
    });
    return;
  }
  const body = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: `${metadata.name ?? "object"}.`, namespace },
    involvedObject,
    ...event,
    source: { component },
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
  };
  await transport.request({ method: "POST", path: `/api/v1/namespaces/${namespace}/events`, body });
}

interface StoredEvent extends KubeObject {
  readonly involvedObject: { readonly uid?: string };
  readonly reason: string;
  readonly message: string;
  readonly count?: number;
}
