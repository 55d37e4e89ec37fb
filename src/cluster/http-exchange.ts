/**
 * One HTTP exchange with the API server: bytes out, a bounded answer back.
 *
 * Reads an ApiRequest and credentials. Returns the response, its JSON, or a Status for everything that can go wrong. A
 * codec of answers: what a peer sends is decoded here, once (`as` on parsed JSON only).
 */
import http from "node:http";
import https from "node:https";
import type { ApiStatus } from "../api/api-status.ts";
import type { ApiAnswer, ApiRequest } from "../api/ports.ts";
import type { Credentials } from "./http-credentials.ts";
import { listItems } from "./list-items.ts";

/** An answer, and whether the API server turned the request away before doing anything (priority and fairness). */
export interface Exchanged {
  readonly answer: ApiAnswer;
  readonly notStarted: boolean;
}

/** Sends a request and resolves with its response's head; rejects on a network error or when the signal aborts. */
export function openExchange(
  request: ApiRequest,
  over: { readonly credentials: Credentials; readonly agent: http.Agent; readonly userAgent: string; readonly signal: AbortSignal },
): Promise<http.IncomingMessage> {
  const { server, headers, auth } = over.credentials;
  const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
  const query = new URLSearchParams(request.query).toString();
  // A kubeconfig's server may have a path of its own, as behind Rancher.
  const path = server.pathname.replace(/\/$/, "") + request.path + (query === "" ? "" : `?${query}`);
  const options: https.RequestOptions = {
    method: request.method,
    host: server.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: server.port === "" ? undefined : Number(server.port),
    path,
    agent: over.agent,
    signal: over.signal,
    headers: {
      ...headers,
      accept: "application/json",
      "user-agent": over.userAgent,
      ...(body === undefined ? {} : { "content-type": request.contentType ?? "application/json", "content-length": body.length }),
    },
    ...(auth === undefined ? {} : { auth }),
  };
  return new Promise((resolve, reject) => {
    const sent = server.protocol === "http:" ? http.request(options, resolve) : https.request(options, resolve);
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Reads a whole answer of at most `answerMaxBytes`; a longer one is given up with a Status. */
export async function readAnswer(response: http.IncomingMessage, answerMaxBytes: number): Promise<Exchanged> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerMaxBytes) {
      response.destroy();
      return { answer: noAnswer(`the answer is longer than ${answerMaxBytes} bytes`), notStarted: false };
    }
    chunks.push(chunk);
  }
  return decodeAnswer(response, Buffer.concat(chunks).toString("utf8"));
}

/**
 * Reads a list item by item, so that a page is never held whole; an item is bounded, their number is the API server's. What is no list
 * that was answered for (a Status, text) is read as any other answer.
 */
export async function readList(
  response: http.IncomingMessage,
  of: {
    readonly itemOf: NonNullable<ApiRequest["itemOf"]>;
    readonly readLarge: ApiRequest["readLarge"];
    readonly itemMaxBytes: number;
    readonly answerMaxBytes: number;
    readonly onBytes: () => void;
  },
): Promise<Exchanged> {
  const status = response.statusCode ?? 0;
  if (status >= 400 || !isJsonAnswer(response)) return readAnswer(response, of.answerMaxBytes);
  const items = listItems(of);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      of.onBytes();
      items.take(chunk);
    }
    return { answer: { ok: true, status, body: items.end() }, notStarted: false };
  } catch (error) {
    response.destroy();
    throw error;
  }
}

/** Returns the answer that stands for none: status 0 and the reason in words. */
export function noAnswer(message: string): Extract<ApiAnswer, { ok: false }> {
  return { ok: false, status: 0, error: { code: 0, reason: "NoAnswer", message } };
}

/** Reads a Status object; anything else becomes one with its text as the message. */
export function decodeStatus(body: unknown, code: number): ApiStatus {
  if (typeof body === "object" && body !== null) {
    const status = body as Partial<ApiStatus>;
    return { ...status, code: typeof status.code === "number" ? status.code : code };
  }
  return { code, message: typeof body === "string" ? body.slice(0, messageMax).trim() : `HTTP ${code}` };
}

const messageMax = 2_000;

function decodeAnswer(response: http.IncomingMessage, text: string): Exchanged {
  const status = response.statusCode ?? 0;
  const isJson = isJsonAnswer(response);
  const body = isJson ? parseJson(text) : { ok: true as const, value: text };
  if (!body.ok) return { answer: noAnswer(`the answer (HTTP ${status}) is not JSON: ${body.message}`), notStarted: false };
  if (status < 400) return { answer: { ok: true, status, body: body.value }, notStarted: false };
  const error = withRetryAfter(decodeStatus(body.value, status), response.headers["retry-after"]);
  // The filters in front of the API server answer 429 as text; a 429 with a Status is an answer to the request itself
  // (an eviction that a budget blocks), which its caller must see.
  return { answer: { ok: false, status, error }, notStarted: status === 429 && !isJson };
}

function isJsonAnswer({ headers }: http.IncomingMessage): boolean {
  return (headers["content-type"] ?? "").startsWith("application/json");
}

function withRetryAfter(status: ApiStatus, header: string | undefined): ApiStatus {
  const seconds = Number(header);
  if (header === undefined || !Number.isFinite(seconds) || status.details?.retryAfterSeconds !== undefined) return status;
  return { ...status, details: { ...status.details, retryAfterSeconds: seconds } };
}

function parseJson(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
