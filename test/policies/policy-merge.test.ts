/**
 * Policies in several files: put together in the order of their names, and told apart in every error.
 */
import { describe, expect, it } from "vitest";
import { parsePolicyFiles } from "../../src/policies/parse-policy-set.ts";
import { formatPolicyError } from "../../src/policies/policy-error.ts";
import { testNow } from "../support/admission.ts";

const head = "apiVersion: platform.example.com/policies/v1\n";
const a = {
  fileName: "policies/a.yaml",
  text: `${head}classes:\n  general: {}\nrules:\n  REQ-001: {action: warn}\ncustom:\n  - {id: X-A-1, expression: "true"}\n`,
};

function parsed(...texts: readonly string[]) {
  const files = texts.map((text, index) => ({ fileName: `policies/${"bcd"[index]}.yaml`, text }));
  return parsePolicyFiles({ name: "policies", files: [a, ...files], now: testNow });
}

function check(name: string, texts: readonly string[], expected: readonly string[]): void {
  it(name, () => {
    const result = parsed(...texts);
    expect(result.ok ? [] : result.error.map(formatPolicyError)).toEqual(expected);
  });
}

describe("policies in several files", () => {
  it("are one policy, whose entries know their file and line", () => {
    const result = parsed(
      `classes:\n  batch: {}\n`,
      `${head}rules: {REQ-002: {action: warn}}\ncustom:\n  - {id: X-B-1, expression: "false"}\n`,
    );
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    const { classes, rules, customRules, fileName } = result.value;
    expect([[...classes.keys()], customRules.map(({ id }) => id), fileName]).toEqual([
      ["general", "batch"],
      ["X-A-1", "X-B-1"],
      "policies",
    ]);
    const placeOf = (id: string) => `${rules.get(id)?.fileName ?? ""}:${rules.get(id)?.line ?? ""}`;
    expect(["REQ-001", "REQ-002", "X-B-1"].map(placeOf)).toEqual(["policies/a.yaml:5", "policies/c.yaml:2", "policies/c.yaml:4"]);
  });

  check(
    "name an entry that stands in two of them, with both places",
    ["classes: {general: {}}\n", `rules:\n  REQ-001: {action: deny}\n`],
    [
      'policies/b.yaml:1:11: duplicate key "classes.general" (first at policies/a.yaml:3:3)',
      'policies/c.yaml:2:3: duplicate key "rules.REQ-001" (first at policies/a.yaml:5:3)',
    ],
  );
  check(
    "agree in their version",
    ["apiVersion: other.example.com/policies/v1\n"],
    ['policies/b.yaml:1:1: duplicate key "apiVersion" (first at policies/a.yaml:1:1)'],
  );
  check(
    "tell a mistake at its own place",
    [`rules:\n  REQ-01: {}\n`, `custom:\n  - {id: X-B-1, expression: "1 +"}\n`, "classes:\n\tbad: {}\n"],
    ["policies/d.yaml:2:1: tab character cannot start a token"],
  );
  check(
    "tell all mistakes, file by file",
    [`rules:\n  REQ-01: {}\n`, `custom:\n  - {id: X-B-1, expression: "1 +"}\n`],
    ["policies/b.yaml:2:3: rules.REQ-01: no such rule; nearest REQ-001", "policies/c.yaml:2:17: custom X-B-1: 1:4 Unexpected token: EOF"],
  );
  check("are refused where one of them is no mapping", ["- a\n"], ["policies/b.yaml:1:1: must be an object, not a list"]);
});
