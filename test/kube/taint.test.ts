/** Taints keep Pods away that do not tolerate them. */
import { describe, expect, it } from "vitest";
import type { Taint, Toleration } from "../../src/api/pod.ts";
import { formatTaint, tolerates, untoleratedTaint } from "../../src/kube/taint.ts";

const batch: Taint = { key: "workload-class", value: "batch", effect: "NoSchedule" };

describe("workload-class=batch:NoSchedule", () => {
  check("nothing", [], false);
  check("the same key and value", [{ key: "workload-class", value: "batch" }], true);
  check("the same with its effect", [{ key: "workload-class", operator: "Equal", value: "batch", effect: "NoSchedule" }], true);
  check("another value", [{ key: "workload-class", value: "general" }], false);
  check("another effect", [{ key: "workload-class", value: "batch", effect: "NoExecute" }], false);
  check("any value of the key", [{ key: "workload-class", operator: "Exists" }], true);
  check("everything", [{ operator: "Exists" }], true);
  check("everything of another effect", [{ operator: "Exists", effect: "NoExecute" }], false);
  check(
    "the second of two",
    [
      { key: "x", operator: "Exists" },
      { key: "workload-class", operator: "Exists" },
    ],
    true,
  );

  function check(title: string, tolerations: readonly Toleration[], expected: boolean): void {
    it(`is ${expected ? "" : "not "}tolerated by ${title}`, () => {
      expect(tolerates(tolerations, batch)).toBe(expected);
    });
  }
});

describe("the taints of a Node", () => {
  const soft: Taint = { key: "soft", effect: "PreferNoSchedule" };
  const hard: Taint = { key: "gone", effect: "NoExecute" };

  it("keep a Pod away by the first hard one that it does not tolerate", () => {
    expect(untoleratedTaint([soft, batch, hard], [{ key: "workload-class", operator: "Exists" }])).toBe(hard);
  });
  it("never by a soft one, and not without taints", () => {
    expect([untoleratedTaint([soft], undefined), untoleratedTaint(undefined, undefined)]).toEqual([undefined, undefined]);
  });
  it("print as kubectl prints them", () => {
    expect([formatTaint(batch), formatTaint(hard)]).toEqual(["workload-class=batch:NoSchedule", "gone:NoExecute"]);
  });
});
