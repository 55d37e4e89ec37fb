/**
 * The status of a WorkloadProfile: what the platform made of it, in one look.
 *
 * Reads the view, the plan for its budgets, what admission would say, and the time. Returns the whole status that this version can compute; nothing
 * is invented, so a field without an answer is absent. Two runs over an unchanged world give the same status, times
 * included, so that an unchanged status is never written.
 */
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { HorizontalPodAutoscaler } from "../../api/horizontal-pod-autoscaler.ts";
import type { Instant } from "../../api/ports.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import type { WorkloadProfileStatus } from "../../api/workload-profile-status.ts";
import { transitionTime } from "../../kube/condition.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import { spotAnswer } from "./capacity-conditions.ts";
import { judgeProfile, type JudgedProfile } from "./conditions.ts";
import { conditionTypes, type Judgement } from "./judgement.ts";
import { evictionsCounted, standingBudget, syncFailureOf } from "./standing-budget.ts";
import { evictionsOf, renderBudget, type BudgetTerms } from "./budget.ts";
import type { CompiledContract } from "./contract.ts";
import type { PlanEstimate } from "./plan-estimate.ts";
import type { ProfileTarget, ProfileView } from "./profile-view.ts";
import { resolvedSpec } from "./resolve.ts";
import { countText } from "../count-words.ts";

/** The status as it is written. */
export type ProfileStatus = NonNullable<WorkloadProfile["status"]>;

/** As many targets as are told one by one; targetCount has them all. */
const targetsMax = 100;

/** The fields that this function decides; others (denials, start times) are other writers'. */
const ownFields = [
  "observedGeneration",
  "targets",
  "targetCount",
  "compiled",
  "resolved",
  "evictionsAllowed",
  "spot",
  "plan",
  "exemptUntil",
] as const satisfies readonly (keyof ProfileStatus)[];

/** Returns the status of a profile at this moment; `now` only dates conditions that change. */
export function profileStatus({ now, ...judged }: JudgedProfile & { readonly now: Instant }): ProfileStatus {
  const { view } = judged;
  const { profile, targets, resolved } = view;
  const evictions = evictionsAllowedOf(view);
  const spot = spotAnswer(view, judged.spotFindings);
  const [first] = targets;
  return {
    ...(profile.metadata.generation === undefined ? {} : { observedGeneration: profile.metadata.generation }),
    conditions: judgeProfile(judged).map((judgement) => conditionOf(judgement, { profile, now })),
    targets: targets.slice(0, targetsMax).map(targetStatus),
    targetCount: targets.length,
    ...(first === undefined ? {} : { compiled: compiledOf(first.contract) }),
    ...(resolved === undefined ? {} : { resolved: resolvedSpec(profile.spec, resolved) }),
    ...(evictions === undefined ? {} : { evictionsAllowed: evictions }),
    ...(spot === undefined ? {} : { spot }),
    ...planOf(view),
    ...exemptUntilOf(judged),
  };
}

/** The first that ends is the first that somebody must see to. */
function exemptUntilOf({ exemptions }: Pick<JudgedProfile, "exemptions">): Pick<ProfileStatus, "exemptUntil"> {
  const [first] = exemptions.toSorted((a, b) => a.expires - b.expires);
  return first === undefined ? {} : { exemptUntil: first.expiresText };
}

/** Says whether a status says what is on the object already, so that there is nothing to write. */
export function isStatusWritten(profile: WorkloadProfile, status: ProfileStatus): boolean {
  const written: ProfileStatus = profile.status ?? {};
  const own = (conditions: ProfileStatus["conditions"]) =>
    (conditions ?? []).filter(({ type }) => conditionTypes.some((known) => known === type)).sort((a, b) => (a.type < b.type ? -1 : 1));
  return (
    ownFields.every((field) => jsonEquals(written[field], status[field])) && jsonEquals(own(written.conditions), own(status.conditions))
  );
}

type StatusCondition = NonNullable<WorkloadProfileStatus["conditions"]>[number];

function conditionOf(judgement: Judgement, at: { readonly profile: WorkloadProfile; readonly now: Instant }): StatusCondition {
  const { profile, now } = at;
  return {
    ...judgement,
    lastTransitionTime: transitionTime(judgement, { known: profile.status?.conditions, now }),
    ...(profile.metadata.generation === undefined ? {} : { observedGeneration: profile.metadata.generation }),
  };
}

function targetStatus({ workload, matchedBy, podsCompiled, podsStale, podsResized }: ProfileTarget) {
  const { uid } = workload.object.metadata;
  return {
    apiVersion: workload.apiVersion,
    kind: workload.kind,
    name: workload.name,
    ...(uid === undefined ? {} : { uid }),
    matchedBy,
    replicas: workload.replicas,
    podsCompiled,
    podsStale,
    ...(podsResized === 0 ? {} : { podsResized }),
  };
}

