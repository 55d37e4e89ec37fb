/**
 * The audit's metrics: what is told, what is forgotten, and that users' words never grow without bound.
 */
import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { auditMetrics } from "../../src/cli/audit-metrics.ts";
import type { AuditTally } from "../../src/policies/audit-tally.ts";
import type { Exemption } from "../../src/policies/exemption.ts";

const tally = (over: Partial<AuditTally> = {}): AuditTally => ({
  counts: [{ owner: "billing", rule: "DRAIN-002", outcome: "deny", objects: 2 }],
  objects: 5,
  unseen: 1,
  exempted: new Map([["EX-1", 3]]),
  ...over,
});

const exemption: Exemption = {
  ...{ id: "EX-1", rules: ["DRAIN-001"], match: { namespace: "shop" }, owner: "dba", reason: "r", line: 1, compensate: [] },
  ...{ expires: Date.parse("2027-04-30"), expiresText: "2027-04-30" },
};

async function lines(registry: Registry): Promise<readonly string[]> {
  return (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

it("tells findings by namespace, owner, rule and action, what entered unseen, and exemptions with their end", async () => {
  const registry = new Registry();
  const metrics = auditMetrics(registry);
  metrics.tell("shop", tally(), [exemption, { ...exemption, id: "EX-2", owner: "ann" }]);
  metrics.tell("pay", tally({ counts: [], unseen: 0, exempted: new Map() }), [exemption, { ...exemption, id: "EX-2", owner: "ann" }]);
  expect(await lines(registry)).toEqual([
    'plimsoll_audit_findings{namespace="shop",owner="billing",rule="DRAIN-002",action="deny"} 2',
    'plimsoll_audit_entered_unseen{namespace="shop"} 1',
    'plimsoll_audit_entered_unseen{namespace="pay"} 0',
    "plimsoll_audit_objects 10",
    'plimsoll_exemption_objects{exemption="EX-1"} 3',
    'plimsoll_exemption_objects{exemption="EX-2"} 0',
    `plimsoll_exemption_expiry_timestamp_seconds{exemption="EX-1",owner="dba"} ${Date.parse("2027-04-30") / 1000}`,
    `plimsoll_exemption_expiry_timestamp_seconds{exemption="EX-2",owner="ann"} ${Date.parse("2027-04-30") / 1000}`,
  ]);
});

it("forgets a namespace that is gone, and everything when another process leads", async () => {
  const registry = new Registry();
  const metrics = auditMetrics(registry);
  metrics.tell("shop", tally(), []);
  metrics.tell("pay", tally(), []);
  metrics.tell("shop", undefined, []);
  expect((await lines(registry)).filter((line) => line.includes("shop"))).toEqual([]);
  metrics.clear();
  expect(await lines(registry)).toEqual(["plimsoll_audit_objects 0"]);
});

it("has at most 201 namespaces and 101 owners: those with the fewest objects share one value, and no object is lost", async () => {
  const registry = new Registry();
  const metrics = auditMetrics(registry);
  const count = 1_000;
  for (let index = 0; index < count; index += 1) {
    metrics.tell(`team-${index}`, tally({ counts: [{ owner: `owner-${index}`, rule: "R-1", outcome: "deny", objects: index + 1 }] }), []);
  }
  const found = (await lines(registry)).filter((line) => line.startsWith("plimsoll_audit_findings"));
  const values = (label: string) => new Set(found.map((line) => new RegExp(`${label}="([^"]*)"`).exec(line)?.[1]));
  expect([values("namespace").size, values("owner").size]).toEqual([201, 101]);
  expect([values("namespace").has("team-999"), values("namespace").has("team-0"), values("namespace").has("(others)")]).toEqual([
    true,
    false,
    true,
  ]);
  expect(found.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0)).toBe((count * (count + 1)) / 2);
});
