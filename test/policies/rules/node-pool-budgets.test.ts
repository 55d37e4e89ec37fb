/** NP-021: budgets of a NodePool that never do what they say. */
import { describe } from "vitest";
import { pool } from "../review/pools.ts";
import { checkerOf } from "./findings.ts";

const budgets = (text: string): readonly [string, string] => ["budgets: [{nodes: 10%}]", `budgets: [${text}]`];

describe("hours without a budget", () => {
  const check = checkerOf("NP-021");
  check("a lone window leaves all other hours without a limit", {
    judge: pool(budgets("{nodes: 50%, schedule: 0 0 * * 6, duration: 24h}")),
    finds: ["NP-021 warn: no budget holds outside the windows, such as Sunday 00:00 to Saturday 00:00 UTC: every node may go at once then"],
  });
  check("hours of 0 alone leave all other hours without a limit", {
    judge: pool(budgets('{nodes: "0", schedule: 0 9 * * 1-5, duration: 8h}')),
    finds: ["NP-021 warn: no budget holds outside the windows, such as Monday 17:00 to Tuesday 09:00 UTC: every node may go at once then"],
  });
  check("windows that follow each other leave nothing out", {
    judge: pool(budgets('{nodes: "1", schedule: 0 2 * * 6, duration: 4h}, {nodes: "0", schedule: 0 6 * * 6, duration: 164h}')),
    finds: [],
  });
  check("an hour that two windows leave out is a problem", {
    judge: pool(budgets('{nodes: "1", schedule: 0 2 * * 6, duration: 4h}, {nodes: "0", schedule: 0 6 * * 6, duration: 163h}')),
    finds: [
      "NP-021 warn: no budget holds outside the windows, such as Saturday 01:00 to Saturday 02:00 UTC: every node may go at once then",
    ],
  });
  check("a budget of one reason bounds no other, and is meant so", {
    judge: pool(budgets("{nodes: 50%, schedule: 0 0 * * 6, duration: 24h, reasons: [Drifted]}")),
    finds: [],
  });
  check("a time that can't be read is another rule's", {
    judge: pool(budgets("{nodes: 50%, schedule: 0 0 * * 6}")),
    finds: [],
  });
});

describe("a window above a budget that always holds", () => {
  const check = checkerOf("NP-021");
  check("changes nothing", {
    judge: pool(budgets("{nodes: 10%}, {nodes: 50%, schedule: 0 0 * * 6, duration: 24h}")),
    finds: [
      "NP-021 warn: the window of 50% (0 0 * * 6 for 24h) changes nothing: the budget of 10% beside it always holds, and the smallest one wins",
    ],
  });
  check("changes nothing of its own reasons either", {
    judge: pool(budgets('{nodes: "1"}, {nodes: "1", schedule: 0 0 * * 6, duration: 24h, reasons: [Empty]}')),
    finds: [
      "NP-021 warn: the window of 1 (0 0 * * 6 for 24h) changes nothing: the budget of 1 beside it always holds, and the smallest one wins",
    ],
  });
  check("may lower it, and a count is not held against a share", {
    judge: pool(
      budgets('{nodes: 10%}, {nodes: 5%, schedule: 0 0 * * 6, duration: 24h}, {nodes: "20", schedule: 0 0 * * 0, duration: 24h}'),
    ),
    finds: [],
  });
  check("is not closed by a budget of another reason", {
    judge: pool(budgets("{nodes: 10%, reasons: [Drifted]}, {nodes: 50%, schedule: 0 0 * * 6, duration: 24h}, {nodes: 60%}")),
    finds: [],
  });
});
