/**
 * The conditions of a WorkloadProfile: what holds, why, and what to do where it doesn't (True is good).
 *
 * Reads the view of the profile and the plan for its budgets. Returns one judgement for each condition that this version
 * can tell truly; a condition that cannot be told yet is Unknown, one that does not concern the profile is left out.
 */
import { zoneLabel } from "../../api/labels.ts";
import { matchesSelector } from "../../kube/selector.ts";
import { countText } from "../count-words.ts";
import { singletonAction } from "../class.ts";
import type { Exemption } from "../exemption.ts";
import type { Finding } from "../verdict.ts";
import type { AutoscalerPlan } from "./autoscaler-plan.ts";
import { burstFeasible, placeable, spotSafe } from "./capacity-conditions.ts";
import { isChildOf } from "./child-plan.ts";
import type { CompiledContract } from "./contract.ts";
import { nameOfTarget, no, unknown, yes, type Judgement } from "./judgement.ts";
import { notYetCompiled } from "./not-yet-compiled.ts";
import type { BudgetPlan, RefusedChild } from "./plan-apply.ts";
import { sizingConflicts, templatePod } from "./pod-patch.ts";
import type { SizingConflict } from "./pod-sizing.ts";
import type { ProfileTarget, ProfileView } from "./profile-view.ts";
import { standingBudget, syncFailureOf } from "./standing-budget.ts";

/** What the judgements read. */
export interface JudgedProfile {
  readonly view: ProfileView;
  readonly plan: BudgetPlan;
  readonly autoscalerPlan: AutoscalerPlan;
  /** The findings for which admission would refuse the profile now. */
  readonly refusals: readonly Finding[];
  /** Exemptions in force without which the policies would refuse the profile or a workload of it. */
  readonly exemptions: readonly Exemption[];
  /** What the SPOT rules would find if the profile asked for Spot. */
  readonly spotFindings: readonly Finding[];
}

/** Returns the judgements in the order of conditionTypes; Ready is True where no other is False or Unknown. */
export function judgeProfile({ view, plan, autoscalerPlan, refusals, spotFindings, exemptions }: JudgedProfile): readonly Judgement[] {
  const refused = [...plan.refused, ...autoscalerPlan.refused];
  const judged = [
    accepted(view, refusals),
    bound(view),
    compiled(view, refused),
    drainSafe(view, plan),
    ...placeable(view),
    ...burstFeasible(view),
    ...spotSafe(view, spotFindings),
    ...zoneSpread(view),
  ];
  const failing = judged.find(({ status }) => status === "False") ?? judged.find(({ status }) => status === "Unknown");
  const ready: Judgement =
    failing === undefined
      ? yes("Ready", "Ready", "the contract is in force")
      : { type: "Ready", status: "False", reason: `${failing.type}${failing.reason}`, message: failing.message };
  return [...judged, ...exempted(exemptions), ...stalled(refused), ready];
}

/** Left out where no exemption is in use. */
function exempted(exemptions: readonly Exemption[]): readonly Judgement[] {
  if (exemptions.length === 0) return [];
  const texts = exemptions.map(
    ({ id, rules, owner, expiresText, compensate }) =>
      `${id} (${rules.join(", ")}) of ${owner} until ${expiresText}${compensate.map(({ pool, windowText }) => `, in return NodePool ${pool} is drained ${windowText} only`).join("")}`,
  );
  return [yes("Exempted", "ExemptionInUse", texts.join("; "))];
}

/** As everywhere in Kubernetes, True is bad here: nothing goes on until a person acts. Left out otherwise. */
function stalled([first]: readonly RefusedChild[]): readonly Judgement[] {
  return first === undefined ? [] : [yes("Stalled", reasonOf(first), refusalText(first))];
}

/** Admission judged the profile when it came; the policies may have changed since. */
function accepted({ className, workloadClass }: ProfileView, refusals: readonly Finding[]): Judgement {
  const [first, ...more] = refusals;
  if (first === undefined && workloadClass === undefined)
    return no("Accepted", "UnknownClass", `class "${className}" is not in the catalogue`);
  if (first === undefined) return yes("Accepted", "Accepted", `the policies accept it in class "${className}"`);
  const count = more.length === 0 ? "" : ` (+${more.length} more)`;
  return no("Accepted", "Refused", `[${first.rule}] ${first.message}${count}; ${first.fix}`);
}

function bound({ profile, targets, conflicts }: ProfileView): Judgement {
  const [conflict] = conflicts;
  if (conflict !== undefined) return no("Bound", "Ambiguous", `[${conflict.rule}] ${conflict.text}; ${conflict.fix}`);
  if (targets.length > 0) return yes("Bound", "Bound", targets.map(({ workload }) => `${workload.kind}/${workload.name}`).join(", "));
  return no(
    "Bound",
    "NoWorkload",
    `[BIND-001] WorkloadProfile ${profile.metadata.name} matches no workload yet; create the workload or set bind.targetRef`,
  );
}

