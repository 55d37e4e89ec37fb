/**
 * JSON Patch (RFC 6902): building patches for admission answers, and applying patches safely.
 *
 * Reads any JSON document; this file is a codec, because a patch addresses JSON that has no static type. Returns new
 * documents and plain operations; the input is never changed, and a failed patch leaves nothing behind. Builders work on
 * a draft (document and operations so far), so that two additions under one missing parent cannot overwrite each other. A
 * draft is used up by the step that goes on from it: it copies each container of the document once, not at each step.
 * The library accepts pointers through __proto__ in some paths and out-of-bounds indices unless told to validate; both
 * are closed here.
 */
import jsonPatch from "json-patch";
import { err, ok, type Result } from "../api/result.ts";

export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly path: string; readonly from: string };

/** One step of a pointer: a member name, an array index, or "-" for the end of an array. */
export type PointerToken = string | number;

/** A document under change and the operations that led to it from the original. Go on with what a step returns, not with its input. */
export interface PatchDraft<T> {
  readonly document: T;
  readonly operations: readonly JsonPatchOperation[];
  /** Containers of the document that this draft has made, and may write into. */
  readonly own: Set<object>;
}

const forbiddenTokens: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
const operationsMax = 10_000;

/** Returns a JSON Pointer of unescaped tokens: pointer("metadata", "labels", "a.b/c") is "/metadata/labels/a.b~1c". */
export function pointer(...tokens: readonly PointerToken[]): string {
  return pathOf(tokens, tokens.length);
}

/** The pointer of the first `count` tokens; made for each operation of each patch, so without a list in between. */
function pathOf(tokens: readonly PointerToken[], count: number): string {
  let path = "";
  for (let at = 0; at < count; at++) path += `/${escapedToken(tokens[at] ?? "")}`;
  return path;
}

function escapedToken(token: PointerToken): string {
  if (typeof token === "number") return String(token);
  const text = token;
  return text.includes("/") || text.includes("~") ? text.replaceAll("~", "~0").replaceAll("/", "~1") : text;
}

/** Returns the unescaped tokens of a JSON Pointer; "" has none. */
export function pointerTokens(path: string): readonly string[] {
  const tokens = path.split("/");
  tokens.shift();
  return path.includes("~") ? tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~")) : tokens;
}

/** Starts a patch of a document. */
export function startPatch<T>(document: T): PatchDraft<T> {
  return { document, operations: [], own: new Set() };
}

/**
 * Sets the value at a place of the draft, creating missing parents (objects; an array where the next token is 0 or "-").
 * An equal value already there adds no operation, another one is replaced. A number as last token inserts into an array
 * only at its end ("-" or its length) and replaces within it. Only the containers on the way are copied.
 */
export function addAt<T>(draft: PatchDraft<T>, tokens: readonly PointerToken[], value: unknown): PatchDraft<T> {
  const { depth, found } = walked(draft.document, tokens);
  if (depth === tokens.length) {
    if (jsonEquals(found, value)) return draft;
    return appended(draft, { op: "replace", path: pathOf(tokens, depth), value }, withValue(draft, { tokens, count: depth }, value));
  }
  const count = depth + 1;
  let created = value;
  for (let at = tokens.length - 1; at >= count; at--) {
    const token = tokens[at] ?? "";
    created = startsArray(token) ? [created] : { [token]: created };
  }
  const operation = { op: "add", path: pathOf(tokens, count), value: created } as const;
  return appended(draft, operation, withValue(draft, { tokens, count }, created));
}

/** Removes the value at a place of the draft; nothing there adds no operation. */
export function removeAt<T>(draft: PatchDraft<T>, tokens: readonly PointerToken[]): PatchDraft<T> {
  if (tokens.length === 0 || walked(draft.document, tokens).depth < tokens.length) return draft;
  return appended(draft, { op: "remove", path: pointer(...tokens) }, withoutValue(draft.document, tokens));
}

/**
 * Applies a patch to a copy of the document, all or nothing. The type of the result is the caller's claim: the patched
 * shape is not checked. The error is a sentence with the index of the refused operation.
 */
export function applyJsonPatch<T>(document: T, operations: readonly JsonPatchOperation[]): Result<T, string> {
  const forbidden = operations.findIndex((operation) => touchesPrototype(operation));
  if (forbidden >= 0) return err(`operation ${forbidden}: a pointer may not contain __proto__, constructor or prototype`);
  let patched = structuredClone(document);
  for (const [index, operation] of operations.entries()) {
    try {
      patched = jsonPatch.applyOperation(patched, structuredClone(operation), true, true, true, index).newDocument;
    } catch (error) {
      // The library reports every bad operation by throwing; this is the one place that turns it into a value.
      return err(`operation ${index}: ${patchErrorText(error)}`);
    }
  }
  return ok(patched);
}

/** Decodes the body of a JSON patch request. The error names the first operation that is not one. */
export function parseJsonPatch(body: unknown): Result<readonly JsonPatchOperation[], string> {
  if (!Array.isArray(body)) return err("a JSON patch is a list of operations");
  if (body.length > operationsMax) return err(`The allowed maximum operations in a JSON patch is ${operationsMax}, got ${body.length}`);
  const index = body.findIndex((operation) => !isOperation(operation));
  if (index >= 0) return err(`operation ${index} is not a JSON patch operation`);
  return ok(body as readonly JsonPatchOperation[]);
}

