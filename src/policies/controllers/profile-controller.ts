/**
 * The profile's controller: keeps each WorkloadProfile's child objects and status as its contract says.
 *
 * Observes the profile and the snapshot, decides with the same functions that admission compiles by, and writes children
 * only over what it has seen (create, or replace at a resourceVersion). It remembers nothing: a budget is rendered again whenever the
 * scale has crossed the border between two forms (profile/budget.ts), and a deleted child is made again, because every observation
 * compiles for the world of now. Running Pods are never touched; a pending one that waits for a lost zone is made again, and a template
 * is rolled only where its profile asks for it.
 */
import type { Controller } from "../../api/controller.ts";
import type { InstanceType } from "../../api/instance-type.ts";
import { kindTable, type KindName } from "../../api/kinds.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import type { AdmissionRequest } from "../admission-request.ts";
import { classFor } from "../class.ts";
import { validate } from "../evaluate.ts";
import type { PolicySet } from "../policy-set.ts";
import { planAutoscalers, type AutoscalerPlan } from "../profile/autoscaler-plan.ts";
import type { ChildObject } from "../profile/child-plan.ts";
import type { JudgedProfile } from "../profile/conditions.ts";
import { planApply, type BudgetPlan } from "../profile/plan-apply.ts";
import { profileView, type ProfileView } from "../profile/profile-view.ts";
import { isStatusWritten, profileStatus } from "../profile/status.ts";
import { strandedPod, waitsForZones } from "../profile/stranded-pod.ts";
import { templateRolls } from "../profile/template-roll.ts";
import { boundClassName, type ContractWorld } from "../profile/workload-contract.ts";
import type { Finding } from "../verdict.ts";
import { actOnProfile, type ProfileClient } from "./profile-act.ts";
import { decisionOf, refusalEvent, remakeEvent, rollEvent } from "./profile-events.ts";
import type { ChildWrites, ProfileStep } from "./profile-step.ts";

/** What the controller needs of the world; each getter is read once for an observation. */
export interface ProfileControllerPorts {
  readonly client: ProfileClient;
  readonly snapshot: () => ClusterSnapshot;
  readonly policySet: () => PolicySet;
  readonly instanceTypes: () => readonly InstanceType[];
  readonly names: PlatformNames;
}

/** One profile and the world that it is looked at in. */
export interface ObservedProfile extends ContractWorld {
  readonly profile: WorkloadProfile;
}

