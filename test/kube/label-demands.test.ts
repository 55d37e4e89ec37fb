/**
 * Label demands: expressions taken together say what they say one by one, however many they are.
 */
import fc from "../support/properties.ts";
import { expect, it } from "vitest";
import { satisfiesExpressions } from "../../src/kube/label-demands.ts";
import { matchesSelector } from "../../src/kube/selector.ts";

const key = fc.constantFrom("a", "b", "c", "toString");
const value = fc.constantFrom("x", "y", "");
const expression = fc.record({
  key,
  operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist"),
  values: fc.array(value, { maxLength: 3 }),
});

it("expressions together match what each of them matches", () => {
  fc.assert(
    fc.property(fc.array(expression, { maxLength: 6 }), fc.dictionary(key, value), (expressions, labels) => {
      const oneByOne = expressions.every((one) => matchesSelector({ matchExpressions: [one] }, labels));
      expect(satisfiesExpressions(expressions, labels)).toBe(oneByOne);
      // As often as it takes for a selector to be added up.
      const often = Array.from({ length: 20 }, () => expressions).flat();
      expect(matchesSelector({ matchExpressions: often }, labels)).toBe(oneByOne);
    }),
  );
});

it("thousands of expressions over a thousand objects cost what the objects' labels do", () => {
  const matchExpressions = Array.from({ length: 2_000 }, (_, index) => ({ key: `k${index}`, operator: "NotIn" as const, values: ["a"] }));
  const objects = Array.from({ length: 1_000 }, (_, index) => ({ app: `web-${index}` }));
  const started = process.cpuUsage();
  expect(objects.every((labels) => matchesSelector({ matchExpressions }, labels))).toBe(true);
  // Our own time: one by one they take several hundred milliseconds.
  expect(process.cpuUsage(started).user / 1_000).toBeLessThan(100);
});
