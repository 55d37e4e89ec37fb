/**
 * NP-021: disruption budgets that never do what they say.
 *
 * Karpenter takes the smallest budget that holds, so a window can only lower what an always-open budget allows; and where no budget holds,
 * nothing bounds how many nodes go at once.
 */
import { pointer } from "../../kube/json-patch.ts";
import { hoursWithout, type Budget } from "../review/budget-hours.ts";
import { momentText } from "../review/moment-text.ts";
import { goodPool } from "./node-pool-example.ts";
import type { Problem, Rule } from "./rule.ts";

export const np021: Rule = {
  id: "NP-021",
  summary: "Disruption budgets with hours in which none holds, or with a window that a lower budget always closes.",
  defaultAction: "warn",
  subjects: ["node-pool"],
  examples: {
    admitted: goodPool,
    denied: goodPool.replace("budgets: [{nodes: 10%}]", 'budgets: [{nodes: "0", schedule: 0 9 * * 1-5, duration: 8h}]'),
  },
  judge: (facts) => (facts.subject.kind === "node-pool" ? idleBudgets(facts.subject.nodePool.spec.disruption?.budgets ?? []) : []),
};

function idleBudgets(budgets: readonly Budget[]): readonly Problem[] {
  return [...boundlessHours(budgets), ...closedWindows(budgets)];
}

/** Budgets of some reasons leave the others alone by intent; those of every reason are asked about every hour. */
function boundlessHours(budgets: readonly Budget[]): readonly Problem[] {
  const general = budgets.filter(({ reasons }) => reasons === undefined);
  const hours = hoursWithout(general);
  if (hours === undefined) return [];
  const { from, until } = hours;
  const when = until === undefined ? "at any time" : `such as ${momentText(from)} to ${momentText(until)} UTC`;
  const isBlackout = general.every(({ nodes }) => nodes === "0" || nodes === "0%");
  return [
    {
      path: pointer("spec", "disruption", "budgets"),
      message: `no budget holds outside the windows, ${when}: every node may go at once then`,
      fix: isBlackout
        ? 'add a budget without a schedule, such as {nodes: "10%"}: the smallest one wins'
        : "give the rest of the time a budget with its own schedule and duration: one without a schedule would lower the windows too",
    },
  ];
}

function closedWindows(budgets: readonly Budget[]): readonly Problem[] {
  return budgets.flatMap((budget, index): readonly Problem[] => {
    if (budget.schedule === undefined) return [];
    const lower = budgets.find((other) => other.schedule === undefined && covers(other, budget) && isAtMost(other, budget));
    // NP-012 reports what is always at zero.
    if (lower === undefined || sizeOf(lower)?.amount === 0) return [];
    return [
      {
        path: pointer("spec", "disruption", "budgets", index),
        message: `the window of ${budget.nodes} (${budget.schedule} for ${budget.duration ?? ""}) changes nothing: the budget of ${lower.nodes} beside it always holds, and the smallest one wins`,
        fix: `give the budget of ${lower.nodes} the schedule and duration of the time outside the window`,
      },
    ];
  });
}

/** Says whether a budget counts wherever another does. */
function covers({ reasons }: Budget, other: Budget): boolean {
  return reasons === undefined || (other.reasons !== undefined && other.reasons.every((reason) => reasons.includes(reason)));
}

function isAtMost(budget: Budget, other: Budget): boolean {
  const [one, two] = [sizeOf(budget), sizeOf(other)];
  return one !== undefined && two !== undefined && one.isShare === two.isShare && one.amount <= two.amount;
}

/** A count and a share can't be compared: which is less depends on the nodes. */
function sizeOf({ nodes }: Budget): { readonly amount: number; readonly isShare: boolean } | undefined {
  const [, amount, percent] = /^(\d+)(%?)$/.exec(nodes) ?? [];
  return amount === undefined ? undefined : { amount: Number(amount), isShare: percent === "%" };
}