/** The pool is told only where there is no choice: between several NodePools the solver decides for each Pod. */
function planOf({ targets, profile }: ProfileView): Pick<ProfileStatus, "plan"> {
  const [pool, ...others] = new Set(targets.flatMap(({ nodePools }) => nodePools.map(({ metadata }) => metadata.name ?? "")));
  const dearest = targets
    .flatMap(({ workload, estimate }) => (estimate === undefined ? [] : [{ estimate, replicas: workload.replicas }]))
    .toSorted((a, b) => b.estimate.replicaHourly - a.estimate.replicaHourly)[0];
  const plan = {
    ...(pool === undefined || others.length > 0 ? {} : { pool }),
    ...(dearest === undefined ? {} : costOf({ ...dearest, maxHourly: profile.spec.cost?.maxHourly })),
  };
  return Object.keys(plan).length === 0 ? {} : { plan };
}

function costOf(of: {
  readonly estimate: PlanEstimate;
  readonly replicas: number;
  readonly maxHourly: number | undefined;
}): NonNullable<ProfileStatus["plan"]> {
  const { estimate, replicas, maxHourly } = of;
  const hourly = estimate.replicaHourly * replicas;
  return {
    candidateTypes: estimate.candidateTypes,
    perReplicaHourly: estimate.replicaHourly.toFixed(4),
    ...(maxHourly === undefined || hourly <= maxHourly
      ? {}
      : { note: `${countText(replicas, "replica")} cost about $${hourly.toFixed(2)} an hour, above cost.maxHourly ${maxHourly}` }),
  };
}

/** Where one profile has several targets, the numbers are the worst of them: who asks wants to know what blocks a drain. */
function evictionsAllowedOf({ targets, resolved, ...view }: ProfileView): ProfileStatus["evictionsAllowed"] {
  const contracts = targets.filter(({ contract }) => contract.budget.kind === "budget");
  if (contracts.length === 0 || resolved === undefined) return undefined;
  const range = { minReplicas: resolved.minReplicas.value, maxReplicas: resolved.maxReplicas.value };
  const worst = (scaleOf: (target: ProfileTarget) => number) =>
    Math.min(...contracts.map((target) => evictionsRenderedAt(target.contract, { ...range, replicas: scaleOf(target) })));
  const now = Math.min(
    worst(({ workload }) => workload.replicas),
    ...contracts.flatMap((target) => countedNow(standingBudget(view, target)) ?? []),
  );
  // At zero replicas there is nothing to evict: the smallest scale that can block a drain is 1.
  const atMin = worst(() => Math.max(1, range.minReplicas));
  return { atMin, now, atMax: worst(() => range.maxReplicas), summary: `${now}/${atMin}` };
}

/** What is shown is what the disruption controller counts, once it has; it counts nothing where its sync fails. */
function countedNow(budget: PodDisruptionBudget | undefined): number | undefined {
  if (budget === undefined) return undefined;
  return syncFailureOf(budget) === undefined ? evictionsCounted(budget) : 0;
}

/** The budget follows the scale, so the answer for a scale is that of the budget rendered for it. */
function evictionsRenderedAt({ budget }: CompiledContract, scale: Pick<BudgetTerms, "minReplicas" | "maxReplicas" | "replicas">): number {
  if (budget.kind === "none") return 0;
  const form = renderBudget({ ...scale, asked: budget.asked, interruptible: budget.interruptible });
  return form.kind === "singleton" ? 0 : evictionsOf(form.intent, scale.replicas);
}

function compiledOf(contract: CompiledContract): NonNullable<ProfileStatus["compiled"]> {
  const { pod, budget } = contract;
  const requests = { ...pod.mainSizing?.defaultRequests, ...pod.mainSizing?.requests };
  const spread = pod.spread.map(({ topologyKey, whenUnsatisfiable }) => {
    const over = topologyKey.endsWith("zone") ? "zone" : "host";
    return `${over} ${whenUnsatisfiable === "DoNotSchedule" ? "required" : "preferred"}`;
  });
  const placement = Object.entries(pod.nodeSelector).map(([key, value]) => `${key}=${value}`);
  return {
    hash: contract.hash,
    policyBundle: contract.bundle,
    ...(budget.kind === "none" ? {} : { pdb: budgetText(budget.budget) }),
    ...(contract.autoscaler.kind === "autoscaler" ? { hpa: autoscalerText(contract.autoscaler.autoscaler) } : {}),
    ...(spread.length === 0 ? {} : { spread: spread.join(", ") }),
    ...(placement.length === 0 ? {} : { placement: placement.join(", ") }),
    ...(requests["cpu"] === undefined || requests["memory"] === undefined ? {} : { requests: `${requests["cpu"]}/${requests["memory"]}` }),
  };
}

function autoscalerText({ metadata, spec }: HorizontalPodAutoscaler): string {
  const metrics = (spec.metrics ?? []).map(({ resource, external }) => {
    const target = resource?.target ?? external?.target;
    const held = target?.averageUtilization === undefined ? (target?.averageValue ?? "") : `${target.averageUtilization}%`;
    return `${resource?.name ?? external?.metric.name ?? ""} ${held}`;
  });
  return [`${metadata.name}: ${spec.minReplicas ?? 1}..${spec.maxReplicas}`, ...metrics].join(", ");
}

function budgetText({ metadata, spec }: Extract<CompiledContract["budget"], { kind: "budget" }>["budget"]): string {
  const bound = spec.minAvailable === undefined ? `maxUnavailable ${spec.maxUnavailable}` : `minAvailable ${spec.minAvailable}`;
  return `${metadata.name}: ${bound}`;
}
