/**
 * Pattern syntax: a regular expression of RE2's language as a tree.
 *
 * Reads the text of a pattern. Returns its tree, or why it is not one: look-around and back-references are not of RE2, and
 * what this reader does not know it refuses. No JavaScript RegExp ever runs on a pattern of a policies file.
 */
import { err, ok, type Result } from "../../api/result.ts";

/** Code points from and to, both included. */
export type CodeRange = readonly [from: number, to: number];

export interface CodeSet {
  readonly kind: "set";
  readonly ranges: readonly CodeRange[];
  readonly negated: boolean;
}

export type PatternNode =
  | CodeSet
  | { readonly kind: "assert"; readonly what: "start" | "end" | "word" | "noWord" }
  | { readonly kind: "sequence"; readonly parts: readonly PatternNode[] }
  | { readonly kind: "choice"; readonly choices: readonly PatternNode[] }
  | { readonly kind: "repeat"; readonly part: PatternNode; readonly min: number; readonly max: number; readonly greedy: boolean };

export interface ParsedPattern {
  readonly tree: PatternNode;
  readonly ignoresCase: boolean;
}

const textMax = 1_000;
const depthMax = 50;
/** RE2's own bound of a counted repeat. */
const repeatMax = 1_000;
const lastCode = 0x10ffff;

interface Reader {
  readonly codes: readonly string[];
  at: number;
  depth: number;
  readonly dotTakesNewline: boolean;
}

/** Thrown inside, caught at the door: a recursive reader says no from its depths. */
class PatternFault extends Error {}

/** Returns a pattern's tree; the error is a sentence. */
export function parsePattern(text: string): Result<ParsedPattern, string> {
  if (text.length > textMax) return err(`longer than ${textMax} characters`);
  const [flags = ""] = /^\(\?[is]+\)/.exec(text) ?? [];
  const reader: Reader = { codes: Array.from(text.slice(flags.length)), at: 0, depth: 0, dotTakesNewline: flags.includes("s") };
  try {
    const tree = choice(reader);
    if (reader.at < reader.codes.length) return err(`unexpected ${peek(reader)}`);
    return ok({ tree, ignoresCase: flags.includes("i") });
  } catch (fault) {
    if (fault instanceof PatternFault) return err(fault.message);
    throw fault;
  }
}

function peek({ codes, at }: Reader): string {
  return codes[at] ?? "";
}

function take(reader: Reader): string {
  const code = reader.codes[reader.at];
  if (code === undefined) throw new PatternFault("ends too soon");
  reader.at += 1;
  return code;
}

function takes(reader: Reader, text: string): boolean {
  if (
    !reader.codes
      .slice(reader.at, reader.at + text.length)
      .join("")
      .startsWith(text)
  )
    return false;
  reader.at += text.length;
  return true;
}

function choice(reader: Reader): PatternNode {
  reader.depth += 1;
  if (reader.depth > depthMax) throw new PatternFault("nested too deeply");
  const choices = [sequence(reader)];
  while (takes(reader, "|")) choices.push(sequence(reader));
  reader.depth -= 1;
  const [only] = choices;
  return choices.length === 1 && only !== undefined ? only : { kind: "choice", choices };
}

function sequence(reader: Reader): PatternNode {
  const parts: PatternNode[] = [];
  while (reader.at < reader.codes.length && peek(reader) !== "|" && peek(reader) !== ")") parts.push(repeated(reader));
  return { kind: "sequence", parts };
}

function repeated(reader: Reader): PatternNode {
  const part = atom(reader);
  const bounds = repeatBounds(reader);
  if (bounds === undefined) return part;
  const greedy = !takes(reader, "?");
  if (repeatBounds(reader) !== undefined) throw new PatternFault("a repeat of a repeat");
  return { kind: "repeat", part, ...bounds, greedy };
}

function repeatBounds(reader: Reader): { readonly min: number; readonly max: number } | undefined {
  if (takes(reader, "*")) return { min: 0, max: Infinity };
  if (takes(reader, "+")) return { min: 1, max: Infinity };
  if (takes(reader, "?")) return { min: 0, max: 1 };
  const counted = /^\{(\d+)(,(\d*))?\}/.exec(reader.codes.slice(reader.at, reader.at + 12).join(""));
  if (counted === null) return undefined;
  const [all, from = "0", comma, to = ""] = counted;
  const min = Number(from);
  const top = to === "" ? Infinity : Number(to);
  const max = comma === undefined ? min : top;
  if (min > repeatMax || (max !== Infinity && (max > repeatMax || max < min))) throw new PatternFault(`bad repeat ${all}`);
  reader.at += all.length;
  return { min, max };
}

