/**
 * DRAIN-045: a running Pod under a budget by labels that its template lacks.
 *
 * Reads the Pod as it would be, the budgets that select it, and the Pods beside it; for a budget, the strays under it: running Pods with
 * labels that somebody put on them, or that their template had before. Nobody makes a stray again, so its budget has to let the last
 * one go (stray-pods.ts). Taking a Pod out of its ReplicaSet and its budgets, to look at it, is nobody's harm. A request that scales
 * a workload is judged by the strays that it would leave. What an operator runs is its own to relabel.
 */
import type { Pod } from "../../api/pod.ts";
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { controllerOf } from "../../kube/owner.ts";
import { allowedOf, countsScale, healthyNeeded } from "../../kube/disruption-budget.ts";
import type { Workload } from "../../kube/workload.ts";
import { matchesSelector } from "../../kube/selector.ts";
import { budgetNameOf, budgetText } from "../budget-words.ts";
import { scaleAnswer } from "../drain-cover.ts";
import type { Facts } from "../facts.ts";
import { hasJudgedOwner } from "../judged-owner.ts";
import { isNamed } from "../owner-claim.ts";
import { budgetsSelecting } from "../selecting-objects.ts";
import { runsToAnEnd } from "../spot-use.ts";
import { isBare, isReplaced, isStray, podOwners, podsOf, podsUnder, workloadKey } from "../stray-pods.ts";
import { budgetExample } from "./drain-examples.ts";
import type { Problem, Rule } from "./rule.ts";

const labelled = `
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}, ownerReferences: [{apiVersion: batch/v1, kind: Job, name: web, uid: a, controller: true}]}
spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
`;

export const drain045: Rule = {
  id: "DRAIN-045",
  summary: "A PodDisruptionBudget that selects running Pods by labels that their template lacks, and allows none of them to be evicted.",
  defaultAction: "deny",
  why: "The budget blocks the drain of the Pods' nodes. No rule on the workload sees it, because the template does not have the labels.",
  subjects: ["pod-update", "budget", "scale", "workload"],
  examples: {
    admitted: `${labelled}---${budgetExample("minAvailable: 0")}`,
    denied: `${labelled}---${budgetExample("minAvailable: 2")}`,
  },
  judge(facts) {
    const { subject, snapshot } = facts;
    if (subject.kind === "budget") return strayProblem(subject.budget, facts);
    if (subject.kind === "scale" || subject.kind === "workload") return leftProblems(facts);
    if (subject.kind !== "pod-update") return [];
    const { metadata } = subject.pod;
    const budgets = snapshot
      .list("PodDisruptionBudget", metadata.namespace ?? "")
      .filter((budget) => "spec" in budget && matchesSelector(budget.spec.selector, metadata.labels));
    const [only, second] = budgets;
    if (only === undefined) return [];
    if (second !== undefined) return [severalProblem(subject.pod, budgets, "/metadata/labels")];
    const why = isRunByOperator(subject.pod, facts) ? undefined : whyBlocked(only, facts);
    return why === undefined ? [] : [blockedProblem(only, why, "/metadata/labels")];
  },
};

/**
 * An operator gives running Pods their roles: at a failover the budget of a database's primary comes to select another Pod, of which
 * it needs 1 of 1 until the operator has switched over. Neither is arithmetic over replicas.
 */
function isRunByOperator(pod: Pod, { request, policySet: { settings } }: Facts): boolean {
  return (controllerOf(pod) !== undefined && !hasJudgedOwner(pod)) || isNamed(request.userInfo, "Pod", settings) === true;
}

function severalProblem({ metadata }: Pod, budgets: readonly PodDisruptionBudget[], path: string): Problem {
  const named = budgets.map((budget) => `"${budgetNameOf(budget)}"`).join(", ");
  const which = path === "/metadata/labels" ? "this pod" : `pod ${metadata.name ?? ""}`;
  return {
    path,
    message: `PodDisruptionBudgets ${named} would all select ${which}; the eviction API refuses to evict a pod with several budgets`,
    fix: "use labels that only one of them selects",
  };
}

