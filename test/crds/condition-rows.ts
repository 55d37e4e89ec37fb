// Rows for status.conditions; kinds differ in whether reason and message must be there, and in whether types are unique.
import { statusValues, type Row } from "./row.ts";

export function conditionRows(kind: { readonly reasonNeeded: boolean; readonly typesUnique: boolean }): readonly Row[] {
  const pointer = "/status/conditions";
  const one = (condition: object) => [
    { type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z", reason: "Ready", message: "", ...condition },
  ];
  const rows = (verdict: "accepted" | "refused", ...conditions: readonly object[]) =>
    conditions.flatMap((condition) => statusValues(pointer, verdict, one(condition)));
  return [
    ...statusValues(pointer, "accepted", []),
    ...rows("accepted", {}, { status: "False" }, { status: "Unknown" }, { type: "example.com/Ready" }, { observedGeneration: 0 }),
    ...rows("refused", { type: undefined }, { type: "" }, { type: "a b" }, { type: "a".repeat(317) }),
    ...rows("refused", { status: undefined }, { status: "true" }, { lastTransitionTime: undefined }, { lastTransitionTime: "now" }),
    ...rows("refused", { reason: "not camel" }, { reason: "a".repeat(1025) }, { message: "a".repeat(32769) }, { observedGeneration: -1 }),
    ...rows(kind.reasonNeeded ? "refused" : "accepted", { reason: "" }, { reason: undefined }, { message: undefined }),
    ...statusValues(pointer, kind.typesUnique ? "refused" : "accepted", [...one({}), ...one({})]),
  ];
}