function atom(reader: Reader): PatternNode {
  const code = take(reader);
  switch (code) {
    case "(":
      return group(reader);
    case "[":
      return bracket(reader);
    case ".":
      return { kind: "set", ranges: reader.dotTakesNewline ? [] : [[10, 10]], negated: true };
    case "^":
      return { kind: "assert", what: "start" };
    case "$":
      return { kind: "assert", what: "end" };
    case "\\":
      return escape(reader);
    case "*":
    case "+":
    case "?":
      throw new PatternFault(`nothing to repeat before ${code}`);
    default:
      return literal(code);
  }
}

function group(reader: Reader): PatternNode {
  if (peek(reader) === "?" && !takes(reader, "?:") && !takesName(reader)) {
    throw new PatternFault(`(?${reader.codes[reader.at + 1] ?? ""} is not of RE2`);
  }
  const inner = choice(reader);
  if (!takes(reader, ")")) throw new PatternFault("a ( without )");
  return inner;
}

function takesName(reader: Reader): boolean {
  const named = /^\?P?<\w+>/.exec(reader.codes.slice(reader.at, reader.at + 60).join(""));
  reader.at += named?.[0].length ?? 0;
  return named !== null;
}

function literal(text: string): CodeSet {
  const code = text.codePointAt(0) ?? 0;
  return { kind: "set", ranges: [[code, code]], negated: false };
}

const classes: Readonly<Record<string, readonly CodeRange[]>> = {
  d: [[48, 57]],
  w: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  s: [
    [9, 10],
    [12, 13],
    [32, 32],
  ],
  "[:alpha:]": [
    [65, 90],
    [97, 122],
  ],
  "[:digit:]": [[48, 57]],
  "[:alnum:]": [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  "[:lower:]": [[97, 122]],
  "[:upper:]": [[65, 90]],
  "[:space:]": [
    [9, 13],
    [32, 32],
  ],
};
const controls: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v" };

function escape(reader: Reader): PatternNode {
  if (takes(reader, "b")) return { kind: "assert", what: "word" };
  if (takes(reader, "B")) return { kind: "assert", what: "noWord" };
  if (takes(reader, "A")) return { kind: "assert", what: "start" };
  if (takes(reader, "z")) return { kind: "assert", what: "end" };
  return escapedSet(reader);
}

function escapedSet(reader: Reader): CodeSet {
  const code = take(reader);
  const ranges = classes[code.toLowerCase()];
  if (ranges !== undefined && /^[dwsDWS]$/.test(code)) return { kind: "set", ranges, negated: code !== code.toLowerCase() };
  const control = controls[code];
  if (control !== undefined) return literal(control);
  if (/^[A-Za-z0-9]$/.test(code)) throw new PatternFault(`\\${code} is not of RE2`);
  return literal(code);
}

function bracket(reader: Reader): CodeSet {
  const negated = takes(reader, "^");
  const ranges: CodeRange[] = [];
  for (let first = true; first || peek(reader) !== "]"; first = false) {
    const named = Object.keys(classes).find((name) => name.startsWith("[") && takes(reader, name));
    if (named !== undefined) ranges.push(...(classes[named] ?? []));
    else ranges.push(...bracketItem(reader));
  }
  reader.at += 1;
  return { kind: "set", ranges, negated };
}

function bracketItem(reader: Reader): readonly CodeRange[] {
  const from = bracketSet(reader);
  const [start] = from.ranges;
  if (peek(reader) !== "-" || reader.codes[reader.at + 1] === "]" || start === undefined || start[0] !== start[1]) return flat(from);
  reader.at += 1;
  const [end] = bracketSet(reader).ranges;
  if (end === undefined || end[0] !== end[1] || end[0] < start[0]) throw new PatternFault("a range that is none");
  return [[start[0], end[0]]];
}

function bracketSet(reader: Reader): CodeSet {
  const code = take(reader);
  return code === "\\" ? escapedSet(reader) : literal(code);
}

/** The complement of a class inside of brackets, as ranges. */
function flat({ ranges, negated }: CodeSet): readonly CodeRange[] {
  if (!negated) return ranges;
  const gaps: CodeRange[] = [];
  let from = 0;
  for (const [start, end] of ranges) {
    if (start > from) gaps.push([from, start - 1]);
    from = end + 1;
  }
  return [...gaps, [from, lastCode]];
}
