/**
 * Merge: several policies files as one, in the order of their names.
 *
 * Reads parsed documents. Returns one value whose every entry still knows its file, line and column. Sections are put together, and
 * an entry of a section (a class, a rule, a setting) stands in one file: the same key in two is an error with both places, since the
 * one that wins would depend on a file's name.
 */
import { err, ok, type Result } from "../api/result.ts";
import { pointer, pointerTokens } from "../kube/json-patch.ts";
import type { Place, PolicyDocument } from "./policy-document.ts";
import type { PolicyError } from "./policy-error.ts";

export interface NamedDocument {
  readonly fileName: string;
  readonly document: PolicyDocument;
}

/** A place in one of several files. */
export interface FilePlace extends Place {
  readonly fileName: string;
}

export interface MergedDocument {
  readonly value: unknown;
  readonly placeOf: (pointer: string) => FilePlace;
}

/** Where an entry of the merged value stands in its own file. */
interface Origin {
  readonly of: NamedDocument;
  readonly tokens: readonly string[];
}

interface Merging {
  readonly sections: Map<string, unknown>;
  /** By the pointer in the merged value: of a section, of a member of a map, of a member of a list. */
  readonly origins: Map<string, Origin>;
  readonly errors: PolicyError[];
}

/** Merges documents; the errors are entries that stand twice. Never empty. */
export function mergeDocuments(documents: readonly [NamedDocument, ...NamedDocument[]]): Result<MergedDocument, readonly PolicyError[]> {
  const [first] = documents;
  const merging: Merging = { sections: new Map(), origins: new Map(), errors: [] };
  const broken = documents.find(({ document }) => !isRecord(document.value));
  // What is no mapping has no sections: its form is told where it is decoded.
  if (documents.length === 1 || broken !== undefined) return ok(alone(broken ?? first));
  for (const of of documents) {
    for (const [section, content] of Object.entries(isRecord(of.document.value) ? of.document.value : {})) {
      addSection(merging, { of, section, content });
    }
  }
  if (merging.errors.length > 0) return err(merging.errors);
  return ok({ value: Object.fromEntries(merging.sections), placeOf: (path) => placeOf(path, merging, first) });
}

function alone({ fileName, document }: NamedDocument): MergedDocument {
  return { value: document.value, placeOf: (path) => ({ fileName, ...document.placeOf(path) }) };
}

interface Addition {
  readonly of: NamedDocument;
  readonly section: string;
  readonly content: unknown;
}

function addSection(merging: Merging, { of, section, content }: Addition): void {
  const { sections, origins } = merging;
  const known = sections.get(section);
  if (known === undefined) {
    origins.set(pointer(section), { of, tokens: [section] });
    sections.set(section, Array.isArray(content) ? [] : isRecord(content) ? {} : content);
    if (!Array.isArray(content) && !isRecord(content)) return;
  }
  const held = sections.get(section);
  if (Array.isArray(held) && Array.isArray(content)) {
    content.forEach((_member, index) => origins.set(pointer(section, held.length + index), { of, tokens: [section, String(index)] }));
    sections.set(section, [...members(held), ...members(content)]);
  } else if (isRecord(held) && isRecord(content)) {
    sections.set(section, { ...held, ...addMembers(merging, { of, section, held, content }) });
  } else if (held !== content) {
    merging.errors.push(duplicate(merging, { of, tokens: [section] }));
  }
}

function addMembers(
  merging: Merging,
  from: { readonly of: NamedDocument; readonly section: string; readonly held: Members; readonly content: Members },
): Members {
  const { of, section, held, content } = from;
  const added = Object.entries(content).filter(([name]) => {
    const tokens = [section, name];
    if (Object.hasOwn(held, name)) merging.errors.push(duplicate(merging, { of, tokens }));
    else merging.origins.set(pointer(...tokens), { of, tokens });
    return !Object.hasOwn(held, name);
  });
  return Object.fromEntries(added);
}

function duplicate({ origins }: Merging, { of, tokens }: Origin): PolicyError {
  const path = pointer(...tokens);
  const first = origins.get(path);
  const at = first === undefined ? undefined : first.of.document.placeOf(pointer(...first.tokens));
  const where = first === undefined || at === undefined ? "" : ` (first at ${first.of.fileName}:${at.line}:${at.column})`;
  return { fileName: of.fileName, ...of.document.placeOf(path), message: `duplicate key "${tokens.join(".")}"${where}` };
}

/** The nearest entry above that has an origin says which file; the rest of the pointer is the same in both. */
function placeOf(path: string, { origins }: Merging, first: NamedDocument): FilePlace {
  const tokens = pointerTokens(path);
  for (let length = Math.min(2, tokens.length); length > 0; length -= 1) {
    const origin = origins.get(pointer(...tokens.slice(0, length)));
    if (origin !== undefined) {
      const own = pointer(...origin.tokens, ...tokens.slice(length));
      return { fileName: origin.of.fileName, ...origin.of.document.placeOf(own) };
    }
  }
  return { fileName: first.fileName, ...first.document.placeOf(path) };
}

type Members = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function members(list: readonly unknown[]): readonly unknown[] {
  return list;
}
