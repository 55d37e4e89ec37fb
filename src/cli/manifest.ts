/**
 * Manifests: the objects in files, standard input and Lists, each with where it stood.
 *
 * Reads YAML or JSON text, several documents a file. Returns the objects in order and every problem found, so that one
 * bad document never hides the others. Words are read as kubectl reads them, YAML 1.1's booleans (yes, on) and merge keys
 * included. Pure; the reading itself is in manifest-files.ts.
 */
import { type Document, isCollection, LineCounter, parseAllDocuments, type ScalarTag, type Tags, visit } from "yaml";
import type { KubeObject } from "../api/object.ts";
import { readLargeList } from "./large-list.ts";
import { fieldNamedIn, positionFinder, type PositionFinder } from "./manifest-position.ts";

/** One object and where it came from: the file, and its line there. */
export interface Manifest {
  readonly file: string;
  readonly line: number;
  readonly object: KubeObject;
  /** Where a field of the object stands in the file. */
  readonly positionOf: PositionFinder;
}

/** Something in a file that is no object; without a line it is about the file. */
export interface ManifestProblem {
  readonly file: string;
  readonly line?: number;
  readonly message: string;
}

export interface Manifests {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly ManifestProblem[];
  /** Documents that are none of the API server's, and are left out for a reason. */
  readonly skipped: readonly ManifestProblem[];
}

/** A file of a million aliases must not become a billion nodes. */
const aliasesMax = 100;
/** A longer text is read as a JSON List, item by item, if it is one: YAML's parser takes seconds and hundreds of MiB for it. */
const wholeCharactersMax = 4 * 1024 * 1024;
/** Nothing longer is read otherwise. */
export const documentCharactersMax = 16 * 1024 * 1024;
/** Lists in Lists exist (`kubectl get -o yaml` of a List); deeper nesting does not. */
const listDepthMax = 4;

/** What kubectl's reader takes for a boolean besides true and false; a value that is meant as text must be quoted. */
const oldBoolean: ScalarTag = {
  tag: "tag:yaml.org,2002:bool",
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|on)/i.test(text),
};
const kubectlTags = (tags: Tags): Tags => [oldBoolean, ...tags];

/** Parses one file's text to the objects in it; items of a List count one by one. */
export function parseManifests(file: string, text: string): Manifests {
  const found: Found = { file, manifests: [], problems: [], skipped: [] };
  if (text.length > wholeCharactersMax) {
    const large = largeManifests(file, [Buffer.from(text)]);
    if (large.problems.every(({ line }) => line !== undefined) || text.length > documentCharactersMax) return large;
  }
  const lines = new LineCounter();
  const documents = parseYaml(text, lines);
  if (documents instanceof Error) return { ...found, problems: [{ file, message: documents.message }] };
  const template = templateLine(text, documents);
  if (template !== undefined) {
    const message = "is a Helm template, not a manifest; judge what it renders: helm template NAME CHART | plimsoll check -";
    return { ...found, problems: [{ file, line: template, message }] };
  }
  for (const document of documents) {
    const line = document.contents?.range ? lines.linePos(document.contents.range[0]).line : 1;
    if (document.errors.length > 0) {
      found.problems.push(...parserProblems(document.errors, { file, line }));
      continue;
    }
    const value = toPlain(document);
    if (value !== null) collect({ value, at: [], depth: 0 }, (at) => positionFinder(document, lines, at), found);
  }
  return found;
}

/** Parses a JSON List that is too large for that; an error names the line that its item begins in. */
export function largeManifests(file: string, chunks: Iterable<Buffer>): Manifests {
  const found: Found = { file, manifests: [], problems: [], skipped: [] };
  const read = readLargeList(chunks);
  if (!read.ok) return { ...found, problems: [{ file, message: read.error }] };
  const { list, items } = read.value;
  for (const [index, value] of (itemsOf({ ...list, items: items.map((item) => item.value) }) ?? []).entries()) {
    const line = items[index]?.line ?? 1;
    collect({ value, at: ["items", String(index)], depth: 1 }, () => () => ({ line, column: 1 }), found);
  }
  return found;
}

