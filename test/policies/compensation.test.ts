/**
 * Compensation: what an exemption promises of a NodePool, and how the pool keeps it.
 */
import { describe, expect, it } from "vitest";
import type { NodePool } from "../../src/api/node-pool.ts";
import { keeping, toCompensation } from "../../src/policies/compensation.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import { formatPolicyError } from "../../src/policies/policy-error.ts";
import { policyWarnings } from "../../src/policies/policy-warnings.ts";
import { contextOf, policiesText, policySet, requestFor, testNow } from "../support/admission.ts";
import { evaluate } from "../../src/policies/evaluate.ts";
import { nodePool } from "../support/objects.ts";

type Budgets = NonNullable<NonNullable<NodePool["spec"]["disruption"]>["budgets"]>;

const exempting = (compensate: string) => `${policiesText}
exemptions:
  - id: EX-2026-014
    rules: [DRAIN-001]
    match: {namespace: billing, kind: StatefulSet, name: ledger-db}
    owner: dba
    reason: single-writer database
    approved: "2026-11-01"
    expires: "2027-04-30"
    compensate: [${compensate}]
`;
const saturday = '{pool: general-flex, drainWindow: "0 2 * * 6", duration: 2h}';
const poolWith = (budgets: Budgets): NodePool => {
  const pool = nodePool();
  return { ...pool, spec: { ...pool.spec, disruption: { ...pool.spec.disruption, budgets } } };
};
const shut = { nodes: "0", schedule: "0 4 * * 6", duration: "166h" };

describe("a NodePool that is drained in a window only", () => {
  const rows: readonly (readonly [string, Budgets, ReturnType<typeof keeping>])[] = [
    ["keeps to it with a budget of 0 for the time outside", [{ nodes: "1" }, shut], "kept"],
    ["does not with nothing but a share", [{ nodes: "10%" }], "open-outside"],
    ["does not where the time outside is left open for an hour", [{ nodes: "1" }, { ...shut, duration: "165h" }], "open-outside"],
    ["does not where the window itself is shut", [shut, { nodes: "0%", schedule: "0 2 * * 6", duration: "3h" }], "never-open"],
    ["does not where it is always shut", [{ nodes: "0" }], "never-open"],
    ["keeps to it where only one reason is shut in it", [shut, { nodes: "0", reasons: ["Drifted"] }], "kept"],
  ];
  it.each(rows)("%s", (_what, budgets, expected) => {
    const compensation = toCompensation({ pool: "general-flex", drainWindow: "0 2 * * 6", duration: "2h" });
    expect(compensation === undefined ? undefined : keeping(poolWith(budgets), compensation, testNow)).toBe(expected);
  });

  it("may be drained at any time where the window is always open", () => {
    const always = toCompensation({ pool: "general-flex", drainWindow: "@daily", duration: "24h" });
    expect(always === undefined ? undefined : keeping(poolWith([{ nodes: "1" }]), always, testNow)).toBe("kept");
  });
});

describe("EX-002", () => {
  const found = (pool: NodePool, now = testNow) =>
    evaluate({ policySet: policySet(exempting(saturday)), request: requestFor(pool), context: { ...contextOf(), now } })
      .findings.filter(({ rule }) => rule === "EX-002")
      .map(({ action, message, path }) => `${action} ${path}: ${message}`);

  it("warns of a pool that breaks what an exemption promised, for as long as the exemption holds", () => {
    const promise = "in return for exemption EX-2026-014 (owner dba) its nodes are drained 0 2 * * 6 for 2h only";
    expect(found(poolWith([{ nodes: "10%" }]))).toEqual([`warn /spec/disruption/budgets: ${promise}; its budgets allow it at other times`]);
    expect(found(poolWith([{ nodes: "0" }]))).toEqual([`warn /spec/disruption/budgets: ${promise}; its budgets allow none then`]);
    expect(found(poolWith([{ nodes: "1" }, shut]))).toEqual([]);
    expect(found({ ...nodePool(), metadata: { name: "other" } })).toEqual([]);
    expect(found(poolWith([{ nodes: "10%" }]), Date.parse("2027-04-30"))).toEqual([]);
  });
});

describe("a policies.yaml", () => {
  it("is refused for a window that never opens", () => {
    const parsed = parsePolicySet({
      text: exempting('{pool: general-flex, drainWindow: "0 0 31 2 *", duration: 2h}'),
      fileName: "policies.yaml",
      now: testNow,
    });
    expect(parsed.ok ? [] : parsed.error.map(formatPolicyError)).toEqual([
      expect.stringMatching(/^policies\.yaml:\d+:18: exemptions\[0\]\.compensate\[0\]: the window never opens, or not for a minute$/),
    ]);
  });

  it("is warned of for a pool that nobody has", () => {
    const set = policySet(exempting(saturday.replace("general-flex", "general-felx")));
    expect(policyWarnings(set, contextOf([nodePool()]))).toContain(
      'EX-2026-014 compensates with NodePool "general-felx", which is not found',
    );
    expect(policyWarnings(set, contextOf())).not.toContainEqual(expect.stringContaining("compensates"));
  });
});