/** Says whether two JSON values are equal: member order does not count, and an undefined member equals an absent one. */
export function jsonEquals(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => jsonEquals(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  for (const key of Object.keys(a)) if (!jsonEquals(a[key], ownMember(b, key))) return false;
  for (const key of Object.keys(b)) if (b[key] !== undefined && !Object.hasOwn(a, key)) return false;
  return true;
}

/** The draft's document keeps its type by the caller's claim: a patch of a Pod is meant to leave a Pod. */
function appended<T>(draft: PatchDraft<T>, operation: JsonPatchOperation, document: unknown): PatchDraft<T> {
  const operations = draft.operations as JsonPatchOperation[];
  if (!draft.own.has(operations)) {
    const copy = [...operations, operation];
    draft.own.add(copy);
    return { document: document as T, operations: copy, own: draft.own };
  }
  operations.push(operation);
  return document === draft.document ? draft : { document: document as T, operations, own: draft.own };
}

/** Counts how many leading tokens lead to a value that is there, and the last of these values; null and undefined count as absent. */
function walked(document: unknown, tokens: readonly PointerToken[]): { readonly depth: number; readonly found: unknown } {
  let found = document;
  let depth = 0;
  for (const token of tokens) {
    const child = childOf(found, token);
    if (child === undefined || child === null) break;
    found = child;
    depth++;
  }
  return { depth, found };
}

function childOf(value: unknown, token: PointerToken): unknown {
  if (Array.isArray(value)) return token === "-" ? undefined : (value as readonly unknown[])[Number(token)];
  return isObject(value) ? ownMember(value, String(token)) : undefined;
}

/** Sets a value below the draft's document, at the first `count` tokens; containers that the draft does not own yet are copied on the way. */
function withValue(
  draft: PatchDraft<unknown>,
  { tokens, count }: { readonly tokens: readonly PointerToken[]; readonly count: number },
  value: unknown,
): unknown {
  const last = count - 1;
  if (last < 0) return value;
  const root = owned(draft, draft.document);
  let container = root;
  for (let depth = 0; depth < last; depth++) {
    const key = keyIn(container, tokens[depth] ?? "");
    const known = Object.hasOwn(container, key) ? container[key] : undefined;
    const child = owned(draft, known);
    if (child !== known) setOwn(container, key, child);
    container = child;
  }
  setOwn(container, keyIn(container, tokens[last] ?? ""), value);
  return root;
}

/** An assignment to __proto__ would change what the object is, not what it holds. */
function setOwn(container: Container, key: PropertyKey, value: unknown): void {
  if (key === "__proto__") Object.defineProperty(container, key, { value, enumerable: true, configurable: true, writable: true });
  else container[key] = value;
}

type Container = Record<PropertyKey, unknown>;

function owned(draft: PatchDraft<unknown>, container: unknown): Container {
  if (typeof container === "object" && container !== null && draft.own.has(container)) return container as Container;
  const copy = Array.isArray(container) ? [...(container as readonly unknown[])] : { ...(isObject(container) ? container : undefined) };
  draft.own.add(copy);
  return copy as unknown as Container;
}

function keyIn(container: Container, token: PointerToken): PropertyKey {
  return Array.isArray(container) && token === "-" ? container.length : token;
}

function withoutValue(document: unknown, tokens: readonly PointerToken[]): unknown {
  const [token, ...rest] = tokens;
  if (token === undefined) return document;
  if (rest.length > 0) return withChild(document, token, withoutValue(childOf(document, token), rest));
  if (Array.isArray(document)) return (document as readonly unknown[]).filter((_, index) => index !== Number(token));
  return Object.fromEntries(Object.entries(isObject(document) ? document : {}).filter(([key]) => key !== String(token)));
}

function withChild(document: unknown, token: PointerToken, child: unknown): unknown {
  if (Array.isArray(document)) return (document as readonly unknown[]).with(Number(token), child);
  return { ...(isObject(document) ? document : undefined), [token]: child };
}

function startsArray(token: PointerToken): boolean {
  return token === 0 || token === "-";
}

function touchesPrototype(operation: JsonPatchOperation): boolean {
  const paths = "from" in operation ? [operation.path, operation.from] : [operation.path];
  return paths.some((path) => pointerTokens(path).some((token) => forbiddenTokens.has(token)));
}

function isOperation(value: unknown): value is JsonPatchOperation {
  if (!isObject(value) || typeof value["path"] !== "string") return false;
  switch (value["op"]) {
    case "add":
    case "replace":
    case "test":
      return "value" in value;
    case "remove":
      return true;
    case "move":
    case "copy":
      return typeof value["from"] === "string";
    default:
      return false;
  }
}

/** The library appends the whole document to its sentence, which may hold what a log must not. */
function patchErrorText(error: unknown): string {
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : "cannot be applied";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ownMember(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
