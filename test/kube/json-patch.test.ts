/** JSON patches are built without surprises and applied all or nothing. */
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import {
  addAt,
  applyJsonPatch,
  jsonEquals,
  type JsonPatchOperation,
  parseJsonPatch,
  type PatchDraft,
  pointer,
  pointerTokens,
  type PointerToken,
  removeAt,
  startPatch,
} from "../../src/kube/json-patch.ts";

describe("a draft", () => {
  check("replaces a value", { a: 1 }, [["a"], 2], [{ op: "replace", path: "/a", value: 2 }]);
  check("adds nothing where the value is there already", { a: { b: [1, { c: 2 }] } }, [["a"], { b: [1, { c: 2 }] }], []);
  check(
    "creates missing parents in one operation",
    {},
    [["metadata", "labels", "a.b/c"], "x"],
    [{ op: "add", path: "/metadata", value: { labels: { "a.b/c": "x" } } }],
  );
  check("escapes keys", { labels: { z: "1" } }, [["labels", "a.b/c~d"], "x"], [{ op: "add", path: "/labels/a.b~1c~0d", value: "x" }]);
  check(
    "creates a list for a first item",
    { spec: {} },
    [["spec", "tolerations", "-"], { key: "k" }],
    [{ op: "add", path: "/spec/tolerations", value: [{ key: "k" }] }],
  );
  check("appends to a list", { list: [1] }, [["list", "-"], 2], [{ op: "add", path: "/list/-", value: 2 }]);
  check("replaces within a list", { list: [1, 2] }, [["list", 0], 9], [{ op: "replace", path: "/list/0", value: 9 }]);
  check("treats null as absent", { labels: null }, [["labels", "a"], "x"], [{ op: "add", path: "/labels", value: { a: "x" } }]);

  function check(
    title: string,
    document: object,
    [tokens, value]: [readonly PointerToken[], unknown],
    expected: readonly JsonPatchOperation[],
  ): void {
    it(title, () => {
      const frozen = deepFreeze(document);
      const draft = addAt(startPatch<object>(frozen), tokens, value);
      expect(draft.operations).toEqual(expected);
      expect(applyJsonPatch(frozen, draft.operations)).toEqual({ ok: true, value: draft.document });
    });
  }

  it("does not let two additions under one missing parent overwrite each other", () => {
    const first = addAt(startPatch<object>({ metadata: {} }), ["metadata", "labels", "a"], "1");
    const second = addAt(first, ["metadata", "labels", "b"], "2");
    expect(second.document).toEqual({ metadata: { labels: { a: "1", b: "2" } } });
    expect(applyJsonPatch({ metadata: {} }, second.operations)).toEqual({ ok: true, value: second.document });
  });

  it("writes a member named __proto__ as any other", () => {
    const draft = addAt(addAt(startPatch<object>({ a: {} }), ["a", "__proto__", "b"], 1), ["a", "__proto__", "c"], 2);
    expect(JSON.stringify(draft.document)).toBe('{"a":{"__proto__":{"b":1,"c":2}}}');
    expect(({} as { readonly b?: number }).b).toBeUndefined();
  });

  it("leaves the values of its operations as they were given", () => {
    const draft = addAt(addAt(startPatch<object>({}), ["labels"], { a: "1" }), ["labels", "b"], "2");
    expect(draft.operations).toEqual([
      { op: "add", path: "/labels", value: { a: "1" } },
      { op: "add", path: "/labels/b", value: "2" },
    ]);
  });

  it("removes what is there and nothing else", () => {
    const draft = removeAt(startPatch<object>({ list: [1, 2, 3], a: 1 }), ["list", 1]);
    expect([draft.document, draft.operations]).toEqual([{ list: [1, 3], a: 1 }, [{ op: "remove", path: "/list/1" }]]);
    expect(removeAt(draft, ["b", "c"])).toBe(draft);
  });

  it("always describes its document: applying its operations to the original gives the same", () => {
    const token = fc.constantFrom<PointerToken[]>("a", "b", "x/y", "m~n");
    const change = fc.record({
      remove: fc.boolean(),
      tokens: fc.array(token, { minLength: 1, maxLength: 3 }),
      value: fc.jsonValue({ maxDepth: 2 }),
    });
    const document = fc.dictionary(fc.constantFrom("a", "b", "x/y"), fc.jsonValue({ maxDepth: 2 }));
    fc.assert(
      fc.property(document, fc.array(change, { maxLength: 6 }), (original, changes) => {
        const applicable = changes.filter((of) => !JSON.stringify(of).includes("__proto__"));
        const draft = applicable.reduce<PatchDraft<object>>(
          (before, of) => (goesThroughAnObject(before.document, of.tokens) ? changed(before, of) : before),
          startPatch<object>(original),
        );
        const applied = applyJsonPatch<object>(original, draft.operations);
        expect(applied.ok && jsonEquals(applied.value, draft.document)).toBe(true);
      }),
    );
  });

  function changed(
    draft: PatchDraft<object>,
    of: { remove: boolean; tokens: readonly PointerToken[]; value: unknown },
  ): PatchDraft<object> {
    return of.remove ? removeAt(draft, of.tokens) : addAt(draft, of.tokens, of.value);
  }
  /** Names address members of objects; a list or a text on the way is another question. */
  function goesThroughAnObject(document: unknown, tokens: readonly PointerToken[]): boolean {
    let value: unknown = document;
    for (const token of tokens) {
      if (value === undefined || value === null) return true;
      if (typeof value !== "object" || Array.isArray(value)) return false;
      value = Object.getOwnPropertyDescriptor(value, String(token))?.value as unknown;
    }
    return true;
  }
});

