/**
 * DRAIN-015 to -019 and -043: whom a PodDisruptionBudget covers, and what the disruption controller makes of them.
 *
 * Reads the foreign budget that is judged, or those of the judged workload, with everybody whom they select. A budget that
 * counts scales (maxUnavailable, or a percentage) fails to sync where one Pod's controller has none, and then blocks all.
 * Budgets over Jobs are JOB-002's.
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import { countsScale } from "../../kube/disruption-budget.ts";
import { rememberedInBursts } from "../../kube/remembered.ts";
import { isEmptySelector } from "../../kube/selector.ts";
import { type Workload, workloadTitle } from "../../kube/workload.ts";
import { budgetNameOf, budgetText } from "../budget-words.ts";
import { countedFixes, fixText } from "../drain-fix.ts";
import { compiledCover, othersUnder, scaleAnswer } from "../drain-cover.ts";
import { pathIn, type Facts } from "../facts.ts";
import { isWrittenAsCompiled, workloadsOf } from "../workload-view.ts";
import { budgetExample, deploymentExample } from "./drain-examples.ts";
import { aboutAll, type Problem, type Rule } from "./rule.ts";

const daemonSet = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
`;

const barePod = `
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
`;

export const drain015: Rule = {
  id: "DRAIN-015",
  summary: "A PodDisruptionBudget that selects no Pod of any workload: it guards nothing, and looks as if it did.",
  defaultAction: "audit",
  why: "Charts create budgets before the workloads that they guard, so at its creation almost every budget selects nothing. One that an operator owns, or that asks for a label of an operator's own (cnpg.io/cluster) which no template has, guards Pods that are known once they run.",
  subjects: ["budget"],
  examples: {
    admitted: `${deploymentExample()}---${budgetExample("maxUnavailable: 1")}`,
    denied: `${deploymentExample()}---${budgetExample("maxUnavailable: 1", { selector: "{matchLabels: {app: wbe}}" })}`,
  },
  judge(facts) {
    if (facts.subject.kind !== "budget" || facts.views.length > 0 || isWrittenAsCompiled(facts.subject.budget, facts)) return [];
    const { metadata, spec } = facts.subject.budget;
    if (spec.selector === undefined || isEmptySelector(spec.selector) || isOperators(facts.subject.budget, facts)) return [];
    return [
      {
        path: "/spec/selector",
        message: `PodDisruptionBudget "${metadata.name ?? ""}" selects no pod of any workload in namespace ${metadata.namespace ?? ""}: it guards nothing`,
        fix: "select the labels of the workload's Pod template",
      },
    ];
  },
};

/** Of an operator's Pods no template is known before they run: its budget is owned by what it made it for, or asks for a label of its own. */
function isOperators({ metadata, spec }: PodDisruptionBudget, { names, snapshot }: Facts): boolean {
  const { matchLabels = {}, matchExpressions = [] } = spec.selector ?? {};
  if ((metadata.ownerReferences ?? []).some(({ kind, apiVersion }) => kind !== "WorkloadProfile" && apiVersion.includes("."))) return true;
  const own = [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)].filter((key) => isForeignKey(key, names.domain));
  const workloads = own.length === 0 ? [] : workloadsOf(snapshot, metadata.namespace ?? "");
  return own.some((key) => !workloads.some(({ template }) => template.metadata?.labels?.[key] !== undefined));
}

/** A label with a prefix that is neither Kubernetes' nor ours. */
function isForeignKey(key: string, domain: string): boolean {
  const [prefix = "", name] = key.split("/");
  return name !== undefined && prefix !== domain && !/(?:^|\.)(?:kubernetes|k8s)\.io$/.test(prefix);
}

export const drain016: Rule = {
  id: "DRAIN-016",
  summary: "A PodDisruptionBudget over several workloads: while one of them is down, no Pod of the others can be evicted.",
  defaultAction: "warn",
  needs: [["budget", "guarded"]],
  subjects: ["budget", "workload", "profile"],
  examples: {
    admitted: `${deploymentExample()}---${budgetExample("maxUnavailable: 1")}`,
    denied: `${deploymentExample()}---${deploymentExample().replace("name: web", "name: web-2")}---${budgetExample("maxUnavailable: 1")}`,
  },
  judge: (facts) =>
    coversOf(facts).flatMap(({ budget, workloads }): readonly Problem[] => {
      const counted = workloads.filter(({ hasScale }) => hasScale).map(workloadTitle);
      if (counted.length < 2) return [];
      return [
        {
          ...placeOf(facts),
          message: `PodDisruptionBudget "${budgetNameOf(budget)}" selects ${counted.length} workloads (${listed(counted)}): an outage of one blocks drains of all`,
          fix: "one PodDisruptionBudget for each workload",
        },
      ];
    }),
};