/** Errors of the parser that are told of one document: once it has lost its way, it finds many. */
const parserProblemsMax = 10;

function parserProblems(errors: Document.Parsed["errors"], { file, line }: { readonly file: string; readonly line: number }) {
  return errors
    .slice(0, parserProblemsMax)
    .map((error): ManifestProblem => ({ file, line: error.linePos?.[0].line ?? line, message: parserWords(unreadable(error).message) }));
}

interface Found {
  readonly file: string;
  readonly manifests: Manifest[];
  readonly problems: ManifestProblem[];
  readonly skipped: ManifestProblem[];
}

function parseYaml(text: string, lineCounter: LineCounter): readonly Document.Parsed[] | Error {
  try {
    // What the parser would tell the process's own stderr (keys that are maps) we tell ourselves.
    return parseAllDocuments(text, { lineCounter, uniqueKeys: true, merge: true, customTags: kubectlTags, logLevel: "silent" });
  } catch (cause) {
    return unreadable(cause);
  }
}

/** What only Helm knows; other programs' templates stand in rendered manifests too, as texts. */
const templateAction = /\{\{[^}]*(?:\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|\b(?:include|define|template|toYaml|tpl)\b)/;

/**
 * Returns the line of a template's first action where the text is one: it does not parse, or parses to a map as a key ("a: {{ .b }}").
 * A manifest may well hold such words in a text, such as an alert's.
 */
function templateLine(text: string, documents: readonly Document.Parsed[]): number | undefined {
  const at = templateAction.exec(text)?.index;
  if (at === undefined) return undefined;
  const isTemplate = documents.some((document) => document.errors.length > 0 || hasCollectionKey(document));
  return isTemplate ? text.slice(0, at).split("\n").length : undefined;
}

function hasCollectionKey(document: Document.Parsed): boolean {
  const state = { found: false };
  visit(document, {
    Pair: (_key, pair) => {
      if (!isCollection(pair.key)) return undefined;
      state.found = true;
      return visit.BREAK;
    },
  });
  return state.found;
}

/** What the parser says of itself, or for whoever calls it, in words for whoever wrote the file. */
const ownWords: readonly (readonly [RegExp, string])[] = [
  [/compact mappings/, "has two fields in one line; start each field in a line of its own, or quote a value that holds a colon"],
  [/[Ii]mplicit keys need to be/, "is no YAML here: a field and its colon stand in one line, as in name: web"],
];

/** The parser's first line, without the place, which we tell ourselves. */
function parserWords(message: string): string {
  const own = ownWords.find(([theirs]) => theirs.test(message));
  if (own !== undefined) return own[1];
  return (message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
}

function toPlain(document: Document.Parsed): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
    return value;
  } catch (cause) {
    return unreadable(cause);
  }
}

/** A parser of nested values meets the end of the stack before it meets the end of a hostile text. */
function unreadable(cause: unknown): Error {
  if (cause instanceof RangeError || String(cause).includes("call stack")) return new Error("is nested too deeply");
  return cause instanceof Error ? cause : new Error(String(cause));
}

/** Tells where the parts of a file stand. */
type Source = (at: readonly string[]) => PositionFinder;

