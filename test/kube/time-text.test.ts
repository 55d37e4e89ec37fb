import { expect, it } from "vitest";
import { timeText } from "../../src/kube/time-text.ts";

it("has whole seconds, cut off and not rounded", () => {
  expect(timeText(Date.parse("2026-07-01T12:30:45.999Z"))).toBe("2026-07-01T12:30:45Z");
  expect(timeText(0)).toBe("1970-01-01T00:00:00Z");
});