export const drain017: Rule = {
  id: "DRAIN-017",
  summary:
    "A PodDisruptionBudget by maxUnavailable or percentage over Pods of a DaemonSet, which has no scale: 0 evictions for all under it.",
  defaultAction: "deny",
  needs: [["budget", "guarded"]],
  why: "Where the DaemonSet is alone under the budget it only warns: a drain leaves the Pods of DaemonSets alone.",
  subjects: ["budget", "workload", "profile"],
  examples: {
    admitted: `${deploymentExample()}---${daemonSet}---${budgetExample("minAvailable: 1")}`,
    denied: `${deploymentExample()}---${daemonSet}---${budgetExample("maxUnavailable: 1")}`,
  },
  judge: (facts) =>
    countingCovers(facts).flatMap(({ budget, workloads }): readonly Problem[] => {
      const daemonSets = workloads.filter(({ kind }) => kind === "DaemonSet");
      const [first] = daemonSets;
      if (first === undefined) return [];
      const alone = daemonSets.length === workloads.length;
      const then = alone ? "it can't be counted, and drains leave it alone" : "the controller then allows 0 evictions for all of them";
      return [
        {
          ...placeOf(facts),
          message: `${budgetText(budget)} ${alone ? "" : "also "}selects pods of DaemonSet ${first.name}, which has no scale: ${then}`,
          fix: alone ? "delete the PDB" : "narrow the selector",
          ...(alone ? { action: "warn" as const } : {}),
        },
      ];
    }),
};

export const drain018: Rule = {
  id: "DRAIN-018",
  summary: "A PodDisruptionBudget by maxUnavailable or percentage over bare Pods, or Pods of a kind without scale: it allows 0 evictions.",
  defaultAction: "deny",
  needs: [["budget", "guarded"]],
  why: "Of a kind that is not known to have a scale subresource, or not to have one, it warns.",
  subjects: ["budget", "workload", "profile"],
  examples: {
    admitted: `${barePod}---${budgetExample("minAvailable: 0")}`,
    denied: `${barePod}---${budgetExample("maxUnavailable: 1")}`,
  },
  judge: (facts) => countingCovers(facts).flatMap((cover) => uncountedProblem(facts, cover)),
};

export const drain019: Rule = {
  id: "DRAIN-019",
  summary: "A PodDisruptionBudget without unhealthyPodEvictionPolicy AlwaysAllow: Pods that crash can hold their node.",
  defaultAction: "audit",
  why: "Nearly every budget leaves the field out; budgets that a profile compiles have it.",
  subjects: ["budget"],
  examples: {
    admitted: budgetExample("maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow"),
    denied: budgetExample("maxUnavailable: 1"),
  },
  judge(facts) {
    if (facts.subject.kind !== "budget") return [];
    const { budget } = facts.subject;
    if (budget.spec.unhealthyPodEvictionPolicy === "AlwaysAllow" || budget.spec.selector === undefined || hasQuorum(facts)) return [];
    return [
      {
        path: "/spec/unhealthyPodEvictionPolicy",
        message: `PodDisruptionBudget "${budgetNameOf(budget)}" has no unhealthyPodEvictionPolicy AlwaysAllow: pods that crash can hold their node`,
        fix: "unhealthyPodEvictionPolicy: AlwaysAllow",
        patch: [{ op: "add", path: "/spec/unhealthyPodEvictionPolicy", value: "AlwaysAllow" }],
      },
    ];
  },
};

export const drain043: Rule = {
  id: "DRAIN-043",
  summary: "A PodDisruptionBudget that allows no eviction at this moment: its sync failed, or too few of its Pods are healthy.",
  defaultAction: "audit",
  why: "It tells how things are now, not what is written; the next moment it may be another.",
  strongestAction: "warn",
  subjects: ["budget"],
  examples: {
    admitted: `${budgetExample("maxUnavailable: 1")}status: {disruptionsAllowed: 1, currentHealthy: 3, desiredHealthy: 2, expectedPods: 3}`,
    denied: `${budgetExample("maxUnavailable: 1")}status: {disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2, expectedPods: 3}`,
  },
  judge(facts) {
    if (facts.subject.kind !== "budget") return [];
    const { budget } = facts.subject;
    const now = statusText(budget);
    if (now === undefined) return [];
    return [
      {
        path: "/status",
        message: `PodDisruptionBudget "${budgetNameOf(budget)}" ${now}`,
        fix: "bring its pods back, or repair what stops the sync",
      },
    ];
  },
};

