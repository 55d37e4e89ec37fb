/**
 * Drain fix: what would let a drain go on, proven before it is said.
 *
 * Reads a workload's view, the budgets that guard it with everybody else under them, and the range of replicas. Returns fixes, the
 * smallest first: another form of the budget, more replicas, a narrower selector, a budget less. Each is put to the same eviction proof
 * that found the block, at every scale of the range; one that leaves a scale without evictions is not returned. Rules, audit and drain preview
 * say these and no others.
 */
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { BudgetBounds } from "../kube/disruption-budget.ts";
import { type CoveringBudget, evictionProof, type EvictionQuestion } from "../kube/eviction-proof.ts";
import type { ReplicaRange } from "../kube/workload-scale.ts";
import { workloadTitle } from "../kube/workload.ts";
import { countText } from "./count-words.ts";
import { type Coverer, guardsOf, scaleAnswer } from "./drain-cover.ts";
import type { WorkloadView } from "./workload-view.ts";

export interface DrainFix {
  /** An imperative: "use maxUnavailable: 1". */
  readonly text: string;
  readonly change:
    | { readonly kind: "one-at-a-time" | "select-less" | "delete" }
    | { readonly kind: "replicas"; readonly count: number }
    | { readonly kind: "count"; readonly minAvailable: number };
}

/** What a fix is proven on. `range` is the workload's own where it has one. */
export interface FixInput {
  readonly view: WorkloadView;
  readonly cover: Coverer;
  readonly range?: ReplicaRange;
}

/** Returns what would let the Pods of a workload go at every scale of the range, the smallest change first. */
export function drainFixes({ view, cover, range = rangeOf(view) }: FixInput): readonly DrainFix[] {
  const question = questionOf(view, cover);
  const [only, second] = question.budgets;
  if (only === undefined) return [];
  const proof = { view, question, range };
  return second === undefined ? fixesOfOne(only, proof) : fixesOfSeveral(proof);
}

/** Returns the fixes as one sentence: "use maxUnavailable: 1, or 5 replicas, or delete the PDB". */
export function fixText(fixes: readonly Pick<DrainFix, "text">[]): string {
  return fixes.map(({ text }, index) => (index === 0 ? text : text.replace(/^use /, ""))).join(", or ");
}

/** Returns what mends a budget that lets nothing go at any scale, whatever else guards the workloads under it. */
export function budgetFixes(
  budget: PodDisruptionBudget,
  { views, cover }: { readonly views: readonly WorkloadView[]; readonly cover: Coverer },
): readonly DrainFix[] {
  const mends = views.every((view) => {
    const question = questionOf(view, cover);
    const alone = { budget, others: cover(budget, view.workload) };
    return question.budgets.length < 2 && isFree({ ...question, budgets: [oneAtATime(alone)] }, rangeOf(view));
  });
  if (mends) return [useOneAtATime, deleteBudget];
  const isUncounted = views.some((view) => keeperOf(view).keeper !== "scale" || cover(budget, view.workload).some(isUnscaled));
  return isUncounted ? [deleteBudget, { text: "select only what has a scale", change: { kind: "select-less" } }] : [deleteBudget];
}

/** Returns what lets one of so many Pods go that no scale counts: a whole number, which counts the Pods themselves. */
export function countedFixes(budget: PodDisruptionBudget, pods: number): readonly DrainFix[] {
  const { covering, fix } = wholeNumber({ budget, others: [] }, pods);
  return isFree({ budgets: [covering], keeper: "no-scale" }, { from: pods, to: pods }) ? [fix, deleteBudget] : [deleteBudget];
}

const useOneAtATime: DrainFix = { text: "use maxUnavailable: 1", change: { kind: "one-at-a-time" } };
const deleteBudget: DrainFix = { text: "delete the PDB", change: { kind: "delete" } };

interface Proof {
  readonly view: WorkloadView;
  readonly question: EvictionQuestion;
  readonly range: ReplicaRange;
}

function fixesOfOne(only: CoveringBudget, { view, question, range }: Proof): readonly DrainFix[] {
  const fixes: DrainFix[] = [];
  const frees = (changed: CoveringBudget, at = range): boolean => isFree({ ...question, budgets: [changed] }, at);
  const isOurs = isCompiled(only.budget, view);
  if (!isOurs && frees(oneAtATime(only))) fixes.push(useOneAtATime);
  const { worksFrom } = evictionProof({ ...question, range });
  if (worksFrom !== undefined && frees(only, { from: worksFrom, to: Math.max(worksFrom, range.to) }))
    fixes.push(...moreReplicas(view, worksFrom));
  const own = { ...only, others: [] };
  const selectLess = (text: string): DrainFix => ({ text, change: { kind: "select-less" } });
  const isStopped = only.others.some(isUnscaled);
  // Its selector is the workload's own.
  if (isOurs) return isStopped && frees(own) ? [selectLess("give the pods of others labels of their own"), ...fixes] : fixes;
  const counted = wholeNumber(only, Math.max(1, range.from) + only.others.reduce((total, { healthy }) => total + healthy, 0));
  if (fixes.length === 0 && question.keeper !== "scale" && frees(counted.covering)) fixes.push(counted.fix);
  const title = workloadTitle(view.workload);
  if (isStopped && frees(own)) fixes.push(selectLess(`select the pods of ${title} alone`));
  else if (isStopped && frees(oneAtATime(own))) fixes.push(selectLess(`select the pods of ${title} alone, with maxUnavailable: 1`));
  return [...fixes, deleteBudget];
}

