/**
 * NP-010 to NP-013: how a NodePool's nodes may be disrupted.
 *
 * Nothing said is a policy too, and not a safe one; nothing disrupted ever is another way to be unsafe. Budgets are combined
 * by their minimum and percentages round up, which is where most of them say something else than was meant.
 */
import type { NodePool } from "../../api/node-pool.ts";
import { pointer } from "../../kube/json-patch.ts";
import { parseCron, parseGoDuration } from "../../kube/schedule.ts";
import type { Facts } from "../facts.ts";
import type { RuleParams } from "../policy-set.ts";
import { hoursWithout } from "../review/budget-hours.ts";
import { drainBlockersOnPool } from "../review/pool-workloads.ts";
import { classesOfPool, nodesOfPool } from "../review/pool-terms.ts";
import { goodPool, goodRegulatedPool } from "./node-pool-example.ts";
import type { Problem, Rule } from "./rule.ts";

const disruptionLine = "  disruption: {consolidationPolicy: WhenEmptyOrUnderutilized, consolidateAfter: 5m, budgets: [{nodes: 10%}]}\n";
const windowBudgets = /budgets: \[.*\]\}/;

export const np010: Rule = {
  id: "NP-010",
  summary: "A NodePool without a disruption policy of its own: it gets one that replaces nodes at once.",
  defaultAction: "warn",
  subjects: ["node-pool"],
  examples: { admitted: goodPool, denied: goodPool.replace(disruptionLine, "") },
  judge: ({ subject }) => (subject.kind === "node-pool" ? undecided(subject.nodePool) : []),
};

export const np011: Rule = {
  id: "NP-011",
  summary: "Consolidation switched off for a whole pool, which hides workloads that can't be drained.",
  defaultAction: "warn",
  subjects: ["node-pool"],
  examples: { admitted: goodPool, denied: goodPool.replace("consolidateAfter: 5m", "consolidateAfter: Never") },
  judge: (facts) => (facts.subject.kind === "node-pool" ? notConsolidated(facts.subject.nodePool, facts) : []),
};

export const np012: Rule = {
  id: "NP-012",
  summary: "A disruption budget that allows something else than it reads: the smallest one wins, and percentages round up.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  params: { smallPoolNodes: { kind: "number", default: 10, min: 0, meaning: "Percentages are told for pools of fewer nodes." } },
  examples: {
    admitted: goodPool,
    denied: goodPool.replace("budgets: [{nodes: 10%}]", 'budgets: [{nodes: 50%, schedule: 0 0 * * 6, duration: 24h}, {nodes: "0"}]'),
  },
  judge: (facts, params) => (facts.subject.kind === "node-pool" ? budgetTraps(facts.subject.nodePool, facts, params) : []),
};

export const np013: Rule = {
  id: "NP-013",
  summary: "A NodePool for restricted workloads without a window: its nodes are disrupted at any hour.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  examples: { admitted: goodRegulatedPool, denied: goodRegulatedPool.replace(windowBudgets, "budgets: [{nodes: 10%}]}") },
  judge: (facts) => (facts.subject.kind === "node-pool" ? noWindow(facts.subject.nodePool, facts) : []),
};

type Disruption = NonNullable<NodePool["spec"]["disruption"]>;
type Budget = NonNullable<Disruption["budgets"]>[number];

/** The API server fills in what is left out, so an absent block and one of nothing but defaults are the same. */
function undecided({ spec }: NodePool): readonly Problem[] {
  const { consolidateAfter = "0s", consolidationPolicy = "WhenEmptyOrUnderutilized", budgets } = spec.disruption ?? {};
  const [only, ...more] = budgets ?? [{ nodes: "10%" }];
  const isPlain = only?.nodes === "10%" && only.schedule === undefined && only.reasons === undefined && more.length === 0;
  if (consolidateAfter !== "0s" || consolidationPolicy !== "WhenEmptyOrUnderutilized" || !isPlain) return [];
  return [
    {
      path: "/spec/disruption",
      message: "spec.disruption is left to its defaults: consolidationPolicy WhenEmptyOrUnderutilized, consolidateAfter 0s, budgets 10%",
      fix: "set all three, such as WhenEmptyOrUnderutilized, 5m and 10%",
    },
  ];
}

