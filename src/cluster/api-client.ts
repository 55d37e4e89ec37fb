/**
 * The ApiClient over any ApiTransport: paths, content types, paging and the reading of answers.
 *
 * Reads typed calls, returns Results. A codec: it trusts that the API server validated what it stores, so a decoded
 * object of a kind is taken to have that kind's shape (`as`, here only). It never retries: transports retry what is safe,
 * controllers come again with a fresh observation.
 */
import type { ApiClient, Applied, DeleteOptions, EvictionOutcome, ListOptions, PatchBody, WriteOptions } from "../api/api-client.ts";
import type { ApiStatus } from "../api/api-status.ts";
import { apiVersionOf, kindTable, resourcePath } from "../api/kinds.ts";
import type { KindInfo, KindName, KindObjects } from "../api/kinds.ts";
import type { ObjectKey } from "../api/object.ts";
import type { ApiAnswer, ApiRequest, ApiTransport } from "../api/ports.ts";
import { err, ok } from "../api/result.ts";
import type { Result } from "../api/result.ts";
import { pagedList } from "./paged-list.ts";
import { decodeObject } from "./wire-object.ts";

/** The eviction API's own hint (registry/core/pod/storage/eviction.go) where an answer carries none. */
const evictionRetryMs = 10_000;

const jsonPatchType = "application/json-patch+json";
const mergePatchType = "application/merge-patch+json";
/** YAML by name; JSON is YAML, and the in-process server needs no parser for it. */
const applyPatchType = "application/apply-patch+yaml";

/** Makes an ApiClient; `domain` is the API group of our own kinds. */
export function apiClient({ transport, domain }: { readonly transport: ApiTransport; readonly domain: string }): ApiClient {
  const kinds = kindTable(domain);
  const pathOf = (kind: KindName, key: Partial<ObjectKey>, subresource?: string): string => kindPath(kinds[kind], key, subresource);

  const send = async <K extends KindName>(request: ApiRequest): Promise<Result<KindObjects[K], ApiStatus>> => {
    const answer = await transport.request(request);
    // The API server answers reads and writes of a kind with an object of that kind.
    return answer.ok ? ok(answer.body as KindObjects[K]) : err(answer.error);
  };
  const applyTo = <K extends KindName>(
    kind: K,
    target: { readonly object: Applied<K>; readonly options: WriteOptions; readonly subresource?: string },
  ) =>
    send<K>({
      method: "PATCH",
      path: pathOf(kind, target.object.metadata, target.subresource),
      query: { ...writeQuery(target.options), force: "true" },
      contentType: applyPatchType,
      body: { ...target.object, apiVersion: apiVersionOf(kinds[kind]), kind },
    });

  return {
    get: (kind, key) => send({ method: "GET", path: pathOf(kind, key) }),
    list: (kind, options) => listAll({ transport, info: kinds[kind], options: options ?? {} }),
    create: (kind, object, options) =>
      send({
        method: "POST",
        path: pathOf(kind, { namespace: object.metadata.namespace ?? "" }),
        query: writeQuery(options),
        body: object,
      }),
    replace: (kind, object, options) =>
      send({ method: "PUT", path: pathOf(kind, object.metadata), query: writeQuery(options), body: object }),
    apply: (kind, object, options) => applyTo(kind, { object, options }),
    applyStatus: (kind, object, options) => applyTo(kind, { object, options, subresource: "status" }),
    patch: (kind, key, options) =>
      send({ method: "PATCH", path: pathOf(kind, key, options.subresource), query: writeQuery(options), ...patchContent(options.body) }),
    delete: async (kind, key, options) =>
      deleteAnswer(await transport.request({ method: "DELETE", path: pathOf(kind, key), body: deleteBody(options ?? {}) }), options ?? {}),
    evict: async (pod) => evictionOutcome(await transport.request(evictionRequest(pathOf("Pod", pod, "eviction"), pod))),
    request: (request) => transport.request(request),
  };
}

/** Returns the path of a kind's collection or object with every name escaped, so that no name can leave its segment. */
export function kindPath(info: KindInfo, key: { readonly namespace?: string; readonly name?: string }, subresource?: string): string {
  return resourcePath(info, {
    namespace: encodeURIComponent(key.namespace ?? ""),
    ...(key.name === undefined ? {} : { name: encodeURIComponent(key.name) }),
    ...(subresource === undefined ? {} : { subresource }),
  });
}

async function listAll<K extends KindName>(of: {
  readonly transport: ApiTransport;
  readonly info: KindInfo;
  readonly options: ListOptions;
}): Promise<Result<readonly KindObjects[K][], ApiStatus>> {
  const { namespace, labelSelector, fieldSelector } = of.options;
  const path = kindPath(of.info, { namespace: namespace ?? "" });
  const selectors = { ...(labelSelector ? { labelSelector } : {}), ...(fieldSelector ? { fieldSelector } : {}) };
  const objects: KindObjects[K][] = [];
  const decode = (item: unknown): KindObjects[K] | undefined => decodeObject(item, of.info) as KindObjects[K] | undefined;
  const listed = await pagedList({ transport: of.transport, path, query: selectors, isPaged: true, decode }, (item) => {
    if (item !== undefined) objects.push(item);
    return true;
  });
  return listed.kind === "failed" ? err(listed.status) : ok(objects);
}

function writeQuery(options: WriteOptions | undefined): Readonly<Record<string, string>> {
  return {
    ...(options?.fieldManager === undefined ? {} : { fieldManager: options.fieldManager }),
    ...(options?.dryRun === true ? { dryRun: "All" } : {}),
  };
}

function patchContent(body: PatchBody): Pick<ApiRequest, "body" | "contentType"> {
  return body.kind === "json" ? { contentType: jsonPatchType, body: body.operations } : { contentType: mergePatchType, body: body.patch };
}

function deleteBody({ uid, resourceVersion, gracePeriodSeconds, propagationPolicy }: DeleteOptions): object {
  const preconditions = { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
  };
}

function deleteAnswer(answer: ApiAnswer, options: DeleteOptions): Result<"deleted" | "gone", ApiStatus> {
  if (answer.ok) return ok("deleted");
  // With the uid as the only precondition, a conflict can only mean that another object has the name now.
  const replaced = answer.status === 409 && options.uid !== undefined && options.resourceVersion === undefined;
  return answer.status === 404 || replaced ? ok("gone") : err(answer.error);
}

function evictionRequest(path: string, pod: Parameters<ApiClient["evict"]>[0]): ApiRequest {
  const deleteOptions = deleteBody({
    uid: pod.uid,
    ...(pod.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: pod.gracePeriodSeconds }),
  });
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { namespace: pod.namespace, name: pod.name }, deleteOptions };
  return { method: "POST", path, body, ...(pod.dryRun === true ? { query: { dryRun: "All" } } : {}) };
}

function evictionOutcome(answer: ApiAnswer): EvictionOutcome {
  if (answer.ok) return { kind: "evicted" };
  if (answer.status === 404 || answer.status === 409) return { kind: "gone" };
  if (answer.status === 0) return { kind: "unanswered", status: answer.error };
  if (answer.status !== 429) return { kind: "refused", status: answer.error };
  const seconds = answer.error.details?.retryAfterSeconds;
  return { kind: "blocked", retryAfterMs: seconds === undefined ? evictionRetryMs : seconds * 1_000, status: answer.error };
}
