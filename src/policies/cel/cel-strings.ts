/**
 * Texts in CEL: what Kubernetes has beyond the evaluator's own: format, replace, reverse, charAt, and the regex library.
 *
 * Registers functions in an environment. Patterns are literals that compiled when the expression did (cel-environment.ts), and are
 * matched in linear time; a search costs the budget its length times the pattern's.
 */
import type { Environment } from "@marcbachmann/cel-js";
import { compilePattern, type Pattern } from "./pattern.ts";

/** The name under which `matches` is evaluated: the evaluator's own runs JavaScript's regular expressions. */
export const safeMatches = "matchesRe2";

/** Functions whose last argument is a pattern, or whose first is one where it has two. */
export const patternFunctions: ReadonlySet<string> = new Set(["matches", safeMatches, "find", "findAll"]);

const stepsPerSearch = 64;

/** Adds the text functions to an environment; `spend` counts steps. */
export function registerStrings(environment: Environment, spend: (steps: number) => void): void {
  const compiled = new Map<string, Pattern>();
  const patternOf = (text: string): Pattern => {
    const known = compiled.get(text);
    if (known !== undefined) return known;
    const pattern = compilePattern(text);
    if (!pattern.ok) throw new Error(`not RE2-safe: ${pattern.error}`);
    compiled.set(text, pattern.value);
    return pattern.value;
  };
  const matchesOf = (text: string, patternText: string, countMax: number): readonly string[] => {
    const codes = Array.from(text);
    const pattern = patternOf(patternText);
    const found: string[] = [];
    for (let from = 0; from <= codes.length && found.length < countMax;) {
      spend(Math.ceil(((codes.length - from + 1) * pattern.size) / stepsPerSearch));
      const match = pattern.find(codes, from);
      if (match === undefined) break;
      found.push(codes.slice(match.from, match.to).join(""));
      from = match.to > match.from ? match.to : match.to + 1;
    }
    return found;
  };
  environment
    .registerFunction(`string.${safeMatches}(string): bool`, (text: string, pattern: string) => matchesOf(text, pattern, 1).length > 0)
    .registerFunction("string.find(string): string", (text: string, pattern: string) => matchesOf(text, pattern, 1)[0] ?? "")
    .registerFunction("string.findAll(string): list<string>", (text: string, pattern: string) => [...matchesOf(text, pattern, Infinity)])
    .registerFunction("string.findAll(string, int): list<string>", (text: string, pattern: string, max: bigint) => [
      ...matchesOf(text, pattern, max < 0n ? Infinity : Number(max)),
    ])
    .registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) =>
      replaced(text, { from, to, spend }),
    )
    .registerFunction("string.reverse(): string", (text: string) => Array.from(text).reverse().join(""))
    .registerFunction("string.charAt(int): string", (text: string, at: bigint) => Array.from(text)[Number(at)] ?? "")
    .registerFunction("string.format(list): string", (text: string, values: readonly unknown[]) => formatted(text, values));
}

function replaced(
  text: string,
  { from, to, spend }: { readonly from: string; readonly to: string; readonly spend: (steps: number) => void },
): string {
  const count = from === "" ? text.length + 1 : text.split(from).length - 1;
  // What comes out is paid for before it is made.
  spend(Math.ceil((text.length + count * to.length) / stepsPerSearch));
  return text.replaceAll(from, () => to);
}

/** %s any value, %d an int, %f a number with two digits or as many as said, %%. */
function formatted(text: string, values: readonly unknown[]): string {
  let used = 0;
  const out = text.replace(/%(?:\.(\d{1,2}))?([sdf%])/g, (_all, digits: string | undefined, verb: string) => {
    if (verb === "%") return "%";
    if (used >= values.length) throw new Error("format() with fewer values than places");
    const value = values[used];
    used += 1;
    if (verb === "f") return Number(value).toFixed(digits === undefined ? 6 : Number(digits));
    if (verb === "d" && typeof value !== "bigint") throw new Error("format() with %d of what is no int");
    return textOf(value);
  });
  if (used < values.length) throw new Error("format() with more values than places");
  return out;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  if (value instanceof Map) return `{${[...value].map(([key, member]) => `${textOf(key)}: ${textOf(member)}`).join(", ")}}`;
  return String(value);
}
