/**
 * Strategic merge patches: the directives that kubectl writes, row by row.
 */
import { expect, test } from "vitest";
import { createBuiltInSchemas } from "../../src/sim/built-in-schemas.ts";
import type { JsonObject } from "../../src/sim/json.ts";
import { applyStrategicMergePatch } from "../../src/sim/patch/strategic-merge.ts";

const podSpec = createBuiltInSchemas()("core.v1.PodSpec");

function check(current: JsonObject, patch: JsonObject, expected: JsonObject | string): void {
  const merged = applyStrategicMergePatch(current, patch, podSpec);
  expect(merged.ok ? merged.value : merged.error).toEqual(expected);
}

const named = (...names: string[]): JsonObject[] => names.map((name) => ({ name }));

test("lists of named items merge by name, delete by directive and take the patch's order", () => {
  check(
    { containers: named("a", "b") },
    { containers: [{ name: "b", image: "x" }] },
    { containers: [{ name: "a" }, { name: "b", image: "x" }] },
  );
  check({ containers: named("a", "b") }, { containers: [{ name: "a", $patch: "delete" }] }, { containers: named("b") });
  check({ containers: named("a", "b") }, { containers: [{ name: "c" }, { $patch: "replace" }] }, { containers: named("c") });
  check(
    { containers: named("a", "b", "c") },
    { "$setElementOrder/containers": named("c", "a"), containers: [{ name: "c", image: "x" }] },
    { containers: [{ name: "b" }, { name: "c", image: "x" }, { name: "a" }] },
  );
  check({ containers: named("a", "b") }, { "$setElementOrder/containers": named("b", "a") }, { containers: named("b", "a") });
});

test("other lists are replaced, and a null removes", () => {
  check({ tolerations: [{ key: "a" }], hostname: "h" }, { tolerations: [{ key: "b" }], hostname: null }, { tolerations: [{ key: "b" }] });
  check({ nodeSelector: { a: "1", b: "2" } }, { nodeSelector: { b: null, c: "3" } }, { nodeSelector: { a: "1", c: "3" } });
});

test("retainKeys drops what the patch does not name", () => {
  check(
    { volumes: [{ name: "v", emptyDir: {} }] },
    { volumes: [{ name: "v", $retainKeys: ["name", "hostPath"], hostPath: { path: "/x" } }] },
    { volumes: [{ name: "v", hostPath: { path: "/x" } }] },
  );
});

test("an item without its merge key, and an unknown directive, are refused", () => {
  check({}, { containers: [{ image: "x" }] }, "map: map[image:x] does not contain declared merge key: name");
  check({}, { affinity: { $patch: "maybe" } }, 'unknown patch type found: "maybe"');
});
