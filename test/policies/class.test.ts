/**
 * Globs of namespace names, and what a class says about a single replica.
 */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import { matchesGlob, singletonAction } from "../../src/policies/class.ts";
import { workloadClass } from "../support/workload-class.ts";

describe("a glob", () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ["dev-*", "dev-anna", true],
    ["dev-*", "dev-", true],
    ["dev-*", "dev", false],
    ["*", "", true],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["*b*", "abc", true],
    ["a*b*c", "a-c-b", false],
    ["shop", "shop", true],
    ["shop", "shops", false],
    ["s.op", "shop", false],
  ];
  it.each(rows)("%s against %s is %s", (glob, text, expected) => {
    expect(matchesGlob({ glob, text })).toBe(expected);
  });

  it("answers as the regular expression that it stands for", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
    const words = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
    fc.assert(
      fc.property(letters, words, (glob, text) => {
        expect(matchesGlob({ glob, text })).toBe(new RegExp(`^${glob.replaceAll("*", ".*")}$`).test(text));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a single replica", () => {
  const { availability } = workloadClass();
  const compute = workloadClass({ availability: { ...availability, singletons: { default: "deny", Job: "allow" } } });
  it.each([
    ["Deployment", "deny"],
    ["Job", "allow"],
    ["CronJob", "allow"],
  ])("of a %s is %s", (kind, action) => {
    expect(singletonAction(compute, kind)).toBe(action);
  });
});
