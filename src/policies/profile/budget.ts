/**
 * The PodDisruptionBudget of one workload: the asked share where it can be kept, and always a drain that is possible.
 *
 * Reads what is asked (the profile's words, else the class's), the smallest scale and the scale of now. Returns the form
 * to write. Kubernetes rounds both percentages up, so minAvailable 80% of 3 is 3 and no Pod could ever be evicted;
 * so another form stands in where a share would block, and since a budget is rendered again when the scale crosses the border,
 * a late rendering can only slow a drain, never let too many Pods go.
 */
import { shortHashOf } from "../../api/hash.ts";
import type { IntOrPercent, LabelSelector, ObjectMeta, OwnerReference } from "../../api/object.ts";
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import { evictionsAllowed } from "../../kube/disruption-budget.ts";
import type { BudgetIntent, CompileFinding, ProfileReference } from "./contract.ts";

/** The longest name of a PodDisruptionBudget: a DNS subdomain. */
const nameLengthMax = 253;

/** The label that marks every child object of a profile; its value is this constant. */
export const managedByLabel = "app.kubernetes.io/managed-by";
export const managedByProfile = "workloadprofile";

/** The one form that allows an eviction at every scale of 2 and more. */
export const oneAtATime: BudgetIntent = { field: "maxUnavailable", value: 1 };

/** What {@link renderBudget} reads: replica counts, and whether the class lives on interruptible capacity. */
export interface BudgetTerms {
  readonly asked: BudgetIntent;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** The scale that the budget is rendered for. */
  readonly replicas: number;
  readonly interruptible: boolean;
}

export type BudgetForm =
  | { readonly kind: "budget"; readonly intent: BudgetIntent; readonly adjusted: boolean }
  /** One replica, or a range from 1 whose asked share blocks it: a budget would hold the node or mean nothing. */
  | { readonly kind: "singleton" };

/**
 * Returns the form of the budget for the scale of now.
 *
 * `adjusted` is true where the asked share is replaced because it would block at this scale.
 */
export function renderBudget(terms: BudgetTerms): BudgetForm {
  const { asked, minReplicas, maxReplicas, replicas } = terms;
  if (minReplicas === 1 && (maxReplicas <= 1 || evictionsOf(asked, 1) < 1)) return { kind: "singleton" };
  if (minReplicas === 0) return { kind: "budget", intent: fromZero(terms), adjusted: false };
  if (evictionsOf(asked, minReplicas) >= 1 || evictionsOf(asked, replicas) >= 1) return { kind: "budget", intent: asked, adjusted: false };
  return { kind: "budget", intent: oneAtATime, adjusted: true };
}

/** Returns how many Pods may be evicted at once when all of n replicas are healthy. */
export function evictionsOf(intent: BudgetIntent, replicas: number): number {
  return evictionsAllowed({ budget: specOf(intent), replicas });
}

/** Returns the finding DRAIN-003 where the asked budget would leave 0 evictions at minReplicas of 2 and more. */
export function drainAdjustment(terms: { readonly asked: BudgetIntent; readonly minReplicas: number }): CompileFinding | undefined {
  const { asked, minReplicas } = terms;
  if (minReplicas < 2 || evictionsOf(asked, minReplicas) >= 1) return undefined;
  const from = smallestScaleThatWorks(asked);
  const works = from === undefined ? "" : ` (${asked.value} works from minReplicas ${from})`;
  const needed = asked.field === "minAvailable" ? String(minReplicas) : "0";
  return {
    rule: "DRAIN-003",
    path: `/spec/disruption/${asked.field}`,
    text: `${asked.field} ${asked.value} of ${minReplicas} is ${needed}: 0 evictions. PDB compiled as maxUnavailable: 1${works}`,
    fix: from === undefined ? "set maxUnavailable: 1" : `set availability.minReplicas ${from}, or disruption.maxUnavailable: 1`,
  };
}

