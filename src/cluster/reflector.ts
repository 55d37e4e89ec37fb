/**
 * Reflector: keeps a sink equal to one collection of the API server, for as long as it is not told to stop.
 *
 *      +--------------- expired (410), fault ----------------+
 *      v                                                     |
 *   LIST pages --> sink.replace --> WATCH from its version --+
 *      |  ^                           |        ^
 *      +--+ failed: back off          +--------+ ended, broken or quiet: again from the last version seen
 *
 * Reads ApiTransport and Clock. Writes to the sink: one `replace` with the whole list, then single changes. It never ends
 * by itself: every failure is reported and tried again with backoff, since a stale copy of the cluster is worse than a
 * late one. Bookmarks move the version of a quiet watch on, so that resuming it rarely needs a relist.
 */
import type { ApiStatus } from "../api/api-status.ts";
import type { KindInfo } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";
import type { ApiRequest, ApiTransport, Clock, WatchLine } from "../api/ports.ts";
import { heldPartOf } from "../kube/held-part.ts";
import { kindPath } from "./api-client.ts";
import { backoffMs } from "./backoff.ts";
import { heldObject } from "./held-object.ts";
import { heldReader } from "./held-reader.ts";
import { pagedList } from "./paged-list.ts";
import { decodeObject, resourceVersionOf } from "./wire-object.ts";

/** Where a reflector writes. */
export interface ReflectorSink {
  replace(objects: readonly KubeObject[]): void;
  put(object: KubeObject): void;
  remove(object: KubeObject): void;
}

/** What went wrong, for a log line and a counter; the reflector has already decided what to do about it. */
export interface ReflectorTrouble {
  readonly kind: "list-failed" | "watch-expired" | "watch-broken" | "watch-quiet" | "fault";
  readonly resource: string;
  readonly message: string;
  readonly status?: ApiStatus;
}

export interface ReflectorOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly info: KindInfo;
  readonly sink: ReflectorSink;
  readonly signal: AbortSignal;
  /** Returns a number in [0, 1): spreads the restarts of many watches. */
  readonly random: () => number;
  readonly onTrouble: (trouble: ReflectorTrouble) => void;
  /** Called whenever the copy is known to be of now: after a list, when a watch opens, and at each of its lines. */
  readonly onAlive?: () => void;
  /** A watch without any line for this long is taken for dead. Default 90 s: the API server sends bookmarks about each minute. */
  readonly quietMaxMs?: number;
}

/** After this many lists that expired between two pages, the list is asked for whole: slow, but it cannot expire. */
const pagedListsMax = 3;
const watchSecondsMin = 240;
const watchSecondsSpread = 60;
/** A watch that ends sooner and without a line counts as failed: a server or proxy that closes at once must not be hammered. */
const watchShortMs = 1_000;
const defaultQuietMaxMs = 90_000;
const backoffBaseMs = 500;
const backoffMaxMs = 30_000;
/** A reason of one's own spares the error, with its stack, that an abort makes else. */
const watchOver = "the watch is over";

/** Runs a reflector until the signal aborts; the promise never rejects. */
export async function runReflector(options: ReflectorOptions): Promise<void> {
  let version: string | undefined;
  let failures = 0;
  while (!options.signal.aborted) {
    const round: Round = await nextRound(options, version).catch((fault: unknown) => faultRound(options, fault));
    version = round.version;
    failures = round.progressed ? 0 : failures;
    if (round.kind === "ok") continue;
    failures++;
    const delayMs = backoffMs(failures, { baseMs: backoffBaseMs, delayMaxMs: backoffMaxMs, random: options.random });
    await options.clock.sleep(Math.max(delayMs, Math.min(round.retryAfterMs, backoffMaxMs)), options.signal);
  }
}

/** One list or one watch: whether to go on at once, the version to go on from (undefined: list again), and whether it brought anything. */
interface Round {
  readonly kind: "ok" | "failed";
  readonly version: string | undefined;
  readonly progressed: boolean;
  readonly retryAfterMs: number;
}

function nextRound(options: ReflectorOptions, version: string | undefined): Promise<Round> {
  return version === undefined ? listRound(options) : watchRound(options, version);
}

function faultRound(options: ReflectorOptions, fault: unknown): Round {
  report(options, "fault", { message: fault instanceof Error ? fault.message : String(fault) });
  return { kind: "failed", version: undefined, progressed: false, retryAfterMs: 0 };
}

async function listRound(options: ReflectorOptions): Promise<Round> {
  for (let lists = 0; ; lists++) {
    const listed = await listOnce(options, lists < pagedListsMax);
    if (listed.kind === "listed") {
      if (!options.signal.aborted) options.sink.replace(listed.objects);
      options.onAlive?.();
      // A list alone is no progress: a collection whose every watch fails must be listed ever more rarely.
      return { kind: "ok", version: listed.version, progressed: false, retryAfterMs: 0 };
    }
    if (listed.status.code === 410 && lists < pagedListsMax) continue;
    if (!options.signal.aborted) report(options, "list-failed", { message: messageOf(listed.status), status: listed.status });
    return { kind: "failed", version: undefined, progressed: false, retryAfterMs: retryAfterMsOf(listed.status) };
  }
}

type Listed =
  | { readonly kind: "listed"; readonly objects: readonly KubeObject[]; readonly version: string }
  | { readonly kind: "failed"; readonly status: ApiStatus };

