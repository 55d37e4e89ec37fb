/**
 * A small API server behind the ApiTransport port: collections with resourceVersions, paged lists, watches with bookmarks,
 * 410, optimistic locks, and the faults that a test asks for. A twin of what the plumbing meets, not of Kubernetes.
 */
import type { ApiStatus } from "../../src/api/api-status.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { ApiAnswer, ApiRequest, ApiTransport, WatchLine } from "../../src/api/ports.ts";

type Stored = KubeObject & Record<string, unknown>;

interface Logged {
  readonly version: number;
  readonly line: WatchLine;
  readonly collection: string;
}

interface OpenWatch {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  push(line: WatchLine | "end"): void;
}

export interface ApiTwin extends ApiTransport {
  /** Every request and watch so far: "GET /api/v1/pods?limit=500", "WATCH /api/v1/pods?resourceVersion=4". */
  readonly calls: readonly string[];
  put(path: string, object: KubeObject): KubeObject;
  remove(path: string): void;
  get(path: string): Stored | undefined;
  version(): number;
  /** Sends a bookmark of the present version on every open watch. */
  bookmark(): void;
  /** Breaks every open watch as a reset connection does, or lets it end in peace. */
  breakWatches(how: "reset" | "end"): void;
  openWatches(): number;
  /** Forgets history up to now: continue tokens and older watch versions are answered with 410. */
  compact(): void;
  /** The next calls for which the function returns an answer get that one; it is asked until it returns "off". */
  fail(how: (call: string) => ApiStatus | undefined | "off"): void;
  /** Called with every request and watch as it comes: puts something between a page and the next, such as a write. */
  onCall(hook: (call: string) => void): void;
}

export function apiTwin({ pageMax = Infinity }: { readonly pageMax?: number } = {}): ApiTwin {
  const objects = new Map<string, Stored>();
  const log: Logged[] = [];
  const watches = new Set<OpenWatch>();
  const calls: string[] = [];
  let version = 1;
  let compactedTo = 0;
  let failure: ((call: string) => ApiStatus | undefined | "off") | undefined;
  let hook: (call: string) => void = () => undefined;

  const emit = (path: string, line: WatchLine): void => {
    log.push({ version, line, collection: collectionOf(path) });
    for (const watch of watches) if (covers(watch.path, path)) watch.push(line);
  };
  const put = (path: string, object: KubeObject): Stored => {
    const known = objects.get(path);
    version++;
    const uid = known?.metadata.uid ?? object.metadata.uid ?? `uid-${version}`;
    const stored: Stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(version) } };
    objects.set(path, stored);
    emit(path, { type: known === undefined ? "ADDED" : "MODIFIED", object: stored });
    return stored;
  };
  const remove = (path: string): Stored | undefined => {
    const known = objects.get(path);
    if (known === undefined) return undefined;
    version++;
    objects.delete(path);
    emit(path, { type: "DELETED", object: { ...known, metadata: { ...known.metadata, resourceVersion: String(version) } } });
    return known;
  };
  const failureOf = (call: string): ApiStatus | undefined => {
    const answer = failure?.(call);
    if (answer !== "off") return answer;
    failure = undefined;
    return undefined;
  };

  const list = (request: ApiRequest): ApiAnswer => {
    const all = [...objects].filter(([path]) => covers(request.path, path)).sort(([a], [b]) => (a < b ? -1 : 1));
    const [at, from] = (request.query?.continue ?? `${version}:0`).split(":").map(Number);
    if ((at ?? 0) < compactedTo) return refusal(410, "Expired", "The provided continue parameter is too old");
    const limit = Math.min(Number(request.query?.limit ?? Infinity), request.query?.limit === undefined ? Infinity : pageMax);
    const end = (from ?? 0) + limit;
    // Typed lists carry no kind on their items.
    const items = all.slice(from, end).map(([, object]) => ({ ...object, apiVersion: undefined, kind: undefined }));
    const metadata = { resourceVersion: String(at), ...(end < all.length ? { continue: `${at}:${end}` } : {}) };
    return { ok: true, status: 200, body: { kind: "List", apiVersion: "v1", metadata, items } };
  };
  const write = (request: ApiRequest): ApiAnswer => {
    const body = request.body as Stored;
    if (request.method === "POST") {
      const path = `${request.path}/${body.metadata.name ?? ""}`;
      if (objects.has(path)) return refusal(409, "AlreadyExists", `${path} already exists`);
      return { ok: true, status: 201, body: put(path, body) };
    }
    const known = objects.get(request.path);
    if (known === undefined) return refusal(404, "NotFound", `${request.path} not found`);
    if (request.method === "DELETE") return { ok: true, status: 200, body: remove(request.path) };
    if (request.method === "PATCH")
      return { ok: true, status: 200, body: put(request.path, { ...known, ...body, metadata: known.metadata }) };
    const { resourceVersion } = body.metadata;
    if (resourceVersion !== undefined && resourceVersion !== known.metadata.resourceVersion)
      return refusal(409, "Conflict", "the object has been modified");
    return { ok: true, status: 200, body: put(request.path, body) };
  };

  return {
    calls,
    put,
    remove: (path) => void remove(path),
    get: (path) => objects.get(path),
    version: () => version,
    bookmark: () => {
      for (const watch of watches) watch.push({ type: "BOOKMARK", object: { metadata: { resourceVersion: String(version) } } });
    },
    breakWatches: (how) => {
      const reset: WatchLine = { type: "ERROR", error: { code: 0, message: "socket hang up" } };
      for (const watch of watches) {
        if (how === "reset") watch.push(reset);
        watch.push("end");
      }
    },
    openWatches: () => watches.size,
    compact: () => {
      version++;
      compactedTo = version;
    },
    fail: (how) => (failure = how),
    onCall: (how) => (hook = how),
    request: async (request) => {
      const call = callOf(request.method, request);
      calls.push(call);
      hook(call);
      await Promise.resolve();
      const failed = failureOf(call);
      if (failed !== undefined) return { ok: false, status: failed.code, error: failed };
      if (request.method !== "GET") return write(request);
      const one = objects.get(request.path);
      if (one !== undefined) return { ok: true, status: 200, body: one };
      return isObjectPath(request.path) ? refusal(404, "NotFound", `${request.path} not found`) : list(request);
    },
    async *watch(request) {
      const call = callOf("WATCH", request);
      calls.push(call);
      hook(call);
      const failed = failureOf(call);
      if (failed !== undefined) {
        yield { type: "ERROR", error: failed };
        return;
      }
      const from = Number(request.query?.resourceVersion);
      if (from < compactedTo) {
        yield { type: "ERROR", error: { code: 410, reason: "Expired", message: "too old resource version" } };
        return;
      }
      const channel = lineChannel(request.signal);
      const watch: OpenWatch = {
        path: request.path,
        query: request.query ?? {},
        push: (line) => {
          channel.push(line);
        },
      };
      for (const logged of log) if (logged.version > from && logged.collection === request.path) channel.push(logged.line);
      watches.add(watch);
      try {
        yield* channel.lines();
      } finally {
        watches.delete(watch);
      }
    },
  };
}