/** Returns the smallest scale from which an asked budget always allows an eviction; undefined where there is none. */
export function smallestScaleThatWorks(asked: BudgetIntent): number | undefined {
  if (asked.field === "maxUnavailable") return evictionsOf(asked, 1) >= 1 ? 1 : undefined;
  if (typeof asked.value === "number") return asked.value + 1;
  const percent = percentOf(asked.value);
  // floor(n x (100 - P) / 100) >= 1, which grows with n.
  return percent === undefined || percent >= 100 ? undefined : Math.ceil(100 / (100 - percent));
}

/** What {@link budgetObject} writes; `selector` is the workload's own, exactly. */
export interface BudgetObjectInput {
  readonly profile: ProfileReference;
  readonly profileApiVersion: string;
  readonly workload: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly selector: LabelSelector;
  readonly intent: BudgetIntent;
}

/** Returns the PodDisruptionBudget as it is applied: owned by the profile, and never holding a node for a Pod that isn't ready. */
export function budgetObject(input: BudgetObjectInput): PodDisruptionBudget {
  const { profile, workload, selector, intent } = input;
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: childMetadata({ ...input, name: budgetName({ profile: profile.name, kind: workload.kind, workload: workload.name }) }),
    spec: { ...specOf(intent), selector, unhealthyPodEvictionPolicy: "AlwaysAllow" },
  };
}

/** Returns the metadata of a child object: owned by its profile and marked so, with nothing copied that another tool tracks. */
export function childMetadata(of: {
  readonly name: string;
  readonly profile: ProfileReference;
  readonly profileApiVersion: string;
}): ObjectMeta {
  const { name, profile } = of;
  return {
    name,
    namespace: profile.namespace,
    labels: { [managedByLabel]: managedByProfile },
    ...(profile.uid === undefined ? {} : { ownerReferences: [ownerReference(of, profile.uid)] }),
  };
}

/** Returns the name of a workload's budget, and of its autoscaler: the profile's for the workload of that name, else one made of both. */
export function budgetName(of: { readonly profile: string; readonly kind: string; readonly workload: string }): string {
  if (of.workload === of.profile) return of.profile;
  return longBudgetName(of);
}

/** Returns the name that is never the profile's own, cut to the API's length with a hash that keeps it unique. */
export function longBudgetName(of: { readonly profile: string; readonly kind: string; readonly workload: string }): string {
  const name = `${of.profile}-${of.kind.toLowerCase()}-${of.workload}`;
  if (name.length <= nameLengthMax) return name;
  const hash = shortHashOf(name);
  const head = name.slice(0, nameLengthMax - hash.length - 1).replace(/[-.]+$/, "");
  return `${head}-${hash}`;
}

/** From 0 replicas on, only a maxUnavailable form allows an eviction at every scale (N=1 included). */
function fromZero({ asked, interruptible }: BudgetTerms): BudgetIntent {
  if (asked.field === "maxUnavailable") return evictionsOf(asked, 1) >= 1 ? asked : oneAtATime;
  const percent = typeof asked.value === "string" ? percentOf(asked.value) : undefined;
  if (!interruptible || percent === undefined || percent >= 100) return oneAtATime;
  return { field: "maxUnavailable", value: `${100 - percent}%` };
}

function specOf(intent: BudgetIntent): { readonly minAvailable?: IntOrPercent; readonly maxUnavailable?: IntOrPercent } {
  return intent.field === "minAvailable" ? { minAvailable: intent.value } : { maxUnavailable: intent.value };
}

function percentOf(text: string): number | undefined {
  return /^\d+%$/.test(text) ? Number(text.slice(0, -1)) : undefined;
}

/** Without blockOwnerDeletion, which would need a right on the profile's finalizers and only makes its deletion wait. */
function ownerReference(
  { profile, profileApiVersion }: Pick<BudgetObjectInput, "profile" | "profileApiVersion">,
  uid: string,
): OwnerReference {
  return { apiVersion: profileApiVersion, kind: "WorkloadProfile", name: profile.name, uid, controller: true };
}
