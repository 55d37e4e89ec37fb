/**
 * DRAIN-002 and DRAIN-007: PodDisruptionBudgets that leave 0 evictions at some scale that a workload may have.
 *
 * Reads the foreign budgets of each workload that a request touches (a budget that we compiled is judged by its profile) and
 * asks the eviction proof at every scale of the workload's range: its own replicas, or from the minimum of who scales it. Both
 * percentages round up, so a budget that works at 50 replicas can block at 3 (GetScaledValueFromIntOrPercent of pkg/controller/disruption).
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import { assertNever } from "../../api/assert.ts";
import { isFullyBlocking } from "../../kube/disruption-budget.ts";
import type { JsonPatchOperation } from "../../kube/json-patch.ts";
import { rememberedInBursts } from "../../kube/remembered.ts";
import type { RangeSource } from "../../kube/workload-scale.ts";
import { boundField, budgetNameOf, budgetText, isZeroBudget, oneAtATimePatch } from "../budget-words.ts";
import { countText } from "../count-words.ts";
import { covererOf, proverOf } from "../drain-cover.ts";
import { budgetFixes, drainFixes, fixText, type DrainFix } from "../drain-fix.ts";
import { pathIn, type Facts } from "../facts.ts";
import { isWrittenAsCompiled, type WorkloadView } from "../workload-view.ts";
import { budgetExample, deploymentExample, scaleExample } from "./drain-examples.ts";
import { selectsPart } from "../partial-cover.ts";
import { aboutAll, classOf, type Problem, type Rule } from "./rule.ts";

export const drain002: Rule = {
  id: "DRAIN-002",
  summary: "A PodDisruptionBudget that leaves 0 evictions at some replica count of the workload: its nodes can never be drained.",
  defaultAction: "deny",
  needs: ["budget"],
  subjects: ["workload", "budget", "autoscaler", "scaled-object"],
  examples: {
    admitted: `${deploymentExample({ replicas: 2 })}---${budgetExample("minAvailable: 1")}`,
    denied: `${deploymentExample({ replicas: 1 })}---${budgetExample("minAvailable: 1")}`,
  },
  judge(facts) {
    const { subject } = facts;
    const pairs = blockedPairs(facts);
    if (pairs.length > 0) return pairs.map((pair) => blockedProblem(facts, pair));
    if (subject.kind !== "budget" || isWrittenAsCompiled(subject.budget, facts)) return [];
    return neverWorks(subject.budget, facts);
  },
};

export const drain007: Rule = {
  id: "DRAIN-007",
  summary: "Scaling a workload to where its PodDisruptionBudget allows no eviction any more.",
  defaultAction: "deny",
  needs: ["budget"],
  subjects: ["workload", "scale"],
  examples: {
    admitted: `${budgetExample("minAvailable: 1")}---${deploymentExample({ replicas: 3 })}---${scaleExample(2)}`,
    denied: `${budgetExample("minAvailable: 1")}---${deploymentExample({ replicas: 3 })}---${scaleExample(1)}`,
  },
  judge(facts) {
    return facts.views.flatMap((view) => {
      const from = view.previousReplicas;
      if (from === undefined || !view.workload.hasScale) return [];
      return view.foreignBudgets
        .filter((budget) => !selectsPart(budget, view) && scalesIntoBlock(facts, { view, budget }))
        .map((budget) => scalingProblem(facts, { view, budget, from }));
    });
  },
};

/** Several rules ask about the same budgets of one request: one prover is kept for the world after it, and one for the world before. */
const worldFor = rememberedInBursts(({ snapshot }: Facts) => {
  const cover = covererOf(snapshot);
  return { cover, prove: proverOf(snapshot, cover) };
}, 2);

interface GuardedView {
  readonly view: WorkloadView;
  readonly budget: PodDisruptionBudget;
}

/** A budget and a workload of which it lets no Pod go at this scale, the smallest that the workload may have. */
interface BlockedPair extends GuardedView {
  readonly replicas: number;
}

function blockedPairs(facts: Facts): readonly BlockedPair[] {
  const { subject } = facts;
  const { prove } = worldFor(facts);
  const only = subject.kind === "budget" ? budgetNameOf(subject.budget) : undefined;
  return facts.views.flatMap((view) =>
    view.foreignBudgets
      .filter((budget) => (only === undefined || budgetNameOf(budget) === only) && !selectsPart(budget, view))
      .flatMap((budget): readonly BlockedPair[] => {
        const { range, source } = view.scale;
        if (!view.workload.hasScale || isZeroBudget(budget) || range.to < range.from) return [];
        const { blocked } = prove(budget, { view });
        if (blocked === undefined) return [];
        // A change of replicas into a block is DRAIN-007's.
        if (subject.kind === "workload" && source.kind === "workload" && scalesIntoBlock(facts, { view, budget })) return [];
        return [{ view, budget, replicas: blocked.from }];
      }),
  );
}

