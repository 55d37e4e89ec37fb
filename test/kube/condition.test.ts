import { describe, expect, it } from "vitest";
import type { Condition } from "../../src/api/object.ts";
import { transitionTime } from "../../src/kube/condition.ts";

const now = Date.parse("2026-07-01T12:30:45.999Z");
const then = "2026-06-01T00:00:00Z";

describe("the time of a condition", () => {
  function check(name: string, known: readonly Condition[] | undefined, expected: string) {
    it(name, () => {
      expect(transitionTime({ type: "Ready", status: "True" }, { known, now })).toBe(expected);
    });
  }
  check("stays while its status does", [{ type: "Ready", status: "True", lastTransitionTime: then }], then);
  check("moves with its status", [{ type: "Ready", status: "False", lastTransitionTime: then }], "2026-07-01T12:30:45Z");
  check("is not another condition's", [{ type: "Bound", status: "True", lastTransitionTime: then }], "2026-07-01T12:30:45Z");
  check("is now where nothing stands yet", undefined, "2026-07-01T12:30:45Z");
  check("is now where the known one has none", [{ type: "Ready", status: "True" }], "2026-07-01T12:30:45Z");
});
