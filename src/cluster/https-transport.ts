/**
 * ApiTransport over node:https: the API server of a real cluster.
 *
 * Reads a KubeConfig and requests. Returns answers and watch lines; nothing is thrown, since a broken network is an
 * everyday answer. Keep-alive connections: a TLS handshake costs more CPU than most requests. What is safe is tried
 * again within the request's time: GETs on 429, 5xx and no answer; every method on a 429 that says nothing was started. A list that is
 * read item by item has that time for each silence, since its length is the objects'; what breaks it off is its caller's to mend, who
 * can ask for less.
 * A watch that goes silent is given up: a half-open connection would else be a copy that never learns anything again.
 */
import type { ApiAnswer, ApiRequest, ApiTransport, Clock, WatchLine } from "../api/ports.ts";
import { backoffMs } from "./backoff.ts";
import { credentialSource } from "./http-credentials.ts";
import type { ConnectionConfig, CredentialSource } from "./http-credentials.ts";
import { decodeStatus, noAnswer, openExchange, readAnswer, readList } from "./http-exchange.ts";
import type { Exchanged } from "./http-exchange.ts";
import { watchLinesOf } from "./watch-lines.ts";

export interface HttpsTransportOptions {
  /** A client-node KubeConfig, loaded by the composition root. */
  readonly kubeConfig: ConnectionConfig;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  /** For requests that name no time of their own; all tries together. Default 30 s. */
  readonly requestTimeoutMs?: number;
  /** A watch without a byte for this long is broken off. Default 120 s, after the reflector's own limit. */
  readonly watchQuietMaxMs?: number;
  /** A list that is read item by item takes no longer than this, bytes or not. Default 3 minutes: a continue token lives for five. */
  readonly listMaxMs?: number;
  readonly answerMaxBytes?: number;
}

const triesMax = 4;
const retryBaseMs = 200;
/** A server may ask for patience, but not for more than this. */
const retryDelayMaxMs = 10_000;
/** etcd's limit for one object is 1.5 MiB; JSON may be several times as long. */
const objectMaxBytes = 16 * 1024 * 1024;
/** What is not read item by item is one object, or a list that the API server keeps short (kinds, a node's figures). */
const defaultAnswerMaxBytes = 4 * objectMaxBytes;

interface Connection extends Required<HttpsTransportOptions> {
  readonly credentials: CredentialSource;
}

/** Opens a transport; `close` ends its idle connections. */
export function httpsTransport(options: HttpsTransportOptions): ApiTransport & { close(): void } {
  const connection: Connection = {
    requestTimeoutMs: 30_000,
    watchQuietMaxMs: 120_000,
    listMaxMs: 180_000,
    answerMaxBytes: defaultAnswerMaxBytes,
    ...options,
    credentials: credentialSource(options.kubeConfig, () => options.clock.now()),
  };
  return {
    request: (request) => requestWithin(connection, request),
    watch: ({ onOpen, ...request }) => watchLines(connection, { ...request, method: "GET" }, { stop: request.signal, onOpen }),
    close: () => {
      connection.credentials.close();
    },
  };
}

/** Sends a request, with its retries, inside one time limit. */
async function requestWithin(connection: Connection, request: ApiRequest): Promise<ApiAnswer> {
  const timeoutMs = request.timeoutMs ?? connection.requestTimeoutMs;
  const limit = new AbortController();
  const abort = (): void => {
    limit.abort();
  };
  const timer = setTimeout(abort, timeoutMs);
  const lastsUntil = connection.clock.now() + connection.listMaxMs;
  // Of a list, each byte is progress.
  const onBytes = (): void => {
    if (connection.clock.now() < lastsUntil) timer.refresh();
  };
  request.signal?.addEventListener("abort", abort, { once: true });
  if (request.signal?.aborted === true) limit.abort();
  try {
    return await requestWithRetries(connection, request, { signal: limit.signal, onBytes });
  } catch (error) {
    if (request.signal?.aborted === true) return noAnswer("the request was cancelled");
    if (limit.signal.aborted) return noAnswer(`no answer within ${timeoutMs} ms`);
    return noAnswer(messageOf(error));
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener("abort", abort);
  }
}

