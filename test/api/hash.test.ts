/** Canonical JSON: the text depends on content only, and reads back as what it was made from. */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import { canonicalJson, hashOf, shortHashOf } from "../../src/api/hash.ts";

describe("canonical JSON", () => {
  it("sorts keys at every depth and leaves undefined members out", () => {
    expect(canonicalJson({ b: [{ d: 1, c: "é\n" }], a: undefined, "10": null, "9": true })).toBe(
      '{"10":null,"9":true,"b":[{"c":"é\\n","d":1}]}',
    );
  });

  it("reads back as what it was made from, and does not show the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
      }),
    );
  });

  it("gives one hash to equal content", () => {
    expect(hashOf({ a: 1, b: 2 })).toBe(hashOf({ b: 2, a: 1 }));
    expect(hashOf({ a: 1 })).not.toBe(hashOf({ a: "1" }));
    expect(shortHashOf({ a: 1 })).toBe(hashOf({ a: 1 }).slice(0, 8));
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}
