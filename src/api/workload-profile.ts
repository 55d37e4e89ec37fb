/**
 * WorkloadProfile: what an application team asks for a workload.
 *
 * One schema; the TypeScript type, the CRD, the validator and the docs table come from it. No field has a default here:
 * what is left out is decided by the class (policies.yaml) and shown in status.resolved, so that the object in the
 * cluster stays equal to the one in git. Whatever one field says about another is a rule of the policy engine.
 */
import type { KubeObject } from "./object.ts";
import {
  choice,
  decimal,
  flag,
  intOrText,
  list,
  mapOf,
  object,
  open,
  optional,
  quantity,
  text,
  whole,
  type Shape,
} from "./schema-field.ts";
import { workloadProfileStatusSchema, type WorkloadProfileStatus } from "./workload-profile-status.ts";

const atomic = { "x-kubernetes-list-type": "atomic" } as const;

const labelSelector = object("Chooses Pods by their labels.", {
  matchLabels: optional(mapOf("Labels that must all be there.", text("The value of the label."))),
  matchExpressions: optional(
    list(
      "Conditions on labels that must all hold.",
      object("One condition on a label.", {
        key: text("The label."),
        operator: choice("How the label is compared.", ["In", "NotIn", "Exists", "DoesNotExist"]),
        values: optional(list("The values of In and NotIn.", text("A value."), atomic)),
      }),
      atomic,
    ),
  ),
});

const bind = object("Which workload this profile is for; without it, the workload of the profile's own name.", {
  targetRef: optional(
    object("The one workload, by name.", {
      apiVersion: optional(text("API version of the workload.", { "x-plimsoll-default": "any version of the kind" })),
      kind: text("Kind of the workload, such as Deployment."),
      name: text("Name of the workload."),
    }),
  ),
  selector: optional(labelSelector),
});

const availability = object("How many replicas there must be, and where.", {
  minReplicas: optional(
    whole("Replicas that must always be wanted.", {
      minimum: 0,
      "x-plimsoll-default": "class",
      "x-plimsoll-check": "not above scaling.maxReplicas; 0 and 1 only where the class allows it",
    }),
  ),
  zoneSpread: optional(
    choice("Whether replicas are spread over zones.", ["required", "preferred", "none"], {
      "x-plimsoll-default": "class",
      "x-plimsoll-check": "required needs minReplicas >= 2 and two zones of the class",
    }),
  ),
  hostSpread: optional(
    choice("Whether replicas are spread over nodes.", ["required", "preferred", "none"], { "x-plimsoll-default": "preferred" }),
  ),
  surviveZoneLoss: optional(
    flag("Whether what stays after the loss of one zone is checked and reported.", {
      "x-plimsoll-default": "false",
      "x-plimsoll-check": "needs zoneSpread required",
    }),
  ),
  zones: optional(
    list("Zones that the replicas may run in.", text("A zone such as ap-southeast-1a."), {
      ...atomic,
      "x-plimsoll-default": "class zones",
      "x-plimsoll-check": "a subset of the class zones",
    }),
  ),
});

const metric = object("One signal that replicas follow.", {
  type: choice("Where the signal comes from.", ["cpu", "memory", "external"], { "x-plimsoll-check": "cpu needs compute.cpuRequest" }),
  name: optional(text("Name of an external metric.")),
  target: intOrText("What to hold: percent of the request for cpu and memory, an average value a Pod for external.", {
    pattern: "quantityOrPercent",
  }),
});

const scaling = object("How far and how fast the workload may grow.", {
  maxReplicas: optional(
    whole("Most replicas that may be wanted.", {
      minimum: 1,
      "x-plimsoll-default": "minReplicas, at least 1",
      "x-plimsoll-check": "not above the class's limit",
    }),
  ),
  maxBurstPods: optional(
    whole("Most Pods that may be added within a minute.", {
      minimum: 1,
      "x-plimsoll-default": "maxReplicas - minReplicas",
      "x-plimsoll-check": "not above maxReplicas",
    }),
  ),
  headroomPods: optional(
    intOrText("Room kept free for this many more Pods, as a count or a percentage of the replicas.", {
      minimum: 0,
      pattern: "percent",
      "x-plimsoll-default": "0",
      "x-plimsoll-check": "not above maxBurstPods",
    }),
  ),
  manage: optional(
    choice("Who changes the replicas: somebody else, or a HorizontalPodAutoscaler made from this profile.", ["none", "hpa"], {
      "x-plimsoll-default": "none",
    }),
  ),
  metrics: optional(
    list("Signals of the HorizontalPodAutoscaler.", metric, { ...atomic, "x-plimsoll-default": "cpu at 70% where manage is hpa" }),
  ),
  lagMetric: optional(
    text("Name of the metric that says how far a queue's worker is behind.", { "x-plimsoll-check": "class batch needs it" }),
  ),
});

