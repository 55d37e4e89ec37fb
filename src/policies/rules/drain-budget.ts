/**
 * DRAIN-002, -004, -005, -006, -007: PodDisruptionBudgets that no drain gets through.
 *
 * Reads the foreign budgets of each workload that a request touches (a budget that we compiled is judged by its profile) and
 * does the disruption controller's arithmetic at the smallest scale that the workload may have. Both percentages round up,
 * so a budget that works at 50 replicas can block at 3 (contract.md 3.5).
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import { evictionsAllowed, isFullyBlocking, smallestReplicasWithEviction } from "../../kube/disruption-budget.ts";
import { isEmptySelector } from "../../kube/selector.ts";
import { pathIn, type Facts } from "../facts.ts";
import { isCompiledBudget, type WorkloadView } from "../workload-view.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const deploymentOf = (replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
`;

const budgetOf = (spec: string): string => `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web-pdb, namespace: shop}
spec: {${spec}}
`;

const scaleTo = (replicas: number): string => `
apiVersion: autoscaling/v1
kind: Scale
metadata: {name: web, namespace: shop}
spec: {replicas: ${replicas}}
`;

const selectsWeb = "selector: {matchLabels: {app: web}}";

/** How many replicas a better advice is searched up to: above it, the share itself is the problem. */
const adviceReplicasMax = 1_000;

export const drain002: Rule = {
  id: "DRAIN-002",
  summary: "A PodDisruptionBudget that leaves 0 evictions at some replica count of the workload: its nodes can never be drained.",
  defaultAction: "deny",
  examples: {
    admitted: `${deploymentOf(2)}---${budgetOf(`minAvailable: 1, ${selectsWeb}`)}`,
    denied: `${deploymentOf(1)}---${budgetOf(`minAvailable: 1, ${selectsWeb}`)}`,
  },
  judge(facts) {
    const { subject } = facts;
    if (subject.kind === "scale" || subject.kind === "profile") return [];
    const pairs = blockedPairs(facts);
    if (pairs.length > 0) return pairs.map((pair) => blockedProblem(facts, pair));
    return subject.kind === "budget" && !isCompiledBudget(subject.budget, facts.names) ? neverWorks(subject.budget) : [];
  },
};

export const drain004: Rule = {
  id: "DRAIN-004",
  summary: "A PodDisruptionBudget with maxUnavailable 0 blocks every drain.",
  defaultAction: "deny",
  examples: {
    admitted: `${deploymentOf(2)}---${budgetOf(`maxUnavailable: 1, ${selectsWeb}`)}`,
    denied: `${deploymentOf(2)}---${budgetOf(`maxUnavailable: 0, ${selectsWeb}`)}`,
  },
  judge(facts) {
    const budgets = facts.subject.kind === "budget" ? [facts.subject.budget] : foreignBudgets(facts, ["workload"]);
    return budgets
      .filter((budget) => isZero(budget) && !isCompiledBudget(budget, facts.names))
      .map((budget) => ({
        path: pathIn(facts, { budget: "/spec/maxUnavailable" }),
        message: `PodDisruptionBudget "${nameOf(budget)}" sets maxUnavailable: ${budget.spec.maxUnavailable}; it blocks every drain`,
        fix: "use maxUnavailable: 1",
      }));
  },
};

