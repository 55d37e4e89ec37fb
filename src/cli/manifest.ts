/**
 * Manifests: the objects in files, standard input and Lists, each with where it stood.
 *
 * Reads YAML or JSON text, several documents a file. Returns the objects in order and every problem found, so that one
 * bad document never hides the others. Words are read as kubectl reads them, YAML 1.1's booleans (yes, on) and merge keys
 * included. Pure; the reading itself is in manifest-files.ts.
 */
import { type Document, LineCounter, parseAllDocuments, type ScalarTag, type Tags } from "yaml";
import type { KubeObject } from "../api/object.ts";

/** One object and where it came from: the file, and its line there. */
export interface Manifest {
  readonly file: string;
  readonly line: number;
  readonly object: KubeObject;
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
}

/** A file of a million aliases must not become a billion nodes. */
const aliasesMax = 100;
const documentCharactersMax = 16 * 1024 * 1024;
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
  if (text.length > documentCharactersMax) {
    return { manifests: [], problems: [{ file, message: `is larger than ${documentCharactersMax} characters` }] };
  }
  const manifests: Manifest[] = [];
  const problems: ManifestProblem[] = [];
  const lines = new LineCounter();
  const documents = parseYaml(text, lines);
  if (documents instanceof Error) return { manifests, problems: [{ file, message: documents.message }] };
  for (const document of documents) {
    const line = document.contents?.range ? lines.linePos(document.contents.range[0]).line : 1;
    const [error] = document.errors;
    if (error !== undefined) {
      const at = error.linePos?.[0].line ?? line;
      problems.push({ file, line: at, message: parserWords(unreadable(error).message) });
      continue;
    }
    const value = toPlain(document);
    if (value !== null) collect({ file, line, value, place: "", depth: 0 }, manifests, problems);
  }
  return { manifests, problems };
}

function parseYaml(text: string, lineCounter: LineCounter): readonly Document.Parsed[] | Error {
  try {
    return parseAllDocuments(text, { lineCounter, uniqueKeys: true, merge: true, customTags: kubectlTags });
  } catch (cause) {
    return unreadable(cause);
  }
}

/** The parser's first line, without the place, which we tell ourselves. */
function parserWords(message: string): string {
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

function collect(
  found: { readonly file: string; readonly line: number; readonly value: unknown; readonly place: string; readonly depth: number },
  manifests: Manifest[],
  problems: ManifestProblem[],
): void {
  const { file, line, value, place, depth } = found;
  const items = itemsOf(value);
  if (items === undefined) {
    const problem = objectProblem(value);
    if (problem === undefined) manifests.push({ file, line, object: value as KubeObject });
    else problems.push({ file, line, message: place === "" ? problem : `${place}: ${problem}` });
    return;
  }
  if (depth >= listDepthMax) {
    problems.push({ file, line, message: `Lists are nested deeper than ${listDepthMax}` });
    return;
  }
  for (const [index, item] of items.entries()) {
    collect({ file, line, value: item, place: `${place === "" ? "" : `${place}.`}items[${index}]`, depth: depth + 1 }, manifests, problems);
  }
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

/** Says why a value is no Kubernetes object, or undefined if it is one. */
function objectProblem(value: unknown): string | undefined {
  if (value instanceof Error) return value.message;
  if (!isPlainObject(value)) return "is not a Kubernetes object";
  const { apiVersion, kind, metadata } = value;
  for (const [field, text] of Object.entries({ apiVersion, kind })) {
    if (text === undefined) return `${field} is missing: a Kubernetes object starts with apiVersion and kind`;
    if (typeof text !== "string" || text === "") return `${field} must be text`;
  }
  if (kind === "List") return "List: items is missing";
  if (!isPlainObject(metadata)) return `${String(kind)}: metadata is missing`;
  return metadataProblem(String(kind), metadata);
}

function metadataProblem(kind: string, metadata: Readonly<Record<string, unknown>>): string | undefined {
  const { name, generateName, namespace } = metadata;
  if ((name ?? generateName ?? "") === "") return `${kind}: metadata.name is missing`;
  for (const [field, text] of Object.entries({ name, generateName, namespace })) {
    if ((text ?? undefined) !== undefined && typeof text !== "string") return `${kind}: metadata.${field} must be text; quote it`;
  }
  for (const field of ["labels", "annotations"]) {
    const map = metadata[field] ?? {};
    if (!isPlainObject(map)) return `${kind} ${String(name)}: metadata.${field} must be a map of texts`;
    const wrong = Object.entries(map).find(([, text]) => typeof text !== "string" && text !== null);
    if (wrong !== undefined) return `${kind} ${String(name)}: metadata.${field}.${wrong[0]} must be text; quote it`;
  }
  return undefined;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Error);
}