/** A class whose nodes are not meant to be consolidated (add-ons) may say so. */
function notConsolidated(nodePool: NodePool, facts: Facts): readonly Problem[] {
  const { consolidateAfter, consolidationPolicy } = nodePool.spec.disruption ?? {};
  const classes = classesOfPool(nodePool, facts.policySet);
  const isMeant = classes.length > 0 && classes.every(({ disruption }) => !disruption.consolidates);
  const field = consolidateAfter === "Never" ? "consolidateAfter" : consolidationPolicy === "WhenEmpty" ? "consolidationPolicy" : undefined;
  if (field === undefined || isMeant) return [];
  const blockers = drainBlockersOnPool(nodePool, facts);
  const who =
    blockers.length === 0
      ? ""
      : `; what can't be drained here: ${blockers.slice(0, 5).join(", ")}${blockers.length > 5 ? `, and ${blockers.length - 5} more` : ""}`;
  return [
    {
      path: pointer("spec", "disruption", field),
      message: `${field} ${field === "consolidateAfter" ? "Never" : "WhenEmpty"} keeps underused nodes for every workload of the pool${who}`,
      fix: "consolidate, and give the workload that is not safe an exemption or disruption.protect",
    },
  ];
}

function budgetTraps(nodePool: NodePool, { snapshot }: Facts, params: RuleParams): readonly Problem[] {
  const budgets = nodePool.spec.disruption?.budgets ?? [];
  const nodes = nodesOfPool(nodePool, snapshot);
  const at = (index: number): string => pointer("spec", "disruption", "budgets", index);
  const hasWindow = (besides: number): boolean => budgets.some(({ schedule }, index) => index !== besides && schedule !== undefined);
  return budgets.flatMap((budget, index): readonly Problem[] => [
    ...(isAlwaysZero(budget)
      ? [
          {
            path: at(index),
            message: `budget nodes: "${budget.nodes}" ${alwaysText(budget)}: ${hasWindow(index) ? "the windows beside it never open, since the smallest budget wins" : "no node is ever disrupted"}`,
            fix: "give it the schedule and duration of the time outside the windows, or remove it",
          },
        ]
      : []),
    ...((budget.schedule === undefined) === (budget.duration === undefined)
      ? []
      : [{ path: at(index), message: "schedule and duration belong together; one alone is refused", fix: "set both, or none" }]),
    ...percentOfFew(budget, { nodes, small: Number(params["smallPoolNodes"]) }).map((problem) => ({ ...problem, path: at(index) })),
  ]);
}

/** A window that opens again before it closes is none. */
function isAlwaysZero(budget: Budget): boolean {
  const { nodes, schedule, duration, reasons } = budget;
  if (reasons !== undefined || (nodes !== "0" && nodes !== "0%")) return false;
  if (schedule === undefined) return true;
  return duration !== undefined && parseCron(schedule).ok && parseGoDuration(duration).ok && hoursWithout([budget]) === undefined;
}

function alwaysText({ schedule, duration }: Budget): string {
  return schedule === undefined
    ? "has no schedule and always holds"
    : `opens again (${schedule}) before its ${duration ?? ""} are over, and always holds`;
}

/** Percentages round up, so that of few nodes one may always go. */
function percentOfFew({ nodes: text }: Budget, of: { readonly nodes: number; readonly small: number }): readonly Omit<Problem, "path">[] {
  const percent = /^(\d+)%$/.exec(text)?.[1];
  if (percent === undefined || percent === "0" || of.nodes === 0 || of.nodes >= of.small) return [];
  const may = Math.ceil((of.nodes * Number(percent)) / 100);
  return [
    {
      message: `${text} of ${of.nodes} node${of.nodes === 1 ? "" : "s"} rounds up: ${may} node${may === 1 ? "" : "s"} may go at once (${Math.round((may / of.nodes) * 100)}% of the pool)`,
      fix: "say a count of nodes",
      action: "warn",
    },
  ];
}

function noWindow(nodePool: NodePool, { policySet }: Facts): readonly Problem[] {
  const restricted = classesOfPool(nodePool, policySet).find(({ requires }) => requires.includes("disruption.window"));
  const hasWindow = (nodePool.spec.disruption?.budgets ?? []).some(({ schedule }) => schedule !== undefined);
  if (restricted === undefined || hasWindow) return [];
  return [
    {
      path: "/spec/disruption/budgets",
      message: `class "${restricted.name}" is disrupted in a window only, and no budget has a schedule`,
      fix: 'add a budget of nodes "0" with the schedule and duration of the time outside the window',
      className: restricted.name,
    },
  ];
}
