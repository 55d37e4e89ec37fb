/**
 * Builder of a WorkloadClass for tests: class general of the sample catalogue, with what a test wants to say on top.
 */
import type { WorkloadClass } from "../../src/policies/class.ts";

/** Class general as the sample catalogue has it; `over` replaces whole sections. */
export function workloadClass(over: Partial<WorkloadClass> = {}): WorkloadClass {
  return {
    name: "general",
    pools: ["general-flex"],
    placement: { nodeSelector: { "workload-class": "general" }, tolerations: [] },
    capacityTypes: ["on-demand"],
    allowSpot: false,
    spotFloorOnDemand: 0,
    zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"],
    arch: "any",
    requests: {
      cpu: { min: "50m", max: "8", default: "250m" },
      memory: { min: "64Mi", max: "32Gi", default: "256Mi" },
      ephemeralStorage: {},
      gibPerCpu: {},
      sidecar: {},
    },
    limits: { cpu: "none", memoryRatio: 2, maxCpuRatio: 10, maxMemoryRatio: 2 },
    availability: {
      minReplicas: 2,
      allowZero: false,
      zoneSpread: "required",
      zoneSpreadFrom: 3,
      hostSpread: "preferred",
      singletons: { default: "deny" },
    },
    disruption: { minAvailable: "80%", gracePeriodSeconds: 30, preStopSeconds: 5, maxGraceSeconds: 600, consolidates: true },
    quota: {},
    requires: [],
    requireAllGuarantees: false,
    podPatch: true,
    ...over,
  };
}

/** Class batch as the sample catalogue has it: interruptible, tainted, from zero replicas. */
export function batchClass(over: Partial<WorkloadClass> = {}): WorkloadClass {
  return workloadClass({
    name: "batch",
    pools: ["batch-spot"],
    placement: {
      nodeSelector: { "workload-class": "batch" },
      tolerations: [{ key: "workload-class", operator: "Equal", value: "batch", effect: "NoSchedule" }],
    },
    capacityTypes: ["spot", "on-demand"],
    allowSpot: true,
    availability: {
      minReplicas: 0,
      allowZero: true,
      zoneSpread: "preferred",
      zoneSpreadFrom: 1,
      hostSpread: "preferred",
      singletons: { default: "allow" },
    },
    disruption: { maxUnavailable: "20%", gracePeriodSeconds: 30, preStopSeconds: 0, maxGraceSeconds: 110, consolidates: true },
    ...over,
  });
}
