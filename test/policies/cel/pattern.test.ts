/**
 * Patterns: they find what JavaScript's regular expressions find, never run away, and refuse what is not RE2's.
 */
import fc from "../../support/properties.ts";
import { describe, expect, it } from "vitest";
import { compilePattern } from "../../../src/policies/cel/pattern.ts";

function found(pattern: string, text: string): string | undefined {
  const compiled = compilePattern(pattern);
  if (!compiled.ok) throw new Error(compiled.error);
  const codes = Array.from(text);
  const match = compiled.value.find(codes, 0);
  return match === undefined ? undefined : codes.slice(match.from, match.to).join("");
}

const atoms = fc.constantFrom("a", "b", "c", ".", "[ab]", "[^a]", "\\d", "\\w", "\\b", "x", "(a|ab)", "(?:b|)", "[a-c]");
const quantified = fc
  .tuple(atoms, fc.constantFrom("", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?"))
  .map(([atom, times]) => (atom === "\\b" ? atom : `${atom}${times}`));
const patterns = fc
  .array(
    fc.array(quantified, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
    { minLength: 1, maxLength: 3 },
  )
  .chain((choices) => fc.constantFrom(choices.join("|"), `^(${choices.join("|")})$`, `(${choices.join("|")})c`));

describe("a pattern", () => {
  it("finds what JavaScript finds, first and leftmost", () => {
    fc.assert(
      fc.property(patterns, fc.string({ unit: fc.constantFrom("a", "b", "c", "x", "1", " ", "-"), maxLength: 12 }), (pattern, text) => {
        expect(found(pattern, text)).toBe(new RegExp(pattern, "u").exec(text)?.[0]);
      }),
      { numRuns: 2_000 },
    );
  });

  it("ends at once where a regular expression would go on for ever", () => {
    const started = performance.now();
    for (const pattern of ["^(a+)+$", "^(a|a)*$", "(a*)*b", "a*a*a*a*a*a*b", "(x+x+)+y"])
      expect(found(pattern, "a".repeat(5_000))).not.toBe("b");
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  it("knows flags, classes by name, and texts beyond ASCII", () => {
    expect(found("(?i)^ABC$", "aBc")).toBe("aBc");
    expect(found("a.c", "a\nc")).toBeUndefined();
    expect(found("(?s)a.c", "a\nc")).toBe("a\nc");
    expect(found("[[:alpha:]_]+[\\d.]*", "--web_1.2")).toBe("web_1.2");
    expect(found("^.$", "🛶")).toBe("🛶");
    expect(found("(?P<name>a)-\\.", "a-.")).toBe("a-.");
  });

  it("refuses what is not of RE2", () => {
    for (const pattern of ["(?=a)", "(?<!a)b", "(a)\\1", "a**", "a{2,1}", "a{2000}", "(", ")", "[b-a]", "\\q", "(?<a", "*", "[a"]) {
      expect(compilePattern(pattern).ok, pattern).toBe(false);
    }
    expect(compilePattern("((((a{50}){50}){50}){50})").ok).toBe(false);
  });
});
