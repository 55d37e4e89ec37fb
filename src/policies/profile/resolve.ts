/**
 * Resolution: the value of every field of a profile that the compiler uses, and where it comes from.
 *
 * Reads the profile and its class as it holds in the namespace (catalogue below namespace overrides, class.ts). Returns
 * each value with its source, for status.resolved, for `plimsoll why` and for the compiler. Nothing is clamped: a value
 * outside the class's bounds is a rule's business. The profile goes before its class.
 */
import { dataClassificationLabel, type PlatformNames } from "../../api/labels.ts";
import type { IntOrPercent, QuantityText } from "../../api/object.ts";
import type { WorkloadProfile, WorkloadProfileSpec } from "../../api/workload-profile.ts";
import type { WorkloadClass } from "../class.ts";
import { oneAtATime } from "./budget.ts";
import type { BudgetIntent, SizingMode } from "./contract.ts";
import { memoryLimitOf } from "./container-sizing.ts";
import type { SpreadWish } from "./spread.ts";

/** Who said a value: the profile, its class, or the platform's own default. */
export type ValueSource = "profile" | "class" | "platform";

export interface Resolved<T> {
  readonly value: T;
  readonly source: ValueSource;
}

/** A profile with every default filled. Requests are quantities on the wire; absent where neither profile nor class states one. */
export interface ResolvedProfile {
  readonly className: string;
  readonly minReplicas: Resolved<number>;
  readonly maxReplicas: Resolved<number>;
  readonly zoneSpread: Resolved<SpreadWish>;
  readonly hostSpread: Resolved<SpreadWish>;
  /** Empty where neither profile nor class narrows zones. */
  readonly zones: Resolved<readonly string[]>;
  readonly arch: Resolved<"amd64" | "arm64" | "any">;
  readonly cpuRequest: Resolved<string> | undefined;
  readonly memoryRequest: Resolved<string> | undefined;
  /** The limit of a container that states none itself; absent where there is no request to count from. */
  readonly memoryLimit: Resolved<string> | undefined;
  readonly cpuLimit: Resolved<string>;
  readonly ephemeralStorageRequest: Resolved<string> | undefined;
  readonly mode: Resolved<SizingMode>;
  readonly managedBy: Resolved<"profile" | "vpa" | "none">;
  readonly gracePeriodSeconds: Resolved<number>;
  readonly preStopSeconds: Resolved<number>;
  readonly budget: Resolved<BudgetIntent>;
  readonly protect: Resolved<string>;
  readonly window: Resolved<readonly DisruptionWindow[]>;
  readonly spotAllowed: Resolved<boolean>;
  /** How many replicas stay off Spot, as a count or a share. */
  readonly spotFloorOnDemand: Resolved<IntOrPercent>;
  /** Absent where neither the profile, nor its label, nor the namespace's label names one. */
  readonly costOwner: string | undefined;
  /** Absent where neither the profile nor the namespace's label says. */
  readonly dataClassification: string | undefined;
}

/** When voluntary disruption is allowed: cron in UTC, and how long. */
export interface DisruptionWindow {
  readonly schedule: string;
  readonly duration: string;
}

/** What {@link resolveProfile} reads; `kind` is the bound workload's (a Deployment where none is bound yet). */
export interface ResolveInput {
  readonly profile: WorkloadProfile;
  readonly workloadClass: WorkloadClass;
  readonly kind?: string;
  readonly names: PlatformNames;
  readonly namespaceLabels?: Readonly<Record<string, string>>;
}

/** Kinds that run to an end: the class's spread is meant for services, so theirs is only what the profile says. */
const runsToAnEnd: ReadonlySet<string> = new Set(["Job", "CronJob"]);