async function requestWithRetries(connection: Connection, request: ApiRequest, limit: Limit): Promise<ApiAnswer> {
  const { signal } = limit;
  for (let tries = 1; ; tries++) {
    const { answer, notStarted, isBrokenOff } = await requestOnce(connection, request, limit);
    if (answer.ok || tries >= triesMax || isBrokenOff === true) return answer;
    // The server saw no valid user, so it did nothing: once more with what is on disk now.
    const refreshed = answer.status === 401 && tries === 1;
    if (refreshed) connection.credentials.forget();
    const transient = request.method === "GET" && (answer.status === 0 || answer.status === 429 || answer.status >= 500);
    if (!refreshed && !transient && !notStarted) return answer;
    const askedMs = (answer.error.details?.retryAfterSeconds ?? 0) * 1_000;
    const delayMs = backoffMs(tries, { baseMs: retryBaseMs, delayMaxMs: retryDelayMaxMs, random: connection.random });
    await connection.clock.sleep(Math.min(retryDelayMaxMs, Math.max(askedMs, delayMs)), signal);
    // Out of time while waiting: the server's own answer says more than "no answer".
    if (signal.aborted) return answer;
  }
}

interface Limit {
  readonly signal: AbortSignal;
  readonly onBytes: () => void;
}

async function requestOnce(
  connection: Connection,
  request: ApiRequest,
  { signal, onBytes }: Limit,
): Promise<Exchanged & { readonly isBrokenOff?: boolean }> {
  let isItemByItem = false;
  try {
    const credentials = await connection.credentials.current();
    const response = await openExchange(request, { credentials, agent: credentials.agent, userAgent: connection.userAgent, signal });
    const { answerMaxBytes } = connection;
    const { itemOf, readLarge } = request;
    isItemByItem = itemOf !== undefined;
    return itemOf === undefined
      ? await readAnswer(response, answerMaxBytes)
      : await readList(response, { itemOf, readLarge, itemMaxBytes: objectMaxBytes, answerMaxBytes, onBytes });
  } catch (error) {
    if (signal.aborted) throw error;
    return { answer: noAnswer(messageOf(error)), notStarted: false, isBrokenOff: isItemByItem };
  }
}

/** Streams one watch; whatever breaks it comes as a last line of type ERROR, except the caller's own abort. */
async function* watchLines(
  connection: Connection,
  request: ApiRequest,
  { stop, onOpen }: { readonly stop: AbortSignal; readonly onOpen: (() => void) | undefined },
): AsyncGenerator<WatchLine> {
  const isStopped = (): boolean => stop.aborted;
  if (isStopped()) return;
  const watch = new AbortController();
  const abort = (): void => {
    watch.abort();
  };
  stop.addEventListener("abort", abort, { once: true });
  // Restarted at each byte; also bounds the wait for the response's head.
  const silence = setTimeout(abort, connection.watchQuietMaxMs);
  try {
    const credentials = await connection.credentials.current();
    const response = await openExchange(request, {
      credentials,
      agent: credentials.watchAgent,
      userAgent: connection.userAgent,
      signal: watch.signal,
    });
    if (response.statusCode !== 200) {
      yield await refusedWatch(connection, response);
      return;
    }
    onOpen?.();
    const onBytes = (): void => {
      silence.refresh();
    };
    const { readLarge } = request;
    for await (const line of watchLinesOf(response, { lineMaxBytes: objectMaxBytes, onBytes, readLarge })) yield decodeLine(line);
  } catch (error) {
    if (isStopped()) return;
    yield { type: "ERROR", error: noAnswer(watch.signal.aborted ? "the watch went silent" : messageOf(error)).error };
  } finally {
    clearTimeout(silence);
    stop.removeEventListener("abort", abort);
    watch.abort();
  }
}

async function refusedWatch(connection: Connection, response: Parameters<typeof readAnswer>[0]): Promise<WatchLine> {
  const { answer } = await readAnswer(response, connection.answerMaxBytes);
  if (answer.ok) return { type: "ERROR", error: noAnswer(`a watch was answered with HTTP ${answer.status}`).error };
  if (answer.status === 401) connection.credentials.forget();
  return { type: "ERROR", error: answer.error };
}

/** The API server writes the lines; one that is no JSON has thrown, and ended the watch as a broken connection does. */
function decodeLine(value: unknown): WatchLine {
  const line = value as { readonly type: WatchLine["type"]; readonly object: unknown };
  return line.type === "ERROR" ? { type: "ERROR", error: decodeStatus(line.object, 0) } : { type: line.type, object: line.object };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
