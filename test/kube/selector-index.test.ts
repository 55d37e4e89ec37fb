/**
 * SelectorIndex against the filter that it stands for.
 */
import fc from "../support/properties.ts";
import { expect, it } from "vitest";
import type { LabelSelector } from "../../src/api/object.ts";
import { matchesSelector } from "../../src/kube/selector.ts";
import { selectorIndex } from "../../src/kube/selector-index.ts";

const key = fc.constantFrom("app", "tier", "track");
const value = fc.constantFrom("a", "b", "");
const labels = fc.dictionary(key, value);
const selector: fc.Arbitrary<LabelSelector | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.record({ matchLabels: labels }),
  fc.record({
    matchLabels: labels,
    matchExpressions: fc.array(fc.record({ key, operator: fc.constantFrom("In" as const, "NotIn" as const), values: fc.array(value) }), {
      maxLength: 2,
    }),
  }),
);

it("finds the selectors that match, in their order, as trying each of them does", () => {
  fc.assert(
    fc.property(fc.array(selector, { maxLength: 8 }), fc.option(labels, { nil: undefined }), (selectors, own) => {
      const items = selectors.map((one, index) => ({ selector: one, index }));
      const found = selectorIndex(items, (item) => item.selector).matching(own);
      expect(found).toEqual(items.filter((item) => matchesSelector(item.selector, own)));
    }),
    { numRuns: 1_000 },
  );
});