function collect(
  part: { readonly value: unknown; readonly at: readonly string[]; readonly depth: number },
  source: Source,
  found: Found,
): void {
  const { value, at, depth } = part;
  const { file } = found;
  const positionOf = source(at);
  const { line } = positionOf([]);
  const items = itemsOf(value);
  if (items === undefined) {
    const problems = objectProblems(value);
    if (problems.length === 0) found.manifests.push({ file, line, object: value as KubeObject, positionOf });
    else if (isKustomization(value))
      found.skipped.push({ file, line, message: "is a kustomization; judge what it builds: kubectl kustomize FOLDER | plimsoll check -" });
    else
      found.problems.push(
        ...problems.map((problem) => ({ file, line: positionOf(fieldNamedIn(problem)).line, message: `${placeOf(at)}${problem}` })),
      );
    return;
  }
  if (depth >= listDepthMax) {
    found.problems.push({ file, line, message: `Lists are nested deeper than ${listDepthMax}` });
    return;
  }
  for (const [index, item] of items.entries())
    collect({ value: item, at: [...at, "items", String(index)], depth: depth + 1 }, source, found);
}

/** "items[0].items[2]: " for a part of a List. */
function placeOf(at: readonly string[]): string {
  const indexes = at.filter((token) => token !== "items");
  return indexes.length === 0 ? "" : `${indexes.map((index) => `items[${index}]`).join(".")}: `;
}

/** kustomize's own files name no object; older ones don't even say what they are. */
function isKustomization(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  const { apiVersion, kind } = value;
  if (typeof apiVersion === "string" && apiVersion.startsWith("kustomize.config.k8s.io/")) return true;
  const lists = ["resources", "bases", "components", "patches", "patchesStrategicMerge", "configMapGenerator"];
  return kind === undefined && apiVersion === undefined && lists.some((name) => Array.isArray(value[name]));
}

/** The items of a List; those of a PodList as the API itself answers don't repeat that each is a Pod. */
function itemsOf(value: unknown): readonly unknown[] | undefined {
  if (!isPlainObject(value) || typeof value["kind"] !== "string" || !value["kind"].endsWith("List")) return undefined;
  const { apiVersion, kind } = value;
  const items: unknown = value["items"];
  if (!isList(items)) return undefined;
  const itemKind = kind.slice(0, -"List".length);
  if (itemKind === "") return items;
  return items.map((item) => (isPlainObject(item) && item["kind"] === undefined ? { apiVersion, kind: itemKind, ...item } : item));
}

/** Says why a value is no Kubernetes object, each reason by itself; none if it is one. */
function objectProblems(value: unknown): readonly string[] {
  if (value instanceof Error) return [value.message];
  if (!isPlainObject(value)) return ["is not a Kubernetes object"];
  const { apiVersion, kind, metadata } = value;
  const problems = Object.entries({ apiVersion, kind }).flatMap(([field, text]) => {
    if (text === undefined) return [`${field} is missing: a Kubernetes object starts with apiVersion and kind`];
    return typeof text === "string" && text !== "" ? [] : [`${field} must be text`];
  });
  const title = typeof kind === "string" && kind !== "" ? kind : undefined;
  if (title === "List") return [...problems, "List: items is missing"];
  const before = title === undefined ? "" : `${title}: `;
  // A document that says neither what it is nor of whom is told so once.
  if (!isPlainObject(metadata)) return problems.length > 0 ? problems : [`${before}metadata is missing`];
  return [...problems, ...metadataProblems(metadata).map((problem) => `${before}${problem}`)];
}

function metadataProblems(metadata: Readonly<Record<string, unknown>>): readonly string[] {
  const { name, generateName, namespace } = metadata;
  return [
    ...((name ?? generateName ?? "") === "" ? ["metadata.name is missing"] : []),
    ...Object.entries({ name, generateName, namespace })
      .filter(([, text]) => (text ?? undefined) !== undefined && typeof text !== "string")
      .map(([field]) => `metadata.${field} must be text; quote it`),
    ...["labels", "annotations"].flatMap((field) => textMapProblems(metadata[field] ?? {}, field)),
  ];
}

function textMapProblems(map: unknown, field: string): readonly string[] {
  if (!isPlainObject(map)) return [`metadata.${field} must be a map of texts`];
  return Object.entries(map)
    .filter(([, text]) => typeof text !== "string" && text !== null)
    .map(([key]) => `metadata.${field}.${key} must be text; quote it`);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Error);
}
