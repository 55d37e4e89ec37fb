/**
 * One class of the catalogue in policies.yaml: where its workloads run, what they get unless they ask, what they may ask.
 *
 * Returns its schema. Every field may be left out, since the overrides of a namespace have the same shape; what a class
 * lacks after that is said where the file is parsed.
 */
import { choice, decimal, flag, intOrText, list, mapOf, object, optional, amount, text, whole, type Shape } from "./schema-field.ts";

const bounds = (what: string) =>
  object(`Bounds and default of ${what}.`, {
    min: optional(amount("Least that may be asked.")),
    max: optional(amount("Most that may be asked.")),
    default: optional(amount("What a workload gets that asks nothing.")),
  });

const toleration = object("One toleration.", {
  key: optional(text("Key of the taint; without it, any.")),
  operator: optional(choice("How the value is compared.", ["Equal", "Exists"], { "x-plimsoll-default": "Equal" })),
  value: optional(text("Value of the taint.")),
  effect: optional(choice("Effect of the taint; without it, any.", ["NoSchedule", "PreferNoSchedule", "NoExecute"])),
  tolerationSeconds: optional(whole("How long a NoExecute taint is tolerated.")),
});

const singletonAction = choice("What happens to a workload with one replica.", ["allow", "warn", "deny"]);

const availability = object("How many replicas, and where.", {
  minReplicas: optional(whole("Default of availability.minReplicas.", { minimum: 0 })),
  allowZero: optional(flag("Whether minReplicas may be 0.", { "x-plimsoll-default": "true where the class's minReplicas is 0" })),
  zoneSpread: optional(choice("Default of availability.zoneSpread.", ["required", "preferred", "none"])),
  zoneSpreadFrom: optional(whole("Replicas from which the default zoneSpread holds.", { minimum: 1 })),
  hostSpread: optional(choice("Default of availability.hostSpread.", ["required", "preferred", "none"])),
  singletons: optional(mapOf("What happens to a single replica: default, and by kind where kinds differ.", singletonAction)),
});

const disruption = object("How Pods end, and how nodes may be taken away.", {
  minAvailable: optional(intOrText("Default of disruption.minAvailable.", { minimum: 0, pattern: "percent" })),
  maxUnavailable: optional(intOrText("Default of disruption.maxUnavailable.", { minimum: 0, pattern: "percent" })),
  gracePeriodSeconds: optional(whole("Default of disruption.gracePeriodSeconds.", { minimum: 0 })),
  preStopSeconds: optional(whole("Default of disruption.preStopSeconds.", { minimum: 0 })),
  maxGraceSeconds: optional(whole("Most gracePeriodSeconds.", { minimum: 0 })),
  maxProtect: optional(text("Longest disruption.protect.", { pattern: "duration" })),
  consolidates: optional(flag("Whether nodes of this class are consolidated.")),
  maxNodeAge: optional(text("Age at which nodes of this class are replaced.", { pattern: "duration" })),
  window: optional(
    list(
      "Default of disruption.window.",
      object("One window.", {
        schedule: text("When it opens: cron of five fields, in UTC.", { pattern: "cron" }),
        duration: text("How long it stays open.", { pattern: "duration" }),
      }),
    ),
  ),
});

export const workloadClassSchema = object("One class of workloads.", {
  purpose: optional(text("What the class is for.")),
  pools: optional(list("NodePools of the class, first choice first.", text("A NodePool."))),
  placement: optional(
    object("What brings Pods onto the class's nodes.", {
      nodeSelector: optional(mapOf("Labels of the nodes.", text("The value of the label."))),
      tolerations: optional(list("Taints of the nodes.", toleration)),
    }),
  ),
  capacityTypes: optional(list("How nodes are bought, first choice first.", choice("A capacity type.", ["spot", "on-demand", "reserved"]))),
  allowSpot: optional(flag("Whether a profile may ask for Spot.", { "x-plimsoll-default": "false" })),
  spotFloorOnDemand: optional(intOrText("Default of cost.spotFloorOnDemand.", { minimum: 0, pattern: "percent" })),
  zones: optional(list("Zones of the class.", text("A zone such as ap-southeast-1a."))),
  arch: optional(choice("Default of compute.arch.", ["amd64", "arm64", "any"])),
  requires: optional(list("Fields that a profile must set.", text("A field such as disruption.idempotent."))),
  requireAllGuarantees: optional(
    flag("Whether all six disruption.guarantees are needed, so that disruption.idempotent alone does not do.", {
      "x-plimsoll-default": "false",
    }),
  ),
  podPatch: optional(flag("Whether profiles may carry a podPatch.", { "x-plimsoll-default": "true" })),
  requests: optional(
    object("What a replica may request.", {
      cpu: optional(bounds("compute.cpuRequest")),
      memory: optional(bounds("compute.memoryRequest")),
      ephemeralStorage: optional(bounds("compute.ephemeralStorageRequest")),
      gibPerCpu: optional(
        object("Bounds of memory to CPU, in GiB a vCPU.", {
          min: optional(decimal("Least.", { minimum: 0 })),
          max: optional(decimal("Most.", { minimum: 0 })),
        }),
      ),
      sidecar: optional(
        object("What containers beside the main one get that request nothing.", {
          cpu: optional(amount("CPU.")),
          memory: optional(amount("Memory.")),
        }),
      ),
    }),
  ),
  gpu: optional(
    object("Accelerators.", {
      min: optional(whole("Least compute.gpu.count.", { minimum: 0 })),
      max: optional(whole("Most compute.gpu.count.", { minimum: 0 })),
    }),
  ),
  limits: optional(
    object("How far a container may go above its request.", {
      cpu: optional(intOrText("Default of compute.cpuLimit.", { minimum: 0, pattern: "amountOrNone", "x-plimsoll-default": "none" })),
      memoryRatio: optional(decimal("Default of compute.memoryLimit, as a multiple of the request.", { minimum: 1 })),
      maxCpuRatio: optional(decimal("Most CPU limit, as a multiple of the request.", { minimum: 1 })),
      maxMemoryRatio: optional(decimal("Most memory limit, as a multiple of the request.", { minimum: 1 })),
    }),
  ),
  availability: optional(availability),
  disruption: optional(disruption),
  quota: optional(
    object("What all workloads of the class may request together.", {
      cpu: optional(amount("CPU.")),
      memory: optional(amount("Memory.")),
      replicasPerProfile: optional(whole("Most scaling.maxReplicas of one profile.", { minimum: 1 })),
    }),
  ),
});

/** One class of the policies file, as written. */
export type WorkloadClassEntry = Shape<typeof workloadClassSchema>;
