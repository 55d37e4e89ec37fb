/**
 * Pod parts: what one WorkloadProfile, or one of its variants, writes into each Pod of a workload.
 *
 * Reads the profile's words with its class's under them, the workload and what is known of capacity. Returns plain data in
 * the order in which pod-patch.ts writes it. What is counted (minDomains, the on-demand floor) is of the moment, so it is
 * kept apart from what makes a running Pod stale (compile.ts).
 */
import { archLabel, capacityTypeLabel, doNotDisruptAnnotation, zoneLabel, type PlatformNames } from "../../api/labels.ts";
import type { LabelSelector } from "../../api/object.ts";
import type { NodeSelectorRequirement, PodSpec } from "../../api/pod.ts";
import type { WorkloadProfile } from "../../api/workload-profile.ts";
import type { Workload } from "../../kube/workload.ts";
import type { WorkloadClass } from "../class.ts";
import type { ContainerSizing, PodParts } from "./contract.ts";
import { mainContainerOf } from "./main-container.ts";
import { allowedPatch } from "./pod-field-patch.ts";
import { sizingOfAmounts } from "./pod-sizing.ts";
import type { ResolvedProfile } from "./resolve.ts";
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
  /** Members of a Pod's spec that a podPatch may set; absent: {@link podPatchDefaults}. */
  readonly podPatchFields?: readonly string[];
}

export interface PodPartsInput extends CompileSurroundings {
  readonly profile: WorkloadProfile;
  readonly resolved: ResolvedProfile;
}

/** Kinds whose Pods are placed one for each Node, or alone: nothing to spread. */
const spreadless: ReadonlySet<string> = new Set(["DaemonSet", "Pod"]);

/** The label that tells one revision's Pods from another's, by kind. */
const templateHashLabels: Readonly<Record<string, string>> = { Deployment: "pod-template-hash", Rollout: "rollouts-pod-template-hash" };

/** Returns what every Pod of the workload gets, without the label that carries the contract's hash. */
export function podParts(input: PodPartsInput): PodParts {
  const { profile, workload, workloadClass, resolved } = input;
  const mainContainer = mainContainerOf({ pod: workload.template, workloadName: workload.name });
  const sized = resolved.managedBy.value === "profile";
  const grace = resolved.gracePeriodSeconds;
  const podPatch = allowedPatch({ podPatch: profile.spec.podPatch, workloadClass, fields: input.podPatchFields });
  return {
    mode: resolved.mode.value,
    ...(sized ? { mainSizing: mainSizing(profile, workloadClass), ...sidecarSizing(workloadClass) } : {}),
    ...(mainContainer === undefined ? {} : { mainContainer }),
    namedSizing: sized ? namedSizing(profile, workloadClass) : {},
    nodeSelector: workloadClass.placement.nodeSelector,
    ...requirementsNow(input),
    tolerations: workloadClass.placement.tolerations,
    spread: spreadFor(input),
    ...(grace.source === "profile" ? { gracePeriodSeconds: grace.value } : {}),
    preStopSeconds: resolved.preStopSeconds.value,
    annotations: annotationsOf(input),
    labels: labelsOf(input),
    ...(Object.keys(podPatch.allowed).length === 0 ? {} : { podPatch: podPatch.allowed }),
  };
}

/** Says whether Pods of the profile may run on Spot and on other capacity, so that a floor of the latter means something. */
export function mixesCapacity({ workloadClass, resolved }: Pick<PodPartsInput, "workloadClass" | "resolved">): boolean {
  const spot = resolved.spotAllowed.value && workloadClass.allowSpot;
  return spot && workloadClass.capacityTypes.includes("spot") && workloadClass.capacityTypes.some((type) => type !== "spot");
}

function labelsOf({ profile, workloadClass, resolved, names }: PodPartsInput): PodParts["labels"] {
  const { costOwner, dataClassification } = resolved;
  return {
    [names.workloadClassLabel]: workloadClass.name,
    ...(costOwner === undefined ? {} : { [names.costOwnerLabel]: costOwner }),
    ...(dataClassification === undefined ? {} : { [names.dataClassificationLabel]: dataClassification }),
    [names.profileLabel]: profile.metadata.name ?? "",
  };
}

/** Karpenter reads do-not-disrupt as "true", or as how long after its start a Pod is left alone. */
function annotationsOf({ resolved, names }: PodPartsInput): PodParts["annotations"] {
  const { protect, window } = resolved;
  const windows = window.value.map(({ schedule, duration }) => ({ schedule, duration }));
  return {
    ...(protect.value === "none" ? {} : { [doNotDisruptAnnotation]: protect.value === "untilFinished" ? "true" : protect.value }),
    ...(windows.length === 0 ? {} : { [names.disruptionWindowAnnotation]: JSON.stringify(windows) }),
  };
}

