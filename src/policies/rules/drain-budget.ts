/**
 * DRAIN-004, -005, -006: PodDisruptionBudgets that are wrong whatever the scale.
 *
 * Reads the budget that is judged, or the foreign budgets of the workload that is (a budget that we compiled is judged by its
 * profile). A literal 0 is DRAIN-004 alone; who blocks at a scale is DRAIN-002's (drain-evictions.ts).
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import { isEmptySelector } from "../../kube/selector.ts";
import { rememberedInBursts } from "../../kube/remembered.ts";
import { covererOf } from "../drain-cover.ts";
import { budgetFixes, drainFixes, fixText } from "../drain-fix.ts";
import { budgetNameOf, isZeroBudget, oneAtATimePatch } from "../budget-words.ts";
import { pathIn, type Facts } from "../facts.ts";
import { isWrittenAsCompiled, type WorkloadView } from "../workload-view.ts";
import { budgetExample, deploymentExample } from "./drain-examples.ts";
import { aboutAll, classOf, type Problem, type Rule } from "./rule.ts";
import { workloadTitle } from "../../kube/workload.ts";

export const drain004: Rule = {
  id: "DRAIN-004",
  summary: "A PodDisruptionBudget with maxUnavailable 0 blocks every drain.",
  defaultAction: "deny",
  needs: ["budget"],
  examples: {
    admitted: `${deploymentExample()}---${budgetExample("maxUnavailable: 1")}`,
    denied: `${deploymentExample()}---${budgetExample("maxUnavailable: 0")}`,
  },
  judge(facts) {
    const budgets = facts.subject.kind === "budget" ? [facts.subject.budget] : foreignBudgets(facts, ["workload"]);
    return budgets
      .filter((budget) => isZeroBudget(budget) && !isWrittenAsCompiled(budget, facts))
      .map((budget) => {
        const fixes = budgetFixes(budget, { views: facts.views, cover: coverFor(facts) });
        const isMended = facts.subject.kind === "budget" && fixes.some(({ change }) => change.kind === "one-at-a-time");
        return {
          path: pathIn(facts, { budget: "/spec/maxUnavailable" }),
          message: `PodDisruptionBudget "${budgetNameOf(budget)}" sets maxUnavailable: ${budget.spec.maxUnavailable}; it blocks every drain`,
          fix: fixText(fixes),
          ...aboutAll(facts.views),
          ...(isMended ? { patch: oneAtATimePatch(budget) } : {}),
        };
      });
  },
};

export const drain005: Rule = {
  id: "DRAIN-005",
  summary: "Two PodDisruptionBudgets on one Pod: the eviction API refuses such a Pod outright.",
  defaultAction: "deny",
  needs: ["budget"],
  examples: {
    admitted: `${deploymentExample()}---${budgetExample("maxUnavailable: 1")}`,
    denied: `${deploymentExample()}---${budgetExample("maxUnavailable: 1")}---${budgetExample("maxUnavailable: 1", { name: "second" })}`,
  },
  judge(facts) {
    if (facts.subject.kind === "scale" || facts.subject.kind === "autoscaler") return [];
    return facts.views.flatMap((view): readonly Problem[] => {
      const names = budgetNames(view, facts);
      if (names.length < 2) return [];
      return [
        {
          path: pathIn(facts, { budget: "/spec/selector" }),
          message: `PodDisruptionBudgets ${severalSelect(names, facts)} select pods of ${workloadTitle(view.workload)}; the eviction API refuses pods with ${names.length > 2 ? "more than one budget" : "two budgets"}`,
          fix: fixText(drainFixes({ view, cover: coverFor(facts) })) || (names.length > 2 ? "keep one" : "delete one"),
          ...classOf(view),
        },
      ];
    });
  },
};

export const drain006: Rule = {
  id: "DRAIN-006",
  summary: "A PodDisruptionBudget with an empty selector covers every Pod of its namespace with one budget.",
  defaultAction: "deny",
  needs: ["budget"],
  examples: {
    admitted: budgetExample("maxUnavailable: 1"),
    denied: budgetExample("maxUnavailable: 1", { selector: "{}" }),
  },
  judge(facts) {
    if (facts.subject.kind !== "budget") return [];
    const { budget } = facts.subject;
    if (budget.spec.selector === undefined || !isEmptySelector(budget.spec.selector)) return [];
    const namespace = budget.metadata.namespace ?? "";
    return [
      {
        path: "/spec/selector",
        message: `PodDisruptionBudget "${budgetNameOf(budget)}" has an empty selector and would cover every pod in namespace ${namespace}`,
        fix: "select one workload",
      },
    ];
  },
};

const coverFor = rememberedInBursts(({ snapshot }: Facts) => covererOf(snapshot), 2);

/** Foreign budgets and the one that the profile compiles, which stands in for a foreign one of its own name. */
function budgetNames(view: WorkloadView, facts: Facts): readonly string[] {
  const foreign = view.foreignBudgets.map(budgetNameOf);
  const compiled = view.contract?.budget;
  const own = compiled?.kind === "budget" ? [budgetNameOf(compiled.budget)] : [];
  const names = [...new Set([...foreign, ...own])].sort();
  const { subject } = facts;
  if (subject.kind !== "budget" || isWrittenAsCompiled(subject.budget, facts)) return subject.kind === "budget" ? [] : names;
  const judged = budgetNameOf(subject.budget);
  return [...new Set([...names, judged])].sort();
}

/** Names of budgets that a message says; a namespace may have thousands. */
const namesMax = 10;

/** `"a" and "b" both`, or `"a", "b" and "c" all`. */
function severalSelect(sorted: readonly string[], { subject }: Facts): string {
  const judged = subject.kind === "budget" ? budgetNameOf(subject.budget) : undefined;
  // The judged budget is named however many there are.
  const isCut = sorted.length > namesMax && judged !== undefined;
  const names = isCut ? [judged, ...sorted.filter((name) => name !== judged)] : sorted;
  const quoted = names.slice(0, namesMax).map((name) => `"${name}"`);
  if (names.length > namesMax) return `${quoted.join(", ")} and ${names.length - namesMax} more all`;
  return `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1) ?? ""} ${names.length > 2 ? "all" : "both"}`;
}

function foreignBudgets(facts: Facts, subjects: readonly Facts["subject"]["kind"][]): readonly PodDisruptionBudget[] {
  return subjects.includes(facts.subject.kind) ? facts.views.flatMap((view) => view.foreignBudgets) : [];
}