/** Each budget that is tried alone is held against the whole namespace. */
const keptMax = 5;

/** Of several budgets one may stay: the one that a profile compiles, which would come back, or one that lets Pods go by itself. */
function fixesOfSeveral({ view, question, range }: Proof): readonly DrainFix[] {
  const { budgets } = question;
  const compiled = budgets.filter(({ budget }) => isCompiled(budget, view));
  const tried = (compiled.length > 0 ? compiled : budgets).slice(0, keptMax);
  const works = tried.filter((kept) => isFree({ ...question, budgets: [kept] }, range));
  const change = { kind: "delete" } as const;
  const isPair = budgets.length === 2;
  if (works.length === budgets.length) return [{ text: isPair ? "delete one of the two PDBs" : "keep one of the PDBs", change }];
  const [kept] = works;
  if (kept !== undefined) return [{ text: keeping(kept, budgets), change }];
  const mended = tried.find((one) => !isCompiled(one.budget, view) && isFree({ ...question, budgets: [oneAtATime(one)] }, range));
  if (mended !== undefined) return [{ text: `${keeping(mended, budgets)}, and use maxUnavailable: 1 in the one that stays`, change }];
  return compiled.length > 0 ? [] : [{ text: `delete ${isPair ? "both" : `all ${budgets.length}`} PDBs`, change }];
}

function keeping({ budget }: CoveringBudget, budgets: readonly CoveringBudget[]): string {
  const [gone, another] = budgets.filter((one) => one.budget !== budget);
  if (another === undefined && gone !== undefined) return `delete PodDisruptionBudget "${gone.budget.metadata.name ?? ""}"`;
  return `keep PodDisruptionBudget "${budget.metadata.name ?? ""}" alone, and delete the others`;
}

/** More replicas, where the workload's autoscaler allows so many. A workload that scales to zero does not want it. */
function moreReplicas({ workload, scale }: WorkloadView, count: number): readonly DrainFix[] {
  const { source, range, mayBeZero } = scale;
  if (!workload.hasScale) return [];
  const change = { kind: "replicas", count } as const;
  if (source.kind === "workload") return [{ text: `use ${countText(count, "replica")}`, change }];
  if (count > range.to || mayBeZero) return [];
  const field = source.kind === "ScaledObject" ? "minReplicaCount" : "minReplicas";
  return [{ text: `set ${field} ${count} on ${source.kind} ${source.name}`, change }];
}

/** Pods that no controller counts are counted themselves, by a whole number: one less than there are. */
function wholeNumber({ budget, others }: CoveringBudget, pods: number): { readonly covering: CoveringBudget; readonly fix: DrainFix } {
  const minAvailable = Math.max(0, pods - 1);
  return {
    covering: { budget: withBounds(budget, { minAvailable }), others },
    fix: { text: `use minAvailable: ${minAvailable}`, change: { kind: "count", minAvailable } },
  };
}

function oneAtATime({ budget, others }: CoveringBudget): CoveringBudget {
  return { budget: withBounds(budget, { maxUnavailable: 1 }), others };
}

function withBounds({ metadata, spec }: CoveringBudget["budget"], bounds: BudgetBounds): CoveringBudget["budget"] {
  const { selector, unhealthyPodEvictionPolicy } = spec;
  return {
    metadata,
    spec: {
      ...bounds,
      ...(selector === undefined ? {} : { selector }),
      ...(unhealthyPodEvictionPolicy === undefined ? {} : { unhealthyPodEvictionPolicy }),
    },
  };
}

function isFree(question: EvictionQuestion, range: ReplicaRange): boolean {
  return evictionProof({ ...question, range }).blocked === undefined;
}

function questionOf(view: WorkloadView, cover: Coverer): EvictionQuestion {
  const budgets = guardsOf(view).map((budget) => ({ budget, others: cover(budget, view.workload) }));
  return { budgets, ...keeperOf(view) };
}

function keeperOf({ workload }: WorkloadView): Pick<EvictionQuestion, "keeper" | "controller"> {
  const answer = scaleAnswer(workload);
  if (answer.kind === "unknown") return { keeper: "no-scale", controller: answer.controller };
  return { keeper: answer.kind, ...("controller" in answer ? { controller: answer.controller } : {}) };
}

/** Two autoscalers may leave no range: then the replicas of now are all that is known. */
function rangeOf({ scale: { range }, workload: { replicas } }: WorkloadView): ReplicaRange {
  return range.to < range.from ? { from: replicas, to: replicas } : range;
}

function isCompiled({ metadata }: CoveringBudget["budget"], { contract, foreignBudgets }: WorkloadView): boolean {
  if (contract?.budget.kind !== "budget" || contract.budget.budget.metadata.name !== metadata.name) return false;
  return !foreignBudgets.some((foreign) => foreign.metadata.name === metadata.name);
}

function isUnscaled({ keeper }: CoveringBudget["others"][number]): boolean {
  return keeper.kind === "no-scale";
}
