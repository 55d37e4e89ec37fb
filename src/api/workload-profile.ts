/**
 * WorkloadProfile: what an application team asks for a workload.
 *
 * One schema; the TypeScript type, the CRD, the validator and the docs table come from it. No field has a default here:
 * what is left out is decided by the class (policies.yaml) and shown in status.resolved, so that the object in the
 * cluster stays equal to the one in git. Whatever one field says about another is a rule of the policy engine.
 */
import type { KubeObject } from "./object.ts";
import { choice, decimal, flag, intOrText, list, mapOf, object, open, optional, text, whole, type Shape } from "./schema-field.ts";
import { computeSchema, variantCompute } from "./workload-profile-compute.ts";
import { disruptionSchema } from "./workload-profile-disruption.ts";
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
      maxItems: 32,
      "x-plimsoll-default": "class zones",
      "x-plimsoll-check": "a subset of the class zones",
    }),
  ),
});

const metric = object("One signal that replicas follow.", {
  type: choice("Where the signal comes from.", ["cpu", "memory", "external"], { "x-plimsoll-check": "cpu needs compute.cpuRequest" }),
  name: optional(text("Name of an external metric.")),
  target: intOrText("What to hold: percent of the request for cpu and memory, an average value a Pod for external.", {
    minimum: 0,
    pattern: "amountOrPercent",
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
    labels: optional(mapOf("Labels that the Pod must have.", text("The value of the label."), { maxProperties: 100 })),
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
  compute: optional(computeSchema),
  disruption: optional(disruptionSchema),
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
    open("A strategic merge patch for the Pod's spec, applied last.", { "x-plimsoll-check": "only fields that policies.yaml allows" }),
  ),
  overrides: optional(
    list("Other values for variants of the workload; the first that a Pod matches holds for it.", override, { ...atomic, maxItems: 32 }),
  ),
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
