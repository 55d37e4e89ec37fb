/**
 * Answers as they go over HTTPS: bodies, Warning headers, watch lines.
 *
 * Reads an answer value. Writes it to a node:http response once; a client that is gone is no error.
 */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { ApiStatus } from "../api/api-status.ts";
import type { WatchLine } from "../api/ports.ts";
import { statusBody } from "./api-failure.ts";
import type { RestAnswer } from "./api-server.ts";
import type { JsonObject } from "./json.ts";
import { lineBody } from "./watch.ts";

/** The sum of warnings up to which each is sent whole, and the length to which each is cut beyond it (in characters). */
const warningsTotalMax = 4096;
const warningCutAt = 256;

/** Writes an object or a failure. */
export function writeAnswer(response: ServerResponse, answer: Exclude<RestAnswer, { kind: "watch" }> | RestAnswer): void {
  if (answer.kind === "object") writeObject(response, { ...answer, contentType: "application/json" });
  if (answer.kind === "failure") writeFailure(response, answer.failure, answer.warnings);
}

/** Writes an object. */
export function writeObject(
  response: ServerResponse,
  answer: { readonly status: number; readonly body: JsonObject; readonly warnings: readonly string[]; readonly contentType: string },
): void {
  if (response.headersSent) return;
  setWarnings(response, answer.warnings);
  const bytes = Buffer.from(`${JSON.stringify(answer.body)}\n`);
  response.writeHead(answer.status, {
    "Content-Type": answer.contentType,
    "Content-Length": bytes.length,
    "Cache-Control": "no-cache, private",
  });
  response.end(bytes);
}

/** Writes a failure as a Status; retryAfterSeconds becomes a header too. */
export function writeFailure(response: ServerResponse, failure: ApiStatus, warnings: readonly string[]): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  const retryAfter = failure.details?.retryAfterSeconds;
  if (retryAfter !== undefined) response.setHeader("Retry-After", String(retryAfter));
  writeObject(response, { status: failure.code, body: statusBody(failure), warnings, contentType: "application/json" });
}

/** Writes bytes of a type. */
export function writeBytes(
  response: ServerResponse,
  { bytes, contentType }: { readonly bytes: Buffer; readonly contentType: string },
): void {
  response.writeHead(200, { "Content-Type": contentType, "Content-Length": bytes.length });
  response.end(bytes);
}

/** Writes plain text. */
export function writeText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(text);
}

/** Writes the lines of a watch until they end or the client goes. */
export async function writeWatch(response: ServerResponse, lines: AsyncIterable<WatchLine>): Promise<void> {
  response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-cache, private" });
  response.flushHeaders();
  for await (const line of lines) {
    if (response.destroyed) return;
    if (!response.write(`${JSON.stringify(lineBody(line))}\n`)) await drained(response);
  }
  response.end();
}

/** Waits for room in the buffer, or for the client to go; the wait that loses stops listening. */
async function drained(response: ServerResponse): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race(["drain", "close"].map((event) => once(response, event, { signal: over.signal })));
  } finally {
    over.abort();
  }
}

/** Sets Warning headers as the real server does: a text with control characters is dropped, all are cut once their sum is too long. */
function setWarnings(response: ServerResponse, warnings: readonly string[]): void {
  const sendable = warnings.filter((text) => text !== "" && !hasControlCharacter(text));
  const total = sendable.reduce((sum, text) => sum + Array.from(text).length, 0);
  const texts = total <= warningsTotalMax ? sendable : cutWarnings(sendable);
  if (texts.length > 0)
    response.setHeader(
      "Warning",
      texts.map((text) => `299 - ${headerBytes(JSON.stringify(text))}`),
    );
}

function cutWarnings(texts: readonly string[]): readonly string[] {
  const cut = texts.map((text) => Array.from(text).slice(0, warningCutAt).join(""));
  let written = 0;
  return cut.filter((text) => {
    written += text.length;
    return written <= warningsTotalMax;
  });
}

function hasControlCharacter(text: string): boolean {
  return Array.from(text).some((character) => character < " " || character === "\u007f");
}

/** node:http takes header text as Latin-1; this way the bytes on the wire are UTF-8. */
function headerBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
