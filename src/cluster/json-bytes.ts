/**
 * JSON bytes: one JSON value that comes in pieces, parsed once it is whole.
 *
 * Reads pieces of bytes. A value is kept until it ends and is parsed, which is the fastest way to read it, but takes up to twenty times its
 * length. So one that turns out to be large goes to a reader as it comes, if there is one, and is never held.
 */
import type { ByteReader } from "../api/ports.ts";

/** What is no longer than this is parsed at once. */
export const parsedMaxBytes = 64 * 1024;

export interface JsonBytes {
  /** Throws where the value is too long. */
  add(part: Buffer): void;
  /** Returns the value and its length, and starts anew; throws where it is no JSON. */
  takeAll(): { readonly value: unknown; readonly bytes: number };
}

export interface JsonBytesOptions {
  readonly maxBytes: number;
  /** What it is, in an error. */
  readonly what: string;
  readonly readLarge?: (() => ByteReader) | undefined;
}

/** Starts with no bytes. */
export function jsonBytes({ maxBytes, what, readLarge }: JsonBytesOptions): JsonBytes {
  let parts: Buffer[] = [];
  let bytes = 0;
  let reader: ByteReader | undefined;
  return {
    add: (part) => {
      bytes += part.length;
      if (bytes > maxBytes) throw new Error(`${what} is longer than ${maxBytes} bytes`);
      if (reader !== undefined) {
        reader.take(part);
        return;
      }
      parts.push(part);
      if (bytes <= parsedMaxBytes || readLarge === undefined) return;
      reader = readLarge();
      for (const held of parts) reader.take(held);
      parts = [];
    },
    takeAll: () => {
      const [only] = parts;
      const text = (): string => (only !== undefined && parts.length === 1 ? only : Buffer.concat(parts)).toString("utf8");
      const taken = { value: reader === undefined ? (JSON.parse(text()) as unknown) : reader.end(), bytes };
      parts = [];
      bytes = 0;
      reader = undefined;
      return taken;
    },
  };
}