function lineChannel(signal: AbortSignal): { push(line: WatchLine | "end"): void; lines(): AsyncGenerator<WatchLine> } {
  const queue: (WatchLine | "end")[] = [];
  let wake = (): void => undefined;
  signal.addEventListener(
    "abort",
    () => {
      wake();
    },
    { once: true },
  );
  return {
    push: (line) => {
      queue.push(line);
      wake();
    },
    async *lines() {
      for (;;) {
        if (signal.aborted) return;
        const line = queue.shift();
        if (line === "end") return;
        if (line !== undefined) yield line;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}

function refusal(code: number, reason: string, message: string): ApiAnswer {
  return { ok: false, status: code, error: { code, reason, message } };
}

function callOf(verb: string, request: Pick<ApiRequest, "path" | "query">): string {
  const query = Object.entries(request.query ?? {}).filter(([name]) => !["watch", "allowWatchBookmarks", "timeoutSeconds"].includes(name));
  return `${verb} ${request.path}${query.length === 0 ? "" : `?${query.map(([name, value]) => `${name}=${value}`).join("&")}`}`;
}

/** /api/v1/pods covers /api/v1/namespaces/shop/pods/web, as a list over all namespaces does. */
function covers(listPath: string, objectPath: string): boolean {
  return collectionOf(objectPath) === listPath || objectPath.slice(0, objectPath.lastIndexOf("/")) === listPath;
}

function collectionOf(objectPath: string): string {
  return objectPath.slice(0, objectPath.lastIndexOf("/")).replace(/\/namespaces\/[^/]+/, "");
}

function isObjectPath(path: string): boolean {
  const [, api, ...rest] = path.split("/");
  const parts = rest.slice(api === "api" ? 1 : 2);
  return parts[0] === "namespaces" && parts.length > 1 ? parts.length === 4 : parts.length === 2;
}
