/**
 * DRAIN-001 and DRAIN-003: what a workload's own contract leaves for a drain.
 *
 * Reads replicas, class and profile. A single replica can be evicted, but each eviction is an outage: where a profile binds
 * the workload its class decides (`singletons`), without one the rule's `unprofiled` does. A share that rounds to every
 * replica is compiled safely instead, and said.
 */
import { actionChoice } from "../action-param.ts";
import type { FindingAction } from "../verdict.ts";
import { singletonAction, type WorkloadClass } from "../class.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import type { RuleParams } from "../policy-set.ts";
import { termsOf, type ProfileTerms } from "../profile-terms.ts";
import { drainAdjustment, renderBudget } from "../profile/budget.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentExample, profileExample } from "./drain-examples.ts";
import type { Problem, Rule } from "./rule.ts";

export const drain001: Rule = {
  id: "DRAIN-001",
  summary: "A single replica on nodes that are consolidated and replaced: every drain is an outage.",
  defaultAction: "deny",
  subjects: ["workload", "scale", "autoscaler", "scaled-object", "profile"],
  params: {
    unprofiled: actionChoice({ default: "warn", meaning: "a workload without a WorkloadProfile" }),
  },
  examples: {
    admitted: `${profileExample("runtimeClass: general, scaling: {maxReplicas: 4}")}---${deploymentExample({ replicas: 2 })}`,
    denied: `${profileExample("runtimeClass: general, scaling: {maxReplicas: 4}")}---${deploymentExample({ replicas: 1 })}`,
  },
  judge(facts, params) {
    const fromViews = facts.views.flatMap((view) => singletonProblem(facts, view, params));
    return fromViews.length > 0 ? fromViews : profileSingleton(facts);
  },
};

export const drain003: Rule = {
  id: "DRAIN-003",
  summary: "A share of replicas that rounds to all of them; the budget is compiled so that a drain stays possible.",
  defaultAction: "warn",
  needs: ["profile"],
  examples: {
    admitted: profileExample(
      "runtimeClass: general, availability: {minReplicas: 5}, scaling: {maxReplicas: 9}, disruption: {minAvailable: 80%}",
    ),
    denied: profileExample(
      "runtimeClass: general, availability: {minReplicas: 3}, scaling: {maxReplicas: 9}, disruption: {minAvailable: 80%}",
    ),
  },
  judge(facts) {
    if (facts.subject.kind !== "profile") return [];
    const { disruption } = facts.subject.profile.spec;
    const terms = termsOf(facts.subject.profile, facts);
    if (terms === undefined || (disruption?.minAvailable !== undefined && disruption.maxUnavailable !== undefined)) return [];
    const { workloadClass, resolved } = terms;
    const minReplicas = resolved.minReplicas.value;
    // Each kind has its own default; before a workload is bound, a Deployment's is told.
    const compiled = facts.views.flatMap(({ contract }) => (contract === undefined ? [] : [contract]));
    const unbound = drainAdjustment({ asked: resolved.budget.value, minReplicas });
    const adjustments = compiled.length > 0 ? compiled.flatMap(({ findings }) => findings) : unbound === undefined ? [] : [unbound];
    const [adjusted] = adjustments;
    if (adjusted === undefined || isRefusedCount(resolved.budget.value.value, minReplicas)) return [];
    return [{ path: adjusted.path, message: adjusted.text, fix: adjusted.fix, className: workloadClass.name }];
  },
};

/** Kinds that serve with their replicas; a Job's Pod is work, not a service, and a bare Pod has its own rule. */
const servingKinds: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"]);

function singletonProblem(facts: Facts, view: WorkloadView, params: RuleParams): readonly Problem[] {
  const { workload, workloadClass, binding } = view;
  if (!servingKinds.has(workload.kind) || workloadClass === undefined || smallestScale(facts, view) !== 1) return [];
  const action = actionFor({ workloadClass, kind: workload.kind, bound: binding.kind === "bound", unprofiled: params["unprofiled"] });
  if (action === undefined) return [];
  const problem = problemOf(workloadClass, action);
  return [
    {
      ...problem,
      message: `${aboutWorkload(facts, view)}${problem.message}`,
      path: pathIn(facts, {
        workload: "/spec/replicas",
        scale: "/spec/replicas",
        autoscaler: "/spec/minReplicas",
        "scaled-object": "/spec/minReplicaCount",
        profile: "/spec",
      }),
      ...(action === "rule" ? {} : { action }),
    },
  ];
}

