/**
 * Manifest position: where in its file a field of an object stands.
 *
 * Reads a parsed YAML document. Returns line and column of a field, or of the nearest part around it that is written: what is
 * missing has no line, what it is missing from has one.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter } from "yaml";

/** Both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Returns the position of a field by the names and indexes that lead to it. */
export type PositionFinder = (tokens: readonly string[]) => Position;

/** Returns the finder for a document, or for the part of it under `base` (an item of a List). */
export function positionFinder(document: Document.Parsed, lines: LineCounter, base: readonly string[] = []): PositionFinder {
  return (tokens) => {
    const at = [...base, ...tokens];
    let node: unknown = document.contents;
    let offset = startOf(node) ?? 0;
    for (const token of at) {
      const next = stepInto(isAlias(node) ? node.resolve(document) : node, token);
      if (next === undefined) break;
      offset = next.offset ?? offset;
      node = next.value;
    }
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
}

function stepInto(node: unknown, token: string): { readonly value: unknown; readonly offset: number | undefined } | undefined {
  if (isSeq(node)) {
    // The API server's decoder leaves indexes out; of a single item it can only mean that.
    if (!/^\d+$/.test(token)) return node.items.length === 1 ? stepInto(node.items[0], token) : undefined;
    const value: unknown = node.items[Number(token)];
    return value === undefined ? undefined : { value, offset: startOf(value) };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === token);
  return pair === undefined ? undefined : { value: pair.value, offset: startOf(pair.key) };
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return undefined;
  const start: unknown = node.range[0];
  return typeof start === "number" ? start : undefined;
}

const namedField = /(?:^|[\s".(])((?:spec|metadata|apiVersion|kind)(?:[.[][\w.[\]-]*)?)/;

/** Returns the field that a message of kubectl's or ours is about, as names and indexes; none where it names none. */
export function fieldNamedIn(message: string): readonly string[] {
  const field = namedField.exec(message)?.[1] ?? "";
  return field.split(/[.[\]]+/).filter((token) => token !== "");
}
