/**
 * Watches: the changes of a collection as they happen.
 *
 * Reads the store's history from the asked revision and its events from then on. Yields watch lines until the caller's signal, the
 * timeoutSeconds of the query, or a queue that grows too long ends it. An object that leaves the selection is told as DELETED, one that enters
 * it as ADDED. A revision older than the history is an ERROR line with 410, as from the real watch cache.
 */
import type { WatchLine } from "../api/ports.ts";
import { err, ok } from "../api/result.ts";
import { expired, statusBody } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import { servedForm } from "./event-versions.ts";
import { stringAt, withValue, type JsonObject } from "./json.ts";
import { selectionOf, type Selection } from "./selection.ts";
import { apiVersionOf } from "./served-resource.ts";
import type { StoreEvent } from "./store.ts";

/** A watcher that lags by more lines than this is ended, so that memory stays bounded; the client lists again. */
const queuedLinesMax = 100_000;
const bookmarkEveryMs = 60_000;
/** A reason of one's own spares the error, with its stack, that an abort makes else. */
const watchEnded = "the watch has ended";

/** Starts a watch of a collection. */
export function watchObjects(call: Call): Outcome<AsyncIterable<WatchLine>> {
  const { query } = call.request;
  const selected = selectionOf(query, call.served);
  if (!selected.ok) return selected;
  const asked = query["resourceVersion"] ?? "";
  if (asked !== "" && !/^\d+$/.test(asked)) {
    const parsing = `strconv.ParseUint: parsing ${JSON.stringify(asked)}: invalid syntax`;
    return err({ code: 500, message: `resourceVersion: Invalid value: ${JSON.stringify(asked)}: ${parsing}` });
  }
  return ok(watchLines(call, selected.value));
}

async function* watchLines(call: Call, selection: Selection): AsyncGenerator<WatchLine> {
  const { server, request } = call;
  const queue = createQueue();
  const stop = server.store.subscribe(call.served.storage, (event) => {
    queue.push(...linesOf(event, call, selection));
  });
  const ended = new AbortController();
  const end = (): void => {
    ended.abort(watchEnded);
    queue.close();
  };
  request.signal?.addEventListener("abort", end);
  if (request.signal?.aborted === true) end();
  startTimers({ call, queue, ended, end });
  try {
    queue.unshift(...firstLines(call, selection));
    for (;;) {
      const line = await queue.next();
      if (line === undefined) return;
      yield line;
      if (line.type === "ERROR") return;
    }
  } finally {
    stop();
    end();
    request.signal?.removeEventListener("abort", end);
  }
}

/** Ends the watch after timeoutSeconds, and sends bookmarks where the client takes them. */
function startTimers(watch: {
  readonly call: Call;
  readonly queue: LineQueue;
  readonly ended: AbortController;
  readonly end: () => void;
}): void {
  const { call, queue, ended, end } = watch;
  const { clock, store } = call.server;
  const timeoutSeconds = Number(call.request.query["timeoutSeconds"] ?? "0");
  if (timeoutSeconds > 0) void clock.sleep(timeoutSeconds * 1000, ended.signal).then(end);
  if (call.request.query["allowWatchBookmarks"] !== "true") return;
  const bookmark = async (): Promise<void> => {
    await clock.sleep(bookmarkEveryMs, ended.signal);
    while (!ended.signal.aborted) {
      queue.push({ type: "BOOKMARK", object: bookmarkBody(call, store.revision(), false) });
      await clock.sleep(bookmarkEveryMs, ended.signal);
    }
  };
  void bookmark();
}

/** What comes before the live events: the present objects, or the history since the asked revision. */
function firstLines(call: Call, selection: Selection): readonly WatchLine[] {
  const { server, served, request } = call;
  const asked = request.query["resourceVersion"] ?? "";
  const sendsInitial = request.query["sendInitialEvents"] === "true";
  if (asked === "" || asked === "0" || sendsInitial) {
    const present = server.store
      .list(served.storage, call.namespace === "" ? undefined : call.namespace)
      .filter(selection)
      .map((object): WatchLine => ({ type: "ADDED", object: servedForm(object, served) }));
    if (!sendsInitial || request.query["allowWatchBookmarks"] !== "true") return present;
    return [...present, { type: "BOOKMARK", object: bookmarkBody(call, server.store.revision(), true) }];
  }
  const events = server.store.eventsAfter(served.storage, Number(asked));
  if (events === undefined) {
    return [{ type: "ERROR", error: expired(`too old resource version: ${asked} (${server.store.revision()})`) }];
  }
  return events.flatMap((event) => linesOf(event, call, selection));
}

function bookmarkBody(call: Call, revision: number, initialEventsEnd: boolean): JsonObject {
  return {
    kind: call.served.kind,
    apiVersion: apiVersionOf(call.served),
    metadata: {
      resourceVersion: String(revision),
      ...(initialEventsEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
    },
  };
}

function linesOf(event: StoreEvent, call: Call, selection: Selection): readonly WatchLine[] {
  const { object, previous } = event;
  if (call.namespace !== "" && stringAt(object, "metadata", "namespace") !== call.namespace) return [];
  const was = previous !== undefined && selection(previous);
  const is = event.type !== "DELETED" && selection(object);
  if (!was && !is) return [];
  if (was && is) return [{ type: "MODIFIED", object: servedForm(object, call.served) }];
  return [{ type: is ? "ADDED" : "DELETED", object: servedForm(is ? object : leaving(event), call.served) }];
}

/** An object that leaves is told as it was last, with the revision of its leaving. */
function leaving({ object, previous, type }: StoreEvent): JsonObject {
  if (type === "DELETED" || previous === undefined) return object;
  const revision = stringAt(object, "metadata", "resourceVersion") ?? "";
  return withValue(previous, ["metadata", "resourceVersion"], revision);
}

interface LineQueue {
  push(...lines: readonly WatchLine[]): void;
  unshift(...lines: readonly WatchLine[]): void;
  close(): void;
  /** The next line; undefined once the queue is closed. */
  next(): Promise<WatchLine | undefined>;
}

function createQueue(): LineQueue {
  const state: { lines: WatchLine[]; at: number; closed: boolean; wake: (() => void) | undefined } = {
    lines: [],
    at: 0,
    closed: false,
    wake: undefined,
  };
  const wake = (): void => {
    state.wake?.();
    state.wake = undefined;
  };
  return {
    push: (...lines) => {
      if (lines.length === 0) return;
      state.lines.push(...lines);
      if (state.lines.length - state.at > queuedLinesMax) state.closed = true;
      wake();
    },
    unshift: (...lines) => {
      state.lines = [...lines, ...state.lines.slice(state.at)];
      state.at = 0;
    },
    close: () => {
      state.closed = true;
      wake();
    },
    next: async () => {
      while (state.at >= state.lines.length) {
        if (state.closed) return undefined;
        state.lines = [];
        state.at = 0;
        await new Promise<void>((resolve) => {
          state.wake = resolve;
        });
      }
      if (state.closed) return undefined;
      state.at += 1;
      return state.lines[state.at - 1];
    },
  };
}

/** Returns a watch line as the wire carries it. */
export function lineBody(line: WatchLine): { readonly type: string; readonly object: unknown } {
  return line.type === "ERROR" ? { type: "ERROR", object: statusBody(line.error) } : { type: line.type, object: line.object };
}
