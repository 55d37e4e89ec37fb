/**
 * The body reader: all bytes of a request, up to a limit and until a deadline.
 *
 * Express's own JSON parser is three quarters of its cost a request (decompression, charsets, raw-body); the API server
 * sends plain UTF-8 JSON, so a capped concatenation is enough.
 */
import type { IncomingMessage } from "node:http";
import { headBytesMax } from "./review-head.ts";
import type { Body } from "./transit.ts";

/**
 * An UPDATE carries object and oldObject, each up to etcd's 1.5 MiB. Go writes each `<`, `>`, `&` and control character as six bytes of
 * JSON, and a body that is too large is a failed call, which fails open: so what can be stored must be readable.
 */
export const bodyBytesMax = 20 * 1024 * 1024;

/** Go writes pieces of a kilobyte and more; each costs as much as many bytes. A few may be small, as a network cuts them. */
const smallPiecesMax = 200;
const smallPieceBytes = 256;

export type BodyOutcome =
  | { readonly kind: "read"; readonly bytes: Buffer }
  | { readonly kind: "too-large" }
  | { readonly kind: "broken" }
  /** The rest had not come in time. */
  | { readonly kind: "late" }
  /** It had to make room for others, comes in crumbs, or its turn did not come; `head` is what came first, of at most {@link headBytesMax}. */
  | { readonly kind: "yielded"; readonly head: Buffer };

export interface BodyLimits {
  readonly withinMs: number;
  readonly bytesMax?: number;
  /** Opens the book of what has come; `stop` ends the reading. */
  readonly open?: (stop: () => void) => Body;
  /** Asked once the head of the body is here: nothing more is read before `go`; from then on `stop` is how the body is late. */
  readonly turn?: ((go: () => void, stop: () => void) => void) | undefined;
}

/** Reads a request's body; past a limit the rest is discarded or left unread, and the outcome says so. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyOutcome> {
  const { withinMs, bytesMax = bodyBytesMax, open = unbooked, turn } = limits;
  return new Promise((settle) => {
    const chunks: Buffer[] = [];
    const stop = (): void => {
      resolve({ kind: "yielded", head: headOf(chunks) });
    };
    const body = open(stop);
    // What came while the process was held is read before the body is called late.
    const timer = setTimeout(() => setImmediate(resolve, { kind: "late" }), withinMs);
    let isSettled = false;
    const resolve = (outcome: BodyOutcome): void => {
      // Every request closes in the end.
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      body.end();
      leaveRest(request, outcome);
      chunks.length = 0;
      settle(outcome);
    };
    if (Number(request.headers["content-length"] ?? 0) > bytesMax) {
      resolve({ kind: "too-large" });
      return;
    }
    const measure = measureOf(bytesMax);
    const headCame = onceAtHead(turn, () => {
      request.pause();
      clearTimeout(timer);
      turn?.(() => request.resume(), stop);
    });
    request.on("data", (chunk: Buffer) => {
      const problem = measure(chunk);
      if (problem === "yielded") stop();
      else if (problem !== undefined) resolve({ kind: problem });
      if (problem !== undefined) return;
      chunks.push(chunk);
      body.add(chunk.length);
      headCame(chunks);
    });
    request.on("end", () => {
      resolve({ kind: "read", bytes: wholeOf(chunks) });
    });
    for (const event of ["error", "close"])
      request.on(event, () => {
        resolve({ kind: "broken" });
      });
  });
}

/** A body that yields is not read further: its answer closes the connection. */
function leaveRest(request: IncomingMessage, { kind }: BodyOutcome): void {
  if (kind === "read") return;
  request.removeAllListeners("data");
  if (kind === "yielded") request.pause();
  else request.resume();
}

/** Calls back once, as soon as the head is among what has come. */
function onceAtHead(turn: BodyLimits["turn"], callback: () => void): (chunks: readonly Buffer[]) => void {
  let isOver = turn === undefined;
  return (chunks) => {
    if (isOver || sizeOf(chunks) < headBytesMax) return;
    isOver = true;
    callback();
  };
}

function wholeOf(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

function headOf(chunks: readonly Buffer[]): Buffer {
  return Buffer.concat(chunks, Math.min(sizeOf(chunks), headBytesMax));
}

function sizeOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

/** Says of each piece whether it is one too many. */
function measureOf(bytesMax: number): (chunk: Buffer) => "too-large" | "yielded" | undefined {
  let total = 0;
  let smallPieces = 0;
  return ({ length }) => {
    total += length;
    smallPieces += Number(length < smallPieceBytes);
    if (total > bytesMax) return "too-large";
    return smallPieces > smallPiecesMax ? "yielded" : undefined;
  };
}

const unbooked = (): Body => ({ add: () => undefined, end: () => undefined });