function blockedProblem(budget: PodDisruptionBudget, why: string, path: string): Problem {
  return {
    path,
    message: `${budgetText(budget)} would allow no eviction of the pods that it selects: ${why}`,
    fix: "select pods by the labels of their template",
  };
}

/** What a budget selects, so that the controller's arithmetic can be asked. */
interface Selected {
  readonly pods: number;
  readonly scale: number;
}

/** Why a budget allows nothing with every one of its running Pods healthy; undefined where it allows something. */
function whyBlocked(budget: PodDisruptionBudget, { snapshot }: Facts): string | undefined {
  const pods = podsUnder(budget, snapshot);
  const owners = ownersOf(pods, podOwners(snapshot));
  return uncounted(budget, owners) ?? whyShort(budget, { pods: pods.length, scale: scaleOf(owners, hasScale) });
}

function whyShort({ spec }: PodDisruptionBudget, { pods, scale }: Selected): string | undefined {
  const needed = healthyNeeded({ bounds: spec, pods, scale });
  if (!needed.ok || allowedOf({ healthy: pods, ...needed.value }) > 0) return undefined;
  return `it needs ${needed.value.desired} healthy pods of ${needed.value.expected}, and there are ${pods}`;
}

function uncounted({ spec }: PodDisruptionBudget, owners: readonly Workload[]): string | undefined {
  const without = countsScale(spec) ? owners.map(scaleAnswer).find(({ kind }) => kind === "no-scale") : undefined;
  return without?.kind === "no-scale" ? `${without.controller} has no scale` : undefined;
}

/** Every stray goes for good when it is evicted: what counts is the last one, beside what the selected workloads make again. */
function strayProblem(budget: PodDisruptionBudget, facts: Facts): readonly Problem[] {
  const { views, snapshot } = facts;
  const pods = podsUnder(budget, snapshot);
  if (pods.length === 0) return [];
  const ownerOf = podOwners(snapshot);
  const doubled = doubleProblem({ pods, ownerOf, snapshot });
  if (doubled !== undefined) return [doubled];
  const selected = new Set(views.map(({ workload }) => workloadKey(workload)));
  const strays = pods.filter((pod) => {
    const owner = ownerOf(pod);
    return owner !== undefined && isStray(pod, { owner, selected });
  });
  const why = strays.length === 0 ? whyAlone(budget, facts) : whyLast(budget, { views, strays: ownersOf(strays, ownerOf) });
  return why === undefined ? [] : [blockedProblem(budget, why, "/spec/selector")];
}

interface Running {
  readonly pods: readonly Pod[];
  readonly ownerOf: OwnerLookup;
  readonly snapshot: ClusterSnapshot;
}

/** Of Pods under a second budget by labels of theirs alone the first is told; those under it by their template another rule tells. */
function doubleProblem({ pods, ownerOf, snapshot }: Running): Problem | undefined {
  const byTemplate = new Map<Workload, ReadonlySet<PodDisruptionBudget>>();
  for (const pod of pods) {
    const owner = ownerOf(pod);
    if (owner === undefined) continue;
    const live = budgetsSelecting({ workload: owner, labels: pod.metadata.labels }, snapshot);
    if (live.length < 2) continue;
    const written = byTemplate.get(owner) ?? new Set(budgetsSelecting({ workload: owner }, snapshot));
    byTemplate.set(owner, written);
    if (live.every((one) => written.has(one) || isReplaced(pod, { owner, budget: one, snapshot }))) continue;
    return severalProblem(pod, live, "/spec/selector");
  }
  return undefined;
}

