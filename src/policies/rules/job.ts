/**
 * JOB-001 to JOB-003: work with an end on nodes that may go before it.
 *
 * Reads Jobs and CronJobs, their class and the PodDisruptionBudgets over their Pods. An eviction is no failure of the work: it must
 * be tried again, and it must not use up the tries that are there for real failures.
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { JobSpec } from "../../api/workload.ts";
import { workloadTitle } from "../../kube/workload.ts";
import { countText } from "../count-words.ts";
import { compiledCover, othersUnder } from "../drain-cover.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { isObjectOf } from "../overlay-snapshot.ts";
import { ignoreDisruptions } from "../profile/job-patch.ts";
import { mayRunOnSpot, runsToAnEnd } from "../spot-use.ts";
import type { WorkloadView } from "../workload-view.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const jobOf = (spec: string): string => `
apiVersion: batch/v1
kind: Job
metadata: {name: report, namespace: shop, labels: {platform.example.com/workload-class: compute}}
spec:
  ${spec}
  template:
    metadata: {labels: {app: report}}
    spec:
      restartPolicy: Never
      containers: [{name: app, resources: {requests: {cpu: "1", memory: 1Gi}}}]
`;

const budgetOf = (selector: string): string => `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: shop, namespace: shop}
spec: {maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow, selector: {matchLabels: {${selector}}}}
`;

/** Tries that a fix asks for: an interruption or two, and a real failure. */
const backoffLimitMin = 3;

export const job001: Rule = {
  id: "JOB-001",
  summary: "A Job that is never tried again, on nodes that may go. Where nodes only are consolidated, that warns.",
  defaultAction: "deny",
  needs: ["ending"],
  subjects: ["workload", "profile"],
  examples: { admitted: jobOf("backoffLimit: 3"), denied: jobOf("backoffLimit: 0") },
  judge: onJobs((facts, view, spec, at): readonly Problem[] => {
    const { workloadClass } = view;
    if (spec.backoffLimit !== 0 || workloadClass === undefined) return [];
    const interruptible = workloadClass.capacityTypes.includes("spot");
    if (!interruptible && !workloadClass.disruption.consolidates) return [];
    return [
      {
        path: pathIn(facts, { workload: `${at}/backoffLimit` }),
        message: `${aboutWorkload(facts, view)}Job in ${interruptible ? "interruptible " : ""}class${interruptible ? "" : ` "${workloadClass.name}", whose nodes are consolidated,`} with backoffLimit 0 never retries`,
        fix: `backoffLimit >= ${backoffLimitMin}`,
        ...(facts.subject.kind === "workload"
          ? { patch: [{ op: "replace" as const, path: `${at}/backoffLimit`, value: backoffLimitMin }] }
          : {}),
        ...(interruptible ? {} : { action: "warn" as const }),
        ...classOf(view),
      },
    ];
  }),
};

export const job002: Rule = {
  id: "JOB-002",
  summary: "A PodDisruptionBudget that selects Pods of a Job and allows no eviction of them.",
  defaultAction: "deny",
  why: "The disruption controller computes most budgets from a scale, and a Job has none: the budget then allows no eviction of any Pod that it selects.",
  needs: [
    ["ending", "guarded"],
    ["budget", "guarded"],
  ],
  subjects: ["workload", "budget", "profile"],
  examples: {
    admitted: `${budgetOf("app: web")}---${jobOf("backoffLimit: 3")}`,
    denied: `${budgetOf("app: report")}---${jobOf("backoffLimit: 3")}`,
  },
  judge: (facts) =>
    facts.views.flatMap((view) => {
      if (!runsToAnEnd(view.workload.kind)) return compiledOverJobs(facts, view);
      if (facts.subject.kind === "profile") return [];
      const judged = facts.subject.kind === "budget" ? facts.subject.budget.metadata.name : undefined;
      return view.foreignBudgets
        .filter(({ metadata }) => judged === undefined || metadata.name === judged)
        .flatMap((budget): readonly Problem[] => {
          const why = whyNone(budget, view, facts);
          if (why === undefined) return [];
          return [
            {
              path: pathIn(facts, { budget: "/spec/selector" }),
              message: `${aboutWorkload(facts, view)}PodDisruptionBudget "${budget.metadata.name ?? ""}" selects Job pods: ${why}`,
              fix: "make the selector match no Job pods",
              ...classOf(view),
            },
          ];
        });
    }),
};

