/**
 * PolicyDocument: the text of policies.yaml as a value, with the place of every entry.
 *
 * Reads YAML of any origin. Returns plain JSON and a function from a JSON Pointer to line and column, or every error of the
 * text at once. Size, entries and aliases are bounded, so that no file can make the reader work for long.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document, type Node, type YAMLError } from "yaml";
import { err, ok, type Result } from "../api/result.ts";
import { pointerTokens } from "../kube/json-patch.ts";
import type { PolicyError } from "./policy-error.ts";

const textBytesMax = 1024 * 1024;
const entriesMax = 5_000;
const aliasesMax = 100;

export interface PolicyDocument {
  readonly value: unknown;
  /** Where an entry stands; for one that is missing, the nearest entry above it. */
  readonly placeOf: (pointer: string) => Place;
}

/** Line and column, counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Parses the text of a policies file; the errors are those of YAML, of duplicate keys and of size. */
export function parsePolicyDocument(source: {
  readonly text: string;
  readonly fileName: string;
}): Result<PolicyDocument, readonly PolicyError[]> {
  const errorAt = (place: Place, message: string): PolicyError => ({ fileName: source.fileName, ...place, field: "", message });
  const start: Place = { line: 1, column: 1 };
  if (new TextEncoder().encode(source.text).length > textBytesMax) return err([errorAt(start, "the file is larger than 1 MiB; refused")]);
  const lineCounter = new LineCounter();
  // Keys that stand twice are told by us, with both places.
  const document = parseDocument(source.text, { lineCounter, uniqueKeys: false, prettyErrors: false, merge: false });
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  // What follows a syntax error is mostly its echo: the first one is the one that helps.
  const [broken] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
  if (broken !== undefined) return err([errorAt(placeAt(broken.pos[0]), syntaxMessage(broken))]);
  const scan = scanEntries(document, placeAt);
  if (scan.entries > entriesMax || scan.aliases > aliasesMax) {
    return err([
      errorAt(start, `the file has more than ${scan.entries > entriesMax ? `${entriesMax} entries` : `${aliasesMax} aliases`}; refused`),
    ]);
  }
  if (scan.duplicates.length > 0) return err(scan.duplicates.map(({ place, message }) => errorAt(place, message)));
  return toValue(document, placeAt, errorAt);
}

function toValue(
  document: Document.Parsed,
  placeAt: (offset: number) => Place,
  errorAt: (place: Place, message: string) => PolicyError,
): Result<PolicyDocument, readonly PolicyError[]> {
  const start: Place = { line: 1, column: 1 };
  // An alias that stands for itself, or for more than the bound, throws; both are a file that grows when it is read.
  const value = expanded(document);
  if (!value.ok) return err([errorAt(start, "an alias stands for itself or for too much; refused")]);
  if (countEntries(value.value) > entriesMax) return err([errorAt(start, `the file has more than ${entriesMax} entries; refused`)]);
  return ok({ value: value.value, placeOf: (pointer) => placeOf({ document, placeAt, tokens: pointerTokens(pointer) }) });
}

function expanded(document: Document.Parsed): Result<unknown, string> {
  try {
    return ok(document.toJS({ maxAliasCount: aliasesMax }) as unknown);
  } catch (error) {
    return err(String(error));
  }
}

/** Counts the entries of an expanded value, and stops soon after the bound; no recursion, since an alias of itself has no depth. */
function countEntries(value: unknown): number {
  const waiting: unknown[] = [value];
  let count = 0;
  while (waiting.length > 0 && count <= entriesMax) {
    const next = waiting.pop();
    count += 1;
    const members: readonly unknown[] = typeof next === "object" && next !== null ? Object.values(next) : [];
    waiting.push(...members);
  }
  return count;
}

/** YAML's own words, but for the one mistake that everybody makes once, and for what speaks of its own insides. */
function syntaxMessage(error: YAMLError): string {
  if (error.code === "TAB_AS_INDENT") return "tab character cannot start a token";
  if (error.code === "MULTIPLE_DOCS") return "holds several documents; a policies file is one";
  if (error.code === "RESOURCE_EXHAUSTION") return "nested too deeply; refused";
  return (error.message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
}

interface Scan {
  entries: number;
  aliases: number;
  readonly duplicates: { readonly place: Place; readonly message: string }[];
}

function scanEntries(document: Document.Parsed, placeAt: (offset: number) => Place): Scan {
  const scan: Scan = { entries: 0, aliases: 0, duplicates: [] };
  visit(document, {
    Alias: () => {
      scan.aliases += 1;
    },
    Seq: (_key, list) => {
      scan.entries += list.items.length;
    },
    Map: (_key, map) => {
      scan.entries += map.items.length;
      const firstPlaces = new Map<string, Place>();
      for (const { key } of map.items) {
        const name = keyName(key);
        const place = placeAt(offsetOf(key));
        const first = firstPlaces.get(name);
        if (first === undefined) firstPlaces.set(name, place);
        else scan.duplicates.push({ place, message: `duplicate key "${name}" (first at ${first.line}:${first.column})` });
      }
    },
  });
  return scan;
}

function placeOf(at: {
  readonly document: Document.Parsed;
  readonly placeAt: (offset: number) => Place;
  readonly tokens: readonly string[];
}): Place {
  const { document, placeAt, tokens } = at;
  let node: unknown = document.contents;
  let offset = offsetOf(node);
  for (const token of tokens) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => keyName(key) === token);
      if (pair === undefined) break;
      offset = offsetOf(pair.key);
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(token)];
      if (item === undefined) break;
      offset = offsetOf(item);
      node = item;
    } else break;
  }
  return placeAt(offset);
}

function keyName(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function offsetOf(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0;
}