function compiled({ profile, targets }: ProfileView, [refusal]: readonly RefusedChild[]): Judgement {
  const missing = notYetCompiled(profile.spec);
  const [first] = targets;
  if (refusal !== undefined) return no("Compiled", reasonOf(refusal), refusalText(refusal));
  if (missing.length > 0)
    return no("Compiled", "NotYetCompiled", `this version does not compile: ${missing.map((path) => `spec.${path}`).join(", ")}`);
  if (first === undefined) return unknown("Compiled", "NoWorkload", "nothing to compile for yet");
  const problem = leftOut(targets);
  if (problem !== undefined) return problem;
  if (!first.contract.writes) return yes("Compiled", "ValidateOnly", "spec.validateOnly: nothing is written");
  const bare = targets.find(({ podsBare }) => podsBare.length > 0);
  if (bare !== undefined) return no("Compiled", "PodsWithoutContract", bareText(bare));
  return yes("Compiled", "Compiled", `contract ${first.contract.hash}`);
}

const barePodsNamedMax = 3;

function bareText(target: ProfileTarget): string {
  const names = target.podsBare.map(({ metadata }) => metadata.name ?? "").toSorted();
  const named = `${names.slice(0, barePodsNamedMax).join(", ")}${names.length > barePodsNamedMax ? ", …" : ""}`;
  const some = names.length === 1 ? "1 Pod" : `${names.length} Pods`;
  return `${nameOfTarget(target)}: ${some} made before admission had heard of this profile run without the contract: ${named}; make them again: kubectl rollout restart`;
}

/** What a contract asks and does not write. */
function leftOut(targets: readonly ProfileTarget[]): Judgement | undefined {
  for (const target of targets) {
    const { refusedPatch, autoscaler } = target.contract;
    if (refusedPatch.length > 0)
      return no("Compiled", "PodPatchRefused", `policies.yaml does not allow in spec.podPatch: ${refusedPatch.join(", ")}`);
    if (autoscaler.kind === "refused") return no("Compiled", "AutoscalerRefused", `${autoscaler.text}; ${autoscaler.fix}`);
    const [conflict] = sizingConflicts({ pod: templatePod(target.workload), contract: target.contract });
    if (conflict !== undefined) return no("Compiled", "SizesNotWritten", `${nameOfTarget(target)}: ${conflictText(conflict)}`);
  }
  return undefined;
}

function conflictText(conflict: SizingConflict): string {
  switch (conflict.kind) {
    case "limit":
      return `container "${conflict.container}" has a ${conflict.resource} limit of ${conflict.limit}, below the request of ${conflict.request}; raise the limit`;
    case "pod-level": {
      const { resource, request, bound: other } = conflict;
      return `spec.resources would request ${request} ${resource}, against ${other.amount} of its ${other.of}; change one`;
    }
    case "qos":
      return `[REQ-003] mutation would change QoS class ${conflict.change.from} to ${conflict.change.to}; set both requests and limits, or compute.mode fill`;
  }
}

function reasonOf({ kind }: RefusedChild): string {
  return kind === "PodDisruptionBudget" ? "ForeignBudget" : "ForeignAutoscaler";
}

function refusalText({ rule, text, fix }: RefusedChild): string {
  return `[${rule}] ${text}; ${fix}`;
}

function drainSafe(view: ProfileView, { refused }: BudgetPlan): Judgement {
  const { targets } = view;
  if (targets.length === 0) return unknown("DrainSafe", "NoWorkload", "no workload is bound yet");
  const [refusal] = refused;
  if (refusal !== undefined) return no("DrainSafe", "ForeignBudget", refusalText(refusal));
  for (const target of targets) {
    const problem = doubleBudget(view, target) ?? failedBudget(view, target) ?? singleton(view, target);
    if (problem !== undefined) return problem;
  }
  const finding = targets.flatMap(({ contract }) => contract.findings)[0];
  if (finding !== undefined) return yes("DrainSafe", "AdjustedForDrain", `[${finding.rule}] ${finding.text}`);
  const lone = targets.find(({ contract }) => isSingleton(contract));
  if (lone !== undefined) {
    return yes(
      "DrainSafe",
      "SingletonWithoutBudget",
      `${nameOfTarget(lone)} has 1 replica and no budget: a drain succeeds and is an outage`,
    );
  }
  return yes("DrainSafe", "EvictionsAllowed", "every drain can evict");
}

