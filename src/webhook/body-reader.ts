/**
 * The body reader: all bytes of a request, up to a limit and until a deadline.
 *
 * Express's own JSON parser is three quarters of its cost a request (decompression, charsets, raw-body); the API server
 * sends plain UTF-8 JSON, so a capped concatenation is enough.
 */
import type { IncomingMessage } from "node:http";

/** An UPDATE carries object and oldObject, each up to etcd's 1.5 MiB and written longer as JSON (controller-runtime's limit). */
export const bodyBytesMax = 7 * 1024 * 1024;

export type BodyOutcome =
  | { readonly kind: "read"; readonly bytes: Buffer }
  | { readonly kind: "too-large" }
  | { readonly kind: "broken" }
  /** The rest had not come in time. */
  | { readonly kind: "late" };

/** Reads a request's body; past either limit the rest is discarded unread and the outcome says so. */
export function readBody(
  request: IncomingMessage,
  { withinMs, bytesMax = bodyBytesMax }: { readonly withinMs: number; readonly bytesMax?: number },
): Promise<BodyOutcome> {
  return new Promise((settle) => {
    const timer = setTimeout(() => {
      chunks.length = 0;
      resolve({ kind: "late" });
    }, withinMs);
    const resolve = (outcome: BodyOutcome): void => {
      clearTimeout(timer);
      settle(outcome);
    };
    const chunks: Buffer[] = [];
    const declared = Number(request.headers["content-length"] ?? 0);
    if (declared > bytesMax) {
      request.resume();
      resolve({ kind: "too-large" });
      return;
    }
    let total = 0;
    request.on("data", (chunk: Buffer) => {
      total += chunk.length;
      if (total > bytesMax) {
        chunks.length = 0;
        resolve({ kind: "too-large" });
        return;
      }
      chunks.push(chunk);
    });
    request.on("end", () => {
      const [only] = chunks;
      resolve({ kind: "read", bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks) });
    });
    request.on("error", () => {
      resolve({ kind: "broken" });
    });
  });
}