/** A profile that promises one replica only, before any workload shows it. */
function profileSingleton(facts: Facts): readonly Problem[] {
  const { subject, views } = facts;
  if (subject.kind !== "profile") return [];
  const terms = termsOf(subject.profile, facts);
  if (terms?.resolved.minReplicas.value !== 1) return [];
  const { workloadClass } = terms;
  const kinds = views.length > 0 ? views.map((view) => view.workload.kind) : Object.keys(workloadClass.availability.singletons);
  const actions = kinds.map((kind) => actionFor({ workloadClass, kind, bound: true, unprofiled: undefined }));
  if (views.length > 0 && !kinds.some((kind) => servingKinds.has(kind))) return [];
  if (actions.includes(undefined)) return noBudget(terms);
  const action: "rule" | FindingAction = actions.includes("rule") ? "rule" : "warn";
  return [{ ...problemOf(workloadClass, action), path: "/spec/availability/minReplicas", ...(action === "rule" ? {} : { action }) }];
}

/** A singleton that its class allows gets no budget: it would hold its node, or mean nothing. */
function noBudget({ workloadClass, resolved }: ProfileTerms): readonly Problem[] {
  const form = renderBudget({
    asked: resolved.budget.value,
    minReplicas: resolved.minReplicas.value,
    maxReplicas: resolved.maxReplicas.value,
    replicas: resolved.minReplicas.value,
    interruptible: workloadClass.capacityTypes.includes("spot"),
  });
  if (form.kind !== "singleton") return [];
  return [
    {
      ...problemOf(workloadClass, "warn"),
      message: `1 replica in class "${workloadClass.name}": no PodDisruptionBudget is compiled, and every drain is an outage`,
      fix: `set minReplicas 2 where an outage matters; class "${workloadClass.name}" takes one replica as it is`,
      path: "/spec/availability/minReplicas",
      action: "warn",
    },
  ];
}

/** What a single replica of a kind draws: "rule" is the rule's own action, undefined nothing. */
function actionFor(of: {
  readonly workloadClass: WorkloadClass;
  readonly kind: string;
  readonly bound: boolean;
  readonly unprofiled: RuleParams[string] | undefined;
}): FindingAction | "rule" | undefined {
  const singletons = singletonAction(of.workloadClass, of.kind);
  if (singletons === "allow") return undefined;
  if (singletons === "warn") return "warn";
  if (of.bound) return "rule";
  return of.unprofiled === "warn" || of.unprofiled === "audit" ? of.unprofiled : "rule";
}

/** The fewest replicas that the request leads to: the autoscaler's minimum where one scales the workload. */
function smallestScale({ subject }: Facts, { scale, workload }: WorkloadView): number {
  if (scale.source.kind === "workload" || subject.kind === "scale") return workload.replicas;
  // Who lets a workload rest at zero has nothing to lose there, nor at one.
  return scale.mayBeZero ? 0 : scale.range.from;
}

/** What is only warned of needs no leave: nobody asks for an exemption from a warning. */
function problemOf(workloadClass: WorkloadClass, action: FindingAction | "rule"): Problem {
  return {
    path: "",
    message: `1 replica in class "${workloadClass.name}" whose nodes are ${nodesAre(workloadClass)}: every drain is an outage`,
    fix:
      action === "rule" || action === "deny"
        ? "set replicas/minReplicas 2, or class with singletons allowed, or an exemption"
        : "set replicas/minReplicas 2 where an outage matters",
    className: workloadClass.name,
  };
}

function nodesAre({ disruption }: WorkloadClass): string {
  return disruption.consolidates ? "consolidated and replaced" : "replaced";
}

/** An integer that is not below minReplicas is WP-004's, which refuses it. */
function isRefusedCount(value: number | string, minReplicas: number): boolean {
  return typeof value === "number" && value >= minReplicas && value > 0;
}
