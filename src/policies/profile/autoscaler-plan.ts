/**
 * The autoscaler plan: which HorizontalPodAutoscalers a profile must write, and which it must take away.
 *
 * Reads the autoscalers that the contracts want and everything that scales in the namespace. Returns the writes, and what
 * was refused: beside somebody else's autoscaler ours is never written, and taken away again, since two of them would pull
 * one workload in two directions (CONF-003).
 */
import type { ScaledObject } from "../../api/foreign-autoscaler.ts";
import type { HorizontalPodAutoscaler } from "../../api/horizontal-pod-autoscaler.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import { compareQuantities, isQuantity } from "../../kube/quantity.ts";
import { namesTarget } from "../../kube/workload-scale.ts";
import { isChildOf, planChildren, type ChildPlan } from "./child-plan.ts";
import type { RefusedChild } from "./plan-apply.ts";

export interface AutoscalerPlan extends Omit<ChildPlan<HorizontalPodAutoscaler>, "foreign"> {
  readonly refused: readonly RefusedChild[];
}

export interface AutoscalerPlanInput {
  readonly profile: WorkloadProfile;
  readonly desired: readonly HorizontalPodAutoscaler[];
  /** All of the namespace. */
  readonly observed: readonly HorizontalPodAutoscaler[];
  readonly scaledObjects: readonly ScaledObject[];
  readonly inDoubt: boolean;
}

/** Returns what to write so that the namespace has exactly the wanted autoscalers of this profile. */
export function planAutoscalers(input: AutoscalerPlanInput): AutoscalerPlan {
  const rivals = input.desired.map((wanted) => ({ wanted, rival: rivalOf(wanted, input) }));
  const desired = rivals.filter(({ rival }) => rival === undefined).map(({ wanted }) => wanted);
  const { foreign, ...plan } = planChildren({ ...input, desired, adopt: false, isSpecAsWanted: includes });
  return {
    ...plan,
    refused: [
      ...rivals.flatMap(({ wanted, rival }) => (rival === undefined ? [] : [refusedBeside(wanted, rival)])),
      ...foreign.map(({ metadata: { name = "" } }) =>
        refused(name, `HorizontalPodAutoscaler "${name}" exists and is not owned by this profile`),
      ),
    ],
  };
}

type Target = Partial<HorizontalPodAutoscaler["spec"]["scaleTargetRef"]>;

/** The API server has the last word on a group; where one is left out, kind and name tell. */
function isSameTarget(a: Target, b: Target): boolean {
  const group = ({ apiVersion }: Target) => apiVersion?.split("/")[0];
  const groups = [group(a), group(b)];
  return (
    (a.kind ?? "Deployment") === (b.kind ?? "Deployment") && a.name === b.name && (groups.includes(undefined) || groups[0] === groups[1])
  );
}

/** Who else scales the target, as "Kind "name"": KEDA's ScaledObject before the autoscaler that KEDA makes of it. */
function rivalOf(wanted: HorizontalPodAutoscaler, { profile, observed, scaledObjects }: AutoscalerPlanInput): string | undefined {
  const target = wanted.spec.scaleTargetRef;
  const scaled = scaledObjects.find((one) => namesTarget(one) && isSameTarget(one.spec.scaleTargetRef, target));
  if (scaled !== undefined) return `ScaledObject "${scaled.metadata.name}"`;
  const other = observed.find((one) => !isChildOf(one, profile) && isSameTarget(one.spec.scaleTargetRef, target));
  return other === undefined ? undefined : `HorizontalPodAutoscaler "${other.metadata.name}"`;
}

function refusedBeside({ metadata, spec }: HorizontalPodAutoscaler, rival: string): RefusedChild {
  const { kind, name } = spec.scaleTargetRef;
  return refused(metadata.name ?? "", `${rival} already scales ${kind} ${name}`);
}

function refused(name: string, text: string): RefusedChild {
  return { rule: "CONF-003", kind: "HorizontalPodAutoscaler", name, text, fix: "delete it, or set scaling.manage: none" };
}

/** The API server fills in what was left out, so it is enough that everything wanted is there. */
function includes(standing: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(standing) && standing.length === wanted.length && wanted.every((item, index) => includes(standing[index], item));
  }
  if (!isMembers(wanted) || !isMembers(standing)) return jsonEquals(standing, wanted);
  return Object.entries(wanted).every(([name, value]) => {
    const has = Object.hasOwn(standing, name) ? standing[name] : undefined;
    return name === "averageValue" ? isSameAmount(has, value) : includes(has, value);
  });
}

/** The API server writes a quantity its own way: 500m for 0.5. */
function isSameAmount(a: unknown, b: unknown): boolean {
  return typeof a === "string" && typeof b === "string" && isQuantity(a) && isQuantity(b) && compareQuantities(a, b) === 0;
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
