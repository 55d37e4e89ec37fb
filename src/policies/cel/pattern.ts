/**
 * Pattern: a regular expression that is matched in linear time.
 *
 * Reads a pattern of RE2's language and texts. Returns matches as RE2 finds them: the leftmost, and of those the one that the
 * pattern prefers. All ways through the pattern are followed at once, one character at a time, so no pattern and no text can
 * make it work for longer than their two lengths multiplied.
 */
import { err, ok, type Result } from "../../api/result.ts";
import { parsePattern, type CodeSet, type PatternNode } from "./pattern-syntax.ts";

/** Offsets of a match in code points: from included, to not. */
export interface PatternMatch {
  readonly from: number;
  readonly to: number;
}

export interface Pattern {
  /** Number of steps of the pattern: a search takes at most this times the length of the text. */
  readonly size: number;
  /** Returns the first match at or after an offset, or undefined. */
  readonly find: (codes: readonly string[], from: number) => PatternMatch | undefined;
}

type Instruction =
  | CodeSet
  | { readonly kind: "split"; readonly first: number; readonly second: number }
  | { readonly kind: "jump"; readonly to: number }
  | Extract<PatternNode, { kind: "assert" }>
  | { readonly kind: "match" };

const instructionsMax = 5_000;

/** Returns a pattern, or why it is not one of RE2's. */
export function compilePattern(text: string): Result<Pattern, string> {
  const parsed = parsePattern(text);
  if (!parsed.ok) return parsed;
  const program: Instruction[] = [];
  emit(parsed.value.tree, program);
  if (program.length >= instructionsMax) return err("too large");
  program.push({ kind: "match" });
  const { ignoresCase } = parsed.value;
  return ok({ size: program.length, find: (codes, from) => search({ program, ignoresCase, codes }, from) });
}

function emit(node: PatternNode, program: Instruction[]): void {
  if (program.length >= instructionsMax) return;
  switch (node.kind) {
    case "set":
    case "assert":
      program.push(node);
      return;
    case "sequence":
      for (const part of node.parts) emit(part, program);
      return;
    case "choice":
      emitChoice(node.choices, program);
      return;
    case "repeat":
      emitRepeat(node, program);
  }
}

function emitChoice(choices: readonly PatternNode[], program: Instruction[]): void {
  const jumps: number[] = [];
  choices.forEach((node, index) => {
    const split = program.length;
    if (index < choices.length - 1) program.push({ kind: "match" });
    emit(node, program);
    if (index === choices.length - 1) return;
    jumps.push(program.length);
    program.push({ kind: "match" });
    program[split] = { kind: "split", first: split + 1, second: program.length };
  });
  for (const jump of jumps) program[jump] = { kind: "jump", to: program.length };
}

function emitRepeat({ part, min, max, greedy }: Extract<PatternNode, { kind: "repeat" }>, program: Instruction[]): void {
  for (let count = 0; count < min && program.length < instructionsMax; count += 1) emit(part, program);
  const splitTo = (at: number, skip: number): Instruction =>
    greedy ? { kind: "split", first: at + 1, second: skip } : { kind: "split", first: skip, second: at + 1 };
  if (max === Infinity) {
    const split = program.length;
    program.push({ kind: "match" });
    emit(part, program);
    program.push({ kind: "jump", to: split });
    program[split] = splitTo(split, program.length);
    return;
  }
  const splits: number[] = [];
  for (let count = min; count < max && program.length < instructionsMax; count += 1) {
    splits.push(program.length);
    program.push({ kind: "match" });
    emit(part, program);
  }
  for (const split of splits) program[split] = splitTo(split, program.length);
}

interface Search {
  readonly program: readonly Instruction[];
  readonly ignoresCase: boolean;
  readonly codes: readonly string[];
}

/** A way through the program: where it is, and where its match began. */
interface Way {
  readonly at: number;
  readonly from: number;
}

function search(input: Search, start: number): PatternMatch | undefined {
  const { program, codes } = input;
  let ways: readonly Way[] = [];
  let found: PatternMatch | undefined;
  for (let position = start; position <= codes.length; position += 1) {
    const entered = new Set<number>();
    const here: Way[] = [];
    for (const way of ways) follow(input, { way, position, entered, into: here });
    // A new start is the last choice, and none once something matches: the leftmost match wins.
    if (found === undefined) follow(input, { way: { at: 0, from: position }, position, entered, into: here });
    const next: Way[] = [];
    for (const { at, from } of here) {
      const instruction = program[at];
      if (instruction?.kind === "match") {
        found = { from, to: position };
        break;
      }
      if (instruction?.kind === "set" && position < codes.length && takesCode(instruction, codes[position] ?? "", input.ignoresCase)) {
        next.push({ at: at + 1, from });
      }
    }
    if (next.length === 0 && found !== undefined) return found;
    ways = next;
  }
  return found;
}

interface Following {
  readonly way: Way;
  readonly position: number;
  readonly entered: Set<number>;
  readonly into: Way[];
}

/** Follows everything that takes no character, in the pattern's order of preference; no recursion, as a pattern may be long. */
function follow({ program, codes }: Search, { way, position, entered, into }: Following): void {
  const waiting = [way.at];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (entered.has(at)) continue;
    entered.add(at);
    const instruction = program[at];
    switch (instruction?.kind) {
      case "split":
        waiting.push(instruction.second, instruction.first);
        break;
      case "jump":
        waiting.push(instruction.to);
        break;
      case "assert":
        if (holds(instruction.what, codes, position)) waiting.push(at + 1);
        break;
      case "set":
      case "match":
        into.push({ at, from: way.from });
        break;
      case undefined:
        break;
    }
  }
}

function holds(what: Extract<PatternNode, { kind: "assert" }>["what"], codes: readonly string[], position: number): boolean {
  switch (what) {
    case "start":
      return position === 0;
    case "end":
      return position === codes.length;
    case "word":
      return isWord(codes[position - 1]) !== isWord(codes[position]);
    case "noWord":
      return isWord(codes[position - 1]) === isWord(codes[position]);
  }
}

function isWord(code: string | undefined): boolean {
  return code !== undefined && /^\w$/.test(code);
}

function takesCode(set: CodeSet, text: string, ignoresCase: boolean): boolean {
  if (!ignoresCase) return isIn(set, text);
  const isEither =
    set.ranges.length > 0 && [text, text.toLowerCase(), text.toUpperCase()].some((form) => isIn({ ...set, negated: false }, form));
  return isEither !== set.negated;
}

function isIn({ ranges, negated }: CodeSet, text: string): boolean {
  const code = text.codePointAt(0) ?? 0;
  return ranges.some(([from, to]) => code >= from && code <= to) !== negated;
}