/** Returns every value that the compiler uses, with its source. */
export function resolveProfile(input: ResolveInput): ResolvedProfile {
  const { profile, workloadClass } = input;
  const { availability, scaling, compute, disruption, cost } = profile.spec;
  const { requests } = workloadClass;
  const minReplicas = stated(availability?.minReplicas, workloadClass.availability.minReplicas);
  return {
    className: workloadClass.name,
    minReplicas,
    maxReplicas: statedOr(scaling?.maxReplicas, Math.max(1, minReplicas.value)),
    zoneSpread: zoneSpreadOf(input, minReplicas.value),
    hostSpread: hostSpreadOf(input),
    zones: stated(availability?.zones, workloadClass.zones),
    arch: stated(compute?.arch, workloadClass.arch),
    cpuRequest: quantity(compute?.cpuRequest, requests.cpu.default),
    memoryRequest: quantity(compute?.memoryRequest, requests.memory.default),
    memoryLimit: memoryLimit(input),
    cpuLimit: quantity(compute?.cpuLimit, workloadClass.limits.cpu) ?? { value: "none", source: "platform" },
    ephemeralStorageRequest: quantity(compute?.ephemeralStorageRequest, requests.ephemeralStorage.default),
    mode: statedOr(compute?.mode, "set"),
    managedBy: statedOr(compute?.managedBy, "profile"),
    gracePeriodSeconds: stated(disruption?.gracePeriodSeconds, workloadClass.disruption.gracePeriodSeconds),
    preStopSeconds: stated(disruption?.preStopSeconds, workloadClass.disruption.preStopSeconds),
    budget: budgetOf(input),
    protect: statedOr(disruption?.protect, "none"),
    window: stated(disruption?.window, workloadClass.disruption.window ?? []),
    spotAllowed: statedOr(cost?.spotAllowed, false),
    spotFloorOnDemand: stated(cost?.spotFloorOnDemand, workloadClass.spotFloorOnDemand),
    costOwner: costOwnerOf(input),
    dataClassification: profile.spec.security?.dataClassification ?? input.namespaceLabels?.[dataClassificationLabel],
  };
}

/** Returns the profile's spec with every resolved value and every fixed default in its place: status.resolved. */
export function resolvedSpec(spec: WorkloadProfileSpec, resolved: ResolvedProfile): WorkloadProfileSpec {
  const { budget, costOwner, zones } = resolved;
  const [minReplicas, maxReplicas] = [resolved.minReplicas.value, resolved.maxReplicas.value];
  return {
    rollout: "none",
    validateOnly: false,
    ...spec,
    runtimeClass: resolved.className,
    availability: {
      surviveZoneLoss: false,
      ...spec.availability,
      minReplicas,
      zoneSpread: resolved.zoneSpread.value,
      hostSpread: resolved.hostSpread.value,
      ...(zones.value.length === 0 ? {} : { zones: zones.value }),
    },
    scaling: { maxBurstPods: Math.max(1, maxReplicas - minReplicas), headroomPods: 0, manage: "none", ...spec.scaling, maxReplicas },
    compute: resolvedCompute(spec, resolved),
    disruption: {
      adopt: false,
      quorum: false,
      ...spec.disruption,
      protect: resolved.protect.value,
      ...(resolved.window.value.length === 0 ? {} : { window: resolved.window.value }),
      [budget.value.field]: budget.value.value,
      gracePeriodSeconds: resolved.gracePeriodSeconds.value,
      preStopSeconds: resolved.preStopSeconds.value,
    },
    cost: {
      ...spec.cost,
      spotAllowed: resolved.spotAllowed.value,
      ...(resolved.spotAllowed.value ? { spotFloorOnDemand: resolved.spotFloorOnDemand.value } : {}),
      ...(costOwner === undefined ? {} : { owner: costOwner }),
    },
    ...(resolved.dataClassification === undefined ? {} : resolvedSecurity(spec, resolved.dataClassification)),
  };
}

/** A namespace may carry a word that is none of the four: it is told as the Pods' label, not as the profile's. */
function resolvedSecurity(spec: WorkloadProfileSpec, classification: string): Pick<WorkloadProfileSpec, "security"> {
  const known = (["public", "internal", "confidential", "restricted"] as const).find((one) => one === classification);
  return known === undefined ? {} : { security: { ...spec.security, dataClassification: known } };
}

