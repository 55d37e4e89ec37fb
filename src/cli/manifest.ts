/**
 * Manifests: the objects in files, standard input and Lists, each with where it stood.
 *
 * Reads YAML or JSON text, several documents a file. Returns the objects in order and every problem found, so that one
 * bad document never hides the others. Pure; the reading itself is in manifest-files.ts.
 */
import { LineCounter, parseAllDocuments } from "yaml";
import type { KubeObject } from "../api/object.ts";

/** One object and where it came from: the file, and its line there. */
export interface Manifest {
  readonly file: string;
  readonly line: number;
  readonly object: KubeObject;
}

/** Something in a file that is no object. */
export interface ManifestProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface Manifests {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly ManifestProblem[];
}

/** A file of a million aliases must not become a billion nodes. */
const aliasesMax = 100;
const documentBytesMax = 16 * 1024 * 1024;
/** Lists in Lists exist (`kubectl get -o yaml` of a List); deeper nesting does not. */
const listDepthMax = 4;

/** Parses one file's text to the objects in it; items of a List count one by one. */
export function parseManifests(file: string, text: string): Manifests {
  if (text.length > documentBytesMax) {
    return { manifests: [], problems: [{ file, line: 1, message: `is larger than ${documentBytesMax} bytes` }] };
  }
  const manifests: Manifest[] = [];
  const problems: ManifestProblem[] = [];
  const lines = new LineCounter();
  for (const document of parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true })) {
    const line = document.contents?.range ? lines.linePos(document.contents.range[0]).line : 1;
    const [error] = document.errors;
    if (error !== undefined) {
      const at = error.linePos?.[0].line ?? line;
      problems.push({ file, line: at, message: error.message.split("\n")[0] ?? error.message });
      continue;
    }
    const value = toPlain(document);
    if (value === null) continue;
    collect({ file, line, value, depth: 0 }, manifests, problems);
  }
  return { manifests, problems };
}

function toPlain(document: ReturnType<typeof parseAllDocuments>[number]): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
    return value;
  } catch (cause) {
    return cause instanceof Error ? cause : String(cause);
  }
}

function collect(
  found: { readonly file: string; readonly line: number; readonly value: unknown; readonly depth: number },
  manifests: Manifest[],
  problems: ManifestProblem[],
): void {
  const { file, line, value, depth } = found;
  const problem = objectProblem(value);
  if (problem !== undefined) {
    problems.push({ file, line, message: problem });
    return;
  }
  const object = value as KubeObject & { readonly items?: unknown };
  if (!object.kind.endsWith("List") || !Array.isArray(object.items)) {
    manifests.push({ file, line, object });
    return;
  }
  if (depth >= listDepthMax) {
    problems.push({ file, line, message: `Lists are nested deeper than ${listDepthMax}` });
    return;
  }
  for (const item of object.items as readonly unknown[]) collect({ file, line, value: item, depth: depth + 1 }, manifests, problems);
}

/** Says why a value is no Kubernetes object, or undefined if it is one. */
function objectProblem(value: unknown): string | undefined {
  if (value instanceof Error) return value.message;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "is not a Kubernetes object";
  const { apiVersion, kind, metadata } = value as Record<string, unknown>;
  if (typeof apiVersion !== "string" || apiVersion === "")
    return "apiVersion is missing: a Kubernetes object starts with apiVersion and kind";
  if (typeof kind !== "string" || kind === "") return "kind is missing: a Kubernetes object starts with apiVersion and kind";
  if (kind.endsWith("List") && metadata === undefined) return undefined;
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return `${kind}: metadata is missing`;
  const { name, generateName, namespace } = metadata as Record<string, unknown>;
  if (typeof name !== "string" && typeof generateName !== "string" && !kind.endsWith("List")) return `${kind}: metadata.name is missing`;
  if (namespace !== undefined && typeof namespace !== "string") return `${kind}: metadata.namespace must be text`;
  return undefined;
}
