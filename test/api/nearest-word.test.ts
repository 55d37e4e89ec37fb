// The nearest word is what a slip of the hand meant, and nothing where nothing is close.
import fc from "../support/properties.ts";
import { describe, expect, test } from "vitest";
import { nearestWord } from "../../src/api/nearest-word.ts";

const classes = ["batch", "compute", "general", "gpu", "memory", "regulated", "system"];

describe("the nearest word", () => {
  test.each([
    ["genral", "general"],
    ["generla", "general"],
    ["General", "general"],
    ["bacth", "batch"],
    ["computing", "compute"],
    ["gpus", "gpu"],
    ["tpu", "gpu"],
    ["frontend", undefined],
    ["", undefined],
    ["x".repeat(10_000), undefined],
  ])("of %s is %s", (word, expected) => {
    expect(nearestWord(word, classes)).toBe(expected);
  });

  test("is the word itself where it is there, and the first of equals", () => {
    expect(nearestWord("memory", classes)).toBe("memory");
    expect(nearestWord("ab", ["ax", "ay"])).toBe("ax");
  });

  test("is found after any one edit of a word of three letters or more", () => {
    const letters = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const word = fc.string({ unit: fc.constantFrom(...letters), minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(
        word,
        fc.nat(),
        fc.constantFrom(...letters),
        fc.constantFrom("insert", "delete", "replace"),
        (original, at, letter, edit) => {
          const place = at % original.length;
          const tail = original.slice(edit === "insert" ? place : place + 1);
          expect(nearestWord(original.slice(0, place) + (edit === "delete" ? "" : letter) + tail, [original])).toBe(original);
        },
      ),
    );
  });
});