/** A budget and everybody whom it selects. */
interface Cover {
  readonly budget: PodDisruptionBudget;
  readonly workloads: readonly Workload[];
}

/** The world after the request and the one before it. */
const factsMax = 2;

/** The budgets that a request concerns, compiled ones too: their selectors are the workloads' own. One over everything is DRAIN-006's. Several rules ask, the namespace is gone through once. */
const coversOf = rememberedInBursts((facts: Facts): readonly Cover[] => {
  const { subject, views, snapshot } = facts;
  if (subject.kind === "budget") {
    const { budget } = subject;
    if (isWrittenAsCompiled(budget, facts) || budget.spec.selector === undefined || isEmptySelector(budget.spec.selector)) return [];
    return [{ budget, workloads: views.map(({ workload }) => workload) }];
  }
  return views.flatMap((view) => {
    const { workload } = view;
    const foreign = subject.kind === "profile" ? [] : view.foreignBudgets;
    const compiled = compiledCover(view, { views, snapshot });
    return [
      ...foreign
        .filter(({ spec }) => spec.selector !== undefined && !isEmptySelector(spec.selector))
        .map((budget) => ({ budget, workloads: [workload, ...othersUnder(budget, { workload, snapshot })].sort(byName) })),
      ...(compiled === undefined ? [] : [{ budget: compiled.budget, workloads: [workload, ...compiled.others].sort(byName) }]),
    ];
  });
}, factsMax);

function countingCovers(facts: Facts): readonly Cover[] {
  return coversOf(facts).filter(({ budget }) => countsScale(budget.spec));
}

function uncountedProblem(facts: Facts, { budget, workloads }: Cover): readonly Problem[] {
  const fix = fixText(
    countedFixes(
      budget,
      workloads.reduce((total, { object, replicas }) => total + (object.kind === "Pod" ? 1 : replicas), 0),
    ),
  );
  const answers = workloads.map(scaleAnswer);
  const without = answers.find((answer, index) => answer.kind === "no-scale" && workloads[index]?.object.kind === "Pod");
  if (without?.kind === "no-scale") {
    return [
      {
        ...placeOf(facts),
        message: `${budgetText(budget)} selects pods of ${without.controller}, which has no scale: it allows 0 evictions`,
        fix,
      },
    ];
  }
  const unknown = answers.find(({ kind }) => kind === "unknown");
  if (unknown?.kind === "unknown") {
    const message = `${budgetText(budget)} selects pods of ${unknown.controller}; without a scale subresource it allows 0 evictions`;
    return [{ ...placeOf(facts), message, fix, action: "warn" }];
  }
  if (workloads.length === 0 || answers.some(({ kind }) => kind !== "unmanaged")) return [];
  return [
    { ...placeOf(facts), message: `${budgetText(budget)} selects bare Pods only, which no controller counts: it allows 0 evictions`, fix },
  ];
}

function placeOf(facts: Facts): Pick<Problem, "path" | "about"> {
  return { path: pathIn(facts, { budget: "/spec/selector" }), ...aboutAll(facts.views) };
}

/** A voting member that is not ready may be catching up: it must not be taken away like a Pod that crashes. */
function hasQuorum({ views }: Facts): boolean {
  return views.some(({ binding }) => binding.kind === "bound" && binding.profile.spec.disruption?.quorum === true);
}

function statusText({ metadata, status }: PodDisruptionBudget): string | undefined {
  if (status === undefined) return undefined;
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0, expectedPods = 0, conditions = [] } = status;
  const failed = conditions.find(({ type, reason }) => type === "DisruptionAllowed" && reason === "SyncFailed");
  if (failed !== undefined) return `fails to sync and allows 0 evictions: ${failed.message ?? ""}`;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return "is not synced yet: evictions wait for the disruption controller";
  if (disruptionsAllowed > 0 || expectedPods === 0 || currentHealthy >= desiredHealthy) return undefined;
  return `allows 0 evictions now: ${currentHealthy} of ${desiredHealthy} needed pods are healthy`;
}

const namesMax = 4;

function listed(names: readonly string[]): string {
  const more = names.length - namesMax;
  return more > 0 ? `${names.slice(0, namesMax).join(", ")} and ${more} more` : names.join(", ");
}

function byName(a: Workload, b: Workload): number {
  const [left, right] = [`${a.kind} ${a.name}`, `${b.kind} ${b.name}`];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
