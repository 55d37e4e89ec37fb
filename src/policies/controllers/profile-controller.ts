/**
 * The profile's controller: keeps each WorkloadProfile's PodDisruptionBudgets and status as its contract says.
 *
 * Observes the profile and the snapshot, decides with the same functions that admission compiles by, and writes budgets
 * only over what it has seen (create, or replace at a resourceVersion). It remembers nothing: a budget is rendered again whenever the scale has
 * crossed the border of contract.md 3.5, because every observation compiles for the scale of now. Running Pods are never
 * touched; a pending one that waits for a lost zone is made again.
 */
import type { ApiClient, DeleteOptions } from "../../api/api-client.ts";
import type { ApiStatus } from "../../api/api-status.ts";
import type { Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import type { InstanceType } from "../../api/instance-type.ts";
import { kindTable, type KindName } from "../../api/kinds.ts";
import { compilerFieldManager, type PlatformNames } from "../../api/labels.ts";
import type { KubeObject, ObjectKey } from "../../api/object.ts";
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { Pod } from "../../api/pod.ts";
import type { Instant } from "../../api/ports.ts";
import type { Result } from "../../api/result.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import type { AdmissionRequest } from "../admission-request.ts";
import { validate } from "../evaluate.ts";
import type { PolicySet } from "../policy-set.ts";
import { planApply, type RefusedBudget } from "../profile/plan-apply.ts";
import { profileView } from "../profile/profile-view.ts";
import { isStatusWritten, profileStatus, type ProfileStatus } from "../profile/status.ts";
import { strandedPod, waitsForZones, type StrandedPod } from "../profile/stranded-pod.ts";
import type { ContractWorld } from "../profile/workload-contract.ts";
import type { Finding } from "../verdict.ts";

/** What the controller needs of the world; each getter is read once for an observation. */
export interface ProfileControllerPorts {
  readonly client: Pick<ApiClient, "create" | "replace" | "applyStatus" | "delete">;
  readonly snapshot: () => ClusterSnapshot;
  readonly policySet: () => PolicySet;
  readonly instanceTypes: () => readonly InstanceType[];
  readonly names: PlatformNames;
}

/** One profile and the world that it is looked at in. */
export interface ObservedProfile extends ContractWorld {
  readonly profile: WorkloadProfile;
}

export type ProfileStep =
  /** The informers have not listed everything once: what is missing may only be unknown. */
  | (ControllerStep & { readonly kind: "wait" })
  | (ControllerStep & { readonly kind: "keep"; readonly looksAgain: boolean })
  | (ControllerStep & {
      readonly kind: "write";
      readonly profile: ObjectKey;
      readonly remove: readonly PodDisruptionBudget[];
      readonly create: readonly PodDisruptionBudget[];
      readonly replace: readonly PodDisruptionBudget[];
      /** Absent where the status says it all already. */
      readonly status?: ProfileStatus;
      /** A Pod to be made again by its owner, for the zones of now. */
      readonly remake?: Pod;
      /** True where a Pod waits for zones: capacity changes without telling us. */
      readonly looksAgain: boolean;
    });

/** Without one of these, a budget of ours could look unwanted. */
const neededKinds = [
  ...(["WorkloadProfile", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"] as const),
  ...(["Pod", "PodDisruptionBudget", "HorizontalPodAutoscaler", "Namespace"] as const),
] as const satisfies readonly KindName[];

const unknownRetryMs = 1_000;
const waitingLookMs = 30_000;

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
  const { profile } = observed;
  if (!neededKinds.every((kind) => observed.snapshot.knows(kind))) return { kind: "wait" };
  const view = profileView(observed);
  const desired = view.targets.flatMap(({ contract }) => (contract.budget.kind === "budget" ? [contract.budget.budget] : []));
  const inDoubt = view.workloadClass === undefined || view.conflicts.length > 0;
  const plan = planApply({ profile, desired, observed: view.budgets, inDoubt });
  const status = profileStatus({ view, plan, refusals: refusalsOf(observed, now), now });
  const stale = !isStatusWritten(profile, status);
  const moves = plan.create.length + plan.replace.length + plan.remove.length;
  const [stranded] = view.targets.flatMap(({ contract, pods }) => strandedPod({ contract, pods, now }) ?? []);
  const looksAgain = view.targets.some(({ pods }) => pods.some(waitsForZones));
  if (moves === 0 && !stale && stranded === undefined) return { kind: "keep", looksAgain };
  return {
    kind: "write",
    profile: { namespace: profile.metadata.namespace ?? "", name: profile.metadata.name ?? "" },
    remove: plan.remove,
    create: plan.create,
    replace: plan.replace,
    ...(stale ? { status } : {}),
    ...(stranded === undefined ? {} : { remake: stranded.pod }),
    looksAgain,
    events: [
      ...(stale ? plan.refused.map((refused) => refusalEvent(profile, refused)) : []),
      ...(stranded === undefined ? [] : [remakeEvent(stranded)]),
    ],
    ...(moves === 0 ? {} : { decision: decisionOf(plan) }),
  };
}

/** Families of rules with a condition of their own: Bound, Placeable, DrainSafe. */
const toldElsewhere = /^(BIND|POOL|PLACE|DRAIN)-/;

/** What admission would refuse of the profile's own words if it came now. */
function refusalsOf({ profile, policySet, names, ...world }: ObservedProfile, now: Instant): readonly Finding[] {
  const [group = "", version = ""] = profile.apiVersion.split("/");
  const request: AdmissionRequest = {
    uid: profile.metadata.uid ?? "",
    operation: "CREATE",
    kind: { group, version, kind: profile.kind },
    resource: { group, version, resource: kindTable(names.domain).WorkloadProfile.resource },
    name: profile.metadata.name ?? "",
    namespace: profile.metadata.namespace ?? "",
    object: profile,
    userInfo: { username: "", groups: [] },
    dryRun: true,
  };
  return validate({ policySet, request, context: { ...world, names, now } }).findings.filter(
    ({ action, rule }) => action === "deny" && !toldElsewhere.test(rule),
  );
}

async function actOnProfile(step: ProfileStep, client: ProfileControllerPorts["client"]): Promise<Requeue> {
  if (step.kind === "wait") return { kind: "after", delayMs: unknownRetryMs };
  if (step.kind === "keep") return settled(step.looksAgain);
  const unwritten = await writeBudgets(step, client);
  if (unwritten !== undefined) return unwritten;
  if (step.remake !== undefined) {
    // The resourceVersion spares a Pod that has been bound since.
    const remade = await client.delete("Pod", keyOf(step.remake), preconditionsOf(step.remake));
    if (!remade.ok) return retry(`delete Pod ${step.remake.metadata.name}`, remade);
  }
  if (step.status === undefined) return settled(step.looksAgain);
  const told = await client.applyStatus(
    "WorkloadProfile",
    { metadata: { ...step.profile }, status: step.status },
    { fieldManager: compilerFieldManager },
  );
  return told.ok ? settled(step.looksAgain) : retry(`apply the status of WorkloadProfile ${step.profile.name}`, told);
}

/** Returns when to come again where a write failed: a conflict (409) means that somebody else was there since we looked. */
async function writeBudgets(
  { remove, create, replace }: Extract<ProfileStep, { kind: "write" }>,
  client: ProfileControllerPorts["client"],
): Promise<Requeue | undefined> {
  for (const budget of remove) {
    const removed = await client.delete("PodDisruptionBudget", keyOf(budget), preconditionsOf(budget));
    if (!removed.ok) return retry(`delete PodDisruptionBudget ${budget.metadata.name}`, removed);
  }
  for (const budget of create) {
    const created = await client.create("PodDisruptionBudget", budget, { fieldManager: compilerFieldManager });
    if (!created.ok) return retry(`create PodDisruptionBudget ${budget.metadata.name}`, created);
  }
  for (const budget of replace) {
    const replaced = await client.replace("PodDisruptionBudget", budget, { fieldManager: compilerFieldManager });
    if (!replaced.ok) return retry(`replace PodDisruptionBudget ${budget.metadata.name}`, replaced);
  }
  return undefined;
}

function decisionOf(plan: ReturnType<typeof planApply>): NonNullable<ControllerStep["decision"]> {
  return {
    chosen: {
      create: plan.create.map(chosenBudget),
      replace: plan.replace.map(chosenBudget),
      remove: plan.remove.map(({ metadata }) => metadata.name),
    },
    rejected: plan.refused.map(({ name, text }) => ({
      subject: `PodDisruptionBudget/${name}`,
      reason: { reason: "ForeignBudget", message: text },
    })),
  };
}

function chosenBudget({ metadata, spec }: PodDisruptionBudget): object {
  return { name: metadata.name, spec };
}

function refusalEvent(profile: WorkloadProfile, { rule, text, fix }: RefusedBudget): EventNote {
  const { uid } = profile.metadata;
  const regarding = { apiVersion: profile.apiVersion, kind: profile.kind, ...keyOf(profile), ...(uid === undefined ? {} : { uid }) };
  return { regarding, type: "Warning", reason: "ForeignBudget", message: `[${rule}] ${text}; ${fix}` };
}

function remakeEvent({ pod, zonesThen, zonesNow }: StrandedPod): EventNote {
  const { uid } = pod.metadata;
  return {
    regarding: { apiVersion: pod.apiVersion, kind: pod.kind, ...keyOf(pod), ...(uid === undefined ? {} : { uid }) },
    type: "Warning",
    reason: "ZoneLost",
    message: `compiled for ${zonesThen} zones, ${zonesNow} can take it now: deleted, so that its owner makes it again`,
  };
}

function preconditionsOf({ metadata: { uid, resourceVersion } }: KubeObject): DeleteOptions {
  return { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
}

function settled(looksAgain: boolean): Requeue {
  return looksAgain ? { kind: "after", delayMs: waitingLookMs } : { kind: "done" };
}

function retry(what: string, failed: Extract<Result<unknown, ApiStatus>, { ok: false }>): Requeue {
  return { kind: "retry", reason: `${what}: ${failed.error.message ?? failed.error.reason ?? `status ${failed.error.code}`}` };
}

function keyOf({ metadata }: KubeObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name ?? "" };
}
