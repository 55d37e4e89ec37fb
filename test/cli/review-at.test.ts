/**
 * `plimsoll review --at`: which nodes the disruption budgets of a NodePool let go at a moment.
 */
import { describe, expect, it } from "vitest";
import { parseMoment } from "../../src/cli/review-at.ts";
import { pool, named } from "../policies/review/pools.ts";
import { runPlimsoll } from "./program-run.ts";

const wednesday = Date.UTC(2026, 10, 25, 12, 0);

describe("the moment", () => {
  it.each([
    ["Saturday 03:00", "2026-11-28T03:00:00.000Z"],
    ["sat 3:00", "2026-11-28T03:00:00.000Z"],
    ["Wednesday 12:00", "2026-11-25T12:00:00.000Z"],
    ["Wednesday 11:59", "2026-12-02T11:59:00.000Z"],
    ["11:00", "2026-11-26T11:00:00.000Z"],
    ["23:59", "2026-11-25T23:59:00.000Z"],
    ["2026-12-24T03:00", "2026-12-24T03:00:00.000Z"],
    ["2026-12-24T03:00+02:00", "2026-12-24T01:00:00.000Z"],
  ])("%s is the next such one", (text, expected) => {
    const at = parseMoment(text, wednesday);
    expect(at.ok ? new Date(at.value).toISOString() : at.error).toBe(expected);
  });
  it.each(["Caturday 03:00", "Saturday", "25:00", "12:60", "tomorrow", "2026-13-45T99:99", ""])(
    "%j is none, and says what to write",
    (text) => {
      expect(parseMoment(text, wednesday)).toMatchObject({ ok: false, error: expect.stringContaining('"Saturday 03:00"') as string });
    },
  );
});

describe("what may go", () => {
  const asked = async (budgets: string, moment: string, nodes = 0): Promise<string | undefined> => {
    const judged = pool(named("general-flex"), ["budgets: [{nodes: 10%}]", `budgets: [${budgets}]`]);
    const all = [
      judged,
      ...Array.from({ length: nodes }, (_one, index) => ({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: `n${index}`, labels: { "karpenter.sh/nodepool": "general-flex" } },
      })),
    ];
    const text = all.map((object) => JSON.stringify(object)).join("\n---\n");
    const { stdout } = await runPlimsoll(["review", "-", "-o", "json", "--at", moment], text);
    const { reviews } = JSON.parse(stdout) as {
      readonly reviews: readonly { readonly rows: readonly { readonly question: string; readonly answer: string }[] }[];
    };
    return reviews[0]?.rows.find(({ question }) => question === `at ${moment}`)?.answer;
  };
  const weekend = '{nodes: 10%}, {nodes: "5"}, {nodes: "0", schedule: 0 9 * * 1-5, duration: 8h}';
  it.each([
    [weekend, "Monday 10:00", 0, "no node may go"],
    [weekend, "Monday 18:00", 0, "the least of 10% and 5 of the nodes may go at once"],
    [weekend, "Monday 18:00", 20, "2 of 20 nodes may go at once"],
    ["{nodes: 50%, schedule: 0 0 * * 6, duration: 24h}", "Saturday 03:00", 0, "50% of the nodes may go at once"],
    ["{nodes: 50%, schedule: 0 0 * * 6, duration: 24h}", "Sunday 03:00", 0, "every node may go at once: no budget holds"],
    [
      '{nodes: 10%}, {nodes: "0", reasons: [Drifted]}',
      "Sunday 03:00",
      0,
      "Empty, Underutilized: 10% of the nodes may go at once; Drifted: no node may go",
    ],
  ])("under %s at %s of %d nodes", async (budgets, moment, nodes, expected) => {
    expect(await asked(budgets, moment, nodes)).toBe(expected);
  });
  it("is not asked at a moment that is none", async () => {
    const { code, stderr } = await runPlimsoll(["review", "-", "--at", "soon"], JSON.stringify(pool()));
    expect([code, stderr]).toEqual([2, '--at "soon": write a moment such as "Saturday 03:00", "03:00" or 2026-11-28T03:00 (UTC)\n']);
  });
});
