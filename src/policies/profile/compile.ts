/**
 * The compiler: a WorkloadProfile and its class become what each Pod of one workload gets, and its PodDisruptionBudget.
 *
 * Reads the profile, the class as it holds in the namespace, the workload and what is known of capacity. Returns a
 * CompiledContract: plain data that admission writes into Pods, the profile's controller applies, and the provisioner
 * sizes demand by, so that the three cannot disagree. Judging is not done here; rules look at the same contract.
 */
import { shortHashOf } from "../../api/hash.ts";
import { archLabel, capacityTypeLabel, zoneLabel, type PlatformNames } from "../../api/labels.ts";
import type { LabelSelector } from "../../api/object.ts";
import type { NodeSelectorRequirement, PodSpec } from "../../api/pod.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import type { Workload } from "../../kube/workload.ts";
import type { WorkloadClass } from "../class.ts";
import { budgetObject, drainAdjustment, renderBudget } from "./budget.ts";
import type { CompiledBudget, CompiledContract, ContainerSizing, PodParts, ProfileReference } from "./contract.ts";
import { mainContainerOf } from "./main-container.ts";
import { notYetCompiled } from "./not-yet-compiled.ts";
import { sizingOfAmounts } from "./pod-sizing.ts";
import { resolveProfile, type ResolvedProfile } from "./resolve.ts";
import { compileSpread } from "./spread.ts";
import { zonesThatTake, type CapacityView } from "./zones.ts";

/** What a compilation needs besides the profile. */
export interface CompileSurroundings {
  readonly workloadClass: WorkloadClass;
  readonly workload: Workload;
  readonly names: PlatformNames;
  /** Short hash of the policy set. */
  readonly bundle: string;
  /** Labels of the workload's namespace: its cost owner stands in where the profile names none. */
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  readonly capacity: CapacityView;
}

/** Kinds that take a PodDisruptionBudget: those with a scale subresource (contract.md 3.4). */
const budgetKinds: ReadonlySet<string> = new Set(["Deployment", "ReplicaSet", "StatefulSet"]);

/** Kinds whose Pods are placed one for each Node, or alone: nothing to spread. */
const spreadless: ReadonlySet<string> = new Set(["DaemonSet", "Pod"]);

/** Returns the contract of one workload under its profile. */
export function compileProfile(input: CompileSurroundings & { readonly profile: WorkloadProfile }): CompiledContract {
  const { profile, workload, workloadClass, names, bundle } = input;
  const resolved = resolveProfile({ ...input, kind: workload.kind });
  const reference = referenceOf(profile);
  const writes = profile.spec.validateOnly !== true;
  const parts = podParts(input, resolved, reference);
  const hash = shortHashOf(lastingParts(parts));
  const adjustment = budgetKinds.has(workload.kind) ? drainAdjustment(drainTerms(resolved)) : undefined;
  return {
    profile: reference,
    workload: { kind: workload.kind, namespace: workload.namespace, name: workload.name },
    className: workloadClass.name,
    bundle,
    hash,
    writes,
    pod: { ...parts, labels: { ...parts.labels, [names.profileHashLabel]: hash } },
    ...(workload.selector === undefined ? {} : { selector: workload.selector }),
    budget: writes ? budgetFor(input, resolved, reference) : { kind: "none", reason: "validateOnly" },
    findings: adjustment === undefined ? [] : [adjustment],
    notYetCompiled: notYetCompiled(profile.spec),
  };
}

/** Returns the contract of a workload that no profile binds: the class only judges, so nothing but our labels is compiled. */
export function compileUnprofiled(input: CompileSurroundings): CompiledContract {
  const { workload, workloadClass, names, bundle, namespaceLabels } = input;
  const owner = workload.template.metadata?.labels?.[names.costOwnerLabel] ?? namespaceLabels?.[names.costOwnerLabel];
  const labels = { [names.workloadClassLabel]: workloadClass.name, ...(owner === undefined ? {} : { [names.costOwnerLabel]: owner }) };
  const pod: PodParts = { ...emptyParts, labels };
  return {
    workload: { kind: workload.kind, namespace: workload.namespace, name: workload.name },
    className: workloadClass.name,
    bundle,
    hash: shortHashOf(pod),
    writes: true,
    pod,
    ...(workload.selector === undefined ? {} : { selector: workload.selector }),
    budget: { kind: "none", reason: "unprofiled" },
    findings: [],
    notYetCompiled: [],
  };
}