/** Without one of these, a budget of ours could look unwanted. */
const neededKinds = [
  ...(["WorkloadProfile", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job", "CronJob"] as const),
  ...(["Pod", "PodDisruptionBudget", "HorizontalPodAutoscaler", "Namespace"] as const),
] as const satisfies readonly KindName[];

/** The same under every domain. */
const profileResource = kindTable().WorkloadProfile.resource;

/** Makes the controller; its key is a profile's. */
export function profileController(ports: ProfileControllerPorts): Controller<ObservedProfile, ProfileStep> {
  return {
    name: "profile",
    observe: (key) => Promise.resolve(observeProfile(key, ports)),
    decide: decideProfile,
    act: (step) => actOnProfile(step, ports.client),
  };
}

function observeProfile(key: ObjectKey, ports: ProfileControllerPorts): ObservedProfile | undefined {
  const snapshot = ports.snapshot();
  const profile = snapshot.get("WorkloadProfile", key);
  // The garbage collector takes the budgets of a deleted profile: they are owned by it.
  if (profile === undefined || profile.metadata.deletionTimestamp !== undefined) return undefined;
  return { profile, snapshot, policySet: ports.policySet(), names: ports.names, instanceTypes: ports.instanceTypes() };
}

/** Decides what to write for one profile. Pure; the same observation at another time differs only in new conditions' dates. */
export function decideProfile(observed: ObservedProfile, now: Instant): ProfileStep {
  const { profile, names } = observed;
  if (!neededKinds.every((kind) => observed.snapshot.knows(kind))) return { kind: "wait" };
  const view = profileView(observed);
  const { plan, autoscalerPlan } = plansOf(view);
  const status = profileStatus({ view, plan, autoscalerPlan, ...judgementsOf(observed, now), now });
  const stale = !isStatusWritten(profile, status);
  const rolls = templateRolls(view, names);
  const [stranded] = view.targets.flatMap(({ contract, pods }) => strandedPod({ contract, pods, now }) ?? []);
  const looksAgain = view.targets.some(({ pods }) => pods.some(waitsForZones));
  const moves = countMoves(plan) + countMoves(autoscalerPlan) + rolls.length;
  if (moves === 0 && !stale && stranded === undefined) return { kind: "keep", looksAgain };
  const refused = [...plan.refused, ...autoscalerPlan.refused];
  return {
    kind: "write",
    profile: { namespace: profile.metadata.namespace ?? "", name: profile.metadata.name ?? "" },
    budgets: plan,
    autoscalers: autoscalerPlan,
    rolls,
    ...(stale ? { status } : {}),
    ...(stranded === undefined ? {} : { remake: stranded.pod }),
    looksAgain,
    events: [
      ...(stale ? refused.map((one) => refusalEvent(profile, one)) : []),
      ...rolls.map(rollEvent),
      ...(stranded === undefined ? [] : [remakeEvent(stranded)]),
    ],
    ...(moves === 0 ? {} : { decision: decisionOf({ plan, autoscalerPlan, rolls }) }),
  };
}

function plansOf(view: ProfileView): { readonly plan: BudgetPlan; readonly autoscalerPlan: AutoscalerPlan } {
  const { profile, targets, budgets, autoscalers, scaledObjects } = view;
  const inDoubt = view.workloadClass === undefined || view.conflicts.length > 0;
  return {
    plan: planApply({
      profile,
      desired: targets.flatMap(({ contract }) => (contract.budget.kind === "budget" ? [contract.budget.budget] : [])),
      observed: budgets,
      inDoubt,
    }),
    autoscalerPlan: planAutoscalers({
      profile,
      desired: targets.flatMap(({ contract }) => (contract.autoscaler.kind === "autoscaler" ? [contract.autoscaler.autoscaler] : [])),
      observed: autoscalers,
      scaledObjects,
      inDoubt,
    }),
  };
}

function countMoves({ create, replace, remove }: ChildWrites<ChildObject>): number {
  return create.length + replace.length + remove.length;
}

/** Families of rules with a condition of their own: Bound, Placeable, DrainSafe, SpotSafe. */
const toldElsewhere = /^(BIND|POOL|PLACE|DRAIN|SPOT)-/;

/** What admission would say of the profile's own words if it came now, and what of Spot if it asked for it. */
function judgementsOf(observed: ObservedProfile, now: Instant): Pick<JudgedProfile, "refusals" | "spotFindings" | "exemptions"> {
  const { profile, policySet } = observed;
  const findings = findingsOf(profile, observed, now);
  const { cost } = profile.spec;
  const { allowSpot = false } =
    classFor(policySet, { className: boundClassName(profile, policySet), namespace: profile.metadata.namespace ?? "" }) ?? {};
  const asking = { ...profile, spec: { ...profile.spec, cost: { ...cost, spotAllowed: true } } };
  const ofSpot = cost?.spotAllowed === true || !allowSpot ? findings : findingsOf(asking, observed, now);
  return {
    refusals: findings.filter(({ action, rule }) => action === "deny" && !toldElsewhere.test(rule)),
    spotFindings: ofSpot.filter(({ rule }) => rule.startsWith("SPOT-")),
    exemptions: policySet.exemptions.filter(({ id }) => findings.some(({ lifted }) => lifted?.kind === "exemption" && lifted.id === id)),
  };
}

function findingsOf(profile: WorkloadProfile, { policySet, names, ...world }: ObservedProfile, now: Instant): readonly Finding[] {
  const [group = "", version = ""] = profile.apiVersion.split("/");
  const request: AdmissionRequest = {
    uid: profile.metadata.uid ?? "",
    operation: "CREATE",
    kind: { group, version, kind: profile.kind },
    resource: { group, version, resource: profileResource },
    name: profile.metadata.name ?? "",
    namespace: profile.metadata.namespace ?? "",
    object: profile,
    userInfo: { username: "", groups: [] },
    dryRun: true,
  };
  return validate({ policySet, request, context: { ...world, names, now } }).findings;
}
