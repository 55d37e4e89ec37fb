/**
 * Match conditions of webhooks: the part of CEL that the embedded world evaluates.
 *
 * Reads an expression. Returns a predicate over the request, or why the expression is not understood, so that the configuration that holds it is
 * refused. Understood: request.namespace, .name, .operation, .subResource, .kind.*, .resource.*, .userInfo.username and .groups;
 * spec, labels, annotations, finalizers and owners of object and oldObject, has() and ["key"] of them; text
 * literals and lists; ==, !=, in, &&, ||, !, parentheses; matches, startsWith, endsWith, contains. A real API server takes all of CEL.
 */
import { err, ok, type Result } from "../api/result.ts";
import { jsonEquals } from "../kube/json-patch.ts";
import { isJsonArray, textOf, valueAt, type JsonObject, type JsonValue } from "./json.ts";

/** True where a request meets a webhook; its argument is the AdmissionReview's request. */
export type MatchCondition = (request: JsonObject) => boolean;

type Expression = (request: JsonObject) => JsonValue;

const tokenPattern = /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(==|!=|&&|\|\||[!().,[\]])|([A-Za-z_][A-Za-z0-9_]*))/gy;
const readablePaths =
  /^request\.(namespace|name|operation|subResource|kind\.(group|version|kind)|resource\.(group|version|resource)|userInfo\.(username|groups))$|^(object|oldObject)\.(spec|metadata\.(labels|annotations|finalizers|ownerReferences))$/;
const tokensMax = 1000;

interface Cursor {
  readonly tokens: readonly string[];
  at: number;
}

/** Thrown inside the parser only; parseMatchCondition turns it into a value. */
class Misunderstood extends Error {}

/** Parses a match condition. */
export function parseMatchCondition(text: string): Result<MatchCondition, string> {
  try {
    const cursor: Cursor = { tokens: tokensOf(text), at: 0 };
    const expression = parseOr(cursor);
    if (cursor.at < cursor.tokens.length) throw new Misunderstood(`unexpected ${JSON.stringify(cursor.tokens[cursor.at])}`);
    return ok((request) => expression(request) === true);
  } catch (error) {
    if (!(error instanceof Misunderstood)) throw error;
    return err(`the embedded world does not evaluate this CEL expression: ${error.message}`);
  }
}

function tokensOf(text: string): readonly string[] {
  const matches = [...text.matchAll(tokenPattern)];
  const read = matches.reduce((sum, [whole]) => sum + whole.length, 0);
  if (text.slice(read).trim() !== "") throw new Misunderstood(`unexpected ${JSON.stringify(text.slice(read, read + 10))}`);
  if (matches.length > tokensMax) throw new Misunderstood("the expression is too long");
  return matches.map(([, literal, symbol, word]) => literal ?? symbol ?? word ?? "");
}

function take(cursor: Cursor, wanted: string): boolean {
  if (cursor.tokens[cursor.at] !== wanted) return false;
  cursor.at += 1;
  return true;
}

function expect(cursor: Cursor, wanted: string): void {
  if (!take(cursor, wanted)) throw new Misunderstood(`expected ${JSON.stringify(wanted)}`);
}

function parseOr(cursor: Cursor): Expression {
  let left = parseAnd(cursor);
  while (take(cursor, "||")) {
    const [first, second] = [left, parseAnd(cursor)];
    left = (request) => first(request) === true || second(request) === true;
  }
  return left;
}

function parseAnd(cursor: Cursor): Expression {
  let left = parseRelation(cursor);
  while (take(cursor, "&&")) {
    const [first, second] = [left, parseRelation(cursor)];
    left = (request) => first(request) === true && second(request) === true;
  }
  return left;
}

function parseRelation(cursor: Cursor): Expression {
  const left = parseUnary(cursor);
  if (take(cursor, "==")) return compared(left, parseUnary(cursor), true);
  if (take(cursor, "!=")) return compared(left, parseUnary(cursor), false);
  if (!take(cursor, "in")) return left;
  const list = parseUnary(cursor);
  return (request) => {
    const [items, item] = [list(request), left(request)];
    if (isJsonArray(items)) return items.includes(item);
    return typeof item === "string" && valueAt(items, item) !== undefined;
  };
}

function compared(left: Expression, right: Expression, equal: boolean): Expression {
  return (request) => jsonEquals(left(request), right(request)) === equal;
}

function parseUnary(cursor: Cursor): Expression {
  if (!take(cursor, "!")) return parseCalls(cursor);
  const inner = parseUnary(cursor);
  return (request) => inner(request) !== true;
}

const textMethods: Readonly<Record<string, (text: string, argument: string) => boolean>> = {
  matches: (text, argument) => new RegExp(argument, "u").test(text),
  startsWith: (text, argument) => text.startsWith(argument),
  endsWith: (text, argument) => text.endsWith(argument),
  contains: (text, argument) => text.includes(argument),
};

function parseCalls(cursor: Cursor): Expression {
  let value = parsePrimary(cursor);
  while (cursor.tokens[cursor.at] === "." && textMethods[cursor.tokens[cursor.at + 1] ?? ""] !== undefined) {
    const method = textMethods[cursor.tokens[cursor.at + 1] ?? ""];
    cursor.at += 2;
    expect(cursor, "(");
    const argument = parseOr(cursor);
    expect(cursor, ")");
    const on = value;
    value = (request) => method?.(textOf(on(request)), textOf(argument(request))) === true;
  }
  return value;
}

function parsePrimary(cursor: Cursor): Expression {
  if (take(cursor, "(")) {
    const inner = parseOr(cursor);
    expect(cursor, ")");
    return inner;
  }
  if (take(cursor, "[")) return parseList(cursor);
  const token = cursor.tokens[cursor.at] ?? "the end";
  if (token.startsWith('"') || token.startsWith("'")) {
    cursor.at += 1;
    const text = unquoted(token);
    return () => text;
  }
  if (take(cursor, "has")) {
    expect(cursor, "(");
    const inner = parsePath(cursor);
    expect(cursor, ")");
    // What is absent reads as "", which no field that may be asked for is.
    return (request) => inner(request) !== "";
  }
  if (take(cursor, "true")) return () => true;
  if (take(cursor, "false")) return () => false;
  return parsePath(cursor);
}

function unquoted(token: string): string {
  return token.slice(1, -1).replace(/\\(.)/g, "$1");
}

function parseList(cursor: Cursor): Expression {
  const items: Expression[] = [];
  while (!take(cursor, "]")) {
    if (items.length > 0) expect(cursor, ",");
    items.push(parseOr(cursor));
  }
  return (request) => items.map((item) => item(request));
}

function parsePath(cursor: Cursor): Expression {
  const parts: string[] = [];
  do {
    const part = cursor.tokens[cursor.at] ?? "the end";
    if (!/^[A-Za-z_]/.test(part)) throw new Misunderstood(`unexpected ${JSON.stringify(part)}`);
    parts.push(part);
    cursor.at += 1;
  } while (textMethods[cursor.tokens[cursor.at + 1] ?? ""] === undefined && take(cursor, "."));
  const path = parts.join(".");
  if (!readablePaths.test(path)) throw new Misunderstood(`it reads ${path}`);
  const names = parts[0] === "request" ? parts.slice(1) : parts;
  if (!take(cursor, "[")) return (request) => valueAt(request, ...names) ?? "";
  const key = parseOr(cursor);
  expect(cursor, "]");
  return (request) => valueAt(request, ...names, textOf(key(request))) ?? "";
}