const emptyParts: PodParts = {
  mode: "set",
  namedSizing: {},
  nodeSelector: {},
  nodeRequirements: [],
  tolerations: [],
  spread: [],
  preStopSeconds: 0,
  labels: {},
};

function podParts(
  input: CompileSurroundings & { readonly profile: WorkloadProfile },
  resolved: ResolvedProfile,
  reference: ProfileReference,
): PodParts {
  const { profile, workload, workloadClass, names } = input;
  const mainContainer = mainContainerOf({ pod: workload.template, workloadName: workload.name });
  const sized = resolved.managedBy.value === "profile";
  const grace = resolved.gracePeriodSeconds;
  return {
    mode: resolved.mode.value,
    ...(sized ? { mainSizing: mainSizing(profile, workloadClass) } : {}),
    ...(mainContainer === undefined ? {} : { mainContainer }),
    namedSizing: sized ? namedSizing(profile, workloadClass) : {},
    nodeSelector: workloadClass.placement.nodeSelector,
    nodeRequirements: nodeRequirements(profile, workloadClass, resolved),
    tolerations: workloadClass.placement.tolerations,
    spread: spreadFor(input, resolved, reference),
    ...(grace.source === "profile" ? { gracePeriodSeconds: grace.value } : {}),
    preStopSeconds: resolved.preStopSeconds.value,
    labels: {
      [names.workloadClassLabel]: workloadClass.name,
      ...(resolved.costOwner === undefined ? {} : { [names.costOwnerLabel]: resolved.costOwner }),
      [names.profileLabel]: reference.name,
    },
  };
}

function mainSizing({ spec }: WorkloadProfile, { requests, limits }: WorkloadClass): ContainerSizing {
  const amounts = amountsOf(spec.compute ?? {});
  return {
    ...amounts,
    defaultRequests: quantities({
      cpu: requests.cpu.default,
      memory: requests.memory.default,
      "ephemeral-storage": requests.ephemeralStorage.default,
    }),
    defaultLimits: quantities({ cpu: limits.cpu === "none" || spec.compute?.cpuLimit === "none" ? undefined : limits.cpu }),
    memoryLimitRatio: limits.memoryRatio,
  };
}

function namedSizing({ spec }: WorkloadProfile, { limits }: WorkloadClass): Readonly<Record<string, ContainerSizing>> {
  const entries = Object.entries(spec.compute?.containers ?? {}).map(([name, compute]) => {
    const ratio = compute.memoryRequest === undefined ? undefined : limits.memoryRatio;
    return [name, sizingOfAmounts(amountsOf(compute), ratio)] as const;
  });
  return Object.fromEntries(entries);
}

interface StatedCompute {
  readonly cpuRequest?: number | string;
  readonly memoryRequest?: number | string;
  readonly ephemeralStorageRequest?: number | string;
  readonly cpuLimit?: number | string;
  readonly memoryLimit?: number | string;
}

function amountsOf(compute: StatedCompute): Pick<ContainerSizing, "requests" | "limits"> {
  const { cpuRequest, memoryRequest, ephemeralStorageRequest, cpuLimit, memoryLimit } = compute;
  return {
    requests: quantities({ cpu: cpuRequest, memory: memoryRequest, "ephemeral-storage": ephemeralStorageRequest }),
    limits: quantities({ cpu: cpuLimit === "none" ? undefined : cpuLimit, memory: memoryLimit }),
  };
}

function quantities(amounts: Readonly<Record<string, number | string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(amounts).flatMap(([name, amount]) => (amount === undefined ? [] : [[name, String(amount)]])));
}