async function listOnce({ transport, info, signal }: ReflectorOptions, isPaged: boolean): Promise<Listed> {
  const objects: KubeObject[] = [];
  const listed = await pagedList(
    { transport, path: kindPath(info, {}), signal, isPaged, decode: (item) => heldFrom(item, info), ...readingLarge(info) },
    (item) => {
      if (item !== undefined && isHeld(item)) objects.push(item);
      return item !== undefined;
    },
  );
  if (listed.kind === "failed") return listed;
  if (listed.kind === "stopped") return { kind: "failed", status: { code: 0, message: "the list holds an item without a name" } };
  return { kind: "listed", objects, version: listed.version };
}

/** What is kept of an object as the API server wrote it. */
function heldFrom(value: unknown, info: KindInfo): KubeObject | undefined {
  const object = decodeObject(value, info);
  return object === undefined ? undefined : heldObject(object);
}

/** A tenant writes objects in namespaces: what is large is never parsed whole. */
function readingLarge(info: KindInfo): Pick<ApiRequest, "readLarge"> {
  return info.namespaced ? { readLarge: () => heldReader(info) } : {};
}

/** Of some objects too little could be held; a view does as if they were not there. */
function isHeld(object: KubeObject): boolean {
  return heldPartOf(object) !== "name";
}

async function watchRound(options: ReflectorOptions, from: string): Promise<Round> {
  const { clock, signal } = options;
  const startedAt = clock.now();
  const watch = new AbortController();
  const stop = (): void => {
    watch.abort(watchOver);
  };
  signal.addEventListener("abort", stop, { once: true });
  const progress: Progress = { version: from, lines: 0, lastLineAt: startedAt };
  const watchdog = abortWhenQuiet({ options, watch, progress });
  try {
    const end = await followWatch(options, { signal: watch.signal, progress });
    const round = { version: progress.version, progressed: progress.lines > 0, retryAfterMs: 0 };
    if (signal.aborted) return { kind: "ok", ...round };
    if (watch.signal.aborted) {
      report(options, "watch-quiet", { message: "the watch brought no line for too long" });
      return { kind: "ok", ...round, progressed: true };
    }
    if (end === undefined) {
      const short = progress.lines === 0 && clock.now() - startedAt < watchShortMs;
      return { kind: short ? "failed" : "ok", ...round, progressed: !short };
    }
    const expired = end.code === 410;
    report(options, expired ? "watch-expired" : "watch-broken", { message: messageOf(end), status: end });
    return { kind: "failed", ...round, version: expired ? undefined : round.version, retryAfterMs: retryAfterMsOf(end) };
  } finally {
    signal.removeEventListener("abort", stop);
    watch.abort(watchOver);
    await watchdog;
  }
}

interface Progress {
  version: string;
  lines: number;
  lastLineAt: number;
}

/** Follows one watch to its end; the status is why it broke, undefined when the server ended it. */
async function followWatch(
  { transport, info, sink, clock, random, onAlive }: ReflectorOptions,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: Progress },
): Promise<ApiStatus | undefined> {
  const query = {
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: progress.version,
    timeoutSeconds: String(watchSecondsMin + Math.floor(random() * watchSecondsSpread)),
  };
  for await (const line of transport.watch({
    path: kindPath(info, {}),
    query,
    signal,
    ...readingLarge(info),
    ...(onAlive === undefined ? {} : { onOpen: onAlive }),
  })) {
    if (line.type === "ERROR") return line.error;
    // What arrives after the stop is dropped; the next watch begins at the version before it.
    if (signal.aborted) return undefined;
    takeLine(line, { info, sink });
    progress.lines++;
    progress.lastLineAt = clock.now();
    onAlive?.();
    progress.version = resourceVersionOf(line.object) || progress.version;
  }
  return undefined;
}

function takeLine(line: Exclude<WatchLine, { readonly type: "ERROR" }>, { info, sink }: Pick<ReflectorOptions, "info" | "sink">): void {
  if (line.type === "BOOKMARK") return;
  const object = heldFrom(line.object, info);
  // Thrown, as a fault: what we now hold may be wrong, so only a fresh list can be trusted.
  if (object === undefined) throw new Error(`the watch of ${info.resource} brought an object without a name`);
  if (line.type === "DELETED" || !isHeld(object)) sink.remove(object);
  else sink.put(object);
}

/** Aborts the watch when no line came for too long; one sleep per silence, not one per line. */
async function abortWhenQuiet(of: {
  readonly options: ReflectorOptions;
  readonly watch: AbortController;
  readonly progress: Progress;
}): Promise<void> {
  const { clock, quietMaxMs = defaultQuietMaxMs } = of.options;
  while (!of.watch.signal.aborted) {
    const leftMs = of.progress.lastLineAt + quietMaxMs - clock.now();
    if (leftMs <= 0) {
      of.watch.abort(watchOver);
      return;
    }
    await clock.sleep(leftMs, of.watch.signal);
  }
}

function report(
  options: ReflectorOptions,
  kind: ReflectorTrouble["kind"],
  what: { readonly message: string; readonly status?: ApiStatus },
): void {
  options.onTrouble({ kind, resource: options.info.resource, ...what });
}

function messageOf(status: ApiStatus): string {
  return status.message ?? status.reason ?? `status ${status.code}`;
}

function retryAfterMsOf(status: ApiStatus): number {
  return (status.details?.retryAfterSeconds ?? 0) * 1_000;
}