/** Where others own the requests, no amount of the profile or its class holds. */
function resolvedCompute(spec: WorkloadProfileSpec, resolved: ResolvedProfile): NonNullable<WorkloadProfileSpec["compute"]> {
  const { cpuRequest, memoryRequest, memoryLimit: limit, ephemeralStorageRequest } = resolved;
  const words = { arch: resolved.arch.value, mode: resolved.mode.value, managedBy: resolved.managedBy.value };
  if (words.managedBy !== "profile") return words;
  return {
    ...spec.compute,
    ...words,
    cpuLimit: resolved.cpuLimit.value,
    ...(cpuRequest === undefined ? {} : { cpuRequest: cpuRequest.value }),
    ...(memoryRequest === undefined ? {} : { memoryRequest: memoryRequest.value }),
    ...(limit === undefined ? {} : { memoryLimit: limit.value }),
    ...(ephemeralStorageRequest === undefined ? {} : { ephemeralStorageRequest: ephemeralStorageRequest.value }),
  };
}

function memoryLimit({ profile, workloadClass }: ResolveInput): Resolved<string> | undefined {
  const { memoryLimit: own, memoryRequest } = profile.spec.compute ?? {};
  const request = memoryRequest ?? workloadClass.requests.memory.default;
  const byRatio = request === undefined ? undefined : memoryLimitOf({ request, ratio: workloadClass.limits.memoryRatio });
  return quantity(own, byRatio);
}

/** A class may ask for spread from a number of replicas on; below it, spread is wished, not forced. */
function zoneSpreadOf({ profile, workloadClass, kind = "Deployment" }: ResolveInput, minReplicas: number): Resolved<SpreadWish> {
  const { zoneSpread, zoneSpreadFrom } = workloadClass.availability;
  const asked = profile.spec.availability?.zoneSpread;
  if (asked !== undefined) return { value: asked, source: "profile" };
  if (runsToAnEnd.has(kind)) return { value: "none", source: "platform" };
  return { value: zoneSpread === "required" && minReplicas < zoneSpreadFrom ? "preferred" : zoneSpread, source: "class" };
}

function hostSpreadOf({ profile, workloadClass, kind = "" }: ResolveInput): Resolved<SpreadWish> {
  const asked = profile.spec.availability?.hostSpread;
  return runsToAnEnd.has(kind) ? statedOr(asked, "none") : stated(asked, workloadClass.availability.hostSpread);
}

/**
 * One Pod at a time where nobody says otherwise, and where the replicas vote; a StatefulSet's class default is not asked.
 */
function budgetOf({ profile, workloadClass, kind }: ResolveInput): Resolved<BudgetIntent> {
  const own = intentOf(profile.spec.disruption ?? {});
  if (own !== undefined) return { value: own, source: "profile" };
  const alone = kind === "StatefulSet" || profile.spec.disruption?.quorum === true;
  const fromClass = alone ? undefined : intentOf(workloadClass.disruption);
  return fromClass === undefined ? { value: oneAtATime, source: "platform" } : { value: fromClass, source: "class" };
}

function intentOf(from: { readonly minAvailable?: number | string; readonly maxUnavailable?: number | string }): BudgetIntent | undefined {
  if (from.minAvailable !== undefined) return { field: "minAvailable", value: from.minAvailable };
  if (from.maxUnavailable !== undefined) return { field: "maxUnavailable", value: from.maxUnavailable };
  return undefined;
}

function costOwnerOf({ profile, names, namespaceLabels }: ResolveInput): string | undefined {
  return profile.spec.cost?.owner ?? profile.metadata.labels?.[names.costOwnerLabel] ?? namespaceLabels?.[names.costOwnerLabel];
}

function stated<T>(value: T | undefined, byClass: T): Resolved<T> {
  return value === undefined ? { value: byClass, source: "class" } : { value, source: "profile" };
}

function statedOr<T>(value: T | undefined, byPlatform: T): Resolved<T> {
  return value === undefined ? { value: byPlatform, source: "platform" } : { value, source: "profile" };
}

function quantity(value: QuantityText | undefined, byClass: QuantityText | undefined): Resolved<string> | undefined {
  if (value !== undefined) return { value: String(value), source: "profile" };
  return byClass === undefined ? undefined : { value: String(byClass), source: "class" };
}
