/**
 * The conditions of a WorkloadProfile: what holds, why, and what to do where it doesn't (True is good).
 *
 * Reads the view of the profile and the plan for its budgets. Returns one judgement for each condition that this version
 * can tell truly; a condition that cannot be told yet is Unknown, one that does not concern the profile is left out.
 */
import { matchesSelector } from "../../kube/selector.ts";
import { singletonAction } from "../class.ts";
import type { Finding } from "../verdict.ts";
import type { CompiledContract } from "./contract.ts";
import { notYetCompiled } from "./not-yet-compiled.ts";
import { isBudgetOf, type BudgetPlan } from "./plan-apply.ts";
import type { ProfileTarget, ProfileView } from "./profile-view.ts";

/** A condition without the parts that depend on what was there before. */
export interface Judgement {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  /** CamelCase; the API allows no hyphen, so a rule's id stands in the message. */
  readonly reason: string;
  readonly message: string;
}

export const conditionTypes = ["Accepted", "Bound", "Compiled", "DrainSafe", "Placeable", "ZoneSpread", "Ready"] as const;
export type ConditionType = (typeof conditionTypes)[number];

/** What the judgements read: `refusals` are the findings for which admission would refuse the profile now. */
export interface JudgedProfile {
  readonly view: ProfileView;
  readonly plan: BudgetPlan;
  readonly refusals: readonly Finding[];
}

/** Returns the judgements in the order of {@link conditionTypes}; Ready is True where no other is False or Unknown. */
export function judgeProfile({ view, plan, refusals }: JudgedProfile): readonly Judgement[] {
  const judged = [
    accepted(view, refusals),
    bound(view),
    compiled(view, plan),
    drainSafe(view, plan),
    ...placeable(view),
    ...zoneSpread(view),
  ];
  const failing = judged.find(({ status }) => status === "False") ?? judged.find(({ status }) => status === "Unknown");
  const ready: Judgement =
    failing === undefined
      ? yes("Ready", "Ready", "the contract is in force")
      : { type: "Ready", status: "False", reason: `${failing.type}${failing.reason}`, message: failing.message };
  return [...judged, ready];
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

function compiled({ profile, targets }: ProfileView, { refused }: BudgetPlan): Judgement {
  const missing = notYetCompiled(profile.spec);
  const [refusal] = refused;
  if (refusal !== undefined) return no("Compiled", "ForeignBudget", `[${refusal.rule}] ${refusal.text}; ${refusal.fix}`);
  if (missing.length > 0)
    return no("Compiled", "NotYetCompiled", `this version does not compile: ${missing.map((path) => `spec.${path}`).join(", ")}`);
  if (targets.length === 0) return unknown("Compiled", "NoWorkload", "nothing to compile for yet");
  if (targets[0]?.contract.writes === false) return yes("Compiled", "ValidateOnly", "spec.validateOnly: nothing is written");
  return yes("Compiled", "Compiled", `contract ${targets[0]?.contract.hash}`);
}

function drainSafe(view: ProfileView, { refused }: BudgetPlan): Judgement {
  const { targets } = view;
  if (targets.length === 0) return unknown("DrainSafe", "NoWorkload", "no workload is bound yet");
  const [refusal] = refused;
  if (refusal !== undefined) return no("DrainSafe", "ForeignBudget", `[${refusal.rule}] ${refusal.text}; ${refusal.fix}`);
  for (const target of targets) {
    const problem = doubleBudget(view, target) ?? singleton(view, target);
    if (problem !== undefined) return problem;
  }
  const finding = targets.flatMap(({ contract }) => contract.findings)[0];
  if (finding !== undefined) return yes("DrainSafe", "AdjustedForDrain", `[${finding.rule}] ${finding.text}`);
  const lone = targets.find(({ contract }) => isSingleton(contract));
  if (lone !== undefined) {
    return yes("DrainSafe", "SingletonWithoutBudget", `${nameOf(lone)} has 1 replica and no budget: a drain succeeds and is an outage`);
  }
  return yes("DrainSafe", "EvictionsAllowed", "every drain can evict");
}

/** The eviction API refuses Pods with two budgets, so one of somebody else's beside ours stops each drain. */
function doubleBudget({ profile, budgets }: ProfileView, target: ProfileTarget): Judgement | undefined {
  const { budget } = target.contract;
  if (budget.kind === "none") return undefined;
  const labels = target.workload.template.metadata?.labels;
  const other = budgets.find((held) => !isBudgetOf(held, profile) && matchesSelector(held.spec.selector, labels));
  if (other === undefined || other.metadata.name === budget.budget.metadata.name) return undefined;
  const names = [other.metadata.name ?? "", budget.budget.metadata.name ?? ""].sort();
  const text = `PodDisruptionBudgets "${names[0]}" and "${names[1]}" both select pods of ${nameOf(target)}; the eviction API refuses pods with two budgets`;
  return no("DrainSafe", "TwoBudgets", `[DRAIN-005] ${text}; delete one`);
}

function singleton({ workloadClass, className }: ProfileView, target: ProfileTarget): Judgement | undefined {
  if (!isSingleton(target.contract) || workloadClass === undefined) return undefined;
  if (singletonAction(workloadClass, target.workload.kind) !== "deny") return undefined;
  const text = `1 replica in class "${className}" whose nodes are consolidated and replaced: every drain is an outage`;
  return no("DrainSafe", "Singleton", `[DRAIN-001] ${text}; set replicas/minReplicas 2, or class with singletons allowed, or an exemption`);
}

/** Left out while no NodePool is known: nothing can be judged then. */
function placeable({ targets, knowsNodePools }: ProfileView): readonly Judgement[] {
  if (!knowsNodePools || targets.length === 0) return [];
  const homeless = targets.find(({ nodePools }) => nodePools.length === 0);
  if (homeless !== undefined) return [no("Placeable", "NoNodePool", `no NodePool makes Nodes for the Pods of ${nameOf(homeless)}`)];
  return [yes("Placeable", "NodePoolFound", [...new Set(targets.flatMap(({ nodePools }) => nodePools))].sort().join(", "))];
}

/** Only where zones are required: what is left of minReplicas when the zone with the most of them is lost. */
function zoneSpread({ targets, resolved }: ProfileView): readonly Judgement[] {
  const spread = targets.flatMap(({ contract }) => contract.pod.spread).find(({ minDomains }) => minDomains !== undefined);
  if (spread?.minDomains === undefined || resolved === undefined) return [];
  const zones = spread.minDomains;
  const replicas = resolved.minReplicas.value;
  const left = replicas - Math.ceil(replicas / zones);
  const share = replicas === 0 ? 0 : Math.round((100 * left) / replicas);
  return [yes("ZoneSpread", "Required", `${zones} zones; one zone lost leaves ${left} of ${replicas} (${share}%)`)];
}

function isSingleton({ budget }: CompiledContract): boolean {
  return budget.kind === "none" && budget.reason === "singleton";
}

function nameOf({ workload }: ProfileTarget): string {
  return `${workload.kind}/${workload.name}`;
}

function yes(type: ConditionType, reason: string, message: string): Judgement {
  return { type, status: "True", reason, message };
}

function no(type: ConditionType, reason: string, message: string): Judgement {
  return { type, status: "False", reason, message };
}

function unknown(type: ConditionType, reason: string, message: string): Judgement {
  return { type, status: "Unknown", reason, message };
}