function mainSizing({ spec }: WorkloadProfile, { requests, limits }: WorkloadClass): ContainerSizing {
  return {
    ...amountsOf(spec.compute ?? {}),
    defaultRequests: quantities({
      cpu: requests.cpu.default,
      memory: requests.memory.default,
      "ephemeral-storage": requests.ephemeralStorage.default,
    }),
    defaultLimits: quantities({ cpu: limits.cpu === "none" || spec.compute?.cpuLimit === "none" ? undefined : limits.cpu }),
    memoryLimitRatio: limits.memoryRatio,
  };
}

function sidecarSizing({ requests: { sidecar } }: WorkloadClass): Pick<PodParts, "sidecarSizing"> {
  const defaultRequests = quantities({ cpu: sidecar.cpu, memory: sidecar.memory });
  if (Object.keys(defaultRequests).length === 0) return {};
  return { sidecarSizing: { requests: {}, limits: {}, defaultRequests, defaultLimits: {} } };
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
  readonly gpu?: { readonly name: string; readonly count: number };
}

/** An extended resource is never overcommitted: the API server wants its request and its limit to be equal. */
function amountsOf(compute: StatedCompute): Pick<ContainerSizing, "requests" | "limits"> {
  const { cpuRequest, memoryRequest, ephemeralStorageRequest, cpuLimit, memoryLimit, gpu } = compute;
  const accelerators = gpu === undefined ? {} : { [gpu.name]: gpu.count };
  return {
    requests: quantities({ cpu: cpuRequest, memory: memoryRequest, "ephemeral-storage": ephemeralStorageRequest, ...accelerators }),
    limits: quantities({ cpu: cpuLimit === "none" ? undefined : cpuLimit, memory: memoryLimit, ...accelerators }),
  };
}

function quantities(amounts: Readonly<Record<string, number | string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(amounts).flatMap(([name, amount]) => (amount === undefined ? [] : [[name, String(amount)]])));
}

/** The class's zones are not required of each Pod: the class's NodePools are in them already. A profile's own list is. */
function nodeRequirements({ profile, workloadClass, resolved }: PodPartsInput): readonly NodeSelectorRequirement[] {
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

/**
 * While zones are lost, the Pods of a required spread are kept to the others: a lost zone whose Nodes still stand would otherwise be
 * counted, and the spread would wait for it.
 */
function requirementsNow(input: PodPartsInput): Pick<PodParts, "nodeRequirements" | "lastingRequirements"> {
  const lasting = nodeRequirements(input);
  const left = zonesLeft(input);
  if (left === undefined) return { nodeRequirements: lasting };
  const others = lasting.filter(({ key }) => key !== zoneLabel);
  return { nodeRequirements: [...others, { key: zoneLabel, operator: "In", values: left }], lastingRequirements: lasting };
}

/** Undefined where no zone of the spread is lost, or every one: then nothing can be done by leaving zones out. */
function zonesLeft(input: PodPartsInput): readonly string[] | undefined {
  const lost = input.profile.status?.lostZones ?? [];
  if (lost.length === 0 || input.resolved.zoneSpread.value !== "required" || spreadless.has(input.workload.kind)) return undefined;
  const all = spreadZones(input);
  const left = all.filter((zone) => !lost.includes(zone));
  return left.length === 0 || left.length === all.length ? undefined : left;
}

function spreadZones(input: PodPartsInput): readonly string[] {
  const { capacity, resolved } = input;
  return zonesThatTake({ allowed: resolved.zones.value, spec: placedSpec(input), nodeRequirements: nodeRequirements(input), capacity });
}

function placedSpec({ workload, workloadClass: { placement } }: PodPartsInput): PodSpec {
  const { spec } = workload.template;
  return {
    ...spec,
    nodeSelector: { ...placement.nodeSelector, ...spec.nodeSelector },
    tolerations: [...(spec.tolerations ?? []), ...placement.tolerations],
  };
}

function spreadFor(input: PodPartsInput): PodParts["spread"] {
  const { workload, names, profile, resolved } = input;
  if (spreadless.has(workload.kind)) return [];
  // The selector of a Job is made by the API server, and that of a custom kind is unknown: its Pods are counted by our own label.
  const selector: LabelSelector = workload.selector ?? { matchLabels: { [names.profileLabel]: profile.metadata.name ?? "" } };
  const zoneSpread = resolved.zoneSpread.value;
  const left = zonesLeft(input);
  const templateHashLabel = templateHashLabels[workload.kind];
  return compileSpread({
    zoneSpread,
    hostSpread: resolved.hostSpread.value,
    selector,
    zonesNow: zoneSpread === "required" ? (left ?? spreadZones(input)).length : 0,
    isZoneLost: left !== undefined,
    ...(templateHashLabel === undefined ? {} : { templateHashLabel }),
  });
}