const containerCompute = {
  cpuRequest: optional(
    quantity("CPU that each replica is promised.", { "x-plimsoll-default": "class", "x-plimsoll-check": "within the class's bounds" }),
  ),
  memoryRequest: optional(
    quantity("Memory that each replica is promised.", { "x-plimsoll-default": "class", "x-plimsoll-check": "within the class's bounds" }),
  ),
  memoryLimit: optional(
    quantity("Memory above which a container is killed.", {
      "x-plimsoll-default": "memoryRequest times the class's ratio",
      "x-plimsoll-check": "not below memoryRequest, not above the class's ratio",
    }),
  ),
  cpuLimit: optional(
    intOrText("CPU above which a container is throttled, or none.", {
      pattern: "quantityOrNone",
      "x-plimsoll-default": "none",
      "x-plimsoll-check": "not below cpuRequest",
    }),
  ),
  ephemeralStorageRequest: optional(quantity("Disk of the node that each replica is promised.", { "x-plimsoll-default": "class" })),
  gpu: optional(
    object("Accelerators; request and limit are the same.", {
      name: text("Resource name such as nvidia.com/gpu.", { "x-plimsoll-check": "class gpu only" }),
      count: whole("How many.", { minimum: 1 }),
    }),
  ),
};

const variantCompute = {
  ...containerCompute,
  arch: optional(choice("Processor architecture of the nodes.", ["amd64", "arm64", "any"], { "x-plimsoll-default": "class" })),
  containers: optional(
    mapOf("Sizes by container name, where a Pod has several.", object("Sizes of one container.", containerCompute), {
      "x-plimsoll-check": "each name is a container of the workload",
    }),
  ),
};

const compute = object("What each replica needs.", {
  ...variantCompute,
  managedBy: optional(
    choice("Who owns the requests.", ["profile", "vpa", "none"], {
      "x-plimsoll-default": "profile",
      "x-plimsoll-check": "vpa needs a VerticalPodAutoscaler for the workload",
    }),
  ),
  mode: optional(
    choice(
      "What happens to values that a Pod already has: set overwrites, fill adds what is missing, floor raises what is lower.",
      ["set", "fill", "floor"],
      {
        "x-plimsoll-default": "set",
      },
    ),
  ),
});

const guarantees = object("What the code promises, for work that may be interrupted; leave out what nobody has checked.", {
  ackAfterCompletion: optional(flag("A message is acknowledged only after its work is done.")),
  retryable: optional(flag("Work that was cut short is tried again.")),
  duplicateSafe: optional(flag("The same work done twice does no harm.")),
  stopsPullingOnTerm: optional(flag("SIGTERM stops the pulling of new work.")),
  inFlightSafe: optional(flag("Work in flight at the kill is not lost.")),
  deadLetter: optional(flag("Work that keeps failing is put aside.")),
});

const disruption = object("How much of the workload may be taken away at once, and how a Pod ends.", {
  minAvailable: optional(
    intOrText("Replicas that must stay available while Pods are evicted.", {
      minimum: 0,
      pattern: "percent",
      "x-plimsoll-default": "class",
      "x-plimsoll-check": "not beside maxUnavailable; a count must be below minReplicas",
    }),
  ),
  maxUnavailable: optional(
    intOrText("Replicas that may be unavailable while Pods are evicted.", {
      minimum: 0,
      pattern: "percent",
      "x-plimsoll-default": "class",
      "x-plimsoll-check": "not beside minAvailable; above 0",
    }),
  ),
  gracePeriodSeconds: optional(
    whole("Seconds from SIGTERM to SIGKILL.", {
      minimum: 0,
      "x-plimsoll-default": "30",
      "x-plimsoll-check": "not below maxRequestSeconds; on Spot at most 110; within the class's limit",
    }),
  ),
  preStopSeconds: optional(
    whole("Seconds to wait before SIGTERM, so that traffic moves away first.", {
      minimum: 0,
      "x-plimsoll-default": "class, else 0",
      "x-plimsoll-check": "below gracePeriodSeconds",
    }),
  ),
  maxRequestSeconds: optional(whole("Longest request that must be able to finish.", { minimum: 0 })),
  maxTaskSeconds: optional(whole("Longest task that must be able to finish.", { minimum: 0 })),
  adopt: optional(
    flag("Whether the profile may take over a PodDisruptionBudget of its name that somebody else made.", { "x-plimsoll-default": "false" }),
  ),
  quorum: optional(
    flag("The replicas vote: only one may be away at a time.", {
      "x-plimsoll-default": "false",
      "x-plimsoll-check": "replicas are odd and at least 3",
    }),
  ),
  idempotent: optional(flag("Work done twice does no harm.", { "x-plimsoll-check": "class batch needs it or all guarantees" })),
  restartable: optional(flag("Work can start again from the beginning.")),
  checkpointed: optional(flag("Work goes on from its last checkpoint.")),
  guarantees: optional(guarantees),
  protect: optional(
    text("Keeps the provisioner from disrupting the Pod: never kept, until the Pod has finished, or for a duration after its start.", {
      pattern: "protect",
      "x-plimsoll-default": "none",
      "x-plimsoll-check": "within the class's limit; not on a service with more than one replica",
    }),
  ),
  window: optional(
    list(
      "When voluntary disruption is allowed.",
      object("One window.", {
        schedule: text("When it opens: cron of five fields, in UTC.", { pattern: "cron" }),
        duration: text("How long it stays open.", { pattern: "duration" }),
        timezone: optional(choice("The time zone of the schedule.", ["UTC"], { "x-plimsoll-default": "UTC" })),
      }),
      { ...atomic, "x-plimsoll-default": "class" },
    ),
  ),
});