export const job003: Rule = {
  id: "JOB-003",
  summary: "A Job on interruptible capacity that counts an eviction as a failure of its work.",
  defaultAction: "warn",
  needs: ["ending"],
  subjects: ["workload"],
  examples: {
    admitted: jobOf("podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}"),
    denied: jobOf("backoffLimit: 3"),
  },
  judge: onJobs((facts, view, spec, at): readonly Problem[] => {
    if (ignoresDisruption(spec) || !mayRunOnSpot(view) || isCompiled(view, spec)) return [];
    const restarts = spec.template.spec.restartPolicy !== "Never";
    return [
      {
        path: pathIn(facts, { workload: at }),
        message: `${aboutWorkload(facts, view)}Job runs on interruptible capacity without podFailurePolicy; an eviction counts against backoffLimit`,
        fix: `${restarts ? "set restartPolicy: Never, and " : ""}add podFailurePolicy Ignore onPodConditions DisruptionTarget`,
        ...(restarts || spec.podFailurePolicy !== undefined || (spec.podReplacementPolicy ?? "Failed") !== "Failed"
          ? {}
          : { patch: [{ op: "add" as const, path: `${at}/podFailurePolicy`, value: ignoreDisruptions }] }),
        ...classOf(view),
      },
    ];
  }),
};

/** A profile's own budget has the selector of its workload, and always counts a scale. */
function compiledOverJobs(facts: Facts, view: WorkloadView): readonly Problem[] {
  if (facts.subject.kind !== "workload" && facts.subject.kind !== "profile") return [];
  const cover = compiledCover(view, facts);
  const jobs = cover?.others.filter(({ kind }) => runsToAnEnd(kind)) ?? [];
  const [first] = jobs;
  if (cover === undefined || first === undefined) return [];
  const more = jobs.length > 1 ? ` and ${jobs.length - 1} more` : "";
  return [
    {
      path: pathIn(facts, { workload: "/spec/selector" }),
      message: `${aboutWorkload(facts, view)}PodDisruptionBudget "${cover.budget.metadata.name ?? ""}" of its profile also selects pods of ${workloadTitle(first)}${more}: a Job has no scale, so it allows no eviction at all`,
      fix: `give the pods of ${workloadTitle(first)} other labels`,
      ...classOf(view),
    },
  ];
}

/** Calls with each Job's spec and the pointer to it; a suspended Job is judged too, since nobody asks again when it goes on. */
function onJobs(judge: (facts: Facts, view: WorkloadView, spec: JobSpec, at: string) => readonly Problem[]): Rule["judge"] {
  return (facts) =>
    facts.views.flatMap((view) => {
      const { object } = view.workload;
      const { domain } = facts.names;
      if (isObjectOf("Job", object, domain)) return judge(facts, view, object.spec, "/spec");
      if (isObjectOf("CronJob", object, domain)) return judge(facts, view, object.spec.jobTemplate.spec, "/spec/jobTemplate/spec");
      return [];
    });
}

/** Why a budget lets no Pod of a Job go; undefined where it lets one go. */
function whyNone(budget: PodDisruptionBudget, { workload }: WorkloadView, { snapshot }: Facts): string | undefined {
  if (needsScale(budget.spec)) return "a Job has no scale, so the budget allows no eviction of any pod that it selects";
  // A plain number that must stay is held against the Pods that there are: all of them may be asked to stay until the Job has ended.
  const { minAvailable } = budget.spec;
  const others = othersUnder(budget, { workload, snapshot }).reduce((sum, { replicas }) => sum + replicas, 0);
  const pods = workload.replicas + others;
  if (typeof minAvailable !== "number" || minAvailable <= pods) return undefined;
  return `its minAvailable ${minAvailable} is more than the ${countText(pods, "pod")} that can run`;
}

/** The controller needs a count of replicas for everything but a plain number that must stay. */
function needsScale({
  minAvailable,
  maxUnavailable,
}: {
  readonly minAvailable?: number | string;
  readonly maxUnavailable?: number | string;
}): boolean {
  return maxUnavailable !== undefined || (typeof minAvailable === "string" && minAvailable.endsWith("%"));
}

/** Any rule on the condition says what an eviction is. */
function ignoresDisruption({ podFailurePolicy }: JobSpec): boolean {
  return JSON.stringify(podFailurePolicy ?? null).includes("DisruptionTarget");
}

/** Jobs that a CronJob makes get the policy at their creation, where a profile writes. */
function isCompiled({ workload, contract }: WorkloadView, { podFailurePolicy, template }: JobSpec): boolean {
  const writes = contract?.profile !== undefined && contract.writes;
  return workload.kind === "CronJob" && writes && podFailurePolicy === undefined && template.spec.restartPolicy === "Never";
}
