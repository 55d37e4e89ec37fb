/** How many nodes of a pool may go, as Karpenter counts. */
import { describe, expect, test } from "vitest";
import type { NodePool } from "../../../src/api/node-pool.ts";
import { allowedDisruptions, type BudgetedNode, type BudgetReason } from "../../../src/provisioner/disruption/budget.ts";
import { nodePool } from "../../support/objects.ts";

type Budgets = NonNullable<NonNullable<NodePool["spec"]["disruption"]>["budgets"]>;

const good: BudgetedNode = { isInitialized: true, isReady: true, isRebooting: false, isLeaving: false, isTerminating: false };
const noon = Date.parse("2026-07-01T12:00:00Z");

describe("the budgets of a NodePool let go", () => {
  check("a tenth of ten nodes", { budgets: [{ nodes: "10%" }], nodes: ten() }, 1);
  check("a percentage rounded up", { budgets: [{ nodes: "10%" }], nodes: ten().slice(0, 3) }, 1);
  check("a tenth where nobody wrote any", { nodes: ten() }, 1);
  check("a count", { budgets: [{ nodes: "3" }], nodes: ten() }, 3);
  check("the smallest of several", { budgets: [{ nodes: "50%" }, { nodes: "2" }], nodes: ten() }, 2);
  check("what is left beside a node on its way", { budgets: [{ nodes: "3" }], nodes: ten({ isLeaving: true }) }, 2);
  check("what is left beside a node that is not ready", { budgets: [{ nodes: "3" }], nodes: ten({ isReady: false }) }, 2);
  check(
    "as many for a repair, of which such a node is one",
    { budgets: [{ nodes: "3" }], nodes: ten({ isReady: false }), reason: "Unhealthy" },
    3,
  );
  check(
    "less beside a node that is rebooting, even for a repair",
    { budgets: [{ nodes: "3" }], nodes: ten({ isRebooting: true }), reason: "Unhealthy" },
    2,
  );
  check(
    "shares of initialized nodes only",
    { budgets: [{ nodes: "50%" }], nodes: ten().map((node, index) => (index < 6 ? { ...node, isInitialized: false } : node)) },
    2,
  );
  check(
    "nobody for a node whose instance is ending: it counts no more",
    { budgets: [{ nodes: "50%" }], nodes: ten({ isTerminating: true, isLeaving: true }).slice(0, 2) },
    1,
  );
  check("never fewer than none", { budgets: [{ nodes: "0" }], nodes: ten({ isLeaving: true }) }, 0);
  check("anybody for a reason that none of them is meant for", { budgets: [{ nodes: "0", reasons: ["Empty"] }], nodes: ten() }, Infinity);
  check("nobody for a reason that one is meant for", { budgets: [{ nodes: "0", reasons: ["Drifted"] }, { nodes: "5" }], nodes: ten() }, 0);
  check(
    "by those alone that name no reason, for what they have no name for",
    { budgets: [{ nodes: "0", reasons: ["Drifted"] }, { nodes: "5" }], nodes: ten(), reason: "any" },
    5,
  );
  check(
    "anybody while its time has not come",
    { budgets: [{ nodes: "0", schedule: "0 2 * * *", duration: "1h" }], nodes: ten() },
    Infinity,
  );
  check("nobody while its time is", { budgets: [{ nodes: "0", schedule: "0 11 * * *", duration: "2h" }], nodes: ten() }, 0);
  check("nobody where its time can't be read", { budgets: [{ nodes: "5", schedule: "sometimes", duration: "2h" }], nodes: ten() }, 0);
  check("nobody where its number can't be read", { budgets: [{ nodes: "some" }], nodes: ten() }, 0);
});

/** Ten nodes, of which the first is special. */
function ten(first: Partial<BudgetedNode> = {}): readonly BudgetedNode[] {
  return Array.from({ length: 10 }, (_unused, index) => (index === 0 ? { ...good, ...first } : good));
}

function check(
  what: string,
  given: { readonly budgets?: Budgets; readonly nodes: readonly BudgetedNode[]; readonly reason?: BudgetReason },
  expected: number,
): void {
  test(what, () => {
    const base = nodePool();
    const disruption = { consolidateAfter: "0s", ...(given.budgets === undefined ? {} : { budgets: given.budgets }) };
    const pool = { ...base, spec: { ...base.spec, disruption } };
    expect(allowedDisruptions({ nodePool: pool, nodes: given.nodes, reason: given.reason ?? "Drifted", now: noon })).toBe(expected);
  });
}