/** A plain number over bare Pods is held against those that there are; what else is over them, and over workloads, other rules tell. */
function whyAlone(budget: PodDisruptionBudget, facts: Facts): string | undefined {
  const isPlain = typeof budget.spec.minAvailable === "number" && facts.views.every(({ workload }) => isBare(workload.object));
  return facts.views.length === 0 || isPlain ? whyBlocked(budget, facts) : undefined;
}

function whyLast(
  budget: PodDisruptionBudget,
  { views, strays }: { readonly views: Facts["views"]; readonly strays: readonly Workload[] },
): string | undefined {
  const leaving = new Set(strays.map(workloadKey));
  const kept = views.map(({ workload }) => workload).filter((workload) => !leaving.has(workloadKey(workload)));
  const all = [...kept, ...strays];
  const why = uncounted(budget, all);
  // Work ends by itself, and its Pods with it.
  if (why !== undefined || strays.every(({ kind }) => runsToAnEnd(kind))) return why;
  const stay = kept.filter(({ kind }) => !runsToAnEnd(kind));
  return whyShort(budget, { pods: scaleOf(stay, () => true) + 1, scale: scaleOf(all, isCounted) });
}

/** A scale that leaves a budget over strays of the workload with nothing to let go, where it let one go before. */
function leftProblems({ views, snapshot }: Facts): readonly Problem[] {
  return views.flatMap(({ workload, previousReplicas }) => {
    if (previousReplicas === undefined || previousReplicas === workload.replicas || workload.replicas < 1) return [];
    const written = new Set(budgetsSelecting({ workload }, snapshot));
    if (snapshot.list("PodDisruptionBudget", workload.namespace).every((budget) => written.has(budget))) return [];
    const own = podsOf(workload, snapshot);
    const budgets = new Set<PodDisruptionBudget>();
    for (const pod of own)
      for (const budget of budgetsSelecting({ workload, labels: pod.metadata.labels }, snapshot))
        if (!written.has(budget) && !isReplaced(pod, { owner: workload, budget, snapshot })) budgets.add(budget);
    return [...budgets].slice(0, budgetsMax).flatMap((budget): readonly Problem[] => {
      const why = whyLeft(budget, { workload, own: new Set(own), previousReplicas, snapshot });
      return why === undefined ? [] : [{ ...blockedProblem(budget, why, "/spec/replicas"), fix: "delete the PDB first" }];
    });
  });
}

/** Pods under two budgets are told at once; of very many the first are judged. */
const budgetsMax = 20;

interface Scaling {
  readonly workload: Workload;
  readonly own: ReadonlySet<Pod>;
  readonly previousReplicas: number;
  readonly snapshot: ClusterSnapshot;
}

function whyLeft(budget: PodDisruptionBudget, { workload, own, previousReplicas, snapshot }: Scaling): string | undefined {
  const under = podsUnder(budget, snapshot);
  const others = under.filter((pod) => !own.has(pod));
  const othersScale = scaleOf(ownersOf(others, podOwners(snapshot)), hasScale);
  const strays = under.length - others.length;
  const at = (replicas: number): string | undefined =>
    whyShort(budget, { pods: others.length + Math.min(strays, replicas), scale: othersScale + replicas });
  return at(previousReplicas) === undefined ? at(workload.replicas) : undefined;
}

type OwnerLookup = ReturnType<typeof podOwners>;

function ownersOf(pods: readonly Pod[], ownerOf: OwnerLookup): readonly Workload[] {
  return [...new Map(pods.flatMap((pod) => ownerOf(pod) ?? []).map((workload) => [workloadKey(workload), workload])).values()];
}

function scaleOf(workloads: readonly Workload[], counts: (workload: Workload) => boolean): number {
  return workloads.reduce((sum, workload) => sum + (counts(workload) ? workload.replicas : 0), 0);
}

function hasScale(workload: Workload): boolean {
  return scaleAnswer(workload).kind === "scale";
}

/** What is not known to lack a scale may have one. */
function isCounted(workload: Workload): boolean {
  const { kind } = scaleAnswer(workload);
  return kind === "scale" || kind === "unknown";
}