/** The class's zones are not required of each Pod: the class's NodePools are in them already. A profile's own list is. */
function nodeRequirements(
  profile: WorkloadProfile,
  workloadClass: WorkloadClass,
  resolved: ResolvedProfile,
): readonly NodeSelectorRequirement[] {
  const zones = profile.spec.availability?.zones ?? [];
  const arch = resolved.arch.value;
  return [
    ...capacityTypeRequirement(workloadClass, resolved.spotAllowed.value),
    ...(zones.length === 0 ? [] : [{ key: zoneLabel, operator: "In" as const, values: [...zones].sort() }]),
    ...(arch === "any" ? [] : [{ key: archLabel, operator: "In" as const, values: [arch] }]),
  ];
}

/** Spot only where both the profile and the class say so; with both capacity types open, nothing needs to be required. */
function capacityTypeRequirement({ capacityTypes, allowSpot }: WorkloadClass, spotAllowed: boolean): readonly NodeSelectorRequirement[] {
  const spot = spotAllowed && allowSpot;
  const allowed = capacityTypes.filter((capacityType) => spot || capacityType !== "spot");
  if (allowed.includes("spot") && allowed.includes("on-demand")) return [];
  return [{ key: capacityTypeLabel, operator: "In", values: allowed.length === 0 ? ["on-demand"] : [...allowed] }];
}

function spreadFor(
  input: CompileSurroundings & { readonly profile: WorkloadProfile },
  resolved: ResolvedProfile,
  reference: ProfileReference,
): PodParts["spread"] {
  const { workload, workloadClass, names, capacity, profile } = input;
  if (spreadless.has(workload.kind)) return [];
  // The selector of a Job is made by the API server, one for each Job: its Pods are counted by our own label.
  const selector: LabelSelector = workload.selector ?? { matchLabels: { [names.profileLabel]: reference.name } };
  const spec: PodSpec = {
    ...workload.template.spec,
    nodeSelector: { ...workloadClass.placement.nodeSelector, ...workload.template.spec.nodeSelector },
    tolerations: [...(workload.template.spec.tolerations ?? []), ...workloadClass.placement.tolerations],
  };
  const zoneSpread = resolved.zoneSpread.value;
  const placement = { allowed: resolved.zones.value, spec, nodeRequirements: nodeRequirements(profile, workloadClass, resolved) };
  return compileSpread({
    zoneSpread,
    hostSpread: resolved.hostSpread.value,
    selector,
    zonesNow: zoneSpread === "required" ? zonesThatTake({ ...placement, capacity }).length : 0,
    byTemplateHash: workload.kind === "Deployment",
  });
}

function budgetFor(input: CompileSurroundings, resolved: ResolvedProfile, reference: ProfileReference): CompiledBudget {
  const { workload, workloadClass, names } = input;
  if (!budgetKinds.has(workload.kind) || workload.selector === undefined) return { kind: "none", reason: "kind" };
  const interruptible = workloadClass.capacityTypes.includes("spot");
  const form = renderBudget({
    ...drainTerms(resolved),
    maxReplicas: resolved.maxReplicas.value,
    replicas: workload.replicas,
    interruptible,
  });
  if (form.kind === "singleton") return { kind: "none", reason: "singleton" };
  const { intent, adjusted } = form;
  const budget = budgetObject({ profile: reference, profileApiVersion: names.apiVersion, workload, selector: workload.selector, intent });
  return { kind: "budget", budget, adjusted, asked: resolved.budget.value, interruptible };
}

function drainTerms(resolved: ResolvedProfile) {
  return { asked: resolved.budget.value, minReplicas: resolved.minReplicas.value };
}

/**
 * What makes a running Pod stale: not minDomains, which only says how many zones there were when a Pod was made, and not
 * the selector, which never changes and may not be known yet when a workload's first Pod comes.
 */
function lastingParts(parts: PodParts): object {
  return { ...parts, spread: parts.spread.map((constraint) => ({ ...constraint, minDomains: undefined, labelSelector: undefined })) };
}

function referenceOf({ metadata }: WorkloadProfile): ProfileReference {
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name ?? "",
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    ...(metadata.generation === undefined ? {} : { generation: metadata.generation }),
  };
}