export const drain005: Rule = {
  id: "DRAIN-005",
  summary: "Two PodDisruptionBudgets on one Pod: the eviction API refuses such a Pod outright.",
  defaultAction: "deny",
  examples: {
    admitted: `${deploymentOf(2)}---${budgetOf(`maxUnavailable: 1, ${selectsWeb}`)}`,
    denied: `${deploymentOf(2)}---${budgetOf(`maxUnavailable: 1, ${selectsWeb}`)}---${budgetOf(`maxUnavailable: 1, ${selectsWeb}`).replace("web-pdb", "second")}`,
  },
  judge(facts) {
    if (facts.subject.kind === "scale" || facts.subject.kind === "autoscaler") return [];
    return facts.views.flatMap((view): readonly Problem[] => {
      const [first, second] = budgetNames(view, facts);
      if (first === undefined || second === undefined) return [];
      const { kind, name } = view.workload;
      return [
        {
          path: pathIn(facts, { budget: "/spec/selector" }),
          message: `PodDisruptionBudgets "${first}" and "${second}" both select pods of ${kind} ${name}; the eviction API refuses pods with two budgets`,
          fix: "delete one",
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
  examples: {
    admitted: budgetOf(`maxUnavailable: 1, ${selectsWeb}`),
    denied: budgetOf("maxUnavailable: 1, selector: {}"),
  },
  judge(facts) {
    if (facts.subject.kind !== "budget") return [];
    const { budget } = facts.subject;
    if (budget.spec.selector === undefined || !isEmptySelector(budget.spec.selector)) return [];
    const namespace = budget.metadata.namespace ?? "";
    return [
      {
        path: "/spec/selector",
        message: `PodDisruptionBudget "${nameOf(budget)}" has an empty selector and would cover every pod in namespace ${namespace}`,
        fix: "select one workload",
      },
    ];
  },
};

export const drain007: Rule = {
  id: "DRAIN-007",
  summary: "Scaling a workload to where its PodDisruptionBudget allows no eviction any more.",
  defaultAction: "deny",
  examples: {
    admitted: `${budgetOf(`minAvailable: 1, ${selectsWeb}`)}---${deploymentOf(3)}---${scaleTo(2)}`,
    denied: `${budgetOf(`minAvailable: 1, ${selectsWeb}`)}---${deploymentOf(3)}---${scaleTo(1)}`,
  },
  judge(facts) {
    if (facts.subject.kind !== "scale" && facts.subject.kind !== "workload") return [];
    return facts.views.flatMap((view) => {
      const from = view.previousReplicas;
      if (from === undefined || !view.workload.hasScale) return [];
      return view.foreignBudgets.filter((budget) => scalesIntoBlock(view, budget)).map((budget) => scalingProblem(view, { budget, from }));
    });
  },
};

/** A budget and a workload whose smallest scale it blocks. */
interface BlockedPair {
  readonly view: WorkloadView;
  readonly budget: PodDisruptionBudget;
  readonly replicas: number;
}

function blockedPairs(facts: Facts): readonly BlockedPair[] {
  const { subject } = facts;
  const only = subject.kind === "budget" ? nameOf(subject.budget) : undefined;
  return facts.views.flatMap((view) =>
    view.foreignBudgets
      .filter((budget) => only === undefined || nameOf(budget) === only)
      .flatMap((budget) => {
        const replicas = blockedReplicas(view, budget);
        const scaled = subject.kind === "workload" && view.autoscaler === undefined && scalesIntoBlock(view, budget);
        return replicas === undefined || scaled ? [] : [{ view, budget, replicas }];
      }),
  );
}

/**
 * The smallest replica count that the workload may have, if the budget blocks there. Evictions never get fewer with more
 * replicas, so the smallest decides for the whole range of an autoscaler.
 */
function blockedReplicas(view: WorkloadView, budget: PodDisruptionBudget): number | undefined {
  if (!view.workload.hasScale || isZero(budget)) return undefined;
  const replicas = view.autoscaler === undefined ? view.workload.replicas : Math.max(1, view.autoscaler.spec.minReplicas ?? 1);
  return replicas >= 1 && evictionsAllowed({ budget: budget.spec, replicas }) === 0 ? replicas : undefined;
}

/** Is true where the request takes the replicas from none, or from a count with evictions, to one without: DRAIN-007's case, not DRAIN-002's. */
function scalesIntoBlock({ previousReplicas: from, workload }: WorkloadView, budget: PodDisruptionBudget): boolean {
  const { replicas } = workload;
  if (from === undefined || replicas === from || replicas < 1 || isZero(budget)) return false;
  const evictionsAt = (count: number): number => evictionsAllowed({ budget: budget.spec, replicas: count });
  return evictionsAt(replicas) === 0 && (from < 1 || evictionsAt(from) > 0);
}

function blockedProblem(facts: Facts, { view, budget, replicas }: BlockedPair): Problem {
  const at = view.autoscaler === undefined ? "" : `, the minReplicas of HorizontalPodAutoscaler "${view.autoscaler.metadata.name ?? ""}"`;
  const enough = replicasThatWork(budget, replicas);
  const more = enough === undefined ? "" : `use ${enough} replicas, or `;
  return {
    path: pathIn(facts, {
      budget: `/spec/${fieldOf(budget)}`,
      autoscaler: "/spec/minReplicas",
      workload: view.autoscaler === undefined ? "/spec/replicas" : "",
    }),
    message: `PodDisruptionBudget "${nameOf(budget)}" (${boundOf(budget)}) leaves 0 evictions at ${replicas} replicas${at}: its nodes can never be drained`,
    fix: `${more}delete the PDB, or maxUnavailable: 1`,
    ...classOf(view),
  };
}

/** A budget that blocks at every scale is refused by itself, before there is a workload. */
function neverWorks(budget: PodDisruptionBudget): readonly Problem[] {
  if (isZero(budget) || budget.spec.selector === undefined || !isFullyBlocking(budget.spec)) return [];
  return [
    {
      path: budget.spec.minAvailable === undefined ? "/spec" : "/spec/minAvailable",
      message: `PodDisruptionBudget "${nameOf(budget)}" (${boundOf(budget)}) leaves 0 evictions at any number of replicas: its nodes can never be drained`,
      fix: "delete the PDB, or use maxUnavailable: 1",
    },
  ];
}

function scalingProblem(view: WorkloadView, { budget, from }: { budget: PodDisruptionBudget; from: number }): Problem {
  const { kind, name, replicas } = view.workload;
  const enough = replicasThatWork(budget, replicas) ?? from;
  return {
    path: "/spec/replicas",
    message: `scaling ${kind} ${name} from ${from} to ${replicas} leaves PDB "${nameOf(budget)}" with 0 allowed evictions`,
    fix: `change the PDB first, or keep >= ${enough} replicas`,
    ...classOf(view),
  };
}

function replicasThatWork(budget: PodDisruptionBudget, from: number): number | undefined {
  return smallestReplicasWithEviction({ budget: budget.spec, range: { from, to: adviceReplicasMax } });
}

/** Foreign budgets and the one that the profile compiles, which stands in for a foreign one of its own name. */
function budgetNames(view: WorkloadView, facts: Facts): readonly string[] {
  const foreign = view.foreignBudgets.map(nameOf);
  const compiled = view.contract?.budget;
  const own = compiled?.kind === "budget" ? [nameOf(compiled.budget)] : [];
  const names = [...new Set([...foreign, ...own])].sort();
  const { subject } = facts;
  if (subject.kind !== "budget" || isCompiledBudget(subject.budget, facts.names)) return subject.kind === "budget" ? [] : names;
  const judged = nameOf(subject.budget);
  const other = names.find((name) => name !== judged);
  return other === undefined ? [judged] : [judged, other].sort();
}

function foreignBudgets(facts: Facts, subjects: readonly Facts["subject"]["kind"][]): readonly PodDisruptionBudget[] {
  return subjects.includes(facts.subject.kind) ? facts.views.flatMap((view) => view.foreignBudgets) : [];
}

function isZero({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable === 0 || spec.maxUnavailable === "0%";
}

function fieldOf({ spec }: PodDisruptionBudget): string {
  return spec.maxUnavailable === undefined ? "minAvailable" : "maxUnavailable";
}

function boundOf({ spec }: PodDisruptionBudget): string {
  if (spec.maxUnavailable !== undefined) return `maxUnavailable: ${spec.maxUnavailable}`;
  return spec.minAvailable === undefined ? "neither minAvailable nor maxUnavailable" : `minAvailable: ${spec.minAvailable}`;
}

function nameOf(budget: PodDisruptionBudget): string {
  return budget.metadata.name ?? "";
}