const cost = object("What may be spent, and on whose account.", {
  spotAllowed: optional(
    flag("Whether replicas may run on Spot capacity.", {
      "x-plimsoll-default": "false",
      "x-plimsoll-check": "only where the class allows it and the workload can stand an interruption",
    }),
  ),
  spotFloorOnDemand: optional(
    intOrText("Replicas that stay on on-demand capacity, as a count or a percentage.", {
      minimum: 0,
      pattern: "percent",
      "x-plimsoll-default": "class, else 0",
    }),
  ),
  owner: optional(
    text("Who pays.", {
      "x-plimsoll-default": "label cost-owner of the profile or of its namespace",
      "x-plimsoll-check": "one of costOwners",
    }),
  ),
  maxHourly: optional(decimal("Warn where the plan costs more US dollars an hour than this.", { minimum: 0 })),
});

const override = object("Other values for a variant of the workload.", {
  match: object("Which Pods are the variant.", {
    labels: optional(mapOf("Labels that the Pod must have.", text("The value of the label."))),
    stage: optional(choice("Stage of an Argo Rollout.", ["canary", "stable"])),
  }),
  compute: optional(object("Sizes of the variant.", variantCompute)),
  availability: optional(availability),
});

export const workloadProfileSpecSchema = object("What is asked.", {
  runtimeClass: optional(
    text("Class of the workload in the catalogue of policies.yaml.", {
      "x-plimsoll-default": "settings.defaultClass",
      "x-plimsoll-check": "in the catalogue, and granted to the namespace",
    }),
  ),
  bind: optional(bind),
  availability: optional(availability),
  scaling: optional(scaling),
  compute: optional(compute),
  disruption: optional(disruption),
  rollout: optional(
    choice("Whether running Pods are rolled when what is compiled changes.", ["none", "onChange"], { "x-plimsoll-default": "none" }),
  ),
  validateOnly: optional(
    flag("Check what would be compiled, and change nothing: the manifests in git carry it already.", { "x-plimsoll-default": "false" }),
  ),
  cost: optional(cost),
  storage: optional(
    object("What becomes of data.", {
      stateful: optional(flag("Whether replicas keep data of their own.")),
      backup: optional(text("How the data is backed up.")),
      zonePlan: optional(text("What happens to the data of a zone that is lost.")),
    }),
  ),
  security: optional(
    object("How sensitive the workload is.", {
      dataClassification: optional(
        choice("Classification of the data.", ["public", "internal", "confidential", "restricted"], {
          "x-plimsoll-default": "label data-classification of the namespace",
          "x-plimsoll-check": "class regulated needs it",
        }),
      ),
    }),
  ),
  podPatch: optional(
    open("A strategic merge patch for the Pod, applied last.", { "x-plimsoll-check": "only fields that policies.yaml allows" }),
  ),
  overrides: optional(list("Other values for variants of the workload.", override, atomic)),
});

export const workloadProfileSchema = object("The contract of one workload: what it asks, and what the platform made of it.", {
  spec: workloadProfileSpecSchema,
  status: optional(workloadProfileStatusSchema),
});

/** What an application team asks for a workload; every field may be left out. */
export type WorkloadProfileSpec = Shape<typeof workloadProfileSpecSchema>;

/** A WorkloadProfile, as on the wire. */
export interface WorkloadProfile extends KubeObject {
  readonly spec: WorkloadProfileSpec;
  /** status.resolved is the spec with every default filled in. */
  readonly status?: WorkloadProfileStatus & { readonly resolved?: WorkloadProfileSpec };
}