/** Is true where the request takes the replicas from none, or from a count with evictions, to one without: DRAIN-007's case, not DRAIN-002's. */
function scalesIntoBlock(facts: Facts, { view, budget }: GuardedView): boolean {
  const { replicas } = view.workload;
  const from = view.previousReplicas;
  if (from === undefined || replicas === from || replicas < 1 || isZeroBudget(budget)) return false;
  const { prove } = worldFor(facts);
  const isBlocked = (count: number): boolean => prove(budget, { view, range: { from: count, to: count } }).blocked !== undefined;
  return isBlocked(replicas) && (from < 1 || !isBlocked(from));
}

function blockedProblem(facts: Facts, { view, budget, replicas }: BlockedPair): Problem {
  const { source } = view.scale;
  const fixes = drainFixes({ view, cover: worldFor(facts).cover });
  const patch = fixes.map((fix) => patchOf(facts, { fix, source })).find((found) => found !== undefined);
  return {
    path: pathIn(facts, {
      budget: `/spec/${boundField(budget)}`,
      autoscaler: "/spec/minReplicas",
      "scaled-object": "/spec/minReplicaCount",
      workload: source.kind === "workload" ? "/spec/replicas" : "",
    }),
    message: `${budgetText(budget)} leaves 0 evictions at ${countText(replicas, "replica")}${sourceText(source)}: its nodes can never be drained`,
    fix: fixText(fixes),
    ...(patch === undefined ? {} : { patch }),
    ...classOf(view),
  };
}

/** Names who leads the workload to this scale; a workload that nobody scales has written it itself. */
function sourceText(source: RangeSource): string {
  switch (source.kind) {
    case "workload":
      return "";
    case "HorizontalPodAutoscaler":
      return `, the minReplicas of HorizontalPodAutoscaler "${source.name}"`;
    case "ScaledObject":
      return source.minReplicaCount > 0
        ? `, the minReplicaCount of ScaledObject "${source.name}"`
        : `, the first of ScaledObject "${source.name}" above its minReplicaCount 0`;
    default:
      return assertNever(source);
  }
}

/** The fix at the object that is judged, where it is one of that object. */
function patchOf(
  { subject }: Facts,
  { fix: { change }, source }: { readonly fix: DrainFix; readonly source: RangeSource },
): readonly JsonPatchOperation[] | undefined {
  if (change.kind === "one-at-a-time") return subject.kind === "budget" ? oneAtATimePatch(subject.budget) : undefined;
  if (change.kind !== "replicas") return undefined;
  const set = (path: string): readonly JsonPatchOperation[] => [{ op: "add", path, value: change.count }];
  switch (subject.kind) {
    case "workload":
      return source.kind === "workload" ? set("/spec/replicas") : undefined;
    case "autoscaler":
      return isJudged(source, subject.autoscaler) ? set("/spec/minReplicas") : undefined;
    case "scaled-object":
      return isJudged(source, subject.scaledObject) ? set("/spec/minReplicaCount") : undefined;
    default:
      return undefined;
  }
}

function isJudged(
  source: RangeSource,
  { kind, metadata }: { readonly kind: string; readonly metadata: { readonly name?: string } },
): boolean {
  return source.kind !== "workload" && source.kind === kind && source.name === metadata.name;
}

/** A budget that blocks at every scale is refused by itself, before there is a workload. */
function neverWorks(budget: PodDisruptionBudget, facts: Facts): readonly Problem[] {
  if (isZeroBudget(budget) || budget.spec.selector === undefined || !isFullyBlocking(budget.spec)) return [];
  const fixes = budgetFixes(budget, { views: facts.views, cover: worldFor(facts).cover });
  return [
    {
      path: budget.spec.minAvailable === undefined ? "/spec" : "/spec/minAvailable",
      message: `${budgetText(budget)} leaves 0 evictions at any number of replicas: its nodes can never be drained`,
      fix: fixText(fixes),
      ...(fixes.some(({ change }) => change.kind === "one-at-a-time") ? { patch: oneAtATimePatch(budget) } : {}),
      ...aboutAll(facts.views),
    },
  ];
}

function scalingProblem(facts: Facts, { view, budget, from }: GuardedView & { readonly from: number }): Problem {
  const { kind, name, replicas } = view.workload;
  const { cover, prove } = worldFor(facts);
  const range = { from: replicas, to: replicas };
  const { worksFrom } = prove(budget, { view, range });
  const enough = worksFrom ?? from;
  const others = drainFixes({ view, cover, range }).filter(({ change }) => change.kind !== "replicas");
  return {
    path: "/spec/replicas",
    message: `scaling ${kind} ${name} from ${from} to ${replicas} leaves PDB "${budgetNameOf(budget)}" with 0 allowed evictions`,
    fix: `keep >= ${countText(enough, "replica")}, or first ${fixText(others)}`,
    ...(facts.subject.kind === "workload" ? { patch: [{ op: "add", path: "/spec/replicas", value: enough }] } : {}),
    ...classOf(view),
  };
}
