/**
 * The checklist's own parts: which rows a title names, and that a knock-out changes what it should and nothing else.
 */
import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { type Part, parseChecklist } from "../../scripts/checklist-rows.ts";
import { rowsNamedBy } from "../../scripts/checklist-tests.ts";
import { partsIn, switchName, withSwitches } from "../../scripts/knock-out.ts";

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

describe("switches in a source", () => {
  const text = `
const one = { id: "X-001", judge(facts) { return facts.all; } };
const two = { id: "X-002", judge: (facts) => facts.all };
const judge = (facts) => facts.all;
const three = { id: "X-003", judge };
function step(draft) { return [...draft, 1]; }
`;
  const path = "src/policies/rules/x.ts";
  const rules = ["X-001", "X-002", "X-003"].map((name): Part => ({ kind: "rule", name }));
  const step: Part = { kind: "step", name: "the step", file: path, function: "step", returns: "draft" };
  const parts = [...rules, step];
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);

  check("nothing", [["found"], ["found"], ["found"], [0, 1]]);
  check("X-001", [[], ["found"], ["found"], [0, 1]]);
  check("X-002", [["found"], [], ["found"], [0, 1]]);
  check("X-003", [["found"], ["found"], [], [0, 1]]);
  check("the step", [["found"], ["found"], ["found"], [0]]);

  function check(off: string, results: readonly unknown[]): void {
    it(`change what rules and steps return while ${off} is off`, () => {
      const run = '[one, two, three].map((rule) => rule.judge({ all: ["found"] })).concat([step([0])])';
      const world: Record<string, unknown> = { [switchName]: off };
      expect(runInNewContext(`${withSwitches({ path, text }, parts) ?? ""}\n${run}`, world)).toEqual(results);
    });
  }

  it("stand in the step's own file alone", () => {
    expect(withSwitches({ path: "src/other.ts", text }, [step])).toBeUndefined();
  });

  it("are found by name, and a part that stands nowhere isn't", () => {
    expect(partsIn(tree, [...parts, { kind: "rule", name: "X-004" }])).toEqual(parts.map(({ name }) => name));
    expect(withSwitches({ path, text }, [{ kind: "rule", name: "X-004" }])).toBeUndefined();
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
  expect(() => parseChecklist(text)).toThrow(
    /no step "none"[\s\S]*kinds are[\s\S]*nothing to switch off[\s\S]*have words[\s\S]*not sorted/,
  );
});
