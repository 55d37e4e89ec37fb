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
  /** It had to make room for others, or comes in crumbs. */
  | { readonly kind: "yielded"; readonly came: BodyStart };

/** What came of a body that was not read to its end. */
export interface BodyStart {
  readonly bytes: number;
  /** The first of them, of at most {@link headBytesMax}. */
  readonly head: Buffer;
}

export interface BodyLimits {
  readonly withinMs: number;
  readonly bytesMax?: number;
  /** Opens the book of what has come; `stop` ends the reading. */
  readonly open?: (stop: () => void) => Body;
}

/** Reads a request's body; past a limit the rest is discarded unread and the outcome says so. */
export function readBody(
  request: IncomingMessage,
  { withinMs, bytesMax = bodyBytesMax, open = unbooked }: BodyLimits,
): Promise<BodyOutcome> {
  return new Promise((settle) => {
    const chunks: Buffer[] = [];
    const body = open(() => {
      resolve({ kind: "yielded", came: startOf(chunks) });
    });
    // What came while the process was held is read before the body is called late.
    const timer = setTimeout(() => setImmediate(resolve, { kind: "late" }), withinMs);
    let isSettled = false;
    const resolve = (outcome: BodyOutcome): void => {
      // Every request closes in the end.
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      body.end();
      if (outcome.kind !== "read") {
        request.removeAllListeners("data");
        request.resume();
      }
      chunks.length = 0;
      settle(outcome);
    };
    if (Number(request.headers["content-length"] ?? 0) > bytesMax) {
      resolve({ kind: "too-large" });
      return;
    }
    const measure = measureOf(bytesMax);
    request.on("data", (chunk: Buffer) => {
      const problem = measure(chunk);
      if (problem !== undefined) {
        resolve(problem === "yielded" ? { kind: problem, came: startOf(chunks) } : { kind: problem });
        return;
      }
      chunks.push(chunk);
      body.add(chunk.length);
    });
    request.on("end", () => {
      const [only] = chunks;
      resolve({ kind: "read", bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks) });
    });
    for (const event of ["error", "close"])
      request.on(event, () => {
        resolve({ kind: "broken" });
      });
  });
}

function startOf(chunks: readonly Buffer[]): BodyStart {
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
  return { bytes, head: Buffer.concat(chunks, Math.min(bytes, headBytesMax)) };
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