/** The eviction API refuses Pods with two budgets, so one of somebody else's beside ours stops each drain. */
function doubleBudget({ profile, budgets }: ProfileView, target: ProfileTarget): Judgement | undefined {
  const { budget } = target.contract;
  if (budget.kind === "none") return undefined;
  const labels = target.workload.template.metadata?.labels;
  const other = budgets.find((held) => matchesSelector(held.spec.selector, labels) && !isChildOf(held, profile));
  if (other === undefined || other.metadata.name === budget.budget.metadata.name) return undefined;
  const names = [other.metadata.name ?? "", budget.budget.metadata.name ?? ""].sort();
  const text = `PodDisruptionBudgets "${names[0]}" and "${names[1]}" both select pods of ${nameOfTarget(target)}; the eviction API refuses pods with two budgets`;
  return no("DrainSafe", "TwoBudgets", `[DRAIN-005] ${text}; delete one`);
}

/** What the disruption controller makes of a budget counts for more than what it was compiled for. */
function failedBudget(view: ProfileView, target: ProfileTarget): Judgement | undefined {
  const standing = standingBudget(view, target);
  const failure = standing === undefined ? undefined : syncFailureOf(standing);
  if (failure === undefined) return undefined;
  return no(
    "DrainSafe",
    "BudgetFails",
    `PodDisruptionBudget "${standing?.metadata.name ?? ""}" fails to sync and allows 0 evictions: ${failure}`,
  );
}

function singleton({ workloadClass, className }: ProfileView, target: ProfileTarget): Judgement | undefined {
  if (!isSingleton(target.contract) || workloadClass === undefined) return undefined;
  if (singletonAction(workloadClass, target.workload.kind) !== "deny") return undefined;
  const text = `1 replica in class "${className}" whose nodes are consolidated and replaced: every drain is an outage`;
  return no("DrainSafe", "Singleton", `[DRAIN-001] ${text}; set replicas/minReplicas 2, or class with singletons allowed, or an exemption`);
}

/** What is left of minReplicas when the zone with the most of them is lost, and whether the Pods are where they should be. */
function zoneSpread({ targets, resolved, profile }: ProfileView): readonly Judgement[] {
  const asked = targets.filter(({ contract }) => contract.pod.spread.some(({ topologyKey }) => topologyKey === zoneLabel));
  if (resolved === undefined || targets.length === 0) return [];
  const survive = profile.spec.availability?.surviveZoneLoss === true;
  const strict = asked.find(({ contract }) => zonesOf(contract) !== undefined);
  if (strict === undefined) {
    if (survive) return [no("ZoneSpread", "NotRequired", "availability.surviveZoneLoss needs zoneSpread required; set it")];
    return asked.flatMap(loosely).slice(0, 1);
  }
  const lost = profile.status?.lostZones ?? [];
  if (lost.length > 0) return [no("ZoneSpread", "ZoneLost", lossText(lost, zonesOf(strict.contract) ?? 1))];
  const crowded = asked.find(({ podsByZone }) => podsByZone.size === 1 && placedPods({ podsByZone }) > 1);
  if (crowded !== undefined)
    return [
      no("ZoneSpread", "OneZone", `all Pods of ${nameOfTarget(crowded)} are in one zone: ${zonesText(crowded)}; delete some of them`),
    ];
  const zones = zonesOf(strict.contract) ?? 1;
  const replicas = resolved.minReplicas.value;
  const left = replicas - Math.ceil(replicas / zones);
  const share = replicas === 0 ? 0 : Math.round((100 * left) / replicas);
  const text = `${zones} zones; one zone lost leaves ${left} of ${replicas} (${share}%)`;
  return [
    survive && left < 1 ? no("ZoneSpread", "NothingLeft", `${text}; raise availability.minReplicas`) : yes("ZoneSpread", "Required", text),
  ];
}

function lossText(lost: readonly string[], zonesLeft: number): string {
  const are = lost.length === 1 ? "is" : "are";
  const over = countText(zonesLeft, "zone");
  return `${lost.join(", ")} ${are} lost: nothing that these Pods could run on is to be had there; new Pods are spread over ${over}, and over all again once there is`;
}

function zonesOf({ pod }: CompiledContract): number | undefined {
  return pod.spread.find(({ minDomains }) => minDomains !== undefined)?.minDomains;
}

/** Where zones are only preferred, one zone is no fault; how it is, is told. */
function loosely(target: ProfileTarget): readonly Judgement[] {
  return placedPods(target) < 2 ? [] : [yes("ZoneSpread", "Preferred", zonesText(target))];
}

function placedPods({ podsByZone }: Pick<ProfileTarget, "podsByZone">): number {
  return [...podsByZone.values()].reduce((sum, count) => sum + count, 0);
}

function zonesText({ podsByZone }: ProfileTarget): string {
  return [...podsByZone]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([zone, count]) => `${count} in ${zone}`)
    .join(", ");
}

function isSingleton({ budget }: CompiledContract): boolean {
  return budget.kind === "none" && budget.reason === "singleton";
}
