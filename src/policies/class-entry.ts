/**
 * Class entries: one class of policies.yaml, with its defaults filled, and with a namespace's words over the catalogue's.
 *
 * Reads entries that the schema has accepted. Returns whole classes, so that no reader of a class asks for defaults again.
 */
import type { WorkloadClassEntry } from "../api/workload-class.ts";
import type { WorkloadClass } from "./class.ts";

/** Returns a class with every default filled. */
export function toWorkloadClass(name: string, entry: WorkloadClassEntry): WorkloadClass {
  const { gpu } = entry;
  return {
    name,
    ...(entry.purpose === undefined ? {} : { purpose: entry.purpose }),
    pools: entry.pools ?? [],
    placement: { nodeSelector: entry.placement?.nodeSelector ?? {}, tolerations: entry.placement?.tolerations ?? [] },
    capacityTypes: entry.capacityTypes ?? ["on-demand"],
    allowSpot: entry.allowSpot ?? false,
    spotFloorOnDemand: entry.spotFloorOnDemand ?? 0,
    zones: entry.zones ?? [],
    arch: entry.arch ?? "any",
    requests: toRequests(entry.requests),
    limits: toLimits(entry.limits),
    availability: toAvailability(entry.availability),
    disruption: toDisruption(entry.disruption),
    quota: entry.quota ?? {},
    requires: entry.requires ?? [],
    requireAllGuarantees: entry.requireAllGuarantees ?? false,
    podPatch: entry.podPatch ?? true,
    ...(gpu === undefined ? {} : { gpu: { min: gpu.min ?? 1, max: gpu.max ?? Number.MAX_SAFE_INTEGER } }),
  };
}

/** Returns an entry with another laid over it: objects field by field, lists and values whole. */
export function mergeClass(base: WorkloadClassEntry, over: WorkloadClassEntry): WorkloadClassEntry {
  const { requests, limits, availability, disruption, placement, quota, ...plain } = over;
  return {
    ...base,
    ...plain,
    requests: {
      ...base.requests,
      ...requests,
      cpu: { ...base.requests?.cpu, ...requests?.cpu },
      memory: { ...base.requests?.memory, ...requests?.memory },
      ephemeralStorage: { ...base.requests?.ephemeralStorage, ...requests?.ephemeralStorage },
    },
    limits: { ...base.limits, ...limits },
    availability: {
      ...base.availability,
      ...availability,
      singletons: { ...base.availability?.singletons, ...availability?.singletons },
    },
    disruption: { ...withoutBudget(base.disruption, disruption), ...disruption },
    placement: { ...base.placement, ...placement },
    quota: { ...base.quota, ...quota },
  };
}

/** The two forms of a budget exclude each other: a namespace that states one takes the class's away. */
function withoutBudget(
  base: WorkloadClassEntry["disruption"] = {},
  over: WorkloadClassEntry["disruption"] = {},
): NonNullable<WorkloadClassEntry["disruption"]> {
  if (over.minAvailable === undefined && over.maxUnavailable === undefined) return base;
  const rest: { -readonly [Field in keyof typeof base]: (typeof base)[Field] } = { ...base };
  delete rest.minAvailable;
  delete rest.maxUnavailable;
  return rest;
}

function toRequests(entry: WorkloadClassEntry["requests"] = {}): WorkloadClass["requests"] {
  return {
    cpu: entry.cpu ?? {},
    memory: entry.memory ?? {},
    ephemeralStorage: entry.ephemeralStorage ?? {},
    gibPerCpu: entry.gibPerCpu ?? {},
    sidecar: entry.sidecar ?? {},
  };
}

function toLimits(entry: WorkloadClassEntry["limits"] = {}): WorkloadClass["limits"] {
  return {
    cpu: entry.cpu ?? "none",
    memoryRatio: entry.memoryRatio ?? 2,
    ...(entry.maxCpuRatio === undefined ? {} : { maxCpuRatio: entry.maxCpuRatio }),
    ...(entry.maxMemoryRatio === undefined ? {} : { maxMemoryRatio: entry.maxMemoryRatio }),
  };
}

function toAvailability(entry: WorkloadClassEntry["availability"] = {}): WorkloadClass["availability"] {
  const minReplicas = entry.minReplicas ?? 2;
  return {
    minReplicas,
    allowZero: entry.allowZero ?? minReplicas === 0,
    zoneSpread: entry.zoneSpread ?? "none",
    zoneSpreadFrom: entry.zoneSpreadFrom ?? 1,
    hostSpread: entry.hostSpread ?? "preferred",
    singletons: { default: "deny", ...entry.singletons },
  };
}

function toDisruption(entry: WorkloadClassEntry["disruption"] = {}): WorkloadClass["disruption"] {
  const { gracePeriodSeconds = 30, preStopSeconds = 0, consolidates = true, ...rest } = entry;
  return { gracePeriodSeconds, preStopSeconds, consolidates, ...rest };
}
