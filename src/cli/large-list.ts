/**
 * Large lists: JSON files too long to be parsed whole, such as a snapshot of a whole cluster.
 *
 * Reads a list's bytes as they come. Returns its items with the line that each begins in, so that a file may be of any size: only the
 * objects are held. Other files of that size are refused with what to write instead.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { err, ok, type Result } from "../api/result.ts";
import { listItems } from "../cluster/list-items.ts";

export interface LargeList {
  /** The list without its items: what its kind is. */
  readonly list: Readonly<Record<string, unknown>>;
  readonly items: readonly { readonly value: unknown; readonly line: number }[];
}

/** No object that an API server takes is as long. */
const itemMaxBytes = 16 * 1024 * 1024;
const chunkBytes = 1024 * 1024;
const newline = 10;

/** The bytes of a file, a piece at a time; throws where it can't be read. */
export function* chunksOfFile(path: string): Generator<Buffer> {
  const file = openSync(path, "r");
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const bytes = readSync(file, chunk, 0, chunkBytes, null);
      if (bytes === 0) return;
      yield chunk.subarray(0, bytes);
    }
  } finally {
    closeSync(file);
  }
}

/** Reads a list; the error is what is wrong with the file, and what to do. */
export function readLargeList(chunks: Iterable<Buffer>): Result<LargeList, string> {
  const items: LargeList["items"][number][] = [];
  const at = { line: 1, itemLine: 1, isFirst: true };
  const itemOf = (value: unknown): unknown => {
    items.push({ value, line: Math.min(at.itemLine, at.line) });
    at.itemLine = at.line + 1;
    return undefined;
  };
  const reader = listItems({ itemOf, itemMaxBytes });
  try {
    for (const chunk of chunks) {
      if (at.isFirst && !/^\s*\{/.test(chunk.subarray(0, 1024).toString("utf8"))) return err(`is too large to be read as YAML; ${asJson}`);
      at.isFirst = false;
      for (const line of linesOf(chunk)) {
        // Until the first item, what is read is the list's own beginning.
        if (items.length === 0 && line.includes('"items"')) at.itemLine = at.line + 1;
        reader.take(line);
        if (line.at(-1) === newline) at.line += 1;
      }
    }
    const list = reader.end() as Readonly<Record<string, unknown>>;
    return typeof list["kind"] === "string" && list["kind"].endsWith("List")
      ? ok({ list, items })
      : err(`is too large for an object, and no List; ${asJson}`);
  } catch (cause) {
    return err(`is no JSON List that can be read (${cause instanceof Error ? cause.message : String(cause)}); ${asJson}`);
  }
}

const asJson = "write a List as JSON, as kubectl get ... -o json does";

/** A chunk's lines, each with its newline; the last one may be cut. */
function* linesOf(chunk: Buffer): Generator<Buffer> {
  for (let from = 0; from < chunk.length;) {
    const end = chunk.indexOf(newline, from);
    const next = end < 0 ? chunk.length : end + 1;
    yield chunk.subarray(from, next);
    from = next;
  }
}
