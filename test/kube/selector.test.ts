/** Label selectors match, print and parse as in Kubernetes. */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import type { LabelSelector } from "../../src/api/object.ts";
import { formatSelector, isEmptySelector, matchesSelector, parseSelectorText } from "../../src/kube/selector.ts";

const labels = { app: "billing", tier: "api", empty: "" };

describe("a selector on app=billing, tier=api, empty=", () => {
  check("absent matches nothing", undefined, false);
  check("empty matches everything", {}, true);
  check("with equal labels matches", { matchLabels: { app: "billing" } }, true);
  check("with another value does not", { matchLabels: { app: "billing", tier: "web" } }, false);
  check("with an inherited name does not match", { matchLabels: { constructor: "x" } }, false);
  check("In matches one of the values", { matchExpressions: [{ key: "tier", operator: "In", values: ["web", "api"] }] }, true);
  check("In does not match an absent label", { matchExpressions: [{ key: "zone", operator: "In", values: [""] }] }, false);
  check("NotIn matches an absent label", { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["a"] }] }, true);
  check("NotIn does not match a listed value", { matchExpressions: [{ key: "tier", operator: "NotIn", values: ["api"] }] }, false);
  check("Exists matches an empty value", { matchExpressions: [{ key: "empty", operator: "Exists" }] }, true);
  check("DoesNotExist does not match an empty value", { matchExpressions: [{ key: "empty", operator: "DoesNotExist" }] }, false);
  check("asks for all of its parts", { matchLabels: { app: "billing" }, matchExpressions: [{ key: "zone", operator: "Exists" }] }, false);

  function check(title: string, selector: LabelSelector | undefined, expected: boolean): void {
    it(title, () => {
      expect(matchesSelector(selector, labels)).toBe(expected);
    });
  }

  it("matches nothing but {} where there are no labels", () => {
    expect([matchesSelector({}, undefined), matchesSelector({ matchLabels: { a: "" } }, undefined)]).toEqual([true, false]);
  });
});

describe("selector text", () => {
  check("app=billing", "app in (billing)");
  check("app==billing,tier!=web", "app in (billing),tier notin (web)");
  check("tier in (api, web),zone notin (a)", "tier in (api,web),zone notin (a)");
  check("example.com/app,!zone", "example.com/app,!zone");
  check(" app = billing ", "app in (billing)");
  check("app=", "app in ()");
  check("", "");
  for (const bad of ["app=a=b", "app in", "!app=x", "in (a)", "-app", "app=a b", "app in (a", ",", "a=b,", "app>1"]) refuse(bad);

  function check(text: string, expected: string): void {
    it(`${JSON.stringify(text)} reads as ${JSON.stringify(expected)}`, () => {
      const parsed = parseSelectorText(text);
      expect(parsed.ok ? formatSelector(parsed.value) : parsed.error).toBe(expected);
    });
  }
  function refuse(text: string): void {
    it(`${JSON.stringify(text)} is refused`, () => {
      expect(parseSelectorText(text).ok).toBe(false);
    });
  }

  it("says the same as the selector that it was printed from", () => {
    const key = fc.constantFrom("app", "tier", "example.com/zone");
    const values = fc.subarray(["a", "b", "c"], { minLength: 1 });
    const requirement = fc.oneof(
      fc.record({ key, operator: fc.constantFrom("In" as const, "NotIn" as const), values }),
      fc.record({ key, operator: fc.constantFrom("Exists" as const, "DoesNotExist" as const) }),
    );
    const selector = fc.record({
      matchLabels: fc.dictionary(key, fc.constantFrom("a", "b")),
      matchExpressions: fc.array(requirement, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(selector, fc.dictionary(key, fc.constantFrom("a", "b", "z")), (original, on) => {
        const parsed = parseSelectorText(formatSelector(original));
        expect(parsed.ok && matchesSelector(parsed.value, on)).toBe(matchesSelector(original, on));
      }),
    );
  });
});

describe("printing", () => {
  it("sorts by key and keeps absent and empty apart", () => {
    expect(formatSelector({ matchLabels: { tier: "api", app: "x" }, matchExpressions: [{ key: "b", operator: "Exists" }] })).toBe(
      "app=x,b,tier=api",
    );
    expect([formatSelector(undefined), formatSelector({})]).toEqual(["<none>", ""]);
    expect([isEmptySelector({}), isEmptySelector({ matchLabels: {} }), isEmptySelector({ matchLabels: { a: "b" } })]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
