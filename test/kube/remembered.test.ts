/** What is remembered of an object or a text is derived once, and never grows without bound. */
import { expect, it } from "vitest";
import { remembered, rememberedInBursts, rememberedText } from "../../src/kube/remembered.ts";

it("derives an object's answer once, and another object's anew", () => {
  let derived = 0;
  const nameOf = remembered((object: { readonly name: string }) => `${object.name}${++derived}`);
  const first = { name: "a" };
  expect([nameOf(first), nameOf(first), nameOf({ name: "a" })]).toEqual(["a1", "a1", "a2"]);
});

it("derives the answer of an object that is asked about in two bursts no third time", () => {
  let derived = 0;
  const numberOf = remembered<object, number>(() => ++derived);
  const objects = Array.from({ length: 9 }, () => ({}));
  const burst = () => objects.map(numberOf);
  expect([burst(), burst(), burst()].map((numbers) => numbers.length)).toEqual([9, 9, 9]);
  expect(derived).toBe(18);
});

it("keeps the answers of the last few objects only", () => {
  let derived = 0;
  const numberOf = rememberedInBursts<object, number>(() => ++derived);
  const objects = Array.from({ length: 9 }, () => ({}));
  expect(objects.map(numberOf)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(numberOf(objects[8] ?? {})).toBe(9);
  expect(numberOf(objects[0] ?? {})).toBe(10);
});

it("derives a text's answer once, also where the answer is undefined", () => {
  let derived = 0;
  const nothing = rememberedText(() => {
    derived++;
    return undefined;
  });
  nothing("100m");
  nothing("100m");
  expect(derived).toBe(1);
});

it("remembers no long text, and forgets all once there are too many", () => {
  let derived = 0;
  const lengthOf = rememberedText((text) => {
    derived++;
    return text.length;
  });
  const long = "9".repeat(65);
  expect([lengthOf(long), lengthOf(long), derived]).toEqual([65, 65, 2]);
  for (let index = 0; index < 5_000; index++) lengthOf(String(index));
  const before = derived;
  lengthOf("4999");
  lengthOf("0");
  expect(derived).toBe(before + 1);
});
