/**
 * The checklist's own parts: which rows a title names, and that a knock-out changes what it should and nothing else.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseChecklist } from "../../scripts/checklist-rows.ts";
import { rowsNamedBy } from "../../scripts/checklist-tests.ts";
import { withoutParts } from "../../scripts/knock-out.ts";

describe("a title names rows", () => {
  check("S901: refuses it", ["S901"]);
  check("S901, S903: refuses both", ["S901", "S903"]);
  check("S901 and S903: refuses both", ["S901", "S903"]);
  check("S901-S903: a matrix", ["S901", "S902", "S903"]);
  check("S901 to S903: a matrix", ["S901", "S902", "S903"]);
  check("S901", ["S901"]);
  check("refuses it as S901 says", []);
  check("S9012: no id", []);

  function check(title: string, ids: readonly string[]): void {
    it(`as in: ${title}`, () => {
      expect(rowsNamedBy(title)).toEqual(ids);
    });
  }
});

describe("a knock-out", () => {
  const text = `
const one: Rule = { id: "X-001", judge(facts) { return facts.all; } };
const two: Rule = { id: "X-002", judge: (facts) => facts.all };
function step(draft: Draft): Draft { return write(draft); }
`;
  const path = "src/policies/rules/x.ts";

  it("empties the judge of one rule", () => {
    const cut = withoutParts({ path, text }, { rules: ["X-001"], steps: [] });
    expect(cut).toBe(text.replace("judge(facts) { return facts.all; }", "judge: () => []"));
  });

  it("replaces the body of one step in its own file alone", () => {
    const steps = [{ file: path, function: "step", returns: "draft" }];
    expect(withoutParts({ path, text }, { rules: [], steps })).toBe(text.replace("{ return write(draft); }", "{ return draft; }"));
    expect(withoutParts({ path: "src/other.ts", text }, { rules: [], steps })).toBeUndefined();
  });

  it("leaves a file alone that holds none of it", () => {
    expect(withoutParts({ path, text }, { rules: ["X-003"], steps: [] })).toBeUndefined();
  });
});

it("the checklist is sound", () => {
  const rows = parseChecklist(readFileSync(new URL("../../docs/checklist.yaml", import.meta.url), "utf8"));
  expect(rows.length).toBeGreaterThan(100);
});

it("a checklist with mistakes is refused with all of them", () => {
  const text = `
steps: {}
rows:
  - { id: S902, kinds: [ADM], promise: x, steps: [none] }
  - { id: S901, kinds: [PROV], promise: "" }
`;
  expect(() => parseChecklist(text)).toThrow(/no step "none"[\s\S]*kinds are[\s\S]*have words[\s\S]*not sorted/);
});