describe("applying a patch", () => {
  const document = deepFreeze({ a: { b: [1, 2] } });

  check(
    "moves and copies",
    [
      { op: "copy", from: "/a/b/0", path: "/c" },
      { op: "move", from: "/a/b", path: "/d" },
    ],
    { a: {}, c: 1, d: [1, 2] },
  );
  check(
    "tests",
    [
      { op: "test", path: "/a/b/1", value: 2 },
      { op: "remove", path: "/a" },
    ],
    {},
  );
  check("refuses a failed test", [{ op: "test", path: "/a/b/1", value: 3 }], /Test operation failed/);
  check("refuses an index out of bounds", [{ op: "add", path: "/a/b/5", value: 1 }], /operation 0/);
  check("refuses a missing parent", [{ op: "add", path: "/x/y", value: 1 }], /operation 0/);
  check("refuses the removal of nothing", [{ op: "remove", path: "/x" }], /operation 0/);
  check(
    "names the operation that failed",
    [
      { op: "remove", path: "/a" },
      { op: "remove", path: "/a" },
    ],
    /operation 1/,
  );
  for (const path of ["/__proto__/x", "/constructor/prototype/x", "/a/__proto__", "/a/prototype"]) {
    check(`refuses ${path}`, [{ op: "add", path, value: 1 }], /__proto__, constructor or prototype/);
    check(`refuses from ${path}`, [{ op: "copy", from: path, path: "/x" }], /__proto__, constructor or prototype/);
  }

  function check(title: string, operations: readonly JsonPatchOperation[], expected: object | RegExp): void {
    it(title, () => {
      const applied = applyJsonPatch<object>(document, operations);
      if (expected instanceof RegExp) expect(applied.ok ? "applied" : applied.error).toMatch(expected);
      else expect(applied).toEqual({ ok: true, value: expected });
    });
  }

  it("changes neither the document nor the operations, and shares nothing with them", () => {
    const value = { deep: [1] };
    const operations: readonly JsonPatchOperation[] = [
      { op: "add", path: "/x", value },
      { op: "add", path: "/x/deep/-", value: 2 },
    ];
    expect(applyJsonPatch<object>({}, operations)).toEqual({ ok: true, value: { x: { deep: [1, 2] } } });
    expect(value).toEqual({ deep: [1] });
  });
  it("leaves every other object's prototype alone", () => {
    applyJsonPatch({}, [{ op: "add", path: "/__proto__/polluted", value: true }]);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});

describe("the body of a patch request", () => {
  it("is a list of operations", () => {
    const body: unknown = [
      { op: "add", path: "/a", value: null },
      { op: "remove", path: "/a" },
    ];
    expect(parseJsonPatch(body)).toEqual({ ok: true, value: body });
  });
  for (const body of [
    {},
    null,
    [{ op: "add", path: "/a" }],
    [{ op: "move", path: "/a" }],
    [{ op: "_get", path: "/a", value: 1 }],
    [{ op: "remove" }],
    ["x"],
  ]) {
    it(`is not ${JSON.stringify(body)}`, () => {
      expect(parseJsonPatch(body).ok).toBe(false);
    });
  }
});

describe("pointers", () => {
  it("round-trip through their tokens", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (tokens) => {
        expect(pointerTokens(pointer(...tokens))).toEqual(tokens);
      }),
    );
  });
});

describe("equality of JSON", () => {
  it("ignores member order and absent members, and nothing else", () => {
    expect(jsonEquals({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1, d: undefined })).toBe(true);
    for (const [a, b] of [
      [{ a: 1 }, { a: 2 }],
      [
        [1, 2],
        [2, 1],
      ],
      [{}, []],
      [null, {}],
      ["1", 1],
      [{ toString: 1 }, {}],
    ])
      expect(jsonEquals(a, b)).toBe(false);
  });
});

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (typeof member === "object" && member !== null) deepFreeze(member as object);
  return Object.freeze(value);
}
